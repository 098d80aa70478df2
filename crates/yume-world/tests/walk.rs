//! The embedded model as a world: seeds, interruption and cuts.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame};
use yume_motion::parse_script;
use yume_world::{
    Aam, Astray, CachePlan, Caches, Guidance, Holding, Model, Operator, Options, Outlet, Preset,
    Solver, Stage, Start, World, WorldError,
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
    world_held(DType::F32.into())
}

fn world_held(holding: Holding) -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny-v0");
    let files = ModelFiles::from_folder(&folder).unwrap();
    let model = Model::open(&files, &Device::flex(), holding).unwrap();
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
    begin(world(), seed)
}

fn begin(mut world: World, seed: u64) -> World {
    let start = Start { frames: vec![picture()], fit: Fit::Stretch, scene: String::new(), seed };
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

/// A street that slides sideways, `count` frames of it.
fn video(count: u32) -> Vec<Frame> {
    let slide = |shift: u32| {
        let column = |x: u32| if ((x + shift) / 12).is_multiple_of(2) { 200 } else { 40 };
        let pixel = |at: u32| [column(at % 96), (at / 96 * 4) as u8, 90];
        Frame::new(96, 64, (0..96 * 64).flat_map(pixel).collect())
    };
    (0..count).map(slide).collect()
}

fn begun_from(frames: Vec<Frame>) -> (World, Vec<Frame>) {
    let mut world = world();
    let start = Start { frames, fit: Fit::Crop, scene: String::new(), seed: 7 };
    let mut recorder = Recorder::default();
    assert!(world.begin(&start, &mut recorder).unwrap().is_continue());
    (world, recorder.frames)
}

fn distance(a: &Frame, b: &Frame) -> f64 {
    let sum: u64 = a.rgb.iter().zip(b.rgb.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.rgb.len() as f64
}

#[test]
fn a_video_is_gone_on_from_its_last_frame_and_its_motion_counts() {
    let video = video(21);
    let (mut world, shown) = begun_from(video.clone());
    assert_eq!(shown, [video[20].clone()], "a walk shows where the video ended");
    let moving = walk(&mut world, "W");
    let still = walk(&mut begun_from(vec![video[20].clone()]).0, "W");
    assert_eq!(moving.len(), 32);
    assert!(moving != still, "the history of a video changes nothing");
    let (near, far) = (distance(&moving[0], &video[20]), distance(&moving[0], &video[14]));
    assert!(near < far, "the walk begins {near} from the end of the video and {far} from before");
}

#[test]
fn only_the_newest_frames_of_a_video_that_fit_are_used() {
    let video = video(24);
    let all = walk(&mut begun_from(video.clone()).0, "W");
    assert!(
        all == walk(&mut begun_from(video[3..].to_vec()).0, "W"),
        "24 frames are 21 and 3 more"
    );
    assert!(all != walk(&mut begun_from(video[7..].to_vec()).0, "W"));
}

#[test]
fn a_start_without_a_picture_is_refused() {
    let start = Start { frames: Vec::new(), fit: Fit::Crop, scene: String::new(), seed: 0 };
    let refused = world().begin(&start, &mut Recorder::default());
    assert!(matches!(refused, Err(WorldError::NoPicture)));
}

#[test]
fn the_walk_goes_on_from_an_edited_picture() {
    let mut world = begun(7);
    let before = walk(&mut world, "W");
    let edited = video(1).remove(0);
    let mut recorder = Recorder::default();
    assert!(world.replace(&edited, Fit::Crop, &mut recorder).unwrap().is_continue());
    assert!(recorder.frames[..] == *std::slice::from_ref(&edited));
    assert_eq!(world.cut(3), 32, "what is behind an edit stays");
    let after = walk(&mut world, ".");
    // The model softens what it is given, so a walk that began from the edit is the measure.
    let fresh = walk(&mut begun_from(vec![edited]).0, ".");
    let (near, far) = (distance(&after[0], &fresh[0]), distance(&after[0], &before[31]));
    assert!(near < far / 2.0, "the walk is {near} from the edit and {far} from what it replaced");
    assert_eq!(walk(&mut world, "W*3").len(), 96, "and it goes on");
}

#[test]
fn edits_need_a_world() {
    let refused = world().replace(&picture(), Fit::Crop, &mut Recorder::default());
    assert!(matches!(refused, Err(WorldError::NotBegun)));
    assert!(matches!(world().set_scene("at night"), Err(WorldError::NotBegun)));
}

#[test]
fn captions_that_are_on_disk_need_no_text_encoder() {
    let folder = std::env::temp_dir().join(format!("yume-world-captions-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny-v0");
    let files = ModelFiles::from_folder(&files).unwrap();
    let remembering = || {
        let model = Model::open_remembering(&files, &Device::flex(), DType::F32, &folder).unwrap();
        let options = model.options();
        let mut world = World::new(model, &options).unwrap();
        let start =
            Start { frames: vec![picture()], fit: Fit::Crop, scene: String::new(), seed: 7 };
        assert!(world.begin(&start, &mut Recorder::default()).unwrap().is_continue());
        world
    };
    let plain = walk(&mut begun(7), "W,.:left");
    let mut first = remembering();
    assert!(plain == walk(&mut first, "W,.:left"), "a remembering model walks elsewhere");
    assert!(first.model().has_text_encoder(), "new captions were encoded");
    let mut second = remembering();
    assert!(plain == walk(&mut second, "W,.:left"), "a caption from disk says something else");
    assert!(!second.model().has_text_encoder(), "the encoder was loaded for known captions");
    walk(&mut second, "S");
    assert!(second.model().has_text_encoder());

    // What is damaged is encoded again.
    for entry in std::fs::read_dir(&folder).unwrap() {
        std::fs::write(entry.unwrap().path(), "hostile").unwrap();
    }
    let mut third = remembering();
    assert!(plain == walk(&mut third, "W,.:left"), "a damaged caption was believed");
    assert!(third.model().has_text_encoder());

    let fourth = remembering();
    let motions = parse_script("D,A").unwrap();
    let captions = motions.into_iter().map(|motion| (motion, String::new()));
    assert!(fourth.learn(captions, &mut |_, _| ControlFlow::Continue(())).unwrap().is_continue());
    assert!(!fourth.model().has_text_encoder(), "the encoder stays after all is learnt");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_model_that_takes_less_memory_walks_the_same_way() {
    let plain = walk(&mut begun(7), "W,.:left,S");
    for (lends_encoders, streams_blocks) in [(true, false), (false, true), (true, true)] {
        let holding = Holding { lends_encoders, streams_blocks, ..DType::F32.into() };
        let world = world_held(holding);
        let has_encoders =
            |world: &World| (world.model().has_text_encoder(), world.model().has_image_encoder());
        assert_eq!(has_encoders(&world), (!lends_encoders, !lends_encoders), "{holding:?}");
        let mut world = begin(world, 7);
        assert!(plain == walk(&mut world, "W,.:left,S"), "{holding:?}");
        assert!(
            world.replace(&picture(), Fit::Crop, &mut Recorder::default()).unwrap().is_continue()
        );
        assert_eq!(has_encoders(&world), (!lends_encoders, !lends_encoders), "{holding:?}");
    }
}

#[test]
fn captions_are_learnt_one_after_the_other_until_told_to_stop() {
    let world = world_held(Holding { lends_encoders: true, ..DType::F32.into() });
    let captions = || parse_script("W,A,S").unwrap().into_iter().map(|m| (m, String::new()));
    for (stop, expected) in [(2, vec![0, 1, 2]), (9, vec![0, 1, 2, 3])] {
        let mut heard = Vec::new();
        let flow = world.learn(captions(), &mut |done, all| {
            assert_eq!(all, 3);
            heard.push(done);
            answer(Some(stop), done)
        });
        assert_eq!(flow.unwrap().is_break(), stop == 2);
        assert_eq!(heard, expected);
        assert!(!world.model().has_text_encoder());
    }
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

#[test]
fn a_probe_measures_reuse_and_leaves_the_walk_where_it_is() {
    let own = world().model().options();
    let mut world = begun(7);
    let guided = Options { steps: 6, guidance: Guidance::of(2.0), ..own.clone() };
    world.set_options(&guided).unwrap();
    let plan = |blocks: &[usize]| Caches::both(CachePlan::new(blocks, 3, 4).unwrap());
    let plans = [Caches::NONE, plan(&[1]), plan(&[1, 2])];
    let motion = parse_script("W").unwrap()[0];
    let found = world.probe(motion, &plans, &mut Recorder::default()).unwrap().unwrap();
    for of in [|a: &Astray| a.conditional, |a: &Astray| a.unconditional] {
        let errors: Vec<f64> = found.iter().map(|a| of(a).relative().unwrap()).collect();
        assert_eq!(errors[0], 0.0, "nothing is reused");
        assert!(0.0 < errors[1] && errors[1] < errors[2] && errors[2] < 1.0, "{errors:?}");
    }
    let mut breaking = Recorder { break_at_step: Some(2), ..Recorder::default() };
    assert!(world.probe(motion, &plans, &mut breaking).unwrap().is_none());
    let mut unprobed = begun(7);
    unprobed.set_options(&guided).unwrap();
    assert!(walk(&mut world, "W") == walk(&mut unprobed, "W"), "the probe moved the walk");
    // Without guidance there is no negative prompt to ask with.
    world.set_options(&own).unwrap();
    let found = world.probe(motion, &plans[1..2], &mut Recorder::default()).unwrap().unwrap();
    assert_eq!(found[0].unconditional.relative(), None);
}
