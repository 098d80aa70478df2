//! Residual and attention blocks of the VAE.

use burn::module::{Module, Param};
use burn::tensor::{DType, Tensor};

use super::config::VaeConfig;
use super::conv::{CausalConv, FrameConv};
use super::stream::StreamCache;
use crate::attention::attend;
use crate::channels_last::{add, by_channel, by_pixel};
use crate::layers::to_dtype;
use crate::{Init, Scope};

/// Normalises the channels of every pixel to length sqrt(channels), then scales them.
#[derive(Module, Debug)]
pub(crate) struct ChannelNorm {
    gamma: Param<Tensor<4>>,
}

impl ChannelNorm {
    /// The published files keep `[dim, 1, 1, 1]`.
    pub(crate) fn init(scope: &mut Scope<'_>, dim: usize) -> Self {
        Self { gamma: scope.vector("gamma", [dim, 1, 1, 1], Init::Ones) }
    }

    /// The norm, then SiLU.
    ///
    /// # Shapes
    /// - x, output: `[batch, channels, frames, height, width]`
    pub(crate) fn forward_silu(&self, x: Tensor<5>) -> Tensor<5> {
        let x = normalise(by_pixel(x), self.gamma.val());
        // SiLU; the library's goes through two exponentials and a logarithm.
        by_channel(x.clone() / ((-x).exp() + 1.0))
    }

    /// The scale of every channel, `[dim, 1, 1, 1]`.
    pub(crate) fn gamma(&self) -> Tensor<4> {
        self.gamma.val()
    }
}

/// # Shapes
/// - x, output: `[batch, frames, height, width, channels]`
/// - gamma: `[channels, 1, ..]`
fn normalise<const D: usize>(x: Tensor<5>, gamma: Tensor<D>) -> Tensor<5> {
    let dtype = x.dtype();
    let [.., channels] = x.dims();
    let gamma = gamma.reshape([1, 1, 1, 1, channels]);
    let x = to_dtype(x, DType::F32);
    // The least square keeps a black pixel from being divided by zero.
    let length = (x.clone().square().mean_dim(4) + 1e-24).sqrt();
    to_dtype(x / length * gamma, dtype)
}

/// Norm, SiLU, convolution, twice, beside an identity or a 1x1x1 convolution.
#[derive(Module, Debug)]
pub(crate) struct ResBlock {
    norm_1: ChannelNorm,
    conv_1: CausalConv,
    norm_2: ChannelNorm,
    conv_2: CausalConv,
    shortcut: Option<CausalConv>,
}

impl ResBlock {
    /// `kernel` is the number of frames its convolutions see.
    pub(crate) fn init(scope: &mut Scope<'_>, input: usize, output: usize, kernel: usize) -> Self {
        Self {
            norm_1: ChannelNorm::init(&mut scope.sub("residual.0"), input),
            conv_1: CausalConv::init(&mut scope.sub("residual.2"), input, output, [kernel, 3]),
            norm_2: ChannelNorm::init(&mut scope.sub("residual.3"), output),
            conv_2: CausalConv::init(&mut scope.sub("residual.6"), output, output, [kernel, 3]),
            shortcut: (input != output)
                .then(|| CausalConv::init(&mut scope.sub("shortcut"), input, output, [1, 1])),
        }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`
    /// - output: `[batch, out, frames, height, width]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let residual = self.conv_1.forward_normed(x.clone(), &self.norm_1, None, cache);
        let x = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, cache),
            None => x,
        };
        self.conv_2.forward_normed(residual, &self.norm_2, Some(x), cache)
    }
}

/// Residual block, attention if configured, residual block.
#[derive(Module, Debug)]
pub(crate) struct Middle {
    first: ResBlock,
    attention: Option<FrameAttention>,
    last: ResBlock,
}

impl Middle {
    /// The middle of an encoder or decoder with `dim` channels.
    pub(crate) fn init(scope: &mut Scope<'_>, dim: usize, config: &VaeConfig) -> Self {
        let kernel = config.middle_kernel;
        Self {
            first: ResBlock::init(&mut scope.sub("0"), dim, dim, kernel),
            attention: config.has_attention.then(|| FrameAttention::init(&mut scope.sub("1"), dim)),
            last: ResBlock::init(&mut scope.sub("2"), dim, dim, kernel),
        }
    }

    /// # Shapes
    /// - x, output: `[batch, channels, frames, height, width]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let x = self.first.forward(x, cache);
        let x = match &self.attention {
            Some(attention) => attention.forward(x),
            None => x,
        };
        self.last.forward(x, cache)
    }
}

/// Single-head attention among the pixels of each frame.
#[derive(Module, Debug)]
struct FrameAttention {
    gamma: Param<Tensor<3>>,
    to_qkv: FrameConv,
    proj: FrameConv,
}

impl FrameAttention {
    fn init(scope: &mut Scope<'_>, dim: usize) -> Self {
        Self {
            gamma: scope.sub("norm").vector("gamma", [dim, 1, 1], Init::Ones),
            to_qkv: FrameConv::init(&mut scope.sub("to_qkv"), dim, 3 * dim, 1),
            proj: FrameConv::init(&mut scope.sub("proj"), dim, dim, 1),
        }
    }

    fn forward(&self, x: Tensor<5>) -> Tensor<5> {
        let [batch, channels, frames, height, width] = x.dims();
        let normed = normalise(by_pixel(x.clone()), self.gamma.val());
        let qkv = by_pixel(self.to_qkv.forward(by_channel(normed), 1, 0)).reshape([
            batch * frames,
            height * width,
            3,
            channels,
        ]);
        let [q, k, v] = [0, 1, 2].map(|i| qkv.clone().narrow(2, i, 1));
        let out = attend(q, k, v).reshape([batch, frames, height, width, channels]);
        add(x, self.proj.forward(by_channel(out), 1, 0))
    }
}
