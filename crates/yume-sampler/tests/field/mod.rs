//! Velocity fields that are known in full, and what they are sampled from.

#![allow(unreachable_pub, reason = "shared by tests")]

use burn::tensor::{Device, Tensor};
use yume_sampler::{Material, Noise, Velocity};

pub fn largest(a: Tensor<5>) -> f32 {
    a.abs().max().into_scalar::<f32>()
}

/// Three known frames, two to come, and the data that they should become.
pub struct Ground {
    pub history: Tensor<5>,
    pub clean: Tensor<5>,
    pub noise: Tensor<5>,
}

impl Ground {
    pub fn new() -> Self {
        Self::of_size(4, 6)
    }

    /// One with many values.
    #[allow(dead_code, reason = "not every test needs many")]
    pub fn wide() -> Self {
        Self::of_size(25, 40)
    }

    fn of_size(height: usize, width: usize) -> Self {
        let (mut noise, device) = (Noise::new(1, 0), Device::flex());
        Self {
            history: noise.draw([1, 2, 3, height, width], &device),
            clean: noise.draw([1, 2, 2, height, width], &device),
            noise: noise.draw([1, 2, 5, height, width], &device),
        }
    }

    pub fn history_noise(&self) -> Tensor<5> {
        self.noise.clone().narrow(2, 0, 3)
    }

    pub fn segment_noise(&self) -> Tensor<5> {
        self.noise.clone().narrow(2, 3, 2)
    }

    pub fn material<'a>(
        &'a self,
        fresh: &'a mut dyn FnMut([usize; 5]) -> Tensor<5>,
    ) -> Material<'a> {
        Material { history: &self.history, noise: self.noise.clone(), near: None, fresh }
    }
}

/// Noise of any shape, the same for every sampling.
pub fn fresh() -> impl FnMut([usize; 5]) -> Tensor<5> {
    let mut noise = Noise::new(1, 1);
    move |shape| noise.draw(shape, &Device::flex())
}

/// Which field.
#[derive(Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "not every test needs each")]
pub enum Kind {
    /// `noise - data`, wherever it is asked for: the straight line between the two.
    Constant,
    /// `(x - data) / sigma`: the same on that line, and back to the data from everywhere else.
    Pointwise,
    /// One whose paths are not straight.
    Bent,
}

/// A field that leads to one clean sample.
pub struct Point {
    kind: Kind,
    clean: Tensor<5>,
    constant: Tensor<5>,
    /// What is added to the unconditional velocity.
    pub offset: f32,
    /// Whether both velocities are given at once.
    pub in_pairs: bool,
    /// How often it was asked.
    pub asked: usize,
    /// Noise level and history of every conditional question.
    pub seen: Vec<(f64, Tensor<5>)>,
    /// The segment of every conditional question.
    pub segments: Vec<Tensor<5>>,
    /// The noise in the last conditional question, taking the sample as its clean part.
    pub last_noise: Option<Tensor<5>>,
}

impl Point {
    pub fn towards(ground: &Ground, kind: Kind) -> Self {
        Self {
            kind,
            clean: ground.clean.clone(),
            constant: ground.segment_noise() - ground.clean.clone(),
            offset: 0.0,
            in_pairs: false,
            asked: 0,
            seen: Vec::new(),
            segments: Vec::new(),
            last_noise: None,
        }
    }

    fn velocity(&self, latents: &Tensor<5>, sigma: f64) -> Tensor<5> {
        let segment = latents.clone().narrow(2, 3, 2);
        let v = match self.kind {
            Kind::Constant => self.constant.clone(),
            Kind::Pointwise => (segment - self.clean.clone()) / sigma,
            Kind::Bent => (segment * 2.0).sin() * sigma + self.clean.clone(),
        };
        // As networks with a longer window than a segment give it.
        Tensor::cat(vec![latents.clone().narrow(2, 2, 1), v], 2)
    }
}

impl Velocity for Point {
    fn conditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        self.asked += 1;
        self.seen.push((sigma, latents.clone().narrow(2, 0, 3)));
        let segment = latents.clone().narrow(2, 3, 2);
        self.last_noise = Some((segment.clone() - self.clean.clone() * (1.0 - sigma)) / sigma);
        self.segments.push(segment);
        self.velocity(&latents, sigma)
    }

    fn unconditional(&mut self, latents: Tensor<5>, sigma: f64) -> Tensor<5> {
        self.asked += 1;
        self.velocity(&latents, sigma) + self.offset
    }

    fn both(&mut self, latents: &Tensor<5>, sigma: f64) -> Option<(Tensor<5>, Tensor<5>)> {
        self.in_pairs.then(|| {
            (self.conditional(latents.clone(), sigma), self.unconditional(latents.clone(), sigma))
        })
    }
}
