//! What segments took, and what others would take.

use std::sync::{Arc, Mutex, PoisonError};

use yume_world::SegmentTimes;

/// A prediction rests on so many of the newest segments.
const NEWEST: usize = 5;

/// How long the stages of each finished segment took, readable while the generator is driven.
#[derive(Clone, Debug, Default)]
pub struct Times(Arc<Mutex<Vec<SegmentTimes>>>);

impl Times {
    /// One entry per segment, in order.
    pub fn all(&self) -> Vec<SegmentTimes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seconds that a segment with `evaluations` network passes would take: its passes as long as
    /// those of late, and everything else as it was. `None` before the first segment.
    pub fn predict(&self, evaluations: usize) -> Option<f64> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = &taken[taken.len().saturating_sub(NEWEST)..];
        let middle = |seconds: fn(&SegmentTimes) -> f64| {
            let mut all: Vec<f64> = newest.iter().map(seconds).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied()
        };
        let pass = middle(|taken| taken.sampling.as_secs_f64() / taken.evaluations.max(1) as f64)?;
        let rest = middle(|taken| (taken.text + taken.decoding).as_secs_f64())?;
        Some(pass * evaluations as f64 + rest)
    }

    pub(crate) fn push(&self, times: SegmentTimes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(times);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn passes_count_and_the_rest_stays() {
        let times = Times::default();
        assert_eq!(times.predict(4), None);
        let secs = Duration::from_secs_f64;
        // A segment that was slow for another reason does not count for much.
        for (sampling, decoding, evaluations) in
            [(90.0, 70.0, 1), (0.4, 0.1, 4), (0.4, 0.1, 4), (2.0, 0.1, 20), (5.0, 9.0, 4)]
        {
            let [sampling, decoding] = [sampling, decoding].map(secs);
            times.push(SegmentTimes { text: secs(0.05), sampling, evaluations, decoding });
        }
        for (evaluations, wanted) in [(1, 0.25), (4, 0.55), (89, 9.05)] {
            let predicted = times.predict(evaluations).unwrap();
            assert!((predicted - wanted).abs() < 1e-9, "{evaluations}: {predicted}");
        }
        assert_eq!(times.all().len(), 5);
    }
}
