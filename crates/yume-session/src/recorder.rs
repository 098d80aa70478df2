//! The recorder thread: frames as they are shown, on their way to a file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crossbeam_channel::{Receiver, Sender, bounded};
use yume_media::{Frame, FrameSink};

use crate::Event;
use crate::caught::{caught, sentence};
use crate::mailbox::Mailbox;
use crate::thread::Running;

/// Frames between the playhead and the disk: 2 s, some 50 MB at 960x544. When it is full the
/// playhead waits.
pub(crate) const RECORDER_FRAMES: usize = 32;

/// The playhead's end of a recording.
pub(crate) struct Recorder {
    frames: Sender<Frame>,
    running: Running,
    /// Relaxed is enough: it guards nothing, and the event that follows it wakes the reader.
    has_failed: Arc<AtomicBool>,
    pub(crate) path: PathBuf,
    pub(crate) given: u64,
}

impl Recorder {
    pub(crate) fn start(
        sink: Box<dyn FrameSink>,
        path: PathBuf,
        mailbox: Arc<Mailbox>,
    ) -> Result<Self, io::Error> {
        let (frames, shown) = bounded(RECORDER_FRAMES);
        let has_failed = Arc::new(AtomicBool::new(false));
        let running = Running::start("recorder", {
            let (has_failed, path) = (Arc::clone(&has_failed), path.clone());
            move || record(sink, &shown, &path, &mailbox, &has_failed)
        })?;
        Ok(Self { frames, running, has_failed, path, given: 0 })
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.load(Relaxed)
    }

    pub(crate) fn has_room(&self) -> bool {
        !self.frames.is_full()
    }

    /// Gives a frame to the recorder, which has room: only this end fills it.
    pub(crate) fn push(&mut self, frame: Frame) {
        // A recorder that just failed takes nothing more, and its event is on the way.
        self.given += u64::from(self.frames.try_send(frame).is_ok());
    }

    /// Lets the recorder write what it was given and finish the file, in its own time.
    pub(crate) fn stop(self) -> Running {
        self.running
    }
}

/// Writes frames until the session stops the recording, then finishes the file.
fn record(
    mut sink: Box<dyn FrameSink>,
    shown: &Receiver<Frame>,
    path: &Path,
    mailbox: &Mailbox,
    has_failed: &AtomicBool,
) {
    let mut frames = 0;
    let written = caught("the recording", || {
        for frame in shown {
            // Just now full: the playhead may be waiting for this room.
            if shown.len() + 1 >= RECORDER_FRAMES {
                mailbox.wake();
            }
            sink.push(&frame).map_err(|error| sentence(&error))?;
            frames += 1;
        }
        Ok(())
    });
    let failed = |reason| {
        Event::RecordingFailed(format!("the recording stopped after {frames} frames: {reason}"))
    };
    let has_written = written.is_ok();
    if let Err(reason) = written {
        // Told before the file is finished, which may take long on a disk that fails.
        has_failed.store(true, Relaxed);
        mailbox.post(failed(reason));
    }
    // After a failure too: what was written before it shall be playable.
    match caught("the recording", || sink.finish().map_err(|error| sentence(&error))) {
        Ok(()) if has_written => {
            mailbox.post(Event::RecordingDone { path: path.to_owned(), frames });
        }
        Err(reason) if has_written => mailbox.post(failed(reason)),
        Ok(()) | Err(_) => {}
    }
}
