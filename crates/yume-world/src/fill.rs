//! What the conditioning holds for the frames that do not exist yet.

use yume_checkpoint::Fill;
use yume_motion::Motion;
use yume_motion::walk::{WalkRule, WalkState};
use yume_motion::warp::WarpModel;

/// The guess for the frames to come, and where the walker stands after each of them.
pub(crate) struct Guess {
    /// Planar frames in [-1, 1].
    pub frames: Vec<Vec<f32>>,
    /// The walker after every fourth frame: after each latent.
    pub walkers: Vec<WalkState>,
}

/// Fills `latents` latents' worth of frames that follow `last_frame`.
pub(crate) fn guess(
    fill: &Fill,
    rule: &WalkRule,
    walker: WalkState,
    motion: Motion,
    last_frame: &[f32],
    size: (usize, usize),
    latents: usize,
) -> Guess {
    const FRAMES: usize = yume_nets::vae::FRAMES_PER_LATENT;
    let (height, width) = size;
    let count = latents * FRAMES;
    // The whole segment in one go: restarting the path at every latent would round differently.
    let poses = walker.clone().advance(rule, motion, count);
    let walkers = (1..=latents)
        .map(|k| {
            let mut walker = walker;
            let _ = walker.advance(rule, motion, k * FRAMES);
            walker
        })
        .collect();
    let frames = match fill {
        // Mid-grey, as the published code fills them.
        Fill::Zeros => vec![vec![0.0; last_frame.len()]; count],
        Fill::Hold => vec![last_frame.to_vec(); count],
        Fill::Warp(model) => {
            let warp: &WarpModel = model;
            poses
                .into_iter()
                .map(|pose| warp.warp(last_frame, width, height, pose, walker.pitch))
                .collect()
        }
    };
    Guess { frames, walkers }
}
