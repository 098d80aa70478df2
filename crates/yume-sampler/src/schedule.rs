//! The noise levels of a sampling run.

/// Falling noise levels; the last step goes to 0, which is not in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    sigmas: Vec<f64>,
}

/// A schedule that would not lead from noise to latents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScheduleError {
    /// There is no step to take.
    NoSteps,
    /// The shift is not a positive number.
    Shift(f64),
    /// The first noise level is not above 0 and at most 1.
    Begin(f64),
}

impl std::fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSteps => write!(f, "sampling needs at least one step; ask for 1 or more"),
            Self::Shift(shift) => {
                write!(f, "a schedule cannot be shifted by {shift}; use a number above 0")
            }
            Self::Begin(sigma) => {
                write!(
                    f,
                    "sampling cannot begin at noise level {sigma}; use one above 0, at most 1"
                )
            }
        }
    }
}

impl std::error::Error for ScheduleError {}

impl Schedule {
    /// `sigma = shift s / (1 + (shift - 1) s)` for evenly falling `s` (Yume 1.0: shift 3).
    ///
    /// # Errors
    /// If there are no steps, or `shift` is not a positive number.
    pub fn shifted(steps: usize, shift: f64) -> Result<Self, ScheduleError> {
        Self::from(1.0, steps, shift)
    }

    /// The same from noise level `begin` on, which is above 0 and at most 1.
    ///
    /// # Errors
    /// If there are no steps, or `shift` or `begin` is out of range.
    pub fn from(begin: f64, steps: usize, shift: f64) -> Result<Self, ScheduleError> {
        if steps == 0 {
            return Err(ScheduleError::NoSteps);
        }
        if !(shift.is_finite() && shift > 0.0) {
            return Err(ScheduleError::Shift(shift));
        }
        if !(begin > 0.0 && begin <= 1.0) {
            return Err(ScheduleError::Begin(begin));
        }
        let first = begin / (shift - (shift - 1.0) * begin);
        let sigma = |i| {
            let s = first * (1.0 - i as f64 / steps as f64);
            shift * s / (1.0 + (shift - 1.0) * s)
        };
        Ok(Self { sigmas: (0..steps).map(sigma).collect() })
    }

    /// The noise level before each step.
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.sigmas.len()
    }

    /// The noise level after step `i`; 0 after the last.
    pub fn after(&self, i: usize) -> f64 {
        self.sigmas.get(i + 1).copied().unwrap_or(0.0)
    }

    /// The noise level of the history after step `i`: it never becomes clean.
    pub fn history_after(&self, i: usize) -> f64 {
        self.sigmas[(i + 1).min(self.sigmas.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_schedules() {
        let check = |steps, expected: &[(usize, f64)]| {
            let schedule = Schedule::shifted(steps, 3.0).unwrap();
            for &(i, sigma) in expected {
                assert!((schedule.sigmas()[i] - sigma).abs() < 1e-6, "step {i} of {steps}");
            }
        };
        check(50, &[(0, 1.0), (1, 0.993_243), (2, 0.986_301), (48, 0.111_111), (49, 0.057_692)]);
        check(14, &[(0, 1.0), (1, 0.975), (2, 0.947_368), (13, 0.1875)]);
    }

    #[test]
    fn the_segment_ends_clean_and_the_history_does_not() {
        let schedule = Schedule::shifted(4, 7.0).unwrap();
        assert_eq!(schedule.after(3), 0.0);
        assert_eq!(schedule.history_after(3), schedule.sigmas()[3]);
        assert_eq!(schedule.history_after(0), schedule.after(0));
    }

    #[test]
    fn a_later_begin_is_the_rest_of_a_longer_schedule() {
        let (whole, rest) = (Schedule::shifted(8, 3.0), Schedule::from(0.75, 4, 3.0));
        let (whole, rest) = (whole.unwrap(), rest.unwrap());
        assert_eq!(whole.sigmas()[4], 0.75);
        for (a, b) in whole.sigmas()[4..].iter().zip(rest.sigmas()) {
            assert!((a - b).abs() < 1e-12, "{whole:?}, {rest:?}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for begin in [0.0, -0.5, 1.5, f64::NAN] {
            assert!(matches!(Schedule::from(begin, 4, 3.0), Err(ScheduleError::Begin(_))));
        }
        assert_eq!(Schedule::shifted(0, 3.0), Err(ScheduleError::NoSteps));
        for shift in [0.0, -1.0, f64::INFINITY] {
            assert_eq!(Schedule::shifted(4, shift), Err(ScheduleError::Shift(shift)));
        }
        assert!(Schedule::shifted(4, f64::NAN).is_err());
    }
}
