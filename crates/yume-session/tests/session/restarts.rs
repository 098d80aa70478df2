//! New starts while something else goes on, and the end of a session at any time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use yume_session::{Session, Steering};

use crate::fake::{FRAMES, Moment, World};
use crate::walk::{FORWARD, Walk, config, eventually};

#[test]
fn a_new_start_discards_old_frames() {
    let mut walk = Walk::begun(config(Steering::Segment, FRAMES), World::default());
    walk.session.hold(FORWARD);
    eventually("a full ring", || walk.session.status().ring_frames == FRAMES);
    walk.begin(7);
    walk.show(FRAMES + 5);
    assert!(walk.shown.iter().all(|mark| mark.start == 7));
}

#[test]
fn the_last_of_many_starts_wins() {
    let mut walk = Walk::new(config(Steering::Cut, 4), World::default());
    walk.session.hold(FORWARD);
    for round in 0..50 {
        for start in 0..7 {
            walk.begin(start);
            if (round + start) % 3 == 0 {
                std::thread::sleep(Duration::from_micros(u64::from(round) * 20));
            }
        }
        walk.begin(round + 10);
        walk.show(3);
        assert!(walk.shown.iter().all(|mark| mark.start == round + 10), "round {round}");
    }
}

#[test]
fn a_displaced_start_is_never_begun() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 4), world);
    walk.session.tap(FORWARD);
    steps.until(Moment::Sampling(1));
    (2..=9).for_each(|start| walk.begin(start));
    drop(steps);
    walk.show(1);
    assert_eq!(walk.log.lock().unwrap().begun, [1, 9]);
}

#[test]
fn a_full_ring_stops_the_generator_and_a_drop_frees_it() {
    for lookahead in [1, 4, FRAMES, 2 * FRAMES + 1] {
        let walk = Walk::begun(config(Steering::Segment, lookahead), World::default());
        let Walk { mut session, log, .. } = walk;
        session.hold(FORWARD);
        eventually("a full ring", || session.status().ring_frames == lookahead);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(session.status().ring_frames, lookahead);
        // One frame waits outside, the start picture was shown.
        assert!(log.lock().unwrap().kept.len() <= lookahead + 2);
        let asked = Instant::now();
        drop(session);
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        assert_eq!(Arc::strong_count(&log), 1, "the world is dropped");
    }
}

#[test]
fn a_drop_in_the_middle_of_a_segment_is_quick() {
    let mut world = World::default();
    let steps = world.stepped();
    let walk = Walk::begun(config(Steering::Cut, 64), world);
    let Walk { mut session, log, .. } = walk;
    session.hold(FORWARD);
    steps.until(Moment::Sampling(1));
    let dropping = std::thread::Builder::new().spawn(move || drop(session)).unwrap();
    drop(steps);
    dropping.join().unwrap();
    assert_eq!(Arc::strong_count(&log), 1, "the world is dropped");
}

#[test]
fn a_drop_does_not_wait_for_a_generator_that_never_answers() {
    let (answer, never) = bounded::<()>(0);
    let session = Session::<u8, u8>::spawn(
        config(Steering::Cut, 4),
        move |_| {
            never.recv().ok();
            Ok(World::default())
        },
        || {},
    );
    let asked = Instant::now();
    drop(session);
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    drop(answer);
}
