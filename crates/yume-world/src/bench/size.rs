//! Smaller models of the published architecture, so that any device runs the path of the large one.

use yume_checkpoint::ModelSpec;
use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::VaeConfig;

/// How large the networks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For tests: seconds on a processor.
    Tiny,
    /// For a processor: a minute.
    Small,
    /// For a laptop's GPU: the width of a DiT of 1.3 billion parameters, at 480x272.
    Medium,
    /// That of Yume 1.0.
    Full,
}

/// What changes from size to size.
struct Row {
    pixels: (usize, usize),
    /// Heads, width of a head and of the feed-forward layer, blocks.
    dit: (usize, usize, usize, usize),
    /// Ids, width, width of the feed-forward layer, heads, blocks, rows that are attended.
    text: (usize, usize, usize, usize, usize, usize),
    /// Edge of the picture, width, heads, blocks.
    clip: (usize, usize, usize, usize),
    /// Channels at full resolution.
    vae: usize,
}

impl Size {
    /// The facts of Yume 1.0 with the numbers of this size.
    pub fn spec(self) -> ModelSpec {
        let row = match self {
            Self::Tiny => Row {
                pixels: (64, 32),
                dit: (2, 32, 160, 2),
                text: (256, 32, 80, 4, 2, 32),
                clip: (56, 32, 2, 3),
                vae: 4,
            },
            Self::Small => Row {
                pixels: (192, 112),
                dit: (4, 128, 1408, 4),
                text: (4096, 512, 1280, 8, 6, 128),
                clip: (112, 320, 4, 8),
                vae: 16,
            },
            Self::Medium => Row {
                pixels: (480, 272),
                dit: (12, 128, 8960, 30),
                text: (32_128, 1024, 2816, 16, 24, 512),
                clip: (224, 1280, 16, 32),
                vae: 96,
            },
            Self::Full => return ModelSpec::yume_i2v_540p(),
        };
        row.spec()
    }
}

impl Row {
    fn spec(self) -> ModelSpec {
        let mut spec = ModelSpec::yume_i2v_540p();
        (spec.frame.width, spec.frame.height) = self.pixels;
        let (vocab, dim, ffn, heads, layers, text_len) = self.text;
        spec.text =
            TextConfig { vocab, dim, dim_attn: dim, ffn, heads, layers, ..TextConfig::default() };
        let (image_size, img_dim, num_heads, num_layers) = self.clip;
        spec.clip =
            ClipConfig { image_size, dim: img_dim, num_heads, num_layers, ..ClipConfig::default() };
        let (num_heads, head_dim, ffn_dim, num_layers) = self.dit;
        spec.dit = DitConfig {
            dim: num_heads * head_dim,
            ffn_dim,
            num_heads,
            num_layers,
            text_dim: dim,
            text_len,
            img_dim,
            img_tokens: 1 + (image_size / spec.clip.patch_size).pow(2),
            ..DitConfig::default()
        };
        spec.vae = VaeConfig::wan(self.vae, &[1, 2, 4, 4], 2, &[false, true, true]);
        spec
    }
}
