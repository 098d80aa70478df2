//! Everything of a segment that is known before its noise.

use burn::tensor::{DType, Tensor};
use yume_motion::Motion;
use yume_nets::dit::{Layout, Plan};
use yume_nets::vae::FRAMES_PER_LATENT;

use crate::cap::capped;
use crate::fill::{Guess, guess};
use crate::state::WalkedState;
use crate::{Model, WorldError, pixels};

/// A segment about to be sampled.
pub(crate) struct Prepared {
    /// What it obeys.
    pub motion: Motion,
    /// What stands for its frames until they exist.
    pub guess: Guess,
    /// The clean latents before it that the network sees.
    pub history: Tensor<5>,
    /// Mask and latents of known and guessed frames, `[1, 4 + z, frames, height, width]`.
    pub conditioning: Tensor<5>,
    /// How the network packs them.
    pub plan: Plan,
    latents: usize,
}

impl Prepared {
    pub(crate) fn new(
        model: &Model,
        state: &WalkedState,
        motion: Motion,
    ) -> Result<Self, WorldError> {
        let spec = model.spec();
        let latents = spec.frame.segment_frames / FRAMES_PER_LATENT;
        let size = (spec.frame.height, spec.frame.width);
        let guess =
            guess(&spec.fill, &spec.walk, state.walker, motion, &state.last_frame, size, latents);
        let video = pixels::video(&guess.frames, size.0, size.1, model.device());
        let unknown = model.vae().encode(video, &mut state.encoder.clone());
        let conditioning = conditioning(capped(state.known.clone(), spec.history_cap), unknown);
        let history = capped(state.latents.clone(), spec.history_cap);
        let [_, _, known, height, width] = history.dims();
        // A window longer than a segment keeps the newest of the history at full resolution.
        let window = spec.window.max(latents);
        let layout = Layout::Packed { history: known + latents - window, window };
        let plan = Plan::new(&spec.dit, layout, height, width, model.device())?;
        Ok(Self { motion, guess, history, conditioning, plan, latents })
    }

    /// The shape of the noise of history and segment.
    pub(crate) fn noise_shape(&self) -> [usize; 5] {
        let [batch, channels, known, height, width] = self.history.dims();
        [batch, channels, known + self.latents, height, width]
    }
}

/// Mask (four channels, 1 = known) and latents of known and guessed frames.
fn conditioning(known: Tensor<5>, unknown: Tensor<5>) -> Tensor<5> {
    let mask = |latents: &Tensor<5>, value: f32| {
        let [batch, _, frames, height, width] = latents.dims();
        Tensor::full([batch, 4, frames, height, width], value, (&latents.device(), DType::F32))
    };
    let mask = Tensor::cat(vec![mask(&known, 1.0), mask(&unknown, 0.0)], 2);
    Tensor::cat(vec![mask, Tensor::cat(vec![known, unknown], 2)], 1)
}
