//! One generated world: it begins from a start, advances by a motion, and hands out frames as they
//! decode. It owns the latent history and knows nothing of threads and windows.

pub mod bench;
mod cap;
mod captions;
mod error;
mod fill;
mod holding;
mod memory;
mod model;
mod newest;
mod opening;
mod options;
mod outlet;
pub mod pixels;
mod places;
mod prepared;
mod preset;
mod probe;
mod relight;
mod state;
mod texts;
mod trust;
mod velocity;
mod world;

#[cfg(test)]
mod cut_tests;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod recall_tests;

pub use cap::capped;
pub use error::WorldError;
pub use fill::{conditioning, guess, recall, relief};
pub use holding::{Holding, Precision};
pub use memory::{MemoryItem, MemoryPlan, Needed, Phase, Place, Walked};
pub use model::Model;
pub use options::Options;
pub use outlet::{Outlet, SegmentTimes, Stage};
pub use preset::Preset;
pub use probe::{Astray, Deviation};
pub use velocity::{Caches, DitVelocity, TIMESTEPS};
pub use world::{Start, World};
pub use yume_nets::Coding;
pub use yume_nets::dit::CachePlan;
pub use yume_nets::vae::FRAMES_PER_LATENT;
pub use yume_sampler::{Aam, Guidance, Operator, Solver};
