//! What a session shows about itself, for a panel that is drawn every frame.

use std::path::PathBuf;
use std::time::Instant;

use yume_media::Frame;
use yume_motion::Motion;

use crate::Progress;

/// What one call of [`Session::tick`](crate::Session::tick) brought.
#[derive(Clone)]
pub struct Tick {
    /// The frame that is due now; `None` keeps the last one.
    pub frame: Option<Frame>,
    /// When to call again; `None` waits for the wake closure.
    pub next: Option<Instant>,
}

/// A session at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Frames generated and not yet shown.
    pub ring_frames: usize,
    /// The lookahead: frames the ring holds at most.
    pub ring_capacity: usize,
    /// The motion of the segment being generated.
    pub generating: Option<Motion>,
    /// How far the order under way has come.
    pub progress: Option<Progress>,
    /// Segments of the world.
    pub segments: usize,
    /// Seconds the newest complete segment took.
    pub seconds_per_segment: Option<f32>,
    /// The recording under way.
    pub recording: Option<RecordingStatus>,
    /// Frames of this world that were shown, the start picture included.
    pub shown_frames: u64,
}

/// A recording at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingStatus {
    /// Where it goes.
    pub path: PathBuf,
    /// Frames it was given.
    pub frames: u64,
    /// Its length when played.
    pub seconds: f32,
}
