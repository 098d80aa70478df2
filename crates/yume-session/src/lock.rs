//! A mutex and its condition, for state that is whole after every statement.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A value behind a lock. No code of the caller runs under it, so a poisoned lock is as good as any.
pub(crate) struct Guarded<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), changed: Condvar::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the value and lets every waiting thread look at it again.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let answer = change(&mut self.lock());
        self.notify();
        answer
    }

    /// Lets every waiting thread look at the value again.
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Waits, without using the processor, until `ready` has an answer.
    pub(crate) fn wait_for<R>(&self, mut ready: impl FnMut(&mut T) -> Option<R>) -> R {
        let mut value = self.lock();
        loop {
            if let Some(answer) = ready(&mut value) {
                return answer;
            }
            value = self.changed.wait(value).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
