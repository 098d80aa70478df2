//! The feature cache: what blocks added to the tokens on one pass is added again on the next ones,
//! without running them (`wan/modules/model.py` of Yume 1.0, lines 977 to 998).

use std::ops::Range;

use burn::tensor::{DType, Tensor};

use crate::layers::to_dtype;

/// The blocks of the only list in the published code (a comment of `distill_sample_jpg.py`), which
/// records them anew on every fourth pass. They are 15 of 40.
const SCRIPT_BLOCKS: [usize; 15] = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 34, 36, 38];
const SCRIPT_EVERY: usize = 4;

/// Which blocks are reused, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachePlan {
    /// Neighbouring blocks together, in order.
    runs: Vec<Range<usize>>,
    refresh_every: usize,
}

/// A plan that a network cannot follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CachePlanError {
    /// A block that the network does not have.
    Block {
        /// Its number.
        block: usize,
        /// Blocks of the network.
        layers: usize,
    },
    /// Blocks would never be run.
    Never,
}

impl std::fmt::Display for CachePlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Block { block, layers } => write!(
                f,
                "the feature cache is to hold block {block}, but this model's {layers} blocks are \
                 numbered from 0 to {}; name other blocks",
                layers.saturating_sub(1)
            ),
            Self::Never => {
                write!(f, "the feature cache must be recorded at times; give 1 or more passes")
            }
        }
    }
}

impl std::error::Error for CachePlanError {}

impl CachePlan {
    /// Nothing is reused.
    pub const NONE: Self = Self { runs: Vec::new(), refresh_every: 1 };

    /// Reuses `blocks` of a network of `layers`, and runs them on every `refresh_every`-th pass.
    ///
    /// # Errors
    /// If the network has not all of the blocks, or `refresh_every` is 0.
    pub fn new(
        blocks: &[usize],
        refresh_every: usize,
        layers: usize,
    ) -> Result<Self, CachePlanError> {
        if refresh_every == 0 {
            return Err(CachePlanError::Never);
        }
        let mut blocks = blocks.to_vec();
        blocks.sort_unstable();
        blocks.dedup();
        if let Some(&block) = blocks.last().filter(|&&block| block >= layers) {
            return Err(CachePlanError::Block { block, layers });
        }
        let mut runs: Vec<Range<usize>> = Vec::new();
        for block in blocks {
            match runs.last_mut() {
                Some(run) if run.end == block => run.end += 1,
                _ => runs.push(block..block + 1),
            }
        }
        Ok(Self { runs, refresh_every })
    }

    /// The list in the published code.
    ///
    /// # Errors
    /// If the network has fewer blocks than it names.
    pub fn published(layers: usize) -> Result<Self, CachePlanError> {
        Self::new(&SCRIPT_BLOCKS, SCRIPT_EVERY, layers)
    }

    /// Residuals that are held: one for neighbouring blocks together.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The part of the blocks of a network of `layers` that is run, over many passes.
    pub fn part_run(&self, layers: usize) -> f64 {
        let reused: usize = self.runs.iter().map(Range::len).sum();
        let passes = self.refresh_every as f64;
        1.0 - reused as f64 / layers.max(1) as f64 * (passes - 1.0) / passes
    }
}

/// What the blocks of a [`CachePlan`] added last. It belongs to one history, caption and shape: make
/// one per segment and caption, and drop it with them.
#[derive(Clone, Debug)]
pub struct FeatureCache {
    plan: CachePlan,
    /// Passes since the last recording.
    age: usize,
    /// What each run of blocks added, `[batch, tokens, dim]`.
    residuals: Vec<Tensor<3>>,
}

impl FeatureCache {
    /// An empty one.
    pub fn new(plan: CachePlan) -> Self {
        Self { plan, age: 0, residuals: Vec::new() }
    }

    /// Passes `x` through `layers` blocks, of which `run` runs a range. Residuals are held as
    /// `dtype`; they are shared, not copied, when they are added.
    pub(super) fn pass(
        &mut self,
        mut x: Tensor<3>,
        layers: usize,
        dtype: DType,
        run: impl Fn(Tensor<3>, Range<usize>) -> Tensor<3>,
    ) -> Tensor<3> {
        let fits = self.residuals.first().is_some_and(|known| known.dims() == x.dims());
        let records = !fits || self.age >= self.plan.refresh_every;
        if records {
            self.residuals.clear();
            self.age = 0;
        }
        self.age += 1;
        let mut done = 0;
        for (number, blocks) in self.plan.runs.iter().enumerate() {
            x = run(x, done..blocks.start);
            if records {
                let before = x.clone();
                x = run(x, blocks.clone());
                self.residuals.push(to_dtype(x.clone() - before, dtype));
            } else {
                x = x + to_dtype(self.residuals[number].clone(), DType::F32);
            }
            done = blocks.end;
        }
        run(x, done..layers)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use burn::tensor::Device;

    use super::*;

    #[test]
    fn plans_that_no_network_can_follow_are_refused() {
        assert!(CachePlan::published(40).is_ok());
        assert_eq!(CachePlan::published(4), Err(CachePlanError::Block { block: 38, layers: 4 }));
        assert_eq!(CachePlan::new(&[1], 0, 4), Err(CachePlanError::Never));
        assert_eq!(CachePlan::new(&[2, 1, 1], 3, 4), CachePlan::new(&[1, 2], 3, 4));
    }

    #[test]
    fn the_published_list_saves_28_percent_of_the_blocks() {
        let part = CachePlan::published(40).unwrap().part_run(40);
        assert!((part - (1.0 - 0.75 * 15.0 / 40.0)).abs() < 1e-9);
        assert_eq!(CachePlan::NONE.part_run(40), 1.0);
    }

    #[test]
    fn blocks_run_when_they_are_due_and_add_what_they_added_last() {
        let device = Device::flex();
        let ran = RefCell::new(Vec::new());
        // Block i multiplies by i + 2.
        let run = |mut x: Tensor<3>, blocks: Range<usize>| {
            for block in blocks {
                ran.borrow_mut().push(block);
                x = x * (block + 2) as f32;
            }
            x
        };
        let mut cache = FeatureCache::new(CachePlan::new(&[1, 2], 3, 4).unwrap());
        let mut pass = |value: f32, tokens: usize| {
            ran.borrow_mut().clear();
            let x = Tensor::<3>::full([1, tokens, 2], value, &device);
            let out = cache.pass(x, 4, DType::F32, run).max().into_scalar::<f32>();
            (out, ran.borrow().clone())
        };
        assert_eq!(pass(1.0, 3), (120.0, vec![0, 1, 2, 3]));
        // 2 x 2, plus the 22 that blocks 1 and 2 added to 2, times 5.
        assert_eq!(pass(2.0, 3), (130.0, vec![0, 3]));
        assert_eq!(pass(1.0, 3), (120.0, vec![0, 3]));
        assert_eq!(pass(2.0, 3), (240.0, vec![0, 1, 2, 3]), "due after three passes");
        assert_eq!(pass(3.0, 4), (360.0, vec![0, 1, 2, 3]), "another shape is recorded anew");
    }

    #[test]
    fn gradients_pass_through_what_is_reused() {
        let device = Device::flex().autodiff();
        // Block i multiplies by i + 2.
        let run = |x: Tensor<3>, blocks: Range<usize>| blocks.fold(x, |x, i| x * (i + 2) as f32);
        let mut cache = FeatureCache::new(CachePlan::new(&[1], 2, 2).unwrap());
        let recorded = Tensor::<3>::ones([1, 3, 2], &device).require_grad();
        cache.pass(recorded.clone(), 2, DType::F32, run);
        let out = cache.pass(Tensor::ones([1, 3, 2], &device), 2, DType::F32, run);
        let gradients = out.sum().backward();
        // Block 1 added twice what block 0 made of it.
        let gradient = recorded.grad(&gradients).unwrap();
        assert_eq!(gradient.into_data().iter::<f32>().collect::<Vec<_>>(), [4.0; 6]);
    }
}
