//! The speed numbers of a path, as the training captions measure them (`t2v_datasets.py` of
//! stdstu12/YUME).

use std::ops::Range;

use super::pose::{CameraToWorld, TrajectoryError, check};
use crate::Speed;

/// The rate that the published numbers take every path to be recorded at.
pub const RECORDED_FRAMES_PER_SEC: f64 = 30.0;

/// Below this length a step has no direction.
const SHORTEST_STEP: f64 = 1e-6;

/// Mean speeds over a part of a path.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct SpeedNumbers {
    /// Path length per second, in units of the path (V).
    pub distance_per_sec: f64,
    /// Degrees between successive steps (D).
    pub turn_degrees: f64,
    /// Degrees between successive directions of view (R).
    pub rotation_degrees: f64,
}

impl SpeedNumbers {
    /// Measures the poses in `frames`. Steps are numbered after those without a direction are left
    /// out, so that in a path with pauses the range reaches later, as in the original. All zero
    /// where nothing is left.
    ///
    /// # Errors
    /// When a pose is not rigid.
    pub fn measure(path: &[CameraToWorld], frames: Range<usize>) -> Result<Self, TrajectoryError> {
        check(path)?;
        let columns =
            |column: usize| path.iter().map(move |pose| [0, 1, 2].map(|k| pose[k][column]));
        let positions: Vec<_> = columns(3).collect();
        let views: Vec<_> = columns(2).collect();

        let (lengths, turns): (Vec<f64>, Vec<f64>) = positions
            .windows(3)
            .filter_map(|p| {
                let [first, second] = [0, 1].map(|i| [0, 1, 2].map(|k| p[i + 1][k] - p[i][k]));
                let length = dot(first, first).sqrt();
                Some((length, degrees_between(first, second)?))
            })
            .unzip();
        let rotations: Vec<f64> =
            views.windows(2).filter_map(|v| degrees_between(v[0], v[1])).collect();

        let Range { start, end } = frames;
        let Some(length) = mean(&lengths, start, end.saturating_sub(2)) else {
            return Ok(Self::default());
        };
        Ok(Self {
            distance_per_sec: length * RECORDED_FRAMES_PER_SEC,
            turn_degrees: mean(&turns, start, end.saturating_sub(2)).unwrap_or(0.0),
            rotation_degrees: mean(&rotations, start, end.saturating_sub(1)).unwrap_or(0.0),
        })
    }

    /// The numbers as a caption carries them: the distance times a hundred. `None` if one is not
    /// finite.
    #[must_use]
    pub fn caption_speed(&self) -> Option<Speed> {
        Speed::from_numbers(100.0 * self.distance_per_sec, self.turn_degrees, self.rotation_degrees)
    }
}

/// The mean of the values that exist in a range.
fn mean(values: &[f64], start: usize, end: usize) -> Option<f64> {
    let part = values.get(start..end.min(values.len()))?;
    (!part.is_empty()).then(|| part.iter().sum::<f64>() / part.len() as f64)
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn degrees_between(a: [f64; 3], b: [f64; 3]) -> Option<f64> {
    let lengths = [dot(a, a).sqrt(), dot(b, b).sqrt()];
    if lengths.iter().any(|&length| length < SHORTEST_STEP) {
        return None;
    }
    Some((dot(a, b) / (lengths[0] * lengths[1])).clamp(-1.0, 1.0).acos().to_degrees())
}
