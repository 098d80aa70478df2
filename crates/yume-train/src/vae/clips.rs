//! The short clips that the VAE learns from.

use burn::tensor::{Device, Tensor};
use yume_checkpoint::ModelSpec;
use yume_world::pixels::{self, planar};

use crate::data::{Foresight, Grounds};
use crate::dice::Dice;

/// The frames of one short walk, planar, and all but the first as they were foreseen.
#[derive(Clone, Debug)]
pub(crate) struct Clip {
    pub frames: Vec<Vec<f32>>,
    pub foreseen: Vec<Vec<f32>>,
}

/// What clips are made of.
#[derive(Clone, Debug)]
pub(crate) struct Clips {
    pub spec: ModelSpec,
    /// Frames of a clip.
    pub frames: usize,
}

impl Clips {
    /// One clip, as the dice fall.
    pub(crate) fn clip(&self, grounds: &Grounds, dice: &mut Dice) -> Clip {
        // Two motions, so that the clip may begin anywhere within one and go over into the next.
        let legs = 2;
        let length = self.frames.max(16);
        let trip = grounds.trip(dice, legs, length);
        let first = dice.below(length * legs + 2 - self.frames);
        let shown = grounds.frames(&trip, first..first + self.frames);
        let frames: Vec<Vec<f32>> = shown.iter().map(planar).collect();
        let reads_reference = self.spec.vae.skip.is_some_and(|skip| skip.reads_reference);
        let foreseen = if reads_reference {
            // Foreseen from the picture that the clip begins with, under the motion of that moment.
            let leg = &trip.legs[(first / length).min(legs - 1)];
            let mut walker = leg.before;
            let _ = walker.advance(grounds.rule(), leg.motion, first % length);
            let memory = Foresight::begin(&self.spec, walker, &frames[0]);
            let mut all = memory.frames(&self.spec, walker, leg.motion, &frames[0]);
            all.truncate(self.frames - 1);
            all
        } else {
            Vec::new()
        };
        Clip { frames, foreseen }
    }
}

/// A batch `[clips, 3, frames, height, width]` of the frames of clips.
pub(crate) fn batch(clips: &[Clip], size: (usize, usize), device: &Device) -> Tensor<5> {
    stacked(clips.iter().map(|clip| &clip.frames), size, device)
}

/// The frames that were foreseen, likewise; nothing if there are none.
pub(crate) fn references(
    clips: &[Clip],
    size: (usize, usize),
    device: &Device,
) -> Option<Tensor<5>> {
    let is_there = clips.iter().all(|clip| !clip.foreseen.is_empty());
    is_there.then(|| stacked(clips.iter().map(|clip| &clip.foreseen), size, device))
}

fn stacked<'a>(
    parts: impl Iterator<Item = &'a Vec<Vec<f32>>>,
    (height, width): (usize, usize),
    device: &Device,
) -> Tensor<5> {
    Tensor::cat(parts.map(|part| pixels::video(part, height, width, device)).collect(), 0)
}
