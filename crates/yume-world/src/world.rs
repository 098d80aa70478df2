//! The walk itself: history in latent space, one segment per motion.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::tensor::Tensor;
use yume_checkpoint::ModelSpec;
use yume_media::{Fit, Frame};
use yume_motion::Motion;
use yume_motion::seen::Seen;
use yume_motion::walk::WalkState;
use yume_nets::dit::Context;
use yume_nets::resample::Kernel;
use yume_nets::vae::{FRAMES_PER_LATENT, StreamCache};
use yume_sampler::{
    Guidance, Interrupted, Material, Moment, Noise, Pass, Plan, sample, sample_twice,
};

use crate::cap::capped;
use crate::captions::Contexts;
use crate::newest::{KEPT_STATES, Newest, Rest};
use crate::opening::{fitted, opening};
use crate::prepared::Prepared;
use crate::probe::{Astray, Probe};
use crate::state::{Step, WalkedState};
use crate::{Caches, DitVelocity, Model, Options, Outlet, SegmentTimes, Stage, WorldError, pixels};

/// Segments that a world takes to become what a new scene text says.
const CHANGING: usize = 2;

/// Where a walk begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// A picture, or frames of a video in order: they are the history that the walk goes on from.
    /// Of a video the newest are used, one more than a multiple of four.
    pub frames: Vec<Frame>,
    /// How frames of another shape are brought to the model's. [`Fit::Stretch`] is what the
    /// published code does, number by number.
    pub fit: Fit,
    /// What the person says about the place; may be empty.
    pub scene: String,
    /// Decides the noise of the whole walk.
    pub seed: u64,
}

/// A world that can be walked.
pub struct World {
    model: Model,
    options: Options,
    plans: Plans,
    walk: Option<Walk>,
    times: SegmentTimes,
    /// Bytes of states that may be kept for a cut.
    kept_states: u64,
}

/// How segments are sampled: each time the first pass of two, and the second or only one.
struct Plans {
    from_noise: (Plan, Plan),
    from_near: (Plan, Plan),
}

impl Plans {
    fn new(spec: &ModelSpec, options: &Options) -> Result<Self, WorldError> {
        let begin = spec.recall.map_or(1.0, |recall| recall.begins_at);
        Ok(Self { from_noise: options.plans(1.0)?, from_near: options.plans(begin.into())? })
    }

    fn of(&self, prepared: &Prepared) -> &(Plan, Plan) {
        if prepared.near.is_some() { &self.from_near } else { &self.from_noise }
    }
}

struct Walk {
    contexts: Contexts,
    seed: u64,
    segment: usize,
    rest: Rest,
    /// At rest.
    state: WalkedState,
    newest: Option<Newest>,
}

impl World {
    /// A world that waits for its start.
    ///
    /// # Errors
    /// If `options` make no schedule.
    pub fn new(model: Model, options: &Options) -> Result<Self, WorldError> {
        let (plans, options) = (Plans::new(model.spec(), options)?, options.clone());
        let times = SegmentTimes::default();
        Ok(Self { model, options, plans, walk: None, times, kept_states: KEPT_STATES })
    }

    /// Samples the segments to come in another way.
    ///
    /// # Errors
    /// If `options` make no schedule; the world goes on as before then.
    pub fn set_options(&mut self, options: &Options) -> Result<(), WorldError> {
        self.plans = Plans::new(self.model.spec(), options)?;
        self.options = options.clone();
        Ok(())
    }

    /// The model it runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How long the stages of the last finished segment took.
    pub fn times(&self) -> SegmentTimes {
        self.times
    }

    /// Forgets the old walk and begins a new one. The last frame of the start is the first one that
    /// is handed out.
    ///
    /// # Errors
    /// If the start has no picture.
    pub fn begin(
        &mut self,
        start: &Start,
        outlet: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, WorldError> {
        self.walk = None;
        let spec = self.model.spec();
        let (height, width) = (spec.frame.height, spec.frame.width);
        let history = opening(spec, &start.frames, start.fit);
        let Some(newest) = history.last().cloned() else { return Err(WorldError::NoPicture) };
        if outlet.frame(pixels::frame(&newest, height, width)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if outlet.progress(Stage::Text, 0, 1).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let image = self.model.image_features(&newest)?;
        let video = pixels::video(&history, height, width, self.model.device());
        let mut encoder = StreamCache::default();
        let latents = self.model.vae().encode(video, &mut encoder);
        let mut decoder = StreamCache::default();
        // The decoder's past is the start; what it decodes to is not shown.
        self.model.vae().decode(latents.clone(), &mut decoder);
        let (seen, kind) = self.model.unseen(&newest, &start.scene);
        let mut state = WalkedState {
            known: latents.clone(),
            latents,
            encoder,
            decoder,
            seen,
            kind,
            last_frame: newest,
            walker: WalkState::default(),
            changing: 0,
            bound_for: None,
        };
        state.remember(&self.model);
        let latents = spec.frame.segment_frames / FRAMES_PER_LATENT;
        let rest = Rest::of(state.bytes(), latents, self.kept_states);
        self.walk = Some(Walk {
            contexts: Contexts::new(image, start.scene.clone()),
            seed: start.seed,
            segment: 0,
            rest,
            state: rest.of_state(state, self.model.device()),
            newest: None,
        });
        Ok(outlet.progress(Stage::Text, 1, 1))
    }

    /// Walks on by one segment.
    ///
    /// A break before the first frame leaves the world as it was; a break at a later frame keeps
    /// the latents whose frames were handed out.
    ///
    /// # Errors
    /// If the world has not begun, or the history is longer than the model allows.
    pub fn advance(
        &mut self,
        motion: Motion,
        outlet: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, WorldError> {
        if outlet.progress(Stage::Text, 0, 1).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let started = Instant::now();
        let prepared = self.prepare(motion)?;
        let walk = self.walk.as_ref().ok_or(WorldError::NotBegun)?;
        let mut stream = Noise::new(walk.seed, walk.segment as u64);
        let noise = stream.draw(prepared.noise_shape(), self.model.device());
        self.times.text = started.elapsed();
        self.generate(prepared, (noise, stream), outlet)
    }

    /// Everything of a segment that is known before the noise.
    pub(crate) fn prepare(&mut self, motion: Motion) -> Result<Prepared, WorldError> {
        let walk = self.walk.as_mut().ok_or(WorldError::NotBegun)?;
        let with_negative = self.options.guidance != Guidance::None;
        walk.contexts.prepare(&self.model, motion, with_negative)?;
        Prepared::new(&self.model, &walk.state, motion, self.options.forgets)
    }

    /// Samples and decodes a segment from its noise, and from more of it if the solver adds some.
    pub(crate) fn generate(
        &mut self,
        mut prepared: Prepared,
        (noise, mut stream): (Tensor<5>, Noise),
        outlet: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, WorldError> {
        let started = Instant::now();
        let walk = self.walk.as_mut().ok_or(WorldError::NotBegun)?;
        let model = &self.model;
        let contexts = walk.contexts.of(prepared.motion);
        let mut sampling =
            Sampling { model, options: &self.options, plans: &self.plans, pass: 1, passes: 1 };
        if prepared.unlit.is_some() {
            sampling.passes = 2;
            let from = (noise.clone(), &mut stream);
            let Ok(imagined) = sampling.run(&prepared, contexts, from, outlet) else {
                return Ok(ControlFlow::Break(()));
            };
            sampling.pass = 2;
            prepared = prepared.relit(model, &walk.state, imagined)?;
        }
        let evaluations = sampling.passes * self.options.evaluations(model.spec())?;
        let sampled = sampling.run(&prepared, contexts, (noise, &mut stream), outlet);
        let Ok(latents) = sampled else { return Ok(ControlFlow::Break(())) };
        if !latents.clone().abs().max().into_scalar::<f32>().is_finite() {
            return Err(WorldError::NotFinite { segment: walk.segment });
        }
        let sampling = started.elapsed();

        let started = Instant::now();
        let frame = model.spec().frame;
        let [_, _, length, ..] = latents.dims();
        // The segment before can no longer be cut, and its states make room for those to come.
        walk.newest = None;
        let mut newest = Newest::new(walk.state.clone(), walk.rest);
        let mut state = walk.state.to_device(model.device());
        if let Some(light) = &prepared.light {
            let light = light.level();
            state.seen.repaint(|picture| light.shine(picture));
        }
        let mut flow = ControlFlow::Continue(());
        for (k, walker) in prepared.walkers.into_iter().enumerate() {
            let foreseen = prepared
                .foreseen
                .as_ref()
                .map(|frames| frames.clone().narrow(2, k * FRAMES_PER_LATENT, FRAMES_PER_LATENT));
            let step = Step { latent: latents.clone().narrow(2, k, 1), foreseen, walker };
            let frames = state.step(model, step.clone());
            newest.push(step, &state);
            for planes in frames {
                flow = outlet.frame(pixels::frame(&planes, frame.height, frame.width));
                if flow.is_break() {
                    break;
                }
            }
            if flow.is_break() {
                break;
            }
            flow = outlet.progress(Stage::Decoding, k + 1, length);
            if flow.is_break() {
                break;
            }
        }
        walk.newest = Some(newest);
        walk.state = walk.rest.of_state(state, model.device());
        walk.segment += 1;
        let decoding = started.elapsed();
        self.times = SegmentTimes { sampling, evaluations, decoding, ..self.times };
        Ok(flow)
    }

    /// How far each of `plans` would lead the velocity astray on the coming segment, asked along the
    /// way that sampling takes without them. The walk stays where it is. `None` if `outlet` breaks.
    ///
    /// # Errors
    /// As [`World::advance`].
    pub fn probe(
        &mut self,
        motion: Motion,
        plans: &[Caches],
        outlet: &mut dyn Outlet,
    ) -> Result<Option<Vec<Astray>>, WorldError> {
        let prepared = self.prepare(motion)?;
        let walk = self.walk.as_ref().ok_or(WorldError::NotBegun)?;
        let (model, contexts) = (&self.model, walk.contexts.of(motion));
        let velocity = |caches: &Caches| {
            let conditioning = prepared.conditioning.clone();
            DitVelocity::new(model.dit(), &prepared.plan, conditioning, contexts, caches)
                .trusting(prepared.trusted.clone())
        };
        let reusing = plans.iter().map(|plan| (velocity(plan), Astray::default())).collect();
        let mut probe = Probe { exact: velocity(&Caches::NONE), reusing };
        let mut stream = Noise::new(walk.seed, walk.segment as u64);
        let noise = stream.draw(prepared.noise_shape(), model.device());
        let mut fresh = |shape| stream.draw(shape, model.device());
        let near = prepared.near.clone();
        let material = Material { history: &prepared.history, noise, near, fresh: &mut fresh };
        let watch = |moment: Moment<'_>| match moment {
            Moment::Evaluated { done, all } => outlet.progress(Stage::Sampling, done, all),
            Moment::Stepped { .. } => ControlFlow::Continue(()),
        };
        let is_finished = sample(&self.plans.of(&prepared).1, &mut probe, material, watch).is_ok();
        let found = probe.reusing.into_iter().map(|(_, astray)| astray).collect();
        Ok(is_finished.then_some(found))
    }

    /// Puts an edited picture in the place of the newest frame; the walk goes on from it.
    ///
    /// The history gets it as a walk gets its start: for as many latents as a start picture has
    /// after its first. So it is all that the network sees of the newest frames, and what came
    /// before fades into the coarser history. What is behind the edit cannot be cut any more.
    ///
    /// # Errors
    /// If the world has not begun.
    pub fn replace(
        &mut self,
        picture: &Frame,
        fit: Fit,
        outlet: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, WorldError> {
        let walk = self.walk.as_mut().ok_or(WorldError::NotBegun)?;
        let (model, spec) = (&self.model, self.model.spec());
        let (height, width, cap) = (spec.frame.height, spec.frame.width, spec.history_cap);
        let planes = fitted(spec, picture, fit, Kernel::Linear);
        let copies = (spec.frame.initial_copies - 1).max(FRAMES_PER_LATENT);
        let image = model.image_features(&planes)?;
        let video = pixels::video(&vec![&planes; copies], height, width, model.device());
        let mut state = walk.state.to_device(model.device());
        let held = model.vae().encode(video, &mut state.encoder);
        // As at a start, what the decoder makes of it is not shown.
        model.vae().decode(held.clone(), &mut state.decoder);
        let append =
            |history: &Tensor<5>| capped(Tensor::cat(vec![history.clone(), held.clone()], 2), cap);
        state.latents = append(&state.latents);
        state.known = append(&state.known);
        walk.contexts.set_image(image);
        let frame = pixels::frame(&planes, height, width);
        // What was there before the edit is there no more.
        (state.seen, state.kind) = model.unseen(&planes, walk.contexts.scene());
        state.last_frame = planes;
        state.remember(model);
        walk.newest = None;
        walk.state = walk.rest.of_state(state, model.device());
        Ok(outlet.frame(frame))
    }

    /// Changes what the captions say of the place, from the next segment on. For two segments nothing leads
    /// back to what was seen; it is put into the new light where the model can, and forgotten otherwise.
    ///
    /// # Errors
    /// If the world has not begun.
    pub fn set_scene(&mut self, scene: impl Into<String>) -> Result<(), WorldError> {
        let walk = self.walk.as_mut().ok_or(WorldError::NotBegun)?;
        let scene = scene.into();
        if walk.state.heed(&self.model, &scene) && walk.contexts.set_scene(scene) {
            let latents = self.model.spec().frame.segment_frames / FRAMES_PER_LATENT;
            walk.state.changing = CHANGING * latents;
            if !self.model.spec().mends() {
                walk.state.seen = Seen::default();
            }
        }
        Ok(())
    }

    /// Encodes the captions of a walk that is known beforehand and frees the text encoder. `told`
    /// hears how many of how many are done, and may break.
    ///
    /// # Errors
    /// If the text encoder cannot be loaded.
    pub fn learn(
        &self,
        captions: impl IntoIterator<Item = (Motion, String)>,
        told: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, WorldError> {
        self.model.learn(captions, self.options.guidance != Guidance::None, told)
    }

    /// Forgets the newest segment after its first `frames` frames, rounded up to a whole latent.
    /// Returns how many frames of it are kept.
    ///
    /// Only the newest segment can be cut: once all of it is forgotten, what is before it stays.
    pub fn cut(&mut self, frames: usize) -> usize {
        let whole = self.model.spec().frame.segment_frames;
        let Some(walk) = self.walk.as_mut() else { return 0 };
        let Some(newest) = walk.newest.as_mut() else { return whole };
        let kept = frames.div_ceil(FRAMES_PER_LATENT);
        if kept < newest.len() {
            walk.state = newest.cut(&self.model, kept);
        }
        if kept == 0 {
            walk.newest = None;
            return 0;
        }
        newest.len() * FRAMES_PER_LATENT
    }
}

#[cfg(test)]
impl World {
    /// Keeps states of at most so many bytes for a cut.
    pub(crate) fn set_kept_states(&mut self, bytes: u64) {
        self.kept_states = bytes;
    }

    /// The state of the walk.
    pub(crate) fn state(&self) -> &WalkedState {
        &self.walk.as_ref().expect("the test began the walk").state
    }

    /// What stands for the frames of the coming segment, planar.
    pub(crate) fn guess(&self, motion: Motion) -> Vec<Vec<f32>> {
        let state = self.state();
        crate::guess(self.model.spec(), state.walker, motion, &state.last_frame)
    }

    /// Where the frames that are kept were seen.
    pub(crate) fn seen(&self) -> Vec<yume_motion::walk::Pose> {
        self.walk.as_ref().expect("the test began the walk").state.seen.poses()
    }

    /// The velocity of a segment's first step.
    pub(crate) fn velocity(&self, prepared: &Prepared, noise: Tensor<5>) -> Tensor<5> {
        use yume_sampler::Velocity as _;
        let walk = self.walk.as_ref().expect("the test began the walk");
        let contexts = walk.contexts.of(prepared.motion);
        let conditioning = prepared.conditioning.clone();
        let (dit, caches) = (self.model.dit(), &self.options.caches);
        DitVelocity::new(dit, &prepared.plan, conditioning, contexts, caches)
            .conditional(noise, 1.0)
    }

    /// The latents of the newest segment.
    pub(crate) fn newest_latents(&self) -> Tensor<5> {
        let walk = self.walk.as_ref().expect("the test began the walk");
        let [_, _, frames, ..] = walk.state.latents.dims();
        walk.state.latents.clone().narrow(2, frames - 8, 8)
    }

    /// The frames of the newest segment before they are rounded to bytes.
    pub(crate) fn newest_frames(&self) -> Vec<Vec<f32>> {
        let walk = self.walk.as_ref().expect("the test began the walk");
        let newest = walk.newest.as_ref().expect("the test advanced the walk");
        let mut decoder = newest.before().decoder.clone();
        let video = self.model.vae().decode(self.newest_latents(), &mut decoder);
        pixels::split_video(video.clamp(-1.0, 1.0))
    }
}

/// How the latents of a segment are made.
struct Sampling<'a> {
    model: &'a Model,
    options: &'a Options,
    plans: &'a Plans,
    /// Of the passes of a segment, counted from 1, and how many it has.
    pass: usize,
    passes: usize,
}

impl Sampling<'_> {
    /// The latents of a segment, `[1, z, latents, height, width]`.
    fn run(
        &self,
        prepared: &Prepared,
        contexts: (&Context, Option<&Context>),
        (noise, stream): (Tensor<5>, &mut Noise),
        outlet: &mut dyn Outlet,
    ) -> Result<Tensor<5>, Interrupted> {
        let caches = &self.options.caches;
        // Each pass has a cache of its own: the residuals of one mean nothing to the other.
        let velocity = || {
            let conditioning = prepared.conditioning.clone();
            let dit = self.model.dit();
            let velocity = DitVelocity::new(dit, &prepared.plan, conditioning, contexts, caches)
                .trusting(prepared.trusted.clone());
            if self.options.in_pairs { velocity.in_pairs(caches) } else { velocity }
        };
        let device = self.model.device();
        let mut fresh = |shape| stream.draw(shape, device);
        let near = prepared.near.clone();
        let material = Material { history: &prepared.history, noise, near, fresh: &mut fresh };
        let watch = |moment: Moment<'_>| match moment {
            Moment::Evaluated { done, all } => {
                let before = (self.pass - 1) * all;
                outlet.progress(Stage::Sampling, before + done, self.passes * all)
            }
            Moment::Stepped { .. } => ControlFlow::Continue(()),
        };
        let (first, plan) = self.plans.of(prepared);
        let Some(aam) = &self.options.aam else {
            return sample(plan, &mut velocity(), material, watch);
        };
        let first = Pass { plan: first, velocity: &mut velocity() };
        let second = Pass { plan, velocity: &mut velocity() };
        sample_twice(aam, first, second, material, watch)
    }
}
