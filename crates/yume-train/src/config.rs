//! The recipe of a run, as one JSON file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use yume_checkpoint::{ModelSpec, Tokenizer};
use yume_town::{District, Scene, Town};

use crate::TrainError;
use crate::distill::Distillation;
use crate::optimizer::OptimizerConfig;
use crate::rate::Rate;

/// Everything that decides a run besides the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Decides all random numbers.
    pub seed: u64,
    /// The town and the walks through it.
    pub data: DataConfig,
    /// How the VAE is trained.
    pub vae: VaeTraining,
    /// How the DiT and its encoders are trained.
    pub dit: DitTraining,
    /// How the estimate of depth is trained. Only the training in PyTorch has it (`torch/depth.py`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<DepthTraining>,
    /// How a trained model becomes one of few solver steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distill: Option<Distillation>,
    /// The words of the tokenizer; the first has id 2.
    pub words: Vec<String>,
    /// The model itself, in the form of its `config.json`.
    pub model: Value,
}

/// The town and the walks through it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Seeds of the towns that are walked.
    pub towns: Vec<u64>,
    /// Districts, such as "canal": every town is laid out as each of them. Without any a town has a little of everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub districts: Vec<String>,
    /// Scenes, one of which lights each walk, such as "clear noon".
    pub scenes: Vec<String>,
    /// Rays across a pixel.
    pub supersample: u32,
    /// How often each of the nine travels is chosen, in their order.
    pub travel: [f32; 9],
    /// How often each of the nine turns is chosen, in their order.
    pub turn: [f32; 9],
    /// How often the motion before is kept.
    pub keep: f32,
    /// Threads that render.
    pub threads: usize,
}

/// How the VAE is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaeTraining {
    /// Steps of the whole run.
    pub steps: u64,
    /// Clips per step.
    pub batch: usize,
    /// Parts of a batch that are computed side by side, a divisor of it; 1 on a GPU.
    pub shards: usize,
    /// Frames of a clip, one more than a multiple of 4.
    pub frames: usize,
    /// Clips whose blocks give the linear map.
    pub linear_clips: u64,
    /// Clips that the statistics of the latents are taken from.
    pub statistics_clips: u64,
    /// The most noise that is added to latents, in units of their spread.
    pub noise: f32,
    /// How often the decoder is not shown the frames as they were foreseen.
    #[serde(default)]
    pub reference_dropout: f32,
    /// A discriminator of small patches. Only the training in PyTorch has it (`torch/vae.py`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adversary: Option<PatchCritic>,
    /// Clips that are walked into and decoded again and again. Only the training in PyTorch has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walked: Option<WalkedClips>,
    /// Weights of the parts of the loss.
    pub loss: VaeLoss,
    /// Learning rate.
    pub rate: Rate,
    /// Optimizer.
    pub optimizer: OptimizerConfig,
}

/// How the estimate of depth is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepthTraining {
    /// Steps of the whole run.
    pub steps: u64,
    /// Views per step.
    pub batch: usize,
    /// Weight of edges in the loss, beside that of the error itself.
    pub edges: f32,
    /// How far colours are mixed with each other.
    pub colours: f32,
    /// The most that pictures are blurred: so many times coarser, less one.
    pub blur: f32,
    /// Learning rate.
    pub rate: Rate,
    /// Optimizer.
    pub optimizer: OptimizerConfig,
}

/// Clips that are looked at from nearer after each decoding, as a walk ahead does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkedClips {
    /// How often a clip is one of them.
    pub share: f64,
    /// Clips that are under way.
    pub slots: usize,
    /// How often one of them begins again as it was rendered.
    pub begin_again: f64,
    /// The most that it is enlarged at once.
    pub most: f64,
    /// How often its latents are those of the enlarged frames, and not the true ones.
    pub led: f64,
}

/// A discriminator of small patches of two neighbouring frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchCritic {
    /// Part of the run, 0 to 1, after which it joins.
    pub from: f64,
    /// Its weight in the loss.
    pub weight: f32,
    /// Channels of its first layer.
    pub width: usize,
    /// Its learning rate.
    pub rate: f64,
}

/// Weights of the parts of the VAE's loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaeLoss {
    /// Mean absolute difference.
    pub absolute: f32,
    /// Mean absolute difference of gradients at three scales.
    pub gradient: f32,
    /// Mean absolute difference of the changes from frame to frame.
    pub temporal: f32,
    /// Mean squared difference.
    pub squared: f32,
}

/// How the DiT and its encoders are trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DitTraining {
    /// Steps of the whole run.
    pub steps: u64,
    /// Segments per step.
    pub batch: usize,
    /// Parts of a batch that are computed side by side, a divisor of it; 1 on a GPU.
    pub shards: usize,
    /// The walks that are at hand at one time.
    pub pool: Pool,
    /// How often the history is a standing picture.
    pub picture_share: f32,
    /// Noise levels.
    pub time: TimeConfig,
    /// How often the known latents of a longer history are noised.
    pub history_noise_share: f32,
    /// The most noise they get, in units of their spread.
    pub history_noise: f32,
    /// How often a caption is left out.
    pub caption_dropout: f32,
    /// How often a segment is learnt in another light than what came before, as its caption says.
    #[serde(default)]
    pub relit_share: f32,
    /// How often a step is masked (MVDT).
    pub masked_share: f32,
    /// Channels count in proportion to this power of their weight in the picture; 0 = all alike.
    pub channel_power: f32,
    /// Learning rate.
    pub rate: Rate,
    /// Optimizer.
    pub optimizer: OptimizerConfig,
    /// Continuations of the model's own walks; none if absent.
    pub rollout: Option<Rollout>,
}

/// The walks that are at hand at one time: new ones come in at the pace of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Walks before the first step.
    pub first: u64,
    /// The most walks.
    pub most: u64,
    /// Segments that are trained on per new walk.
    pub segments_per_walk: f64,
}

/// Noise levels: a normal variable of a given width through a sigmoid, shifted towards noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeConfig {
    /// Width of the normal variable.
    pub width: f32,
    /// Shift, as of a sampling schedule.
    pub shift: f32,
    /// How often the level is exactly 1.
    pub at_one: f32,
}

/// Continuations of the model's own walks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Part of the run, 0 to 1, after which they are used.
    pub from: f64,
    /// How often a step uses them.
    pub share: f32,
    /// How many are at hand.
    pub slots: usize,
    /// Steps between new ones.
    pub every: u64,
    /// The most segments that the model walks before its continuation is trained.
    pub segments: usize,
}

impl TrainConfig {
    /// Reads and checks a configuration, and the facts of its model.
    ///
    /// # Errors
    /// If the file cannot be read or a value in it is not usable.
    pub fn load(path: &Path) -> Result<(Self, ModelSpec), TrainError> {
        let json = std::fs::read(path).map_err(TrainError::read(path))?;
        let config: Self =
            serde_json::from_slice(&json).map_err(|error| TrainError::config(error, path))?;
        config.check().map_err(|reason| TrainError::config(reason, path))?;
        let spec = config.spec(path)?;
        config.tokenizer(&spec, path)?;
        Ok((config, spec))
    }

    /// The facts of the model.
    ///
    /// # Errors
    /// If they describe no model.
    pub fn spec(&self, path: &Path) -> Result<ModelSpec, TrainError> {
        Ok(ModelSpec::from_tiny_config(self.model.to_string().as_bytes(), path)?)
    }

    /// The word list in the form of `words.json`.
    pub fn words_json(&self) -> String {
        let words = serde_json::json!({
            "first_id": 2, "pad": 0, "end": 1, "words": self.words,
        });
        format!("{words:#}\n")
    }

    /// The tokenizer.
    ///
    /// # Errors
    /// If the words do not fit the text encoder.
    pub fn tokenizer(&self, spec: &ModelSpec, path: &Path) -> Result<Tokenizer, TrainError> {
        let json = self.words_json();
        Ok(Tokenizer::words(json.as_bytes(), spec.text.vocab, spec.dit.text_len, path)?)
    }

    /// The scenes.
    ///
    /// # Panics
    /// If a scene does not parse, which loading rules out.
    pub fn scenes(&self) -> Vec<Scene> {
        let parse =
            |words: &String| words.parse().expect("scenes are checked when they are loaded");
        self.data.scenes.iter().map(parse).collect()
    }

    /// The towns that are walked.
    pub fn towns(&self) -> Vec<Town> {
        let parse =
            |word: &String| word.parse().expect("districts are checked when they are loaded");
        let districts: Vec<District> = self.data.districts.iter().map(parse).collect();
        let districts = if districts.is_empty() { vec![District::Mixed] } else { districts };
        let towns = &self.data.towns;
        districts
            .iter()
            .flat_map(|&district| towns.iter().map(move |&seed| Town::of(seed, district)))
            .collect()
    }

    fn check(&self) -> Result<(), String> {
        let data = &self.data;
        let scenes: Result<Vec<Scene>, _> = data.scenes.iter().map(|words| words.parse()).collect();
        scenes.map_err(|error| format!("data.scenes: {error}"))?;
        let districts: Result<Vec<District>, _> =
            data.districts.iter().map(|word| word.parse()).collect();
        districts.map_err(|error| format!("data.districts: {error}"))?;
        let optimizers =
            [(&self.vae.optimizer, &self.vae.rate), (&self.dit.optimizer, &self.dit.rate)];
        let is_share = |share: f32| (0.0..=1.0).contains(&share);
        let dit = &self.dit;
        let facts = [
            (!data.scenes.is_empty(), "data.scenes is empty"),
            (!data.towns.is_empty(), "data.towns is empty"),
            ((1..=8).contains(&data.supersample), "data.supersample is not 1 to 8"),
            ((1..=256).contains(&data.threads), "data.threads is not 1 to 256"),
            (
                is_mix(&data.travel) && is_mix(&data.turn),
                "data.travel or data.turn has no positive weight, or a negative one",
            ),
            (is_share(data.keep), "data.keep is not 0 to 1"),
            (
                self.vae.frames % 4 == 1 && (5..=129).contains(&self.vae.frames),
                "vae.frames is not one more than a multiple of 4 from 5 to 129",
            ),
            ((1..=1024).contains(&self.vae.batch), "vae.batch is not 1 to 1024"),
            (
                self.vae.linear_clips > 0 && self.vae.statistics_clips > 0,
                "vae.linear_clips or vae.statistics_clips is 0",
            ),
            (
                [(self.vae.batch, self.vae.shards), (dit.batch, dit.shards)]
                    .iter()
                    .all(|(batch, shards)| (1..=256).contains(shards) && batch % shards == 0),
                "vae.shards or dit.shards is not 1 to 256, or does not divide its batch",
            ),
            ((1..=4096).contains(&dit.batch), "dit.batch is not 1 to 4096"),
            (
                dit.pool.first > 0 && dit.pool.first <= dit.pool.most,
                "dit.pool.first is 0 or above dit.pool.most",
            ),
            (dit.pool.segments_per_walk > 0.0, "dit.pool.segments_per_walk is not above 0"),
            (
                [
                    dit.picture_share,
                    dit.history_noise_share,
                    dit.caption_dropout,
                    dit.masked_share,
                    dit.time.at_one,
                ]
                .into_iter()
                .all(is_share),
                "a share of dit is not 0 to 1",
            ),
            (
                dit.time.shift > 0.0 && dit.time.width > 0.0,
                "dit.time.shift or dit.time.width is not above 0",
            ),
            (
                optimizers.iter().all(|(optimizer, rate)| optimizer.is_usable() && rate.peak > 0.0),
                "an optimizer has a decay outside 0 to 1, or a clip, epsilon or rate that is not above 0",
            ),
            (
                dit.rollout.as_ref().is_none_or(|rollout| {
                    rollout.slots > 0 && rollout.every > 0 && (1..=3).contains(&rollout.segments)
                }),
                "dit.rollout has no slots, every is 0, or segments is not 1 to 3",
            ),
        ];
        match facts.into_iter().find(|(holds, _)| !holds) {
            Some((_, reason)) => Err(reason.to_owned()),
            None => self.distill.as_ref().map_or(Ok(()), Distillation::check),
        }
    }
}

fn is_mix(weights: &[f32]) -> bool {
    weights.iter().all(|weight| *weight >= 0.0) && weights.iter().sum::<f32>() > 0.0
}
