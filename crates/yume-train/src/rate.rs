//! The learning rate of a step.

use serde::{Deserialize, Serialize};

/// Rises to its peak, stays there, and falls in a straight line until the last step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The highest rate.
    pub peak: f64,
    /// Steps until it is reached.
    pub warmup: u64,
    /// Part of the run, 0 to 1, after which it falls.
    pub hold: f64,
    /// Part of the peak that is left at the end.
    pub last: f64,
}

impl Rate {
    /// The rate of step `step` of `steps`, counted from 0.
    pub fn at(&self, step: u64, steps: u64) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let begin = (self.hold * steps as f64).max(self.warmup as f64);
        let length = (steps as f64 - begin).max(1.0);
        let fallen = ((step as f64 - begin) / length).clamp(0.0, 1.0);
        self.peak * (1.0 - fallen * (1.0 - self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_holds_and_falls() {
        let rate = Rate { peak: 1.0, warmup: 10, hold: 0.6, last: 0.1 };
        for (step, expected) in [(0, 0.1), (9, 1.0), (10, 1.0), (60, 1.0), (80, 0.55), (100, 0.1)] {
            let got = rate.at(step, 100);
            assert!((got - expected).abs() < 1e-9, "step {step}: {got} is not {expected}");
        }
        assert!(rate.at(500, 100) > 0.0);
    }
}
