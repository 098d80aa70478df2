//! `yume eval`: how a model obeys, how steady its world is and how it looks.

mod samplers;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;

use serde::Serialize;
use yume_checkpoint::ModelSpec;
use yume_eval::{
    Course, Entry, Evaluation, Itinerary, Progress, Report, SCRIPTS, comparison, evaluate, poster,
};
use yume_media::read_picture;
use yume_motion::parse_script;
use yume_session::BoxError;
use yume_world::Solver;

use super::{Exit, Prepared, bar, interrupted, prepare};
use crate::cli::{Comparison, Eval};
use crate::sampling::Sampling;

/// Walks that show whether everything works.
const QUICK: [&str; 2] = ["W:left*2,W", "W+A,.:right*2"];

pub(super) fn run(eval: &Eval) -> Result<Exit, BoxError> {
    let prepared = prepare(&eval.run)?;
    let spec = prepared.files.spec().clone();
    let (entries, reference) = entries(eval, &prepared)?;
    let courses = itinerary(eval)?.courses(&spec);
    std::fs::create_dir_all(&eval.out).map_err(|error| unwritable(&error, &eval.out))?;
    let interrupted = interrupted()?;

    let device = prepared.chosen.label.clone();
    let mut world = prepared.open_world(None)?;
    let motions = courses.iter().flat_map(|course| &course.motions);
    let captions = motions.map(|&motion| (motion, String::new()));
    let bar = bar::ticks(1);
    let is_stopped = || interrupted.load(Ordering::Relaxed);
    // An interruption is noticed by what follows.
    let _ = world.learn(captions, &mut |_, _| flow(is_stopped()))?;
    let mut watch = |progress: Progress<'_>| {
        bar.set_length(progress.all);
        bar.set_position(progress.done);
        bar.set_message(format!("{} - {}", progress.course, progress.entry));
        flow(is_stopped())
    };
    let found = evaluate(&mut world, &courses, (&entries, reference), &mut watch);
    bar.finish_and_clear();
    let found = found?;

    write(eval, &device, &courses, &found)?;
    match eval.compare {
        Some(Comparison::Samplers) => print!("{}", comparison(&found.reports)),
        None => found.reports.iter().for_each(|report| print!("{report}")),
    }
    if found.is_interrupted {
        println!(
            "The evaluation was interrupted; the figures are of the walks that were finished."
        );
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Done)
}

fn flow(is_stopped: bool) -> ControlFlow<()> {
    if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// The ways to sample, and which of them the others are compared with.
fn entries(eval: &Eval, prepared: &Prepared) -> Result<(Vec<Entry>, Option<usize>), BoxError> {
    let spec = prepared.files.spec();
    match eval.compare {
        None => {
            let options = prepared.options.clone();
            Ok((vec![Entry { name: described(spec, prepared), options }], None))
        }
        Some(_) if eval.run.sampling != Sampling::default() => {
            Err("a comparison brings its own ways to sample; leave out the options of sampling"
                .into())
        }
        Some(Comparison::Samplers) => {
            Ok((samplers::entries(&prepared.files)?, Some(samplers::REFERENCE)))
        }
    }
}

/// A way to sample, in a few words.
fn described(spec: &ModelSpec, prepared: &Prepared) -> String {
    let options = &prepared.options;
    let cache = options.caches.conditional.part_run(spec.dit.num_layers);
    let cache = if cache < 1.0 { ", feature cache" } else { "" };
    let aam = if options.aam.is_some() { ", AAM" } else { "" };
    let solver = match options.solver {
        Solver::Euler => "Euler".to_owned(),
        Solver::Sde { eta } => format!("SDE {eta}"),
        Solver::TimeTravel { eta, look_ahead, interval } => {
            let kind = if eta > 0.0 { "TTS-SDE" } else { "TTS-ODE" };
            format!("{kind} ({look_ahead}, {interval})")
        }
    };
    format!("{solver}, {} steps{cache}{aam}", options.steps)
}

fn itinerary(eval: &Eval) -> Result<Itinerary, BoxError> {
    let scripts = if eval.motions.is_empty() {
        let scripts: &[&str] = if eval.quick { &QUICK } else { &SCRIPTS };
        scripts.iter().map(|script| parse_script(script)).collect::<Result<_, _>>()?
    } else {
        eval.motions.clone()
    };
    let pictures: Result<Vec<_>, BoxError> =
        eval.start.iter().map(|path| Ok((super::name_of(path), read_picture(path)?))).collect();
    let places = if eval.quick { 1 } else { usize::from(eval.places) };
    Ok(Itinerary { scripts, pictures: pictures?, places, seed: eval.run.seed })
}

/// What is written for programs.
#[derive(Serialize)]
struct Written<'a> {
    device: &'a str,
    seed: u64,
    is_interrupted: bool,
    courses: Vec<&'a str>,
    reports: &'a [Report],
}

fn write(
    eval: &Eval,
    device: &str,
    courses: &[Course<'_>],
    found: &Evaluation,
) -> Result<(), BoxError> {
    if found.reports.is_empty() {
        return Ok(());
    }
    let written = Written {
        device,
        seed: eval.run.seed,
        is_interrupted: found.is_interrupted,
        courses: courses.iter().map(|course| course.name.as_str()).collect(),
        reports: &found.reports,
    };
    let json = eval.out.join("report.json");
    std::fs::write(&json, format!("{}\n", serde_json::to_string_pretty(&written)?))
        .map_err(|error| unwritable(&error, &json))?;
    poster(&found.reports, &found.strips).write_png(&eval.out.join("report.png"))?;
    Ok(())
}

fn unwritable(error: &std::io::Error, path: &Path) -> String {
    format!(
        "the report cannot be written ({error}); choose another folder with --out: {}",
        path.display()
    )
}
