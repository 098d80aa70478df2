//! Views of the town and how far everything in them is, as files, for training with other programs.

use std::ops::Range;
use std::path::Path;

use safetensors::Dtype;

use super::{Feed, Grounds, View, tensors};
use crate::TrainError;
use crate::config::TrainConfig;
use crate::dice::{Dice, Purpose};

/// Views of one file.
const TOGETHER: u64 = 256;

/// Writes the views of a range of numbers to files in `folder`, `told` after each: `frames`
/// `[views, height, width, 3]` in bytes, `inverse_depth` `[views, height, width]` in f32, one over the
/// metres ahead of the camera, and `pitch` `[views]` in radians.
///
/// # Errors
/// If a file cannot be written, or a thread cannot be started.
pub fn write_views(
    config: &TrainConfig,
    grounds: Grounds,
    range: Range<u64>,
    folder: &Path,
    told: &mut dyn FnMut(),
) -> Result<(), TrainError> {
    std::fs::create_dir_all(folder).map_err(TrainError::write(folder))?;
    let (size, seed) = (grounds.size(), config.seed);
    let make = move |number| grounds.view(&mut Dice::new(seed, Purpose::Views, number));
    let mut feed = Feed::spawn("town", config.data.threads, range.start, make)?;
    let mut first = range.start;
    while first < range.end {
        let count = (range.end - first).min(TOGETHER);
        let mut views = Vec::new();
        for _ in 0..count {
            views.push(feed.take()?);
            told();
        }
        write(&views, &folder.join(format!("views-{first:06}.safetensors")), size)?;
        first += count;
    }
    Ok(())
}

fn write(views: &[View], path: &Path, (height, width): (usize, usize)) -> Result<(), TrainError> {
    let frames = views.iter().flat_map(|view| view.frame.rgb.iter().copied()).collect();
    let depth = views.iter().flat_map(|view| &view.inverse_depth);
    let depth = depth.copied().flat_map(f32::to_le_bytes).collect();
    let pitch = views.iter().map(|view| view.pitch).flat_map(f32::to_le_bytes).collect();
    let count = views.len();
    let tensors = [
        ("frames", Dtype::U8, vec![count, height, width, 3], frames),
        ("inverse_depth", Dtype::F32, vec![count, height, width], depth),
        ("pitch", Dtype::F32, vec![count], pitch),
    ];
    tensors::write(path, &tensors, None)
}
