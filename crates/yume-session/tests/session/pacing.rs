//! When frames are shown, by a clock that the test holds.

use std::time::Duration;

use yume_session::Steering;

use crate::fake::World;
use crate::walk::{FORWARD, Walk, config, eventually};

/// A walk with 32 frames in the ring, the start picture shown just now.
fn full() -> Walk {
    let mut walk = Walk::begun(config(Steering::Segment, 32), World::default());
    walk.session.hold(FORWARD);
    eventually("a full ring", || walk.session.status().ring_frames == 32);
    walk
}

#[test]
fn one_frame_a_period_however_often_it_is_asked() {
    let mut walk = full();
    let zero = walk.now;
    for ms in 1..=1000 {
        walk.now = zero + Duration::from_millis(ms);
        let next = walk.tick();
        assert!(next.is_none_or(|next| next > walk.now), "a due frame is shown at once");
        // 16 frames per second: one at 62.5 ms, 125 ms and so on.
        assert_eq!(walk.shown.len(), 1 + usize::try_from(ms * 2 / 125).unwrap(), "at {ms} ms");
    }
}

#[test]
fn the_session_says_when_the_next_frame_is_due() {
    let mut walk = full();
    let zero = walk.now;
    assert_eq!(walk.tick(), Some(zero + Duration::from_micros(62_500)));
    walk.now = zero + Duration::from_millis(70);
    assert_eq!(walk.tick(), Some(zero + Duration::from_millis(125)), "small delays do not add up");
}

#[test]
fn a_stall_is_followed_by_the_usual_pace() {
    let mut walk = full();
    let zero = walk.now;
    for ms in (0..100).chain(5000..5250) {
        walk.now = zero + Duration::from_millis(ms);
        walk.tick();
    }
    // The start picture, 62.5 ms, and after the stall 5000, 5062.5, 5125, 5187.5 ms.
    assert_eq!(walk.shown.len(), 2 + 4);
}

#[test]
fn a_frame_that_comes_late_is_shown_at_once() {
    let mut walk = Walk::begun(config(Steering::Segment, 32), World::default());
    walk.now += Duration::from_secs(60);
    assert_eq!(walk.tick(), None);
    walk.session.hold(FORWARD);
    let late = walk.now;
    walk.show(1);
    assert_eq!(walk.now, late);
    eventually("more frames", || walk.session.status().ring_frames > 3);
    assert_eq!(walk.tick(), Some(late + Duration::from_micros(62_500)));
}

#[test]
fn a_new_world_is_shown_at_once() {
    let mut walk = full();
    walk.begin(2);
    eventually("the start picture", || walk.session.status().ring_frames > 0);
    walk.tick();
    assert_eq!(walk.shown.len(), 1);
}
