//! How a session plays, and why it may refuse to.

use std::io;

/// When a change of the held motion is obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Steering {
    /// At the next segment.
    Segment,
    /// At the next latent boundary after the playhead: the segment being shown is cut there.
    #[default]
    Cut,
}

/// How a session plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionConfig {
    /// Frames shown per second, from 0.1 to 1000.
    pub fps: f32,
    /// Frames generated ahead of the playhead at most; at least 1.
    pub lookahead_frames: usize,
    /// When a change of the held motion is obeyed.
    pub steering: Steering,
}

impl SessionConfig {
    pub(crate) fn check(&self) -> Result<(), SessionError> {
        if !(0.1..=1000.0).contains(&self.fps) {
            return Err(SessionError::FramesPerSec(self.fps));
        }
        if self.lookahead_frames == 0 {
            return Err(SessionError::Lookahead);
        }
        Ok(())
    }
}

/// Why a session did not start.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The frame rate is no usable number.
    #[error("the frame rate is {0}; give 0.1 to 1000 frames per second")]
    FramesPerSec(f32),
    /// The ring would hold nothing.
    #[error("the lookahead is 0 frames; give at least 1")]
    Lookahead,
    /// The system gave no thread.
    #[error("the generator thread did not start; close other programs and try again ({0})")]
    Thread(#[source] io::Error),
}
