//! Segments that wait to be sampled: what stays the same from step to step, for a batch of them.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use burn::tensor::{DType, Device, Tensor, TensorData};
use yume_checkpoint::{ModelSpec, Tokenizer};
use yume_nets::dit::{Context, Dit, Plan};
use yume_sampler::{Material, Plan as Sampling, sample};
use yume_world::{Caches, DitVelocity, conditioning};

use crate::dice::{Dice, Purpose};
use crate::dit::Networks;
use crate::dit::batch::pictures;
use crate::dit::lesson::{Example, Lesson, stacked};

/// Lessons from here on are held out: they never come into a pool.
pub(super) const HELD_OUT: u64 = 1 << 40;
/// Streams of random numbers between one lesson and the next, more than a lesson has segments.
const STREAMS: u64 = 16;

/// Which segment of which lesson; it decides the noise that the segment is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of the lesson.
    pub lesson: u64,
    /// The number of the segment within it.
    pub segment: usize,
}

/// One segment and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Where.
    pub place: Place,
    /// What is known of it.
    pub example: &'a Example,
}

/// All segments of lesson `number`.
pub(super) fn items(number: u64, lesson: &Lesson) -> impl Iterator<Item = Item<'_>> {
    let examples = lesson.standing.iter().chain(&lesson.walking).enumerate();
    examples
        .map(move |(segment, example)| Item { place: Place { lesson: number, segment }, example })
}

/// Chooses the segments of a training step, all with a history of one length, from `lessons`, whose
/// first has number `first`.
pub(super) fn choose<'a>(
    lessons: &'a VecDeque<Lesson>,
    first: u64,
    count: usize,
    picture_share: f32,
    dice: &mut Dice,
) -> Vec<Item<'a>> {
    let is_standing = dice.chance(picture_share);
    let leg = dice.below(lessons[0].walking.len());
    (0..count)
        .map(|_| {
            let index = dice.below(lessons.len());
            let lesson = &lessons[index];
            let standing = lesson.standing.len();
            let segment = if is_standing { dice.below(standing) } else { standing + leg };
            let mut examples = lesson.standing.iter().chain(&lesson.walking);
            let example = examples.nth(segment).expect("a segment of the lesson");
            Item { place: Place { lesson: first + index as u64, segment }, example }
        })
        .collect()
}

/// What turns items into tensors: encoders, and the facts they belong to.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    /// Networks without autodiff, of which the encoders are used.
    pub networks: &'a Networks,
    /// The facts of the model.
    pub spec: &'a ModelSpec,
    /// The tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Where the networks live.
    pub device: &'a Device,
    /// Decides the noise.
    pub seed: u64,
}

/// A batch of segments with histories of one length.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    /// Clean latents before them, `[batch, z, n, height, width]`.
    pub history: Tensor<5>,
    /// Mask, known and guessed latents, `[batch, 4 + z, n + segment, height, width]`.
    pub conditioning: Tensor<5>,
    /// Noise of history and segment, `[batch, z, n + segment, height, width]`.
    pub noise: Tensor<5>,
    /// Encoded captions, `[batch, rows, dim]`.
    pub text: Tensor<3>,
    /// Encoded start pictures, `[batch, tokens, dim]`.
    pub image: Tensor<3>,
}

impl Reader<'_> {
    /// The segments of `items`, which have histories of one length.
    pub(super) fn read(self, items: &[Item<'_>]) -> Segments {
        let Reader { networks, spec, tokenizer, device, seed } = self;
        let examples: Vec<&Example> = items.iter().map(|item| item.example).collect();
        let all = |part: fn(&Example) -> &crate::dit::lesson::Latents| {
            let parts: Vec<_> = examples.iter().map(|example| part(example)).collect();
            stacked(&parts, device)
        };
        let history = all(|example| &example.history);
        let conditioning =
            conditioning(all(|example| &example.known), all(|example| &example.fill));
        let [batch, z_dim, ..] = history.dims();
        let [_, _, frames, height, width] = conditioning.dims();
        let each = z_dim * frames * height * width;
        let noise: Vec<f32> = items
            .iter()
            .flat_map(|Item { place, .. }| {
                let stream = place.lesson * STREAMS + place.segment as u64;
                Dice::new(seed, Purpose::Distillation, stream).normals(each)
            })
            .collect();
        let noise = TensorData::new(noise, [batch, z_dim, frames, height, width]);
        let book = &spec.phrasebook;
        let captions: Vec<Vec<u32>> = examples
            .iter()
            .map(|example| {
                let speed = book.usual_speed(example.motion);
                tokenizer.encode(&book.caption(example.motion, speed, &example.scene)).ids
            })
            .collect();
        Segments {
            history,
            conditioning,
            noise: Tensor::from_data(noise, (device, DType::F32)),
            text: networks.encode_captions(&captions, spec.dit.text_len),
            image: networks.clip.forward(pictures(&examples, spec.clip.image_size, device)),
        }
    }

    /// The true segments of `items`, `[batch, z, segment, height, width]`.
    pub(super) fn truth(self, items: &[Item<'_>]) -> Tensor<5> {
        let parts: Vec<_> = items.iter().map(|item| &item.example.target).collect();
        stacked(&parts, self.device)
    }
}

impl Segments {
    /// Those from `first` on, `count` of them.
    pub(super) fn part(&self, first: usize, count: usize) -> Self {
        Self {
            history: self.history.clone().narrow(0, first, count),
            conditioning: self.conditioning.clone().narrow(0, first, count),
            noise: self.noise.clone().narrow(0, first, count),
            text: self.text.clone().narrow(0, first, count),
            image: self.image.clone().narrow(0, first, count),
        }
    }

    /// The same for a network that is trained.
    pub(super) fn autodiff(self) -> Self {
        Self {
            history: self.history.autodiff(),
            conditioning: self.conditioning.autodiff(),
            noise: self.noise.autodiff(),
            text: self.text.autodiff(),
            image: self.image.autodiff(),
        }
    }

    /// What the cross-attention of `dit` reads.
    pub(super) fn context(&self, dit: &Dit) -> Context {
        dit.context(self.text.clone(), self.image.clone())
    }
}

/// Carries noise to latents, `[batch, z, segment, height, width]`. Gradients reach `dit` through
/// every step, and through residuals that are reused.
pub(super) fn sampled(
    dit: &Dit,
    plan: &Plan,
    segments: &Segments,
    sampling: &Sampling,
    caches: &Caches,
) -> Tensor<5> {
    let context = segments.context(dit);
    let conditioning = segments.conditioning.clone();
    let mut velocity = DitVelocity::new(dit, plan, conditioning, (&context, None), caches);
    let device = segments.noise.device();
    // The Euler solver adds no noise.
    let mut fresh = |shape: [usize; 5]| Tensor::zeros(shape, (&device, DType::F32));
    let material = Material {
        history: &segments.history,
        noise: segments.noise.clone(),
        near: None,
        fresh: &mut fresh,
    };
    sample(sampling, &mut velocity, material, |_| ControlFlow::Continue(()))
        .expect("nothing stops this sampling")
}
