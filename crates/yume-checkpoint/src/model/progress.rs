//! How far the loading of a whole model is.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Told of every tensor of every network. Cloning is cheap, and all clones count together.
#[derive(Clone)]
pub(super) struct OnProgress(Arc<Mutex<State>>);

struct State {
    done: u64,
    total: u64,
    tell: Box<dyn FnMut(u64, u64) + Send>,
}

impl OnProgress {
    pub(super) fn new(total: u64, tell: impl FnMut(u64, u64) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(State { done: 0, total, tell: Box::new(tell) })))
    }

    /// `bytes` more are done.
    pub(super) fn add(&self, bytes: u64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.done = (state.done + bytes).min(state.total);
        let (done, total) = (state.done, state.total);
        (state.tell)(done, total);
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}
