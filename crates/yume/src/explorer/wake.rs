//! Wakes the event loop from other threads, at most once until it has looked.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use winit::event_loop::EventLoopProxy;

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
    // The proxy is not `Sync` on every platform.
    proxy: Mutex<EventLoopProxy<Wake>>,
    has_rung: AtomicBool,
}

impl Waker {
    pub(super) fn new(proxy: EventLoopProxy<Wake>) -> Self {
        Self { bell: Arc::new(Bell { proxy: Mutex::new(proxy), has_rung: AtomicBool::new(false) }) }
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
        let proxy = self.bell.proxy.lock().unwrap_or_else(PoisonError::into_inner);
        // Fails only when the loop has ended, and then nobody waits for news.
        let _ = proxy.send_event(wake);
    }

    pub(super) fn boxed(&self) -> Box<dyn Fn() + Send + Sync> {
        let waker = self.clone();
        Box::new(move || waker.ring())
    }
}
