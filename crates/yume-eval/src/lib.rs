//! How well a model obeys, how steady its world is and how it looks: the quantities of Yume-Bench, as
//! far as they can be computed without networks other than the model's own.
//!
//! A [`Course`] is a start and motions, with what a camera would have seen in the procedural town.
//! [`evaluate`] walks courses with a world, in one or several ways to sample, and [`Report`] has the
//! figures: a table for people, JSON for programs, and [`poster`] for the eye.

mod camera_motion;
mod clock;
mod colour;
mod consistency;
mod course;
mod evaluate;
mod features;
mod font;
mod fourier;
mod likeness;
mod obedience;
mod paper;
mod picture;
mod poster;
mod reconstruction;
mod report;
mod rows;
mod seen;
pub mod sheet;
mod shift;
mod smoothness;
mod ssim;
mod table;
mod walk;

#[cfg(test)]
mod constructed_clips;

pub use camera_motion::{CameraMotion, Optics};
pub use colour::Spread;
pub use consistency::{consistency, unrelated};
pub use course::{Course, Itinerary, SCRIPTS, TOWN};
pub use evaluate::{Entry, Evaluation, Progress, evaluate};
pub use likeness::distance;
pub use obedience::{Axis, Followed, Obedience};
pub use picture::{peak_signal_to_noise, sharpness};
pub use poster::{Strip, poster};
pub use reconstruction::Reconstruction;
pub use report::{Cost, Report, UNMEASURED};
pub use rows::Row;
pub use smoothness::smoothness;
pub use ssim::structural_similarity;
pub use table::comparison;
pub use walk::{Walked, walk};
