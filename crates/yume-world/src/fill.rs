//! What the conditioning holds: what is known, and a guess for the frames that do not exist yet.

use burn::tensor::{DType, Tensor};
use rayon::prelude::*;
use yume_checkpoint::{Fill, ModelSpec};
use yume_motion::Motion;
use yume_motion::seen::{Recalled, Seen};
use yume_motion::walk::WalkState;

/// What stands for the frames of a segment that obeys `motion` after `last_frame`, planar in [-1, 1].
///
/// `walker` is the walker at `last_frame`, which is planar as well.
pub fn guess(
    spec: &ModelSpec,
    mut walker: WalkState,
    motion: Motion,
    last_frame: &[f32],
) -> Vec<Vec<f32>> {
    let count = spec.frame.segment_frames;
    match &spec.fill {
        // Mid-grey, as the published code fills them.
        Fill::Zeros => vec![vec![0.0; last_frame.len()]; count],
        Fill::Hold => vec![last_frame.to_vec(); count],
        Fill::Warp(warp) => {
            let pitch = walker.pitch;
            let (width, height) = (spec.frame.width, spec.frame.height);
            let poses = walker.advance(&spec.walk, motion, count);
            let view = |pose| warp.warp(last_frame, width, height, pose, pitch);
            poses.into_iter().map(view).collect()
        }
    }
}

/// As [`guess`], from everything that the walk has `seen` and not only from its last frame; nothing
/// if the model keeps nothing.
pub fn recall(
    spec: &ModelSpec,
    seen: &Seen,
    mut walker: WalkState,
    motion: Motion,
    last_frame: &[f32],
) -> Option<Vec<Recalled>> {
    let (Fill::Warp(warp), Some(kept)) = (&spec.fill, &spec.recall) else { return None };
    let last = (last_frame, walker.pose());
    let poses = walker.advance(&spec.walk, motion, spec.frame.segment_frames);
    let size = (spec.frame.width, spec.frame.height);
    let recalled = |pose| seen.recall((warp, &kept.rule), last, size, pose);
    Some(poses.into_par_iter().map(recalled).collect())
}

/// Mask (four channels, 1 = known) and latents of known and guessed frames.
///
/// # Shapes
/// - known, unknown: `[batch, z, frames, height, width]`
/// - output: `[batch, 4 + z, frames of both, height, width]`
pub fn conditioning(known: Tensor<5>, unknown: Tensor<5>) -> Tensor<5> {
    let mask = |latents: &Tensor<5>, value: f32| {
        let [batch, _, frames, height, width] = latents.dims();
        Tensor::full([batch, 4, frames, height, width], value, (&latents.device(), DType::F32))
    };
    let mask = Tensor::cat(vec![mask(&known, 1.0), mask(&unknown, 0.0)], 2);
    Tensor::cat(vec![mask, Tensor::cat(vec![known, unknown], 2)], 1)
}
