//! How segments are sampled, and what that costs.

use yume_checkpoint::{ModelSpec, SamplerDefaults};
use yume_sampler::{Aam, Guidance, Plan, Schedule, Slips, Solver};

use crate::{Caches, WorldError};

/// Pixels of a frame along one edge of a latent pixel.
pub(crate) const PIXELS_PER_LATENT: usize = 8;

/// How segments are sampled; [`Options::of`] is the model's own choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Steps of the schedule.
    pub steps: usize,
    /// Shift of the schedule.
    pub shift: f64,
    /// The rule between two noise levels.
    pub solver: Solver,
    /// Where the negative prompt counts: the network runs twice there.
    pub guidance: Guidance,
    /// A second pass that keeps what the first did coarsely. The first pass has no guidance then.
    pub aam: Option<Aam>,
    /// Blocks that are reused from pass to pass.
    pub caches: Caches,
    /// What the frames to come are guessed from is the last frame alone, not everything seen so far.
    pub forgets: bool,
    /// Both captions in one pass; for devices with room for two.
    pub in_pairs: bool,
}

impl Options {
    /// The choice of a model's makers.
    pub fn of(spec: &ModelSpec) -> Self {
        let SamplerDefaults { steps, shift, guidance } = spec.sampler;
        Self {
            steps,
            shift,
            solver: Solver::Euler,
            guidance: Guidance::of(guidance),
            aam: None,
            caches: Caches::NONE,
            forgets: false,
            in_pairs: false,
        }
    }

    /// Network evaluations per segment (NFE).
    ///
    /// # Errors
    /// If there are no steps, or the shift makes no schedule.
    pub fn evaluations(&self, spec: &ModelSpec) -> Result<usize, WorldError> {
        let (first, second) = self.plans(1.0)?;
        let (height, width) = (spec.frame.height, spec.frame.width);
        let edge = |pixels: usize| pixels / PIXELS_PER_LATENT;
        Ok(match &self.aam {
            None => second.evaluations(),
            Some(aam) => aam.evaluations(&first, &second, edge(height), edge(width)),
        })
    }

    /// The first pass of two, and the second or only one, from noise level `begin` on.
    pub(crate) fn plans(&self, begin: f64) -> Result<(Plan, Plan), WorldError> {
        let schedule = Schedule::from(begin, self.steps, self.shift)?;
        let slips = Slips::Mended;
        let plan = Plan { schedule, solver: self.solver, guidance: self.guidance, slips };
        Ok((Plan { guidance: Guidance::None, ..plan.clone() }, plan))
    }
}
