//! One segment from noise to latents: Euler steps, guidance, re-noised history
//! (`fastvideo/sample/sample.py` of Yume 1.0).

use std::ops::ControlFlow;

use burn::tensor::Tensor;

use crate::Schedule;

/// Predicts the velocity (noise minus clean) of the newest frames.
pub trait Velocity {
    /// With the caption. `latents` holds history and segment at noise level `sigma`,
    /// `[1, channels, frames, height, width]`; the result holds at least the segment's frames,
    /// newest last.
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5>;

    /// With the negative prompt; asked only if there is guidance.
    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5>;
}

/// How a segment is sampled.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The noise levels.
    pub schedule: Schedule,
    /// `v = u + guidance (c - u)`; 1 asks for the conditional velocity only.
    pub guidance: f32,
}

/// Sampling was stopped between two steps; nothing of the segment remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// Samples the frames that follow `history`.
///
/// The history enters every step at the segment's own noise level, made from the segment's noise:
/// the network never sees it clean (its clean form is part of the conditioning). `on_step` is told
/// the number of steps done and the latents of the segment so far, and may stop the run.
///
/// # Shapes
/// - history: clean, `[1, channels, n, height, width]`
/// - noise: `[1, channels, n + segment, height, width]`
/// - output: `[1, channels, segment, height, width]`
///
/// # Errors
/// [`Interrupted`] if `on_step` breaks.
pub fn sample(
    plan: &Plan,
    velocity: &mut impl Velocity,
    history: &Tensor<5>,
    noise: Tensor<5>,
    mut on_step: impl FnMut(usize, &Tensor<5>) -> ControlFlow<()>,
) -> Result<Tensor<5>, Interrupted> {
    let schedule = &plan.schedule;
    let [_, _, frames, ..] = noise.dims();
    let [_, _, known, ..] = history.dims();
    let length = frames - known;
    let history_noise = noise.clone().narrow(2, 0, known);
    let mut segment = noise.narrow(2, known, length);
    let mut noisy_history = history_noise.clone();
    for (i, &sigma) in schedule.sigmas().iter().enumerate() {
        let latents = Tensor::cat(vec![noisy_history, segment.clone()], 2);
        let v = newest(velocity.conditional(latents.clone(), sigma), length);
        let v = if plan.guidance == 1.0 {
            v
        } else {
            let u = newest(velocity.unconditional(latents, sigma), length);
            u.clone() + (v - u) * plan.guidance
        };
        segment = segment + v * (schedule.after(i) - sigma) as f32;
        let sigma = schedule.history_after(i) as f32;
        noisy_history = history_noise.clone() * sigma + history.clone() * (1.0 - sigma);
        if on_step(i + 1, &segment).is_break() {
            return Err(Interrupted);
        }
    }
    Ok(segment)
}

fn newest(velocity: Tensor<5>, length: usize) -> Tensor<5> {
    let [_, _, frames, ..] = velocity.dims();
    velocity.narrow(2, frames - length, length)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::Noise;

    /// The exact field between one noise and one clean sample, with an offset per prediction.
    struct Straight {
        velocity: Tensor<5>,
        offset: f32,
        calls: usize,
    }

    impl Velocity for Straight {
        fn conditional(&mut self, latents: Tensor<5>, _sigma: f64) -> Tensor<5> {
            self.calls += 1;
            assert_eq!(latents.dims()[2], 5);
            self.velocity.clone()
        }

        fn unconditional(&mut self, _latents: Tensor<5>, _sigma: f64) -> Tensor<5> {
            self.calls += 1;
            self.velocity.clone() + self.offset
        }
    }

    fn tensors() -> (Tensor<5>, Tensor<5>, Tensor<5>) {
        let device = Device::flex();
        let mut noise = Noise::new(1, 0);
        let history = noise.draw([1, 2, 3, 2, 2], &device);
        let clean = noise.draw([1, 2, 2, 2, 2], &device);
        (history, clean, noise.draw([1, 2, 5, 2, 2], &device))
    }

    fn largest_difference(a: Tensor<5>, b: Tensor<5>) -> f32 {
        (a - b).abs().max().into_scalar::<f32>()
    }

    #[test]
    fn an_exact_field_leads_to_the_data_in_any_number_of_steps() {
        for steps in [1, 4, 14, 50] {
            let (history, clean, noise) = tensors();
            let velocity = noise.clone().narrow(2, 3, 2) - clean.clone();
            let mut field = Straight { velocity, offset: 9.0, calls: 0 };
            let schedule = Schedule::shifted(steps, 3.0).unwrap();
            let plan = Plan { schedule, guidance: 1.0 };
            let mut seen = 0;
            let out = sample(&plan, &mut field, &history, noise, |step, _| {
                seen = step;
                ControlFlow::Continue(())
            })
            .unwrap();
            assert!(largest_difference(out, clean) < 1e-5, "{steps} steps");
            assert_eq!((field.calls, seen), (steps, steps));
        }
    }

    #[test]
    fn guidance_extrapolates_from_the_unconditional_velocity() {
        let (history, clean, noise) = tensors();
        let velocity = noise.clone().narrow(2, 3, 2) - clean.clone();
        let mut field = Straight { velocity, offset: 1.0, calls: 0 };
        let plan = Plan { schedule: Schedule::shifted(3, 3.0).unwrap(), guidance: 5.0 };
        let out =
            sample(&plan, &mut field, &history, noise, |_, _| ControlFlow::Continue(())).unwrap();
        // v = u + 5 (c - u) with u = c + 1 is c - 4; over a unit of time that adds 4.
        assert!(largest_difference(out, clean + 4.0) < 1e-4);
        assert_eq!(field.calls, 6);
    }

    #[test]
    fn a_break_stops_between_steps() {
        let (history, clean, noise) = tensors();
        let mut field = Straight { velocity: clean, offset: 0.0, calls: 0 };
        let plan = Plan { schedule: Schedule::shifted(10, 3.0).unwrap(), guidance: 1.0 };
        let stop_after_two = |step, _: &Tensor<5>| {
            if step == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert!(matches!(
            sample(&plan, &mut field, &history, noise, stop_after_two),
            Err(Interrupted)
        ));
        assert_eq!(field.calls, 2);
    }

    #[test]
    fn the_history_is_noised_like_the_segment() {
        struct Recorder(Vec<f32>);
        impl Velocity for Recorder {
            fn conditional(&mut self, latents: Tensor<5>, _sigma: f64) -> Tensor<5> {
                self.0.push(latents.clone().narrow(2, 0, 1).max().into_scalar::<f32>());
                latents.narrow(2, 1, 1) * 0.0
            }
            fn unconditional(&mut self, latents: Tensor<5>, _sigma: f64) -> Tensor<5> {
                latents
            }
        }
        let device = Device::flex();
        let tensor = |values: Vec<f32>, frames| {
            Tensor::<5>::from_data(TensorData::new(values, [1, 1, frames, 1, 1]), &device)
        };
        let plan = Plan { schedule: Schedule::shifted(2, 1.0).unwrap(), guidance: 1.0 };
        let mut recorder = Recorder(Vec::new());
        let history = tensor(vec![10.0], 1);
        sample(&plan, &mut recorder, &history, tensor(vec![2.0, 0.0], 2), |_, _| {
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(recorder.0, [2.0, 6.0]); // pure noise, then half and half
    }
}
