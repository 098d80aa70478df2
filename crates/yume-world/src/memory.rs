//! What a walk takes and where, known before anything is loaded.

use burn::tensor::DType;
use yume_checkpoint::ModelSpec;
use yume_nets::Coding;
use yume_nets::clip::ClipVision;
use yume_nets::cost::{DitCost, VaeCost, context_bytes};
use yume_nets::depth::Depth;
use yume_nets::dit::{Dit, Layout, PlanError};
use yume_nets::listing::{Parameter, Streamed, bytes, coded_parameters, parameters};
use yume_nets::text::TextEncoder;
use yume_nets::vae::{FRAMES_PER_LATENT, Vae};
use yume_sampler::Guidance;

use crate::captions::contexts_kept;
use crate::newest::{KEPT_STATES, Rest};
use crate::{Holding, Options, Precision};

/// What the backend and fragmentation take, and what other programs are left: a tenth of the rest.
const RESERVE: u64 = 10;

const F32_BYTES: u64 = 4;

/// A part of a walk that takes memory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Captions are encoded.
    Captions,
    /// A picture is encoded.
    Start,
    /// The DiT runs.
    Sampling,
    /// The VAE decodes, and encodes what it decoded.
    Decoding,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Captions, Self::Start, Self::Sampling, Self::Decoding];
}

/// Which memory something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// That of the device that computes.
    Device,
    /// The computer's own. On the processor both are one.
    Host,
}

/// One thing that takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryItem {
    /// What it is, for a person.
    pub what: &'static str,
    /// Bytes, at most.
    pub bytes: u64,
    /// Where.
    pub place: Place,
    /// When.
    pub phases: &'static [Phase],
}

/// The walk that is planned for.
#[derive(Clone, Copy, Debug)]
pub struct Walked<'a> {
    /// Latent frames of history.
    pub history: usize,
    /// How its segments are sampled.
    pub options: &'a Options,
    /// Whether the processor computes, so that the computer's memory is the device's.
    pub on_processor: bool,
}

/// Bytes that should be there, a tenth in reserve included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// On the device.
    pub device: u64,
    /// In the computer's own memory, besides the program; 0 if the processor computes.
    pub host: u64,
}

/// What a walk takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// What takes memory, how much, where and when.
    pub items: Vec<MemoryItem>,
    /// Bytes that pass through the device on every pass of the DiT.
    pub streamed: u64,
    on_processor: bool,
}

impl MemoryPlan {
    /// The plan of a model that is held as `holding` says.
    ///
    /// # Errors
    /// If the model defines no packing for such a history.
    pub fn new(spec: &ModelSpec, holding: Holding, walked: Walked<'_>) -> Result<Self, PlanError> {
        let on_processor = walked.on_processor;
        let mut plan = Self { items: Vec::new(), streamed: 0, on_processor };
        plan.add_dit(spec, holding);
        plan.add_encoders(spec, holding);
        let vae = parameters(holding.vae(), |scope| Vae::init(scope, &spec.vae));
        plan.add("VAE", bytes(&vae), Place::Device, &Phase::ALL);
        if let Some(sizes) = &spec.depth {
            let depth = parameters(DType::F32, |scope| Depth::init(scope, sizes));
            plan.add("estimate of depth", bytes(&depth), Place::Device, &Phase::ALL);
        }
        plan.add_contexts(spec, holding.precision, walked.options);
        plan.add_states(spec, holding, walked.history);
        plan.add_work(spec, holding, walked)?;
        Ok(plan)
    }

    /// Bytes that should be there.
    pub fn needed(&self) -> Needed {
        let peak = |place: Place| {
            let in_phase = |phase: &Phase| -> u64 {
                let there = |item: &&MemoryItem| {
                    (item.place == place || self.on_processor) && item.phases.contains(phase)
                };
                self.items.iter().filter(there).map(|item| item.bytes).sum()
            };
            let peak = Phase::ALL.iter().map(in_phase).max().unwrap_or_default();
            peak + peak / RESERVE
        };
        let host = if self.on_processor { 0 } else { peak(Place::Host) };
        Needed { device: peak(Place::Device), host }
    }

    fn add(&mut self, what: &'static str, bytes: u64, place: Place, phases: &'static [Phase]) {
        self.items.push(MemoryItem { what, bytes, place, phases });
    }

    fn add_dit(&mut self, spec: &ModelSpec, holding: Holding) {
        let parameters = dit_parameters(spec, holding.precision);
        if !holding.streams_blocks {
            return self.add("DiT", bytes(&parameters), Place::Device, &Phase::ALL);
        }
        let Streamed { resident, passing, resting } = Streamed::of(&parameters);
        self.streamed = resting;
        self.add("DiT without its blocks", resident, Place::Device, &Phase::ALL);
        self.add("blocks of the DiT", resting, Place::Host, &Phase::ALL);
        if !self.on_processor {
            self.add("two blocks of the DiT", passing, Place::Device, &[Phase::Sampling]);
        }
    }

    fn add_encoders(&mut self, spec: &ModelSpec, holding: Holding) {
        let Precision { matrices, coding } = holding.precision;
        let text = coded_parameters(matrices, coding, |scope| TextEncoder::init(scope, &spec.text));
        let clip = bytes(&parameters(matrices, |scope| ClipVision::init(scope, &spec.clip)));
        if !holding.lends_encoders {
            self.add("text encoder", bytes(&text), Place::Device, &Phase::ALL);
            return self.add("image encoder", clip, Place::Device, &Phase::ALL);
        }
        let Streamed { resident, passing, resting } = Streamed::of(&text);
        self.add("text encoder", resting, Place::Host, &[Phase::Captions]);
        let passing = if self.on_processor { 0 } else { passing };
        let phases = &[Phase::Captions];
        self.add("two blocks of the text encoder", resident + passing, Place::Device, phases);
        self.add("image encoder", clip, Place::Device, &[Phase::Start]);
    }

    fn add_contexts(&mut self, spec: &ModelSpec, precision: Precision, options: &Options) {
        let one = context_bytes(&spec.dit, precision.matrices.size());
        let negative = usize::from(options.guidance != Guidance::None);
        let pair = if options.in_pairs { 2 * negative } else { 0 };
        let count = contexts_kept(one) + negative + pair;
        let phases = &[Phase::Sampling, Phase::Decoding];
        self.add("keys and values of captions", count as u64 * one, Place::Device, phases);
    }

    /// The states of the walk that are kept: mostly the past of the VAE.
    fn add_states(&mut self, spec: &ModelSpec, holding: Holding, history: usize) {
        const WHAT: &str = "past of the VAE";
        const WALKING: &[Phase] = &[Phase::Sampling, Phase::Decoding];
        let (frame, vae) = (spec.frame, vae_cost(spec, holding));
        let past = vae.encoder_cache + vae.decoder_cache;
        let latents = frame.segment_frames / FRAMES_PER_LATENT;
        let of_history = |count: usize| 2 * count as u64 * latent_bytes(spec);
        let at_start = past + of_history(frame.initial_copies.div_ceil(FRAMES_PER_LATENT));
        let state = past + of_history(seen(spec, history + latents));
        let (all, two) = ((latents as u64 + 1) * state, 2 * state);
        if let Some(recall) = &spec.recall {
            let planes = 3 + u64::from(spec.depth.is_some());
            let picture = planes * (frame.width * frame.height) as u64 * F32_BYTES;
            let bytes = recall.rule.pictures as u64 * picture;
            let place = if self.on_processor { Place::Device } else { Place::Host };
            self.add("pictures of the walk", bytes, place, WALKING);
        }
        match Rest::of(at_start, latents, KEPT_STATES) {
            Rest::Beside => self.add(WHAT, all, Place::Device, &Phase::ALL),
            // The processor has the state before the segment and the one it makes.
            Rest::Away if self.on_processor => self.add(WHAT, two, Place::Device, WALKING),
            Rest::Away => {
                self.add(WHAT, state, Place::Device, &[Phase::Start, Phase::Decoding]);
                self.add(WHAT, two, Place::Host, WALKING);
            }
        }
    }

    fn add_work(
        &mut self,
        spec: &ModelSpec,
        holding: Holding,
        walked: Walked<'_>,
    ) -> Result<(), PlanError> {
        let Precision { matrices, coding } = holding.precision;
        let Walked { history, options, .. } = walked;
        let frame = spec.frame;
        let latents = frame.segment_frames / FRAMES_PER_LATENT;
        let window = spec.window.max(latents);
        let packed = (seen(spec, history) + latents).saturating_sub(window);
        let layout = Layout::Packed { history: packed, window };
        let dit = DitCost::new(&spec.dit, layout, frame.height / 8, frame.width / 8)?;
        let negative = options.guidance != Guidance::None;
        let (batch, passes) = match (options.in_pairs && negative, negative) {
            (true, _) => (2, 1),
            (false, true) => (1, 2),
            (false, false) => (1, 1),
        };
        // Latents and conditioning are joined and noised for the network.
        let joined = (seen(spec, history) + latents) as u64 * latent_bytes(spec) * 8;
        let mut work = batch * (dit.activation_bytes(&spec.dit, matrices.size()) + joined);
        if coding.is_some() {
            // A weight is decoded through f32, twice, before it has the precision of products.
            let largest =
                dit_parameters(spec, holding.precision).into_iter().filter(|one| one.rests);
            let largest = largest.map(|one| one.shape.iter().product::<usize>()).max();
            work += largest.unwrap_or_default() as u64 * (2 * F32_BYTES + matrices.size() as u64);
        }
        if coding == Some(Coding::W8A8) {
            // The codes of the widest activations, and their sums.
            work += batch * (dit.tokens * spec.dit.ffn_dim) as u64 * (1 + F32_BYTES);
        }
        self.add("work of the DiT", work, Place::Device, &[Phase::Sampling]);
        let twice = if options.aam.is_some() { 2 } else { 1 };
        let residual = dit.tokens as u64 * spec.dit.dim as u64 * F32_BYTES;
        let caches = &options.caches;
        let runs = match passes {
            1 => batch * caches.conditional.runs() as u64,
            _ => (caches.conditional.runs() + caches.unconditional.runs()) as u64,
        };
        if runs > 0 {
            let bytes = twice * runs * residual;
            self.add("feature cache", bytes, Place::Device, &[Phase::Sampling]);
        }
        let peak = vae_cost(spec, holding).decode_peak;
        self.add("work of the VAE", peak, Place::Device, &[Phase::Start, Phase::Decoding]);
        Ok(())
    }
}

fn vae_cost(spec: &ModelSpec, holding: Holding) -> VaeCost {
    let (height, width) = (spec.frame.height, spec.frame.width);
    VaeCost::new(&spec.vae, height, width).in_numbers_of(holding.vae().size())
}

fn dit_parameters(spec: &ModelSpec, precision: Precision) -> Vec<Parameter> {
    let Precision { matrices, coding } = precision;
    coded_parameters(matrices, coding, |scope| Dit::init(scope, &spec.dit))
}

/// The latents that are kept of so many.
fn seen(spec: &ModelSpec, latents: usize) -> usize {
    spec.history_cap.map_or(latents, |cap| latents.min(cap))
}

fn latent_bytes(spec: &ModelSpec) -> u64 {
    let frame = spec.frame;
    (frame.height / 8 * (frame.width / 8) * spec.vae.z_dim) as u64 * F32_BYTES
}
