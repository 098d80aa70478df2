//! Events on their way to the main thread, and the closure that wakes it.

use std::collections::VecDeque;
use std::mem;

use crate::Event;
use crate::lock::Guarded;

/// Events kept for a main thread that does not read them; then the oldest go. Progress takes one
/// place however often it comes, so this is hours of segments.
const EVENTS: usize = 256;

/// A bounded list of events. Posting never waits.
pub(crate) struct Mailbox {
    events: Guarded<VecDeque<Event>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Mailbox {
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { events: Guarded::new(VecDeque::new()), wake: Box::new(wake) }
    }

    pub(crate) fn post(&self, event: Event) {
        {
            let mut events = self.events.lock();
            let is_newer_progress = matches!(event, Event::Progress(_))
                && matches!(events.back(), Some(Event::Progress(_)));
            if is_newer_progress || events.len() == EVENTS {
                let stale = if is_newer_progress { events.len() - 1 } else { 0 };
                events.remove(stale);
            }
            events.push_back(event);
        }
        self.wake();
    }

    pub(crate) fn take(&self) -> VecDeque<Event> {
        mem::take(&mut *self.events.lock())
    }

    pub(crate) fn wake(&self) {
        (self.wake)();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;
    use crate::{Progress, Stage};

    fn progress(step: u32) -> Event {
        Event::Progress(Progress { stage: Stage::Sampling, step, steps: 900 })
    }

    #[test]
    fn newer_progress_replaces_older_and_every_post_wakes() {
        let wakes = Arc::new(AtomicUsize::new(0));
        let mailbox = Mailbox::new({
            let wakes = Arc::clone(&wakes);
            move || {
                wakes.fetch_add(1, Relaxed);
            }
        });
        mailbox.post(Event::Ready);
        (0..900).for_each(|step| mailbox.post(progress(step)));
        mailbox.post(Event::Begun);
        mailbox.post(progress(1));
        assert_eq!(mailbox.take(), [Event::Ready, progress(899), Event::Begun, progress(1)]);
        assert!(mailbox.take().is_empty(), "events are taken once");
        assert_eq!(wakes.load(Relaxed), 903);
    }

    #[test]
    fn an_unread_mailbox_stays_bounded_and_keeps_the_newest() {
        let mailbox = Mailbox::new(|| {});
        (0..1000).for_each(|round| mailbox.post(Event::Failed(format!("{round}"))));
        let events = mailbox.take();
        assert_eq!(events.len(), EVENTS);
        assert_eq!(events.back(), Some(&Event::Failed("999".to_owned())));
    }
}
