//! A whole segment of sampling from given noise.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Tensor;
use yume_checkpoint::dit_config;
use yume_nets::dit::{Context, Dit, DitInput, Layout, Plan};
use yume_sampler::{Schedule, Velocity, sample};

use crate::TRAJECTORY_TOLERANCE;
use crate::cases::{DIT_FILE, Outcome};
use crate::network::{Case, config, load, relative_error};

struct Segment<'a> {
    dit: &'a Dit,
    plan: &'a Plan,
    conditioning: Tensor<5>,
    caption: Context,
    negative: Context,
}

impl Segment<'_> {
    fn velocity(&self, latents: Tensor<5>, sigma: f64, context: &Context) -> Tensor<5> {
        let input = DitInput {
            latents,
            conditioning: self.conditioning.clone(),
            timesteps: vec![1000.0 * sigma],
        };
        self.dit.forward(input, context, self.plan)
    }
}

impl Velocity for Segment<'_> {
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        self.velocity(latents, sigma, &self.caption)
    }

    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        self.velocity(latents, sigma, &self.negative)
    }
}

pub fn run(folder: &Path, case: &Case, stem: &str) -> Outcome {
    let Some(kind) = stem.strip_prefix("ode") else {
        return Outcome::NotOffered("this solver is not part of this version");
    };
    let (json, path) = config(folder);
    let config = dit_config(&json, &path).unwrap();
    let dit = load(folder, DIT_FILE, |scope| Dit::init(scope, &config));
    let (history, noise) = (case.tensor::<5>("history"), case.tensor::<5>("eps"));
    let [_, _, frames, height, width] = noise.dims();
    let device = noise.device();

    // The published sampler runs with a window of nine although a segment has eight frames.
    let layout = Layout::Packed { history: frames - 9, window: 9 };
    let plan = Plan::new(&config, layout, height, width, &device).unwrap();
    let image = case.tensor::<3>("clip_fea");
    let mut segment = Segment {
        dit: &dit,
        plan: &plan,
        conditioning: case.tensor("y"),
        caption: dit.context(case.tensor("context"), image.clone()),
        negative: dit.context(case.tensor("context_null"), image),
    };
    let sigmas = case.floats("sigmas");
    let schedule = Schedule::shifted(sigmas.len(), 3.0).unwrap();
    for (ours, theirs) in schedule.sigmas().iter().zip(&sigmas) {
        // The reference rounded its sigmas to single precision.
        assert!((ours - theirs).abs() < 1e-6, "the schedule differs: {ours} and {theirs}");
    }
    let guidance = if kind.contains("nocfg") { 1.0 } else { 5.0 };
    let sampling = yume_sampler::Plan { schedule, guidance };
    let mut errors = Vec::new();
    let mut compare = |name: &str, ours: &Tensor<5>| {
        let error = relative_error(ours.clone(), case.tensor::<5>(name));
        errors.push((name.to_owned(), error, TRAJECTORY_TOLERANCE));
    };
    let out = sample(&sampling, &mut segment, &history, noise, |step, latents| {
        if step <= 2 {
            compare(&format!("step{}", step - 1), latents);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    compare("out", &out);
    Outcome::Compared(errors)
}
