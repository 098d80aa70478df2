//! Everything a walk has become so far, as a value.

use burn::tensor::Tensor;
use yume_motion::walk::WalkState;
use yume_nets::vae::StreamCache;

/// The state of a walk between two latents. Cloning shares the tensors.
#[derive(Clone)]
pub(crate) struct WalkedState {
    /// Generated latents `[1, z, n, height, width]`, those beyond the cap dropped.
    pub latents: Tensor<5>,
    /// The latents of the frames as they were shown, likewise.
    pub known: Tensor<5>,
    /// The encoder after the frames shown.
    pub encoder: StreamCache,
    /// The decoder after the latents.
    pub decoder: StreamCache,
    /// The last frame shown, planar in [-1, 1].
    pub last_frame: Vec<f32>,
    /// Velocity and pitch of the walker.
    pub walker: WalkState,
}
