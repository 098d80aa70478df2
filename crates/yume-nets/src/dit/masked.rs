//! The masked forward pass of training (MVDT): the first half of the blocks sees a random part of
//! the tokens, a side interpolator fills in the rest, the second half sees them all.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData};

use super::block::{Block, CrossKeys};
use super::rope::Rotation;
use super::{Context, Dit, DitConfig, DitInput, Plan};
use crate::{Init, Scope};

/// The parts of the network that exist only while training.
#[derive(Module, Debug)]
pub struct SideInterpolator {
    mask_token: Param<Tensor<3>>,
    sideblock: Block,
}

impl SideInterpolator {
    /// A fresh mask token and one more block.
    pub fn init(scope: &mut Scope<'_>, config: &DitConfig) -> Self {
        Self {
            mask_token: scope.vector("mask_token", [1, 1, config.dim], Init::Normal { std: 0.02 }),
            sideblock: Block::init(&mut scope.sub("sideblock"), config),
        }
    }
}

/// Which tokens the first half of the blocks sees.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Indices of the kept tokens, in the order they are processed.
    keep: Vec<i64>,
    /// For every token its place in the shuffled order; places beyond the kept ones are masked.
    restore: Vec<i64>,
}

impl Mask {
    /// From indices of the kept tokens and the inverse permutation of the whole shuffle.
    ///
    /// # Panics
    /// If `keep` is longer than `restore`.
    pub fn new(keep: Vec<i64>, restore: Vec<i64>) -> Self {
        assert!(keep.len() <= restore.len(), "more tokens kept than there are");
        Self { keep, restore }
    }

    /// Keeps `kept` tokens of `noise.len()`: those with the smallest noise, in that order.
    pub fn from_noise(noise: &[f32], kept: usize) -> Self {
        let mut order: Vec<usize> = (0..noise.len()).collect();
        order.sort_by(|&a, &b| noise[a].total_cmp(&noise[b]));
        let mut restore = vec![0; noise.len()];
        for (place, &token) in order.iter().enumerate() {
            restore[token] = place as i64;
        }
        Self::new(order[..kept].iter().map(|&token| token as i64).collect(), restore)
    }
}

/// What cross-attention reads in a masked pass: every block's keys, and the side block's.
pub struct MaskedContext {
    blocks: Context,
    side: CrossKeys,
}

impl Dit {
    /// The keys and values of a masked pass; see [`Dit::context`].
    pub fn masked_context(
        &self,
        side: &SideInterpolator,
        text: Tensor<3>,
        image: Tensor<3>,
    ) -> MaskedContext {
        let (text, image) = self.embed_context(text, image);
        MaskedContext {
            side: side.sideblock.cross_keys(text.clone(), image.clone()),
            blocks: self.context_of(text, image),
        }
    }

    /// # Shapes
    /// As [`Dit::forward`]; every item of the batch is masked alike.
    pub fn forward_masked(
        &self,
        side: &SideInterpolator,
        input: DitInput,
        cross: &MaskedContext,
        plan: &Plan,
        mask: &Mask,
    ) -> Tensor<5> {
        let (tokens, time, time_blocks) = self.embed(input, plan);
        let [batch, count, dim] = tokens.dims();
        let device = tokens.device();
        let keep = indices(&mask.keep, &device);
        let restore = indices(&mask.restore, &device);
        let middle = self.blocks.len().div_ceil(2) - 1;

        let kept_rotation: Rotation = plan.rotation.select(&keep);
        let x = tokens.select(1, keep); // [batch, kept, dim]
        let x = self.through(x, 0..middle, &time_blocks, &cross.blocks, &kept_rotation);

        let kept = mask.keep.len();
        let fill = side.mask_token.val().expand([batch, count - kept, dim]);
        let x = Tensor::cat(vec![x, fill], 1).select(1, restore); // [batch, tokens, dim]
        let is_masked: Vec<f32> =
            mask.restore.iter().map(|&place| f32::from(place >= kept as i64)).collect();
        let is_masked = Tensor::<3>::from_data(TensorData::new(is_masked, [1, count, 1]), &device);
        let filled =
            side.sideblock.forward(x.clone(), time_blocks.clone(), &cross.side, &plan.rotation);
        let x = filled * is_masked.clone() + x * (is_masked.neg() + 1.0);

        let rest = middle..self.blocks.len();
        let x = self.through(x, rest, &time_blocks, &cross.blocks, &plan.rotation);
        self.finish(x, time, plan)
    }
}

fn indices(values: &[i64], device: &burn::tensor::Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}
