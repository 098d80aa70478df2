//! Model files from the Hugging Face hub, in the cache layout that the hub's own library uses.
//!
//! What comes over the network is hostile: names stay inside the cache, sizes are bounded, and no byte
//! counts before its hash is right. A download that was cut off, by whatever, goes on where it was.

mod cache;
mod client;
mod digest;
mod download;
mod error;
mod link;
mod listing;
mod name;
mod part;
mod pull;
mod space;

pub use cache::{CachedModel, HubCache};
pub use client::Patience;
pub use digest::{Digest, known_digest, verify_file};
pub use error::HubError;
pub use name::ModelName;
pub use pull::{Progress, Pull, pull};
