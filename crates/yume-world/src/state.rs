//! Everything a walk has become so far, as a value.

use burn::tensor::Tensor;
use yume_checkpoint::ModelSpec;
use yume_motion::seen::Seen;
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
    /// The walker.
    pub walker: WalkState,
    /// Frames shown before, for the conditioning to show again.
    pub seen: Seen,
}

impl WalkedState {
    /// Keeps the last frame shown, if the model keeps any and this one shows something new.
    pub(crate) fn remember(&mut self, spec: &ModelSpec) {
        if let Some(recall) = &spec.recall {
            self.seen.remember(&recall.rule, &self.last_frame, self.walker.pose());
        }
    }
}
