//! How a run of DiT training begins.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::module::Module as _;
use burn::tensor::Device;
use yume_checkpoint::ModelSpec;
use yume_nets::vae::Vae;

use super::lesson::Teacher;
use super::plans::Plans;
use super::pool::{Intake, LessonPool};
use super::rollouts::Rollouts;
use super::run::{DitRun, HELD_OUT_LESSONS, recipe};
use super::{Networks, start};
use crate::TrainError;
use crate::config::TrainConfig;
use crate::data::Grounds;
use crate::dice::{Dice, Purpose};
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::run::CHECKPOINT;
use crate::shards::Shards;
use crate::state::State;

/// What the first weights are.
pub enum DitStart {
    /// Networks that return the filled picture.
    Fresh,
    /// The networks in this folder.
    From(PathBuf),
    /// A run that was stopped.
    Resume(Box<State>),
}

impl DitRun {
    /// Prepares a run on `device` with the VAE in the folder `vae`, whose `config.json` says what
    /// its latents are.
    ///
    /// # Errors
    /// If the start or the VAE do not fit the configuration.
    pub fn new(
        mut config: TrainConfig,
        vae_folder: &Path,
        device: &Device,
        begin: DitStart,
    ) -> Result<Self, TrainError> {
        let vae_config = vae_folder.join("config.json");
        let json = std::fs::read(&vae_config).map_err(TrainError::read(&vae_config))?;
        let model: serde_json::Value = serde_json::from_slice(&json)
            .map_err(|error| TrainError::config(error, &vae_config))?;
        config.model["vae"] = model["vae"].clone();
        let spec = config.spec(&vae_config)?;
        let tokenizer = config.tokenizer(&spec, &vae_config)?;
        let mut weights = Parameters::fresh(0, |scope| Vae::init(scope, &spec.vae));
        weights.overlay(&vae_folder.join("vae.safetensors"), "", |_| false)?;
        let vae_on = |device: &Device| -> Result<Vae, TrainError> {
            let (vae, _) =
                weights.build(device, vae_folder, |scope| Vae::init(scope, &spec.vae))?;
            Ok(vae.no_grad())
        };
        let size = (spec.frame.height, spec.frame.width);
        let grounds = Arc::new(Grounds::new(&config, spec.walk, size));
        let teacher = Arc::new(Teacher::new(
            grounds,
            vae_on(&Device::flex())?,
            spec.clone(),
            config.dit.relit_share,
        ));

        let mut first_step = 0;
        let mut resumed = None;
        let mut rollouts = Rollouts::default();
        let mut from = None;
        let parameters = match begin {
            DitStart::Fresh => start::parameters(config.seed, &spec),
            DitStart::From(folder) => {
                let parameters = start::continued(config.seed, &spec, &folder)?;
                from = Some(folder);
                parameters
            }
            DitStart::Resume(state) => {
                let State { weights, optimizer, extra, facts } = *state;
                let path = Path::new(CHECKPOINT);
                if facts.recipe != recipe(&config) {
                    return Err(TrainError::resume("its recipe or its VAE is another one", path));
                }
                rollouts = Rollouts::from_tensors(&extra)
                    .ok_or_else(|| TrainError::resume("its rollouts are damaged", path))?;
                from = serde_json::from_str(&facts.extra)
                    .map_err(|error| TrainError::resume(error, path))?;
                (first_step, resumed) = (facts.step, Some(optimizer));
                weights
            }
        };
        let autodiff = device.clone().autodiff();
        let (networks, names) =
            parameters.build(&autodiff, Path::new("dit"), |scope| Networks::init(scope, &spec))?;
        let mut optimizer = Optimizer::new(config.dit.optimizer.clone(), &networks, names.clone());
        if resumed.is_some_and(|state| !optimizer.restore(state)) {
            let reason = "its optimizer belongs to another network";
            return Err(TrainError::resume(reason, Path::new(CHECKPOINT)));
        }
        let intake = Intake {
            pool: &config.dit.pool,
            batch: config.dit.batch,
            threads: config.data.threads,
            seed: config.seed,
        };
        let held_out = (0..HELD_OUT_LESSONS)
            .map(|number| teacher.lesson(&mut Dice::new(config.seed, Purpose::HeldOut, number)))
            .collect();
        Ok(Self {
            channel_weights: channel_weights(&weights, &spec, config.dit.channel_power),
            shards: Shards::new(config.dit.shards)?,
            vae: vae_on(device)?,
            vae_folder: vae_folder.to_owned(),
            plans: Plans::new(spec.clone(), autodiff),
            pool: LessonPool::new(&intake, &teacher, first_step)?,
            device: device.clone(),
            config,
            spec,
            tokenizer,
            networks,
            names,
            optimizer,
            rollouts,
            held_out,
            from,
        })
    }
}

/// How much each latent channel counts: the more, the larger its part in the picture.
pub(crate) fn channel_weights(vae: &Parameters, spec: &ModelSpec, power: f32) -> Vec<f32> {
    let z_dim = spec.vae.z_dim;
    let Some(dec) = vae.numbers("skip.dec") else { return vec![1.0; z_dim] };
    let mut weights: Vec<f32> = (0..z_dim)
        .map(|z| {
            let column = dec.iter().skip(z).step_by(z_dim);
            let norm = column.map(|x| x * x).sum::<f32>().sqrt() * spec.vae.latent_std[z];
            norm.max(1e-6).powf(power)
        })
        .collect();
    let mean = weights.iter().sum::<f32>() / z_dim as f32;
    weights.iter_mut().for_each(|weight| *weight /= mean);
    weights
}
