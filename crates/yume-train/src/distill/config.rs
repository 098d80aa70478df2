//! The part of a recipe that says how a model of many steps becomes one of few.

use serde::{Deserialize, Serialize};
use yume_nets::dit::CachePlan;
use yume_sampler::{Guidance, Plan as Sampling, Schedule, ScheduleError, Slips, Solver};
use yume_world::Caches;

use crate::config::Pool;
use crate::optimizer::OptimizerConfig;
use crate::rate::Rate;

/// How a model of many solver steps becomes one of few.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// Training steps of the whole run.
    pub steps: u64,
    /// Segments per training step.
    pub batch: usize,
    /// Parts of a batch that are computed side by side, a divisor of it; 1 on a GPU.
    pub shards: usize,
    /// The walks that are at hand at one time; the teacher samples each of their segments once.
    pub pool: Pool,
    /// How often the history is a standing picture.
    pub picture_share: f32,
    /// How the teacher samples.
    pub teacher: Steps,
    /// How the student samples.
    pub student: Steps,
    /// The feature cache that the student samples with; none if absent.
    pub cache: Option<ReusedBlocks>,
    /// Latent channels count in proportion to this power of their weight in the picture; 0 = all
    /// alike.
    pub channel_power: f32,
    /// Weight of the squared distance from the teacher's result.
    pub regression: f32,
    /// Who else judges the student's results; nobody if absent.
    pub adversary: Option<Adversary>,
    /// Learning rate of the student.
    pub rate: Rate,
    /// Optimizer of the student.
    pub optimizer: OptimizerConfig,
    /// Walks whose segments are held out, to measure with.
    pub held_out_walks: u64,
}

/// An Euler schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// Solver steps.
    pub steps: usize,
    /// Shift towards noise.
    pub shift: f64,
}

/// A feature cache while training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReusedBlocks {
    /// Blocks of the DiT that are reused.
    pub blocks: Vec<usize>,
    /// They are run on every so many passes.
    pub refresh_every: usize,
    /// How often a training step samples with it; the others sample without.
    pub share: f32,
}

/// A discriminator on features of the teacher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adversary {
    /// Weight of its judgement beside the regression (paper's code: 0.01).
    pub weight: f32,
    /// What it should take for real.
    pub real: Real,
    /// The least and the most noise on what the teacher's blocks are shown.
    pub sigma: [f32; 2],
    /// Blocks whose tokens it sees.
    pub blocks: Vec<usize>,
    /// Channels of its heads, a multiple of 4.
    pub width: usize,
    /// Judgements per place (paper's code: 64).
    pub outputs: usize,
    /// Learning rate.
    pub rate: Rate,
    /// Optimizer.
    pub optimizer: OptimizerConfig,
}

/// What a discriminator should take for real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Real {
    /// The true segment, as in the paper's code.
    Truth,
    /// The teacher's result.
    Teacher,
}

impl Steps {
    /// The plan of a sampling run; guidance is left out, as the tiny models learn without.
    ///
    /// # Errors
    /// If there are no steps, or the shift is not above 0.
    pub fn sampling(self) -> Result<Sampling, ScheduleError> {
        Ok(Sampling {
            schedule: Schedule::shifted(self.steps, self.shift)?,
            solver: Solver::Euler,
            guidance: Guidance::None,
            slips: Slips::Mended,
        })
    }
}

impl Distillation {
    /// What is reused in a network of `layers` blocks.
    ///
    /// # Errors
    /// If it has not all of the blocks.
    pub fn caches(&self, layers: usize) -> Result<Caches, String> {
        let Some(cache) = &self.cache else { return Ok(Caches::NONE) };
        let plan = CachePlan::new(&cache.blocks, cache.refresh_every, layers);
        plan.map(Caches::both).map_err(|error| error.to_string())
    }

    /// Finds values that cannot be used.
    ///
    /// # Errors
    /// With the name of the first one.
    pub fn check(&self) -> Result<(), String> {
        for (name, way) in [("teacher", self.teacher), ("student", self.student)] {
            way.sampling().map_err(|error| format!("distill.{name}: {error}"))?;
        }
        let optimizers = [(&self.optimizer, &self.rate)]
            .into_iter()
            .chain(self.adversary.iter().map(|adversary| (&adversary.optimizer, &adversary.rate)));
        let is_share = |share: f32| (0.0..=1.0).contains(&share);
        let is_weight = |weight: f32| weight >= 0.0 && weight.is_finite();
        let facts = [
            ((1..=4096).contains(&self.batch), "distill.batch is not 1 to 4096"),
            (
                (1..=256).contains(&self.shards) && self.batch.is_multiple_of(self.shards),
                "distill.shards is not 1 to 256, or does not divide distill.batch",
            ),
            (
                self.pool.first > 0
                    && self.pool.first <= self.pool.most
                    && self.pool.segments_per_walk > 0.0,
                "distill.pool.first is 0 or above distill.pool.most, or segments_per_walk is not above 0",
            ),
            (is_share(self.picture_share), "distill.picture_share is not 0 to 1"),
            (
                self.cache.as_ref().is_none_or(|cache| is_share(cache.share)),
                "distill.cache.share is not 0 to 1",
            ),
            (
                is_weight(self.regression)
                    && self.adversary.as_ref().is_none_or(|adversary| is_weight(adversary.weight)),
                "distill.regression or distill.adversary.weight is not 0 or above",
            ),
            (
                self.adversary.as_ref().is_none_or(|adversary| {
                    let [least, most] = adversary.sigma;
                    0.0 <= least && least <= most && most <= 1.0
                }),
                "distill.adversary.sigma is not two rising noise levels from 0 to 1",
            ),
            (
                self.adversary.as_ref().is_none_or(|adversary| {
                    (4..=4096).contains(&adversary.width)
                        && adversary.width.is_multiple_of(4)
                        && (1..=4096).contains(&adversary.outputs)
                        && !adversary.blocks.is_empty()
                        && adversary.blocks.is_sorted_by(|a, b| a < b)
                }),
                "distill.adversary.blocks are not in rising order, its outputs are not 1 to 4096, or its width is no multiple of 4",
            ),
            (
                optimizers
                    .clone()
                    .all(|(optimizer, rate)| optimizer.is_usable() && rate.peak > 0.0),
                "an optimizer of distill has a decay outside 0 to 1, or a clip, epsilon or rate that is not above 0",
            ),
            ((1..=1024).contains(&self.held_out_walks), "distill.held_out_walks is not 1 to 1024"),
        ];
        match facts.into_iter().find(|(holds, _)| !holds) {
            Some((_, reason)) => Err(reason.to_owned()),
            None => Ok(()),
        }
    }
}
