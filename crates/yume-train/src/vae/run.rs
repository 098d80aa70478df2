//! One run of VAE training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor, TensorData};
use serde_json::json;
use yume_checkpoint::{Names, named_tensors};
use yume_media::Frame;
use yume_nets::vae::{FRAMES_PER_LATENT, StreamCache, Vae, VaeConfig};
use yume_world::pixels::frame;

use super::begin::{Kept, recipe, write_statistics};
use super::clips::{Clip, Clips, batch, references};
use super::loss;
use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::{Feed, Grounds};
use crate::dice::{Dice, Purpose};
use crate::export;
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::run::Training;
use crate::shards::Shards;
use crate::sheet::sheet;
use crate::state::{Facts, State};

pub(super) const HELD_OUT_CLIPS: u64 = 4;

/// One run of VAE training.
pub struct VaeRun {
    pub(super) config: TrainConfig,
    pub(super) device: Device,
    /// The sizes, with statistics that change nothing: training works on raw latents.
    pub(super) raw: VaeConfig,
    pub(super) vae: Vae,
    pub(super) names: Names,
    pub(super) optimizer: Optimizer,
    pub(super) shards: Shards,
    pub(super) grounds: Arc<Grounds>,
    pub(super) clips: Clips,
    pub(super) feed: Feed<Vec<Clip>>,
    pub(super) held_out: Vec<Clip>,
    pub(super) from: Option<PathBuf>,
    pub(super) keeps_statistics: bool,
}

impl VaeRun {
    /// The noise on the latents of every clip of a step, `[clips, z, frames, height, width]`.
    fn latent_noise(&self, step: u64) -> Tensor<5> {
        let mut dice = Dice::new(self.config.seed, Purpose::LatentNoise, step);
        let (height, width) = self.grounds.size();
        let frames = 1 + (self.config.vae.frames - 1) / FRAMES_PER_LATENT;
        let shape = [self.config.vae.batch, self.raw.z_dim, frames, height / 8, width / 8];
        let count = shape[1..].iter().product();
        let mut values = Vec::with_capacity(shape[0] * count);
        for _ in 0..shape[0] {
            let most = dice.unit() * self.config.vae.noise;
            values.extend(dice.normals(count).into_iter().map(|x| x * most));
        }
        let autodiff = self.device.clone().autodiff();
        Tensor::from_data(TensorData::new(values, shape), (&autodiff, DType::F32))
    }

    /// The held-out clips, one after the other, and what the averaged weights make of them.
    fn reconstructed(&self) -> Vec<(Tensor<5>, Tensor<5>)> {
        let vae = self.optimizer.averaged(self.vae.clone());
        self.held_out
            .iter()
            .map(|clip| {
                let clip = std::slice::from_ref(clip);
                let video = batch(clip, self.grounds.size(), &self.device);
                let latents = vae.encode(video.clone(), &mut StreamCache::default());
                let reference = references(clip, self.grounds.size(), &self.device);
                (video, decoded(&vae, latents, reference))
            })
            .collect()
    }

    /// Mean and spread of every latent channel over the town.
    fn statistics(&self) -> (Vec<f32>, Vec<f32>) {
        let vae = self.optimizer.averaged(self.vae.clone());
        let z_dim = self.raw.z_dim;
        let (mut count, mut sum, mut squares) = (0.0, vec![0.0; z_dim], vec![0.0; z_dim]);
        for number in 0..self.config.vae.statistics_clips {
            let mut dice = Dice::new(self.config.seed, Purpose::Blocks, number);
            let clip = self.clips.clip(&self.grounds, &mut dice);
            let video = batch(&[clip], self.grounds.size(), &self.device);
            let latents = vae.encode(video, &mut StreamCache::default());
            let each = latents.dims()[2..].iter().product::<usize>();
            for (k, x) in latents.into_data().iter::<f32>().enumerate() {
                sum[k / each] += f64::from(x);
                squares[k / each] += f64::from(x) * f64::from(x);
            }
            count += each as f64;
        }
        let mean: Vec<f64> = sum.iter().map(|x| x / count).collect();
        let std =
            squares.iter().zip(&mean).map(|(x, m)| (x / count - m * m).max(1e-12).sqrt() as f32);
        (mean.iter().map(|&x| x as f32).collect(), std.collect())
    }
}

/// The frames of a clip. The first one has no reference.
fn decoded(vae: &Vae, latents: Tensor<5>, reference: Option<Tensor<5>>) -> Tensor<5> {
    let mut cache = StreamCache::default();
    let [_, _, count, ..] = latents.dims();
    let first = vae.decode(latents.clone().narrow(2, 0, 1), &mut cache);
    let rest = vae.decode_with(latents.narrow(2, 1, count - 1), reference, &mut cache);
    Tensor::cat(vec![first, rest], 2)
}

impl Training for VaeRun {
    fn step(&mut self, step: u64) -> Result<f32, TrainError> {
        let clips = self.feed.take()?;
        let autodiff = self.device.clone().autodiff();
        let video = batch(&clips, self.grounds.size(), &autodiff);
        let noise = self.latent_noise(step);
        let mut dice = Dice::new(self.config.seed, Purpose::Reference, step);
        let reference = (!dice.chance(self.config.vae.reference_dropout))
            .then(|| references(&clips, self.grounds.size(), &autodiff))
            .flatten();
        let size = clips.len() / self.config.vae.shards;
        let part = |first| {
            let of = |x: &Tensor<5>| x.clone().narrow(0, first, size);
            (of(&video), of(&noise), reference.as_ref().map(of))
        };
        let parts = (0..clips.len()).step_by(size).map(part).collect();
        let weights = &self.config.vae.loss;
        let learn = |vae: &Vae, (video, noise, reference): (Tensor<5>, _, _)| {
            let latents = vae.encode(video.clone(), &mut StreamCache::default());
            loss(weights, decoded(vae, latents + noise, reference), video)
        };
        let (value, gradients) = self.shards.gradients(&self.vae, parts, learn);
        let rate = self.config.vae.rate.at(step, self.config.vae.steps);
        let (vae, norm) = self.optimizer.step(self.vae.clone(), gradients, rate, step);
        if !value.is_finite() || !norm.is_finite() {
            return Err(TrainError::Diverged { step });
        }
        self.vae = vae;
        Ok(value)
    }

    fn held_out_loss(&self) -> Result<f32, TrainError> {
        let reconstructed = self.reconstructed();
        let count = reconstructed.len() as f32;
        let of =
            |(video, decoded)| loss(&self.config.vae.loss, decoded, video).into_scalar::<f32>();
        Ok(reconstructed.into_iter().map(of).sum::<f32>() / count)
    }

    fn save(&self, path: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let spec = self.config.spec(path)?;
        let statistics =
            self.keeps_statistics.then_some((spec.vae.latent_mean, spec.vae.latent_std));
        let extra = json!(Kept { from: self.from.clone(), statistics }).to_string();
        let facts = Facts { step, secs, recipe: recipe(&self.config), extra, ..Facts::default() };
        State {
            weights: Parameters::new(named_tensors(&self.vae, &self.names)?),
            optimizer: self.optimizer.state(),
            extra: Vec::new(),
            facts,
        }
        .save(path)
    }

    fn sheet(&self, path: &Path) -> Result<(), TrainError> {
        let rows: Vec<Vec<Frame>> = self
            .reconstructed()
            .into_iter()
            .flat_map(|(video, decoded)| [self.frames(&video), self.frames(&decoded)])
            .collect();
        Ok(sheet(&rows).write_png(path)?)
    }

    fn export(&self, folder: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let vae = self.optimizer.averaged(self.vae.clone());
        export::weights(&folder.join("vae.safetensors"), &named_tensors(&vae, &self.names)?)?;
        let mut config = self.config.clone();
        if !self.keeps_statistics {
            let (mean, std) = self.statistics();
            write_statistics(&mut config, &mean, &std);
        }
        export::facts(folder, &config)?;
        let held_out_loss = self.held_out_loss()?;
        let from = self.from.as_deref();
        let config = &config;
        export::provenance(
            folder,
            &export::Provenance {
                command: "vae",
                config,
                from,
                beside: None,
                step,
                secs,
                held_out_loss,
            },
        )
    }

    fn items_per_step(&self) -> usize {
        self.config.vae.batch
    }
}

impl VaeRun {
    fn frames(&self, video: &Tensor<5>) -> Vec<Frame> {
        let (height, width) = self.grounds.size();
        let [_, _, count, ..] = video.dims();
        (0..count)
            .map(|k| {
                let planes: Vec<f32> =
                    video.clone().narrow(2, k, 1).into_data().iter::<f32>().collect();
                frame(&planes, height, width)
            })
            .collect()
    }
}
