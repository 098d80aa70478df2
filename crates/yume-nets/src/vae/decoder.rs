//! Latents to pixels.

use burn::module::Module;
use burn::tensor::Tensor;

use super::blocks::{ChannelNorm, Middle, ResBlock};
use super::config::VaeConfig;
use super::conv::CausalConv;
use super::resample::Up;
use super::stream::StreamCache;
use crate::Scope;
use crate::channels_last::join_channels;

/// One level: residual blocks, then a doubling except at the last level.
#[derive(Module, Debug)]
struct Level {
    blocks: Vec<ResBlock>,
    up: Option<Up>,
}

/// The decoder network.
#[derive(Module, Debug)]
pub(crate) struct Decoder {
    conv1: CausalConv,
    middle: Middle,
    levels: Vec<Level>,
    skip_in: Option<CausalConv>,
    reference: Option<CausalConv>,
    head_norm: ChannelNorm,
    head_conv: CausalConv,
}

impl Decoder {
    /// The decoder of `config`.
    pub(crate) fn init(scope: &mut Scope<'_>, config: &VaeConfig) -> Self {
        let folded = 3 * config.patch_size * config.patch_size;
        let first = config.decoder[0];
        let last = config.decoder[config.decoder.len() - 1];
        let middle_kernel = config.middle_kernel;
        let conv1 = CausalConv::init(
            &mut scope.sub("conv1"),
            config.z_dim,
            first.input,
            [middle_kernel, 3],
        );
        let middle = Middle::init(&mut scope.sub("middle"), first.input, config);
        let mut index = 0;
        let mut next = || {
            index += 1;
            format!("upsamples.{}", index - 1)
        };
        let mut levels = Vec::new();
        for (i, level) in config.decoder.iter().enumerate() {
            let blocks = (0..config.decoder_res_blocks)
                .map(|block| {
                    let input = if block == 0 { level.input } else { level.output };
                    ResBlock::init(&mut scope.sub(next()), input, level.output, level.kernel)
                })
                .collect();
            let up = config.decoder.get(i + 1).map(|finer| {
                // The decoder doubles in the reverse order of the encoder's halvings.
                let temporal = config.temporal[config.temporal.len() - 1 - i];
                Up::init(&mut scope.sub(next()), level.output, finer.input, temporal)
            });
            levels.push(Level { blocks, up });
        }
        let feeds_decoder = config.skip.is_some_and(|skip| skip.feeds_decoder);
        let reads_reference = config.skip.is_some_and(|skip| skip.reads_reference);
        Self {
            conv1,
            middle,
            levels,
            skip_in: feeds_decoder.then(|| {
                CausalConv::init(&mut scope.sub("skip_in"), folded, last.input, [last.kernel, 3])
            }),
            // One channel more says that there is a reference.
            reference: reads_reference.then(|| {
                CausalConv::init(&mut scope.sub("reference"), folded + 1, last.input, [1, 3])
            }),
            head_norm: ChannelNorm::init(&mut scope.sub("head.0"), last.output),
            head_conv: CausalConv::init(
                &mut scope.sub("head.2"),
                last.output,
                folded,
                [last.kernel, 3],
            ),
        }
    }

    /// Whether it reads frames as they were foreseen.
    pub(crate) fn reads_reference(&self) -> bool {
        self.reference.is_some()
    }

    /// # Shapes
    /// - z: `[batch, z, frames, height, width]`; one frame the first time
    /// - skip: the linear picture, `[batch, 3 * patch^2, frames', height', width']`, which the network
    ///   corrects
    /// - reference: the frames as they were foreseen, shaped as `skip`
    /// - output: as `skip`; one frame the first time, then four for every latent
    pub(crate) fn forward(
        &self,
        z: Tensor<5>,
        skip: Option<Tensor<5>>,
        reference: Option<Tensor<5>>,
        cache: &mut StreamCache,
    ) -> Tensor<5> {
        cache.rewind();
        let x = self.conv1.forward(z, cache);
        let mut x = self.middle.forward(x, cache);
        for level in &self.levels {
            if level.up.is_none()
                && let (Some(skip_in), Some(skip)) = (&self.skip_in, &skip)
            {
                x = skip_in.forward_plus(skip.clone(), x, cache);
            }
            if level.up.is_none()
                && let (Some(layer), Some(reference)) = (&self.reference, &reference)
            {
                let [batch, _, frames, height, width] = reference.dims();
                let is_there = Tensor::ones([batch, 1, frames, height, width], &reference.device());
                x = layer.forward_plus(join_channels(reference.clone(), is_there), x, cache);
            }
            for block in &level.blocks {
                x = block.forward(x, cache);
            }
            if let Some(up) = &level.up {
                x = up.forward(x, cache);
            }
        }
        self.head_conv.forward_normed(x, &self.head_norm, skip, cache)
    }
}
