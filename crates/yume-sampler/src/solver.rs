//! The rules that lead from one noise level to the next (`fastvideo/sample/sample_tts.py` of
//! Yume 1.0, lines 684 to 868, and Algorithm 3 of the paper).

use std::ops::Range;

/// The rule between two noise levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Solver {
    /// Along the velocity.
    Euler,
    /// Along the velocity, with noise taken away and as much fresh noise added at every step.
    Sde {
        /// How much; 0 is [`Solver::Euler`].
        eta: f32,
    },
    /// Every so many steps looks ahead, comes back, and takes the step again with the velocity that
    /// it found there. That step has no fresh noise, as in the published script.
    TimeTravel {
        /// How much fresh noise, as in [`Solver::Sde`]; 0 for none.
        eta: f32,
        /// Steps to the noise level looked at, the first of them included: `look_ahead - 1` more
        /// velocities per look.
        look_ahead: usize,
        /// Steps from one look to the next.
        interval: usize,
    },
}

/// What becomes of the slips of the published script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slips {
    /// A look ahead that finds nothing leaves the step as it was, the history has the segment's
    /// noise level while looking ahead, and the last step of an SDE ends at the clean estimate.
    #[default]
    Mended,
    /// As published, for comparison: a look ahead that finds nothing repeats the velocity of the
    /// last one, it begins with the history at the noise level of its end, and the last step of an
    /// SDE takes noise away without adding any.
    Published,
}

impl Solver {
    /// The published script's amount of fresh noise.
    pub const ETA: f32 = 0.3;
    /// Look-ahead and interval of the published script.
    pub const SCRIPT: (usize, usize) = (2, 2);
    /// Look-ahead and interval of the paper's Algorithm 3.
    pub const PAPER: (usize, usize) = (5, 5);

    /// Time travel without fresh noise.
    pub fn time_travel_ode((look_ahead, interval): (usize, usize)) -> Self {
        Self::TimeTravel { eta: 0.0, look_ahead, interval }
    }

    /// Time travel with fresh noise.
    pub fn time_travel_sde((look_ahead, interval): (usize, usize)) -> Self {
        Self::TimeTravel { eta: Self::ETA, look_ahead, interval }
    }

    /// How much fresh noise it adds.
    pub fn eta(self) -> f32 {
        match self {
            Self::Euler => 0.0,
            Self::Sde { eta } | Self::TimeTravel { eta, .. } => eta,
        }
    }

    /// Whether step `i` is one that looks ahead.
    pub(crate) fn looks(self, i: usize) -> bool {
        match self {
            Self::Euler | Self::Sde { .. } => false,
            // An interval of 0 is one of 1: every step.
            Self::TimeTravel { interval, .. } => i.is_multiple_of(interval.max(1)),
        }
    }

    /// The step whose noise level a look from step `i` of `steps` leads to: at most the last one.
    pub(crate) fn horizon(self, i: usize, steps: usize) -> usize {
        match self {
            Self::Euler | Self::Sde { .. } => i,
            Self::TimeTravel { look_ahead, .. } => i.saturating_add(look_ahead).min(steps - 1),
        }
    }

    /// The steps whose velocity is asked for ahead of step `i` of `steps`; may be none.
    pub(crate) fn ahead(self, i: usize, steps: usize) -> Range<usize> {
        if self.looks(i) { i + 1..self.horizon(i, steps) } else { 0..0 }
    }
}
