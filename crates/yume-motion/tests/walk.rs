//! What the walk promises for any motion.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use yume_motion::{
    Motion,
    walk::{Pose, WalkRule, WalkState},
};

#[track_caller]
fn check(motion: &str, frames: usize, velocity: [f32; 4], pitch_degrees: f32) {
    let mut state = WalkState::default();
    let poses = state.advance(&WalkRule::TINY_V0, motion.parse().unwrap(), frames);
    assert_eq!(poses.len(), frames, "{motion}");
    for (found, wanted) in state.velocity.into_iter().zip(velocity) {
        assert!((found - wanted).abs() < 1e-5, "{motion}: {:?}", state.velocity);
    }
    let pitch = state.pitch.to_degrees();
    assert!((pitch - pitch_degrees).abs() < 1e-4, "{motion}: pitch {pitch}");
}

#[test]
fn the_velocity_settles_at_the_motion() {
    let (yaw, tilt) = (13f32.to_radians(), 6f32.to_radians());
    let diagonal = 2f32.sqrt();
    check(".", 64, [0.0; 4], 0.0);
    check("W", 64, [2.0, 0.0, 0.0, 0.0], 0.0);
    check("S+D:right", 64, [-diagonal, diagonal, -yaw, 0.0], 0.0);
    // A tilt stops at 14 degrees, which 64 frames do reach.
    check("A:up-left", 64, [0.0, -2.0, yaw, tilt], 14.0);
    check(".:down", 640, [0.0, 0.0, 0.0, -tilt], -14.0);
    check("W", 0, [0.0; 4], 0.0);
}

#[test]
fn a_walk_in_two_parts_ends_where_one_walk_does() {
    for motion in Motion::all() {
        let rule = WalkRule::TINY_V0;
        let mut whole = WalkState::default();
        let _ = whole.advance(&rule, motion, 32);
        let mut parts = WalkState::default();
        let _ = parts.advance(&rule, motion, 12);
        let _ = parts.advance(&rule, motion, 20);
        let ends = [whole, parts].map(|s| [s.velocity[0], s.velocity[1], s.velocity[2], s.pitch]);
        for (whole, part) in ends[0].into_iter().zip(ends[1]) {
            assert!((whole - part).abs() < 1e-6, "{motion}: {ends:?}");
        }
    }
}

#[test]
fn the_walk_knows_where_it_is() {
    let rule = WalkRule::TINY_V0;
    let mut state = WalkState::default();
    // There and back, with time to come to rest.
    for motion in ["W", ".", "A", ".", ".:left", ".", ".:right", ".", "D", ".", "S", "."] {
        let _ = state.advance(&rule, motion.parse().unwrap(), 64);
    }
    let pose = state.pose();
    assert!(pose.x.abs().max(pose.y.abs()).max(pose.yaw.abs()) < 1e-4, "{pose:?}");
    // Around: 64 frames of 13 degrees a second are 52 degrees.
    for _ in 0..100 {
        let _ = state.advance(&rule, ".:left".parse().unwrap(), 64);
    }
    assert!(state.yaw.abs() < 180.1f32.to_radians(), "{}", state.yaw);
    let whole = state.advance(&rule, "W:left".parse().unwrap(), 64);
    let before = Pose { yaw: 0.3, x: 2.0, ..pose };
    for step in whole {
        let again = before.then(step).seen_from(before);
        let off = (again.x - step.x).abs().max((again.y - step.y).abs());
        assert!(off < 1e-5 && (again.yaw - step.yaw).abs() < 1e-6, "{step:?} became {again:?}");
    }
}
