//! The linear path of the embedded model's VAE: 4x8x8 blocks of pixels to latents and back.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, module};

use crate::{Init, Scope};

const FRAMES: usize = 4;
const EDGE: usize = 8;
const BLOCK: usize = FRAMES * EDGE * EDGE * 3;

/// A linear map between blocks of pixels, ordered frame, row, column, channel, and latents.
#[derive(Module, Debug)]
pub(crate) struct LinearSkip {
    enc: Param<Tensor<2>>,
    dec: Param<Tensor<2>>,
    mean: Param<Tensor<1>>,
}

impl LinearSkip {
    /// Set from a principal component analysis before training, so random values are small.
    pub(crate) fn init(scope: &mut Scope<'_>, z_dim: usize) -> Self {
        Self {
            enc: scope.vector("enc", [z_dim, BLOCK], Init::Uniform { fan_in: BLOCK }),
            dec: scope.vector("dec", [BLOCK, z_dim], Init::Uniform { fan_in: z_dim }),
            mean: scope.vector("mean", [BLOCK], Init::Zeros),
        }
    }

    /// # Shapes
    /// - video: `[batch, 3, 4 * frames, height, width]`
    /// - output: `[batch, z, frames, height / 8, width / 8]`
    pub(crate) fn encode(&self, video: Tensor<5>) -> Tensor<5> {
        let [batch, channels, length, height, width] = video.dims();
        let (frames, rows, columns) = (length / FRAMES, height / EDGE, width / EDGE);
        let blocks = video
            .permute([0, 2, 3, 4, 1])
            .reshape([batch * frames, FRAMES, rows, EDGE, columns, EDGE * channels])
            .permute([0, 2, 4, 1, 3, 5]) // [batch * frames, rows, columns, 4, 8, 24]
            .reshape([batch * frames * rows * columns, BLOCK]);
        let centred = blocks - self.mean.val().unsqueeze();
        let latents = centred.matmul(self.enc.val().transpose());
        let [_, z_dim] = latents.dims();
        latents.reshape([batch, frames, rows, columns, z_dim]).permute([0, 4, 1, 2, 3])
    }

    /// The video, folded as [`patchify`] does.
    ///
    /// # Shapes
    /// - latents: `[batch, z, frames, height, width]`
    /// - output: `[batch, 3 * size^2, 4 * frames, 8 * height / size, 8 * width / size]`
    pub(crate) fn decode(&self, latents: Tensor<5>, size: usize) -> Tensor<5> {
        let [batch, z_dim, frames, rows, columns] = latents.dims();
        let patches = EDGE / size;
        let latents =
            latents.permute([0, 2, 3, 4, 1]).reshape([batch * frames * rows * columns, z_dim]);
        module::linear(latents, self.dec.val().transpose(), Some(self.mean.val()))
            .reshape([batch * frames, rows, columns, FRAMES, patches, size, patches, size, 3])
            .permute([0, 3, 1, 4, 2, 6, 8, 5, 7])
            .reshape([batch, frames * FRAMES, rows * patches, columns * patches, 3 * size * size])
            .permute([0, 4, 1, 2, 3])
    }
}

/// Folds `size` x `size` pixel blocks into channels; the column runs fastest, the channel slowest.
///
/// # Shapes
/// - video: `[batch, 3, frames, height, width]`
/// - output: `[batch, 3 * size^2, frames, height / size, width / size]`
pub(crate) fn patchify(video: Tensor<5>, size: usize) -> Tensor<5> {
    if size == 1 {
        return video;
    }
    let [batch, channels, frames, height, width] = video.dims();
    let (rows, columns) = (height / size, width / size);
    video
        .reshape([batch * channels, frames, rows, size, columns, size])
        .permute([0, 3, 5, 1, 2, 4])
        .reshape([batch, channels * size * size, frames, rows, columns])
}

/// The inverse of [`patchify`].
pub(crate) fn unpatchify(patches: Tensor<5>, size: usize) -> Tensor<5> {
    if size == 1 {
        return patches;
    }
    let [batch, channels, frames, rows, columns] = patches.dims();
    let channels = channels / (size * size);
    patches
        .reshape([batch * channels, size, size, frames, rows, columns])
        .permute([0, 3, 4, 1, 5, 2])
        .reshape([batch, channels, frames, rows * size, columns * size])
}
