//! Ways to sample that a person can choose without knowing solvers.

use yume_checkpoint::ModelSpec;
use yume_sampler::{Guidance, Solver};

use crate::Options;

/// Fewest steps of [`Preset::Quality`]: as many as the paper's distilled model has.
const QUALITY_STEPS: usize = 14;
/// Steps of [`Preset::Paper`].
const PAPER_STEPS: usize = 50;

/// A way to sample, with its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A first look.
    Draft,
    /// The choice of the model's makers.
    Fast,
    /// More steps, each second one taken again after a look ahead.
    Quality,
    /// The paper's most obedient sampler.
    Paper,
}

impl Preset {
    /// All of them, the cheapest first.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Fast, Self::Quality, Self::Paper];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Fast => "Fast",
            Self::Quality => "Quality",
            Self::Paper => "Paper",
        }
    }

    /// One sentence for the person who chooses.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Draft => "Half the model's own steps, without guidance: a first look.",
            Self::Fast => "The model's own choice.",
            Self::Quality => "At least 14 steps, every second one corrected by a look ahead.",
            Self::Paper => "50 steps of time travel with fresh noise, as in the paper.",
        }
    }

    /// What it means for a model. [`Options::evaluations`] is its price: a segment takes about the
    /// seconds of one network pass times that, and the seconds of decoding.
    pub fn options(self, spec: &ModelSpec) -> Options {
        let own = Options::of(spec);
        match self {
            Self::Draft => {
                Options { steps: own.steps.div_ceil(2), guidance: Guidance::None, ..own }
            }
            Self::Fast => own,
            Self::Quality => Options {
                steps: own.steps.max(QUALITY_STEPS),
                solver: Solver::time_travel_ode(Solver::SCRIPT),
                ..own
            },
            Self::Paper => Options {
                steps: PAPER_STEPS,
                solver: Solver::time_travel_sde(Solver::PAPER),
                ..own
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_of_the_published_model_cost_what_the_paper_counts() {
        let spec = ModelSpec::yume_i2v_540p();
        let price = |preset: Preset| preset.options(&spec).evaluations(&spec).unwrap();
        assert_eq!(Preset::ALL.map(price), [25, 100, 148, 178]);
    }

    #[test]
    fn a_dearer_preset_never_costs_less() {
        let mut spec = ModelSpec::yume_i2v_540p();
        for steps in [1, 2, 4, 14, 50] {
            for guidance in [1.0, 5.0] {
                (spec.sampler.steps, spec.sampler.guidance) = (steps, guidance);
                let prices =
                    Preset::ALL.map(|preset| preset.options(&spec).evaluations(&spec).unwrap());
                assert!(prices.is_sorted() && prices[0] > 0, "{steps} steps: {prices:?}");
            }
        }
    }
}
