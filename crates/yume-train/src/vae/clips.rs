//! The short clips that the VAE learns from.

use burn::tensor::{Device, Tensor};
use yume_world::pixels::{self, planar};

use crate::data::Grounds;
use crate::dice::Dice;

/// The frames of one short walk, planar, one after the other.
pub(crate) fn clip(grounds: &Grounds, dice: &mut Dice, frames: usize) -> Vec<Vec<f32>> {
    // Two motions, so that the clip may begin anywhere within one and go over into the next.
    let legs = 2;
    let length = frames.max(16);
    let trip = grounds.trip(dice, legs, length);
    let first = dice.below(length * legs + 2 - frames);
    grounds.frames(&trip, first..first + frames).iter().map(planar).collect()
}

/// A batch `[clips, 3, frames, height, width]`.
pub(crate) fn batch(clips: &[Vec<Vec<f32>>], size: (usize, usize), device: &Device) -> Tensor<5> {
    let (height, width) = size;
    let videos = clips.iter().map(|clip| pixels::video(clip, height, width, device)).collect();
    Tensor::cat(videos, 0)
}
