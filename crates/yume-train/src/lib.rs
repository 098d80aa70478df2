//! Training of the embedded model on the procedural town, and its evaluation.
//!
//! Everything random is a function of the seed in the configuration and a number such as the step,
//! so that a run repeats, and a resumed run goes on as if it had not stopped.

pub mod calibrate;
pub mod config;
pub mod data;
pub mod dice;
pub mod distill;
pub mod dit;
pub mod embedded;
mod error;
pub mod evaluate;
pub mod export;
mod frozen;
pub mod optimizer;
pub mod parameters;
pub mod rate;
pub mod run;
mod shards;
pub mod state;
pub mod vae;

pub use error::TrainError;
use yume_eval::sheet;
