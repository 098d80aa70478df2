//! A walk of the model itself while it is trained: what the explorer does, with the weights of the
//! moment.

use std::ops::ControlFlow;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use yume_checkpoint::{ModelSpec, Tokenizer};
use yume_motion::Motion;
use yume_motion::walk::WalkState;
use yume_nets::clip;
use yume_nets::dit::Context;
use yume_nets::vae::{StreamCache, Vae};
use yume_sampler::{Guidance, Material, Noise, Plan as Sampling, Schedule, Slips, Solver, sample};
use yume_world::pixels::{split_video, video};
use yume_world::{Caches, DitVelocity, capped, conditioning};

use super::Networks;
use super::lesson::{Example, Latents};
use super::plans::Plans;
use crate::TrainError;
use crate::data::Foresight;

/// What a walk needs besides its own state; everything lives on one device, without autodiff.
pub(crate) struct Walkers<'a> {
    /// The networks.
    pub networks: &'a Networks,
    /// The VAE.
    pub vae: &'a Vae,
    /// The facts of the model.
    pub spec: &'a ModelSpec,
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Where they live.
    pub device: &'a Device,
    /// Plans on the same device.
    pub plans: &'a mut Plans,
}

/// A walk of the model itself.
pub(crate) struct OwnWalk {
    picture: Arc<Vec<f32>>,
    latents: Tensor<5>,
    known: Tensor<5>,
    encoder: StreamCache,
    decoder: StreamCache,
    last_frame: Vec<f32>,
    memory: Foresight,
    seed: u64,
    segment: u64,
}

impl OwnWalk {
    /// Begins at a planar picture.
    pub(crate) fn begin(walkers: &Walkers<'_>, picture: &[f32], seed: u64) -> Self {
        let spec = walkers.spec;
        let (height, width) = (spec.frame.height, spec.frame.width);
        let copies = vec![picture; spec.frame.initial_copies];
        let device = walkers.device;
        let mut encoder = StreamCache::default();
        let latents = walkers.vae.encode(video(&copies, height, width, device), &mut encoder);
        let mut decoder = StreamCache::default();
        walkers.vae.decode(latents.clone(), &mut decoder);
        Self {
            picture: Arc::new(clip::preprocess(picture, height, width, &spec.clip)),
            known: latents.clone(),
            latents,
            encoder,
            decoder,
            last_frame: picture.to_vec(),
            memory: Foresight::begin(spec, WalkState::default(), picture),
            seed,
            segment: 0,
        }
    }

    /// The fill of the coming segment: its frames `[1, 3, frames, height, width]` and its latents.
    fn fill(
        &self,
        walkers: &Walkers<'_>,
        before: WalkState,
        motion: Motion,
    ) -> (Tensor<5>, Tensor<5>) {
        let spec = walkers.spec;
        let filled = self.memory.frames(spec, before, motion, &self.last_frame);
        let device = self.latents.device();
        let video = video(&filled, spec.frame.height, spec.frame.width, &device);
        let latents = walkers.vae.encode(video.clone(), &mut self.encoder.clone());
        (video, latents)
    }

    /// What training on the coming segment would see, if it were to become what `taught` is led to.
    pub(crate) fn example(
        &self,
        walkers: &Walkers<'_>,
        before: WalkState,
        taught: &Example,
    ) -> Example {
        let cap = walkers.spec.history_cap;
        Example {
            picture: Arc::clone(&self.picture),
            history: Latents::of(capped(self.latents.clone(), cap)),
            known: Latents::of(capped(self.known.clone(), cap)),
            fill: Latents::of(self.fill(walkers, before, taught.motion).1),
            ..taught.clone()
        }
    }

    /// Walks on by one segment and returns its frames, `[1, 3, frames, height, width]`.
    ///
    /// # Errors
    /// If the model cannot run a history of this length.
    pub(crate) fn advance(
        &mut self,
        walkers: &mut Walkers<'_>,
        before: WalkState,
        motion: Motion,
    ) -> Result<Tensor<5>, TrainError> {
        let spec = walkers.spec;
        let history = capped(self.latents.clone(), spec.history_cap);
        let known = capped(self.known.clone(), spec.history_cap);
        let (foreseen, fill) = self.fill(walkers, before, motion);
        let context = self.context(walkers, motion);
        let [_, z_dim, frames, height, width] = history.dims();
        let [_, _, length, ..] = fill.dims();
        let plan = walkers.plans.of(frames, height, width)?;
        let dit = &walkers.networks.dit;
        let conditioning = conditioning(known, fill);
        let mut velocity =
            DitVelocity::new(dit, plan, conditioning, (&context, None), &Caches::NONE);
        let schedule = Schedule::shifted(spec.sampler.steps, spec.sampler.shift)?;
        // Training has no negative prompt to be guided by.
        let (guidance, slips) = (Guidance::None, Slips::Mended);
        let sampling = Sampling { schedule, solver: Solver::Euler, guidance, slips };
        let device = history.device();
        let mut stream = Noise::new(self.seed, self.segment);
        let noise = stream.draw([1, z_dim, frames + length, height, width], &device);
        let mut fresh = |shape| stream.draw(shape, &device);
        let material = Material { history: &history, noise, near: None, fresh: &mut fresh };
        let sampled = sample(&sampling, &mut velocity, material, |_| ControlFlow::Continue(()));
        let latents = sampled.expect("nothing stops this sampling");
        let vae = walkers.vae;
        let decoded = vae.decode_with(latents.clone(), Some(foreseen), &mut self.decoder);
        let decoded = decoded.clamp(-1.0, 1.0);
        let seen = walkers.vae.encode(decoded.clone(), &mut self.encoder);
        let frames = split_video(decoded.clone());
        self.memory.see(spec, before, motion, &frames);
        self.last_frame = frames.into_iter().next_back().unwrap_or_default();
        self.latents = Tensor::cat(vec![self.latents.clone(), latents], 2);
        self.known = Tensor::cat(vec![self.known.clone(), seen], 2);
        self.segment += 1;
        Ok(decoded)
    }

    fn context(&self, walkers: &Walkers<'_>, motion: Motion) -> Context {
        let spec = walkers.spec;
        let book = &spec.phrasebook;
        let caption = book.caption(motion, book.usual_speed(motion), "");
        let ids = walkers.tokenizer.encode(&caption).ids;
        let text = walkers.networks.text.forward(&ids);
        let device = self.latents.device();
        let pixels = clip::to_tensor(self.picture.to_vec(), &spec.clip, &device);
        walkers.networks.dit.context(text, walkers.networks.clip.forward(pixels))
    }
}
