//! Walks every course in every way to sample, and measures what is seen.

use std::ops::ControlFlow;
use std::time::Duration;

use yume_media::Frame;
use yume_world::{Options, World, WorldError};

use crate::reconstruction::Reconstruction;
use crate::report::{Cost, Measured, Report};
use crate::seen::{Eye, Seen};
use crate::walk::walk;
use crate::{Course, Strip};

/// Courses that the picture shows.
const SHOWN: usize = 8;

/// One way to sample.
#[derive(Clone, Debug)]
pub struct Entry {
    /// For people.
    pub name: String,
    /// How segments are sampled.
    pub options: Options,
}

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// Work done, in evaluations of the network.
    pub done: u64,
    /// Work in all.
    pub all: u64,
    /// What is walked.
    pub course: &'a str,
    /// In which way.
    pub entry: &'a str,
}

/// What came out.
#[derive(Debug)]
pub struct Evaluation {
    /// One report per entry, in their order; none if nothing was finished.
    pub reports: Vec<Report>,
    /// Frames of the first courses: the true ones, and those of every entry.
    pub strips: Vec<Strip>,
    /// True if it was broken off; the reports then are of the courses that every entry finished.
    pub is_interrupted: bool,
}

/// What an entry has shown so far.
#[derive(Default)]
struct Shown {
    walks: Vec<Vec<Seen>>,
    wall: Vec<Duration>,
    processor: Vec<Duration>,
}

/// Walks `courses` with `world`, once for every entry, with the same noise. All are compared with the
/// frames of the entry `reference`, if there is one. `watch` may break it off.
///
/// # Errors
/// If an entry makes no schedule, or the world cannot go on.
pub fn evaluate(
    world: &mut World,
    courses: &[Course<'_>],
    (entries, reference): (&[Entry], Option<usize>),
    watch: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Evaluation, WorldError> {
    let spec = world.model().spec().clone();
    let eye = Eye::of(&spec);
    let prices: Result<Vec<usize>, WorldError> =
        entries.iter().map(|entry| entry.options.evaluations(&spec)).collect();
    let prices = prices?;
    let segments: usize = courses.iter().map(|course| course.motions.len()).sum();
    // One more per segment, for decoding and measuring.
    let all = prices.iter().map(|price| (price + 1) * segments).sum::<usize>() as u64;

    let mut done = 0;
    let mut truths = Vec::new();
    let mut reconstructions = Vec::new();
    let mut shown: Vec<Shown> = entries.iter().map(|_| Shown::default()).collect();
    let mut strips = Vec::new();
    let mut is_interrupted = false;
    'courses: for course in courses {
        let truth = (course.truth)();
        let start = course.picture.as_ref().unwrap_or(&truth[0]);
        let mut walked = Vec::new();
        for entry in entries {
            world.set_options(&entry.options)?;
            let mut tick = |_: bool| {
                done += 1;
                watch(Progress { done, all, course: &course.name, entry: &entry.name })
            };
            let Some(walk) = walk(world, course, start, &mut tick)? else {
                is_interrupted = true;
                break 'courses;
            };
            walked.push(walk);
        }
        for (i, walk) in walked.iter().enumerate() {
            let mut seen = eye.segments(world.model(), &course.motions, &walk.frames)?;
            if course.picture.is_none() {
                fill(&mut seen, eye.likeness(&walk.frames, &truth), |seen| &mut seen.truth);
            }
            if let Some(other) = reference.filter(|&reference| reference != i) {
                let likeness = eye.likeness(&walk.frames, &walked[other].frames);
                fill(&mut seen, likeness, |seen| &mut seen.reference);
            }
            shown[i].walks.push(seen);
            shown[i].wall.push(walk.wall);
            shown[i].processor.extend(walk.processor);
        }
        truths.push(eye.segments(world.model(), &course.motions, &truth)?);
        let (reconstruction, reconstructed) = Reconstruction::of(world.model(), &truth);
        reconstructions.push(reconstruction);
        if truths.len() <= SHOWN {
            let pick = |name: &str, frames: &[Frame]| {
                let every = spec.frame.segment_frames;
                let frames = frames.iter().step_by(every).cloned().collect();
                Strip { title: format!("{name} - {}", course.name), frames }
            };
            strips.push(pick("true", &truth));
            strips.push(pick("true, through the VAE", &reconstructed));
            let walks = entries.iter().zip(&walked);
            strips.extend(walks.map(|(entry, walk)| pick(&entry.name, &walk.frames)));
        }
    }
    let reconstruction = Reconstruction::mean(&reconstructions);
    let is_at_home = courses.iter().all(|course| course.picture.is_none());
    let reports = entries.iter().zip(&shown).zip(prices).filter_map(|((entry, shown), price)| {
        let measured = Measured { model: &shown.walks, truth: &truths, is_at_home, reconstruction };
        let cost = Cost::new(price, &shown.wall, &shown.processor);
        Report::new(&spec, &entry.name, cost, &measured)
    });
    Ok(Evaluation { reports: reports.collect(), strips, is_interrupted })
}

fn fill(seen: &mut [Seen], values: Vec<f32>, place: impl Fn(&mut Seen) -> &mut Option<f32>) {
    for (seen, value) in seen.iter_mut().zip(values) {
        *place(seen) = Some(value);
    }
}
