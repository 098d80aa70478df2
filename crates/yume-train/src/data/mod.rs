//! Walks through the town, rendered on threads of their own in an order that no thread decides.

mod feed;
mod trip;

pub use feed::Feed;
pub use trip::{Grounds, Leg, Trip};
