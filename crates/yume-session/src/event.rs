//! What a session tells the main thread.

use std::path::PathBuf;

use yume_motion::Motion;

use crate::Progress;

/// One finished segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentReport {
    /// The motion it obeys.
    pub motion: Motion,
    /// Its place in the world, from 0.
    pub index: usize,
    /// Seconds the generator worked on it, without waiting for room in the ring.
    pub seconds: f32,
    /// Seconds from the order to its first frame.
    pub first_frame_secs: f32,
    /// Frames in it.
    pub frames: usize,
}

/// Something that happened on another thread.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The generator is open; a world can begin.
    Ready,
    /// The start picture of a new world is in the ring.
    Begun,
    /// An order has come this far. Older progress is replaced by newer.
    Progress(Progress),
    /// An edit is part of the world.
    Edited,
    /// A segment is complete.
    SegmentDone(SegmentReport),
    /// The generator failed, in a sentence. A new start may be tried.
    Failed(String),
    /// The recording stopped on an error, in a sentence. The walk goes on.
    RecordingFailed(String),
    /// A recording is finished.
    RecordingDone {
        /// Where it is.
        path: PathBuf,
        /// Frames in it.
        frames: u64,
    },
}
