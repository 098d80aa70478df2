//! Which files a model consists of, and which of their tensors may be left over.

use yume_nets::clip::ClipConfig;

/// One network of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The DiT.
    Dit,
    /// The VAE.
    Vae,
    /// The text encoder.
    Text,
    /// The image encoder.
    Clip,
}

impl Part {
    /// Every network of a model.
    pub const ALL: [Self; 4] = [Self::Dit, Self::Vae, Self::Text, Self::Clip];

    /// Whether a tensor that the network does not use may be in its file: what only training needs,
    /// the other half of CLIP, and the part of its tower beyond the last block that is run.
    pub fn leaves(self, name: &str, clip: &ClipConfig) -> bool {
        match self {
            Self::Dit => name == "mask_token" || name.starts_with("sideblock."),
            Self::Vae | Self::Text => false,
            Self::Clip => {
                let last = format!("visual.transformer.{}.", clip.num_layers.saturating_sub(1));
                name == "log_scale"
                    || name == "visual.head"
                    || [last.as_str(), "textual.", "visual.post_norm.", "visual.head."]
                        .iter()
                        .any(|prefix| name.starts_with(prefix))
            }
        }
    }
}

/// Where the files of a model lie in its folder.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// The embedded model's format.
    Tiny,
    /// The published folder.
    Published,
}

/// The configuration of the embedded model's format.
pub(super) const TINY_CONFIG: &str = "config.json";

/// The folder by which the published layout is known.
pub(super) const PUBLISHED_DIT_FOLDER: &str = "Yume-Dit";

impl Layout {
    /// The files that may hold `part`, best first; one of them is enough.
    pub(super) fn weights(self, part: Part) -> &'static [&'static str] {
        match (self, part) {
            (Self::Tiny, Part::Dit) => &["dit.safetensors"],
            (Self::Tiny, Part::Vae) => &["vae.safetensors"],
            (Self::Tiny, Part::Text) => &["text.safetensors"],
            (Self::Tiny, Part::Clip) => &["clip.safetensors"],
            (Self::Published, Part::Dit) => &[
                "Yume-Dit/diffusion_pytorch_model.safetensors.index.json",
                "Yume-Dit/diffusion_pytorch_model.safetensors",
            ],
            (Self::Published, Part::Vae) => &["Wan2.1_VAE.pth"],
            (Self::Published, Part::Text) => &["models_t5_umt5-xxl-enc-bf16.pth"],
            (Self::Published, Part::Clip) => {
                &["models_clip_open-clip-xlm-roberta-large-vit-huge-14.pth"]
            }
        }
    }

    pub(super) fn tokenizer(self) -> &'static str {
        match self {
            Self::Tiny => "words.json",
            Self::Published => "google/umt5-xxl/tokenizer.json",
        }
    }
}
