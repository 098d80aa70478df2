//! The embedded model as a world: seeds, interruption and cuts.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame};
use yume_motion::parse_script;
use yume_world::{Model, Outlet, Stage, Start, World, WorldError};

/// Keeps frames, and breaks when told to.
#[derive(Default)]
struct Recorder {
    frames: Vec<Frame>,
    steps: usize,
    break_at_step: Option<usize>,
    break_at_frame: Option<usize>,
}

fn answer(at: Option<usize>, now: usize) -> ControlFlow<()> {
    if at == Some(now) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Outlet for Recorder {
    fn progress(&mut self, stage: Stage, step: usize, _: usize) -> ControlFlow<()> {
        if stage != Stage::Sampling {
            return ControlFlow::Continue(());
        }
        self.steps += 1;
        answer(self.break_at_step, step)
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.frames.push(frame);
        answer(self.break_at_frame, self.frames.len())
    }
}

fn world() -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/tiny-v0");
    let files = ModelFiles::from_folder(&folder).unwrap();
    let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
    let options = model.options();
    World::new(model, &options).unwrap()
}

/// A street of bands and a slope, so that motion is visible.
fn picture() -> Frame {
    let mut rgb = Vec::new();
    for y in 0..64u32 {
        for x in 0..96u32 {
            let stripe = if (x / 8 + y / 8) % 2 == 0 { 60 } else { 0 };
            rgb.extend([(x * 2 + stripe) as u8, (y * 3) as u8, 120]);
        }
    }
    Frame::new(96, 64, rgb)
}

fn begun(seed: u64) -> World {
    let mut world = world();
    let start = Start { picture: picture(), fit: Fit::Stretch, scene: String::new(), seed };
    let mut recorder = Recorder::default();
    assert!(world.begin(&start, &mut recorder).unwrap().is_continue());
    assert_eq!(recorder.frames, [picture()], "a world begins with its start picture");
    world
}

fn walk(world: &mut World, script: &str) -> Vec<Frame> {
    let mut recorder = Recorder::default();
    for motion in parse_script(script).unwrap() {
        assert!(world.advance(motion, &mut recorder).unwrap().is_continue());
    }
    recorder.frames
}

#[test]
fn a_seed_repeats_a_walk_and_another_seed_does_not() {
    let first = walk(&mut begun(7), "W,.:left");
    assert_eq!(first.len(), 64);
    assert!(first == walk(&mut begun(7), "W,.:left"), "the same walk came out differently");
    assert!(first != walk(&mut begun(8), "W,.:left"), "the seed changes nothing");
}

#[test]
fn motions_lead_to_different_places() {
    let left = walk(&mut begun(7), ".:left");
    assert!(left != walk(&mut begun(7), ".:right"));
    assert!(left.last() != left.first(), "a turn stands still");
}

#[test]
fn an_interrupted_segment_leaves_the_world_as_it_was() {
    let mut world = begun(7);
    let mut interrupted = Recorder { break_at_step: Some(2), ..Recorder::default() };
    let motion = parse_script("S").unwrap()[0];
    assert!(world.advance(motion, &mut interrupted).unwrap().is_break());
    assert_eq!((interrupted.steps, interrupted.frames.len()), (2, 0));
    assert!(walk(&mut world, "W") == walk(&mut begun(7), "W"));
}

#[test]
fn a_cut_keeps_whole_latents_and_the_walk_goes_on_from_there() {
    let mut world = begun(7);
    let whole = walk(&mut world, "W");
    for (frames, kept) in [(32, 32), (30, 32), (9, 12), (12, 12)] {
        assert_eq!(world.cut(frames), kept, "cut after {frames}");
    }
    let after = walk(&mut world, ".:right");
    assert_eq!(after.len(), 32);
    let distance = |a: &Frame, b: &Frame| {
        let sum: u64 = a.rgb.iter().zip(b.rgb.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / a.rgb.len() as f64
    };
    let (near, far) = (distance(&whole[11], &after[0]), distance(&whole[31], &after[0]));
    assert!(near < far, "the walk goes on {near} from the cut and {far} from the forgotten end");
}

#[test]
fn a_segment_cut_to_nothing_was_never_there() {
    let mut world = begun(7);
    walk(&mut world, "W");
    assert_eq!(world.cut(0), 0);
    assert_eq!(world.cut(0), 32, "what is before the newest segment stays");
    assert_eq!(walk(&mut world, "W").len(), 32);
}

#[test]
fn a_break_among_the_frames_keeps_what_was_handed_out() {
    let mut world = begun(7);
    let whole = walk(&mut begun(7), "W");
    let mut recorder = Recorder { break_at_frame: Some(6), ..Recorder::default() };
    let motion = parse_script("W").unwrap()[0];
    assert!(world.advance(motion, &mut recorder).unwrap().is_break());
    assert!(recorder.frames == whole[..6]);
    assert_eq!(world.cut(6), 8, "six frames are shown, so two latents stay");
}

#[test]
fn long_walks_stay_within_the_models_history() {
    let mut world = begun(7);
    assert_eq!(walk(&mut world, "W*4").len(), 128);
}

#[test]
fn advancing_before_beginning_is_refused() {
    let mut world = world();
    let motion = parse_script("W").unwrap()[0];
    let refused = world.advance(motion, &mut Recorder::default());
    assert!(matches!(refused, Err(WorldError::NotBegun)));
    assert_eq!(world.cut(3), 0);
}
