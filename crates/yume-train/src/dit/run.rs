//! One run of DiT training.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor};
use serde_json::json;
use yume_checkpoint::{ModelSpec, Names, Tokenizer, named_tensors};
use yume_media::Frame;
use yume_nets::vae::Vae;
use yume_world::guess;
use yume_world::pixels::frame;

use super::batch::{Disturbance, Reader, choose};
use super::lesson::{Example, Lesson};
use super::own_walk::{OwnWalk, Walkers};
use super::plans::Plans;
use super::pool::LessonPool;
use super::rollouts::Rollouts;
use super::{Masking, Networks, step};
use crate::TrainError;
use crate::config::TrainConfig;
use crate::dice::{Dice, Purpose};
use crate::export;
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::run::Training;
use crate::shards::Shards;
use crate::sheet::sheet;
use crate::state::{Facts, State};

pub(super) const HELD_OUT_LESSONS: u64 = 2;
/// Noise levels of the held-out loss: the first step of sampling and the middle of it.
const HELD_OUT_TIMES: [f32; 2] = [1.0, 0.6];

/// One run of DiT training.
pub struct DitRun {
    pub(super) config: TrainConfig,
    pub(super) spec: ModelSpec,
    pub(super) tokenizer: Tokenizer,
    pub(super) device: Device,
    pub(super) networks: Networks,
    pub(super) names: Names,
    pub(super) optimizer: Optimizer,
    pub(super) vae: Vae,
    pub(super) vae_folder: PathBuf,
    pub(super) plans: Plans,
    pub(super) pool: LessonPool,
    pub(super) rollouts: Rollouts,
    pub(super) shards: Shards,
    pub(super) held_out: Vec<Lesson>,
    pub(super) channel_weights: Vec<f32>,
    pub(super) from: Option<PathBuf>,
}

impl DitRun {
    /// Lets the model walk by itself where the configuration asks for it.
    fn roll_out(&mut self, step: u64) -> Result<(), TrainError> {
        let Some(config) = self.config.dit.rollout.clone() else { return Ok(()) };
        let begins = (config.from * self.config.dit.steps as f64) as u64;
        if step < begins || !step.is_multiple_of(config.every) {
            return Ok(());
        }
        let mut dice = Dice::new(self.config.seed, Purpose::Rollouts, step);
        let lessons = self.pool.at(step)?;
        let lesson = &lessons[dice.below(lessons.len())];
        let networks = self.optimizer.averaged(self.networks.clone());
        let mut plans = Plans::new(self.spec.clone(), self.device.clone());
        let mut walkers = Walkers {
            networks: &networks,
            vae: &self.vae,
            spec: &self.spec,
            tokenizer: &self.tokenizer,
            device: &self.device,
            plans: &mut plans,
        };
        self.rollouts.walk(&config, &mut walkers, lesson, step, &mut dice)
    }

    /// Rows of a sheet: truth, fill and the model's own walk for each held-out lesson.
    fn rows(&self) -> Result<Vec<Vec<Frame>>, TrainError> {
        const EVERY: usize = 8;
        let (height, width) = (self.spec.frame.height, self.spec.frame.width);
        let networks = self.optimizer.averaged(self.networks.clone());
        let mut plans = Plans::new(self.spec.clone(), self.device.clone());
        let mut walkers = Walkers {
            networks: &networks,
            vae: &self.vae,
            spec: &self.spec,
            tokenizer: &self.tokenizer,
            device: &self.device,
            plans: &mut plans,
        };
        let mut rows = Vec::new();
        for lesson in &self.held_out {
            let mut walk = OwnWalk::begin(&walkers, &lesson.first_frame, self.config.seed);
            let first = frame(&lesson.first_frame, height, width);
            let mut true_row = vec![first.clone()];
            let (mut fill_row, mut own_row) = (true_row.clone(), true_row.clone());
            let truth = true_walk(&walkers, lesson, &self.device);
            let mut last = lesson.first_frame.clone();
            for (leg, seen) in lesson.legs.iter().zip(truth) {
                let own = walk.advance(&mut walkers, leg.before, leg.motion)?;
                let filled = guess(&self.spec, leg.before, leg.motion, &last);
                let count = filled.len();
                for k in (EVERY - 1..count).step_by(EVERY) {
                    let of = |video: &Tensor<5>| {
                        let planes = video.clone().narrow(2, k, 1).into_data();
                        frame(&planes.iter::<f32>().collect::<Vec<_>>(), height, width)
                    };
                    true_row.push(of(&seen));
                    own_row.push(of(&own));
                    fill_row.push(frame(&filled[k], height, width));
                }
                last = filled.into_iter().next_back().unwrap_or(last);
            }
            rows.extend([true_row, fill_row, own_row]);
        }
        Ok(rows)
    }
}

/// The true frames of every leg, as the VAE shows them.
fn true_walk(walkers: &Walkers<'_>, lesson: &Lesson, device: &Device) -> Vec<Tensor<5>> {
    let mut decoder = yume_nets::vae::StreamCache::default();
    walkers.vae.decode(lesson.standing[0].history.tensor(device), &mut decoder);
    let first = &lesson.standing[0];
    std::iter::once(first)
        .chain(&lesson.walking)
        .map(|example| walkers.vae.decode(example.target.tensor(device), &mut decoder))
        .collect()
}

impl Training for DitRun {
    fn step(&mut self, step: u64) -> Result<f32, TrainError> {
        self.roll_out(step)?;
        let config = &self.config.dit;
        let mut dice = Dice::new(self.config.seed, Purpose::Steps, step);
        let share = config.rollout.as_ref().map_or(0.0, |rollout| rollout.share);
        let is_rolled = dice.chance(share);
        let lessons = self.pool.at(step)?;
        let rolled = if is_rolled { self.rollouts.choose(config.batch, &mut dice) } else { None };
        // The known latents of a rollout are the model's own and need no noise.
        let is_exact = rolled.is_some();
        let examples = rolled.unwrap_or_else(|| choose(lessons, config, &mut dice));
        let [_, frames, height, width] = examples[0].history.shape;
        let is_standing = frames == lessons[0].standing[0].history.shape[1];
        let disturbance =
            Disturbance::random(config, examples.len(), is_standing || is_exact, &mut dice);
        let autodiff = self.device.clone().autodiff();
        let reader = Reader { spec: &self.spec, tokenizer: &self.tokenizer, device: &autodiff };
        let batch = reader.batch(&examples, &disturbance, &mut dice);
        let plan = self.plans.of(frames, height, width)?;
        let masking = if dice.chance(config.masked_share) {
            Masking::random(plan.tokens, &mut dice)
        } else {
            Masking::All
        };
        let parts = batch.split(config.shards);
        let weights = &self.channel_weights;
        let (loss, gradients) = self.shards.gradients(&self.networks, parts, |networks, part| {
            step::loss(networks, part, plan, &masking, weights)
        });
        let rate = config.rate.at(step, config.steps);
        let (networks, norm) = self.optimizer.step(self.networks.clone(), gradients, rate, step);
        if !loss.is_finite() || !norm.is_finite() {
            return Err(TrainError::Diverged { step });
        }
        self.networks = networks;
        Ok(loss)
    }

    fn held_out_loss(&self) -> Result<f32, TrainError> {
        let networks = self.optimizer.averaged(self.networks.clone());
        let mut plans = Plans::new(self.spec.clone(), self.device.clone());
        let (mut sum, mut count) = (0.0, 0.0);
        let reader = Reader { spec: &self.spec, tokenizer: &self.tokenizer, device: &self.device };
        let examples =
            self.held_out.iter().flat_map(|lesson| lesson.standing.iter().chain(&lesson.walking));
        for (number, example) in examples.enumerate() {
            for time in HELD_OUT_TIMES {
                let mut dice =
                    Dice::new(self.config.seed, Purpose::HeldOut, HELD_OUT_LESSONS + number as u64);
                let list: [&Example; 1] = [example];
                let plain = Disturbance::plain(1, time);
                let batch = reader.batch(&list, &plain, &mut dice);
                let [_, frames, height, width] = example.history.shape;
                let plan = plans.of(frames, height, width)?;
                let even = vec![1.0; self.spec.vae.z_dim];
                let loss = step::loss(&networks, batch, plan, &Masking::All, &even);
                sum += loss.into_scalar::<f32>();
                count += 1.0;
            }
        }
        Ok(sum / count)
    }

    fn save(&self, path: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let facts = Facts {
            step,
            secs,
            recipe: recipe(&self.config),
            extra: json!(self.from).to_string(),
            ..Facts::default()
        };
        State {
            weights: Parameters::new(named_tensors(&self.networks, &self.names)?),
            optimizer: self.optimizer.state(),
            extra: self.rollouts.tensors(),
            facts,
        }
        .save(path)
    }

    fn sheet(&self, path: &Path) -> Result<(), TrainError> {
        Ok(sheet(&self.rows()?).write_png(path)?)
    }

    fn export(&self, folder: &Path, step: u64, secs: f64) -> Result<(), TrainError> {
        let networks = self.optimizer.averaged(self.networks.clone());
        let all = Parameters::new(named_tensors(&networks, &self.names)?);
        let shipped = |prefix: &str| {
            let mut tensors = all.part(prefix);
            // Only training needs these.
            tensors.retain(|(name, _)| name != "mask_token" && !name.starts_with("sideblock."));
            tensors
        };
        for (file, prefix) in [
            ("dit.safetensors", "dit."),
            ("text.safetensors", "text."),
            ("clip.safetensors", "clip."),
        ] {
            export::weights(&folder.join(file), &shipped(prefix))?;
        }
        export::copied(&self.vae_folder, folder, "vae.safetensors")?;
        if !folder.join("provenance.json").exists() {
            // What is known of the VAE goes along; a folder without it says nothing.
            export::copied(&self.vae_folder, folder, "provenance.json").ok();
        }
        export::facts(folder, &self.config)?;
        let held_out_loss = self.held_out_loss()?;
        let (config, from) = (&self.config, self.from.as_deref());
        let mark = export::mark(&self.vae_folder.join("vae.safetensors"))?;
        let beside = Some(("vae", self.vae_folder.as_path(), mark.as_str()));
        export::provenance(
            folder,
            &export::Provenance { command: "dit", config, from, beside, step, secs, held_out_loss },
        )
    }

    fn items_per_step(&self) -> usize {
        self.config.dit.batch
    }
}

/// What must be equal for a run to go on.
pub(super) fn recipe(config: &TrainConfig) -> String {
    json!([config.seed, config.data, config.dit, config.words, config.model]).to_string()
}
