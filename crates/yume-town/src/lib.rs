//! The procedural walking world that the embedded model is trained on and tested against.
//!
//! A [`Town`] is laid out from a seed and repeats for ever. A [`Walk`] leads a pedestrian through it under motions, and
//! [`render`] shows what the pedestrian's [`Camera`] sees in the light of a [`Scene`]. Everything is a function of its
//! arguments: no clock, no files, no hidden state.

mod camera;
mod district;
mod facade;
mod filter;
mod foliage;
mod ground;
mod light;
mod lot;
mod noise;
mod opening;
mod plan;
mod prop;
mod ray;
mod render;
mod scene;
mod season;
mod sky;
mod streets;
mod town;
mod vec3;
mod view;
mod walk;

pub use camera::Camera;
pub use district::{District, UnknownDistrict};
pub use render::{inverse_depth, render, render_clip};
pub use scene::{Scene, Season, TimeOfDay, UnknownWord, Weather};
pub use town::Town;
pub use walk::{Walk, Walked};
