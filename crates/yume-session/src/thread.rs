//! Named threads whose end can be awaited for a bounded time.

use std::convert::Infallible;
use std::io;
use std::thread::Builder;
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

/// A thread that was started. Dropping this lets it run on.
pub(crate) struct Running {
    /// Carries nothing: it disconnects when the thread has dropped all it owned.
    end: Receiver<Infallible>,
}

impl Running {
    pub(crate) fn start(
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<Self, io::Error> {
        let (alive, end) = bounded(0);
        let life = move || {
            work();
            drop(alive);
        };
        Builder::new().name(name.to_owned()).spawn(life)?;
        Ok(Self { end })
    }

    pub(crate) fn has_ended(&self) -> bool {
        !matches!(self.end.try_recv(), Err(crossbeam_channel::TryRecvError::Empty))
    }

    /// Waits for the end until `deadline`; false if the thread still runs then.
    pub(crate) fn wait(&self, deadline: Instant) -> bool {
        self.end.recv_deadline(deadline) != Err(RecvTimeoutError::Timeout)
    }
}
