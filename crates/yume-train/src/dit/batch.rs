//! One step's worth of segments as tensors.

use std::collections::VecDeque;

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::{ModelSpec, Tokenizer};
use yume_nets::dit::DitInput;
use yume_world::{TIMESTEPS, conditioning};

use super::lesson::{Example, Lesson, stacked};
use crate::config::{DitTraining, TimeConfig};
use crate::dice::Dice;

/// One step's worth of segments.
pub struct Batch {
    /// Noisy latents, conditioning and times.
    pub input: DitInput,
    /// The velocity to be found, `[batch, z, segment, height, width]`.
    pub velocity: Tensor<5>,
    /// Token ids of every caption.
    pub captions: Vec<Vec<u32>>,
    /// Start pictures, `[batch, 3, size, size]`.
    pub pictures: Tensor<4>,
    /// Rows of text that the DiT reads.
    pub text_rows: usize,
}

impl Batch {
    /// As `count` batches of equal size, which divides that of this one.
    pub(crate) fn split(self, count: usize) -> Vec<Self> {
        let size = self.captions.len() / count;
        let part = |first: usize| Self {
            input: DitInput {
                latents: self.input.latents.clone().narrow(0, first, size),
                conditioning: self.input.conditioning.clone().narrow(0, first, size),
                timesteps: self.input.timesteps[first..first + size].to_vec(),
            },
            velocity: self.velocity.clone().narrow(0, first, size),
            captions: self.captions[first..first + size].to_vec(),
            pictures: self.pictures.clone().narrow(0, first, size),
            text_rows: self.text_rows,
        };
        (0..count).map(|k| part(k * size)).collect()
    }
}

/// How examples become a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disturbance {
    /// Noise level of every example.
    pub times: Vec<f32>,
    /// Noise on the known latents of every example.
    pub known_noise: Vec<f32>,
    /// Whether the caption of every example is left out.
    pub is_mute: Vec<bool>,
}

/// Chooses the examples of a step: all with a history of one length.
pub(crate) fn choose<'a>(
    lessons: &'a VecDeque<Lesson>,
    config: &DitTraining,
    dice: &mut Dice,
) -> Vec<&'a Example> {
    let is_standing = dice.chance(config.picture_share);
    let leg = dice.below(lessons[0].walking.len());
    (0..config.batch)
        .map(|_| {
            let lesson = &lessons[dice.below(lessons.len())];
            if is_standing {
                &lesson.standing[dice.below(lesson.standing.len())]
            } else {
                &lesson.walking[leg]
            }
        })
        .collect()
}

impl Disturbance {
    /// As the dice fall. The known latents of a standing picture are exact in use, so that they get
    /// no noise; those of a walk are the model's own.
    pub(crate) fn random(
        config: &DitTraining,
        count: usize,
        is_standing: bool,
        dice: &mut Dice,
    ) -> Self {
        let is_noised = !is_standing && dice.chance(config.history_noise_share);
        let most = if is_noised { config.history_noise } else { 0.0 };
        Self {
            times: (0..count).map(|_| time(&config.time, dice)).collect(),
            known_noise: (0..count).map(|_| most * dice.unit()).collect(),
            is_mute: (0..count).map(|_| dice.chance(config.caption_dropout)).collect(),
        }
    }

    /// Noise level `time` for all of `count` examples, and nothing else.
    pub(crate) fn plain(count: usize, time: f32) -> Self {
        Self {
            times: vec![time; count],
            known_noise: vec![0.0; count],
            is_mute: vec![false; count],
        }
    }
}

/// A noise level.
fn time(config: &TimeConfig, dice: &mut Dice) -> f32 {
    if dice.chance(config.at_one) {
        return 1.0;
    }
    let level = 1.0 / (1.0 + (-config.width * dice.normal()).exp());
    config.shift * level / (1.0 + (config.shift - 1.0) * level)
}

/// What turns examples into tensors.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// The facts of the model.
    pub spec: &'a ModelSpec,
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Where the tensors go.
    pub device: &'a Device,
}

impl Reader<'_> {
    /// A batch of `examples`, which have histories of one length.
    pub(crate) fn batch(
        self,
        examples: &[&Example],
        disturbance: &Disturbance,
        dice: &mut Dice,
    ) -> Batch {
        let Reader { spec, tokenizer, device } = self;
        let count = examples.len();
        let all = |part: fn(&Example) -> &super::lesson::Latents| {
            let parts: Vec<_> = examples.iter().map(|example| part(example)).collect();
            stacked(&parts, device)
        };
        let (history, known) = (all(|e| &e.history), all(|e| &e.known));
        let (fill, target) = (all(|e| &e.fill), all(|e| &e.target));
        let [_, z_dim, frames, height, width] = history.dims();
        let [_, _, length, ..] = target.dims();
        let each = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [count, 1, 1, 1, 1]);
            Tensor::<5>::from_data(data, (device, DType::F32))
        };
        let mut normal = |shape: [usize; 5]| {
            let data = TensorData::new(dice.normals(shape.iter().product()), shape);
            Tensor::<5>::from_data(data, (device, DType::F32))
        };
        let clean = Tensor::cat(vec![history, target.clone()], 2);
        let noise = normal([count, z_dim, frames + length, height, width]);
        let time = each(&disturbance.times);
        // The history is as noisy as the segment; its clean form is in the conditioning.
        let latents = clean * (time.clone().neg() + 1.0) + noise.clone() * time;
        let velocity = noise.narrow(2, frames, length) - target;
        let known = if disturbance.known_noise.iter().any(|&level| level > 0.0) {
            known + normal([count, z_dim, frames, height, width]) * each(&disturbance.known_noise)
        } else {
            known
        };
        let captions = examples
            .iter()
            .zip(&disturbance.is_mute)
            .map(|(example, &is_mute)| {
                let book = &spec.phrasebook;
                let speed = book.usual_speed(example.motion);
                let caption = if is_mute {
                    String::new()
                } else {
                    book.caption(example.motion, speed, &example.scene)
                };
                tokenizer.encode(&caption).ids
            })
            .collect();
        let timesteps = disturbance.times.iter().map(|&time| f64::from(time) * TIMESTEPS).collect();
        Batch {
            input: DitInput { latents, conditioning: conditioning(known, fill), timesteps },
            velocity,
            captions,
            pictures: pictures(examples, spec.clip.image_size, device),
            text_rows: spec.dit.text_len,
        }
    }
}

/// Start pictures as a batch.
pub(crate) fn pictures(examples: &[&Example], size: usize, device: &Device) -> Tensor<4> {
    let values: Vec<f32> =
        examples.iter().flat_map(|example| example.picture.iter().copied()).collect();
    let data = TensorData::new(values, [examples.len(), 3, size, size]);
    Tensor::from_data(data, (device, DType::F32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Purpose;

    #[test]
    fn noise_levels_are_shifted_towards_noise_and_some_are_one() {
        let config = TimeConfig { width: 1.1, shift: 3.0, at_one: 0.1 };
        let mut dice = Dice::new(1, Purpose::Steps, 0);
        let mut times: Vec<f32> = (0..4000).map(|_| time(&config, &mut dice)).collect();
        assert!(times.iter().all(|t| (0.0..=1.0).contains(t)));
        let ones = times.iter().filter(|&&t| t == 1.0).count();
        assert!((320..480).contains(&ones), "{ones} of 4000");
        times.retain(|&t| t < 1.0);
        times.sort_by(f32::total_cmp);
        let median = times[times.len() / 2];
        // A shift of 3 moves the middle from 1/2 to 3/4.
        assert!((median - 0.75).abs() < 0.03, "median {median}");
    }
}
