//! How long the window takes to draw, as a histogram of fixed size.

use std::{fmt, time::Duration};

/// Width of a bucket.
const BUCKET: Duration = Duration::from_micros(100);
/// Times of a second and more share the last bucket.
const BUCKETS: usize = 10_000;

/// What one redraw took.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameTime {
    /// From the start of the redraw to the return of present, without the wait for a free picture of the display. Where the
    /// processor draws, present returns when all is drawn.
    pub(super) work: Duration,
    /// The same with the wait.
    pub(super) whole: Duration,
}

/// The times of all redraws.
pub(super) struct FrameTimes {
    work: Histogram,
    whole: Histogram,
}

impl FrameTimes {
    pub(super) fn new() -> Self {
        Self { work: Histogram::new(), whole: Histogram::new() }
    }

    pub(super) fn add(&mut self, time: FrameTime) {
        self.work.add(time.work);
        self.whole.add(time.whole);
    }
}

impl fmt::Display for FrameTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (work, whole) = (&self.work, &self.whole);
        write!(f, "ui frame times: n={}", work.total)?;
        if work.total > 0 {
            write!(f, " {work} ms, with the wait for the display {whole} ms")?;
        }
        Ok(())
    }
}

struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Histogram {
    fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }

    fn add(&mut self, time: Duration) {
        let bucket = (time.as_nanos() / BUCKET.as_nanos()) as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.total += 1;
    }

    /// The time in milliseconds that `part` (0 to 1) of the frames stay within.
    fn percentile(&self, part: f64) -> f64 {
        let wanted = (self.total as f64 * part).ceil() as u64;
        let mut seen = 0;
        let bucket = self.counts.iter().position(|&count| {
            seen += u64::from(count);
            seen >= wanted
        });
        (bucket.unwrap_or(0) + 1) as f64 * BUCKET.as_secs_f64() * 1e3
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99] = [0.5, 0.99].map(|part| self.percentile(part));
        write!(f, "p50={p50:.1} p99={p99:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_upper_bounds_of_the_sorted_times() {
        let mut times = FrameTimes::new();
        for millis in 1..=100 {
            let work = Duration::from_millis(millis) - Duration::from_micros(50);
            times.add(FrameTime { work, whole: 2 * work });
        }
        let wanted = "ui frame times: n=100 p50=50.0 p99=99.0 ms, with the wait for the display p50=100.0 p99=198.0 ms";
        assert_eq!(times.to_string(), wanted);
    }

    #[test]
    fn a_frame_of_an_hour_is_counted_in_the_last_bucket() {
        let mut times = Histogram::new();
        times.add(Duration::from_secs(3600));
        assert_eq!(times.to_string(), "p50=1000.0 p99=1000.0");
    }

    #[test]
    fn a_window_that_was_never_drawn_has_no_times() {
        assert_eq!(FrameTimes::new().to_string(), "ui frame times: n=0");
    }
}
