//! Noise from a seed, drawn on the CPU so that a seed means the same walk on every device.

use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::SeedableRng as _;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// A stream of standard normal values.
#[derive(Clone, Debug)]
pub struct Noise {
    rng: ChaCha12Rng,
}

impl Noise {
    /// The noise of segment `segment` of the walk with seed `seed`.
    ///
    /// Segments have streams of their own, so that a segment can be drawn again without drawing
    /// the ones before it.
    pub fn new(seed: u64, segment: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        rng.set_stream(segment);
        Self { rng }
    }

    /// The next values of the stream as a tensor of `shape`.
    pub fn draw<const D: usize>(&mut self, shape: [usize; D], device: &Device) -> Tensor<D> {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| StandardNormal.sample(&mut self.rng)).collect();
        Tensor::from_data(TensorData::new(values, shape), (device, DType::F32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(seed: u64, segment: u64) -> Vec<f32> {
        Noise::new(seed, segment).draw([1000], &Device::flex()).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn a_seed_repeats_and_segments_differ() {
        assert_eq!(values(7, 0), values(7, 0));
        assert_ne!(values(7, 0), values(7, 1));
        assert_ne!(values(7, 0), values(8, 0));
    }

    #[test]
    fn values_are_standard_normal() {
        let values = values(7, 0);
        let mean = values.iter().sum::<f32>() / 1000.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 1000.0;
        assert!(mean.abs() < 0.15 && (variance - 1.0).abs() < 0.2, "mean {mean}, var {variance}");
    }
}
