//! The figures of an evaluation.

use std::fmt;

use serde::Serialize;
use yume_motion::walk::WalkRule;

use super::camera_motion::CameraMotion;
use crate::dice::{Dice, Purpose};

/// Part of the nominal speed of a turn from which on it counts as one.
const COUNTS: f32 = 0.4;
const SHUFFLES: u64 = 200;

/// One segment, measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Which segment of its walk, counted from 0.
    pub segment: usize,
    /// How the camera should have moved.
    pub asked: CameraMotion,
    /// How it moved in the true frames, by the same measurement.
    pub truth: CameraMotion,
    /// How it moved in the model's frames.
    pub model: CameraMotion,
    /// Against the true frames, in decibels.
    pub psnr: f32,
    /// Relative to the true frames.
    pub sharpness: f32,
}

/// How measured motion follows what was asked, along one axis.
#[derive(Clone, Debug, Serialize)]
pub struct Axis {
    /// forward, right, yaw or pitch.
    pub name: &'static str,
    /// Correlation in the model's frames.
    pub correlation: f32,
    /// Amplitude in the model's frames over what was asked.
    pub gain: f32,
    /// Correlation in true frames: the most that this measurement can see.
    pub true_correlation: f32,
    /// Amplitude in true frames.
    pub true_gain: f32,
}

/// The figures of an evaluation.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was evaluated.
    pub model: String,
    /// Seed of the walks.
    pub seed: u64,
    /// Segments measured.
    pub segments: usize,
    /// How often the turn measured in the model's frames is the one asked for, of nine.
    pub turn_accuracy: f32,
    /// The same in true frames: the upper bound.
    pub upper_bound: f32,
    /// The same with what was asked for shuffled: the lower bound.
    pub lower_bound: f32,
    /// Where the model lies between the two bounds, 0 to 1.
    pub instruction_following: f32,
    /// Every axis.
    pub axes: Vec<Axis>,
    /// Mean PSNR against the true future, by segment of the walk.
    pub psnr: Vec<f32>,
    /// Mean sharpness relative to true frames, by segment of the walk.
    pub sharpness: Vec<f32>,
}

impl Report {
    /// The figures of `measured` segments.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(model: &str, seed: u64, rule: &WalkRule, measured: &[Measured]) -> Self {
        assert!(!measured.is_empty(), "nothing was measured");
        let asked: Vec<_> = measured.iter().map(|m| turn(rule, m.asked)).collect();
        let truth: Vec<_> = measured.iter().map(|m| turn(rule, m.truth)).collect();
        let model_turns: Vec<_> = measured.iter().map(|m| turn(rule, m.model)).collect();
        let turn_accuracy = agreement(&asked, &model_turns);
        let upper_bound = agreement(&asked, &truth);
        let lower_bound = (0..SHUFFLES)
            .map(|number| {
                let mut dice = Dice::new(seed, Purpose::Evaluation, u64::MAX - number);
                let mut shuffled = asked.clone();
                for i in (1..shuffled.len()).rev() {
                    shuffled.swap(i, dice.below(i + 1));
                }
                agreement(&shuffled, &model_turns)
            })
            .sum::<f32>()
            / SHUFFLES as f32;
        let span = (upper_bound - lower_bound).max(1e-6);
        let axes = ["forward", "right", "yaw", "pitch"].iter().enumerate().map(|(i, name)| {
            let pairs = |of: fn(&Measured) -> CameraMotion| -> Vec<(f32, f32)> {
                measured.iter().map(|m| (m.asked.axes()[i], of(m).axes()[i])).collect()
            };
            let (correlation, gain) = relation(&pairs(|m| m.model));
            let (true_correlation, true_gain) = relation(&pairs(|m| m.truth));
            Axis { name, correlation, gain, true_correlation, true_gain }
        });
        let last = measured.iter().map(|m| m.segment).max().unwrap_or(0);
        let by_segment = |of: fn(&Measured) -> f32| -> Vec<f32> {
            (0..=last)
                .map(|segment| {
                    let these = measured.iter().filter(|m| m.segment == segment);
                    let (sum, count) =
                        these.fold((0.0, 0.0), |(sum, count), m| (sum + of(m), count + 1.0f32));
                    sum / count.max(1.0)
                })
                .collect()
        };
        Self {
            model: model.to_owned(),
            seed,
            segments: measured.len(),
            turn_accuracy,
            upper_bound,
            lower_bound,
            instruction_following: ((turn_accuracy - lower_bound) / span).clamp(0.0, 1.0),
            axes: axes.collect(),
            psnr: by_segment(|m| m.psnr),
            sharpness: by_segment(|m| m.sharpness),
        }
    }
}

/// Left, right or neither, and up, down or neither.
fn turn(rule: &WalkRule, motion: CameraMotion) -> (i8, i8) {
    let class = |rate: f32, nominal_deg: f64| {
        let part = rate / (nominal_deg.to_radians() as f32).max(1e-6);
        if part > COUNTS {
            1
        } else if part < -COUNTS {
            -1
        } else {
            0
        }
    };
    (class(motion.yaw, rule.yaw_deg_per_sec), class(motion.pitch, rule.pitch_deg_per_sec))
}

fn agreement(a: &[(i8, i8)], b: &[(i8, i8)]) -> f32 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f32 / a.len().max(1) as f32
}

/// Correlation, and the slope through the origin of the second over the first.
fn relation(pairs: &[(f32, f32)]) -> (f32, f32) {
    let count = pairs.len().max(1) as f32;
    let mean = |of: fn(&(f32, f32)) -> f32| pairs.iter().map(of).sum::<f32>() / count;
    let (mean_a, mean_b) = (mean(|p| p.0), mean(|p| p.1));
    let (mut aa, mut bb, mut ab, mut raw_aa, mut raw_ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &(a, b) in pairs {
        aa += (a - mean_a) * (a - mean_a);
        bb += (b - mean_b) * (b - mean_b);
        ab += (a - mean_a) * (b - mean_b);
        raw_aa += a * a;
        raw_ab += a * b;
    }
    (ab / (aa * bb).sqrt().max(1e-12), raw_ab / f32::max(raw_aa, 1e-12))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} segments, seed {}", self.model, self.segments, self.seed)?;
        writeln!(
            f,
            "turns followed {:.2} (true frames {:.2}, shuffled {:.2}): instruction following {:.2}",
            self.turn_accuracy, self.upper_bound, self.lower_bound, self.instruction_following
        )?;
        writeln!(
            f,
            "{:>8} {:>12} {:>6} {:>18} {:>10}",
            "axis", "correlation", "gain", "true correlation", "true gain"
        )?;
        for axis in &self.axes {
            writeln!(
                f,
                "{:>8} {:>12.2} {:>6.2} {:>18.2} {:>10.2}",
                axis.name, axis.correlation, axis.gain, axis.true_correlation, axis.true_gain
            )?;
        }
        writeln!(f, "{:>8} {:>12} {:>10}", "segment", "PSNR (dB)", "sharpness")?;
        for (i, (psnr, sharpness)) in self.psnr.iter().zip(&self.sharpness).enumerate() {
            writeln!(f, "{:>8} {psnr:>12.1} {sharpness:>10.2}", i + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(yaws: &[f32], answer: impl Fn(f32) -> f32) -> Vec<Measured> {
        yaws.iter()
            .map(|&yaw| {
                let motion = |yaw| CameraMotion { yaw, ..CameraMotion::default() };
                let (asked, model) = (motion(yaw), motion(answer(yaw)));
                Measured { segment: 0, asked, truth: asked, model, psnr: 20.0, sharpness: 0.5 }
            })
            .collect()
    }

    #[test]
    fn a_model_that_obeys_scores_one_and_a_deaf_one_none() {
        let rule = WalkRule::TINY_V0;
        let nominal = rule.yaw_deg_per_sec.to_radians() as f32;
        let yaws: Vec<f32> = (0..60).map(|i| nominal * (i % 3 - 1) as f32).collect();
        let obedient = Report::new("a", 1, &rule, &measured(&yaws, |yaw| 0.8 * yaw));
        assert_eq!((obedient.turn_accuracy, obedient.instruction_following), (1.0, 1.0));
        let yaw = &obedient.axes[2];
        assert!((yaw.correlation - 1.0).abs() < 1e-5 && (yaw.gain - 0.8).abs() < 1e-5);
        let deaf = Report::new("b", 1, &rule, &measured(&yaws, |_| 0.0));
        assert!(deaf.instruction_following < 0.05, "{}", deaf.instruction_following);
        assert!(deaf.to_string().contains("60 segments"));
    }
}
