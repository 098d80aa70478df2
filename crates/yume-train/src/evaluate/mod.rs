//! How well a model obeys and how well it looks, measured against the true town.

mod camera_motion;
mod fourier;
mod picture;
mod report;
mod shift;
mod walks;

pub use camera_motion::{CameraMotion, Optics};
pub use picture::{peak_signal_to_noise, sharpness};
pub use report::{Axis, Measured, Report};
pub use walks::{EvaluationOptions, evaluate, walk_sheet};
