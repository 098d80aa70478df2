//! What a walk with the embedded model keeps, forgets and shows again.

use std::path::{Path, PathBuf};

use burn::tensor::{DType, Device};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame, read_picture};
use yume_motion::{Motion, parse_script};

use crate::golden::Frames;
use crate::pixels::planar;
use crate::{Model, Options, Start, World};

/// The model that is shipped.
const SHIPPED: &str = "../../assets/tiny";
/// A smaller one.
const SMALL: &str = "tests/tiny-v0";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn picture(name: &str) -> Frame {
    read_picture(&folder(SHIPPED).join("starts").join(name)).unwrap()
}

fn begun(model: &str, forgets: bool, picture: Frame) -> (World, Frames) {
    let files = ModelFiles::from_folder(&folder(model)).unwrap();
    let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
    let options = Options { forgets, ..model.options() };
    let mut world = World::new(model, &options).unwrap();
    let start = Start { frames: vec![picture], fit: Fit::Crop, scene: String::new(), seed: 3 };
    let mut frames = Frames::default();
    assert!(world.begin(&start, &mut frames).unwrap().is_continue());
    (world, frames)
}

fn walk(world: &mut World, frames: &mut Frames, script: &str) {
    for motion in parse_script(script).unwrap() {
        assert!(world.advance(motion, frames).unwrap().is_continue());
    }
}

/// Peak signal to noise ratio in decibels.
fn likeness(a: &Frame, b: &Frame) -> f64 {
    let (a, b) = (planar(a), planar(b));
    let squared: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    10.0 * (4.0 * a.len() as f64 / squared).log10()
}

#[test]
fn the_first_view_is_there_after_a_turn_of_90_degrees_and_back() {
    let back = |forgets| {
        let (mut world, mut frames) = begun(SHIPPED, forgets, picture("avenue.png"));
        walk(&mut world, &mut frames, ".:left*4");
        // Half of the fourth segment: 90 degrees. The way back ends at rest where it began.
        assert_eq!(world.cut(16), 16);
        walk(&mut world, &mut frames, ".:right*4");
        assert_eq!(world.cut(16), 16);
        walk(&mut world, &mut frames, ".");
        likeness(&frames.0[0], &frames.0[frames.0.len() - 1])
    };
    let (without, with) = (back(true), back(false));
    assert!(with >= without + 3.0, "{with:.1} dB with memory, {without:.1} dB without");
}

#[test]
fn frames_that_nobody_saw_and_worlds_that_were_left_are_forgotten() {
    let (mut world, mut frames) = begun(SMALL, false, picture("park.png"));
    let first = world.seen();
    assert_eq!(first.len(), 1, "the start is kept");
    walk(&mut world, &mut frames, ".:left");
    let turned = world.seen();
    assert!(turned.len() > 1);
    walk(&mut world, &mut frames, "W:left");
    assert!(world.seen().len() > turned.len());
    assert_eq!(world.cut(0), 0);
    assert_eq!(world.seen(), turned, "a cut leaves what nobody saw");

    let edited = picture("square.png");
    assert!(world.replace(&edited, Fit::Crop, &mut frames).unwrap().is_continue());
    assert_eq!(world.seen().len(), 1, "what was there before an edit is kept");
    let start = Start { frames: vec![edited], fit: Fit::Crop, scene: String::new(), seed: 3 };
    assert!(world.begin(&start, &mut frames).unwrap().is_continue());
    assert_eq!(world.seen(), first, "a new walk knows another");
}

#[test]
fn another_scene_is_not_led_back_to_the_old_one() {
    let (mut world, mut frames) = begun(SMALL, false, picture("park.png"));
    let is_led = |world: &mut World| world.prepare(Motion::STILL).unwrap().trusted.is_some();
    walk(&mut world, &mut frames, ".:left");
    assert!(is_led(&mut world));
    world.set_scene("").unwrap();
    assert!(is_led(&mut world), "nothing has changed");
    world.set_scene("at night").unwrap();
    assert!(world.seen().is_empty());
    for _ in 0..2 {
        assert!(!is_led(&mut world));
        walk(&mut world, &mut frames, ".:left");
    }
    assert!(is_led(&mut world));
    assert_eq!(world.seen().len(), 1, "what was on the way is forgotten");
}

/// Mean brightness, and mean difference of neighbours over it.
fn look(frame: &Frame) -> (f32, f32) {
    let planes = planar(frame);
    let unit = |i: usize| planes[i].mul_add(0.5, 0.5);
    let mean = (0..planes.len()).map(unit).sum::<f32>() / planes.len() as f32;
    let edges = (1..planes.len()).map(|i| (unit(i) - unit(i - 1)).abs()).sum::<f32>();
    (mean, edges / planes.len() as f32 / mean)
}

/// Share of pixels that are more green than anything else.
fn green(frame: &Frame) -> f32 {
    let is_green =
        |rgb: &&[u8]| rgb[1] > rgb[0].saturating_add(20) && rgb[1] > rgb[2].saturating_add(20);
    let count = frame.rgb.chunks_exact(3).filter(is_green).count();
    3.0 * count as f32 / frame.rgb.len() as f32
}

#[test]
fn a_place_is_come_to_when_it_is_asked_for() {
    let greenest = |said: Option<&str>| {
        let (mut world, mut frames) = begun(SHIPPED, false, picture("crossing.png"));
        walk(&mut world, &mut frames, "W");
        let (before, _) = look(frames.0.last().unwrap());
        if let Some(said) = said {
            world.set_scene(said).unwrap();
        }
        walk(&mut world, &mut frames, "W");
        let (after, _) = look(frames.0.last().unwrap());
        assert!((after - before).abs() < 0.1 * before, "the light changed: {before} to {after}");
        walk(&mut world, &mut frames, "W*6");
        frames.0.iter().map(green).fold(0.0, f32::max)
    };
    let (asked, else_) = (greenest(Some("in a park")), greenest(None));
    assert!(asked > else_ + 0.15, "{asked} green when a park was asked for, else {else_}");
}

#[test]
fn words_change_the_light_and_leave_the_street() {
    let (mut world, mut frames) = begun(SHIPPED, false, picture("shops.png"));
    walk(&mut world, &mut frames, ".");
    let (noon, edges) = look(frames.0.last().unwrap());
    world.set_scene("at night").unwrap();
    walk(&mut world, &mut frames, ".*3");
    let (night, left) = look(frames.0.last().unwrap());
    assert!(night < 0.75 * noon, "brightness was {noon} and is {night}");
    assert!(left > 0.6 * edges, "edges were {edges} and are {left}");
    assert!(world.prepare(Motion::STILL).unwrap().unlit.is_none(), "it is night by now");
    // Behind the corner it is night as well.
    walk(&mut world, &mut frames, ".:left*4");
    let (corner, _) = look(frames.0.last().unwrap());
    assert!(corner < 0.75 * noon, "brightness was {noon} and is {corner} around the corner");
}

#[test]
fn a_long_way_ahead_stays_sharp() {
    let (mut world, mut frames) = begun(SHIPPED, false, picture("avenue.png"));
    walk(&mut world, &mut frames, "W");
    let (_, near) = look(frames.0.last().unwrap());
    walk(&mut world, &mut frames, "W*14");
    let edges: Vec<f32> = frames.0.iter().rev().step_by(32).take(4).map(|f| look(f).1).collect();
    let far = edges.iter().sum::<f32>() / 4.0;
    assert!(far > 0.7 * near, "edges were {near} and are {edges:?} after 60 m");
}

#[test]
fn what_is_kept_is_bounded() {
    let (mut world, mut frames) = begun(SMALL, false, picture("park.png"));
    let most = world.model().spec().recall.unwrap().rule.pictures;
    for _ in 0..200 {
        let seen = world.seen().len();
        walk(&mut world, &mut frames, "W+A:left");
        assert!(world.seen().len() <= most);
        if seen == most {
            return;
        }
        frames.0.clear();
    }
    panic!("{} pictures are kept of 200 segments, {most} may be", world.seen().len());
}
