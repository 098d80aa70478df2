//! How well a model's VAE shows true frames: the most that its walks can look like the truth.

use serde::Serialize;
use yume_media::Frame;
use yume_world::Model;
use yume_world::pixels::{frame, planar};

use crate::ssim::structural_similarity;
use crate::{peak_signal_to_noise, sharpness};

/// Means over all frames but the first of every clip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Reconstruction {
    /// Peak signal to noise ratio in decibels.
    pub psnr_db: f32,
    /// Structural similarity of the luma, at most 1 (Wang et al., 2004).
    pub ssim: f32,
    /// Mean gradient, in units of that of the true frames.
    pub sharpness: f32,
    /// Frames measured.
    pub frames: usize,
}

impl Reconstruction {
    /// Sends `frames`, one and then whole segments, through the VAE. Returns what it shows of them.
    pub(crate) fn of(model: &Model, frames: &[Frame]) -> (Self, Vec<Frame>) {
        let spec = model.spec().frame;
        let (height, width) = (spec.height, spec.width);
        let planes: Vec<Vec<f32>> = frames.iter().map(planar).collect();
        let shown = model.reconstruct(&planes);
        let mut sums = [0.0; 3];
        let pairs = || planes.iter().zip(&shown).skip(1);
        for (truth, shown) in pairs() {
            let sharp = |planes| sharpness(planes, height, width);
            sums[0] += peak_signal_to_noise(truth, shown);
            sums[1] += structural_similarity(truth, shown, height, width);
            sums[2] += sharp(shown) / sharp(truth).max(1e-9);
        }
        let count = pairs().count();
        let [psnr_db, ssim, sharpness] = sums.map(|sum| sum / count.max(1) as f32);
        let shown = shown.iter().map(|planes| frame(planes, height, width)).collect();
        (Self { psnr_db, ssim, sharpness, frames: count }, shown)
    }

    /// The mean of several, each as much as it has frames.
    pub(crate) fn mean(all: &[Self]) -> Self {
        let frames = all.iter().map(|one| one.frames).sum();
        let mean = |of: fn(&Self) -> f32| {
            all.iter().map(|one| of(one) * one.frames as f32).sum::<f32>() / frames as f32
        };
        Self {
            psnr_db: mean(|one| one.psnr_db),
            ssim: mean(|one| one.ssim),
            sharpness: mean(|one| one.sharpness),
            frames,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_count_by_their_frames() {
        let one = |psnr_db, frames| Reconstruction { psnr_db, ssim: 0.5, sharpness: 1.0, frames };
        let mean = Reconstruction::mean(&[one(20.0, 32), one(30.0, 96)]);
        assert_eq!(mean, one(27.5, 128));
    }
}
