//! Schedules and solvers that carry noise to latents, given anything that predicts a velocity.

mod aam;
mod guidance;
mod noise;
mod operator;
mod plan;
mod sample;
mod schedule;
mod solver;
mod velocity;

pub use aam::{Aam, Pass, sample_twice};
pub use guidance::Guidance;
pub use noise::Noise;
pub use operator::{Measure, Operator};
pub use plan::Plan;
pub use sample::{Interrupted, Material, Moment, sample};
pub use schedule::{Schedule, ScheduleError};
pub use solver::{Slips, Solver};
pub use velocity::Velocity;
