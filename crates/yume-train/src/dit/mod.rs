//! Training of the DiT together with its text and image encoders.

mod batch;
mod begin;
mod lesson;
mod networks;
mod own_walk;
mod plans;
mod pool;
mod rollouts;
mod run;
mod start;
mod step;

pub use batch::Batch;
pub use begin::DitStart;
pub use networks::Networks;
pub use run::DitRun;
pub use step::{Masking, loss};
