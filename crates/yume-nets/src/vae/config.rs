//! The sizes of a causal video VAE.

use serde::{Deserialize, Serialize};

/// One resolution of the encoder or decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Channels at its entrance.
    pub input: usize,
    /// Channels after its first residual block.
    pub output: usize,
    /// Frames that its convolutions see (3, or 1 for purely spatial ones).
    pub kernel: usize,
}

/// The linear path beside the network: 4x8x8 blocks of pixels to latents and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkipConfig {
    /// Whether the last level of the decoder reads the linear picture.
    pub feeds_decoder: bool,
    /// Whether it also reads frames as they were foreseen, for what latents are too small to hold
    /// (after the asymmetric decoder of Zhu et al., arXiv 2306.04632).
    #[serde(default)]
    pub reads_reference: bool,
}

/// The sizes of a causal video VAE with strides 4 (time) and 8 (space).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VaeConfig {
    /// Latent channels.
    pub z_dim: usize,
    /// Edge of the pixel blocks that are folded into channels before the first convolution.
    pub patch_size: usize,
    /// Levels of the encoder, finest first.
    pub encoder: Vec<Level>,
    /// Levels of the decoder, coarsest first.
    pub decoder: Vec<Level>,
    /// Residual blocks per level of the encoder.
    pub encoder_res_blocks: usize,
    /// Residual blocks per level of the decoder.
    pub decoder_res_blocks: usize,
    /// Whether each halving of the encoder also halves time, finest first.
    pub temporal: Vec<bool>,
    /// Frames that the convolutions between encoder and decoder levels see.
    pub middle_kernel: usize,
    /// Whether the middle has a self-attention within each frame.
    pub has_attention: bool,
    /// The linear path, if there is one.
    pub skip: Option<SkipConfig>,
    /// Whether the encoder network contributes (with a linear path it may be exactly zero).
    pub has_encoder: bool,
    /// Mean of each latent channel.
    pub latent_mean: Vec<f32>,
    /// Standard deviation of each latent channel.
    pub latent_std: Vec<f32>,
}

impl VaeConfig {
    /// The layout of the Wan 2.1 VAE: `dim` channels at full resolution, `mult` times that per level.
    pub fn wan(dim: usize, mult: &[usize], res_blocks: usize, temporal: &[bool]) -> Self {
        let widths: Vec<usize> = mult.iter().map(|m| m * dim).collect();
        let mut encoder = Vec::new();
        let mut input = dim;
        for &output in &widths {
            encoder.push(Level { input, output, kernel: 3 });
            input = output;
        }
        let mut decoder = Vec::new();
        for &output in widths.iter().rev() {
            decoder.push(Level { input, output, kernel: 3 });
            // Each doubling of the resolution halves the channels.
            input = output / 2;
        }
        Self {
            z_dim: 16,
            patch_size: 1,
            encoder,
            decoder,
            encoder_res_blocks: res_blocks,
            decoder_res_blocks: res_blocks + 1,
            temporal: temporal.to_vec(),
            middle_kernel: 3,
            has_attention: true,
            skip: None,
            has_encoder: true,
            latent_mean: WAN_MEAN.to_vec(),
            latent_std: WAN_STD.to_vec(),
        }
    }

    /// The published Wan 2.1 VAE.
    pub fn wan_2_1() -> Self {
        Self::wan(96, &[1, 2, 4, 4], 2, &[false, true, true])
    }
}

// Statistics of the Wan 2.1 latents (`wan/modules/vae.py`, `WanVAE`).
const WAN_MEAN: [f32; 16] = [
    -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508, 0.4134, -0.0715, 0.5517,
    -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
];
const WAN_STD: [f32; 16] = [
    2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743, 3.2687, 2.1526, 2.8652, 1.5579,
    1.6382, 1.1253, 2.8251, 1.9160,
];
