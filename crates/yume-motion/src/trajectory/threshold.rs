//! Motions of a path by thresholds, as the released labelling script decides.

use super::pose::{CameraToWorld, TrajectoryError, steps};
use crate::{Motion, Travel, Turn};

/// What counts as moving, per pose of stride.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Thresholds {
    /// Least translation along an axis, in units of the path.
    pub translation: f64,
    /// Least rotation about an axis, in radians.
    pub radians: f64,
}

impl Default for Thresholds {
    /// The values of `decode_camera_controls_from_c2w_sequence.py` of stdstu12/YUME.
    fn default() -> Self {
        Self { translation: 1e-4, radians: 1e-3 }
    }
}

impl Thresholds {
    /// One motion for each pair of successive poses, of which only every `stride`-th is looked at.
    ///
    /// # Errors
    /// When the stride is 0 or a pose is not rigid.
    pub fn motions(
        &self,
        path: &[CameraToWorld],
        stride: usize,
    ) -> Result<Vec<Motion>, TrajectoryError> {
        let scaled = Self {
            translation: self.translation * stride as f64,
            radians: self.radians * stride as f64,
        };
        Ok(steps(path, stride)?.iter().map(|step| scaled.motion(step)).collect())
    }

    /// The motion of one step, a relative pose such as [`super::relative`] gives.
    #[must_use]
    pub fn motion(&self, step: &CameraToWorld) -> Motion {
        let sign = |value: f64, least: f64| i8::from(value > least) - i8::from(value < -least);
        let [x, z] = [step[0][3], step[2][3]];
        // Euler angles about the fixed axes x, then y, then z.
        let about_x = step[2][1].atan2(step[2][2]);
        let about_y = (-step[2][0]).atan2(step[2][1].hypot(step[2][2]));
        Motion {
            travel: Travel::from_signs([sign(z, self.translation), sign(x, self.translation)]),
            turn: Turn::from_signs([-sign(about_y, self.radians), sign(about_x, self.radians)]),
        }
    }
}
