//! `yume bench`: how fast a model is on this machine, stage by stage.

mod table;

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use yume::device::{self, Chosen};
use yume_checkpoint::{ModelFiles, ModelSpec};
use yume_session::BoxError;
use yume_world::bench::{self, Ending, Networks, Progress, Report, Request, Sampled, Size};
use yume_world::{Coding, MemoryPlan, Options, Precision, Walked};

use super::{Exit, fits, flops, models, precision, segment_secs};
use crate::cli::{Bench, SizeName};

/// Latents of history besides those of a first segment: one, three and eleven segments later.
const HISTORIES: [usize; 3] = [13, 29, 93];
/// Steps of the paper's distilled model.
const FEW_STEPS: usize = 14;

pub(super) fn run(bench: &Bench) -> Result<Exit, BoxError> {
    let (files, spec, label) = subject(bench)?;
    let evaluations = Options::of(&spec).evaluations(&spec)?;
    let chosen =
        device::choose(bench.device.into(), flops(&spec, evaluations), segment_secs(&spec))?;
    let precision = precision(bench.weights, &chosen)?.unwrap_or_else(|| chosen.matrices.into());
    refuse_too_large(&spec, precision, &chosen, &label)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Relaxed))
        .map_err(|error| format!("Ctrl-C cannot be caught ({error}); try again"))?;

    let started = Instant::now();
    let networks = match &files {
        Some(files) => Networks::open(files, &chosen.device, precision)?,
        None => Networks::drawn(spec, &chosen.device, precision),
    };
    chosen.device.sync().map_err(|error| format!("{} failed: {error}", chosen.label))?;
    let loading_secs = started.elapsed().as_secs_f64();
    let bar = bar();
    let mut watch = |progress: Progress<'_>| {
        show(&bar, progress);
        if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let request = request(bench, networks.spec(), files.is_some());
    let report = bench::run(&networks, &request, &mut watch);
    bar.finish_and_clear();
    let facts = Facts {
        version: env!("CARGO_PKG_VERSION"),
        model: &label,
        device: &chosen.label,
        weights: weights(precision),
        warm_ups: request.warm_ups,
        runs: request.runs,
        loading_secs,
        total_secs: started.elapsed().as_secs_f64(),
        report: &report,
    };
    if bench.json {
        println!("{}", serde_json::to_string_pretty(&facts)?);
    } else {
        table::print(&facts);
    }
    match report.ending {
        Ending::Complete => Ok(Exit::Done),
        Ending::Interrupted => Ok(Exit::Interrupted),
        Ending::Failed(sentence) => Err(sentence.into()),
    }
}

/// A report and what it is about.
#[derive(Serialize)]
struct Facts<'a> {
    version: &'a str,
    model: &'a str,
    device: &'a str,
    weights: String,
    warm_ups: usize,
    runs: usize,
    loading_secs: f64,
    total_secs: f64,
    #[serde(flatten)]
    report: &'a Report,
}

/// The files of the model, if it has any; its facts and what to call it.
fn subject(bench: &Bench) -> Result<(Option<ModelFiles>, ModelSpec, String), BoxError> {
    let size = if bench.full_size { Some(SizeName::Full) } else { bench.size };
    if let Some(size) = size {
        let spec = Size::from(size).spec();
        let (width, height) = (spec.frame.width, spec.frame.height);
        let size = format!("{size:?}").to_lowercase();
        let label = format!("random weights of {size} size, {width}x{height},");
        return Ok((None, spec, label));
    }
    let (files, label) = models::find(bench.model.as_deref())?;
    let spec = files.spec().clone();
    Ok((Some(files), spec, label))
}

fn request(bench: &Bench, spec: &ModelSpec, has_files: bool) -> Request {
    let mut segments = bench.segments.clone();
    if segments.is_empty() && has_files {
        segments.push(Sampled { steps: spec.sampler.steps, is_cached: false });
    } else if segments.is_empty() {
        segments.extend([false, true].map(|is_cached| Sampled { steps: FEW_STEPS, is_cached }));
    }
    let histories = bench.histories.clone();
    Request {
        warm_ups: bench.warm_ups.into(),
        runs: bench.runs.into(),
        histories: if histories.is_empty() { HISTORIES.to_vec() } else { histories },
        segments,
        longest: bench.seconds.map(Duration::from_secs_f32),
    }
}

/// Says so in one sentence before anything takes memory that is known not to be there.
fn refuse_too_large(
    spec: &ModelSpec,
    precision: Precision,
    chosen: &Chosen,
    label: &str,
) -> Result<(), BoxError> {
    let first = spec.frame.initial_copies.div_ceil(yume_world::FRAMES_PER_LATENT);
    let options = Options::of(spec);
    let on_processor = chosen.is_processor;
    let walked = Walked { history: first, options: &options, on_processor };
    let needed = MemoryPlan::new(spec, precision.into(), walked)?.needed().device;
    let free = chosen.memory.map(|memory| memory.free);
    let Some(free) = free.filter(|&free| free < needed) else { return Ok(()) };
    Err(format!(
        "{label} needs {} for a first segment and {} has {} free; choose a smaller --size, --weights \
         bf16, or another --device",
        fits::gigabytes(needed),
        chosen.label,
        fits::gigabytes(free),
    )
    .into())
}

fn weights(precision: Precision) -> String {
    let products = format!("{:?}", precision.matrices).to_lowercase();
    match precision.coding {
        Some(Coding::W8A8) => "int8, products of integers in the DiT".to_owned(),
        Some(coding) => format!("{coding:?}").to_lowercase() + ", products in " + &products,
        None => products,
    }
}

/// A bar over counted operations, so that the estimate moves evenly.
fn bar() -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left");
    bar.set_style(style.expect("the template is fixed and valid"));
    bar
}

fn show(bar: &ProgressBar, progress: Progress<'_>) {
    // Small models have few operations; a bar counts in whole numbers.
    bar.set_length(progress.all.max(1));
    bar.set_position(progress.done);
    if bar.message() != progress.what {
        bar.set_message(progress.what.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;

    use super::*;
    use yume::device_memory::DeviceMemory;

    #[test]
    fn a_size_that_has_no_room_is_refused_in_one_sentence() {
        let chosen = |memory: Option<u64>| Chosen {
            device: device::cpu_device(),
            matrices: DType::F32,
            is_processor: true,
            label: "CPU (2 threads)".to_owned(),
            memory: memory.map(|free| DeviceMemory { total: free, free }),
        };
        let refuse = |size: Size, memory| {
            let chosen = chosen(memory);
            refuse_too_large(&size.spec(), DType::F32.into(), &chosen, "it")
        };
        let sentence = refuse(Size::Full, Some(32_000_000_000)).unwrap_err().to_string();
        assert!(sentence.contains("CPU (2 threads) has 32.0 GB free; choose"), "{sentence}");
        assert!(refuse(Size::Tiny, Some(32_000_000_000)).is_ok());
        // Where nothing is known, it is tried.
        assert!(refuse(Size::Full, None).is_ok());
    }
}
