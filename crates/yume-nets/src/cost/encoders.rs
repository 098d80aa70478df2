//! What the encoders of text and start picture cost, and the estimate of depth.

use crate::clip::ClipConfig;
use crate::depth::DepthConfig;
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

/// Operations for the depth of a picture.
pub fn depth_flops(config: &DepthConfig, height: usize, width: usize) -> u64 {
    let area = config.patch_size * config.patch_size;
    let [near, middle, far] = config.dims;
    let block = |dim: usize| 2 * 9 * dim * dim;
    let fine = 9 * (3 * area + 1) * near + 3 * block(near) + 9 * near * area;
    let half = 4 * near * middle + 3 * block(middle) + middle * near;
    let quarter = 4 * middle * far + 2 * block(far) + far * middle;
    let patches = height / config.patch_size * (width / config.patch_size);
    (2 * (patches * fine + patches / 4 * half + patches / 16 * quarter)) as u64
}
