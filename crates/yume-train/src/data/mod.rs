//! Walks through the town, rendered on threads of their own in an order that no thread decides.

mod feed;
mod pixels;
mod trip;

pub use feed::Feed;
pub use pixels::{frame, planar, video};
pub use trip::{Grounds, Leg, Trip};
