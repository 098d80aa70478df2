//! One run of VAE training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor, TensorData};
use serde_json::json;
use yume_checkpoint::{ModelSpec, Names, named_tensors};
use yume_media::Frame;
use yume_nets::vae::{StreamCache, Vae, VaeConfig};

use super::clips::{batch, clip};
use super::pca::{Moments, blocks};
use super::{loss, start};
use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::{Feed, Grounds, frame};
use crate::dice::{Dice, Purpose};
use crate::export;
use crate::frozen::freeze_all_but;
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::run::Training;
use crate::sheet::sheet;
use crate::state::{Facts, State};

const HELD_OUT_CLIPS: u64 = 4;

/// What the first weights are.
pub enum VaeStart {
    /// The linear map of the town, and networks that add nothing yet.
    Fresh,
    /// The VAE in this folder, whose latents stay what they are.
    From(PathBuf),
    /// A run that was stopped.
    Resume(Box<State>),
}

/// One run of VAE training.
pub struct VaeRun {
    config: TrainConfig,
    device: Device,
    /// The sizes, with statistics that change nothing: training works on raw latents.
    raw: VaeConfig,
    vae: Vae,
    names: Names,
    optimizer: Optimizer,
    grounds: Arc<Grounds>,
    feed: Feed<Vec<Vec<Vec<f32>>>>,
    held_out: Vec<Vec<Vec<f32>>>,
    from: Option<PathBuf>,
    keeps_statistics: bool,
}

impl VaeRun {
    /// Prepares a run on `device`; renders the clips of the linear map if it is a fresh one.
    ///
    /// # Errors
    /// If the start does not fit the configuration.
    pub fn new(
        mut config: TrainConfig,
        spec: &ModelSpec,
        device: &Device,
        begin: VaeStart,
    ) -> Result<Self, TrainError> {
        let size = (spec.frame.height, spec.frame.width);
        let grounds = Arc::new(Grounds::new(&config, spec.walk, size));
        let z_dim = spec.vae.z_dim;
        let raw = VaeConfig {
            latent_mean: vec![0.0; z_dim],
            latent_std: vec![1.0; z_dim],
            ..spec.vae.clone()
        };
        let mut first_step = 0;
        let mut resumed = None;
        let mut from = None;
        let mut keeps_statistics = false;
        let parameters = match begin {
            VaeStart::Fresh => {
                let linear = raw.skip.is_some().then(|| linear_map(&config, &grounds)).transpose()?;
                start::parameters(config.seed, &raw, linear.as_ref())
            }
            VaeStart::From(folder) => {
                let mut parameters = start::parameters(config.seed, &raw, None);
                parameters.overlay(&folder.join("vae.safetensors"), "", |_| false)?;
                let other = ModelSpec::from_tiny_config(
                    &std::fs::read(folder.join("config.json")).map_err(TrainError::read(&folder))?,
                    &folder.join("config.json"),
                )?;
                // With latents that stay the same, a DiT that was trained on them still fits.
                keeps_statistics = !raw.has_encoder;
                write_statistics(&mut config, &other.vae.latent_mean, &other.vae.latent_std);
                from = Some(folder);
                parameters
            }
            VaeStart::Resume(state) => {
                let State { weights, optimizer, facts, .. } = *state;
                let path = Path::new(crate::run::CHECKPOINT);
                let kept: Kept = serde_json::from_str(&facts.extra)
                    .map_err(|error| TrainError::resume(error, path))?;
                if facts.recipe != recipe(&config) {
                    return Err(TrainError::resume("its recipe is another one", path));
                }
                (first_step, resumed, from) = (facts.step, Some(optimizer), kept.from);
                if let Some((mean, std)) = kept.statistics {
                    keeps_statistics = true;
                    write_statistics(&mut config, &mean, &std);
                }
                weights
            }
        };
        let autodiff = device.clone().autodiff();
        let (vae, names) =
            parameters.build(&autodiff, Path::new("vae"), |scope| Vae::init(scope, &raw))?;
        let is_trained = |(name, _): &&(String, _)| start::is_trained(name, &raw);
        let trained: Names = names.iter().filter(is_trained).cloned().collect();
        let vae = freeze_all_but(vae, &trained);
        let mut optimizer = Optimizer::new(config.vae.optimizer.clone(), &vae, trained);
        if resumed.is_some_and(|state| !optimizer.restore(state)) {
            let reason = "its optimizer belongs to another network";
            return Err(TrainError::resume(reason, Path::new(crate::run::CHECKPOINT)));
        }
        let feed = feed(&config, &grounds, first_step)?;
        let held_out = (0..HELD_OUT_CLIPS)
            .map(|number| {
                clip(&grounds, &mut Dice::new(config.seed, Purpose::HeldOut, number), config.vae.frames)
            })
            .collect();
        let device = device.clone();
        Ok(Self { config, device, raw, vae, names, optimizer, grounds, feed, held_out, from, keeps_statistics })
    }

    /// The loss of a batch, for training.
    fn batch_loss(&self, clips: &[Vec<Vec<f32>>], step: u64) -> Tensor<1> {
        let autodiff = self.device.clone().autodiff();
        let video = batch(clips, self.grounds.size(), &autodiff);
        let latents = self.vae.encode(video.clone(), &mut StreamCache::default());
        let mut dice = Dice::new(self.config.seed, Purpose::LatentNoise, step);
        let shape = latents.dims();
        let count = shape[1..].iter().product();
        let noise: Vec<f32> = (0..clips.len())
            .flat_map(|_| {
                let most = dice.unit() * self.config.vae.noise;
                dice.normals(count).into_iter().map(move |x| x * most)
            })
            .collect();
        let noise =
            Tensor::<5>::from_data(TensorData::new(noise, shape), (&autodiff, DType::F32));
        let decoded = self.vae.decode(latents + noise, &mut StreamCache::default());
        loss(&self.config.vae.loss, decoded, video)
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
                (video, vae.decode(latents, &mut StreamCache::default()))
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
            let clip = clip(&self.grounds, &mut dice, self.config.vae.frames);
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
        let std = squares.iter().zip(&mean).map(|(x, m)| (x / count - m * m).max(1e-12).sqrt() as f32);
        (mean.iter().map(|&x| x as f32).collect(), std.collect())
    }
}

/// What a checkpoint carries besides weights and optimizer.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    from: Option<PathBuf>,
    statistics: Option<(Vec<f32>, Vec<f32>)>,
}

impl Training for VaeRun {
    fn step(&mut self, step: u64) -> Result<f32, TrainError> {
        let clips = self.feed.next()?;
        let loss = self.batch_loss(&clips, step);
        let value = loss.clone().into_scalar::<f32>();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.vae);
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
        let of = |(video, decoded)| loss(&self.config.vae.loss, decoded, video).into_scalar::<f32>();
        Ok(reconstructed.into_iter().map(of).sum::<f32>() / count)
    }

    fn save(&self, path: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let spec = self.config.spec(path)?;
        let statistics =
            self.keeps_statistics.then_some((spec.vae.latent_mean, spec.vae.latent_std));
        let extra = json!(Kept { from: self.from.clone(), statistics }).to_string();
        let facts =
            Facts { step, secs, recipe: recipe(&self.config), extra, ..Facts::default() };
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
            .flat_map(|(video, decoded)| [self.frames(video), self.frames(decoded)])
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
            &export::Provenance { command: "vae", config, from, step, secs, held_out_loss },
        )
    }

    fn items_per_step(&self) -> usize {
        self.config.vae.batch
    }
}

impl VaeRun {
    fn frames(&self, video: Tensor<5>) -> Vec<Frame> {
        let (height, width) = self.grounds.size();
        let [_, _, count, ..] = video.dims();
        (0..count)
            .filter_map(|k| {
                let planes = video.clone().narrow(2, k, 1).into_data().to_vec::<f32>().ok()?;
                Some(frame(&planes, height, width))
            })
            .collect()
    }
}

fn recipe(config: &TrainConfig) -> String {
    let mut model = config.model.clone();
    for field in ["latent_mean", "latent_std"] {
        model["vae"][field] = json!(null);
    }
    json!([config.seed, config.data, config.vae, model]).to_string()
}

fn write_statistics(config: &mut TrainConfig, mean: &[f32], std: &[f32]) {
    config.model["vae"]["latent_mean"] = json!(mean);
    config.model["vae"]["latent_std"] = json!(std);
}

fn feed(
    config: &TrainConfig,
    grounds: &Arc<Grounds>,
    first: u64,
) -> Result<Feed<Vec<Vec<Vec<f32>>>>, TrainError> {
    let (grounds, seed) = (Arc::clone(grounds), config.seed);
    let (batch, frames) = (config.vae.batch, config.vae.frames);
    Feed::spawn("town", config.data.threads, first, move |step| {
        let mut dice = Dice::new(seed, Purpose::Clips, step);
        (0..batch).map(|_| clip(&grounds, &mut dice, frames)).collect()
    })
}

fn linear_map(
    config: &TrainConfig,
    grounds: &Arc<Grounds>,
) -> Result<super::LinearMap, TrainError> {
    let (walked, seed, frames) = (Arc::clone(grounds), config.seed, config.vae.frames);
    let mut feed = Feed::spawn("town", config.data.threads, 0, move |number| {
        clip(&walked, &mut Dice::new(seed, Purpose::Blocks, number), frames)
    })?;
    let mut moments = Moments::default();
    for _ in 0..config.vae.linear_clips {
        let clip = feed.next()?;
        let video = batch(&[clip], grounds.size(), &Device::flex());
        let [_, _, length, ..] = video.dims();
        moments.add(blocks(video.clone().narrow(2, 0, 1).repeat(&[1, 1, 4, 1, 1])));
        moments.add(blocks(video.narrow(2, 1, length - 1)));
    }
    let z_dim = config.spec(Path::new("the model of the configuration"))?.vae.z_dim;
    let map = moments.linear_map(z_dim);
    eprintln!("the linear map keeps {:.1} % of the variance", 100.0 * map.kept);
    Ok(map)
}
