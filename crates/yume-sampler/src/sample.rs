//! One segment from noise to latents: steps, looks ahead, guidance, re-noised history
//! (`fastvideo/sample/sample.py` and `sample_tts.py` of Yume 1.0).

use std::ops::ControlFlow;

use burn::tensor::Tensor;

use crate::aam::Mixing;
use crate::{Plan, Slips, Velocity};

/// What a segment is made from.
pub struct Material<'a> {
    /// The clean latents before it, `[1, channels, n, height, width]`.
    pub history: &'a Tensor<5>,
    /// Noise of history and segment, `[1, channels, n + segment, height, width]`.
    pub noise: Tensor<5>,
    /// What the segment is begun near: it is noised to the first noise level of the plan. Without it
    /// a segment begins as its noise. `[1, channels, segment, height, width]`.
    pub near: Option<Tensor<5>>,
    /// More noise of the given shape, for solvers that add some.
    pub fresh: &'a mut dyn FnMut([usize; 5]) -> Tensor<5>,
}

/// What has just been done.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// The network has been asked `done` times of `all`.
    Evaluated {
        /// Evaluations so far.
        done: usize,
        /// Evaluations of the segment.
        all: usize,
    },
    /// A step was taken.
    Stepped {
        /// Steps done.
        steps: usize,
        /// The segment after it, `[1, channels, segment, height, width]`.
        latents: &'a Tensor<5>,
    },
}

/// Sampling was stopped; nothing of the segment remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// Samples the frames that follow the history.
///
/// The history enters every step at the segment's own noise level, made from the segment's noise:
/// the network never sees it clean (its clean form is part of the conditioning). `watch` is told
/// after every network evaluation and every step, and may stop the run.
///
/// # Shapes
/// - output: `[1, channels, segment, height, width]`
///
/// # Errors
/// [`Interrupted`] if `watch` breaks.
pub fn sample(
    plan: &Plan,
    velocity: &mut impl Velocity,
    material: Material<'_>,
    mut watch: impl FnMut(Moment<'_>) -> ControlFlow<()>,
) -> Result<Tensor<5>, Interrupted> {
    let all = plan.evaluations();
    let segment = begun(plan, &material);
    Run::new(plan, material, Count { done: 0, all }).solve(velocity, 0, segment, None, &mut watch)
}

/// The part of the noise that becomes the segment.
pub(crate) fn segment_noise(material: &Material<'_>) -> Tensor<5> {
    let ([_, _, frames, ..], [_, _, known, ..]) = (material.noise.dims(), material.history.dims());
    material.noise.clone().narrow(2, known, frames - known)
}

/// The segment at the first noise level of `plan`.
pub(crate) fn begun(plan: &Plan, material: &Material<'_>) -> Tensor<5> {
    let noise = segment_noise(material);
    let Some(near) = &material.near else { return noise };
    let sigma = plan.schedule.sigmas()[0];
    near.clone() * (1.0 - sigma) as f32 + noise * sigma as f32
}

/// Network evaluations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// So far.
    pub done: usize,
    /// Of the segment.
    pub all: usize,
}

/// One pass over the schedule.
pub(crate) struct Run<'p, 'a> {
    plan: &'p Plan,
    history: &'a Tensor<5>,
    history_noise: Tensor<5>,
    fresh: &'a mut dyn FnMut([usize; 5]) -> Tensor<5>,
    count: Count,
}

impl<'p, 'a> Run<'p, 'a> {
    /// A pass of `plan` that goes on counting from `count`.
    pub(crate) fn new(plan: &'p Plan, material: Material<'a>, count: Count) -> Self {
        let Material { history, noise, fresh, .. } = material;
        let [_, _, known, ..] = history.dims();
        Self { plan, history, history_noise: noise.narrow(2, 0, known), fresh, count }
    }

    /// Takes `segment` from the noise level of step `first` to latents.
    pub(crate) fn solve(
        mut self,
        velocity: &mut impl Velocity,
        first: usize,
        mut segment: Tensor<5>,
        mixing: Option<&Mixing<'_>>,
        watch: &mut impl FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Tensor<5>, Interrupted> {
        let plan = self.plan;
        let mut last_seen = None;
        for (i, &sigma) in plan.schedule.sigmas().iter().enumerate().skip(first) {
            if let Some(mixing) = mixing {
                segment = mixing.mix(segment, i, sigma);
            }
            let v = self.velocity(velocity, &segment, i, sigma, watch)?;
            let mut next = self.step(&segment, v, i);
            if plan.solver.looks(i) {
                let seen = self.look_ahead(velocity, &next, i, watch)?;
                if plan.slips == Slips::Published || seen.is_some() {
                    last_seen = seen.or(last_seen);
                    if let Some(v) = &last_seen {
                        next = segment + v.clone() * (plan.schedule.after(i) - sigma) as f32;
                    }
                }
            }
            segment = next;
            if watch(Moment::Stepped { steps: i + 1, latents: &segment }).is_break() {
                return Err(Interrupted);
            }
        }
        Ok(segment)
    }

    /// The velocity found by going on from `segment`, which is where step `i` has led.
    fn look_ahead(
        &mut self,
        velocity: &mut impl Velocity,
        segment: &Tensor<5>,
        i: usize,
        watch: &mut impl FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Tensor<5>>, Interrupted> {
        let plan = self.plan;
        let (sigmas, steps) = (plan.schedule.sigmas(), plan.schedule.steps());
        let mut segment = segment.clone();
        let mut seen = None;
        for j in plan.solver.ahead(i, steps) {
            let history = match plan.slips {
                Slips::Published if j == i + 1 => sigmas[plan.solver.horizon(i, steps)],
                Slips::Published | Slips::Mended => sigmas[j],
            };
            let v = self.velocity(velocity, &segment, j, history, watch)?;
            seen = Some(v.clone());
            segment = self.step(&segment, v, j);
        }
        Ok(seen)
    }

    /// The guided velocity of the segment at step `i`, with the history at noise level `history`.
    fn velocity(
        &mut self,
        velocity: &mut impl Velocity,
        segment: &Tensor<5>,
        i: usize,
        history: f64,
        watch: &mut impl FnMut(Moment<'_>) -> ControlFlow<()>,
    ) -> Result<Tensor<5>, Interrupted> {
        let mut asked = |times: usize| {
            self.count.done += times;
            let Count { done, all } = self.count;
            match watch(Moment::Evaluated { done, all }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Interrupted),
            }
        };
        let sigma = self.plan.schedule.sigmas()[i];
        let noisy = self.history_noise.clone() * history as f32
            + self.history.clone() * (1.0 - history as f32);
        let latents = Tensor::cat(vec![noisy, segment.clone()], 2);
        let [_, _, length, ..] = segment.dims();
        let Some(scale) = self.plan.guidance.at(sigma) else {
            let v = newest(velocity.conditional(latents, sigma), length);
            asked(1)?;
            return Ok(v);
        };
        let (v, u) = match velocity.both(&latents, sigma) {
            Some(both) => {
                asked(2)?;
                both
            }
            None => {
                let v = velocity.conditional(latents.clone(), sigma);
                asked(1)?;
                let u = velocity.unconditional(latents, sigma);
                asked(1)?;
                (v, u)
            }
        };
        let (v, u) = (newest(v, length), newest(u, length));
        Ok(u.clone() + (v - u) * scale)
    }

    /// Step `i` along the velocity `v`.
    fn step(&mut self, segment: &Tensor<5>, v: Tensor<5>, i: usize) -> Tensor<5> {
        let schedule = &self.plan.schedule;
        let (sigma, next) = (schedule.sigmas()[i], schedule.after(i));
        let euler = segment.clone() + v.clone() * (next - sigma) as f32;
        let eta = f64::from(self.plan.solver.eta());
        let is_last = i + 1 == schedule.steps();
        if eta == 0.0 || (is_last && self.plan.slips == Slips::Mended) {
            return euler;
        }
        // The noise that the network sees, `x0 + v`, is minus sigma times the score.
        let seen_noise = segment.clone() + v * (1.0 - sigma) as f32;
        let calmer = euler + seen_noise * (0.5 * eta * eta / sigma * (next - sigma)) as f32;
        if is_last {
            return calmer;
        }
        calmer + (self.fresh)(segment.dims()) * (eta * (sigma - next).sqrt()) as f32
    }
}

fn newest(velocity: Tensor<5>, length: usize) -> Tensor<5> {
    let [_, _, frames, ..] = velocity.dims();
    velocity.narrow(2, frames - length, length)
}
