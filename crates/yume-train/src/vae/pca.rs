//! The linear map between blocks of pixels and latents: principal components, whitened.

use burn::tensor::{Tensor, TensorData};

use super::eigen::{Symmetric, largest};

/// Frames, rows and columns of a block.
const FRAMES: usize = 4;
const EDGE: usize = 8;
/// Numbers of a block, ordered frame, row, column, channel.
pub(crate) const BLOCK: usize = FRAMES * EDGE * EDGE * 3;

/// Mean and covariance of blocks, as they come in.
pub struct Moments {
    count: f64,
    sum: Vec<f64>,
    products: Vec<f64>,
}

/// A linear map to latents of unit variance, and back.
#[derive(Clone, Debug)]
pub struct LinearMap {
    /// `[z, BLOCK]`.
    pub enc: Vec<f32>,
    /// `[BLOCK, z]`.
    pub dec: Vec<f32>,
    /// `[BLOCK]`.
    pub mean: Vec<f32>,
    /// Part of the variance that the latents keep.
    pub kept: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { count: 0.0, sum: vec![0.0; BLOCK], products: vec![0.0; BLOCK * BLOCK] }
    }
}

impl Moments {
    /// Takes in `blocks`, `[count, BLOCK]`.
    pub fn add(&mut self, blocks: Tensor<2>) {
        let [count, _] = blocks.dims();
        let products = blocks.clone().transpose().matmul(blocks.clone());
        let sum = blocks.sum_dim(0);
        self.count += count as f64;
        let accumulate = |into: &mut [f64], data: TensorData| {
            into.iter_mut().zip(data.iter::<f32>()).for_each(|(a, b)| *a += f64::from(b));
        };
        accumulate(&mut self.sum, sum.into_data());
        accumulate(&mut self.products, products.into_data());
    }

    /// The best linear map to `z_dim` latents.
    pub fn linear_map(&self, z_dim: usize) -> LinearMap {
        let count = self.count.max(1.0);
        let mean: Vec<f64> = self.sum.iter().map(|x| x / count).collect();
        let values = (0..BLOCK * BLOCK)
            .map(|k| self.products[k] / count - mean[k / BLOCK] * mean[k % BLOCK])
            .collect();
        let covariance = Symmetric { size: BLOCK, values };
        let total: f64 = (0..BLOCK).map(|i| covariance.values[i * BLOCK + i]).sum();
        let components = largest(&covariance, z_dim);
        let mut enc = vec![0.0; z_dim * BLOCK];
        let mut dec = vec![0.0; BLOCK * z_dim];
        for (z, (value, vector)) in components.iter().enumerate() {
            // A direction without variance would otherwise be divided by nothing.
            let spread = value.max(1e-9 * total.max(1e-9)).sqrt();
            for (k, x) in vector.iter().enumerate() {
                enc[z * BLOCK + k] = (x / spread) as f32;
                dec[k * z_dim + z] = (x * spread) as f32;
            }
        }
        let kept = components.iter().map(|(value, _)| value).sum::<f64>() / total.max(1e-30);
        LinearMap { enc, dec, mean: mean.into_iter().map(|x| x as f32).collect(), kept }
    }
}

/// Cuts a video into blocks.
///
/// # Shapes
/// - video: `[batch, 3, 4 * frames, 8 * rows, 8 * columns]`
/// - output: `[batch * frames * rows * columns, BLOCK]`
pub fn blocks(video: Tensor<5>) -> Tensor<2> {
    let [batch, channels, length, height, width] = video.dims();
    let (frames, rows, columns) = (length / FRAMES, height / EDGE, width / EDGE);
    video
        .permute([0, 2, 3, 4, 1])
        .reshape([batch * frames, FRAMES, rows, EDGE, columns, EDGE * channels])
        .permute([0, 2, 4, 1, 3, 5]) // [batch * frames, rows, columns, 4, 8, 24]
        .reshape([batch * frames * rows * columns, BLOCK])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{DType, Device};

    use super::*;
    use crate::dice::{Dice, Purpose};

    #[test]
    fn blocks_of_a_known_subspace_come_back_and_latents_are_white() {
        let (count, rank) = (2000, 3);
        let mut dice = Dice::new(1, Purpose::Blocks, 0);
        let axes: Vec<Vec<f32>> = (0..rank).map(|_| dice.normals(BLOCK)).collect();
        let mut values = Vec::with_capacity(count * BLOCK);
        for _ in 0..count {
            let weights = dice.normals(rank);
            values.extend((0..BLOCK).map(|k| {
                0.3 + weights.iter().zip(&axes).map(|(w, axis)| w * axis[k]).sum::<f32>()
            }));
        }
        let device = Device::flex();
        let tensor = |values: Vec<f32>, shape: [usize; 2]| {
            Tensor::<2>::from_data(TensorData::new(values, shape), (&device, DType::F32))
        };
        let x = tensor(values, [count, BLOCK]);
        let mut moments = Moments::default();
        moments.add(x.clone().narrow(0, 0, 700));
        moments.add(x.clone().narrow(0, 700, 1300));
        let map = moments.linear_map(rank);
        assert!(map.kept > 0.9999, "kept {}", map.kept);
        let mean = tensor(map.mean, [1, BLOCK]);
        let z = (x.clone() - mean.clone()).matmul(tensor(map.enc, [rank, BLOCK]).transpose());
        let back = z.clone().matmul(tensor(map.dec, [BLOCK, rank]).transpose()) + mean;
        let error = (back - x).abs().max().into_scalar::<f32>();
        assert!(error < 0.02, "largest error {error}");
        let spread: Vec<f32> = z.square().mean_dim(0).into_data().try_to_vec().unwrap();
        assert!(spread.iter().all(|v| (v - 1.0).abs() < 0.02), "{spread:?}");
    }
}
