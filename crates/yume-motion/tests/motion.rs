//! Motions, their bytes, and the keys and sticks that make them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::collections::HashSet;

use yume_motion::{HeldKeys, Motion, Sticks, Travel, Turn};

#[test]
fn the_81_motions_survive_bytes_and_names() {
    let motions: Vec<Motion> = Motion::all().collect();
    assert_eq!(motions.len(), Motion::COUNT, "count");
    assert_eq!(motions.iter().collect::<HashSet<_>>().len(), 81, "all different");
    for (index, &motion) in motions.iter().enumerate() {
        assert_eq!(usize::from(motion.to_byte()), index, "{motion}");
        assert_eq!(Motion::from_byte(motion.to_byte()), Some(motion), "{motion}");
        assert_eq!(motion.to_string().parse(), Ok(motion), "{motion}");
        assert_eq!(motion.is_still(), index == 0, "{motion}");
        assert_eq!(Travel::from_signs(motion.travel.signs()), motion.travel, "{motion}");
        assert_eq!(Turn::from_signs(motion.turn.signs()), motion.turn, "{motion}");
        let [forward, right] = motion.travel.vector();
        let length = if motion.travel == Travel::Still { 0.0 } else { 1.0 };
        assert!((forward.hypot(right) - length).abs() < 1e-6, "{motion}");
    }
    for byte in 81..=u8::MAX {
        assert_eq!(Motion::from_byte(byte), None, "{byte}");
    }
    assert_eq!(format!("[{:>8}]", motions[10]), "[  W:left]", "width is kept");
}

/// Holds the keys whose letters are given: wasd travel, hlkj turn left, right, up and down.
#[track_caller]
fn check_keys(held: &str, wanted: &str) {
    let keys = HeldKeys {
        forward: held.contains('w'),
        left: held.contains('a'),
        backward: held.contains('s'),
        right: held.contains('d'),
        turn_left: held.contains('h'),
        turn_right: held.contains('l'),
        tilt_up: held.contains('k'),
        tilt_down: held.contains('j'),
    };
    assert_eq!(keys.motion().to_string(), wanted, "holding {held:?}");
}

#[test]
fn opposite_keys_cancel() {
    check_keys("", ".");
    check_keys("w", "W");
    check_keys("wa", "W+A");
    check_keys("wd", "W+D");
    check_keys("sa", "S+A");
    check_keys("sd", "S+D");
    check_keys("ws", ".");
    check_keys("wsa", "A");
    check_keys("wasd", ".");
    check_keys("adw", "W");
    check_keys("h", ".:left");
    check_keys("l", ".:right");
    check_keys("hl", ".");
    check_keys("kl", ".:up-right");
    check_keys("kh", ".:up-left");
    check_keys("jl", ".:down-right");
    check_keys("jhk", ".:left");
    check_keys("wdjh", "W+D:down-left");
    check_keys("wasdhjkl", ".");
}

#[track_caller]
fn check_sticks(left: [f32; 2], right: [f32; 2], dead_zone: f32, wanted: &str) {
    let motion = Sticks { left, right }.motion(dead_zone);
    assert_eq!(motion.to_string(), wanted, "{left:?} {right:?} dead zone {dead_zone}");
}

#[test]
fn sticks_point_at_the_nearest_of_eight_directions() {
    const NAN: f32 = f32::NAN;
    const REST: [f32; 2] = [0.0, 0.0];
    check_sticks(REST, REST, 0.0, ".");
    check_sticks([0.0, 1.0], REST, 0.2, "W");
    check_sticks([0.3, 1.0], REST, 0.2, "W");
    check_sticks([0.7, 0.7], REST, 0.2, "W+D");
    check_sticks([-1.0, 0.0], REST, 0.2, "A");
    check_sticks([-1.0, -0.0], REST, 0.2, "A");
    check_sticks([-0.6, -0.8], REST, 0.2, "S+A");
    check_sticks([0.0, -1.0], REST, 0.2, "S");
    check_sticks([0.6, -0.8], REST, 0.2, "S+D");
    check_sticks([0.1, 0.1], REST, 0.2, ".");
    check_sticks([0.15, 0.15], REST, 0.2, "W+D");
    check_sticks(REST, [1.0, 0.0], 0.2, ".:right");
    check_sticks(REST, [-1.0, 0.0], 0.2, ".:left");
    check_sticks(REST, [0.0, 1.0], 0.2, ".:up");
    check_sticks(REST, [-0.7, -0.7], 0.2, ".:down-left");
    check_sticks([0.0, 1.0], [0.7, 0.7], 0.2, "W:up-right");
    check_sticks([NAN, 1.0], [NAN, NAN], 0.2, "W");
    check_sticks([f32::INFINITY, 0.0], [0.0, f32::NEG_INFINITY], 0.2, "D:down");
    check_sticks([0.0, 1.0], REST, 1.0, "W");
    check_sticks([0.0, 1.0], REST, 7.0, "W");
    check_sticks([0.0, 0.1], REST, -3.0, "W");
    check_sticks([0.0, 1.0], REST, NAN, ".");
}
