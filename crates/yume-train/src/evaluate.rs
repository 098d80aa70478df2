//! Walks of a finished model through the town of a recipe, beside the true ones.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_eval::{Course, Entry, Report, poster, walk};
use yume_media::Frame;
use yume_motion::Motion;
use yume_world::{Model, Options, World};

use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::{Grounds, Trip};
use crate::dice::{Dice, Purpose};
use crate::sheet::sheet;

/// Segments of one walk.
const LEGS: usize = 3;

/// What is evaluated and how much.
#[derive(Clone, Debug)]
pub struct EvaluationOptions {
    /// Segments, rounded up to whole walks.
    pub segments: usize,
    /// Decides the walks.
    pub seed: u64,
    /// Solver steps; the model's own number if absent.
    pub steps: Option<usize>,
    /// Where the model runs.
    pub device: Device,
}

/// A model in the town of a recipe.
struct Visit {
    world: World,
    options: Options,
    grounds: Grounds,
    /// Frames of a segment.
    length: usize,
}

/// Walks `files` through the town of `config`; also writes a picture of the figures and the first
/// walks.
///
/// # Errors
/// If the model cannot be opened or run, or the picture cannot be written.
pub fn evaluate(
    files: &ModelFiles,
    config: &TrainConfig,
    options: &EvaluationOptions,
    picture: &Path,
) -> Result<Report, TrainError> {
    let mut visit = Visit::open(files, config, options)?;
    let (grounds, length) = (&visit.grounds, visit.length);
    let courses = (0..options.segments.div_ceil(LEGS)).map(|number| {
        let mut dice = Dice::new(options.seed, Purpose::Evaluation, number as u64);
        let trip = grounds.trip(&mut dice, LEGS, length);
        course(grounds, length, trip, dice.bits())
    });
    let courses: Vec<Course<'_>> = courses.collect();
    let steps = visit.options.steps;
    let entry = Entry { name: format!("{steps} steps"), options: visit.options };
    let mut watch = |_: yume_eval::Progress<'_>| ControlFlow::Continue(());
    let found = yume_eval::evaluate(&mut visit.world, &courses, (&[entry], None), &mut watch)?;
    poster(&found.reports, &found.strips).write_png(picture)?;
    found
        .reports
        .into_iter()
        .next()
        .ok_or_else(|| TrainError::config("no segment was asked for", picture))
}

/// A sheet of walks: two rows per motion, the model's and the true future.
///
/// # Errors
/// If the model cannot be opened or run, or the sheet cannot be written.
pub fn walk_sheet(
    files: &ModelFiles,
    config: &TrainConfig,
    options: &EvaluationOptions,
    motions: &[Motion],
    sheet_path: &Path,
) -> Result<(), TrainError> {
    let mut visit = Visit::open(files, config, options)?;
    let mut rows = Vec::new();
    let legs = options.segments.clamp(1, 16);
    for (number, &motion) in motions.iter().enumerate() {
        let mut dice = Dice::new(options.seed, Purpose::Evaluation, number as u64);
        let trip = visit.grounds.trip_along(&mut dice, &vec![motion; legs], visit.length);
        let course = course(&visit.grounds, visit.length, trip, dice.bits());
        let truth = (course.truth)();
        let mut watch = |_| ControlFlow::Continue(());
        let walked = walk(&mut visit.world, &course, &truth[0], &mut watch)?;
        let model = walked.map(|walked| walked.frames).unwrap_or_default();
        let pick = |frames: &[Frame]| frames.iter().step_by(visit.length / 2).cloned().collect();
        rows.extend([pick(&model), pick(&truth)]);
    }
    Ok(sheet(&rows).write_png(sheet_path)?)
}

fn course(grounds: &Grounds, length: usize, trip: Trip, seed: u64) -> Course<'_> {
    let motions: Vec<Motion> = trip.legs.iter().map(|leg| leg.motion).collect();
    let written: Vec<String> = motions.iter().map(ToString::to_string).collect();
    let frames = 0..trip.legs.len() * length + 1;
    Course {
        name: written.join(","),
        motions,
        seed,
        picture: None,
        truth: Box::new(move || grounds.frames(&trip, frames.clone())),
    }
}

impl Visit {
    fn open(
        files: &ModelFiles,
        config: &TrainConfig,
        options: &EvaluationOptions,
    ) -> Result<Self, TrainError> {
        let model = Model::open(files, &options.device, DType::F32)?;
        let spec = files.spec();
        let own = model.options();
        let options = Options { steps: options.steps.unwrap_or(own.steps), ..own };
        Ok(Self {
            world: World::new(model, &options)?,
            options,
            grounds: Grounds::new(config, spec.walk, (spec.frame.height, spec.frame.width)),
            length: spec.frame.segment_frames,
        })
    }
}
