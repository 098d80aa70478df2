//! Which blocks of a DiT the feature cache may reuse: the importance of each block, and sets of the
//! least important ones within a bound on the error.
//!
//! The paper takes the error at the last reuse; here it is that of all velocities of a segment, with
//! and without reuse, asked for at the same latents.

mod sets;

use std::ops::ControlFlow;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_eval::{Itinerary, SCRIPTS};
use yume_media::{Fit, Frame};
use yume_motion::{Motion, parse_script};
use yume_world::{Astray, Caches, Model, Options, Outlet, Stage, Start, World};

use crate::TrainError;

pub use sets::{Calibration, Importance, Set};

/// Segments of one walk.
const LEGS: usize = 3;
/// Plans that are asked at once: each holds residuals as large as all tokens.
const AT_ONCE: usize = 8;

/// How a model is calibrated.
#[derive(Clone, Debug)]
pub struct CalibrationOptions {
    /// Solver steps.
    pub steps: usize,
    /// Passes that a residual may serve, each tried.
    pub passes: Vec<usize>,
    /// The most relative error of the velocities.
    pub error: f64,
    /// Segments, rounded up to whole walks of three.
    pub segments: usize,
    /// Decides places and noise.
    pub seed: u64,
    /// Where the model runs.
    pub device: Device,
}

/// Measures the blocks of `files` on walks through the town, and sets of them. `told` hears how many
/// of how many segments are done.
///
/// # Errors
/// If the model cannot be opened or run.
pub fn calibrate(
    files: &ModelFiles,
    options: &CalibrationOptions,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Calibration, TrainError> {
    let model = Model::open(files, &options.device, DType::F32)?;
    let own = model.options();
    let layers = files.spec().dit.num_layers;
    let world = World::new(model, &Options { steps: options.steps, ..own })?;
    let mut walks = Walks::new(world, files, options)?;
    let longest = options.passes.iter().copied().max().unwrap_or(1);
    let single = sets::single(layers, longest)?;
    let all = 2 * walks.segments();
    let found = walks.probe(&single, &mut |done| told(done, all))?;
    let importance = found.iter().map(Importance::of).collect::<Vec<_>>();
    let sets = sets::least_important(&importance, &options.passes);
    let plans: Result<Vec<Caches>, TrainError> =
        sets.iter().map(|set| set.caches(layers)).collect();
    let found = walks.probe(&plans?, &mut |done| told(all / 2 + done, all))?;
    Ok(Calibration::new(importance, sets, &found, layers, options))
}

/// Walks that can be made again and again.
struct Walks {
    world: World,
    walks: Vec<(Frame, Vec<Motion>, u64)>,
}

impl Walks {
    fn new(
        world: World,
        files: &ModelFiles,
        options: &CalibrationOptions,
    ) -> Result<Self, TrainError> {
        let scripts: Vec<Vec<Motion>> = SCRIPTS
            .iter()
            .filter_map(|script| Some(parse_script(script).ok()?.into_iter().take(LEGS).collect()))
            .collect();
        let wanted = options.segments.div_ceil(LEGS).max(1);
        let places = wanted.div_ceil(scripts.len().max(1));
        let itinerary = Itinerary { scripts, pictures: Vec::new(), places, seed: options.seed };
        let courses = itinerary.courses(files.spec());
        let walks = courses.into_iter().take(wanted).map(|course| {
            let start = (course.truth)().swap_remove(0);
            (start, course.motions, course.seed)
        });
        Ok(Self { world, walks: walks.collect() })
    }

    fn segments(&self) -> usize {
        self.walks.iter().map(|(_, motions, _)| motions.len()).sum()
    }

    /// What each of `plans` does to the velocities of all segments.
    fn probe(
        &mut self,
        plans: &[Caches],
        told: &mut dyn FnMut(usize),
    ) -> Result<Vec<Astray>, TrainError> {
        let mut sums = vec![Astray::default(); plans.len()];
        let mut done = 0;
        for (start, motions, seed) in &self.walks {
            let (frames, scene) = (vec![start.clone()], String::new());
            let start = Start { frames, fit: Fit::Crop, scene, seed: *seed };
            let _ = self.world.begin(&start, &mut Silent)?;
            for &motion in motions {
                for (plans, sums) in plans.chunks(AT_ONCE).zip(sums.chunks_mut(AT_ONCE)) {
                    let found = self.world.probe(motion, plans, &mut Silent)?;
                    for (sum, found) in sums.iter_mut().zip(found.unwrap_or_default()) {
                        sum.conditional = sum.conditional.and(found.conditional);
                        sum.unconditional = sum.unconditional.and(found.unconditional);
                    }
                }
                let _ = self.world.advance(motion, &mut Silent)?;
                done += 1;
                told(done);
            }
        }
        Ok(sums)
    }
}

/// Shows nothing and never breaks.
struct Silent;

impl Outlet for Silent {
    fn progress(&mut self, _: Stage, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn frame(&mut self, _: Frame) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
