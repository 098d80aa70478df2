//! What distillation has brought: the student beside its undistilled teacher, both at the student's
//! number of steps, against the teacher's result of many steps from the same noise.

use std::fmt;

use burn::tensor::Tensor;
use serde::Serialize;
use yume_media::Frame;
use yume_nets::dit::Dit;
use yume_nets::vae::{StreamCache, Vae};
use yume_sampler::Plan as Sampling;
use yume_world::Caches;
use yume_world::pixels::frame;

use super::config::Steps;
use super::held_out::Trial;
use super::run::DistillRun;
use super::segments::sampled;
use crate::TrainError;
use crate::dit::plans::Plans;

/// Trials on a sheet, and frames between its pictures.
const SHOWN: usize = 6;
const EVERY: usize = 8;

/// Figures of a run on its held-out segments.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Segments.
    pub segments: usize,
    /// How the teacher sampled them.
    pub teacher: Steps,
    /// PSNR of its frames against the true ones, both as the VAE shows them.
    pub teacher_truth_psnr: f32,
    /// The others, each with the student's schedule.
    pub rows: Vec<Row>,
}

/// One way to sample in few steps.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `teacher`, undistilled, or `student`.
    pub weights: &'static str,
    /// Whether blocks were reused.
    pub cache: bool,
    /// The schedule.
    pub steps: Steps,
    /// Root mean squared distance from the teacher's latents, in units of their own root mean square.
    pub error: f32,
    /// PSNR of the frames against the teacher's.
    pub psnr: f32,
    /// PSNR of the frames against the true ones, as the VAE shows them.
    pub truth_psnr: f32,
    /// Mean gradient of the frames, relative to the teacher's.
    pub sharpness: f32,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Steps { steps, shift } = self.teacher;
        writeln!(
            f,
            "{} held-out segments against the teacher's {steps} steps (shift {shift}), which reach \
             {:.2} dB against the truth",
            self.segments, self.teacher_truth_psnr
        )?;
        writeln!(f, "weights  cache  steps  error  dB to teacher  dB to truth  sharpness")?;
        for row in &self.rows {
            writeln!(
                f,
                "{:8} {:5} {:6} {:6.3} {:14.2} {:12.2} {:10.3}",
                row.weights,
                if row.cache { "yes" } else { "no" },
                row.steps.steps,
                row.error,
                row.psnr,
                row.truth_psnr,
                row.sharpness
            )?;
        }
        Ok(())
    }
}

impl DistillRun {
    /// Measures the student with averaged weights, and the teacher in as few steps.
    ///
    /// # Errors
    /// If a network cannot run.
    pub fn figures(&self) -> Result<Figures, TrainError> {
        let student = self.averaged();
        let shown: Vec<Shown> = self.held_out.iter().map(|trial| self.shown(trial)).collect();
        let none = Caches::NONE;
        let mut ways = vec![("teacher", &self.teacher.dit, &none), ("student", &student, &none)];
        if self.caches != Caches::NONE {
            ways.push(("teacher", &self.teacher.dit, &self.caches));
            ways.push(("student", &student, &self.caches));
        }
        let mut rows = Vec::new();
        for (weights, dit, caches) in ways {
            let found = self.found(dit, &self.few, caches)?;
            let mut sums = [0.0; 5];
            for ((trial, shown), found) in self.held_out.iter().zip(&shown).zip(found) {
                let video = shown.decoded(&self.vae, found.clone());
                let parts = [
                    mean_square(found - trial.target.clone()),
                    mean_square(trial.target.clone()),
                    psnr(&video, &shown.target),
                    psnr(&video, &shown.truth),
                    gradient(&video) / gradient(&shown.target).max(1e-9),
                ];
                sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            }
            let count = self.held_out.len() as f32;
            rows.push(Row {
                weights,
                cache: *caches != Caches::NONE,
                steps: self.settings.student,
                error: (sums[0] / sums[1].max(1e-12)).sqrt(),
                psnr: sums[2] / count,
                truth_psnr: sums[3] / count,
                sharpness: sums[4] / count,
            });
        }
        let truth = shown.iter().map(|shown| psnr(&shown.target, &shown.truth)).sum::<f32>();
        Ok(Figures {
            segments: self.held_out.len(),
            teacher: self.settings.teacher,
            teacher_truth_psnr: truth / shown.len() as f32,
            rows,
        })
    }

    /// Rows of a sheet: for each of a few trials the teacher's frames, those of the undistilled
    /// model in as few steps as the student's, and the student's.
    pub(super) fn rows(&self) -> Result<Vec<Vec<Frame>>, TrainError> {
        let before = self.found(&self.teacher.dit, &self.few, &Caches::NONE)?;
        let after = self.found(&self.averaged(), &self.few, &Caches::NONE)?;
        let mut rows = Vec::new();
        let found = before.into_iter().zip(after);
        for (trial, (before, after)) in self.held_out.iter().zip(found).take(SHOWN) {
            let shown = self.shown(trial);
            let videos = [before, after].map(|found| shown.decoded(&self.vae, found));
            rows.extend([&shown.target, &videos[0], &videos[1]].map(|video| self.row(video)));
        }
        Ok(rows)
    }

    fn row(&self, video: &Tensor<5>) -> Vec<Frame> {
        let (height, width) = (self.spec.frame.height, self.spec.frame.width);
        let [_, _, count, ..] = video.dims();
        (EVERY - 1..count)
            .step_by(EVERY)
            .map(|k| {
                let planes = video.clone().narrow(2, k, 1).into_data();
                frame(&planes.iter::<f32>().collect::<Vec<_>>(), height, width)
            })
            .collect()
    }

    /// What `dit` makes of every trial.
    fn found(
        &self,
        dit: &Dit,
        sampling: &Sampling,
        caches: &Caches,
    ) -> Result<Vec<Tensor<5>>, TrainError> {
        let mut plans = Plans::new(self.spec.clone(), self.device.clone());
        let mut found = Vec::with_capacity(self.held_out.len());
        for Trial { segments, .. } in &self.held_out {
            let [_, _, frames, height, width] = segments.history.dims();
            let plan = plans.of(frames, height, width)?;
            found.push(sampled(dit, plan, segments, sampling, caches));
        }
        Ok(found)
    }

    fn shown(&self, trial: &Trial) -> Shown {
        let mut past = StreamCache::default();
        self.vae.decode(trial.segments.history.clone(), &mut past);
        let decoded = |latents: &Tensor<5>| decoded(&self.vae, latents.clone(), &past);
        let (target, truth) = (decoded(&trial.target), decoded(&trial.truth));
        Shown { past, target, truth }
    }
}

/// A trial as frames, `[1, 3, frames, height, width]`.
struct Shown {
    past: StreamCache,
    target: Tensor<5>,
    truth: Tensor<5>,
}

impl Shown {
    fn decoded(&self, vae: &Vae, latents: Tensor<5>) -> Tensor<5> {
        decoded(vae, latents, &self.past)
    }
}

fn decoded(vae: &Vae, latents: Tensor<5>, past: &StreamCache) -> Tensor<5> {
    vae.decode(latents, &mut past.clone()).clamp(-1.0, 1.0)
}

fn mean_square(x: Tensor<5>) -> f32 {
    x.square().mean().into_scalar::<f32>()
}

/// Of values from -1 to 1, in decibels, at most 99.
fn psnr(a: &Tensor<5>, b: &Tensor<5>) -> f32 {
    let error = mean_square(a.clone() - b.clone());
    (10.0 * (4.0 / error.max(1e-12)).log10()).min(99.0)
}

/// Mean absolute difference of neighbours in rows and columns.
fn gradient(video: &Tensor<5>) -> f32 {
    let along = |axis: usize| {
        let length = video.dims()[axis] - 1;
        let ahead = video.clone().narrow(axis, 1, length);
        (ahead - video.clone().narrow(axis, 0, length)).abs().mean().into_scalar::<f32>()
    };
    along(3) + along(4)
}
