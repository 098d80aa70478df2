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
    /// The guess, if it is another scene's, which has to be imagined before it can be foreseen.
    pub unlit: Option<Guess>,
    /// What the other scene's light makes of colours.
    pub light: Option<Light>,
    /// The guess itself, `[1, 3, frames, height, width]`, for a decoder that reads it.
    pub foreseen: Option<Tensor<5>>,
    /// How the network packs them.
    pub plan: Plan,
}

/// The frames of a segment as they are foreseen.
pub(crate) struct Guess {
    /// Planar, in [-1, 1].
    pictures: Vec<Vec<f32>>,
    /// What of them is known to be so; nothing if nothing is.
    nearness: Vec<Vec<f32>>,
}

impl Guess {
    fn new(model: &Model, state: &WalkedState, motion: Motion, forgets: bool) -> Self {
        let spec = model.spec();
        let recalled = if forgets {
            None
        } else {
            let depth = state.last_depth(model);
            let last = (state.last_frame.as_slice(), depth.as_deref());
            recall(spec, &state.seen, state.walker, motion, last)
        };
        let (pictures, nearness) = match recalled {
            Some(frames) => frames.into_iter().map(|frame| (frame.picture, frame.nearness)).unzip(),
            None => (guess(spec, state.walker, motion, &state.last_frame), Vec::new()),
        };
        Self { pictures, nearness }
    }
}

impl Prepared {
    pub(crate) fn new(
        model: &Model,
        state: &WalkedState,
        motion: Motion,
        forgets: bool,
    ) -> Result<Self, WorldError> {
        Self::foreseen(model, state, motion, (Guess::new(model, state, motion, forgets), None))
    }

    /// The same segment, foreseen in the light of `imagined` latents of it, if it waits for them.
    pub(crate) fn relit(
        self,
        model: &Model,
        state: &WalkedState,
        imagined: Tensor<5>,
    ) -> Result<Self, WorldError> {
        let Some(mut guess) = self.unlit else { return Ok(self) };
        let frame = model.spec().frame;
        let video = model.vae().decode(imagined, &mut state.decoder.to_device(model.device()));
        let imagined = pixels::split_video(video.clamp(-1.0, 1.0));
        let light = Light::new(&guess.pictures, &imagined, (frame.height, frame.width));
        guess.pictures.iter_mut().for_each(|picture| light.shine(picture));
        Self::foreseen(model, state, self.motion, (guess, Some(light)))
    }

    /// A segment of which this is the guess, in this light if another one was imagined.
    fn foreseen(
        model: &Model,
        state: &WalkedState,
        motion: Motion,
        (guess, light): (Guess, Option<Light>),
    ) -> Result<Self, WorldError> {
        let spec = model.spec();
        let latents = spec.frame.segment_frames / FRAMES_PER_LATENT;
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
        let video = pixels::video(&guess.pictures, height, width, device);
        let foreseen = model.vae().reads_reference().then(|| video.clone());
        let unknown = model.vae().encode(video, &mut state.encoder.to_device(device));
        let changes = state.changing > 0;
        let trusted = spec
            .recall
            .filter(|recall| recall.trust > 0.0 && !guess.nearness.is_empty() && !changes)
            .map(|recall| Trusted::new(unknown.clone(), &guess.nearness, recall.trust));
        let mends = spec.mends();
        let unlit = (mends && changes && light.is_none()).then_some(guess);
        let near = (mends && unlit.is_none()).then(|| unknown.clone());
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
            unlit,
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
