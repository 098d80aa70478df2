//! The CLIP vision tower (`wan/modules/clip.py`): the start picture to features, all blocks but the
//! last.

use burn::module::{Module, Param};
use burn::tensor::activation::gelu;
use burn::tensor::{DType, Tensor, TensorData, module};
use serde::{Deserialize, Serialize};

use crate::attention::attend;
use crate::layers::{LayerNorm, Linear, split_heads, to_dtype};
use crate::resample::{Kernel, stretch};
use crate::{Init, Scope};

const EPS: f64 = 1e-5;

/// The sizes of a CLIP vision tower. Missing fields are those of ViT-H/14.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClipConfig {
    /// Edge of the square picture it looks at.
    pub image_size: usize,
    /// Edge of a patch.
    pub patch_size: usize,
    /// Width of a token.
    pub dim: usize,
    /// Width of the feed-forward layer over that of a token.
    pub mlp_ratio: usize,
    /// Attention heads.
    pub num_heads: usize,
    /// Blocks in the file; the last one is not run.
    pub num_layers: usize,
    /// Mean of each colour, for pictures in [0, 1].
    pub mean: [f32; 3],
    /// Standard deviation of each colour.
    pub std: [f32; 3],
}

impl Default for ClipConfig {
    fn default() -> Self {
        Self {
            image_size: 224,
            patch_size: 14,
            dim: 1280,
            mlp_ratio: 4,
            num_heads: 16,
            num_layers: 32,
            mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
        }
    }
}

impl ClipConfig {
    /// Tokens of its output: one of the whole picture and one of each patch.
    pub fn tokens(&self) -> usize {
        1 + (self.image_size / self.patch_size).pow(2)
    }
}

/// The vision tower; its parameters are named under `visual.`.
#[derive(Module, Debug)]
pub struct ClipVision {
    cls_embedding: Param<Tensor<3>>,
    pos_embedding: Param<Tensor<3>>,
    patch_embedding: Param<Tensor<4>>,
    pre_norm: LayerNorm,
    blocks: Vec<Block>,
}

#[derive(Module, Debug)]
struct Block {
    norm1: LayerNorm,
    to_qkv: Linear,
    proj: Linear,
    norm2: LayerNorm,
    mlp_0: Linear,
    mlp_2: Linear,
    heads: usize,
}

impl ClipVision {
    /// A tower of the sizes in `config`, without its last block.
    pub fn init(scope: &mut Scope<'_>, config: &ClipConfig) -> Self {
        let mut scope = scope.sub("visual");
        let (dim, patch) = (config.dim, config.patch_size);
        let small = Init::Normal { std: 1.0 / (dim as f32).sqrt() };
        Self {
            cls_embedding: scope.vector("cls_embedding", [1, 1, dim], small),
            pos_embedding: scope.vector("pos_embedding", [1, config.tokens(), dim], small),
            patch_embedding: scope.matrix(
                "patch_embedding.weight",
                [dim, 3, patch, patch],
                Init::Uniform { fan_in: 3 * patch * patch },
            ),
            pre_norm: LayerNorm::init(&mut scope.sub("pre_norm"), dim, EPS),
            blocks: (0..config.num_layers - 1)
                .map(|i| Block::init(&mut scope.sub(format_args!("transformer.{i}")), config))
                .collect(),
        }
    }

    /// # Shapes
    /// - pixels: `[batch, 3, image_size, image_size]` from [`preprocess`]
    /// - output: `[batch, 1 + patches, dim]`, f32
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<3> {
        let weight = self.patch_embedding.val();
        let [dim, channels, patch, _] = weight.dims();
        let [batch, _, height, width] = pixels.dims();
        let (rows, columns) = (height / patch, width / patch);
        let patches = to_dtype(pixels, weight.dtype())
            .reshape([batch, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5]) // [batch, rows, columns, 3, patch, patch]
            .reshape([batch, rows * columns, channels * patch * patch]);
        let weight = weight.reshape([dim, channels * patch * patch]).transpose();
        let tokens = to_dtype(module::linear(patches, weight, None), DType::F32);
        let class = self.cls_embedding.val().expand([batch, 1, dim]);
        let x = Tensor::cat(vec![class, tokens], 1) + self.pos_embedding.val();
        let mut x = self.pre_norm.forward(x);
        for block in &self.blocks {
            x = block.forward(x);
        }
        x
    }
}

impl Block {
    fn init(scope: &mut Scope<'_>, config: &ClipConfig) -> Self {
        let (dim, hidden) = (config.dim, config.dim * config.mlp_ratio);
        Self {
            norm1: LayerNorm::init(&mut scope.sub("norm1"), dim, EPS),
            to_qkv: Linear::init(&mut scope.sub("attn.to_qkv"), dim, 3 * dim),
            proj: Linear::init(&mut scope.sub("attn.proj"), dim, dim),
            norm2: LayerNorm::init(&mut scope.sub("norm2"), dim, EPS),
            mlp_0: Linear::init(&mut scope.sub("mlp.0"), dim, hidden),
            mlp_2: Linear::init(&mut scope.sub("mlp.2"), hidden, dim),
            heads: config.num_heads,
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let qkv = self.to_qkv.forward(self.norm1.forward(x.clone()));
        let [_, _, width] = qkv.dims();
        let [q, k, v] = [0, 1, 2]
            .map(|i| split_heads(qkv.clone().narrow(2, i * width / 3, width / 3), self.heads));
        let x = x + to_dtype(self.proj.forward(attend(q, k, v)), DType::F32);
        let hidden = gelu(self.mlp_0.forward(self.norm2.forward(x.clone())));
        x + to_dtype(self.mlp_2.forward(hidden), DType::F32)
    }
}

/// Stretches a picture to the tower's square with the bicubic kernel of `PyTorch` (a = -0.75, no
/// antialiasing), then normalises its colours.
///
/// # Shapes
/// - picture: planar `[3, height, width]` in [-1, 1]
/// - output: planar `[3, image_size, image_size]`
pub fn preprocess(picture: &[f32], height: usize, width: usize, config: &ClipConfig) -> Vec<f32> {
    let size = config.image_size;
    let mut planes = stretch(picture, [height, width], [size, size], Kernel::Cubic);
    let colors = config.mean.iter().zip(config.std);
    for (plane, (mean, std)) in planes.chunks_exact_mut(size * size).zip(colors) {
        for value in plane {
            *value = (*value * 0.5 + 0.5 - mean) / std;
        }
    }
    planes
}

/// A tensor of one preprocessed picture, `[1, 3, image_size, image_size]`.
pub fn to_tensor(
    pixels: Vec<f32>,
    config: &ClipConfig,
    device: &burn::tensor::Device,
) -> Tensor<4> {
    let size = config.image_size;
    Tensor::from_data(TensorData::new(pixels, [1, 3, size, size]), (device, DType::F32))
}
