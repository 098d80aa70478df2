//! How a run of VAE training begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use serde_json::json;
use yume_checkpoint::{ModelSpec, Names};
use yume_nets::vae::{Vae, VaeConfig};

use super::clips::{Clip, Clips, batch};
use super::pca::{Moments, blocks};
use super::run::{HELD_OUT_CLIPS, VaeRun};
use super::start;
use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::{Feed, Grounds};
use crate::dice::{Dice, Purpose};
use crate::frozen::freeze_all_but;
use crate::optimizer::Optimizer;
use crate::run::CHECKPOINT;
use crate::shards::Shards;
use crate::state::State;

/// What the first weights are.
pub enum VaeStart {
    /// The linear map of the town, and networks that add nothing yet.
    Fresh,
    /// The VAE in this folder, whose latents stay what they are.
    From(PathBuf),
    /// A run that was stopped.
    Resume(Box<State>),
}

/// What a checkpoint carries besides weights and optimizer.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Kept {
    pub(super) from: Option<PathBuf>,
    pub(super) statistics: Option<(Vec<f32>, Vec<f32>)>,
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
                let linear =
                    raw.skip.is_some().then(|| linear_map(&config, spec, &grounds)).transpose()?;
                start::parameters(config.seed, &raw, linear.as_ref())
            }
            VaeStart::From(folder) => {
                let mut parameters = start::parameters(config.seed, &raw, None);
                parameters.overlay(&folder.join("vae.safetensors"), "", |_| false)?;
                let other = ModelSpec::from_tiny_config(
                    &std::fs::read(folder.join("config.json"))
                        .map_err(TrainError::read(&folder))?,
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
                let path = Path::new(CHECKPOINT);
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
            return Err(TrainError::resume(reason, Path::new(CHECKPOINT)));
        }
        let clips = Clips { spec: spec.clone(), frames: config.vae.frames };
        let feed = feed(&config, &grounds, &clips, first_step)?;
        let held_out = (0..HELD_OUT_CLIPS)
            .map(|number| {
                clips.clip(&grounds, &mut Dice::new(config.seed, Purpose::HeldOut, number))
            })
            .collect();
        let device = device.clone();
        Ok(Self {
            shards: Shards::new(config.vae.shards)?,
            config,
            device,
            raw,
            vae,
            names,
            optimizer,
            grounds,
            clips,
            feed,
            held_out,
            from,
            keeps_statistics,
        })
    }
}

/// What must be equal for a run to go on.
pub(super) fn recipe(config: &TrainConfig) -> String {
    let mut model = config.model.clone();
    for field in ["latent_mean", "latent_std"] {
        model["vae"][field] = json!(null);
    }
    json!([config.seed, config.data, config.vae, model]).to_string()
}

/// Says in the configuration what the latents are.
pub(super) fn write_statistics(config: &mut TrainConfig, mean: &[f32], std: &[f32]) {
    config.model["vae"]["latent_mean"] = json!(mean);
    config.model["vae"]["latent_std"] = json!(std);
}

fn feed(
    config: &TrainConfig,
    grounds: &Arc<Grounds>,
    clips: &Clips,
    first: u64,
) -> Result<Feed<Vec<Clip>>, TrainError> {
    let (grounds, clips, seed) = (Arc::clone(grounds), clips.clone(), config.seed);
    let batch = config.vae.batch;
    Feed::spawn("town", config.data.threads, first, move |step| {
        let mut dice = Dice::new(seed, Purpose::Clips, step);
        (0..batch).map(|_| clips.clip(&grounds, &mut dice)).collect()
    })
}

fn linear_map(
    config: &TrainConfig,
    spec: &ModelSpec,
    grounds: &Arc<Grounds>,
) -> Result<super::LinearMap, TrainError> {
    let (walked, seed) = (Arc::clone(grounds), config.seed);
    let clips = Clips { spec: spec.clone(), frames: config.vae.frames };
    let mut feed = Feed::spawn("town", config.data.threads, 0, move |number| {
        clips.clip(&walked, &mut Dice::new(seed, Purpose::Blocks, number))
    })?;
    let mut moments = Moments::default();
    for _ in 0..config.vae.linear_clips {
        let clip = feed.take()?;
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
