//! The estimator of camera motion sees the turns of true town frames.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use yume_eval::{CameraMotion, Optics};
use yume_motion::walk::{Pose, WalkRule, WalkState};
use yume_motion::{Motion, Travel, Turn};
use yume_town::{Scene, Town, render_clip};
use yume_world::pixels::planar;

const SIZE: (usize, usize) = (64, 96);
const OPTICS: Optics = Optics { hfov_deg: 78.0, height: 1.7, fps: 16.0 };

/// The mean of what is measured at a few places of the town.
fn measured(motion: Motion) -> CameraMotion {
    let rule = WalkRule::TINY_V0;
    let town = Town::new(0);
    let places = 4;
    let mut sum = CameraMotion::default();
    for place in 0..places {
        let start = town.spawn(place);
        let (sin, cos) = start.yaw.sin_cos();
        let path = WalkState::default().advance(&rule, motion, 33);
        let poses: Vec<Pose> = path[8..]
            .iter()
            .map(|pose| Pose {
                x: start.x + cos * pose.x - sin * pose.y,
                y: start.y + sin * pose.x + cos * pose.y,
                yaw: start.yaw + pose.yaw,
                pitch: pose.pitch,
            })
            .collect();
        let frames = render_clip(&town, &Scene::default(), &poses, SIZE.1 as u32, SIZE.0 as u32, 2);
        let frames: Vec<Vec<f32>> = frames.iter().map(planar).collect();
        let one = OPTICS.measure(&frames, SIZE, 4).unwrap();
        sum.yaw += one.yaw / places as f32;
        sum.pitch += one.pitch / places as f32;
        sum.forward += one.forward / places as f32;
        sum.right += one.right / places as f32;
    }
    sum
}

#[test]
fn known_turns_are_measured() {
    let rule = WalkRule::TINY_V0;
    let (yaw, pitch) = (rule.yaw_deg_per_sec.to_radians(), rule.pitch_deg_per_sec.to_radians());
    let table = [
        (Turn::Still, 0.0, 0.0),
        (Turn::Left, yaw, 0.0),
        (Turn::Right, -yaw, 0.0),
        (Turn::Up, 0.0, pitch),
        (Turn::Down, 0.0, -pitch),
        (Turn::UpLeft, yaw, pitch),
    ];
    for (turn, yaw_wanted, pitch_wanted) in table {
        let found = measured(Motion { travel: Travel::Still, turn });
        let within = |found: f32, wanted: f64, nominal: f64| {
            (f64::from(found) - wanted).abs() < 0.3 * nominal
        };
        assert!(within(found.yaw, yaw_wanted, yaw), "{turn:?}: yaw {}", found.yaw);
        assert!(within(found.pitch, pitch_wanted, pitch), "{turn:?}: pitch {}", found.pitch);
    }
}

#[test]
fn walking_is_not_taken_for_turning() {
    let rule = WalkRule::TINY_V0;
    let counts = 0.4 * rule.yaw_deg_per_sec.to_radians() as f32;
    for travel in [Travel::Forward, Travel::Backward] {
        let found = measured(Motion { travel, turn: Turn::Still });
        assert!(found.yaw.abs() < counts, "{travel:?} looks like a yaw of {}", found.yaw);
        let sign = if travel == Travel::Forward { 1.0 } else { -1.0 };
        assert!(found.forward * sign > 0.2, "{travel:?} looks like {} m/s ahead", found.forward);
    }
}

#[test]
fn frames_that_are_too_small_or_too_few_are_not_measured() {
    let frame = vec![0.0; 3 * 16 * 16];
    assert_eq!(OPTICS.measure(&[frame.clone(), frame], (16, 16), 1), None);
    assert_eq!(OPTICS.measure(&[vec![0.0; 3 * 64 * 96]], SIZE, 4), None);
}
