//! Halving and doubling of resolution and frame rate between the levels of the VAE.

use burn::module::Module;
use burn::tensor::Tensor;

use super::conv::{CausalConv, FrameConv};
use super::stream::StreamCache;
use crate::Scope;
use crate::channels_last::{
    by_channel, by_pixel, halves_to_frames, join_frames, last_frames, zeros,
};

/// Halves rows and columns, and frames if it is temporal.
#[derive(Module, Debug)]
pub(crate) struct Down {
    spatial: FrameConv,
    temporal: Option<CausalConv>,
}

impl Down {
    /// Keeps the number of channels.
    pub(crate) fn init(scope: &mut Scope<'_>, dim: usize, is_temporal: bool) -> Self {
        Self {
            spatial: FrameConv::init(&mut scope.sub("resample.1"), dim, dim, 3),
            temporal: is_temporal.then(|| time_conv(scope, dim, dim)),
        }
    }

    /// # Shapes
    /// - x: `[batch, channels, frames, height, width]`; one frame the first time, then multiples
    ///   of two
    /// - output: `[batch, channels, frames (or half), height / 2, width / 2]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let [batch, channels, frames, height, width] = x.dims();
        // The published network pads only at the right and bottom.
        let larger = [batch, channels, frames, height + 1, width + 1];
        let padded = by_pixel(zeros(larger, &x.device(), x.dtype()))
            .slice_assign([0..batch, 0..frames, 0..height, 0..width, 0..channels], by_pixel(x));
        let x = self.spatial.forward(by_channel(padded), 2, 0);
        let Some(temporal) = &self.temporal else { return x };
        let slot = cache.slot();
        let newest = last_frames(x.clone(), 1);
        match slot.replace(newest) {
            // The very first frame passes through alone.
            None => x,
            Some(before) => temporal.convolve(join_frames(before, x), 2),
        }
    }
}

/// Doubles rows and columns, and frames if it is temporal.
#[derive(Module, Debug)]
pub(crate) struct Up {
    spatial: FrameConv,
    temporal: Option<CausalConv>,
}

impl Up {
    /// From `input` to `output` channels.
    pub(crate) fn init(
        scope: &mut Scope<'_>,
        input: usize,
        output: usize,
        is_temporal: bool,
    ) -> Self {
        Self {
            spatial: FrameConv::init(&mut scope.sub("resample.1"), input, output, 3),
            temporal: is_temporal.then(|| time_conv(scope, input, 2 * input)),
        }
    }

    /// # Shapes
    /// - x: `[batch, in, frames, height, width]`; one frame the first time
    /// - output: `[batch, out, frames (or twice), 2 * height, 2 * width]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let x = match &self.temporal {
            Some(temporal) => double_frames(temporal, x, cache),
            None => x,
        };
        self.spatial.forward_enlarged(x)
    }
}

fn double_frames(temporal: &CausalConv, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
    let [batch, channels, _, height, width] = x.dims();
    let slot = cache.slot();
    let Some(before) = slot.take() else {
        // The first latent gives one frame, and is not part of what the second one sees.
        *slot = Some(zeros([batch, channels, 2, height, width], &x.device(), x.dtype()));
        return x;
    };
    let x = join_frames(before, x);
    *slot = Some(last_frames(x.clone(), 2));
    halves_to_frames(temporal.convolve(x, 1))
}

fn time_conv(scope: &mut Scope<'_>, input: usize, output: usize) -> CausalConv {
    CausalConv::init(&mut scope.sub("time_conv"), input, output, [3, 1])
}
