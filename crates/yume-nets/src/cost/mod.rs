//! What a network costs, from its sizes alone: tokens, floating-point operations, bytes at work.
//!
//! An operation is a multiplication or an addition of a matrix product, a convolution or an attention;
//! norms and activations are left out.

mod encoders;
mod vae;

pub use encoders::{clip_flops, depth_flops, text_flops};
pub use vae::VaeCost;

use crate::dit::{DitConfig, Layout, Patcher, PlanError, parts};

/// What one forward pass of a DiT costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DitCost {
    /// Tokens of the history, which carry no output.
    pub history_tokens: usize,
    /// All tokens.
    pub tokens: usize,
    /// Operations of one pass.
    pub flops: u64,
    /// Operations for the keys and values of the cross-attention, once per caption.
    pub context_flops: u64,
}

impl DitCost {
    /// The cost of `layout` for latents of `height` x `width`.
    ///
    /// # Errors
    /// If the published model defines no packing for the history.
    pub fn new(
        config: &DitConfig,
        layout: Layout,
        height: usize,
        width: usize,
    ) -> Result<Self, PlanError> {
        let (parts, window) = match layout {
            Layout::Plain { frames } => (Vec::new(), frames),
            Layout::Packed { history, window } => {
                (parts(history, window).ok_or(PlanError::History { frames: history })?, window)
            }
        };
        let window_tokens = window * (height / 2) * (width / 2);
        let tokens_of = |part: &crate::dit::Part| part.tokens(height, width);
        let history_tokens = parts.iter().map(tokens_of).sum();
        let tokens = history_tokens + window_tokens;
        let embedded: usize = parts
            .iter()
            .map(|part| {
                let frames = part.end - part.start;
                embedding_products(config, part.patcher, part.tokens(height, width), |merge| {
                    frames * height.div_ceil(merge) * width.div_ceil(merge)
                })
            })
            .sum();
        let window_embedded = embedding_products(config, Patcher::X1, window_tokens, |_| 0);
        let head = tokens * config.dim * config.out_dim * 4;
        let time = config.freq_dim * config.dim + 7 * config.dim * config.dim;
        let products = block_products(config, tokens) * config.num_layers
            + embedded
            + window_embedded
            + head
            + time;
        Ok(Self {
            history_tokens,
            tokens,
            flops: 2 * products as u64,
            context_flops: 2 * context_products(config) as u64,
        })
    }

    /// Bytes that one pass needs beside weights, keys of the captions and inputs, at most: an estimate
    /// from what is alive at once within a block, if every operation has memory of its own and
    /// attention does not store its scores. `matrix_bytes` is the size of a number in products.
    pub fn activation_bytes(&self, config: &DitConfig, matrix_bytes: usize) -> u64 {
        let (dim, ffn) = (config.dim, config.ffn_dim);
        // The residual stream; queries, keys and their rotated forms with both halves, all in f32; and
        // queries, keys, values and their outcome as products take them.
        let attention = dim * (4 + 5 * 4 + 4 * matrix_bytes);
        // The residual stream, its normalised form in both precisions, the hidden layer twice.
        let feed_forward = dim * (4 + 4 + matrix_bytes) + 2 * ffn * matrix_bytes;
        (self.tokens * attention.max(feed_forward)) as u64
    }
}

/// Bytes of the keys and values that cross-attention keeps for one caption: keys are normalised in
/// f32.
pub fn context_bytes(config: &DitConfig, matrix_bytes: usize) -> u64 {
    let rows = config.text_len + config.img_tokens;
    (rows * config.dim * (4 + matrix_bytes) * config.num_layers) as u64
}

/// Multiplications of one block for `tokens` tokens.
fn block_products(config: &DitConfig, tokens: usize) -> usize {
    let (dim, ffn) = (config.dim, config.ffn_dim);
    let linears = tokens * (6 * dim * dim + 2 * dim * ffn);
    let rows = tokens + config.text_len + config.img_tokens;
    linears + 2 * tokens * rows * dim
}

/// Multiplications that turn a caption and a picture into the keys and values of every block.
fn context_products(config: &DitConfig) -> usize {
    let (dim, text, image) = (config.dim, config.text_len, config.img_tokens);
    let embedding = text * (config.text_dim * dim + dim * dim)
        + image * (config.img_dim * config.img_dim + config.img_dim * dim);
    embedding + config.num_layers * 2 * (text + image) * dim * dim
}

/// Multiplications of a patch embedding with `tokens` tokens; `positions` says how many places of a
/// map that is smaller by a factor the compressor of the longest history fills.
fn embedding_products(
    config: &DitConfig,
    patcher: Patcher,
    tokens: usize,
    positions: impl Fn(usize) -> usize,
) -> usize {
    let patch = config.in_dim * patcher.kernel() * patcher.kernel();
    let compressor = match patcher {
        Patcher::X2ThenX16 => positions(4) * config.in_dim * config.in_dim * 16,
        _ => 0,
    };
    tokens * patch * config.dim + compressor
}
