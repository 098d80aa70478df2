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
    let plane = |plane: usize| frame.rgb.iter().skip(plane).step_by(3).map(|&b| f32::from(b) / 127.5 - 1.0);
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
        seen.remember(&RULE, &picture, start, |_| depth.map(Arc::clone));
        let last = Last { picture: &picture, depth: depth.map(|depth| &**depth), pose: start };
        let found = seen.recall((&WarpModel::TINY_V0, &RULE), last, SIZE, step);
        if let Ok(folder) = std::env::var("RELIEF") {
            let bytes = |p: &[f32]| (0..SIZE.0*SIZE.1).flat_map(|i| (0..3).map(move |c| (i, c))).map(|(i,c)| ((p[c*SIZE.0*SIZE.1+i]+1.0)*127.5) as u8).collect::<Vec<u8>>();
            let n = format!("{folder}/{:.0}-{:.1}-{:.1}-{:.1}", start.x, step.x, step.y, step.yaw);
            yume_media::Frame::new(192,112,bytes(&truth)).write_png(std::path::Path::new(&format!("{n}-0.png"))).unwrap();
            yume_media::Frame::new(192,112,bytes(&found.picture)).write_png(std::path::Path::new(&format!("{n}-{}.png", if depth.is_some() {1} else {2}))).unwrap();
        }
        psnr(&found.picture, &truth)
    })
}

#[test]
fn with_its_depth_a_picture_foretells_more() {
    let town = Town::new(100);
    let steps = [[1.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 2.0, 0.0], [-2.0, 0.0, 0.0], [2.0, 0.0, 0.4]];
    for [x, y, yaw] in steps {
        let step = Pose { x, y, yaw, pitch: 0.0 };
        let sums = (0..8).fold([0.0; 2], |[a, b], place| {
            let [with, without] = foreseen(&town, town.spawn(place), step);
            [a + with / 8.0, b + without / 8.0]
        });
        println!("{x} m ahead, {y} m left, {yaw} rad: {sums:?} dB");
    }
}
