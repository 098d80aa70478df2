//! A segment can be cut in two ways, and both lead to the same walk.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Device, Tensor};
use yume_checkpoint::ModelFiles;
use yume_media::{Fit, Frame};
use yume_motion::parse_script;

use crate::newest::{KEPT_STATES, Rest};
use crate::state::WalkedState;
use crate::{Model, Outlet, Stage, Start, World};

/// Keeps frames and breaks at one of them.
struct Frames {
    shown: Vec<Frame>,
    last: usize,
}

impl Outlet for Frames {
    fn progress(&mut self, _: Stage, _: usize, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        self.shown.push(frame);
        if self.shown.len() == self.last {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn begun(kept_states: u64) -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny-v0");
    let files = ModelFiles::from_folder(&folder).unwrap();
    let model = Model::open(&files, &Device::flex(), DType::F32).unwrap();
    let options = model.options();
    let mut world = World::new(model, &options).unwrap();
    world.set_kept_states(kept_states);
    let rgb = (0..96 * 64 * 3u32).map(|i| (i * i / 977) as u8).collect();
    let picture = Frame::new(96, 64, rgb);
    let start = Start { frames: vec![picture], fit: Fit::Crop, scene: String::new(), seed: 7 };
    let mut frames = Frames { shown: Vec::new(), last: 0 };
    assert!(world.begin(&start, &mut frames).unwrap().is_continue());
    world
}

/// The frames of a walk; it is broken off at frame `last`, if that is not 0.
fn walk(world: &mut World, script: &str, last: usize) -> Vec<Frame> {
    let mut frames = Frames { shown: Vec::new(), last };
    for motion in parse_script(script).unwrap() {
        assert_eq!(world.advance(motion, &mut frames).unwrap().is_break(), last > 0);
    }
    frames.shown
}

fn values(tensor: &Tensor<5>) -> Vec<f32> {
    tensor.clone().into_data().try_into_vec().unwrap()
}

fn assert_same(a: &WalkedState, b: &WalkedState, what: &str) {
    assert_eq!(values(&a.latents), values(&b.latents), "latents, {what}");
    assert_eq!(values(&a.known), values(&b.known), "known latents, {what}");
    assert_eq!(a.last_frame, b.last_frame, "last frame, {what}");
    assert_eq!(a.walker, b.walker, "walker, {what}");
    assert_eq!(a.bytes(), b.bytes(), "{what}");
}

#[test]
fn states_that_are_kept_and_states_that_are_made_again_are_the_same() {
    // Frames after which the segment is broken off (0: not), and the cuts that follow.
    let table: [(usize, &[usize]); 7] =
        [(0, &[4]), (0, &[17]), (0, &[30]), (0, &[20, 8]), (0, &[0]), (9, &[9]), (22, &[21, 2])];
    for (last, cuts) in table {
        let mut worlds = [KEPT_STATES, 0].map(begun);
        let what = format!("broken off after {last}, cut to {cuts:?}");
        let [kept, again] = &mut worlds;
        assert!(walk(kept, "S:left", last) == walk(again, "S:left", last), "{what}");
        for &frames in cuts {
            assert_eq!(kept.cut(frames), again.cut(frames), "{what}");
            assert_same(kept.state(), again.state(), &what);
        }
        assert!(walk(kept, "D", 0) == walk(again, "D", 0), "the walk after {what}");
        assert_same(kept.state(), again.state(), &what);
    }
}

#[test]
fn the_embedded_model_keeps_its_states_and_the_published_one_does_not() {
    let world = begun(KEPT_STATES);
    let state = world.state().bytes();
    assert_eq!(Rest::of(state, 8, KEPT_STATES), Rest::Beside, "{state} bytes");
    assert_eq!(Rest::of(7_872_000_000, 8, KEPT_STATES), Rest::Away);
}
