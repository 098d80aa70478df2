//! What the conditioning holds: what is known, and a guess for the frames that do not exist yet.

use burn::tensor::{DType, Tensor};
use rayon::prelude::*;
use yume_checkpoint::{Fill, ModelSpec};
use yume_motion::Motion;
use yume_motion::seen::{Last, Recalled, Seen, sharpen};
use yume_motion::walk::WalkState;
use yume_motion::warp::WarpModel;
use yume_nets::depth::Depth;

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

/// As [`guess`], from everything that the walk has `seen` and not only from its last frame, whose depth
/// may be known; nothing if the model keeps nothing.
pub fn recall(
    spec: &ModelSpec,
    seen: &Seen,
    mut walker: WalkState,
    motion: Motion,
    (picture, depth): (&[f32], Option<&[f32]>),
) -> Option<Vec<Recalled>> {
    let (Fill::Warp(warp), Some(kept)) = (&spec.fill, &spec.recall) else { return None };
    let last = Last { picture, depth, pose: walker.pose() };
    let poses = walker.advance(&spec.walk, motion, spec.frame.segment_frames);
    let size = (spec.frame.width, spec.frame.height);
    let recalled = |pose| seen.recall((warp, &kept.rule), last, size, pose);
    Some(poses.into_par_iter().map(recalled).collect())
}

/// The inverse depth of a planar picture `[3, height, width]` as `network` estimates it, nearer to that of
/// flat ground within a wall the less the picture's `quality` is, which is from 1 to 0.
pub fn relief(
    network: &Depth,
    warp: &WarpModel,
    (picture, height, width): (&[f32], usize, usize),
    pitch: f32,
    quality: f32,
) -> Vec<f32> {
    let mut depth = network.estimate(picture, (height, width), pitch);
    sharpen(&mut depth, width);
    let share = (2.0 * quality - 1.0).clamp(0.0, 1.0);
    if share < 1.0 {
        for (value, flat) in depth.iter_mut().zip(warp.depth(width, height, pitch)) {
            *value = flat + share * (*value - flat);
        }
    }
    depth
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
