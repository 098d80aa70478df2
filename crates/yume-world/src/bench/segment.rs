//! A segment from beginning to end, as a walk makes it.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::tensor::Tensor;
use yume_checkpoint::ModelSpec;
use yume_nets::dit::{CachePlan, Plan};
use yume_nets::vae::{FRAMES_PER_LATENT, StreamCache};
use yume_sampler::{Guidance, Interrupted, Material as SamplerMaterial, Moment, Noise, sample};

use super::clock::{Clock, Stop, guarded};
use super::histories::{Cost, FORWARD};
use super::once::{DECODE, ENCODE, KEYS, Material, TEXT, random};
use super::{Networks, Report, SegmentRow};
use crate::{Caches, DitVelocity, Options, pixels};

/// How a segment is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Steps of the solver; every one asks the network twice where the model has guidance.
    pub steps: usize,
    /// Whether blocks are reused from pass to pass: the published list, or for a network of fewer
    /// blocks every second half of them, renewed on every fourth pass.
    pub is_cached: bool,
}

impl Sampled {
    fn name(self) -> String {
        let cache = if self.is_cached { " and feature cache" } else { "" };
        format!("segment, {} steps{cache}", self.steps)
    }

    fn cache(self, layers: usize) -> CachePlan {
        if !self.is_cached {
            return CachePlan::NONE;
        }
        let half: Vec<usize> = (layers / 2..layers).collect();
        CachePlan::published(layers)
            .or_else(|_| CachePlan::new(&half, 4, layers))
            .unwrap_or(CachePlan::NONE)
    }

    fn options(self, spec: &ModelSpec) -> Options {
        let caches = Caches::both(self.cache(spec.dit.num_layers));
        Options { steps: self.steps, caches, ..Options::of(spec) }
    }
}

/// Operations of the passes of a segment that begins with `first`.
pub(super) fn flops(spec: &ModelSpec, sampled: Sampled, first: &Cost) -> u64 {
    let evaluations = sampled.options(spec).evaluations(spec).unwrap_or(0);
    let part = sampled.cache(spec.dit.num_layers).part_run(spec.dit.num_layers);
    (evaluations as f64 * part * first.dit.flops as f64) as u64
}

/// Makes a first segment, unless it would take longer than is left.
pub(super) fn measure(
    networks: &Networks,
    sampled: Sampled,
    first: &Cost,
    material: &Material,
    clock: &mut Clock<'_>,
    report: &mut Report,
) -> Result<(), Stop> {
    let spec = networks.spec();
    let (options, name) = (sampled.options(spec), sampled.name());
    let evaluations = options.evaluations(spec).map_err(|error| Stop::Failed(error.to_string()))?;
    let mut row = SegmentRow {
        steps: sampled.steps,
        guidance: spec.sampler.guidance,
        blocks_run: options.caches.conditional.part_run(spec.dit.num_layers),
        evaluations,
        flops: flops(spec, sampled, first),
        measured_secs: None,
        sampling_secs: None,
        computed_secs: None,
    };
    row.computed_secs = computed(&row, first.known, report);
    if !clock.skips(&name, row.computed_secs.unwrap_or(0.0)) {
        let per_pass = row.flops / evaluations.max(1) as u64;
        let told = |clock: &mut Clock<'_>| {
            clock.did(per_pass);
            clock.tell(&name).err()
        };
        clock.tell(&name)?;
        let mut stop = None;
        let walk = || {
            let mut watch = || {
                stop = told(clock);
                if stop.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            make(networks, first, &options, material, &mut watch)
        };
        let (made, secs) = guarded(networks.device(), &name, walk)?;
        let Ok(sampling_secs) = made? else { return Err(stop.unwrap_or(Stop::Interrupted)) };
        (row.measured_secs, row.sampling_secs) = (Some(secs), Some(sampling_secs));
    }
    report.segments.push(row);
    Ok(())
}

/// The seconds of a segment from the medians of its stages, if all were measured.
fn computed(row: &SegmentRow, known: usize, report: &Report) -> Option<f64> {
    let once = |name| report.median_ms(name, None);
    let pass = report.median_ms(FORWARD, Some(known))? * row.blocks_run;
    // What is guessed is encoded before, what was shown after.
    let frames = once(ENCODE)? * 2.0 + once(DECODE)?;
    Some((once(TEXT)? + once(KEYS)? + frames + pass * row.evaluations as f64) / 1e3)
}

/// Makes the segment; the seconds of its sampling.
fn make(
    networks: &Networks,
    first: &Cost,
    options: &Options,
    material: &Material,
    watch: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Result<f64, Interrupted>, Stop> {
    let Networks { dit, vae, text, .. } = networks;
    let (spec, device) = (networks.spec(), networks.device());
    let frame = spec.frame;
    let (height, width) = (frame.height / 8, frame.width / 8);
    let latents = frame.segment_frames / FRAMES_PER_LATENT;
    let failed = |error: crate::WorldError| Stop::Failed(error.to_string());

    let caption = dit.context(text.forward(&material.ids), material.features.clone());
    let mut encoder = StreamCache::default();
    let shape = |frames| [1, 3, frames, frame.height, frame.width];
    vae.encode(random(shape(1), device).clamp(-1.0, 1.0), &mut encoder);
    let guess = random(shape(frame.segment_frames), device).clamp(-1.0, 1.0);
    let guessed = vae.encode(guess, &mut encoder.clone());
    let history: Tensor<5> = random([1, spec.vae.z_dim, first.known, height, width], device);
    let conditioning = crate::conditioning(history.clone(), guessed);
    let plan = Plan::new(&spec.dit, first.layout, height, width, device)?;

    let started = Instant::now();
    let mut stream = Noise::new(0, 0);
    let noise = stream.draw([1, spec.vae.z_dim, first.known + latents, height, width], device);
    let mut fresh = |shape| stream.draw(shape, device);
    let negative = (options.guidance != Guidance::None).then_some(&material.negative);
    let contexts = (&caption, negative);
    let mut velocity = DitVelocity::new(dit, &plan, conditioning, contexts, &options.caches);
    let (_, steps) = options.plans(1.0).map_err(failed)?;
    let ground = SamplerMaterial { history: &history, noise, near: None, fresh: &mut fresh };
    let sampled = sample(&steps, &mut velocity, ground, |moment| match moment {
        Moment::Evaluated { .. } => watch(),
        Moment::Stepped { .. } => ControlFlow::Continue(()),
    });
    let Ok(made) = sampled else { return Ok(Err(Interrupted)) };
    // A device may only now have begun.
    made.clone().abs().max().into_scalar::<f32>();
    let sampling_secs = started.elapsed().as_secs_f64();

    let mut decoder = StreamCache::default();
    vae.decode(history.narrow(2, first.known - 1, 1), &mut decoder);
    for k in 0..latents {
        let video = vae.decode(made.clone().narrow(2, k, 1), &mut decoder).clamp(-1.0, 1.0);
        vae.encode(video.clone(), &mut encoder);
        drop(pixels::split_video(video));
    }
    Ok(Ok(sampling_secs))
}
