//! What the session and the file thread report.

use std::{path::Path, time::Instant};

use tracing::{debug, info};
use yume_session::Event;

use super::Visit;
use crate::explorer::{ExplorerEdit, files::Answer};

impl Visit {
    /// Takes in what the session reports.
    pub(super) fn hear(&mut self, event: Event, now: Instant) {
        match event {
            Event::Ready => self.is_ready = true,
            Event::Begun => {
                self.is_ready = true;
                self.is_opening = false;
            }
            Event::Progress(_) | Event::Edited => {}
            Event::SegmentDone(report) => {
                debug!("segment {} took {:.2} s", report.index, report.seconds);
                if let Some(ahead) = &mut self.look_ahead {
                    ahead.segment_done(report.motion, report.frames);
                }
            }
            Event::Failed(text) => {
                self.is_opening = false;
                let advice = "Press R to begin again, or choose another picture.";
                self.complain(format!(
                    "The world stopped: {}. {advice}",
                    text.trim_end_matches('.')
                ));
            }
            Event::RecordingFailed(text) => {
                self.complain(format!("The recording stopped: {}.", text.trim_end_matches('.')));
            }
            Event::RecordingDone { path, frames } => {
                let secs = frames as f32 / self.fps as f32;
                self.notice(format!("Saved {} ({secs:.1} s)", file_name(&path)), now);
                info!("recorded {}", path.display());
            }
        }
    }

    /// Takes in what the file thread has done.
    pub(super) fn take(&mut self, answer: Answer, now: Instant) {
        match answer {
            Answer::Start { path, frames } => {
                self.has_dialog = false;
                self.panels.has_samples = false;
                self.notice(format!("Starting from {}", file_name(&path)), now);
                self.begin(frames);
            }
            Answer::Edit { path, frame } => {
                self.panels.message = None;
                self.notice(format!("Going on from {}", file_name(&path)), now);
                self.edit(ExplorerEdit::Picture(frame));
                self.session.set_paused(false);
            }
            Answer::EditWritten(path) => {
                info!("wrote {}", path.display());
                let name = file_name(&path);
                self.notice(format!("Edit {name}, then Shift+E"), now);
                self.edited = Some(path);
            }
            Answer::Still(path) => {
                info!("wrote {}", path.display());
                self.notice(format!("Saved {}", file_name(&path)), now);
            }
            Answer::Recording { path, sink } => {
                self.is_opening_recording = false;
                self.session.record(sink, path);
            }
            Answer::DialogClosed => self.has_dialog = false,
            Answer::NoDialog => {
                self.has_dialog = false;
                self.complain(
                    "This system has no file dialog. Drop a picture onto the window, or name one when starting yume.".into(),
                );
            }
            Answer::Failed(text) => {
                self.has_dialog = false;
                self.is_opening = false;
                self.is_opening_recording = false;
                self.panels.has_samples |= self.start.is_none() && !self.samples.is_empty();
                self.complain(text);
            }
        }
    }
}

/// The last part of a path, for a person.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
