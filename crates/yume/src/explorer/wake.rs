//! Wakes the event loop from other threads, at most once until it has looked.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// What reaches the event loop from other threads.
#[derive(Debug)]
pub(super) enum Wake {
    /// Someone has news; look everywhere.
    News,
    /// The graphics device is gone, with the driver's reason.
    DeviceLost(String),
}

/// Wakes the event loop; clones wake the same one.
#[derive(Clone)]
pub(super) struct Waker {
    bell: Arc<Bell>,
}

struct Bell {
    // The event loop's proxy is not `Sync` on every platform.
    send: Mutex<Box<dyn Fn(Wake) + Send>>,
    has_rung: AtomicBool,
}

impl Waker {
    /// `send` puts a message into the event loop's mailbox.
    pub(super) fn new(send: impl Fn(Wake) + Send + 'static) -> Self {
        let send = Mutex::new(Box::new(send) as Box<dyn Fn(Wake) + Send>);
        Self { bell: Arc::new(Bell { send, has_rung: AtomicBool::new(false) }) }
    }

    /// Says that there is news. Cheap when the loop has not looked since the last time.
    pub(super) fn ring(&self) {
        // AcqRel pairs with the swap in `looked`: whatever was made ready before this is seen by the look it causes.
        if !self.bell.has_rung.swap(true, Ordering::AcqRel) {
            self.send(Wake::News);
        }
    }

    /// The event loop is about to look; news from here on rings again.
    pub(super) fn looked(&self) {
        self.bell.has_rung.swap(false, Ordering::AcqRel);
    }

    pub(super) fn send(&self, wake: Wake) {
        let send = self.bell.send.lock().unwrap_or_else(PoisonError::into_inner);
        send(wake);
    }

    pub(super) fn boxed(&self) -> Box<dyn Fn() + Send + Sync> {
        let waker = self.clone();
        Box::new(move || waker.ring())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn much_news_rings_once_until_the_loop_has_looked() {
        let rung = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&rung);
        let waker = Waker::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let threads = [waker.clone(), waker.clone()].map(|waker| {
            std::thread::Builder::new().spawn(move || (0..100).for_each(|_| waker.ring())).unwrap()
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(rung.load(Ordering::Relaxed), 1);
        waker.looked();
        waker.boxed()();
        assert_eq!(rung.load(Ordering::Relaxed), 2);
    }
}
