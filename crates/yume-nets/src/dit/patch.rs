//! Patch embeddings: latent pixels to tokens, and back.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, module};

use super::packing::Patcher;
use crate::cpu::{self, kept::Kept};
use crate::layers::to_dtype;
use crate::{Init, Scope};

/// A convolution whose stride equals its kernel, `[out, in, 1, size, size]`.
#[derive(Module, Debug)]
pub(crate) struct PatchEmbedding {
    weight: Param<Tensor<5>>,
    bias: Param<Tensor<1>>,
    kept: Kept,
}

impl PatchEmbedding {
    /// `size` is the edge of a patch in latent pixels.
    pub(crate) fn init(scope: &mut Scope<'_>, input: usize, output: usize, size: usize) -> Self {
        let fan_in = input * size * size;
        Self {
            weight: scope.matrix(
                "weight",
                [output, input, 1, size, size],
                Init::Uniform { fan_in },
            ),
            bias: scope.matrix("bias", [output], Init::Zeros),
            kept: Kept::default(),
        }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`; padded with zeros at the bottom and right
    /// - output: `[batch, frames, rows, columns, out]`
    pub(crate) fn forward(&self, x: Tensor<5>) -> Tensor<5> {
        let weight = self.weight.val();
        let [output, input, _, size, _] = weight.dims();
        let x = pad_to_multiple(to_dtype(x, weight.dtype()), size);
        let [batch, _, frames, height, width] = x.dims();
        let (rows, columns) = (height / size, width / size);
        let patches = x
            .reshape([batch, input, frames * rows, size, columns, size])
            .permute([0, 2, 4, 1, 3, 5]) // [batch, frames * rows, columns, in, size, size]
            .reshape([batch, frames * rows * columns, input * size * size]);
        let weight = weight.reshape([output, input * size * size]);
        let bias = Some(self.bias.val());
        let values = output * input * size * size;
        let tokens = if cpu::serves(&patches) && Kept::holds(values) {
            let panels = self.kept.panels(values, || cpu::linear::panels(weight, bias));
            cpu::linear::linear(patches, &panels)
        } else {
            module::linear(patches, weight.transpose(), bias)
        }; // [batch, tokens, out]
        tokens.reshape([batch, frames, rows, columns, output])
    }
}

/// The patch embeddings of one model: `patch_embedding`, `patch_embedding_2x`, ...
#[derive(Module, Debug)]
pub(crate) struct Patchers {
    x1: PatchEmbedding,
    x2: Option<PatchEmbedding>,
    x4: Option<PatchEmbedding>,
    x8: Option<PatchEmbedding>,
    x16: Option<PatchEmbedding>,
    x2_f: Option<PatchEmbedding>,
}

impl Patchers {
    /// The ordinary patch embedding, and those of `tiers` for the history.
    pub(crate) fn init(scope: &mut Scope<'_>, input: usize, dim: usize, tiers: &[usize]) -> Self {
        let mut tier = |merge: usize| {
            tiers.contains(&merge).then(|| {
                let mut scope = scope.sub(format_args!("patch_embedding_{merge}x"));
                PatchEmbedding::init(&mut scope, input, dim, 2 * merge)
            })
        };
        let (x2, x4, x8, x16) = (tier(2), tier(4), tier(8), tier(16));
        let x2_f = tiers
            .contains(&16)
            .then(|| PatchEmbedding::init(&mut scope.sub("patch_embedding_2x_f"), input, input, 4));
        let x1 = PatchEmbedding::init(&mut scope.sub("patch_embedding"), input, dim, 2);
        Self { x1, x2, x4, x8, x16, x2_f }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`
    /// - output: `[batch, frames * rows * columns, dim]`
    ///
    /// # Panics
    /// If the model was configured without `patcher`; [`super::Plan::new`] rules that out.
    pub(crate) fn forward(&self, patcher: Patcher, x: Tensor<5>) -> Tensor<3> {
        let missing = "a plan holds only the patchers of its model";
        let (embedding, x) = match patcher {
            Patcher::X1 => (Some(&self.x1), x),
            Patcher::X2 => (self.x2.as_ref(), x),
            Patcher::X4 => (self.x4.as_ref(), x),
            Patcher::X8 => (self.x8.as_ref(), x),
            Patcher::X16 => (self.x16.as_ref(), x),
            Patcher::X2ThenX16 => {
                let coarse = self.x2_f.as_ref().expect(missing).forward(x);
                (self.x16.as_ref(), coarse.permute([0, 4, 1, 2, 3]))
            }
        };
        let tokens = embedding.expect(missing).forward(x);
        let [batch, frames, rows, columns, dim] = tokens.dims();
        tokens.reshape([batch, frames * rows * columns, dim])
    }
}

/// Puts the head's output back on the latent grid; within a token the channel runs fastest.
///
/// # Shapes
/// - tokens: `[batch, frames * rows * columns, 4 * channels]`
/// - output: `[batch, channels, frames, 2 * rows, 2 * columns]`
pub(crate) fn unpatchify(
    tokens: Tensor<3>,
    frames: usize,
    rows: usize,
    columns: usize,
) -> Tensor<5> {
    let [batch, _, width] = tokens.dims();
    let channels = width / 4;
    tokens
        .reshape([batch, frames * rows, columns, 2, 2, channels])
        .permute([0, 5, 1, 3, 2, 4]) // [batch, channels, frames * rows, 2, columns, 2]
        .reshape([batch, channels, frames, 2 * rows, 2 * columns])
}

fn pad_to_multiple(x: Tensor<5>, size: usize) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    let (bottom, right) = (height.next_multiple_of(size), width.next_multiple_of(size));
    if (bottom, right) == (height, width) {
        return x;
    }
    let canvas = Tensor::zeros([batch, channels, frames, bottom, right], (&x.device(), x.dtype()));
    canvas.slice_assign([0..batch, 0..channels, 0..frames, 0..height, 0..width], x)
}
