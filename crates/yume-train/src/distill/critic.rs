//! The discriminator at work: the frozen teacher looks at noised latents, the heads judge what its
//! blocks make of them.

use std::path::Path;

use burn::module::Module as _;
use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::Names;
use yume_nets::Scope;
use yume_nets::dit::{Dit, DitInput, Plan};
use yume_world::TIMESTEPS;

use super::config::Adversary;
use super::heads::{Heads, Logits, hinge, suspicion};
use super::segments::Segments;
use crate::TrainError;
use crate::dice::{Dice, Purpose};
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::run::CHECKPOINT;
use crate::shards::Shards;

/// The discriminator and its training.
pub(super) struct Critic {
    pub(super) config: Adversary,
    /// The teacher, through which gradients pass on to latents.
    pub(super) eye: Dit,
    pub(super) heads: Heads,
    pub(super) names: Names,
    pub(super) optimizer: Optimizer,
}

/// The noise that one batch is looked at with: real and fake get the same.
#[derive(Clone, Debug)]
pub(super) struct Glance {
    sigma: f32,
    noise: Tensor<5>,
}

/// A critic that no longer learns, for one part of a batch.
pub(super) struct Judge {
    eye: Dit,
    heads: Heads,
    glance: Glance,
    blocks: Vec<usize>,
}

impl Glance {
    /// As the dice fall.
    pub(super) fn random(config: &Adversary, segments: &Segments, dice: &mut Dice) -> Self {
        let [least, most] = config.sigma;
        let sigma = least + (most - least) * dice.unit();
        let shape = segments.noise.dims();
        let values = TensorData::new(dice.normals(shape.iter().product()), shape);
        let device: Device = segments.noise.device();
        Self { sigma, noise: Tensor::from_data(values, (&device, DType::F32)) }
    }

    fn part(&self, first: usize, count: usize) -> Self {
        Self { sigma: self.sigma, noise: self.noise.clone().narrow(0, first, count) }
    }

    /// What `eye` makes of `latents`, the segments after their histories.
    fn features(
        &self,
        eye: &Dit,
        plan: &Plan,
        segments: &Segments,
        latents: Tensor<5>,
        blocks: &[usize],
    ) -> Vec<Tensor<4>> {
        let clean = Tensor::cat(vec![segments.history.clone(), latents], 2);
        let [batch, ..] = clean.dims();
        let input = DitInput {
            latents: clean * (1.0 - self.sigma) + self.noise.clone() * self.sigma,
            conditioning: segments.conditioning.clone(),
            timesteps: vec![f64::from(self.sigma) * TIMESTEPS; batch],
        };
        eye.features(input, &segments.context(eye), plan, blocks)
    }
}

impl Critic {
    /// What the names of its parameters begin with.
    pub(super) const PREFIX: &str = "heads.";

    /// The first parameters of the heads for tokens of `dim` channels.
    pub(super) fn fresh(config: &Adversary, dim: usize, seed: u64) -> Parameters {
        let seed = Dice::new(seed, Purpose::Critic, 0).bits();
        Parameters::fresh(seed, |scope| heads(scope, config, dim))
    }

    /// A critic that sees through `eye`, on an autodiff `device`.
    ///
    /// # Errors
    /// If `parameters` are not those of the heads of this configuration.
    pub(super) fn new(
        config: &Adversary,
        eye: Dit,
        dim: usize,
        device: &Device,
        parameters: &Parameters,
    ) -> Result<Self, TrainError> {
        let path = Path::new(CHECKPOINT);
        let (heads, names) = parameters.build(device, path, |scope| heads(scope, config, dim))?;
        let optimizer = Optimizer::new(config.optimizer.clone(), &heads, names.clone());
        Ok(Self { config: config.clone(), eye: eye.no_grad(), heads, names, optimizer })
    }

    /// Learns to tell `real` latents from `fake` ones; returns its loss.
    ///
    /// `plain` is the teacher without autodiff, and `plan` lives where it does.
    ///
    /// # Errors
    /// If its loss is no number.
    pub(super) fn learn(
        &mut self,
        shards: &Shards,
        (plain, plan): (&Dit, &Plan),
        segments: &Segments,
        (real, fake): (Tensor<5>, Tensor<5>),
        (glance, step, steps): (&Glance, u64, u64),
    ) -> Result<f32, TrainError> {
        let blocks = &self.config.blocks;
        let seen = |latents| glance.features(plain, plan, segments, latents, blocks);
        let (real, fake) = (seen(real), seen(fake));
        let [batch, ..] = segments.noise.dims();
        let parts = shards.parts(batch, |first, count| {
            let part = |features: &[Tensor<4>]| -> Vec<Tensor<4>> {
                let part = |x: &Tensor<4>| x.clone().narrow(0, first, count).autodiff();
                features.iter().map(part).collect()
            };
            (part(&real), part(&fake))
        });
        let (loss, gradients) = shards.gradients(&self.heads, parts, |heads, (real, fake)| {
            hinge(heads.forward(&real), heads.forward(&fake))
        });
        let rate = self.config.rate.at(step, steps);
        let (heads, norm) = self.optimizer.step(self.heads.clone(), gradients, rate, step);
        if !loss.is_finite() || !norm.is_finite() {
            return Err(TrainError::Diverged { step });
        }
        self.heads = heads;
        Ok(loss)
    }

    /// What judges the part of a batch that begins with item `first` and has `count`.
    pub(super) fn judge(&self, glance: &Glance, first: usize, count: usize) -> Judge {
        let Glance { sigma, noise } = glance.part(first, count);
        Judge {
            eye: self.eye.clone(),
            heads: self.heads.clone().no_grad(),
            glance: Glance { sigma, noise: noise.autodiff() },
            blocks: self.config.blocks.clone(),
        }
    }
}

fn heads(scope: &mut Scope<'_>, config: &Adversary, dim: usize) -> Heads {
    let channels = [dim, config.width, config.outputs];
    Heads::init(&mut scope.sub("heads"), config.blocks.len(), channels)
}

impl Judge {
    /// How little of `latents` is taken for real.
    pub(super) fn suspicion(
        &self,
        plan: &Plan,
        segments: &Segments,
        latents: Tensor<5>,
    ) -> Tensor<1> {
        suspicion(self.judged(plan, segments, latents))
    }

    fn judged(&self, plan: &Plan, segments: &Segments, latents: Tensor<5>) -> Logits {
        let seen = self.glance.features(&self.eye, plan, segments, latents, &self.blocks);
        self.heads.forward(&seen)
    }
}
