//! Which files a model consists of, and which of their tensors may be left over.

use std::fmt;

use yume_nets::clip::ClipConfig;

use super::facts::FACTS;

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
    /// The estimate of depth that the memory of a walk sees its pictures from other places with; not every
    /// model has one.
    Depth,
}

impl Part {
    /// The networks that every model has.
    pub const ALL: [Self; 4] = [Self::Dit, Self::Vae, Self::Text, Self::Clip];

    /// Whether a tensor that the network does not use may be in its file, under the names of the
    /// published files or of the libraries: what only training needs, the other half of CLIP, and the
    /// part of its tower beyond the last block that is run.
    pub fn leaves(self, name: &str, clip: &ClipConfig) -> bool {
        match self {
            Self::Dit => name == "mask_token" || name.starts_with("sideblock."),
            Self::Vae | Self::Depth => false,
            // One tensor under two names.
            Self::Text => ["shared.weight", "encoder.embed_tokens.weight"].contains(&name),
            Self::Clip => {
                let last = clip.num_layers.saturating_sub(1);
                let name = name.strip_prefix("vision_model.").unwrap_or(name);
                ["log_scale", "visual.head", "embeddings.position_ids"].contains(&name)
                    || [
                        format!("visual.transformer.{last}.").as_str(),
                        format!("encoder.layers.{last}.").as_str(),
                        "textual.",
                        "visual.post_norm.",
                        "visual.head.",
                        "post_layernorm.",
                    ]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dit => "DiT",
            Self::Vae => "VAE",
            Self::Text => "text encoder",
            Self::Clip => "image encoder",
            Self::Depth => "depth estimate",
        })
    }
}

/// Where the files of a model lie in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The embedded model's format.
    Tiny,
    /// The published folder.
    Published,
    /// A folder that diffusers has saved.
    Diffusers,
}

/// The configuration of the embedded model's format.
pub(super) const TINY_CONFIG: &str = "config.json";

/// The folder by which the published layout is known.
pub(super) const PUBLISHED_DIT_FOLDER: &str = "Yume-Dit";

/// The folder by which the layout of diffusers is known.
pub(super) const DIFFUSERS_DIT_FOLDER: &str = "transformer";

impl Layout {
    /// The files that may hold `part`, best first; one of them is enough.
    pub(super) fn weights(self, part: Part) -> &'static [&'static str] {
        match (self, part) {
            (_, Part::Depth) => &["depth.safetensors"],
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
            (Self::Diffusers, Part::Dit) => &[
                "transformer/diffusion_pytorch_model.safetensors.index.json",
                "transformer/diffusion_pytorch_model.safetensors",
            ],
            (Self::Diffusers, Part::Vae) => &[
                "vae/diffusion_pytorch_model.safetensors.index.json",
                "vae/diffusion_pytorch_model.safetensors",
            ],
            (Self::Diffusers, Part::Text) => {
                &["text_encoder/model.safetensors.index.json", "text_encoder/model.safetensors"]
            }
            (Self::Diffusers, Part::Clip) => {
                &["image_encoder/model.safetensors.index.json", "image_encoder/model.safetensors"]
            }
        }
    }

    /// The file that says what the weights do not. Only the embedded model's format needs one.
    pub(super) fn config(self) -> &'static str {
        match self {
            Self::Tiny => TINY_CONFIG,
            Self::Published | Self::Diffusers => FACTS,
        }
    }

    pub(super) fn tokenizer(self) -> &'static str {
        match self {
            Self::Tiny => "words.json",
            Self::Published => "google/umt5-xxl/tokenizer.json",
            Self::Diffusers => "tokenizer/tokenizer.json",
        }
    }
}

/// Whether a file at `path` in a model's folder, parts between slashes, belongs to a model of any
/// layout: a network's own files with all their shards, a configuration or a tokenizer.
pub fn is_model_file(path: &str) -> bool {
    [Layout::Tiny, Layout::Published, Layout::Diffusers].into_iter().any(|layout| {
        let parts = Part::ALL.into_iter().chain([Part::Depth]);
        let mut weights = parts.flat_map(|part| layout.weights(part));
        // Shards lie beside their index, under any name.
        let is_beside = |name: &str| match (name.rsplit_once('/'), path.rsplit_once('/')) {
            (Some((folder, _)), Some((same, file))) => {
                folder == same && (file.ends_with(".safetensors") || file.ends_with(".json"))
            }
            _ => false,
        };
        weights.any(|&name| name == path || is_beside(name))
            || [layout.tokenizer(), layout.config()].contains(&path)
    })
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tiny => "small model",
            Self::Published => "published folder",
            Self::Diffusers => "diffusers folder",
        })
    }
}
