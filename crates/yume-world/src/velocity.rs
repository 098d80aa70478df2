//! The DiT as the velocity that a solver asks for.

use burn::tensor::Tensor;
use yume_nets::dit::{Context, Dit, DitInput, Plan};
use yume_sampler::Velocity;

/// The timestep of pure noise: the DiT is told `TIMESTEPS * sigma`.
pub const TIMESTEPS: f64 = 1000.0;

/// One segment's network: fixed conditioning, caption and plan.
pub(crate) struct DitVelocity<'a> {
    pub dit: &'a Dit,
    pub plan: &'a Plan,
    pub conditioning: Tensor<5>,
    pub context: &'a Context,
    pub negative: Option<&'a Context>,
}

impl DitVelocity<'_> {
    fn forward(&self, latents: Tensor<5>, sigma: f64, context: &Context) -> Tensor<5> {
        let input = DitInput {
            latents,
            conditioning: self.conditioning.clone(),
            timesteps: vec![sigma * TIMESTEPS],
        };
        self.dit.forward(input, context, self.plan)
    }
}

impl Velocity for DitVelocity<'_> {
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        self.forward(latents, sigma, self.context)
    }

    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        let negative =
            self.negative.expect("guidance asks for a negative prompt when it is set up");
        self.forward(latents, sigma, negative)
    }
}
