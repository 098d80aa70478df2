//! Sets of blocks by their importance, and the choice among them.

use std::fmt;

use serde::Serialize;
use yume_checkpoint::CacheFile;
use yume_world::{Astray, CachePlan, Caches};

use super::CalibrationOptions;
use crate::TrainError;

/// Sizes of sets that are tried, at most: each is measured.
const SIZES: usize = 8;

/// What reusing one block alone does to the velocities: relative L2 errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// With the caption.
    pub conditional: f64,
    /// With the negative prompt; none without guidance.
    pub unconditional: Option<f64>,
}

/// Blocks that are reused together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Set {
    /// With the caption.
    pub conditional: Vec<usize>,
    /// With the negative prompt.
    pub unconditional: Vec<usize>,
    /// Passes that a residual serves, the one that makes it included.
    pub refresh_every: usize,
    /// The part of the blocks that is run.
    pub part_run: f64,
    /// The relative error of the velocities, the larger of both captions.
    pub error: f64,
}

/// What was measured and chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Solver steps.
    pub steps: usize,
    /// Segments measured.
    pub segments: usize,
    /// By block, reused as long as the longest of the sets.
    pub importance: Vec<Importance>,
    /// The sets that were measured, the cheapest first.
    pub sets: Vec<Set>,
    /// The bound on the error.
    pub bound: f64,
    /// Which of the sets is the cheapest within the bound.
    pub chosen: Option<usize>,
}

impl Importance {
    pub(super) fn of(found: &Astray) -> Self {
        Self {
            conditional: found.conditional.relative().unwrap_or_default(),
            unconditional: found.unconditional.relative(),
        }
    }
}

impl Set {
    /// The set as a network of `layers` blocks follows it.
    pub(super) fn caches(&self, layers: usize) -> Result<Caches, TrainError> {
        let plan = |blocks: &[usize]| plan(blocks, self.refresh_every, layers);
        Ok(Caches {
            conditional: plan(&self.conditional)?,
            unconditional: plan(&self.unconditional)?,
        })
    }
}

/// A plan for each block alone.
pub(super) fn single(layers: usize, refresh_every: usize) -> Result<Vec<Caches>, TrainError> {
    (0..layers).map(|block| Ok(Caches::both(plan(&[block], refresh_every, layers)?))).collect()
}

fn plan(blocks: &[usize], refresh_every: usize, layers: usize) -> Result<CachePlan, TrainError> {
    CachePlan::new(blocks, refresh_every, layers)
        .map_err(|error| TrainError::config(error, std::path::Path::new("--passes")))
}

/// The least important blocks, in sets of several sizes for each number of passes. One block at least
/// is always run.
pub(super) fn least_important(importance: &[Importance], passes: &[usize]) -> Vec<Set> {
    let order = |of: &dyn Fn(&Importance) -> f64| {
        let mut blocks: Vec<usize> = (0..importance.len()).collect();
        blocks.sort_by(|&a, &b| of(&importance[a]).total_cmp(&of(&importance[b])));
        blocks
    };
    let conditional = order(&|i| i.conditional);
    let unconditional = order(&|i| i.unconditional.unwrap_or(i.conditional));
    let most = importance.len().saturating_sub(1);
    let mut sizes: Vec<usize> = (1..=SIZES).map(|k| (most * k).div_ceil(SIZES)).collect();
    sizes.dedup();
    let first = |order: &[usize], size: usize| {
        let mut blocks = order[..size].to_vec();
        blocks.sort_unstable();
        blocks
    };
    let sets = passes.iter().filter(|&&passes| passes > 1).flat_map(|&refresh_every| {
        sizes.iter().filter(|&&size| size > 0).map(move |&size| (size, refresh_every))
    });
    sets.map(|(size, refresh_every)| Set {
        conditional: first(&conditional, size),
        unconditional: first(&unconditional, size),
        refresh_every,
        part_run: 1.0,
        error: 0.0,
    })
    .collect()
}

impl Calibration {
    pub(super) fn new(
        importance: Vec<Importance>,
        mut sets: Vec<Set>,
        found: &[Astray],
        layers: usize,
        options: &CalibrationOptions,
    ) -> Self {
        for (set, found) in sets.iter_mut().zip(found) {
            let of = Importance::of(found);
            set.error = of.conditional.max(of.unconditional.unwrap_or_default());
            set.part_run =
                part_run(set.conditional.len(), layers, set.refresh_every, options.steps);
        }
        sets.sort_by(|a, b| {
            (a.part_run, a.error)
                .partial_cmp(&(b.part_run, b.error))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let chosen = sets.iter().position(|set| set.error <= options.error);
        let (steps, bound) = (options.steps, options.error);
        Self { steps, segments: options.segments, importance, sets, bound, chosen }
    }

    /// The chosen set as the file that stands beside a model.
    ///
    /// # Errors
    /// If no set is within the bound.
    pub fn file(&self) -> Result<CacheFile, TrainError> {
        let no_set = || {
            let least = self.sets.iter().map(|set| set.error).fold(f64::INFINITY, f64::min);
            let reason = format!(
                "no blocks can be reused with an error of at most {}; the least is {least:.3}",
                self.bound
            );
            TrainError::config(reason, std::path::Path::new("--error"))
        };
        let set = self.chosen.map(|chosen| &self.sets[chosen]).ok_or_else(no_set)?;
        let measured = serde_json::json!({
            "segments": self.segments,
            "importance": self.importance,
            "sets": self.sets,
        });
        Ok(CacheFile {
            steps: self.steps,
            refresh_every: set.refresh_every,
            conditional: set.conditional.clone(),
            unconditional: set.unconditional.clone(),
            error: set.error,
            measured,
        })
    }
}

/// The part of `layers` blocks that is run in `steps` passes if `reused` of them are reused.
fn part_run(reused: usize, layers: usize, refresh_every: usize, steps: usize) -> f64 {
    let fresh = steps.div_ceil(refresh_every) as f64 / steps.max(1) as f64;
    1.0 - reused as f64 / layers.max(1) as f64 * (1.0 - fresh)
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} steps, {} segments", self.steps, self.segments)?;
        writeln!(f, "{:>5} {:>12} {:>14}", "block", "conditional", "unconditional")?;
        for (block, importance) in self.importance.iter().enumerate() {
            let unconditional = importance.unconditional;
            let unconditional = unconditional.map_or("-".to_owned(), |error| format!("{error:.4}"));
            writeln!(f, "{block:>5} {:>12.4} {unconditional:>14}", importance.conditional)?;
        }
        writeln!(f, "{:>7} {:>9} {:>7}  blocks", "passes", "part run", "error")?;
        for (number, set) in self.sets.iter().enumerate() {
            let mark = if self.chosen == Some(number) { "  chosen" } else { "" };
            writeln!(
                f,
                "{:>7} {:>9.3} {:>7.4}  {:?}{mark}",
                set.refresh_every, set.part_run, set.error, set.conditional
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(error: f64) -> CalibrationOptions {
        let device = burn::tensor::Device::flex();
        let passes = vec![2, 4];
        CalibrationOptions { steps: 14, passes, error, segments: 3, seed: 0, device }
    }

    fn importance(errors: &[f64]) -> Vec<Importance> {
        let one = |&conditional| Importance { conditional, unconditional: None };
        errors.iter().map(one).collect()
    }

    #[test]
    fn sets_hold_the_least_important_blocks_and_leave_one() {
        let sets = least_important(&importance(&[0.9, 0.1, 0.2, 0.5]), &[1, 2, 4]);
        let blocks: Vec<_> =
            sets.iter().map(|s| (s.conditional.clone(), s.refresh_every)).collect();
        let of = |passes| [vec![1], vec![1, 2], vec![1, 2, 3]].map(|blocks| (blocks, passes));
        assert_eq!(blocks, [of(2), of(4)].concat());
        assert_eq!(least_important(&importance(&[0.1; 40]), &[2]).len(), SIZES);
        assert!(least_important(&importance(&[0.1]), &[2]).is_empty());
    }

    #[test]
    fn the_cheapest_set_within_the_bound_is_chosen() {
        let importance = importance(&[0.9, 0.1, 0.2, 0.5]);
        let sets = least_important(&importance, &[2, 4]);
        // Nothing was found wrong with any of them.
        let found = vec![Astray::default(); sets.len()];
        let calibration = Calibration::new(importance, sets, &found, 4, &options(0.1));
        let file = calibration.file().unwrap();
        // Three of four blocks, run on 4 of 14 passes.
        assert_eq!((file.conditional, file.refresh_every), (vec![1, 2, 3], 4));
        let cheapest = &calibration.sets[0];
        assert!((cheapest.part_run - (1.0 - 0.75 * 10.0 / 14.0)).abs() < 1e-9);
        let mut strict = calibration.clone();
        strict.chosen = None;
        assert!(strict.file().unwrap_err().to_string().contains("--error"));
    }
}
