//! How far reused blocks lead the velocity astray, along a segment that is sampled without reuse.

use burn::tensor::Tensor;
use yume_sampler::Velocity;

use crate::DitVelocity;

/// The squared error of velocities, and their squared length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deviation {
    error: f64,
    length: f64,
}

impl Deviation {
    /// The relative L2 error over everything that was added; `None` if that is nothing.
    pub fn relative(self) -> Option<f64> {
        (self.length > 0.0).then(|| (self.error / self.length).sqrt())
    }

    /// That of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { error: self.error + other.error, length: self.length + other.length }
    }

    fn add(&mut self, found: Tensor<5>, exact: Tensor<5>) {
        let squared = |t: Tensor<5>| f64::from((t.clone() * t).sum().into_scalar::<f32>());
        self.error += squared(found - exact.clone());
        self.length += squared(exact);
    }
}

/// What a plan of the feature cache does to the velocities of a segment, by caption.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Astray {
    /// With the caption.
    pub conditional: Deviation,
    /// With the negative prompt; nothing without guidance.
    pub unconditional: Deviation,
}

/// A network without reuse, and the same network with each of some plans at its side.
pub(crate) struct Probe<'a> {
    /// Decides where the segment goes.
    pub exact: DitVelocity<'a>,
    /// Asked the same, and not obeyed.
    pub reusing: Vec<(DitVelocity<'a>, Astray)>,
}

impl Velocity for Probe<'_> {
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        let exact = self.exact.conditional(latents.clone(), sigma);
        for (velocity, astray) in &mut self.reusing {
            let found = velocity.conditional(latents.clone(), sigma);
            astray.conditional.add(found, exact.clone());
        }
        exact
    }

    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        let exact = self.exact.unconditional(latents.clone(), sigma);
        for (velocity, astray) in &mut self.reusing {
            let found = velocity.unconditional(latents.clone(), sigma);
            astray.unconditional.add(found, exact.clone());
        }
        exact
    }
}
