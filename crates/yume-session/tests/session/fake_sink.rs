//! A sink that remembers, and can be slow, fail or panic.

use std::path::Path;
use std::sync::{Arc, Mutex};

use crossbeam_channel::Receiver;
use yume_media::{Frame, FrameSink, MediaError, read_picture};

use crate::fake::Mark;

#[derive(Default)]
pub(crate) struct Written {
    pub(crate) marks: Vec<Mark>,
    pub(crate) is_finished: bool,
}

#[derive(Default)]
pub(crate) struct FakeSink {
    pub(crate) written: Arc<Mutex<Written>>,
    /// One message lets one frame through; a closed channel lets all through.
    pub(crate) slow: Option<Receiver<()>>,
    pub(crate) fails_at: Option<usize>,
    pub(crate) panics_at: Option<usize>,
    pub(crate) finish_fails: bool,
}

impl FakeSink {
    pub(crate) fn boxed(self) -> Box<dyn FrameSink> {
        Box::new(self)
    }
}

fn failure() -> MediaError {
    read_picture(Path::new("/no/such/picture.png")).unwrap_err()
}

impl FrameSink for FakeSink {
    fn push(&mut self, frame: &Frame) -> Result<(), MediaError> {
        if let Some(slow) = &self.slow {
            slow.recv().ok();
        }
        let mut written = self.written.lock().unwrap();
        let at = Some(written.marks.len());
        assert_ne!(at, self.panics_at, "push is wrong");
        if at == self.fails_at {
            return Err(failure());
        }
        written.marks.push(Mark::read(frame));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), MediaError> {
        if self.finish_fails {
            return Err(failure());
        }
        // A sink that panicked in `push` has poisoned the lock, which matters to nobody.
        self.written.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).is_finished = true;
        Ok(())
    }
}
