//! What the encoders of text and start picture cost.

use crate::clip::ClipConfig;
use crate::text::TextConfig;

/// Operations for a caption of `tokens` tokens.
pub fn text_flops(config: &TextConfig, tokens: usize) -> u64 {
    let (dim, attn) = (config.dim, config.dim_attn);
    let linears = tokens * (4 * dim * attn + 3 * dim * config.ffn);
    let attention = 2 * tokens * tokens * attn;
    (2 * config.layers * (linears + attention)) as u64
}

/// Operations for one picture; the last block of the file is not run.
pub fn clip_flops(config: &ClipConfig) -> u64 {
    let (dim, patches) = (config.dim, (config.image_size / config.patch_size).pow(2));
    let tokens = patches + 1;
    let linears = tokens * dim * dim * (4 + 2 * config.mlp_ratio);
    let attention = 2 * tokens * tokens * dim;
    let embedding = patches * 3 * config.patch_size * config.patch_size * dim;
    (2 * ((config.num_layers - 1) * (linears + attention) + embedding)) as u64
}
