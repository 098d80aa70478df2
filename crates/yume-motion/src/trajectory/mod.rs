//! Recorded camera paths: what motions they hold, how fast they are, and the paths that motions
//! make.
//!
//! Axes are those of `OpenCV`: x to the right, y down, z ahead.

mod canonical;
mod pose;
mod speed;
mod threshold;

pub use canonical::CanonicalStep;
pub use pose::{CameraToWorld, IDENTITY, TrajectoryError, relative};
pub use speed::{RECORDED_FRAMES_PER_SEC, SpeedNumbers};
pub use threshold::Thresholds;
