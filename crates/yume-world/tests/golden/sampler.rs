//! A whole segment of sampling from given noise.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Tensor;
use yume_checkpoint::dit_config;
use yume_nets::dit::{CachePlan, Dit, Layout, Plan};
use yume_sampler::{Guidance, Material, Moment, Schedule, Slips, Solver, sample};
use yume_world::{Caches, DitVelocity};

use crate::TRAJECTORY_TOLERANCE;
use crate::cases::{DIT_FILE, Outcome};
use crate::network::{Case, config, load, relative_error};

/// The reference rounds its residuals to bf16, which has 8 bits.
const CACHE_TOLERANCE: f64 = 2e-2;

pub fn run(folder: &Path, case: &Case, stem: &str) -> Outcome {
    let guided = Guidance::of(5.0);
    let eta = Solver::ETA;
    // The window of the network is nine, as published, except in the time-travel script.
    let (solver, guidance, window) = match stem {
        "ode14" | "ode14_seg1" | "cache14" => (Solver::Euler, guided, 9),
        "ode14_nocfg" => (Solver::Euler, Guidance::None, 9),
        "tts_ode10" => (Solver::time_travel_ode(Solver::SCRIPT), guided, 8),
        "tts_ode15_l5" => (Solver::time_travel_ode(Solver::PAPER), guided, 8),
        "sde10" => (Solver::Sde { eta }, guided, 8),
        "tts_sde10" => (Solver::time_travel_sde(Solver::SCRIPT), guided, 8),
        _ => return Outcome::NotOffered("no solver of this name"),
    };
    let (json, path) = config(folder);
    let config = dit_config(&json, &path).unwrap();
    let dit = load(folder, DIT_FILE, |scope| Dit::init(scope, &config));
    let (history, noise) = (case.tensor::<5>("history"), case.tensor::<5>("eps"));
    let [_, _, frames, height, width] = noise.dims();
    let device = noise.device();

    let layout = Layout::Packed { history: frames - window, window };
    let plan = Plan::new(&config, layout, height, width, &device).unwrap();
    let image = case.tensor::<3>("clip_fea");
    let caption = dit.context(case.tensor("context"), image.clone());
    let negative = dit.context(case.tensor("context_null"), image);
    let (caches, tolerance) = if stem == "cache14" {
        (Caches::both(CachePlan::new(&[1, 2], 4, 4).unwrap()), CACHE_TOLERANCE)
    } else {
        (Caches::NONE, TRAJECTORY_TOLERANCE)
    };
    let contexts = (&caption, Some(&negative));
    let mut segment = DitVelocity::new(&dit, &plan, case.tensor("y"), contexts, &caches);
    let sigmas = case.floats("sigmas");
    let schedule = Schedule::shifted(sigmas.len(), 3.0).unwrap();
    for (ours, theirs) in schedule.sigmas().iter().zip(&sigmas) {
        // The reference rounded its sigmas to single precision.
        assert!((ours - theirs).abs() < 1e-6, "the schedule differs: {ours} and {theirs}");
    }
    let sampling = yume_sampler::Plan { schedule, solver, guidance, slips: Slips::Published };
    let stored = case.has("sde_noise").then(|| case.tensor::<5>("sde_noise"));
    let mut drawn = 0;
    let mut fresh = |_| {
        drawn += 1;
        stored.clone().expect("the solver adds noise").narrow(0, drawn - 1, 1)
    };
    let mut errors = Vec::new();
    let mut compare = |name: &str, ours: &Tensor<5>| {
        let error = relative_error(ours.clone(), case.tensor::<5>(name));
        errors.push((name.to_owned(), error, tolerance));
    };
    let material = Material { history: &history, noise, near: None, fresh: &mut fresh };
    let out = sample(&sampling, &mut segment, material, |moment| {
        if let Moment::Stepped { steps, latents } = moment
            && steps <= 2
        {
            compare(&format!("step{}", steps - 1), latents);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    compare("out", &out);
    Outcome::Compared(errors)
}
