//! When the next frame is due: one per period, and never a burst to catch up.

use std::time::{Duration, Instant};

pub(crate) struct Playhead {
    period: Duration,
    due: Option<Instant>,
}

impl Playhead {
    pub(crate) fn new(fps: f32) -> Self {
        Self { period: Duration::from_secs_f64(1.0 / f64::from(fps)), due: None }
    }

    /// When the next frame is due, if that is after `now`.
    pub(crate) fn wait(&self, now: Instant) -> Option<Instant> {
        self.due.filter(|due| *due > now)
    }

    /// A frame is shown at `now`; returns when the next one is due. Less than a period of delay is
    /// made good, so that a coarse clock does not slow the walk; more is forgotten.
    pub(crate) fn show(&mut self, now: Instant) -> Instant {
        let is_on_time =
            |due: &Instant| now.checked_duration_since(*due).is_none_or(|late| late < self.period);
        let next = self.due.filter(is_on_time).unwrap_or(now) + self.period;
        self.due = Some(next);
        next
    }

    /// Lets the first frame of a new world be due at once.
    pub(crate) fn restart(&mut self) {
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows a frame at each of `ticks` (ms) that finds one due; returns the times it was shown at.
    fn shown_at(ticks: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let zero = Instant::now();
        let mut playhead = Playhead::new(10.0);
        let mut shown = Vec::new();
        for tick in ticks {
            let now = zero + Duration::from_millis(tick);
            if playhead.wait(now).is_none() {
                playhead.show(now);
                shown.push(tick);
            }
        }
        shown
    }

    #[test]
    fn one_frame_a_period_whatever_the_ticks() {
        assert_eq!(shown_at((0..1000).step_by(100)).len(), 10);
        assert_eq!(shown_at(0..1000).len(), 10);
        assert_eq!(shown_at([0, 16, 33, 50, 66, 83, 99, 100]), [0, 100]);
    }

    #[test]
    fn small_delays_do_not_add_up() {
        // A 60 Hz display: every tick is late by up to 16 ms, yet ten periods take ten periods.
        let shown = shown_at((0..=63).map(|tick| tick * 1000 / 60));
        assert_eq!(shown.len(), 11);
        assert!((1000..1017).contains(&shown[10]), "{shown:?}");
    }

    #[test]
    fn a_stall_is_not_made_good() {
        let stalled = [0, 100].into_iter().chain(5000..5500);
        assert_eq!(shown_at(stalled), [0, 100, 5000, 5100, 5200, 5300, 5400]);
    }
}
