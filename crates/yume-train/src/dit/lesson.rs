//! What one walk teaches: for each of its motions, what was known, what was guessed, what came.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::ModelSpec;
use yume_motion::Motion;
use yume_nets::clip;
use yume_nets::vae::{StreamCache, Vae};
use yume_world::capped;
use yume_world::pixels::{planar, video};

use crate::data::{Foresight, Grounds, Leg, Trip, phrase};
use crate::dice::Dice;

/// Motions of one walk: with them the history reaches its longest form.
pub(crate) const LEGS: usize = 4;

/// Latents of a few frames, `[z, frames, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latents {
    /// Edges.
    pub shape: [usize; 4],
    /// Numbers, row after row.
    pub values: Vec<f32>,
}

/// One segment to learn from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    /// The motion.
    pub motion: Motion,
    /// What the caption says of the scene; empty if it says nothing.
    pub scene: String,
    /// The start picture as the image encoder reads it, `[3, size, size]`.
    pub picture: Arc<Vec<f32>>,
    /// Latents before the segment, as the network made them or as they are.
    pub history: Latents,
    /// The same frames as they stand in the conditioning.
    pub known: Latents,
    /// What the conditioning holds for the segment.
    pub fill: Latents,
    /// The segment itself.
    pub target: Latents,
}

/// One walk, ready to learn from.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    /// Every motion as if the walk began with it, from a standing picture.
    pub standing: Vec<Example>,
    /// The motions after the first, with what came before.
    pub walking: Vec<Example>,
    /// The motions and the walker before each.
    pub legs: Vec<Leg>,
    /// The first frame, planar.
    pub first_frame: Vec<f32>,
}

/// What makes lessons of walks.
pub(crate) struct Teacher {
    grounds: Arc<Grounds>,
    // Networks are Send only: each lesson works on a copy, which shares the weights.
    vae: Mutex<Vae>,
    spec: ModelSpec,
    /// How often the scene changes with a segment.
    relit_share: f32,
}

/// How often a caption says what the scene is like although it stays.
const SAID: f32 = 0.5;

impl Teacher {
    /// `vae` lives on the processor.
    pub(crate) fn new(grounds: Arc<Grounds>, vae: Vae, spec: ModelSpec, relit_share: f32) -> Self {
        Self { grounds, vae: Mutex::new(vae), spec, relit_share }
    }

    /// The lesson of one walk, as the dice fall.
    pub(crate) fn lesson(&self, dice: &mut Dice) -> Lesson {
        let vae = self.vae.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let spec = &self.spec;
        let length = spec.frame.segment_frames;
        let trip = self.grounds.trip(dice, LEGS, length);
        let frames: Vec<Vec<f32>> =
            self.grounds.frames(&trip, 0..LEGS * length + 1).iter().map(planar).collect();
        let (mut standing, mut walking) = (Vec::new(), Vec::new());
        let (mut cache, mut history) = self.begin(&vae, &frames[0]);
        let mut memory = Foresight::begin(spec, trip.legs[0].before, &frames[0]);
        let picture = Arc::new(self.look(&frames[0]));
        for (k, leg) in trip.legs.iter().enumerate() {
            let last = &frames[k * length];
            let seen = &frames[k * length + 1..][..length];
            let relit = self.relit(&trip, k, dice);
            let scene = match &relit {
                Some((scene, _)) => scene.clone(),
                None if dice.chance(SAID) => phrase(&trip.scene, dice),
                None => String::new(),
            };
            let encode = |frames: &[Vec<f32>], cache: &StreamCache| {
                vae.encode(self.video(frames), &mut cache.clone())
            };
            let example = |picture: &Arc<Vec<f32>>, history, memory: &Foresight, cache: &_| {
                let filled = memory.frames(spec, leg.before, leg.motion, last);
                let target = relit.as_ref().map_or(seen, |(_, frames)| frames.as_slice());
                let history = Latents::of(history);
                Example {
                    motion: leg.motion,
                    scene: scene.clone(),
                    picture: Arc::clone(picture),
                    known: history.clone(),
                    history,
                    fill: Latents::of(encode(&filled, cache)),
                    target: Latents::of(encode(target, cache)),
                }
            };
            let seen_so_far = capped(history.clone(), spec.history_cap);
            let next = example(&picture, seen_so_far, &memory, &cache);
            if k == 0 {
                standing.push(next);
            } else {
                walking.push(next);
                let (cache, history) = self.begin(&vae, last);
                let memory = Foresight::begin(spec, leg.before, last);
                standing.push(example(&Arc::new(self.look(last)), history, &memory, &cache));
            }
            let after = vae.encode(self.video(seen), &mut cache);
            history = Tensor::cat(vec![history, after], 2);
            memory.see(spec, leg.before, leg.motion, seen);
        }
        let first_frame = frames.into_iter().next().unwrap_or_default();
        Lesson { standing, walking, legs: trip.legs, first_frame }
    }

    /// Leg `k` in another light, and how that is said; nothing if the dice leave it as it is.
    fn relit(&self, trip: &Trip, k: usize, dice: &mut Dice) -> Option<(String, Vec<Vec<f32>>)> {
        let other = self.grounds.scene(dice);
        let changes = dice.chance(self.relit_share) && other != trip.scene;
        changes.then(|| {
            let length = self.spec.frame.segment_frames;
            let frames = self.grounds.frames_in(other, trip, k * length + 1..(k + 1) * length + 1);
            (phrase(&other, dice), frames.iter().map(planar).collect())
        })
    }

    /// The history of a standing picture.
    fn begin(&self, vae: &Vae, picture: &[f32]) -> (StreamCache, Tensor<5>) {
        let mut cache = StreamCache::default();
        let copies = vec![picture; self.spec.frame.initial_copies];
        let latents = vae.encode(self.video(&copies), &mut cache);
        (cache, latents)
    }

    fn look(&self, picture: &[f32]) -> Vec<f32> {
        let (height, width) = self.grounds.size();
        clip::preprocess(picture, height, width, &self.spec.clip)
    }

    fn video(&self, frames: &[impl AsRef<[f32]>]) -> Tensor<5> {
        let (height, width) = self.grounds.size();
        video(frames, height, width, &Device::flex())
    }
}

impl Latents {
    /// Of a tensor `[1, z, frames, height, width]`.
    pub(crate) fn of(tensor: Tensor<5>) -> Self {
        let [_, z, frames, height, width] = tensor.dims();
        let values = tensor.into_data().iter::<f32>().collect();
        Self { shape: [z, frames, height, width], values }
    }

    /// As a tensor `[1, z, frames, height, width]`.
    pub(crate) fn tensor(&self, device: &Device) -> Tensor<5> {
        stacked(&[self], device)
    }
}

/// Several latents of one shape as a batch.
pub(crate) fn stacked(latents: &[&Latents], device: &Device) -> Tensor<5> {
    let [z, frames, height, width] = latents[0].shape;
    let values: Vec<f32> = latents.iter().flat_map(|part| part.values.iter().copied()).collect();
    let data = TensorData::new(values, [latents.len(), z, frames, height, width]);
    Tensor::from_data(data, (device, DType::F32))
}
