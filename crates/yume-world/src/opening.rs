//! The frames that a walk begins with: as many copies of a picture as the model was shown, or the
//! end of a video.

use yume_checkpoint::ModelSpec;
use yume_media::{Fit, Frame};
use yume_nets::resample::{Kernel, stretch};
use yume_nets::vae::FRAMES_PER_LATENT;

use crate::pixels;

/// The history of a walk that begins with `frames`, planar in [-1, 1], one more than a multiple of
/// four frames.
///
/// One frame is repeated as often as the model was shown it; of more, the newest are taken, and too
/// few of them are preceded by copies of the first.
pub(crate) fn opening(spec: &ModelSpec, frames: &[Frame], fit: Fit) -> Vec<Vec<f32>> {
    let kernel = if frames.len() == 1 { Kernel::Linear } else { Kernel::Cubic };
    let wanted = match frames.len() {
        0 => return Vec::new(),
        1 => spec.frame.initial_copies,
        count => least(spec).max(count - (count - 1) % FRAMES_PER_LATENT),
    };
    let newest = &frames[frames.len().saturating_sub(wanted)..];
    let newest: Vec<_> = newest.iter().map(|frame| fitted(spec, frame, fit, kernel)).collect();
    let copies = vec![newest[0].clone(); wanted - newest.len()];
    copies.into_iter().chain(newest).collect()
}

/// The least frames of history from which the network can go on: those of its window that do not
/// belong to a segment, and one latent before the window.
fn least(spec: &ModelSpec) -> usize {
    let segment = spec.frame.segment_frames / FRAMES_PER_LATENT;
    spec.window.saturating_sub(segment) * FRAMES_PER_LATENT + 1
}

/// A frame at the model's size, planar in [-1, 1]. [`Fit::Stretch`] is the published way, with the
/// kernel that the published code uses.
pub(crate) fn fitted(spec: &ModelSpec, frame: &Frame, fit: Fit, kernel: Kernel) -> Vec<f32> {
    let (height, width) = (spec.frame.height, spec.frame.width);
    match fit {
        Fit::Crop => pixels::planar(&frame.fit(width as u32, height as u32, fit)),
        Fit::Stretch => {
            let from = [frame.height as usize, frame.width as usize];
            let mut planes = stretch(&pixels::planar(frame), from, [height, width], kernel);
            // The cubic kernel overshoots at edges.
            planes.iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
            planes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(value: u8) -> Frame {
        Frame::new(16, 16, vec![value; 16 * 16 * 3])
    }

    fn spec() -> ModelSpec {
        let mut spec = ModelSpec::yume_i2v_540p();
        (spec.frame.width, spec.frame.height) = (16, 16);
        spec
    }

    #[test]
    fn histories_of_any_video_are_one_more_than_a_multiple_of_four() {
        // Frames of the video, then the first and the last of them that are used, and how many.
        for (count, first, frames) in [
            (1, 0, 17),
            (2, 0, 5),
            (4, 0, 5),
            (5, 0, 5),
            (8, 3, 5),
            (9, 0, 9),
            (33, 0, 33),
            (36, 3, 33),
        ] {
            let video: Vec<_> = (0..count).map(grey).collect();
            let history = opening(&spec(), &video, Fit::Crop);
            assert_eq!(history.len(), frames, "{count} frames");
            let shade = |planes: &[f32]| ((planes[0] + 1.0) * 127.5).round() as u8;
            assert_eq!((shade(&history[0]), shade(&history[frames - 1])), (first, count - 1));
        }
        assert!(opening(&spec(), &[], Fit::Crop).is_empty());
    }

    #[test]
    fn a_model_whose_window_is_its_segment_needs_one_latent() {
        let spec = ModelSpec { window: 8, ..spec() };
        assert_eq!(opening(&spec, &[grey(1), grey(2)], Fit::Stretch).len(), 1);
    }
}
