//! Convolutions of the VAE: causal in time, and per frame.

use burn::module::{Module, Param};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, module};

use super::stream::StreamCache;
use crate::layers::to_dtype;
use crate::{Init, Scope, cpu};

/// A convolution over time, rows and columns that sees no frame of the future.
#[derive(Module, Debug)]
pub(crate) struct CausalConv {
    weight: Param<Tensor<5>>,
    bias: Param<Tensor<1>>,
}

impl CausalConv {
    /// `kernel` is `[frames, edge]`; rows and columns keep their number.
    pub(crate) fn init(
        scope: &mut Scope<'_>,
        input: usize,
        output: usize,
        kernel: [usize; 2],
    ) -> Self {
        let fan_in = input * kernel[0] * kernel[1] * kernel[1];
        Self::init_with(scope, input, output, kernel, Init::Uniform { fan_in })
    }

    /// A convolution whose weights start as `init`.
    pub(crate) fn init_with(
        scope: &mut Scope<'_>,
        input: usize,
        output: usize,
        [frames, edge]: [usize; 2],
        init: Init,
    ) -> Self {
        Self {
            weight: scope.matrix("weight", [output, input, frames, edge, edge], init),
            bias: scope.matrix("bias", [output], Init::Zeros),
        }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`, following the frames in `cache`
    /// - output: `[batch, out, frames, height, width]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let past = self.weight.dims()[2] - 1;
        let x = to_dtype(x, self.weight.dtype());
        if past == 0 {
            return self.convolve(x, 1);
        }
        let [batch, channels, _, height, width] = x.dims();
        let slot = cache.slot();
        let before = slot.take().unwrap_or_else(|| {
            Tensor::zeros([batch, channels, past, height, width], (&x.device(), x.dtype()))
        });
        let x = Tensor::cat(vec![before, x], 2);
        *slot = Some(last_frames(x.clone(), past));
        self.convolve(x, 1)
    }

    /// The convolution alone: the caller supplies the past, and may skip every other frame.
    pub(crate) fn convolve(&self, x: Tensor<5>, stride: usize) -> Tensor<5> {
        if stride == 1 && cpu::serves(&x) {
            return cpu::conv::convolve(x, self.weight.val(), self.bias.val(), 1);
        }
        let [_, _, _, edge, _] = self.weight.dims();
        let options = ConvOptions::new([stride, 1, 1], [0, edge / 2, edge / 2], [1; 3], 1);
        module::conv3d(x, self.weight.val(), Some(self.bias.val()), options)
    }
}

/// A 3x3 convolution of every frame by itself.
#[derive(Module, Debug)]
pub(crate) struct FrameConv {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
}

impl FrameConv {
    /// `edge` is 1 or 3.
    pub(crate) fn init(scope: &mut Scope<'_>, input: usize, output: usize, edge: usize) -> Self {
        let fan_in = input * edge * edge;
        Self {
            weight: scope.matrix("weight", [output, input, edge, edge], Init::Uniform { fan_in }),
            bias: scope.matrix("bias", [output], Init::Zeros),
        }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`
    /// - output: `[batch, out, frames, height', width']`
    pub(crate) fn forward(&self, x: Tensor<5>, stride: usize, padding: usize) -> Tensor<5> {
        let x = to_dtype(x, self.weight.dtype());
        let [batch, channels, frames, height, width] = x.dims();
        let x = x.swap_dims(1, 2).reshape([batch * frames, channels, height, width]);
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
        let x = module::conv2d(x, self.weight.val(), Some(self.bias.val()), options);
        let [_, channels, height, width] = x.dims();
        x.reshape([batch, frames, channels, height, width]).swap_dims(1, 2)
    }

    /// Repeats every pixel in both directions, then convolves with stride 1.
    ///
    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`
    /// - output: `[batch, out, frames, 2 * height, 2 * width]`
    pub(crate) fn forward_enlarged(&self, x: Tensor<5>) -> Tensor<5> {
        if cpu::serves(&x) {
            let weight = self.weight.val().unsqueeze_dim(2);
            return cpu::conv::convolve(x, weight, self.bias.val(), 2);
        }
        let [batch, channels, frames, height, width] = x.dims();
        let x = x
            .reshape([batch * channels * frames, height, 1, width, 1])
            .expand([batch * channels * frames, height, 2, width, 2])
            .reshape([batch, channels, frames, 2 * height, 2 * width]);
        self.forward(x, 1, 1)
    }
}

/// The last `count` frames of `x`, with zeros before them if there are fewer.
pub(super) fn last_frames(x: Tensor<5>, count: usize) -> Tensor<5> {
    let [batch, channels, frames, height, width] = x.dims();
    if frames >= count {
        return x.narrow(2, frames - count, count);
    }
    let zeros =
        Tensor::zeros([batch, channels, count - frames, height, width], (&x.device(), x.dtype()));
    Tensor::cat(vec![zeros, x], 2)
}
