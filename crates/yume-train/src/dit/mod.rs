//! Training of the DiT together with its text and image encoders.

pub(crate) mod batch;
pub(crate) mod begin;
pub(crate) mod lesson;
mod networks;
mod own_walk;
pub(crate) mod plans;
pub(crate) mod pool;
mod rollouts;
mod run;
pub(crate) mod start;
mod step;

pub use batch::Batch;
pub use begin::DitStart;
pub use networks::Networks;
pub use run::DitRun;
pub use step::{Masking, loss};
