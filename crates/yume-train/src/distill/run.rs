//! One run of step distillation.

use std::path::{Path, PathBuf};

use burn::module::Module as _;
use burn::tensor::{DType, Device, Tensor, TensorData};
use serde_json::json;
use yume_checkpoint::{ModelSpec, Names, Tokenizer, named_tensors};
use yume_nets::dit::Dit;
use yume_nets::vae::Vae;
use yume_sampler::Plan as Sampling;
use yume_world::Caches;

use super::config::{Distillation, Real};
use super::critic::{Critic, Glance};
use super::held_out::Trial;
use super::segments::{Item, Reader, choose, sampled};
use super::targets::Targets;
use crate::TrainError;
use crate::config::TrainConfig;
use crate::dice::{Dice, Purpose};
use crate::dit::Networks;
use crate::dit::plans::Plans;
use crate::dit::pool::LessonPool;
use crate::embedded::DEPTH;
use crate::export;
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::run::Training;
use crate::shards::Shards;
use crate::sheet::sheet;
use crate::state::{Facts, State};

/// One run of step distillation.
pub struct DistillRun {
    /// The recipe; model and words are the teacher's.
    pub(super) config: TrainConfig,
    pub(super) settings: Distillation,
    pub(super) spec: ModelSpec,
    pub(super) tokenizer: Tokenizer,
    pub(super) device: Device,
    /// Without autodiff.
    pub(super) teacher: Networks,
    pub(super) teacher_folder: PathBuf,
    /// SHA-256 of the teacher's weights.
    pub(super) teacher_mark: String,
    pub(super) vae: Vae,
    pub(super) student: Dit,
    pub(super) names: Names,
    pub(super) optimizer: Optimizer,
    pub(super) critic: Option<Critic>,
    pub(super) many: Sampling,
    pub(super) few: Sampling,
    pub(super) caches: Caches,
    pub(super) channel_weights: Vec<f32>,
    /// With autodiff.
    pub(super) plans: Plans,
    pub(super) plain_plans: Plans,
    pub(super) pool: LessonPool,
    pub(super) targets: Targets,
    pub(super) held_out: Vec<Trial>,
    pub(super) shards: Shards,
    pub(super) from: Option<PathBuf>,
}

impl DistillRun {
    /// The student with averaged weights, without autodiff.
    pub(super) fn averaged(&self) -> Dit {
        self.optimizer.averaged(self.student.clone()).valid()
    }
}

impl Training for DistillRun {
    fn step(&mut self, step: u64) -> Result<f32, TrainError> {
        let settings = &self.settings;
        let mut dice = Dice::new(self.config.seed, Purpose::Steps, step);
        self.pool.at(step)?;
        let first = self.pool.first();
        self.targets.forget_before(first);
        let lessons = self.pool.at(step)?;
        let items = choose(lessons, first, settings.batch, settings.picture_share, &mut dice);
        let reader = Reader {
            networks: &self.teacher,
            spec: &self.spec,
            tokenizer: &self.tokenizer,
            device: &self.device,
            seed: self.config.seed,
        };
        let [_, frames, height, width] = items[0].example.history.shape;
        let plain_plan = self.plain_plans.of(frames, height, width)?;
        let plan = self.plans.of(frames, height, width)?;
        let target = self.targets.of(&items, &self.device, |missing: &[Item<'_>]| {
            let segments = reader.read(missing);
            sampled(&self.teacher.dit, plain_plan, &segments, &self.many, &Caches::NONE)
        });
        let segments = reader.read(&items);
        let is_cached = settings.cache.as_ref().is_some_and(|cache| dice.chance(cache.share));
        let caches = if is_cached { &self.caches } else { &Caches::NONE };

        let mut glance = None;
        if let Some(critic) = &mut self.critic {
            let seen = Glance::random(&critic.config, &segments, &mut dice);
            let real = match critic.config.real {
                Real::Truth => reader.truth(&items),
                Real::Teacher => target.clone(),
            };
            let student = self.student.valid();
            let fake = sampled(&student, plain_plan, &segments, &self.few, caches);
            let teacher = (&self.teacher.dit, plain_plan);
            let moment = (&seen, step, settings.steps);
            critic.learn(&self.shards, teacher, &segments, (real, fake), moment)?;
            glance = Some(seen);
        }

        let critic = self.critic.as_ref().zip(glance.as_ref());
        let parts = self.shards.parts(settings.batch, |first, count| {
            let judge = critic.map(|(critic, glance)| critic.judge(glance, first, count));
            let target = target.clone().narrow(0, first, count).autodiff();
            (segments.part(first, count).autodiff(), target, judge)
        });
        let suspicion = critic.map_or(0.0, |(critic, _)| critic.config.weight);
        let (few, weights) = (&self.few, &self.channel_weights);
        let (loss, gradients) =
            self.shards.gradients(&self.student, parts, |student, (segments, target, judge)| {
                let found = sampled(student, plan, &segments, few, caches);
                let loss = distance(found.clone(), target, weights) * settings.regression;
                match judge {
                    Some(judge) => loss + judge.suspicion(plan, &segments, found) * suspicion,
                    None => loss,
                }
            });
        let rate = settings.rate.at(step, settings.steps);
        let (student, norm) = self.optimizer.step(self.student.clone(), gradients, rate, step);
        if !loss.is_finite() || !norm.is_finite() {
            return Err(TrainError::Diverged { step });
        }
        self.student = student;
        Ok(loss)
    }

    /// The mean squared distance from the teacher's results, all channels alike, without the cache.
    fn held_out_loss(&self) -> Result<f32, TrainError> {
        let student = self.averaged();
        let mut plans = Plans::new(self.spec.clone(), self.device.clone());
        let even = vec![1.0; self.spec.vae.z_dim];
        let mut sum = 0.0;
        for Trial { segments, target, .. } in &self.held_out {
            let [_, _, frames, height, width] = segments.history.dims();
            let plan = plans.of(frames, height, width)?;
            let found = sampled(&student, plan, segments, &self.few, &Caches::NONE);
            sum += distance(found, target.clone(), &even).into_scalar::<f32>();
        }
        Ok(sum / self.held_out.len() as f32)
    }

    fn save(&self, path: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let facts = Facts {
            step,
            secs,
            recipe: self.recipe(),
            extra: json!(self.from).to_string(),
            ..Facts::default()
        };
        let mut weights = named_tensors(&self.student, &self.names)?;
        let mut optimizer = self.optimizer.state();
        if let Some(critic) = &self.critic {
            weights.extend(named_tensors(&critic.heads, &critic.names)?);
            optimizer = optimizer.with(critic.optimizer.state());
        }
        let extra = self.targets.tensors();
        State { weights: Parameters::new(weights), optimizer, extra, facts }.save(path)
    }

    fn sheet(&self, path: &Path) -> Result<(), TrainError> {
        Ok(sheet(&self.rows()?).write_png(path)?)
    }

    fn export(&self, folder: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let student = self.averaged();
        let all = Parameters::new(named_tensors(&student, &self.names)?);
        export::weights(&folder.join("dit.safetensors"), &all.part("dit."))?;
        for file in ["text.safetensors", "clip.safetensors", "vae.safetensors"] {
            export::copied(&self.teacher_folder, folder, file)?;
        }
        if !folder.join("provenance.json").exists() {
            // What is known of the teacher goes along; a folder without it says nothing.
            export::copied(&self.teacher_folder, folder, "provenance.json").ok();
        }
        let mut config = self.config.clone();
        config.model["sampler"]["steps"] = json!(self.settings.student.steps);
        config.model["sampler"]["shift"] = json!(self.settings.student.shift);
        export::facts(folder, &config)?;
        if self.teacher_folder.join(DEPTH).exists() {
            export::copied(&self.teacher_folder, folder, DEPTH)?;
        }
        export::provenance(
            folder,
            &export::Provenance {
                command: "distill",
                config: &self.config,
                from: self.from.as_deref(),
                beside: Some((
                    "teacher",
                    self.teacher_folder.as_path(),
                    self.teacher_mark.as_str(),
                )),
                step,
                secs,
                held_out_loss: self.held_out_loss()?,
            },
        )
    }

    fn items_per_step(&self) -> usize {
        self.settings.batch
    }
}

impl DistillRun {
    /// What must be equal for a run to go on.
    pub(super) fn recipe(&self) -> String {
        let TrainConfig { seed, data, words, model, .. } = &self.config;
        json!([seed, data, self.settings, words, model, self.teacher_mark]).to_string()
    }
}

/// The mean squared distance of latents, channels weighted by `weights`.
///
/// # Shapes
/// - found, wanted: `[batch, z, segment, height, width]`
pub(super) fn distance(found: Tensor<5>, wanted: Tensor<5>, weights: &[f32]) -> Tensor<1> {
    let weights = TensorData::new(weights.to_vec(), [1, weights.len(), 1, 1, 1]);
    let weights = Tensor::<5>::from_data(weights, (&found.device(), DType::F32));
    ((found - wanted).square() * weights).mean()
}
