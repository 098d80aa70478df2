//! Convolutions of the VAE: causal in time, and per frame.

use burn::module::{Module, Param};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, module};

use super::blocks::ChannelNorm;
use super::stream::StreamCache;
use crate::channels_last::{
    add, batch_as_frames, doubled, frames_as_batch, join_frames, last_frames, zeros,
};
use crate::cpu::conv::{Around, convolve};
use crate::cpu::{self, kept::Kept};
use crate::layers::to_dtype;
use crate::{Init, Scope};

/// A convolution over time, rows and columns that sees no frame of the future.
#[derive(Module, Debug)]
pub(crate) struct CausalConv {
    weight: Param<Tensor<5>>,
    bias: Param<Tensor<1>>,
    kept: Kept,
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
            kept: Kept::default(),
        }
    }

    /// Where its parameters are.
    pub(crate) fn device(&self) -> Device {
        self.bias.device()
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`, following the frames in `cache`
    /// - output: `[batch, out, frames, height, width]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let x = self.with_past(to_dtype(x, self.weight.dtype()), cache);
        self.convolve(x, 1)
    }

    /// Adds `plus` to the convolution of `norm`'s output.
    ///
    /// # Shapes
    /// - x: as for [`Self::forward`]
    /// - plus, output: `[batch, out, frames, height, width]`
    pub(crate) fn forward_normed(
        &self,
        x: Tensor<5>,
        norm: &ChannelNorm,
        plus: Option<Tensor<5>>,
        cache: &mut StreamCache,
    ) -> Tensor<5> {
        let dtype = self.weight.dtype();
        if cpu::serves(&x) && dtype == x.dtype() {
            // The past is kept without the norm here, which is done on the way to the convolution.
            let x = self.with_past(x, cache);
            return self
                .convolve_around(x, Around { norm: Some(norm.gamma()), doubled: false, plus });
        }
        let x = self.forward(norm.forward_silu(x), cache);
        match plus {
            Some(plus) => {
                let dtype = plus.dtype();
                add(plus, to_dtype(x, dtype))
            }
            None => x,
        }
    }

    /// Adds `plus` to the convolution.
    ///
    /// # Shapes
    /// As for [`Self::forward_normed`].
    pub(crate) fn forward_plus(
        &self,
        x: Tensor<5>,
        plus: Tensor<5>,
        cache: &mut StreamCache,
    ) -> Tensor<5> {
        if cpu::serves(&x) && self.weight.dtype() == x.dtype() {
            let x = self.with_past(x, cache);
            return self.convolve_around(x, Around { plus: Some(plus), ..Around::default() });
        }
        add(plus, self.forward(x, cache))
    }

    /// The frames of the past that the kernel sees, and then those of `x`.
    fn with_past(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let past = self.weight.dims()[2] - 1;
        if past == 0 {
            return x;
        }
        let [batch, channels, _, height, width] = x.dims();
        let slot = cache.slot();
        let before = slot.take().unwrap_or_else(|| {
            zeros([batch, channels, past, height, width], &x.device(), x.dtype())
        });
        let x = join_frames(before, x);
        *slot = Some(last_frames(x.clone(), past));
        x
    }

    /// The convolution alone: the caller supplies the past, and may skip every other frame.
    pub(crate) fn convolve(&self, x: Tensor<5>, stride: usize) -> Tensor<5> {
        if stride == 1 && cpu::serves(&x) {
            return self.convolve_around(x, Around::default());
        }
        let [_, _, _, edge, _] = self.weight.dims();
        let options = ConvOptions::new([stride, 1, 1], [0, edge / 2, edge / 2], [1; 3], 1);
        module::conv3d(x, self.weight.val(), Some(self.bias.val()), options)
    }

    fn convolve_around(&self, x: Tensor<5>, around: Around) -> Tensor<5> {
        let [_, _, frames, edge, _] = self.weight.dims();
        let panels = self.kept.panels(self.weight.shape().num_elements(), || {
            cpu::conv::panels(self.weight.val(), self.bias.val())
        });
        convolve(x, &panels, [frames, edge], around)
    }
}

/// A 3x3 convolution of every frame by itself.
#[derive(Module, Debug)]
pub(crate) struct FrameConv {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    kept: Kept,
}

impl FrameConv {
    /// `edge` is 1 or 3.
    pub(crate) fn init(scope: &mut Scope<'_>, input: usize, output: usize, edge: usize) -> Self {
        let fan_in = input * edge * edge;
        Self {
            weight: scope.matrix("weight", [output, input, edge, edge], Init::Uniform { fan_in }),
            bias: scope.matrix("bias", [output], Init::Zeros),
            kept: Kept::default(),
        }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`
    /// - output: `[batch, out, frames, height', width']`
    pub(crate) fn forward(&self, x: Tensor<5>, stride: usize, padding: usize) -> Tensor<5> {
        let x = to_dtype(x, self.weight.dtype());
        let [_, _, frames, _, _] = x.dims();
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
        let (weight, bias) = (self.weight.val(), self.bias.val());
        batch_as_frames(module::conv2d(frames_as_batch(x), weight, Some(bias), options), frames)
    }

    /// Repeats every pixel in both directions, then convolves with stride 1.
    ///
    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`
    /// - output: `[batch, out, frames, 2 * height, 2 * width]`
    pub(crate) fn forward_enlarged(&self, x: Tensor<5>) -> Tensor<5> {
        if cpu::serves(&x) {
            let [_, _, _, edge] = self.weight.dims();
            let panels = self.kept.panels(self.weight.shape().num_elements(), || {
                cpu::conv::panels(self.weight.val().unsqueeze_dim(2), self.bias.val())
            });
            return convolve(x, &panels, [1, edge], Around { doubled: true, ..Around::default() });
        }
        self.forward(doubled(x), 1, 1)
    }
}
