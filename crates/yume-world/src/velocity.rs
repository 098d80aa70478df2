//! The DiT as the velocity that a solver asks for.

use burn::tensor::Tensor;
use yume_nets::dit::{CachePlan, Context, Dit, DitInput, FeatureCache, Plan};
use yume_sampler::Velocity;

use crate::trust::Trusted;

/// The timestep of pure noise: the DiT is told `TIMESTEPS * sigma`.
pub const TIMESTEPS: f64 = 1000.0;

/// Which blocks of the DiT are reused from pass to pass, by caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caches {
    /// With the caption.
    pub conditional: CachePlan,
    /// With the negative prompt.
    pub unconditional: CachePlan,
}

impl Caches {
    /// Nothing is reused.
    pub const NONE: Self = Self { conditional: CachePlan::NONE, unconditional: CachePlan::NONE };

    /// The same plan for both captions.
    pub fn both(plan: CachePlan) -> Self {
        Self { conditional: plan.clone(), unconditional: plan }
    }
}

/// One segment's network: fixed conditioning and plan, two captions, and what the blocks added last.
/// It is made for one segment and dropped with it, so no residual outlives what it was made from.
pub struct DitVelocity<'a> {
    dit: &'a Dit,
    plan: &'a Plan,
    conditioning: Tensor<5>, // [batch, 20, frames, height, width]
    caption: (&'a Context, FeatureCache),
    negative: Option<(&'a Context, FeatureCache)>,
    pair: Option<(Context, FeatureCache)>,
    trusted: Option<Trusted>,
}

impl<'a> DitVelocity<'a> {
    /// The velocity of one segment, or of a batch of them after histories of one length. Without
    /// `negative` it can only be asked with the caption.
    ///
    /// # Shapes
    /// - conditioning: `[batch, 4 + z, frames, height, width]`
    pub fn new(
        dit: &'a Dit,
        plan: &'a Plan,
        conditioning: Tensor<5>,
        (caption, negative): (&'a Context, Option<&'a Context>),
        caches: &Caches,
    ) -> Self {
        let unconditional = |context| (context, FeatureCache::new(caches.unconditional.clone()));
        Self {
            dit,
            plan,
            conditioning,
            caption: (caption, FeatureCache::new(caches.conditional.clone())),
            negative: negative.map(unconditional),
            pair: None,
            trusted: None,
        }
    }

    /// Leads what is `trusted` to its values, whatever the network says.
    #[must_use]
    pub(crate) fn trusting(self, trusted: Option<Trusted>) -> Self {
        Self { trusted, ..self }
    }

    fn led(&self, latents: &Tensor<5>, sigma: f64, v: Tensor<5>) -> Tensor<5> {
        match &self.trusted {
            Some(trusted) => trusted.lead(latents, sigma, v),
            None => v,
        }
    }

    /// Asks for both velocities in one pass over a batch twice as large, which takes more memory and wastes
    /// less of a wide device. Captions whose caches differ stay apart.
    #[must_use]
    pub fn in_pairs(mut self, caches: &Caches) -> Self {
        if let Some((negative, _)) = self.negative
            && caches.conditional == caches.unconditional
        {
            let context = self.caption.0.with(negative);
            self.pair = Some((context, FeatureCache::new(caches.conditional.clone())));
        }
        self
    }
}

/// What a pass reads; `copies` of every item of the batch differ only in their caption.
fn input(conditioning: &Tensor<5>, latents: Tensor<5>, sigma: f64, copies: usize) -> DitInput {
    let [batch, ..] = latents.dims();
    DitInput {
        latents: latents.repeat_dim(0, copies),
        conditioning: conditioning.clone().repeat_dim(0, copies),
        timesteps: vec![sigma * TIMESTEPS; copies * batch],
    }
}

impl Velocity for DitVelocity<'_> {
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        let input = input(&self.conditioning, latents.clone(), sigma, 1);
        let (context, cache) = &mut self.caption;
        let v = self.dit.forward_cached(input, context, self.plan, cache);
        self.led(&latents, sigma, v)
    }

    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        let input = input(&self.conditioning, latents.clone(), sigma, 1);
        let (context, cache) =
            self.negative.as_mut().expect("guidance comes with a negative prompt");
        let v = self.dit.forward_cached(input, context, self.plan, cache);
        self.led(&latents, sigma, v)
    }

    fn both(&mut self, latents: &Tensor<5>, sigma: f64) -> Option<(Tensor<5>, Tensor<5>)> {
        let (context, cache) = self.pair.as_mut()?;
        let [batch, ..] = latents.dims();
        let input = input(&self.conditioning, latents.clone(), sigma, 2);
        let v = self.dit.forward_cached(input, context, self.plan, cache);
        let [v, u] = [v.clone().narrow(0, 0, batch), v.narrow(0, batch, batch)];
        Some((self.led(latents, sigma, v), self.led(latents, sigma, u)))
    }
}
