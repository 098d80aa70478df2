//! Walks through the town, rendered on threads of their own in an order that no thread decides.

mod feed;
mod foresight;
mod phrases;
pub mod record;
mod tensors;
mod trip;
pub mod views;

pub use feed::Feed;
pub(crate) use foresight::Foresight;
pub use phrases::phrase;
pub use trip::{Grounds, Leg, Trip, View};
