//! Schedules and solvers that carry noise to latents, given anything that predicts a velocity.

mod noise;
mod sample;
mod schedule;

pub use noise::Noise;
pub use sample::{Interrupted, Plan, Velocity, sample};
pub use schedule::{Schedule, ScheduleError};
