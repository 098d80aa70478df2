//! Where a world puts what it makes.

use std::ops::ControlFlow;
use std::time::Duration;

use yume_media::Frame;

/// The parts of making a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The caption and the start picture become what the network reads.
    Text,
    /// Noise becomes latents.
    Sampling,
    /// Latents become frames.
    Decoding,
}

/// Receives progress and frames. A break means that the order is stale: stop as soon as possible.
pub trait Outlet {
    /// `step` of `steps` of a stage are done; while sampling they are evaluations of the network.
    fn progress(&mut self, stage: Stage, step: usize, steps: usize) -> ControlFlow<()>;

    /// The next frame of the walk.
    fn frame(&mut self, frame: Frame) -> ControlFlow<()>;
}

/// How long the stages of one segment took, and how often the network was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SegmentTimes {
    /// Caption, conditioning and everything before sampling.
    pub text: Duration,
    /// All evaluations of the network.
    pub sampling: Duration,
    /// Their number (NFE).
    pub evaluations: usize,
    /// Decoding, and encoding what was decoded for the segments to come.
    pub decoding: Duration,
}
