//! The parts of the program `yume` that its tests, examples and benchmarks can reach.

pub mod background;
pub mod device;
pub mod device_memory;
pub mod embedded;
pub mod explorer;
pub mod generator;
pub mod times;
