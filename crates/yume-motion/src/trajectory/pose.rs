//! Camera poses as matrices.

use thiserror::Error;

/// Camera-to-world transform, rows first: `pose[row][column]`, a rotation and a position.
pub type CameraToWorld = [[f64; 4]; 4];

/// The camera at the origin, looking along z.
pub const IDENTITY: CameraToWorld =
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

/// How far the product of a rotation with its transpose may be from one. Rounding to f32 gives
/// 1e-6.
const RIGID_TOLERANCE: f64 = 1e-3;

/// Why a path cannot be read.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Error)]
pub enum TrajectoryError {
    /// An infinity or no number at all.
    #[error("pose {index} holds a number that is not finite; remove that pose or repair the path")]
    NotFinite {
        /// Which pose, from 0.
        index: usize,
    },
    /// Scaled, sheared, mirrored, or not camera-to-world at all.
    #[error(
        "pose {index} is not a rotation and a position; give camera-to-world matrices without scale"
    )]
    NotRigid {
        /// Which pose, from 0.
        index: usize,
    },
    /// A stride of nothing.
    #[error("the stride is 0; use 1 to compare neighbouring poses")]
    ZeroStride,
}

/// The pose of `to` as `from` sees it: `from⁻¹ · to`.
#[must_use]
pub fn relative(from: &CameraToWorld, to: &CameraToWorld) -> CameraToWorld {
    let mut pose = IDENTITY;
    for (row, line) in pose.iter_mut().enumerate().take(3) {
        // The inverse of a rotation is its transpose: column `row` of `from`.
        for (column, value) in line.iter_mut().enumerate() {
            *value = (0..3)
                .map(|k| {
                    let origin = if column == 3 { from[k][3] } else { 0.0 };
                    from[k][row] * (to[k][column] - origin)
                })
                .sum();
        }
    }
    pose
}

/// `first · second`: the world pose of something that `first` sees at `second`.
pub(super) fn compose(first: &CameraToWorld, second: &CameraToWorld) -> CameraToWorld {
    let mut pose = [[0.0; 4]; 4];
    for (row, line) in pose.iter_mut().enumerate() {
        for (column, value) in line.iter_mut().enumerate() {
            *value = (0..4).map(|k| first[row][k] * second[k][column]).sum();
        }
    }
    pose
}

/// Every `stride`-th pose, checked, as steps from one to the next.
pub(super) fn steps(
    path: &[CameraToWorld],
    stride: usize,
) -> Result<Vec<CameraToWorld>, TrajectoryError> {
    if stride == 0 {
        return Err(TrajectoryError::ZeroStride);
    }
    check(path)?;
    let kept: Vec<_> = path.iter().step_by(stride).collect();
    Ok(kept.windows(2).map(|pair| relative(pair[0], pair[1])).collect())
}

/// Refuses a path with a pose that is not rigid.
pub(super) fn check(path: &[CameraToWorld]) -> Result<(), TrajectoryError> {
    for (index, pose) in path.iter().enumerate() {
        if pose.iter().flatten().any(|value| !value.is_finite()) {
            return Err(TrajectoryError::NotFinite { index });
        }
        let dot = |a: usize, b: usize| (0..3).map(|k| pose[k][a] * pose[k][b]).sum::<f64>();
        let deviation = (0..3)
            .flat_map(|a| (0..3).map(move |b| (a, b)))
            .map(|(a, b)| (dot(a, b) - f64::from(u8::from(a == b))).abs())
            .fold(0.0, f64::max);
        let [[a, b, c, _], [d, e, f, _], [g, h, i, _], last] = *pose;
        let is_mirrored = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0.0;
        if deviation > RIGID_TOLERANCE || is_mirrored || last != IDENTITY[3] {
            return Err(TrajectoryError::NotRigid { index });
        }
    }
    Ok(())
}
