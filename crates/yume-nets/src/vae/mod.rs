//! The causal video VAE of Wan 2.1 (`wan/modules/vae.py`), streaming in both directions.
//!
//! Feeding frames piece by piece with one [`StreamCache`] gives the same values as feeding them at
//! once: nothing is ever encoded or decoded twice.

mod blocks;
mod config;
mod conv;
mod decoder;
mod encoder;
mod resample;
mod skip;
mod stream;

pub use config::{Level, SkipConfig, VaeConfig};
pub use stream::StreamCache;

pub(crate) use blocks::{ChannelNorm, ResBlock};
use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
pub(crate) use conv::CausalConv;
use decoder::Decoder;
use encoder::Encoder;
use skip::LinearSkip;
pub(crate) use skip::{patchify, unpatchify};

use crate::layers::to_dtype;
use crate::{Scope, cpu};

/// Frames per latent after the first one.
pub const FRAMES_PER_LATENT: usize = 4;

/// The causal video VAE.
#[derive(Module, Debug)]
pub struct Vae {
    encoder: Encoder,
    conv1: CausalConv,
    conv2: CausalConv,
    decoder: Decoder,
    skip: Option<LinearSkip>,
    has_encoder: bool,
    patch_size: usize,
    z_dim: usize,
    mean: Param<Tensor<5>>,
    std: Param<Tensor<5>>,
}

impl Vae {
    /// A VAE of the sizes in `config`, with the parameters of `scope`.
    ///
    /// # Panics
    /// If `config` holds fewer statistics than latent channels.
    pub fn init(scope: &mut Scope<'_>, config: &VaeConfig) -> Self {
        let z_dim = config.z_dim;
        let device = scope.device().clone();
        Self {
            encoder: Encoder::init(&mut scope.sub("encoder"), config),
            conv1: CausalConv::init(&mut scope.sub("conv1"), 2 * z_dim, 2 * z_dim, [1, 1]),
            conv2: CausalConv::init(&mut scope.sub("conv2"), z_dim, z_dim, [1, 1]),
            decoder: Decoder::init(&mut scope.sub("decoder"), config),
            skip: config.skip.map(|_| LinearSkip::init(&mut scope.sub("skip"), z_dim)),
            has_encoder: config.has_encoder,
            patch_size: config.patch_size,
            z_dim,
            mean: statistic(&config.latent_mean, z_dim, &device),
            std: statistic(&config.latent_std, z_dim, &device),
        }
    }

    /// Encodes further frames to normalised latents.
    ///
    /// With a fresh cache the first frame becomes the first latent; every further latent takes four
    /// frames. Frames beyond a multiple of four are dropped, so feed whole groups.
    ///
    /// # Shapes
    /// - video: `[batch, 3, frames, height, width]` in [-1, 1], edges multiples of 8
    /// - output: `[batch, z, latent frames, height / 8, width / 8]`, f32
    pub fn encode(&self, video: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        let [_, _, frames, ..] = video.dims();
        let first = usize::from(cache.is_fresh());
        let mut latents = Vec::new();
        if first == 1 {
            latents.push(self.encode_chunk(video.clone().narrow(2, 0, 1), true, cache));
        }
        // One latent at a time, however many frames arrive: larger products would be split
        // differently, and streaming would not give exactly the same values.
        for group in 0..(frames - first) / FRAMES_PER_LATENT {
            let start = first + group * FRAMES_PER_LATENT;
            let frames = video.clone().narrow(2, start, FRAMES_PER_LATENT);
            latents.push(self.encode_chunk(frames, false, cache));
        }
        Tensor::cat(latents, 2)
    }

    fn encode_chunk(&self, video: Tensor<5>, is_first: bool, cache: &mut StreamCache) -> Tensor<5> {
        let linear = self.skip.as_ref().map(|skip| {
            // A first frame stands for four equal ones.
            let repeats = if is_first { FRAMES_PER_LATENT } else { 1 };
            skip.encode(video.clone().repeat(&[1, 1, repeats, 1, 1]))
        });
        let mu = match linear {
            Some(linear) if !self.has_encoder => {
                cache.rewind();
                linear
            }
            linear => {
                let features = self.encoder.forward(patchify(video, self.patch_size), cache);
                let moments = self.conv1.forward(features, cache);
                let network = to_dtype(moments.narrow(1, 0, self.z_dim), DType::F32);
                match linear {
                    Some(linear) => linear + network,
                    None => network,
                }
            }
        };
        (mu - self.mean.val()) / self.std.val()
    }

    /// Decodes further latents. Values are not clamped.
    ///
    /// With a fresh cache the first latent gives one frame, every other one gives four.
    ///
    /// # Shapes
    /// - latents: normalised, `[batch, z, latent frames, height, width]`
    /// - output: `[batch, 3, frames, 8 * height, 8 * width]`, about [-1, 1], f32
    pub fn decode(&self, latents: Tensor<5>, cache: &mut StreamCache) -> Tensor<5> {
        self.decode_with(latents, None, cache)
    }

    /// Whether the decoder reads frames as they were foreseen.
    pub fn reads_reference(&self) -> bool {
        self.decoder.reads_reference()
    }

    /// As [`Self::decode`], with the frames as they were foreseen, where there are such. A decoder that
    /// reads none takes no notice.
    ///
    /// # Shapes
    /// - reference: `[batch, 3, frames, 8 * height, 8 * width]` in [-1, 1], four frames for each latent,
    ///   of which none may be the first of all
    pub fn decode_with(
        &self,
        latents: Tensor<5>,
        reference: Option<Tensor<5>>,
        cache: &mut StreamCache,
    ) -> Tensor<5> {
        if cpu::serves(&latents) {
            return cpu::among_workers(|| self.decode_all(latents, reference, cache));
        }
        self.decode_all(latents, reference, cache)
    }

    fn decode_all(
        &self,
        latents: Tensor<5>,
        reference: Option<Tensor<5>>,
        cache: &mut StreamCache,
    ) -> Tensor<5> {
        let z = latents * self.std.val() + self.mean.val();
        let [_, _, count, ..] = z.dims();
        let frames = (0..count)
            .map(|i| {
                let is_first = cache.is_fresh();
                let reference = reference
                    .clone()
                    .map(|frames| frames.narrow(2, i * FRAMES_PER_LATENT, FRAMES_PER_LATENT));
                self.decode_chunk(z.clone().narrow(2, i, 1), reference, is_first, cache)
            })
            .collect();
        Tensor::cat(frames, 2)
    }

    fn decode_chunk(
        &self,
        z: Tensor<5>,
        reference: Option<Tensor<5>>,
        is_first: bool,
        cache: &mut StreamCache,
    ) -> Tensor<5> {
        let linear = self.skip.as_ref().map(|skip| {
            let video = skip.decode(z.clone(), self.patch_size);
            // A first latent stands for one frame, the last of the four it decodes to.
            if is_first { video.narrow(2, FRAMES_PER_LATENT - 1, 1) } else { video }
        });
        let reference = reference.map(|frames| patchify(frames, self.patch_size));
        let z = self.conv2.forward(z, cache);
        let x = self.decoder.forward(z, linear, reference, cache);
        unpatchify(to_dtype(x, DType::F32), self.patch_size)
    }
}

fn statistic(values: &[f32], z_dim: usize, device: &Device) -> Param<Tensor<5>> {
    assert_eq!(values.len(), z_dim, "one statistic per latent channel");
    let data = TensorData::new(values.to_vec(), [1, z_dim, 1, 1, 1]);
    Param::from_tensor(Tensor::from_data(data, (device, DType::F32))).set_require_grad(false)
}
