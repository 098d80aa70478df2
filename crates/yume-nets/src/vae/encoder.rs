//! Pixels to features of the latents' size.

use burn::module::Module;
use burn::tensor::Tensor;

use super::blocks::{ChannelNorm, Middle, ResBlock};
use super::config::VaeConfig;
use super::conv::CausalConv;
use super::resample::Down;
use super::stream::StreamCache;
use crate::Scope;

/// One level: residual blocks, then a halving except at the last level.
#[derive(Module, Debug)]
struct Level {
    blocks: Vec<ResBlock>,
    down: Option<Down>,
}

/// The encoder network.
#[derive(Module, Debug)]
pub(crate) struct Encoder {
    conv1: CausalConv,
    levels: Vec<Level>,
    middle: Middle,
    head_norm: ChannelNorm,
    head_conv: CausalConv,
}

impl Encoder {
    /// The encoder of `config`.
    pub(crate) fn init(scope: &mut Scope<'_>, config: &VaeConfig) -> Self {
        let folded = 3 * config.patch_size * config.patch_size;
        let first = config.encoder[0];
        let last = config.encoder[config.encoder.len() - 1];
        let conv1 =
            CausalConv::init(&mut scope.sub("conv1"), folded, first.input, [first.kernel, 3]);
        // The published files number blocks and halvings in one flat list.
        let mut index = 0;
        let mut next = || {
            index += 1;
            format!("downsamples.{}", index - 1)
        };
        let mut levels = Vec::new();
        for (i, level) in config.encoder.iter().enumerate() {
            let blocks = (0..config.encoder_res_blocks)
                .map(|block| {
                    let input = if block == 0 { level.input } else { level.output };
                    ResBlock::init(&mut scope.sub(next()), input, level.output, level.kernel)
                })
                .collect();
            let down = config
                .temporal
                .get(i)
                .map(|&temporal| Down::init(&mut scope.sub(next()), level.output, temporal));
            levels.push(Level { blocks, down });
        }
        Self {
            conv1,
            levels,
            middle: Middle::init(&mut scope.sub("middle"), last.output, config),
            head_norm: ChannelNorm::init(&mut scope.sub("head.0"), last.output),
            head_conv: CausalConv::init(
                &mut scope.sub("head.2"),
                last.output,
                2 * config.z_dim,
                [config.middle_kernel, 3],
            ),
        }
    }

    /// # Shapes
    /// - x: `[batch, 3 * patch^2, frames, height, width]`: one frame first, then multiples of four
    /// - output: `[batch, 2 * z, frames / 4 (rounded up), height / 8 * patch, width / 8 * patch]`
    pub(crate) fn forward(&self, x: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        cache.rewind();
        let mut x = self.conv1.forward(x, cache);
        for level in &self.levels {
            for block in &level.blocks {
                x = block.forward(x, cache);
            }
            if let Some(down) = &level.down {
                x = down.forward(x, cache);
            }
        }
        let x = self.middle.forward(x, cache);
        self.head_conv.forward_normed(x, &self.head_norm, None, cache)
    }
}
