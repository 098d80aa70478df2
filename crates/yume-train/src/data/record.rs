//! Walks as files, for training with other programs.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device};
use safetensors::Dtype;
use serde_json::json;
use yume_checkpoint::{ModelFiles, ModelSpec};
use yume_eval::{Course, walk};
use yume_media::Frame;
use yume_world::pixels::{frame, planar};
use yume_world::{Model, World};

use super::{Feed, Foresight, Grounds, Trip, phrase, tensors};
use crate::TrainError;
use crate::config::TrainConfig;
use crate::dice::{Dice, Purpose};

/// Motions of one walk.
const LEGS: usize = 4;

/// One walk: frames in bytes, `[frames, height, width, 3]`.
struct Record {
    /// The first frame, then those of all legs.
    frames: Vec<Frame>,
    /// Those of all legs in another light, or none.
    relit: Vec<Frame>,
    /// Those of all legs but the last as a model walks them, or none.
    own: Vec<Frame>,
    /// For each leg, what the conditioning would hold if the walk began with it.
    fresh: Vec<Frame>,
    /// For each leg but the first, what it holds after those before.
    recalled: Vec<Frame>,
    /// The captions of the legs, the words of the scene and of the other light.
    texts: serde_json::Value,
}

/// What makes the records of a recipe.
struct Recorder {
    grounds: Grounds,
    spec: ModelSpec,
    seed: u64,
    relit_share: f32,
    walker: Option<ModelFiles>,
}

impl Recorder {
    fn record(&self, number: u64) -> Result<Record, TrainError> {
        let (grounds, spec) = (&self.grounds, &self.spec);
        let dice = &mut Dice::new(self.seed, Purpose::Lessons, number);
        let length = spec.frame.segment_frames;
        let (height, width) = grounds.size();
        let trip = grounds.trip(dice, LEGS, length);
        let frames = grounds.frames(&trip, 0..LEGS * length + 1);
        let other = grounds.scene(dice);
        let is_relit = dice.chance(self.relit_share) && other != trip.scene;
        let range = if is_relit { 1..LEGS * length + 1 } else { 0..0 };
        let relit = grounds.frames_in(other, &trip, range);
        let own = match &self.walker {
            Some(files) => own_walk(files, &trip, &frames[0], dice.bits())?,
            None => Vec::new(),
        };
        let planes: Vec<Vec<f32>> = frames.iter().map(planar).collect();
        // What is walked on from is what the model showed, where it walks.
        let walked: Vec<Vec<f32>> = match &self.walker {
            Some(_) => std::iter::once(&frames[0]).chain(&own).map(planar).collect(),
            None => planes.clone(),
        };
        let mut memory = Foresight::begin(spec, trip.legs[0].before, &planes[0]);
        let (mut fresh, mut recalled, mut captions) = (Vec::new(), Vec::new(), Vec::new());
        for (k, leg) in trip.legs.iter().enumerate() {
            let shown = |memory: &Foresight, last: &[f32]| {
                let filled = memory.frames(spec, leg.before, leg.motion, last);
                filled.into_iter().map(|planes| frame(&planes, height, width)).collect::<Vec<_>>()
            };
            let stands = &planes[k * length];
            fresh.extend(shown(&Foresight::begin(spec, leg.before, stands), stands));
            if k > 0 {
                recalled.extend(shown(&memory, &walked[k * length]));
            }
            if k + 1 < LEGS {
                let seen = &walked[k * length + 1..][..length];
                memory.see(spec, leg.before, leg.motion, seen);
            }
            let book = &spec.phrasebook;
            captions.push(book.caption(leg.motion, book.usual_speed(leg.motion), ""));
        }
        let texts = json!({
            "captions": captions,
            "scene": phrase(&trip.scene, dice),
            "relit": is_relit.then(|| phrase(&other, dice)),
        });
        Ok(Record { frames, relit, own, fresh, recalled, texts })
    }
}

/// What a model shows on all legs of a trip but the last.
fn own_walk(
    files: &ModelFiles,
    trip: &Trip,
    start: &Frame,
    seed: u64,
) -> Result<Vec<Frame>, TrainError> {
    let model = Model::open(files, &Device::flex(), DType::F32)?;
    let options = model.options();
    let mut world = World::new(model, &options)?;
    let motions = trip.legs[..LEGS - 1].iter().map(|leg| leg.motion).collect();
    let truth = Box::new(Vec::new);
    let course = Course { name: String::new(), motions, seed, picture: None, truth };
    let mut watch = |_| ControlFlow::Continue(());
    let walked = walk(&mut world, &course, start, &mut watch)?;
    let mut frames = walked.map(|walked| walked.frames).unwrap_or_default();
    frames.remove(0);
    Ok(frames)
}

impl Record {
    fn write(&self, path: &Path, (height, width): (usize, usize)) -> Result<(), TrainError> {
        let lists = [
            ("frames", &self.frames),
            ("relit", &self.relit),
            ("own", &self.own),
            ("fresh", &self.fresh),
            ("recalled", &self.recalled),
        ];
        let tensors = lists.map(|(name, frames)| {
            let bytes: Vec<u8> = frames.iter().flat_map(|f| f.rgb.iter().copied()).collect();
            (name, Dtype::U8, vec![frames.len(), height, width, 3], bytes)
        });
        let texts = HashMap::from([("texts".to_owned(), self.texts.to_string())]);
        tensors::write(path, &tensors, Some(texts))
    }
}

/// Writes the walks of a range of numbers to `folder`, `told` after each. With `walker`, what comes
/// before each leg is that model's own walk.
///
/// # Errors
/// If a file cannot be written, a thread cannot be started, or the model cannot walk.
pub fn record(
    (config, spec): (&TrainConfig, &ModelSpec),
    walker: Option<ModelFiles>,
    range: std::ops::Range<u64>,
    folder: &Path,
    told: &mut dyn FnMut(),
) -> Result<(), TrainError> {
    std::fs::create_dir_all(folder).map_err(TrainError::write(folder))?;
    let size = (spec.frame.height, spec.frame.width);
    let recorder = Recorder {
        grounds: Grounds::new(config, spec.walk, size),
        spec: spec.clone(),
        seed: config.seed,
        relit_share: config.dit.relit_share,
        walker,
    };
    let threads = config.data.threads;
    let make = move |number| recorder.record(number);
    let mut feed = Feed::spawn("town", threads, range.start, make)?;
    for number in range {
        let path = folder.join(format!("walk-{number:06}.safetensors"));
        feed.take()??.write(&path, size)?;
        told();
    }
    Ok(())
}
