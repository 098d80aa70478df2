//! What of a segment is known before it is sampled, because the walk has seen it.

use burn::tensor::{DType, Tensor, TensorData};
use yume_nets::vae::FRAMES_PER_LATENT;

use crate::options::PIXELS_PER_LATENT;

/// A latent that was seen in part is trusted by this power of the part: its values mix what was seen
/// with mirror images.
const PART_POWER: i32 = 4;

/// Latents of a segment, and how far each is relied on.
#[derive(Clone)]
pub(crate) struct Trusted {
    latents: Tensor<5>, // [1, z, latents, height, width]
    trust: Tensor<5>,   // [1, 1, latents, height, width], 0 to 1
}

impl Trusted {
    /// Relies on `latents` by `trust` where all of their pixels were seen from near; `nearness` has a
    /// value for each pixel of each frame.
    pub(crate) fn new(latents: Tensor<5>, nearness: &[Vec<f32>], trust: f32) -> Self {
        let [_, _, frames, height, width] = latents.dims();
        let mut parts = vec![0.0; frames * height * width];
        for (k, seen) in nearness.iter().enumerate() {
            for (i, row) in seen.chunks_exact(width * PIXELS_PER_LATENT).enumerate() {
                let first = (k / FRAMES_PER_LATENT * height + i / PIXELS_PER_LATENT) * width;
                let latents = &mut parts[first..first + width];
                for (part, pixels) in latents.iter_mut().zip(row.chunks_exact(PIXELS_PER_LATENT)) {
                    *part += pixels.iter().sum::<f32>();
                }
            }
        }
        let pixels = (FRAMES_PER_LATENT * PIXELS_PER_LATENT * PIXELS_PER_LATENT) as f32;
        for part in &mut parts {
            *part = trust * (*part / pixels).powi(PART_POWER);
        }
        let data = TensorData::new(parts, [1, 1, frames, height, width]);
        let trust = Tensor::from_data(data, (&latents.device(), DType::F32));
        Self { latents, trust }
    }

    /// The velocity of the segment, the newest of `latents`, at noise level `sigma`: towards what is
    /// relied on, and elsewhere the network's `v`.
    pub(crate) fn lead(&self, latents: &Tensor<5>, sigma: f64, v: Tensor<5>) -> Tensor<5> {
        let [_, _, length, ..] = self.latents.dims();
        let newest = |x: Tensor<5>| {
            let [_, _, frames, ..] = x.dims();
            x.narrow(2, frames - length, length)
        };
        let v = newest(v);
        let straight = (newest(latents.clone()) - self.latents.clone()) / sigma as f32;
        v.clone() + (straight - v) * self.trust.clone()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn full(value: f32, shape: [usize; 5]) -> Tensor<5> {
        Tensor::full(shape, value, (&Device::flex(), DType::F32))
    }

    #[test]
    fn what_was_seen_is_reached_and_the_rest_is_the_networks() {
        // Two latents of 1x2: all of the first column is seen, and half of the second of the first.
        let mut is_seen = vec![vec![0.0; 8 * 16]; 2 * FRAMES_PER_LATENT];
        for (k, frame) in is_seen.iter_mut().enumerate() {
            for (i, seen) in frame.iter_mut().enumerate() {
                let column = i % 16;
                *seen = f32::from(column < 8 || (column < 12 && k < FRAMES_PER_LATENT));
            }
        }
        let trusted = Trusted::new(full(3.0, [1, 1, 2, 1, 2]), &is_seen, 1.0);
        // One latent of history before them.
        let (latents, sigma) = (full(5.0, [1, 1, 3, 1, 2]), 0.5);
        let v = trusted.lead(&latents, sigma, full(1.0, [1, 1, 3, 1, 2]));
        let v: Vec<f32> = v.into_data().try_into_vec().unwrap();
        // A step along (5 - 3) / 0.5 to sigma 0 ends at 3.
        let half = 1.0 + 3.0 / 16.0;
        for (found, wanted) in v.iter().zip([4.0, half, 4.0, 1.0]) {
            assert!((found - wanted).abs() < 1e-5, "{v:?}");
        }
    }
}
