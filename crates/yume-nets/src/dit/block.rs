//! One transformer block: self-attention over all tokens, attention to text and image, feed-forward.

use burn::module::{Module, Param};
use burn::tensor::{DType, Tensor};

use super::DitConfig;
use super::rope::Rotation;
use crate::attention::attend;
use crate::layers::{
    LayerNorm, Linear, RmsNorm, add_gated, gelu_tanh, modulate, split_heads, tensor_bytes, to_dtype,
};
use crate::{Init, Scope};

/// Keys and values that one block's cross-attention reads. They depend on the caption and the start
/// picture only, so they are computed once per caption.
#[derive(Clone, Debug)]
pub(crate) struct CrossKeys {
    text: (Tensor<4>, Tensor<4>), // [batch, text tokens, heads, head_dim]
    image: (Tensor<4>, Tensor<4>),
}

impl CrossKeys {
    /// Bytes of them.
    pub(crate) fn bytes(&self) -> u64 {
        let pair =
            |(keys, values): &(Tensor<4>, Tensor<4>)| tensor_bytes(keys) + tensor_bytes(values);
        pair(&self.text) + pair(&self.image)
    }

    /// These and `other`, one after the other along the batch.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let cat = |a: &Tensor<4>, b: &Tensor<4>| Tensor::cat(vec![a.clone(), b.clone()], 0);
        Self {
            text: (cat(&self.text.0, &other.text.0), cat(&self.text.1, &other.text.1)),
            image: (cat(&self.image.0, &other.image.0), cat(&self.image.1, &other.image.1)),
        }
    }
}

/// A transformer block of the DiT.
#[derive(Module, Debug)]
pub(crate) struct Block {
    modulation: Param<Tensor<3>>,
    self_attn: SelfAttention,
    norm3: LayerNorm,
    cross_attn: CrossAttention,
    ffn_0: Linear,
    ffn_2: Linear,
    eps: f64,
}

impl Block {
    /// A block of `config.dim` channels.
    pub(crate) fn init(scope: &mut Scope<'_>, config: &DitConfig) -> Self {
        let dim = config.dim;
        Self {
            modulation: scope.vector(
                "modulation",
                [1, 6, dim],
                Init::Normal { std: (dim as f32).sqrt().recip() },
            ),
            self_attn: SelfAttention::init(&mut scope.sub("self_attn"), config),
            norm3: LayerNorm::init(&mut scope.sub("norm3"), dim, config.eps),
            cross_attn: CrossAttention::init(&mut scope.sub("cross_attn"), config),
            ffn_0: Linear::init(&mut scope.sub("ffn.0"), dim, config.ffn_dim),
            ffn_2: Linear::init(&mut scope.sub("ffn.2"), config.ffn_dim, dim),
            eps: config.eps,
        }
    }

    /// What the block's cross-attention reads from the embedded text and image.
    ///
    /// # Shapes
    /// - text, image: `[batch, tokens, dim]`
    pub(crate) fn cross_keys(&self, text: Tensor<3>, image: Tensor<3>) -> CrossKeys {
        self.cross_attn.keys(text, image)
    }

    /// # Shapes
    /// - x, output: `[batch, tokens, dim]`, f32
    /// - time: `[batch, 6, dim]`, shift, scale, gate for attention, then for the feed-forward
    pub(crate) fn forward(
        &self,
        x: Tensor<3>,
        time: Tensor<3>,
        keys: &CrossKeys,
        rotation: &Rotation,
    ) -> Tensor<3> {
        let modulation = time + self.modulation.val();
        let [shift_attn, scale_attn, gate_attn, shift_ffn, scale_ffn, gate_ffn] =
            [0, 1, 2, 3, 4, 5].map(|i| modulation.clone().narrow(1, i, 1)); // [batch, 1, dim]
        let attn = modulate(x.clone(), shift_attn, scale_attn, self.eps);
        let x = add_gated(x, self.self_attn.forward(attn, rotation), gate_attn);
        let cross = self.cross_attn.forward(self.norm3.forward(x.clone()), keys);
        let x = x + to_dtype(cross, DType::F32);
        let hidden = self.ffn_0.forward(modulate(x.clone(), shift_ffn, scale_ffn, self.eps));
        add_gated(x, self.ffn_2.forward(gelu_tanh(hidden)), gate_ffn)
    }
}

#[derive(Module, Debug)]
struct SelfAttention {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    norm_q: RmsNorm,
    norm_k: RmsNorm,
    heads: usize,
}

impl SelfAttention {
    fn init(scope: &mut Scope<'_>, config: &DitConfig) -> Self {
        let dim = config.dim;
        Self {
            q: Linear::init(&mut scope.sub("q"), dim, dim),
            k: Linear::init(&mut scope.sub("k"), dim, dim),
            v: Linear::init(&mut scope.sub("v"), dim, dim),
            o: Linear::init(&mut scope.sub("o"), dim, dim),
            norm_q: RmsNorm::init(&mut scope.sub("norm_q"), dim, config.eps),
            norm_k: RmsNorm::init(&mut scope.sub("norm_k"), dim, config.eps),
            heads: config.num_heads,
        }
    }

    fn forward(&self, x: Tensor<3>, rotation: &Rotation) -> Tensor<3> {
        let x = self.q.input(x);
        // The norm runs over all channels, before they are split into heads.
        let q = split_heads(self.norm_q.forward_of(|| self.q.forward(x.clone())), self.heads);
        let k = split_heads(self.norm_k.forward_of(|| self.k.forward(x.clone())), self.heads);
        let v = split_heads(self.v.forward(x), self.heads);
        self.o.forward(attend(rotation.apply(q), rotation.apply(k), v))
    }
}

#[derive(Module, Debug)]
struct CrossAttention {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    norm_q: RmsNorm,
    norm_k: RmsNorm,
    k_img: Linear,
    v_img: Linear,
    norm_k_img: RmsNorm,
    heads: usize,
}

impl CrossAttention {
    fn init(scope: &mut Scope<'_>, config: &DitConfig) -> Self {
        let dim = config.dim;
        Self {
            q: Linear::init(&mut scope.sub("q"), dim, dim),
            k: Linear::init(&mut scope.sub("k"), dim, dim),
            v: Linear::init(&mut scope.sub("v"), dim, dim),
            o: Linear::init(&mut scope.sub("o"), dim, dim),
            norm_q: RmsNorm::init(&mut scope.sub("norm_q"), dim, config.eps),
            norm_k: RmsNorm::init(&mut scope.sub("norm_k"), dim, config.eps),
            k_img: Linear::init(&mut scope.sub("k_img"), dim, dim),
            v_img: Linear::init(&mut scope.sub("v_img"), dim, dim),
            norm_k_img: RmsNorm::init(&mut scope.sub("norm_k_img"), dim, config.eps),
            heads: config.num_heads,
        }
    }

    fn keys(&self, text: Tensor<3>, image: Tensor<3>) -> CrossKeys {
        let heads = self.heads;
        CrossKeys {
            text: (
                split_heads(self.norm_k.forward(self.k.forward(text.clone())), heads),
                split_heads(self.v.forward(text), heads),
            ),
            image: (
                split_heads(self.norm_k_img.forward(self.k_img.forward(image.clone())), heads),
                split_heads(self.v_img.forward(image), heads),
            ),
        }
    }

    fn forward(&self, x: Tensor<3>, keys: &CrossKeys) -> Tensor<3> {
        let q = split_heads(self.norm_q.forward_of(|| self.q.forward(x)), self.heads);
        let (text_keys, text_values) = keys.text.clone();
        let (image_keys, image_values) = keys.image.clone();
        // Two softmaxes whose results are added, not one over both.
        let text = attend(q.clone(), text_keys, text_values);
        let image = attend(q, image_keys, image_values);
        self.o.forward(text + image)
    }
}
