//! Walks of a finished model beside the true ones.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device};
use yume_checkpoint::{Fill, ModelFiles};
use yume_media::{Fit, Frame};
use yume_motion::Motion;
use yume_motion::walk::{Pose, WalkRule};
use yume_world::pixels::planar;
use yume_world::{Model, Options, Outlet, Stage, Start, World};

use super::camera_motion::{CameraMotion, Optics};
use super::picture::{peak_signal_to_noise, sharpness};
use super::report::{Measured, Report};
use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::{Grounds, Leg, Trip};
use crate::dice::{Dice, Purpose};
use crate::sheet::sheet;

/// Segments of one walk.
const LEGS: usize = 3;
/// Frames at the beginning of a segment, while the camera gathers speed.
const RAMP: usize = 8;
/// Frames between the two pictures of a measurement.
const GAP: usize = 4;
/// Walks on the sheet of an evaluation, and frames between its pictures.
const SHOWN: usize = 4;
const EVERY: usize = 8;

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

/// A model in the town of a configuration.
struct Visit {
    world: World,
    grounds: Grounds,
    size: (usize, usize),
    length: usize,
    rule: WalkRule,
    optics: Optics,
}

/// Walks `files` through the town of `config`; also writes a sheet of the first walks.
///
/// # Errors
/// If the model cannot be opened or run, or the sheet cannot be written.
pub fn evaluate(
    files: &ModelFiles,
    config: &TrainConfig,
    options: &EvaluationOptions,
    sheet_path: &Path,
) -> Result<Report, TrainError> {
    let mut visit = Visit::open(files, config, options)?;
    let (height, width) = visit.size;
    let mut measured = Vec::new();
    let mut rows = Vec::new();
    for walk in 0..options.segments.div_ceil(LEGS) {
        let mut dice = Dice::new(options.seed, Purpose::Evaluation, walk as u64);
        let trip = visit.grounds.trip(&mut dice, LEGS, visit.length);
        let truth = visit.grounds.frames(&trip, 0..LEGS * visit.length + 1);
        let model = visit.walk(&trip, &truth[0], dice.bits())?;
        if walk < SHOWN {
            let pick = |frames: &[Frame]| frames.iter().step_by(EVERY).cloned().collect();
            rows.extend([pick(&truth), pick(&model)]);
        }
        let truth: Vec<Vec<f32>> = truth.iter().map(planar).collect();
        let model: Vec<Vec<f32>> = model.iter().map(planar).collect();
        for (segment, leg) in trip.legs.iter().enumerate() {
            let first = segment * visit.length;
            // The frame before the segment belongs to it, as the one that it moves away from.
            let range = first..first + visit.length + 1;
            let (truth, model) = (&truth[range.clone()], &model[range]);
            let of = |frames: &[Vec<f32>]| visit.optics.measure(&frames[RAMP..], visit.size, GAP);
            let (Some(seen), Some(made)) = (of(truth), of(model)) else { continue };
            let mean = |of: &dyn Fn(&Vec<f32>, &Vec<f32>) -> f32| {
                let pairs = truth.iter().zip(model).skip(1);
                pairs.map(|(a, b)| of(a, b)).sum::<f32>() / visit.length as f32
            };
            let sharp = |frame: &Vec<f32>| sharpness(frame, height, width);
            measured.push(Measured {
                segment,
                asked: visit.asked(leg),
                truth: seen,
                model: made,
                psnr: mean(&|a, b| peak_signal_to_noise(a, b)),
                sharpness: mean(&|_, b| sharp(b)) / mean(&|a, _| sharp(a)).max(1e-9),
            });
        }
    }
    if measured.is_empty() {
        let reason = "its frames are too small to be measured, or no segment was asked for";
        return Err(TrainError::config(reason, sheet_path));
    }
    sheet(&rows).write_png(sheet_path)?;
    Ok(Report::new(&files.spec().name, options.seed, &visit.rule, &measured))
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
        let truth = visit.grounds.frames(&trip, 0..legs * visit.length + 1);
        let model = visit.walk(&trip, &truth[0], dice.bits())?;
        let pick = |frames: &[Frame]| frames.iter().step_by(visit.length / 2).cloned().collect();
        rows.extend([pick(&model), pick(&truth)]);
    }
    Ok(sheet(&rows).write_png(sheet_path)?)
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
        let world =
            World::new(model, &Options { steps: options.steps.unwrap_or(own.steps), ..own })?;
        let size = (spec.frame.height, spec.frame.width);
        let eyes = yume_town::Camera::of_walker(Pose::default());
        // The town is seen with a walker's eyes; a model that assumes others is measured by its own.
        let hfov_deg = match &spec.fill {
            Fill::Warp(warp) => warp.hfov_deg,
            Fill::Zeros | Fill::Hold => eyes.hfov_deg,
        };
        Ok(Self {
            world,
            grounds: Grounds::new(config, spec.walk, size),
            size,
            length: spec.frame.segment_frames,
            rule: spec.walk,
            optics: Optics { hfov_deg, height: eyes.height, fps: spec.frame.fps },
        })
    }

    /// The model's frames along a trip, its start first.
    fn walk(&mut self, trip: &Trip, start: &Frame, seed: u64) -> Result<Vec<Frame>, TrainError> {
        let mut seen = Collected(Vec::new());
        let picture = start.clone();
        let start = Start { frames: vec![picture], fit: Fit::Stretch, scene: String::new(), seed };
        let _ = self.world.begin(&start, &mut seen)?;
        for leg in &trip.legs {
            let _ = self.world.advance(leg.motion, &mut seen)?;
        }
        Ok(seen.0)
    }

    /// The mean motion that the rule of the walk asks for after the ramp of a leg.
    fn asked(&self, leg: &Leg) -> CameraMotion {
        let mut walker = leg.before;
        let poses = walker.advance(&self.rule, leg.motion, self.length);
        // Pose k is that after frame k + 1: the measurement begins at frame RAMP.
        let part = &poses[RAMP - 1..];
        let secs = (part.len() - 1) as f32 / self.rule.fps as f32;
        let (first, last) = (part[0], part[part.len() - 1]);
        let mut motion = CameraMotion {
            yaw: (last.yaw - first.yaw) / secs,
            pitch: (last.pitch - first.pitch) / secs,
            ..CameraMotion::default()
        };
        for pair in part.windows(2) {
            let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
            let (sin, cos) = pair[1].yaw.sin_cos();
            motion.forward += (cos * dx + sin * dy) / secs;
            motion.right += (sin * dx - cos * dy) / secs;
        }
        motion
    }
}

struct Collected(Vec<Frame>);

impl Outlet for Collected {
    fn progress(&mut self, _stage: Stage, _step: usize, _steps: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.0.push(frame);
        ControlFlow::Continue(())
    }
}
