//! The umT5 text encoder (`wan/modules/t5.py`): token ids to the rows that cross-attention reads.

use burn::module::{Module, Param};
use burn::tensor::activation::softmax;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::blocks::Passage;
use crate::layers::{Linear, RmsNorm, gelu_tanh, split_heads, to_dtype};
use crate::{Init, Scope};

/// The sizes of a umT5 encoder. Missing fields are those of umT5-XXL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextConfig {
    /// Number of token ids.
    pub vocab: usize,
    /// Width of a token.
    pub dim: usize,
    /// Width of all heads together.
    pub dim_attn: usize,
    /// Width of the gated feed-forward layer.
    pub ffn: usize,
    /// Attention heads.
    pub heads: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Buckets of the relative positions.
    pub buckets: usize,
    /// Distance beyond which all positions share the last bucket.
    pub max_distance: usize,
    /// Epsilon of the norms.
    pub eps: f64,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab: 256_384,
            dim: 4096,
            dim_attn: 4096,
            ffn: 10_240,
            heads: 64,
            layers: 24,
            buckets: 32,
            max_distance: 128,
            eps: 1e-6,
        }
    }
}

/// The text encoder.
#[derive(Module, Debug)]
pub struct TextEncoder {
    token_embedding: Param<Tensor<2>>,
    blocks: Vec<Block>,
    #[module(skip)]
    passage: Passage,
    norm: RmsNorm,
}

#[derive(Module, Debug)]
struct Block {
    norm1: RmsNorm,
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    positions: Param<Tensor<2>>, // [buckets, heads]
    norm2: RmsNorm,
    gate: Linear,
    fc1: Linear,
    fc2: Linear,
    heads: usize,
    buckets: usize,
    max_distance: usize,
}

impl TextEncoder {
    /// An encoder of the sizes in `config`, with the parameters of `scope`.
    pub fn init(scope: &mut Scope<'_>, config: &TextConfig) -> Self {
        // A few of its activations are so large that the codes of a row would leave the others nothing.
        let scope = &mut scope.decoding_weights();
        Self {
            // A caption reads a few rows of it.
            token_embedding: scope.resting("token_embedding").matrix(
                "weight",
                [config.vocab, config.dim],
                Init::Normal { std: 1.0 },
            ),
            blocks: (0..config.layers)
                .map(|i| Block::init(&mut scope.resting(format_args!("blocks.{i}")), config))
                .collect(),
            passage: scope.passage(),
            norm: RmsNorm::init(&mut scope.sub("norm"), config.dim, config.eps),
        }
    }

    /// Encodes one sentence.
    ///
    /// # Shapes
    /// - ids: token ids, the end token included, without padding
    /// - output: `[1, ids, dim]`, f32
    pub fn forward(&self, ids: &[u32]) -> Tensor<3> {
        let device = self.token_embedding.device();
        let ids: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
        let count = ids.len();
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), &device);
        let rows = self.passage.bring(self.token_embedding.val().select(0, ids));
        let x = to_dtype(rows, DType::F32).unsqueeze::<3>();
        self.norm.forward(self.passage.carry(&self.blocks, x, |x, _, block| block.forward(x)))
    }
}

impl Block {
    fn init(scope: &mut Scope<'_>, config: &TextConfig) -> Self {
        let (dim, attn, ffn) = (config.dim, config.dim_attn, config.ffn);
        Self {
            norm1: RmsNorm::init(&mut scope.sub("norm1"), dim, config.eps),
            q: Linear::init_plain(&mut scope.sub("attn.q"), dim, attn),
            k: Linear::init_plain(&mut scope.sub("attn.k"), dim, attn),
            v: Linear::init_plain(&mut scope.sub("attn.v"), dim, attn),
            o: Linear::init_plain(&mut scope.sub("attn.o"), attn, dim),
            positions: scope.vector(
                "pos_embedding.embedding.weight",
                [config.buckets, config.heads],
                Init::Normal {
                    std: (2.0 * config.buckets as f32 * config.heads as f32).powf(-0.5),
                },
            ),
            norm2: RmsNorm::init(&mut scope.sub("norm2"), dim, config.eps),
            gate: Linear::init_plain(&mut scope.sub("ffn.gate.0"), dim, ffn),
            fc1: Linear::init_plain(&mut scope.sub("ffn.fc1"), dim, ffn),
            fc2: Linear::init_plain(&mut scope.sub("ffn.fc2"), ffn, dim),
            heads: config.heads,
            buckets: config.buckets,
            max_distance: config.max_distance,
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + to_dtype(self.attention(self.norm1.forward(x)), DType::F32);
        let h = self.norm2.forward(x.clone());
        let hidden = self.fc1.forward(h.clone()) * gelu_tanh(self.gate.forward(h));
        x + to_dtype(self.fc2.forward(hidden), DType::F32)
    }

    // T5 does not scale the logits, and adds a learnt bias per head and distance. Sentences are
    // short, so the scores are simply stored.
    fn attention(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, _] = x.dims();
        let heads = |x: Tensor<3>| split_heads(x, self.heads).swap_dims(1, 2);
        let q = heads(self.q.forward(x.clone()));
        let k = heads(self.k.forward(x.clone()));
        let v = heads(self.v.forward(x));
        let scores = to_dtype(q.matmul(k.swap_dims(2, 3)), DType::F32);
        let weights = softmax(scores + self.bias(tokens, &v.device()), 3);
        let out = to_dtype(weights, v.dtype()).matmul(v); // [batch, heads, tokens, head_dim]
        let [_, _, _, head_dim] = out.dims();
        self.o.forward(out.swap_dims(1, 2).reshape([batch, tokens, self.heads * head_dim]))
    }

    fn bias(&self, tokens: usize, device: &Device) -> Tensor<4> {
        let mut buckets = Vec::with_capacity(tokens * tokens);
        for query in 0..tokens {
            for key in 0..tokens {
                let distance = key as i64 - query as i64;
                buckets.push(bucket(distance, self.buckets, self.max_distance));
            }
        }
        let count = buckets.len();
        let buckets = Tensor::<1, Int>::from_data(TensorData::new(buckets, [count]), device);
        self.positions
            .val()
            .select(0, buckets) // [tokens * tokens, heads]
            .reshape([1, tokens, tokens, self.heads])
            .permute([0, 3, 1, 2])
    }
}

/// The bucket of a key that stands `distance` after its query: exact when near, logarithmic beyond.
fn bucket(distance: i64, buckets: usize, max_distance: usize) -> i64 {
    let half = (buckets / 2) as i64;
    let exact = half / 2;
    let base = if distance > 0 { half } else { 0 };
    let distance = distance.abs();
    if distance < exact {
        return base + distance;
    }
    let ratio = (distance as f32 / exact as f32).ln() / (max_distance as f32 / exact as f32).ln();
    let coarse = exact + (ratio * (half - exact) as f32) as i64;
    base + coarse.min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn buckets_of_the_published_encoder() {
        let table =
            [(0, 0), (-1, 1), (-7, 7), (-8, 8), (-200, 15), (1, 17), (7, 23), (8, 24), (500, 31)];
        for (distance, expected) in table {
            assert_eq!(bucket(distance, 32, 128), expected, "distance {distance}");
        }
    }
}
