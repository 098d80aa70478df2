//! What the memory of a walk foretells of the town when it knows how far everything is.

use std::sync::Arc;

use yume_motion::seen::{Last, RecallRule, Seen};
use yume_motion::walk::Pose;
use yume_motion::warp::WarpModel;
use yume_town::{Camera, Scene, Town, inverse_depth, render};

const SIZE: (usize, usize) = (192, 112);
const RULE: RecallRule = RecallRule {
    pictures: 48,
    apart_metres: 0.75,
    apart_deg: 13.0,
    sharp_metres: 3.0,
    coarse_metres: 8.0,
    folds: true,
};

fn shown(town: &Town, pose: Pose) -> Vec<f32> {
    let (width, height) = (SIZE.0 as u32, SIZE.1 as u32);
    let frame = render(town, &Scene::default(), &Camera::of_walker(pose), width, height, 2);
    let value = |&byte: &u8| f32::from(byte) / 127.5 - 1.0;
    let plane = |plane: usize| frame.rgb.iter().skip(plane).step_by(3).map(value);
    (0..3).flat_map(plane).collect()
}

fn psnr(a: &[f32], b: &[f32]) -> f32 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    10.0 * (4.0 * a.len() as f32 / sum).log10()
}

/// What is foreseen from the start of a walk at `step`, with depth and without, in dB.
fn foreseen(town: &Town, start: Pose, step: Pose) -> [f32; 2] {
    let picture = shown(town, start);
    let depth: Arc<[f32]> = inverse_depth(town, &Camera::of_walker(start), 192, 112).into();
    let truth = shown(town, start.then(step));
    [Some(&depth), None].map(|depth| {
        let mut seen = Seen::default();
        seen.remember(&RULE, &picture, start, |_, _, _| depth.map(Arc::clone));
        let last = Last { picture: &picture, depth: depth.map(|depth| &**depth), pose: start };
        let found = seen.recall((&WarpModel::TINY_V0, &RULE), last, SIZE, step);
        psnr(&found.picture, &truth)
    })
}

#[test]
fn with_its_depth_a_picture_foretells_more() {
    let town = Town::new(100);
    // Metres ahead, metres to the left, and the least gain in dB.
    let steps = [(1.0, 0.0, 4.0), (4.0, 0.0, 2.0), (0.0, 1.0, 3.0), (-1.0, 0.0, 1.0)];
    for (x, y, least) in steps {
        let step = Pose { x, y, ..Pose::default() };
        let gains = (0..8).map(|place| {
            let [with, without] = foreseen(&town, town.spawn(place), step);
            with - without
        });
        let gain = gains.sum::<f32>() / 8.0;
        assert!(gain > least, "{x} m ahead and {y} m to the left it is {gain} dB");
    }
}

#[test]
fn what_stands_where_it_was_taken_is_seen_as_it_was() {
    let town = Town::new(100);
    for place in 0..4 {
        let [with, _] = foreseen(&town, town.spawn(place), Pose::default());
        // But for seams, which count little.
        assert!(with > 45.0, "{with} dB at place {place}");
    }
}
