//! How a segment is sampled, and what that costs.

use crate::{Guidance, Schedule, Slips, Solver};

/// How a segment is sampled.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The noise levels.
    pub schedule: Schedule,
    /// The rule between them.
    pub solver: Solver,
    /// Where the negative prompt counts.
    pub guidance: Guidance,
    /// What becomes of the slips of the published script.
    pub slips: Slips,
}

impl Plan {
    /// Network evaluations of one segment (NFE), the unconditional ones included.
    pub fn evaluations(&self) -> usize {
        self.evaluations_from(0)
    }

    /// Those that are left when `first` steps need not be taken.
    pub(crate) fn evaluations_from(&self, first: usize) -> usize {
        let steps = self.schedule.steps();
        let of_one = |step: usize| self.guidance.evaluations(self.schedule.sigmas()[step]);
        let of_step = |i| of_one(i) + self.solver.ahead(i, steps).map(of_one).sum::<usize>();
        (first..steps).map(of_step).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: usize, solver: Solver, guidance: Guidance) -> Plan {
        let schedule = Schedule::shifted(steps, 3.0).unwrap();
        Plan { schedule, solver, guidance, slips: Slips::Mended }
    }

    #[test]
    fn evaluations_of_published_runs() {
        let guided = Guidance::of(5.0);
        for (steps, solver, guidance, expected) in [
            (50, Solver::Euler, guided, 100),
            (50, Solver::Sde { eta: 0.3 }, guided, 100),
            (50, Solver::time_travel_ode(Solver::SCRIPT), guided, 148),
            (50, Solver::time_travel_sde(Solver::PAPER), guided, 178),
            (14, Solver::Euler, guided, 28),
            (14, Solver::Euler, Guidance::None, 14),
            (1, Solver::time_travel_ode(Solver::PAPER), Guidance::None, 1),
            (2, Solver::time_travel_ode(Solver::SCRIPT), Guidance::None, 2),
            (3, Solver::time_travel_ode(Solver::SCRIPT), Guidance::None, 4),
            (4, Solver::TimeTravel { eta: 0.0, look_ahead: 0, interval: 0 }, Guidance::None, 4),
        ] {
            let plan = plan(steps, solver, guidance);
            assert_eq!(plan.evaluations(), expected, "{steps} steps of {solver:?}");
        }
    }

    #[test]
    fn an_interval_of_guidance_saves_evaluations() {
        // Four even steps: 1, 3/4, 1/2, 1/4; two of them within the interval.
        let guidance = Guidance::Between { scale: 5.0, low: 0.5, high: 0.8 };
        let schedule = Schedule::shifted(4, 1.0).unwrap();
        let plan = Plan { schedule, solver: Solver::Euler, guidance, slips: Slips::Mended };
        assert_eq!(plan.evaluations(), 6);
    }
}
