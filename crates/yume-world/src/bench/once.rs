//! The stages that see no history: text, picture and frames.

use burn::tensor::{DType, Device, Distribution, Tensor};
use yume_nets::cost::{DitCost, VaeCost, clip_flops, depth_flops, text_flops};
use yume_nets::dit::{Context, Layout};
use yume_nets::vae::{FRAMES_PER_LATENT, StreamCache};

use super::clock::{Clock, Stop};
use super::{Networks, Report, Sizes, StageRow};

/// What all passes of the DiT read.
pub(super) struct Material {
    /// Token ids of the caption.
    pub ids: Vec<u32>,
    /// What the image encoder says of the picture, `[1, tokens, dim]`.
    pub features: Tensor<3>,
    /// Keys and values of a caption.
    pub context: Context,
    /// Those of a negative prompt.
    pub negative: Context,
}

pub(super) const TEXT: &str = "text encoder";
const IMAGE: &str = "image encoder";
const DEPTH: &str = "estimate of depth";
pub(super) const KEYS: &str = "cross-attention keys";
pub(super) const ENCODE: &str = "VAE encode";
pub(super) const DECODE: &str = "VAE decode";

/// What each stage costs.
struct Costs {
    text: u64,
    clip: u64,
    depth: u64,
    context: u64,
    encode: u64,
    decode: u64,
}

impl Costs {
    fn of(networks: &Networks, sizes: &Sizes) -> Self {
        let spec = networks.spec();
        let vae = VaeCost::new(&spec.vae, sizes.height, sizes.width);
        // The keys of the cross-attention are the same for every layout.
        let layout = Layout::Plain { frames: 1 };
        let dit = DitCost::new(&spec.dit, layout, sizes.height / 8, sizes.width / 8);
        Self {
            text: text_flops(&spec.text, sizes.caption_tokens),
            clip: clip_flops(&spec.clip),
            depth: spec
                .depth
                .as_ref()
                .map_or(0, |config| depth_flops(config, sizes.height, sizes.width)),
            context: dit.map_or(0, |cost| cost.context_flops),
            encode: sizes.latents as u64 * vae.encode_next,
            decode: sizes.latents as u64 * vae.decode_next,
        }
    }

    fn sum(&self) -> u64 {
        self.text + self.clip + self.depth + self.context + self.encode + self.decode
    }
}

/// Operations of one pass of all these stages.
pub(super) fn flops(networks: &Networks, sizes: &Sizes) -> u64 {
    Costs::of(networks, sizes).sum()
}

/// Times them, and makes what the other stages read.
pub(super) fn measure(
    networks: &Networks,
    clock: &mut Clock<'_>,
    report: &mut Report,
) -> Result<Material, Stop> {
    let Networks { vae, text, clip, dit, .. } = networks;
    let device = networks.device();
    let sizes = report.sizes.clone();
    let costs = Costs::of(networks, &sizes);
    let mut time = |name: &'static str, flops: u64, run: &mut dyn FnMut()| -> Result<(), Stop> {
        let times = clock.time(name, flops, run)?;
        report.stages.extend(times.map(|times| StageRow::new(name, times, flops)));
        Ok(())
    };

    let ids: Vec<u32> = (0..sizes.caption_tokens).map(|i| (i % sizes.text.vocab) as u32).collect();
    let mut rows = None;
    time(TEXT, costs.text, &mut || rows = Some(text.forward(&ids)))?;
    let rows = rows.unwrap_or_else(|| text.forward(&ids));

    let edge = sizes.clip.image_size;
    let picture = random([1, 3, edge, edge], device);
    let mut features = None;
    time(IMAGE, costs.clip, &mut || features = Some(clip.forward(picture.clone())))?;
    let features = features.unwrap_or_else(|| clip.forward(picture.clone()));

    if let Some(depth) = &networks.depth {
        let picture = vec![0.0; 3 * sizes.height * sizes.width];
        let size = (sizes.height, sizes.width);
        time(DEPTH, costs.depth, &mut || drop(depth.estimate(&picture, size, 0.0)))?;
    }

    let mut context = None;
    let make = || dit.context(rows.clone(), features.clone());
    time(KEYS, costs.context, &mut || context = Some(make()))?;
    let context = context.unwrap_or_else(make);

    let frames = sizes.latents * FRAMES_PER_LATENT;
    let video: Tensor<5> = random([1, 3, 1 + frames, sizes.height, sizes.width], device);
    let mut start = StreamCache::default();
    vae.encode(video.clone().narrow(2, 0, 1), &mut start);
    let following = video.narrow(2, 1, frames);
    time(ENCODE, costs.encode, &mut || {
        drop(vae.encode(following.clone(), &mut start.clone()));
    })?;

    let (height, width) = (sizes.height / 8, sizes.width / 8);
    let shape = [1, sizes.vae.z_dim, 1 + sizes.latents, height, width];
    let latents: Tensor<5> = random(shape, device);
    let mut start = StreamCache::default();
    vae.decode(latents.clone().narrow(2, 0, 1), &mut start);
    // One by one, as a walk shows them.
    time(DECODE, costs.decode, &mut || {
        let mut cache = start.clone();
        for latent in 1..=sizes.latents {
            drop(vae.decode(latents.clone().narrow(2, latent, 1), &mut cache));
        }
    })?;
    let negative = context.clone();
    Ok(Material { ids, features, context, negative })
}

/// Standard normal values.
pub(super) fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), (device, DType::F32))
}
