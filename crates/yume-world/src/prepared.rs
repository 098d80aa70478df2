//! Everything of a segment that is known before its noise.

use burn::tensor::Tensor;
use yume_motion::Motion;
use yume_motion::walk::WalkState;
use yume_nets::dit::{Layout, Plan};
use yume_nets::vae::FRAMES_PER_LATENT;

use crate::cap::capped;
use crate::fill::{conditioning, guess, recall};
use crate::relight::Light;
use crate::state::WalkedState;
use crate::trust::Trusted;
use crate::{Model, WorldError, pixels};

/// A segment about to be sampled.
pub(crate) struct Prepared {
    /// What it obeys.
    pub motion: Motion,
    /// The walker after each of its latents.
    pub walkers: Vec<WalkState>,
    /// The clean latents before it that the network sees.
    pub history: Tensor<5>,
    /// Mask and latents of known and guessed frames, `[1, 4 + z, frames, height, width]`.
    pub conditioning: Tensor<5>,
    /// What of the guess is known to be so.
    pub trusted: Option<Trusted>,
    /// The latents of the guess, if sampling begins near them and not from noise alone.
    pub near: Option<Tensor<5>>,
    /// Whether it is another scene's, which has to be imagined before it can be foreseen.
    pub is_imagined: bool,
    /// What the other scene's light makes of colours.
    pub light: Option<Light>,
    /// The guess itself, `[1, 3, frames, height, width]`, for a decoder that reads it.
    pub foreseen: Option<Tensor<5>>,
    /// How the network packs them.
    pub plan: Plan,
}

impl Prepared {
    pub(crate) fn new(
        model: &Model,
        state: &WalkedState,
        motion: Motion,
        forgets: bool,
    ) -> Result<Self, WorldError> {
        Self::with(model, state, motion, forgets, None)
    }

    /// The same segment, foreseen in the light of `imagined` latents of it.
    pub(crate) fn relit(
        model: &Model,
        state: &WalkedState,
        motion: Motion,
        forgets: bool,
        imagined: Tensor<5>,
    ) -> Result<Self, WorldError> {
        Self::with(model, state, motion, forgets, Some(imagined))
    }

    fn with(
        model: &Model,
        state: &WalkedState,
        motion: Motion,
        forgets: bool,
        imagined: Option<Tensor<5>>,
    ) -> Result<Self, WorldError> {
        let spec = model.spec();
        let latents = spec.frame.segment_frames / FRAMES_PER_LATENT;
        let recalled = if forgets {
            None
        } else {
            let depth = state.last_depth(model);
            let last = (state.last_frame.as_slice(), depth.as_deref());
            recall(spec, &state.seen, state.walker, motion, last)
        };
        let (mut guess, nearness): (Vec<_>, Vec<_>) = match recalled {
            Some(frames) => frames.into_iter().map(|frame| (frame.picture, frame.nearness)).unzip(),
            None => (guess(spec, state.walker, motion, &state.last_frame), Vec::new()),
        };
        // Each from the segment's beginning: going on from latent to latent would round differently.
        let walkers = (1..=latents)
            .map(|k| {
                let mut walker = state.walker;
                let _ = walker.advance(&spec.walk, motion, k * FRAMES_PER_LATENT);
                walker
            })
            .collect();
        let (height, width) = (spec.frame.height, spec.frame.width);
        let device = model.device();
        let light = imagined.map(|latents| {
            let video = model.vae().decode(latents, &mut state.decoder.to_device(device));
            let imagined = pixels::split_video(video.clamp(-1.0, 1.0));
            Light::new(&guess, &imagined, (height, width))
        });
        if let Some(light) = &light {
            guess.iter_mut().for_each(|frame| light.shine(frame));
        }
        let video = pixels::video(&guess, height, width, device);
        let foreseen = model.vae().reads_reference().then(|| video.clone());
        let unknown = model.vae().encode(video, &mut state.encoder.to_device(device));
        let changes = state.changing > 0;
        let trusted = spec
            .recall
            .filter(|recall| recall.trust > 0.0 && !nearness.is_empty() && !changes)
            .map(|recall| Trusted::new(unknown.clone(), &nearness, recall.trust));
        let mends = spec.mends();
        let is_imagined = mends && changes && light.is_none();
        let near = (mends && !is_imagined).then(|| unknown.clone());
        let known = capped(state.known.clone(), spec.history_cap).to_device(device);
        let conditioning = conditioning(known, unknown);
        let history = capped(state.latents.clone(), spec.history_cap).to_device(device);
        let [_, _, known, height, width] = history.dims();
        // A window longer than a segment keeps the newest of the history at full resolution.
        let window = spec.window.max(latents);
        let layout = Layout::Packed { history: known + latents - window, window };
        let plan = Plan::new(&spec.dit, layout, height, width, device)?;
        Ok(Self {
            motion,
            walkers,
            history,
            conditioning,
            trusted,
            near,
            is_imagined,
            light,
            foreseen,
            plan,
        })
    }

    /// The shape of the noise of history and segment.
    pub(crate) fn noise_shape(&self) -> [usize; 5] {
        let [batch, channels, known, height, width] = self.history.dims();
        [batch, channels, known + self.walkers.len(), height, width]
    }
}
