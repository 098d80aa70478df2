//! `yume walk`: a script of motions into a video, without a window.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use indicatif::ProgressBar;
use serde::Serialize;
use yume_media::open_sink;
use yume_session::{BoxError, Event, ScriptReport, Stage, run_script};
use yume_world::SegmentTimes;

use super::{Exit, bar, interrupted, prepare, start};
use crate::cli::Walk;

pub(super) fn run(walk: &Walk) -> Result<Exit, BoxError> {
    // Everything that can be wrong with the arguments is found before the model is loaded.
    let prepared = prepare(&walk.run)?;
    let from = start::start(walk, prepared.files.spec())?;
    let steps = start::steps(walk)?;
    let frame = prepared.files.spec().frame;
    let (device, model) = (prepared.chosen.label.clone(), prepared.label.clone());
    let sink =
        open_sink(&walk.out, frame.width as u32, frame.height as u32, frame.fps.round() as u32)?;
    let interrupted = interrupted()?;

    // One tick per network evaluation and one for decoding.
    let evaluations = prepared.evaluations;
    let ticks_per_segment = evaluations as u64 + 1;
    let started = Instant::now();
    let times = prepared.times.clone();
    let mut generator = prepared.open(None)?;
    let loading = started.elapsed();
    let bar = bar::ticks(walk.motions.len() as u64 * ticks_per_segment);
    let captions = start::captions(&from.scene, &steps);
    // An interruption is noticed by what follows.
    let _ = generator.world().learn(captions, &mut |done, all| {
        bar.set_message(format!("caption {done} of {all}"));
        if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let mut on_event = |event: Event| show(&bar, ticks_per_segment, &event);
    let report = run_script(&mut generator, from, steps, sink, &mut on_event, &interrupted);
    bar.finish_and_clear();
    let report = report?;
    let facts = Facts {
        model: &model,
        device: &device,
        seed: walk.run.seed,
        evaluations,
        loading_secs: loading.as_secs_f32(),
        total_secs: started.elapsed().as_secs_f32(),
        out: &walk.out,
    };
    if walk.json {
        print_json(&facts, &report, &times.all())?;
    } else {
        print_text(&facts, &report);
    }
    Ok(if report.is_interrupted { Exit::Interrupted } else { Exit::Done })
}

fn show(bar: &ProgressBar, ticks_per_segment: u64, event: &Event) {
    match event {
        Event::Progress(progress) if progress.stage == Stage::Sampling => {
            let done = bar.position() / ticks_per_segment * ticks_per_segment;
            bar.set_position(done + u64::from(progress.step).min(ticks_per_segment - 1));
            bar.set_message(format!("network pass {} of {}", progress.step, progress.steps));
        }
        Event::Progress(progress) if progress.stage == Stage::Decoding => {
            bar.set_message("decoding");
        }
        Event::SegmentDone(report) => {
            bar.set_position((report.index as u64 + 1) * ticks_per_segment);
        }
        _ => {}
    }
}

/// What a report says besides the segments.
struct Facts<'a> {
    model: &'a str,
    device: &'a str,
    seed: u64,
    evaluations: usize,
    loading_secs: f32,
    total_secs: f32,
    out: &'a Path,
}

fn print_text(facts: &Facts<'_>, report: &ScriptReport) {
    let seconds: f32 = report.segments.iter().map(|segment| segment.seconds).sum();
    let count = report.segments.len();
    println!(
        "{} frames in {} on {}: {count} segments, {:.2} s each, {:.1} s in all",
        report.frames,
        facts.out.display(),
        facts.device,
        seconds / count.max(1) as f32,
        facts.total_secs,
    );
    if report.is_interrupted {
        println!("The walk was interrupted; what was finished is kept.");
    }
}

#[derive(Serialize)]
struct JsonReport<'a> {
    model: &'a str,
    device: &'a str,
    seed: u64,
    /// Network evaluations per segment (NFE).
    evaluations: usize,
    out: &'a Path,
    frames: u64,
    is_interrupted: bool,
    loading_secs: f32,
    begin_secs: f32,
    first_frame_secs: Option<f32>,
    total_secs: f32,
    segments: Vec<JsonSegment>,
}

#[derive(Serialize)]
struct JsonSegment {
    motion: String,
    frames: usize,
    text_secs: f32,
    sampling_secs: f32,
    decoding_secs: f32,
    first_frame_secs: f32,
    total_secs: f32,
}

fn print_json(
    facts: &Facts<'_>,
    report: &ScriptReport,
    times: &[SegmentTimes],
) -> Result<(), BoxError> {
    let segment = |(segment, times): (&yume_session::SegmentReport, &SegmentTimes)| JsonSegment {
        motion: segment.motion.to_string(),
        frames: segment.frames,
        text_secs: times.text.as_secs_f32(),
        sampling_secs: times.sampling.as_secs_f32(),
        decoding_secs: times.decoding.as_secs_f32(),
        first_frame_secs: segment.first_frame_secs,
        total_secs: segment.seconds,
    };
    let json = JsonReport {
        model: facts.model,
        device: facts.device,
        seed: facts.seed,
        evaluations: facts.evaluations,
        out: facts.out,
        frames: report.frames,
        is_interrupted: report.is_interrupted,
        loading_secs: facts.loading_secs,
        begin_secs: report.begin_secs,
        first_frame_secs: report.segments.first().map(|segment| segment.first_frame_secs),
        total_secs: facts.total_secs,
        segments: report.segments.iter().zip(times).map(segment).collect(),
    };
    println!("{}", serde_json::to_string_pretty(&json)?);
    Ok(())
}
