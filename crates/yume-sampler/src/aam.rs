//! The anti-artifact mechanism (AAM): a second pass that keeps what the first one did coarsely
//! (Algorithm 2 of the paper; `fastvideo/fastvideo/sample/sample_AAM.py` of Yume 1.0).

use std::ops::ControlFlow;

use burn::tensor::Tensor;

use crate::sample::{Count, Run, begun, segment_noise};
use crate::{Interrupted, Material, Moment, Operator, Plan, Velocity};

/// What the second pass takes from the first, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aam {
    /// The part that is taken.
    pub operator: Operator,
    /// Steps at whose beginning it is taken; the paper has 5.
    pub steps: usize,
}

/// One of the two passes.
pub struct Pass<'a, V> {
    /// How it is sampled.
    pub plan: &'a Plan,
    /// The network.
    pub velocity: &'a mut V,
}

impl Aam {
    /// Steps of the paper's Algorithm 2.
    pub const PAPER_STEPS: usize = 5;

    /// Network evaluations of both passes over latents of `height` by `width`.
    pub fn evaluations(&self, first: &Plan, second: &Plan, height: usize, width: usize) -> usize {
        let skipped = self.skipped(second, height, width);
        first.evaluations() + second.evaluations_from(skipped)
    }

    /// Steps of the second pass that leave no trace: if the operator takes everything, each step is
    /// overwritten by the next, and only what the last one takes stays.
    fn skipped(&self, second: &Plan, height: usize, width: usize) -> usize {
        let steps = self.steps.min(second.schedule.steps());
        if self.operator.is_identity(height, width) { steps.saturating_sub(1) } else { 0 }
    }
}

/// Samples a segment, and samples it again from the same noise while the operator's part of every
/// state, for the first steps, is that of the first result at the same noise level.
///
/// The first pass decides where things are and how they move, the second how they look. The history
/// enters both passes as it does in [`crate::sample`].
///
/// # Shapes
/// - output: `[1, channels, segment, height, width]`
///
/// # Errors
/// [`Interrupted`] if `watch` breaks.
pub fn sample_twice(
    aam: &Aam,
    first: Pass<'_, impl Velocity>,
    second: Pass<'_, impl Velocity>,
    material: Material<'_>,
    mut watch: impl FnMut(Moment<'_>) -> ControlFlow<()>,
) -> Result<Tensor<5>, Interrupted> {
    let Material { history, noise, near, fresh } = material;
    let (Pass { plan: one, velocity: first }, Pass { plan: two, velocity: second }) =
        (first, second);
    let [.., height, width] = noise.dims();
    let all = aam.evaluations(one, two, height, width);

    let material = Material { history, noise: noise.clone(), near, fresh: &mut *fresh };
    let (start, own_noise) = (begun(one, &material), segment_noise(&material));
    let run = Run::new(one, material, Count { done: 0, all });
    let result = run.solve(first, 0, start.clone(), None, &mut watch)?;

    let mixing = Mixing { aam, result, noise: own_noise };
    let done = one.evaluations();
    let run = Run::new(two, Material { history, noise, near: None, fresh }, Count { done, all });
    let skipped = aam.skipped(two, height, width);
    run.solve(second, skipped, start, Some(&mixing), &mut watch)
}

/// The first result on its way back into the noise.
pub(crate) struct Mixing<'a> {
    aam: &'a Aam,
    result: Tensor<5>,
    noise: Tensor<5>,
}

impl Mixing<'_> {
    /// `segment` as it enters step `i` at noise level `sigma`.
    pub(crate) fn mix(&self, segment: Tensor<5>, i: usize, sigma: f64) -> Tensor<5> {
        if i >= self.aam.steps {
            return segment;
        }
        let noisy = self.result.clone() * (1.0 - sigma) as f32 + self.noise.clone() * sigma as f32;
        self.aam.operator.mix(segment, noisy)
    }
}
