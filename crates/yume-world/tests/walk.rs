//! The embedded model as a world: seeds, interruption and cuts.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame};
use yume_motion::parse_script;
use yume_world::{
    Aam, CachePlan, Caches, Guidance, Model, Operator, Options, Outlet, Preset, Solver, Stage,
    Start, World, WorldError,
};

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

/// Ways to sample that differ in what they keep from pass to pass.
fn ways(own: &Options) -> Vec<(&'static str, Options)> {
    let cache = CachePlan::new(&[1, 2], 3, 4).unwrap();
    let guided = Options { guidance: Guidance::of(2.0), ..own.clone() };
    let aam = Some(Aam { operator: Operator::low_pass(2), steps: 2 });
    vec![
        ("cache", Options { caches: Caches::both(cache.clone()), ..own.clone() }),
        ("cache, guidance", Options { caches: Caches::both(cache.clone()), ..guided.clone() }),
        (
            "cache, guidance in pairs",
            Options { caches: Caches::both(cache.clone()), in_pairs: true, ..guided.clone() },
        ),
        ("cache, AAM", Options { caches: Caches::both(cache), aam, ..guided }),
        ("SDE", Options { solver: Solver::Sde { eta: 0.3 }, ..own.clone() }),
        ("TTS-SDE", Options { solver: Solver::time_travel_sde(Solver::SCRIPT), ..own.clone() }),
    ]
}

#[test]
fn nothing_of_one_segment_reaches_the_next_but_its_latents() {
    let own = world().model().options();
    for (name, options) in ways(&own) {
        let evaluations = options.evaluations(world().model().spec()).unwrap();
        let mut undisturbed = begun(7);
        undisturbed.set_options(&options).unwrap();
        let expected = walk(&mut undisturbed, "W");
        for stop in [2, evaluations - 2] {
            let mut world = begun(7);
            world.set_options(&options).unwrap();
            let mut interrupted = Recorder { break_at_step: Some(stop), ..Recorder::default() };
            // Another caption, broken off with residuals of every age.
            let motion = parse_script("S:right").unwrap()[0];
            let flow = world.advance(motion, &mut interrupted).unwrap();
            assert!(flow.is_break(), "{name} is not broken off at {stop}");
            assert!(walk(&mut world, "W") == expected, "{name}, broken off at {stop}");
        }
    }
}

#[test]
fn progress_counts_what_the_options_promise() {
    let own = world().model().options();
    let spec = world().model().spec().clone();
    let presets = [Preset::Draft, Preset::Fast, Preset::Quality];
    let presets = presets.map(|preset| (preset.name(), preset.options(&spec)));
    for (name, options) in presets.into_iter().chain(ways(&own)) {
        let mut world = begun(7);
        world.set_options(&options).unwrap();
        let mut recorder = Recorder::default();
        let motion = parse_script("W").unwrap()[0];
        assert!(world.advance(motion, &mut recorder).unwrap().is_continue());
        let pairs = if options.in_pairs { 2 } else { 1 };
        assert_eq!(recorder.steps * pairs, options.evaluations(&spec).unwrap(), "{name}");
    }
}

#[test]
fn a_pass_over_both_captions_sees_what_two_passes_see() {
    let own = world().model().options();
    let frames = |in_pairs| {
        let mut world = begun(7);
        let guidance = Guidance::of(2.0);
        world.set_options(&Options { guidance, in_pairs, ..own.clone() }).unwrap();
        walk(&mut world, "W:left")
    };
    let (apart, together) = (frames(false), frames(true));
    let pairs = apart.iter().zip(&together).flat_map(|(a, b)| a.rgb.iter().zip(b.rgb.iter()));
    // Products of another size may be summed in another order.
    assert!(pairs.map(|(a, b)| a.abs_diff(*b)).max() <= Some(1));
    assert_eq!(apart.len(), 32);
}
