//! All quantities of clips that are known: a pan of the town, a standing picture, noise, and pictures of
//! places that have nothing to do with each other.

use std::path::Path;
use std::time::Duration;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::Frame;
use yume_motion::parse_script;
use yume_motion::walk::Pose;
use yume_town::{Scene, Town, render_clip};
use yume_world::Model;

use crate::report::{Cost, Measured, Report};
use crate::seen::{Eye, Seen};
use crate::{Course, Itinerary, TOWN};

/// A quantity, and bounds of it for the pan, the standing picture, noise and unrelated places.
type Expected = (&'static str, [(f32, f32); 4]);

const EXPECTED: [Expected; 7] = [
    ("turns followed", [(1.0, 1.0), (0.0, 0.0), (0.0, 0.7), (0.0, 0.7)]),
    ("subject consistency", [(-0.3, 0.99), (0.999, 1.001), (-1.0, 1.001), (-0.6, 0.6)]),
    ("background consistency", [(-0.3, 0.99), (0.999, 1.001), (-1.0, 1.001), (-0.6, 0.6)]),
    ("motion smoothness", [(0.98, 1.0), (1.0, 1.0), (0.0, 0.85), (0.0, 0.97)]),
    ("sharpness of true frames", [(0.4, 2.5), (0.4, 2.5), (2.5, 100.0), (0.4, 2.5)]),
    ("feature distance", [(0.0, 10.0), (0.01, 1e6), (0.5, 1e9), (0.01, 1e9)]),
    ("PSNR to true frames, dB", [(60.0, 200.0), (5.0, 40.0), (0.0, 12.0), (0.0, 20.0)]),
];

fn model() -> Model {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../yume-world/tests/tiny-v0");
    let files = ModelFiles::from_folder(&folder).unwrap();
    Model::open(&files, &Device::flex(), DType::F32).unwrap()
}

/// Bytes that have nothing to do with each other, nor with those of another number.
fn noise(number: usize, like: &Frame) -> Frame {
    let mut state = number as u32 + 1;
    let bytes = (0..like.rgb.len()).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    Frame::new(like.width, like.height, bytes.collect())
}

#[test]
fn every_quantity_tells_a_pan_from_what_is_none() {
    let model = model();
    let eye = Eye::of(model.spec());
    let scripts = vec![parse_script(".:left,.:right,.:left").unwrap()];
    let itinerary = Itinerary { scripts, pictures: Vec::new(), places: 4, seed: 3 };
    let courses = itinerary.courses(model.spec());
    let course: &Course<'_> = &courses[0];
    let truth: Vec<Frame> = (course.truth)();
    let measured = |frames: &[Frame]| -> Vec<Seen> {
        let mut seen = eye.segments(&model, &course.motions, frames).unwrap();
        for (seen, psnr) in seen.iter_mut().zip(eye.likeness(frames, &truth)) {
            seen.truth = Some(psnr);
        }
        seen
    };
    let still = vec![truth[0].clone(); truth.len()];
    let snow: Vec<Frame> = truth.iter().enumerate().map(|(i, frame)| noise(i, frame)).collect();
    let town = Town::new(TOWN);
    let places: Vec<Pose> = (0..truth.len() as u64).map(|place| town.spawn(place)).collect();
    let (width, height) = (truth[0].width, truth[0].height);
    let jumps: Vec<Frame> = render_clip(&town, &Scene::default(), &places, width, height, 1);
    // From several places, so that what they have in common is the town.
    let true_segments: Vec<Vec<Seen>> =
        courses.iter().map(|course| measured(&(course.truth)())).collect();
    let mut wrongs = Vec::new();
    for (number, frames) in [&truth, &still, &snow, &jumps].into_iter().enumerate() {
        let segments = [measured(frames)];
        let measured = Measured::at_home(&segments, &true_segments);
        let cost = Cost::new(1, &[Duration::from_secs(1)], &[]);
        let report = Report::new(model.spec(), "constructed", cost, &measured).unwrap();
        let wrong = EXPECTED.iter().filter_map(|(name, bounds)| {
            let (low, high) = bounds[number];
            let found = report.row(name).unwrap().all.unwrap();
            (!(low..=high).contains(&found)).then(|| format!("{name} is {found}"))
        });
        wrongs.extend(wrong.map(|wrong| format!("clip {number}: {wrong}")));
    }
    assert!(wrongs.is_empty(), "{wrongs:#?}");
}
