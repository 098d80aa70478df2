//! The networks' sections of a configuration: what is written there, checked, as configs.

use serde::Deserialize;
use yume_nets::clip::ClipConfig;
use yume_nets::dit::DitConfig;
use yume_nets::text::TextConfig;
use yume_nets::vae::{Level, SkipConfig, VaeConfig};

use super::checks::{Finding, ensure, only, within};

const WIDEST: usize = 1 << 17;
const DEEPEST: usize = 1000;

/// The sizes of a DiT; missing ones are those of Yume 1.0.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct DitSection {
    in_dim: usize,
    pub(super) out_dim: usize,
    dim: usize,
    #[serde(alias = "ffn")]
    ffn_dim: usize,
    #[serde(alias = "heads")]
    num_heads: usize,
    #[serde(alias = "layers")]
    num_layers: usize,
    freq_dim: usize,
    text_dim: usize,
    text_len: usize,
    img_dim: usize,
    img_tokens: usize,
    eps: f64,
    history_tiers: Vec<usize>,
    model_type: Option<String>,
    patch_size: Option<[usize; 3]>,
    qk_norm: Option<bool>,
    cross_attn_norm: Option<bool>,
    rope_theta: Option<f64>,
    history_cap: Option<String>,
    pub(super) max_history_latents: Option<usize>,
    pub(super) latent_frame_zero: usize,
    pub(super) y_fill: Option<String>,
}

impl Default for DitSection {
    fn default() -> Self {
        DitConfig::default().into()
    }
}

impl From<DitConfig> for DitSection {
    fn from(dit: DitConfig) -> Self {
        Self {
            in_dim: dit.in_dim,
            out_dim: dit.out_dim,
            dim: dit.dim,
            ffn_dim: dit.ffn_dim,
            num_heads: dit.num_heads,
            num_layers: dit.num_layers,
            freq_dim: dit.freq_dim,
            text_dim: dit.text_dim,
            text_len: dit.text_len,
            img_dim: dit.img_dim,
            img_tokens: dit.img_tokens,
            eps: dit.eps,
            history_tiers: dit.history_tiers,
            model_type: None,
            patch_size: None,
            qk_norm: None,
            cross_attn_norm: None,
            rope_theta: None,
            history_cap: None,
            max_history_latents: None,
            latent_frame_zero: 9,
            y_fill: None,
        }
    }
}

impl DitSection {
    pub(super) fn config(&self) -> Result<DitConfig, Finding> {
        only("dit.patch_size", self.patch_size.as_ref(), &[1, 2, 2])?;
        only("dit.qk_norm", self.qk_norm.as_ref(), &true)?;
        only("dit.cross_attn_norm", self.cross_attn_norm.as_ref(), &true)?;
        only("dit.rope_theta", self.rope_theta.as_ref(), &10_000.0)?;
        only("dit.model_type", self.model_type.as_ref(), &"i2v".to_owned())?;
        only("dit.history_cap", self.history_cap.as_ref(), &"keep_first_and_last".to_owned())?;
        let config = DitConfig {
            in_dim: within("dit.in_dim", self.in_dim, 1..=1024)?,
            out_dim: within("dit.out_dim", self.out_dim, 1..=1024)?,
            dim: within("dit.dim", self.dim, 1..=WIDEST)?,
            ffn_dim: within("dit.ffn_dim", self.ffn_dim, 1..=WIDEST)?,
            num_heads: within("dit.num_heads", self.num_heads, 1..=1024)?,
            num_layers: within("dit.num_layers", self.num_layers, 1..=DEEPEST)?,
            freq_dim: within("dit.freq_dim", self.freq_dim, 2..=8192)?,
            text_dim: within("dit.text_dim", self.text_dim, 1..=WIDEST)?,
            text_len: within("dit.text_len", self.text_len, 1..=8192)?,
            img_dim: within("dit.img_dim", self.img_dim, 1..=WIDEST)?,
            img_tokens: within("dit.img_tokens", self.img_tokens, 1..=8192)?,
            eps: within("dit.eps", self.eps, 1e-12..=0.1)?,
            history_tiers: self.history_tiers.clone(),
        };
        let (dim, heads) = (config.dim, config.num_heads);
        ensure(dim.is_multiple_of(2 * heads) && dim / heads >= 6, || {
            format!("dit.dim {dim} does not divide into {heads} heads of an even size from 6")
        })?;
        ensure(config.freq_dim.is_multiple_of(2), || {
            format!("dit.freq_dim {} is odd", config.freq_dim)
        })?;
        ensure(config.in_dim == 2 * config.out_dim + 4, || {
            format!("dit.in_dim {} is not twice {} plus 4", config.in_dim, config.out_dim)
        })?;
        let tiers = &config.history_tiers;
        ensure(
            [&[1][..], &[1, 2], &[1, 2, 4], &[1, 2, 4, 8], &[1, 2, 4, 8, 16]].contains(&&tiers[..]),
            || format!("dit.history_tiers {tiers:?} is not a beginning of [1, 2, 4, 8, 16]"),
        )?;
        within("dit.latent_frame_zero", self.latent_frame_zero, 1..=1024)?;
        if let Some(cap) = self.max_history_latents {
            within("dit.max_history_latents", cap, 2..=1 << 20)?;
        }
        Ok(config)
    }
}

/// The sizes of a text encoder; missing ones are those of umT5-XXL.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct TextSection {
    kind: Option<String>,
    vocab: usize,
    dim: usize,
    dim_attn: Option<usize>,
    #[serde(alias = "dim_ffn")]
    ffn: usize,
    #[serde(alias = "num_heads")]
    heads: usize,
    #[serde(alias = "num_layers")]
    layers: usize,
    #[serde(alias = "num_buckets")]
    buckets: usize,
    max_distance: usize,
    eps: f64,
    shared_pos: Option<bool>,
    pub(super) tokenizer: Option<String>,
    pub(super) word_regex: Option<String>,
    pub(super) lowercase: Option<bool>,
    pub(super) pad_id: Option<u32>,
    pub(super) eos_id: Option<u32>,
    pub(super) first_word_id: Option<u32>,
}

impl Default for TextSection {
    fn default() -> Self {
        let published = Self::from(TextConfig::default());
        Self { dim_attn: None, ..published }
    }
}

impl From<TextConfig> for TextSection {
    fn from(text: TextConfig) -> Self {
        Self {
            kind: None,
            vocab: text.vocab,
            dim: text.dim,
            dim_attn: Some(text.dim_attn),
            ffn: text.ffn,
            heads: text.heads,
            layers: text.layers,
            buckets: text.buckets,
            max_distance: text.max_distance,
            eps: text.eps,
            shared_pos: None,
            tokenizer: None,
            word_regex: None,
            lowercase: None,
            pad_id: None,
            eos_id: None,
            first_word_id: None,
        }
    }
}

impl TextSection {
    pub(super) fn config(&self) -> Result<TextConfig, Finding> {
        only("text.kind", self.kind.as_ref(), &"t5".to_owned())?;
        only("text.shared_pos", self.shared_pos.as_ref(), &false)?;
        let config = TextConfig {
            vocab: within("text.vocab", self.vocab, 2..=1 << 22)?,
            dim: within("text.dim", self.dim, 1..=WIDEST)?,
            // As wide as a token unless it says otherwise.
            dim_attn: within("text.dim_attn", self.dim_attn.unwrap_or(self.dim), 1..=WIDEST)?,
            ffn: within("text.ffn", self.ffn, 1..=WIDEST)?,
            heads: within("text.heads", self.heads, 1..=1024)?,
            layers: within("text.layers", self.layers, 1..=DEEPEST)?,
            buckets: within("text.buckets", self.buckets, 4..=4096)?,
            max_distance: within("text.max_distance", self.max_distance, 1..=1 << 20)?,
            eps: within("text.eps", self.eps, 1e-12..=0.1)?,
        };
        ensure(config.dim_attn.is_multiple_of(config.heads), || {
            format!("text.dim_attn {} does not divide into {} heads", config.dim_attn, config.heads)
        })?;
        ensure(
            config.buckets.is_multiple_of(4) && config.max_distance > config.buckets / 4,
            || format!("text.buckets {} do not reach text.max_distance", config.buckets),
        )?;
        Ok(config)
    }
}

/// The sizes of an image encoder; missing ones are those of ViT-H/14.
#[derive(Deserialize)]
pub(super) struct ClipSection {
    #[serde(flatten)]
    config: ClipConfig,
    layers_run: Option<usize>,
    eps: Option<f64>,
}

impl From<ClipConfig> for ClipSection {
    fn from(config: ClipConfig) -> Self {
        Self { config, layers_run: None, eps: None }
    }
}

impl ClipSection {
    pub(super) fn config(self) -> Result<ClipConfig, Finding> {
        let config = self.config;
        within("clip.image_size", config.image_size, 1..=4096)?;
        within("clip.patch_size", config.patch_size, 1..=config.image_size)?;
        within("clip.dim", config.dim, 1..=WIDEST)?;
        within("clip.mlp_ratio", config.mlp_ratio, 1..=64)?;
        within("clip.num_heads", config.num_heads, 1..=1024)?;
        within("clip.num_layers", config.num_layers, 2..=DEEPEST)?;
        only("clip.layers_run", self.layers_run.as_ref(), &(config.num_layers - 1))?;
        only("clip.eps", self.eps.as_ref(), &1e-5)?;
        ensure(config.image_size.is_multiple_of(config.patch_size), || {
            format!("clip.image_size {} is no multiple of clip.patch_size", config.image_size)
        })?;
        ensure(config.dim.is_multiple_of(config.num_heads), || {
            format!("clip.dim {} does not divide into {} heads", config.dim, config.num_heads)
        })?;
        for (mean, std) in config.mean.into_iter().zip(config.std) {
            within("clip.mean", mean, -10.0..=10.0)?;
            within("clip.std", std, 1e-4..=10.0)?;
        }
        Ok(config)
    }
}

/// The sizes of a VAE in the form of the embedded model.
#[derive(Deserialize)]
pub(super) struct VaeSection {
    z_dim: usize,
    patch_size: usize,
    enc_dims: Vec<usize>,
    dec_dims: Vec<usize>,
    num_res_blocks: usize,
    dec_res_blocks: usize,
    kt: Vec<usize>,
    mid_kt: usize,
    stride: Option<[usize; 3]>,
    temporal: Vec<bool>,
    mid_attn: bool,
    linear_skip: bool,
    decoder_skip_in: bool,
    #[serde(default)]
    decoder_reference: bool,
    encoder_branch: Option<String>,
    latent_mean: Vec<f32>,
    latent_std: Vec<f32>,
}

impl VaeSection {
    pub(super) fn config(self) -> Result<VaeConfig, Finding> {
        only("vae.stride", self.stride.as_ref(), &[4, 8, 8])?;
        let has_encoder = match self.encoder_branch.as_deref() {
            None | Some("network") => true,
            Some("zero") if self.linear_skip => false,
            Some(other) => return Err(format!("vae.encoder_branch {other:?} cannot be used")),
        };
        ensure(self.linear_skip || !(self.decoder_skip_in || self.decoder_reference), || {
            "vae.decoder_skip_in and vae.decoder_reference need vae.linear_skip".to_owned()
        })?;
        let levels = self.kt.len();
        for (field, length) in [
            ("vae.enc_dims", self.enc_dims.len()),
            ("vae.dec_dims", self.dec_dims.len()),
            ("vae.temporal plus one", self.temporal.len() + 1),
        ] {
            ensure(length == levels, || {
                format!("{field} has {length} entries where vae.kt has {levels}")
            })?;
        }
        for &kernel in self.kt.iter().chain([&self.mid_kt]) {
            ensure([1, 3].contains(&kernel), || format!("vae.kt holds {kernel}, not 1 or 3"))?;
        }
        for &width in self.enc_dims.iter().chain(&self.dec_dims) {
            within("vae.enc_dims or vae.dec_dims", width, 1..=16_384)?;
        }
        let level = |input, output, kernel| Level { input, output, kernel };
        let encoder = (0..levels)
            .map(|i| level(self.enc_dims[i.saturating_sub(1)], self.enc_dims[i], self.kt[i]))
            .collect();
        let decoder = (0..levels)
            .rev()
            .map(|i| level(self.dec_dims[i], self.dec_dims[i], self.kt[i]))
            .collect();
        checked_vae(VaeConfig {
            z_dim: self.z_dim,
            patch_size: self.patch_size,
            encoder,
            decoder,
            encoder_res_blocks: self.num_res_blocks,
            decoder_res_blocks: self.dec_res_blocks,
            temporal: self.temporal,
            middle_kernel: self.mid_kt,
            has_attention: self.mid_attn,
            skip: self.linear_skip.then_some(SkipConfig {
                feeds_decoder: self.decoder_skip_in,
                reads_reference: self.decoder_reference,
            }),
            has_encoder,
            latent_mean: self.latent_mean,
            latent_std: self.latent_std,
        })
    }
}

pub(super) fn checked_vae(config: VaeConfig) -> Result<VaeConfig, Finding> {
    within("vae.z_dim", config.z_dim, 1..=1024)?;
    within("vae.patch_size", config.patch_size, 1..=8)?;
    within("vae.num_res_blocks", config.encoder_res_blocks, 1..=64)?;
    within("vae.dec_res_blocks", config.decoder_res_blocks, 1..=64)?;
    within("the number of levels of vae", config.encoder.len(), 1..=4)?;
    let shrink = config.patch_size << (config.encoder.len() - 1);
    ensure(shrink == 8, || format!("vae shrinks pictures {shrink} times, not 8"))?;
    let halvings = config.temporal.iter().filter(|&&halves| halves).count();
    ensure(config.temporal.len() + 1 == config.encoder.len() && halvings == 2, || {
        format!("vae.temporal {:?} does not shrink time 4 times", config.temporal)
    })?;
    for level in config.encoder.iter().chain(&config.decoder) {
        within("the width of a level of vae", level.input.min(level.output), 1..=1 << 17)?;
    }
    for (field, values) in
        [("vae.latent_mean", &config.latent_mean), ("vae.latent_std", &config.latent_std)]
    {
        ensure(values.len() == config.z_dim, || {
            format!("{field} has {} entries where vae.z_dim is {}", values.len(), config.z_dim)
        })?;
    }
    for (&mean, &std) in config.latent_mean.iter().zip(&config.latent_std) {
        within("vae.latent_mean", mean, -1e4..=1e4)?;
        within("vae.latent_std", std, 1e-4..=1e4)?;
    }
    Ok(config)
}

/// Refuses networks that cannot read each other.
pub(super) fn matching(
    dit: &DitConfig,
    vae: &VaeConfig,
    text: &TextConfig,
    clip: &ClipConfig,
) -> Result<(), Finding> {
    for (left, right, a, b) in [
        ("dit.out_dim", "vae.z_dim", dit.out_dim, vae.z_dim),
        ("dit.text_dim", "text.dim", dit.text_dim, text.dim),
        ("dit.img_dim", "clip.dim", dit.img_dim, clip.dim),
        ("dit.img_tokens", "the tokens of clip", dit.img_tokens, clip.tokens()),
    ] {
        ensure(a == b, || format!("{left} is {a} but {right} {b}"))?;
    }
    Ok(())
}
