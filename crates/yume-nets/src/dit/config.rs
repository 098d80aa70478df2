//! The sizes of a DiT.

use serde::{Deserialize, Serialize};

use super::packing::Patcher;

/// The sizes of a DiT, as written in `config.json`. Missing fields are those of Yume 1.0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DitConfig {
    /// Channels in: noisy latents, mask, conditioning latents.
    pub in_dim: usize,
    /// Channels out: velocity of the latents.
    pub out_dim: usize,
    /// Width of a token.
    pub dim: usize,
    /// Width of the feed-forward layer.
    pub ffn_dim: usize,
    /// Attention heads.
    pub num_heads: usize,
    /// Transformer blocks.
    pub num_layers: usize,
    /// Width of the sinusoid of the timestep.
    pub freq_dim: usize,
    /// Width of the text encoder's output.
    pub text_dim: usize,
    /// Rows of text attended, padding included.
    pub text_len: usize,
    /// Width of the image encoder's output.
    pub img_dim: usize,
    /// Tokens of the image encoder's output.
    pub img_tokens: usize,
    /// Epsilon of the norms.
    pub eps: f64,
    /// Patch embeddings present: how many ordinary patches each merges along an edge.
    pub history_tiers: Vec<usize>,
}

impl Default for DitConfig {
    fn default() -> Self {
        Self {
            in_dim: 36,
            out_dim: 16,
            dim: 5120,
            ffn_dim: 13824,
            num_heads: 40,
            num_layers: 40,
            freq_dim: 256,
            text_dim: 4096,
            text_len: 512,
            img_dim: 1280,
            img_tokens: 257,
            eps: 1e-6,
            history_tiers: vec![1, 2, 4, 8, 16],
        }
    }
}

impl DitConfig {
    /// Whether the model has the parameters of `patcher`.
    pub fn has_patcher(&self, patcher: Patcher) -> bool {
        let merge = match patcher {
            Patcher::X1 => return true,
            Patcher::X2 => 2,
            Patcher::X4 => 4,
            Patcher::X8 => 8,
            Patcher::X16 | Patcher::X2ThenX16 => 16,
        };
        self.history_tiers.contains(&merge)
    }
}
