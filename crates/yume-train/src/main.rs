//! The command line of training and evaluation.

mod cli;

use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use burn::tensor::{Device, DeviceType};
use clap::Parser as _;
use cli::{
    Calibrate, Cli, Command, Evaluate, Sheet, Train, TrainDistill, TrainDit, Visit, Walks, Where,
    Written,
};
use yume_checkpoint::{CACHE_FILE, ModelFiles};
use yume_train::TrainError;
use yume_train::calibrate::{CalibrationOptions, calibrate};
use yume_train::config::TrainConfig;
use yume_train::data::Grounds;
use yume_train::data::record::record;
use yume_train::data::views::write_views;
use yume_train::distill::{DistillRun, DistillStart};
use yume_train::dit::{DitRun, DitStart};
use yume_train::evaluate::{EvaluationOptions, evaluate, walk_sheet};
use yume_train::run::{CHECKPOINT, Pace, Training, run};
use yume_train::state::State;
use yume_train::vae::{VaeRun, VaeStart};

/// The recipe of the embedded model, for its town.
const TINY: &str = include_str!("../configs/tiny.json");

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Vae(train) => train_vae(&train),
        Command::Dit(train) => train_dit(&train),
        Command::Walks(options) => record_walks(&options),
        Command::Views(options) => write_depth_views(&options),
        Command::Distill(train) => distill(&train),
        Command::Evaluate(options) => report(&options),
        Command::CalibrateCache(options) => calibrate_cache(&options),
        Command::Sheet(options) => draw(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn train_vae(train: &Train) -> Result<(), TrainError> {
    let (config, spec) = TrainConfig::load(&train.config)?;
    let (begun, state) = checkpoint(train)?;
    let start = match (state, &train.from) {
        (Some(state), _) => VaeStart::Resume(Box::new(state)),
        (None, Some(folder)) => VaeStart::From(folder.clone()),
        (None, None) => VaeStart::Fresh,
    };
    let steps = config.vae.steps;
    let mut training = VaeRun::new(config, &spec, &device(train.device)?, start)?;
    go(&mut training, train, begun, steps)
}

fn train_dit(options: &TrainDit) -> Result<(), TrainError> {
    let train = &options.train;
    let (config, _) = TrainConfig::load(&train.config)?;
    let (begun, state) = checkpoint(train)?;
    let start = match (state, &train.from) {
        (Some(state), _) => DitStart::Resume(Box::new(state)),
        (None, Some(folder)) => DitStart::From(folder.clone()),
        (None, None) => DitStart::Fresh,
    };
    let steps = config.dit.steps;
    let mut training = DitRun::new(config, &options.vae, &device(train.device)?, start)?;
    go(&mut training, train, begun, steps)
}

fn record_walks(options: &Walks) -> Result<(), TrainError> {
    let written = &options.written;
    let (config, spec) = TrainConfig::load(&written.config)?;
    let walker = options.own.as_deref().map(model).transpose()?;
    write_numbered("walks", written, |range, told| {
        record((&config, &spec), walker, range, &written.out, told)
    })
}

fn write_depth_views(written: &Written) -> Result<(), TrainError> {
    let (config, spec) = TrainConfig::load(&written.config)?;
    let grounds = Grounds::new(&config, spec.walk, (spec.frame.height, spec.frame.width));
    write_numbered("views", written, |range, told| {
        write_views(&config, grounds, range, &written.out, told)
    })
}

/// Lets `write` write what a range of numbers stands for, and shows how far it is.
fn write_numbered(
    what: &str,
    written: &Written,
    write: impl FnOnce(Range<u64>, &mut dyn FnMut()) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    let bar = indicatif::ProgressBar::new(written.count);
    let range = written.first..written.first.saturating_add(written.count);
    write(range, &mut || bar.inc(1))?;
    bar.finish_and_clear();
    println!("{} {what} written: {}", written.count, written.out.display());
    Ok(())
}

fn distill(options: &TrainDistill) -> Result<(), TrainError> {
    let train = &options.train;
    let (mut config, _) = TrainConfig::load(&train.config)?;
    let mut steps = 0;
    if let Some(settings) = &mut config.distill {
        // What is said on the command line becomes part of the recipe that is written down.
        let student = &mut settings.student;
        student.steps = options.steps.map_or(student.steps, usize::from);
        student.shift = options.shift.unwrap_or(student.shift);
        if options.regression_only {
            settings.adversary = None;
        }
        steps = settings.steps;
    }
    let (begun, state) = checkpoint(train)?;
    let start = match (state, &train.from) {
        (Some(state), _) => DistillStart::Resume(Box::new(state)),
        (None, Some(folder)) => DistillStart::From(folder.clone()),
        (None, None) => DistillStart::Teacher,
    };
    let mut training = DistillRun::new(config, &options.teacher, &device(train.device)?, start)?;
    go(&mut training, train, begun, steps)?;
    let figures = training.figures()?;
    print!("{figures}");
    write_json(&train.out.join("distillation.json"), &figures)
}

/// Makes the folder of a run, and reads the checkpoint in it if the run is to go on.
fn checkpoint(train: &Train) -> Result<((u64, f64), Option<State>), TrainError> {
    let path = train.out.join(CHECKPOINT);
    if train.resume {
        let state = State::load(&path)?;
        return Ok(((state.facts.step, state.facts.secs), Some(state)));
    }
    if path.exists() {
        return Err(TrainError::Exists(train.out.clone()));
    }
    std::fs::create_dir_all(&train.out)
        .map_err(|source| TrainError::Write { source, path: train.out.clone() })?;
    Ok(((0, 0.0), None))
}

fn go(
    training: &mut impl Training,
    train: &Train,
    begun: (u64, f64),
    steps: u64,
) -> Result<(), TrainError> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // The second time the person means it.
    let stopping = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("stopping after this step; press again to stop at once, without saving");
    });
    if let Err(error) = stopping {
        eprintln!("Ctrl-C will not save ({error})");
    }
    let minutes = |minutes: f64| Duration::from_secs_f64((minutes * 60.0).clamp(0.0, 1e9));
    let pace = Pace {
        steps,
        limit: train.minutes.map(minutes),
        save_every: minutes(train.save_every),
        sheet_every: minutes(train.sheet_every),
    };
    let outcome = run(training, &train.out, begun, &pace, &stop)?;
    println!("{} of {steps} steps done: {}", outcome.step, train.out.display());
    Ok(())
}

fn report(options: &Evaluate) -> Result<(), TrainError> {
    let files = model(&options.model)?;
    let (config, visit) = visit(&options.visit, options.segments)?;
    let report = evaluate(&files, &config, &visit, &options.json.with_extension("png"))?;
    print!("{report}");
    write_json(&options.json, &report)
}

fn write_json(path: &Path, figures: &impl serde::Serialize) -> Result<(), TrainError> {
    let json = serde_json::to_string_pretty(figures)
        .map_err(|error| TrainError::Write { source: error.into(), path: path.to_owned() })?;
    yume_train::export::text(path, &format!("{json}\n"))
}

fn calibrate_cache(options: &Calibrate) -> Result<(), TrainError> {
    let files = model(&options.model)?;
    let out = match &options.out {
        Some(out) => out.clone(),
        None if options.model.is_dir() => options.model.join(CACHE_FILE),
        None => {
            let reason = "the embedded model has no folder; say where the plan goes".to_owned();
            return Err(TrainError::Config { reason, path: "--out".into() });
        }
    };
    let wanted = CalibrationOptions {
        steps: usize::from(options.steps),
        passes: options.passes.iter().copied().map(usize::from).collect(),
        error: options.error,
        segments: options.segments,
        seed: options.seed,
        device: device(options.device)?,
    };
    let bar = indicatif::ProgressBar::new(1);
    let mut told = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let calibration = calibrate(&files, &wanted, &mut told)?;
    bar.finish_and_clear();
    print!("{calibration}");
    let plan = serde_json::to_string_pretty(&calibration.file()?)
        .map_err(|error| TrainError::Write { source: error.into(), path: out.clone() })?;
    yume_train::export::text(&out, &format!("{plan}\n"))?;
    println!("The plan is in {}; `yume --cache auto` uses it there.", out.display());
    Ok(())
}

fn draw(options: &Sheet) -> Result<(), TrainError> {
    let files = model(&options.model)?;
    let (config, visit) = visit(&options.visit, options.segments)?;
    let motions = yume_motion::parse_script(&options.motions).map_err(|error| {
        TrainError::Config { reason: error.to_string(), path: "--motions".into() }
    })?;
    walk_sheet(&files, &config, &visit, &motions, &options.out)
}

fn model(path: &Path) -> Result<ModelFiles, TrainError> {
    if path == Path::new("embedded") {
        return Ok(yume_train::embedded::model_files()?);
    }
    Ok(ModelFiles::from_folder(path)?)
}

fn visit(visit: &Visit, segments: usize) -> Result<(TrainConfig, EvaluationOptions), TrainError> {
    let config = match &visit.config {
        Some(path) => TrainConfig::load(path)?.0,
        None => serde_json::from_str(TINY).map_err(|error| TrainError::Config {
            reason: error.to_string(),
            path: "configs/tiny.json".into(),
        })?,
    };
    let options = EvaluationOptions {
        segments,
        seed: visit.seed,
        steps: visit.steps.map(usize::from),
        device: device(visit.device)?,
    };
    Ok((config, options))
}

fn device(place: Where) -> Result<Device, TrainError> {
    match place {
        Where::Cpu => Ok(Device::flex()),
        Where::Cuda => {
            let found = std::panic::catch_unwind(|| Device::enumerate(DeviceType::Cuda).into_vec());
            found.ok().and_then(|found| found.into_iter().next()).ok_or(TrainError::NoCuda)
        }
    }
}
