//! How far the opening of a generator has come, for the window that waits for it.

use std::fmt;
use std::sync::Arc;

use crate::lock::Guarded;
use crate::mailbox::Mailbox;
use crate::state::State;
use crate::{Event, Progress, Stage};

/// Bytes of the unit in which loading is counted.
const MEGABYTE: u64 = 1_000_000;

/// Told how much of a model is loaded. Clones tell the same session.
#[derive(Clone)]
pub struct Loading(Arc<dyn Fn(Progress) + Send + Sync>);

impl Loading {
    pub(crate) fn new<S: Send + 'static, E: Send + 'static>(
        state: &Arc<Guarded<State<S, E>>>,
        mailbox: &Arc<Mailbox>,
    ) -> Self {
        let (state, mailbox) = (Arc::clone(state), Arc::clone(mailbox));
        Self(Arc::new(move |progress| {
            state.lock().progress = Some(progress);
            mailbox.post(Event::Progress(progress));
        }))
    }

    /// Shows that `done` of `total` bytes are loaded.
    pub fn show(&self, done: u64, total: u64) {
        let megabytes = |bytes: u64| u32::try_from(bytes / MEGABYTE).unwrap_or(u32::MAX);
        let (step, steps) = (megabytes(done.min(total)), megabytes(total));
        (self.0)(Progress { stage: Stage::Loading, step, steps });
    }
}

impl fmt::Debug for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loading")
    }
}
