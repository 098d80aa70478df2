//! Items made on background threads and handed out in the order of their numbers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, bounded};

use crate::TrainError;

/// Items 0, 1, 2, ... of a function of their number, made ahead by a few threads.
pub struct Feed<T> {
    receiver: Option<Receiver<(u64, T)>>,
    early: BTreeMap<u64, T>,
    next: u64,
    threads: Vec<JoinHandle<()>>,
}

impl<T: Send + 'static> Feed<T> {
    /// Starts `threads` threads at item `first`.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn spawn(
        name: &str,
        threads: usize,
        first: u64,
        make: impl Fn(u64) -> T + Send + Sync + 'static,
    ) -> Result<Self, TrainError> {
        // One item per thread waits: the maker of the next one is never held up by its own.
        let (sender, receiver) = bounded(threads);
        let make = Arc::new(make);
        let claimed = Arc::new(AtomicU64::new(first));
        let mut handles = Vec::with_capacity(threads);
        for index in 0..threads {
            let (sender, make, claimed) = (sender.clone(), Arc::clone(&make), Arc::clone(&claimed));
            // Work that rayon shares out stays on this thread, so that training keeps its own.
            let work = move || {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
                let Ok(pool) = pool.build() else { return };
                loop {
                    // Relaxed: numbers only need to differ, nothing else is published with them.
                    let number = claimed.fetch_add(1, Ordering::Relaxed);
                    let item = pool.install(|| make(number));
                    if sender.send((number, item)).is_err() {
                        return;
                    }
                }
            };
            let spawned = Builder::new().name(format!("{name} {index}")).spawn(work);
            handles.push(spawned.map_err(TrainError::write(std::path::Path::new(name)))?);
        }
        let receiver = Some(receiver);
        Ok(Self { receiver, early: BTreeMap::new(), next: first, threads: handles })
    }

    /// The next item; waits for it.
    ///
    /// # Errors
    /// If a thread panicked.
    pub fn take(&mut self) -> Result<T, TrainError> {
        let receiver = self.receiver.as_ref().ok_or(TrainError::Feed)?;
        loop {
            if let Some(item) = self.early.remove(&self.next) {
                self.next += 1;
                return Ok(item);
            }
            // A panicked thread may hold the very item: waiting for the others would never end.
            if self.threads.iter().any(JoinHandle::is_finished) {
                return Err(TrainError::Feed);
            }
            if let Ok((number, item)) = receiver.recv_timeout(std::time::Duration::from_secs(1)) {
                self.early.insert(number, item);
            }
        }
    }
}

impl<T> Drop for Feed<T> {
    fn drop(&mut self) {
        // The receiver goes first: a thread that cannot send ends.
        self.receiver = None;
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_from_many_threads() {
        let make = |number: u64| {
            // Later items are often done first.
            let work = (0..(7 - number % 7) * 20_000).fold(number, |a, b| a.wrapping_mul(31) ^ b);
            (number, work)
        };
        let mut feed = Feed::spawn("numbers", 3, 5, make).unwrap();
        for number in 5..60 {
            assert_eq!(feed.take().unwrap(), make(number));
        }
    }

    #[test]
    fn a_failed_thread_is_reported_not_waited_for() {
        let make = |number: u64| {
            assert!(number < 3, "the third item fails");
            number
        };
        let mut feed = Feed::spawn("failing", 1, 0, make).unwrap();
        let mut taken = 0;
        while feed.take().is_ok() {
            taken += 1;
        }
        assert!(taken <= 3);
    }
}
