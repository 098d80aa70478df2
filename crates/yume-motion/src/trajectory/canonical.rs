//! Every motion's canonical step, the path of a list of motions, and the nearest motion to a
//! recorded step.

use super::{
    Thresholds,
    pose::{CameraToWorld, IDENTITY, TrajectoryError, compose, steps},
};
use crate::Motion;

/// How far one canonical motion goes from one pose to the next. Both must be positive.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct CanonicalStep {
    /// Length of the translation, in units of the path.
    pub distance: f64,
    /// Angle of a rotation about one axis.
    pub radians: f64,
}

impl CanonicalStep {
    /// The step that suits a path: the medians of those translations and rotations that count as
    /// moving. A path that never moves gives ten times the thresholds. Recorded paths have no fixed
    /// unit, so distances need this.
    ///
    /// # Errors
    /// When the stride is 0 or a pose is not rigid.
    pub fn fitted_to(path: &[CameraToWorld], stride: usize) -> Result<Self, TrajectoryError> {
        let steps = steps(path, stride)?;
        let Thresholds { translation, radians } = Thresholds::default();
        let least = [translation, radians].map(|value| value * stride as f64);
        let distances = steps.iter().map(|step| step[0][3].hypot(step[2][3]));
        let angles = steps.iter().map(|step| {
            let about_x = step[2][1].atan2(step[2][2]);
            let about_y = (-step[2][0]).atan2(step[2][1].hypot(step[2][2]));
            about_x.abs().max(about_y.abs())
        });
        Ok(Self {
            distance: median_above(distances, least[0]).unwrap_or(10.0 * least[0]),
            radians: median_above(angles, least[1]).unwrap_or(10.0 * least[1]),
        })
    }

    /// The relative pose of one step of `motion`: pitch about x, then yaw about y, and the
    /// translation of the travel.
    #[must_use]
    pub fn transform(&self, motion: Motion) -> CameraToWorld {
        let [forward, right] = motion.travel.signs().map(f64::from);
        let scale = self.distance / forward.hypot(right).max(1.0);
        let [left, up] = motion.turn.signs().map(f64::from);
        let (sin_x, cos_x) = (up * self.radians).sin_cos();
        let (sin_y, cos_y) = (-left * self.radians).sin_cos();
        [
            [cos_y, sin_y * sin_x, sin_y * cos_x, right * scale],
            [0.0, cos_x, -sin_x, 0.0],
            [-sin_y, cos_y * sin_x, cos_y * cos_x, forward * scale],
            IDENTITY[3],
        ]
    }

    /// The path of these motions, one step each, from `start`: one pose more than there are
    /// motions.
    #[must_use]
    pub fn path(&self, start: &CameraToWorld, motions: &[Motion]) -> Vec<CameraToWorld> {
        let mut poses = vec![*start];
        let mut pose = *start;
        for &motion in motions {
            pose = compose(&pose, &self.transform(motion));
            poses.push(pose);
        }
        poses
    }

    /// The motion whose canonical step is nearest to each step of a path, of which only every
    /// `stride`-th pose is looked at (Algorithm 1 of arXiv 2507.17744). The paper leaves the
    /// distance open; here it is the translation between the two, in canonical distances, and the
    /// angle between them, in canonical angles, added as squares.
    ///
    /// # Errors
    /// When the stride is 0 or a pose is not rigid.
    pub fn nearest_motions(
        &self,
        path: &[CameraToWorld],
        stride: usize,
    ) -> Result<Vec<Motion>, TrajectoryError> {
        let steps = steps(path, stride)?;
        let canonical: Vec<_> =
            Motion::all().map(|motion| (motion, self.transform(motion))).collect();
        let nearest = |step: &CameraToWorld| {
            let mut best = (f64::INFINITY, Motion::STILL);
            for (motion, transform) in &canonical {
                let difference = self.difference(step, transform);
                if difference < best.0 {
                    best = (difference, *motion);
                }
            }
            best.1
        };
        Ok(steps.iter().map(nearest).collect())
    }

    fn difference(&self, a: &CameraToWorld, b: &CameraToWorld) -> f64 {
        let gap = (0..3).map(|k| (a[k][3] - b[k][3]).powi(2)).sum::<f64>();
        // For rotations ‖A - B‖² = 8 sin²(angle / 2), which stays exact where the angle is small.
        let chord: f64 = (0..3)
            .flat_map(|row| (0..3).map(move |column| (a[row][column] - b[row][column]).powi(2)))
            .sum();
        let angle = 2.0 * (chord / 8.0).sqrt().min(1.0).asin();
        gap / self.distance.powi(2) + (angle / self.radians).powi(2)
    }
}

fn median_above(values: impl Iterator<Item = f64>, least: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|&value| value > least).collect();
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
