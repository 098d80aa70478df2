//! Randomness as a function of the run's seed, a purpose and a number: nothing to save, and a
//! resumed run throws the same dice.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// What dice are thrown for; purposes never share a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The first weights.
    Weights = 1,
    /// Trips whose blocks make the linear map of the VAE.
    Blocks = 2,
    /// Trips that the VAE learns from.
    Clips = 3,
    /// Latent noise of the VAE.
    LatentNoise = 4,
    /// Trips that the DiT learns from.
    Lessons = 5,
    /// Choice of examples, times, noise and masks of the DiT.
    Steps = 6,
    /// Rollouts of the model itself.
    Rollouts = 7,
    /// Trips that are held out: validation and sheets.
    HeldOut = 8,
    /// Trips of an evaluation.
    Evaluation = 9,
    /// Noise that a teacher and its student make segments from.
    Distillation = 10,
    /// Whether the VAE's decoder is shown what was foreseen.
    Reference = 12,
    /// Views of the town whose depth is learnt.
    Views = 13,
    /// The first weights of a discriminator.
    Critic = 11,
}

/// One stream of random numbers.
pub struct Dice {
    rng: ChaCha12Rng,
}

impl Dice {
    /// The stream of a run's seed, a purpose and a number, such as a step.
    pub fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed ^ ((purpose as u64) << 56));
        rng.set_stream(number);
        Self { rng }
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.random()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        self.rng.random()
    }

    /// Uniform in 0..`count`, which is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        self.rng.random_range(0..count)
    }

    /// True with probability `share`.
    pub fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f32 {
        StandardNormal.sample(&mut self.rng)
    }

    /// `count` standard normal numbers.
    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// An index with probability proportional to its weight; 0 if no weight is positive.
    pub fn weighted(&mut self, weights: &[f32]) -> usize {
        let mut rest = self.unit() * weights.iter().sum::<f32>();
        for (i, weight) in weights.iter().enumerate() {
            rest -= weight;
            if rest < 0.0 {
                return i;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_seed_purpose_and_number() {
        let draw = |seed, purpose, number| Dice::new(seed, purpose, number).bits();
        let first = draw(1, Purpose::Steps, 5);
        assert_eq!(first, draw(1, Purpose::Steps, 5));
        for other in
            [draw(2, Purpose::Steps, 5), draw(1, Purpose::Clips, 5), draw(1, Purpose::Steps, 6)]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn weights_decide_how_often() {
        let mut dice = Dice::new(3, Purpose::Steps, 0);
        let mut counts = [0; 3];
        for _ in 0..4000 {
            counts[dice.weighted(&[1.0, 0.0, 3.0])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((900..1100).contains(&counts[0]), "{counts:?}");
    }
}
