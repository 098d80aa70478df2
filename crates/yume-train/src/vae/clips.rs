//! The short clips that the VAE learns from.

use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::data::{Grounds, planar};
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
    let pixels = height * width;
    let frames = clips[0].len();
    let mut values = Vec::with_capacity(clips.len() * frames * 3 * pixels);
    for clip in clips {
        for channel in 0..3 {
            for frame in clip {
                values.extend_from_slice(&frame[channel * pixels..][..pixels]);
            }
        }
    }
    let data = TensorData::new(values, [clips.len(), 3, frames, height, width]);
    Tensor::from_data(data, (device, DType::F32))
}
