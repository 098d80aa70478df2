//! The networks of the papers as burn modules: DiT/MVDT, causal VAE, umT5 and CLIP vision.
//!
//! A network is `XConfig -> init(&mut Scope) -> X -> forward`. Every size is configuration and every
//! parameter carries the name it has in the published checkpoints. Networks open no files: their
//! parameters come from a [`Source`].

#![allow(
    clippy::needless_pass_by_value,
    reason = "a tensor is a handle; passing it lets its memory be reused"
)]

pub mod attention;
mod blocks;
mod channels_last;
pub mod clip;
mod coded;
pub mod cost;
mod cpu;
pub mod depth;
pub mod dit;
mod integers;
pub mod layers;
pub mod listing;
pub mod resample;
pub mod text;
pub mod vae;
mod weights;

pub use coded::Coding;
pub use integers::multiplies_integers;
pub use weights::{Drawn, Footprint, Fresh, Init, Scope, Source};
