//! When a changed motion is obeyed, and what is forgotten for it.

use yume_motion::Motion;
use yume_session::{Event, Steering};

use crate::fake::{FRAMES, Moment, World};
use crate::walk::{FORWARD, LEFT, RIGHT, Walk, config, eventually};

const STILL: Motion = Motion::STILL;

#[test]
fn a_held_key_moves_and_its_release_rests() {
    let mut walk = Walk::begun(config(Steering::Segment, 64), World::default());
    walk.session.hold(FORWARD);
    walk.show(5);
    walk.session.hold(STILL);
    walk.rest();
    let whole = walk.runs()[1].1;
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, whole)]);
    assert_eq!(whole % FRAMES, 0, "segments are not cut");
    assert_eq!(walk.cuts(), []);
}

#[test]
fn a_change_before_the_first_frame_drops_the_segment() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.hold(FORWARD);
    steps.until(Moment::Sampling(1));
    walk.session.hold(LEFT);
    drop(steps);
    walk.show(3);
    assert_eq!(walk.asked()[..2], [FORWARD, LEFT]);
    assert_eq!(walk.cuts(), []);
    assert_eq!(walk.runs(), [(STILL, 1), (LEFT, 3)]);
}

#[test]
fn a_change_while_frames_arrive_cuts_after_the_playhead() {
    for (shown, expected) in [(0, 0), (1, 4), (4, 4), (5, 8), (8, 8)] {
        let mut world = World::default();
        let steps = world.stepped();
        let mut walk = Walk::begun(config(Steering::Cut, 64), world);
        walk.session.hold(FORWARD);
        steps.until(Moment::Decoding(2));
        walk.show(shown);
        walk.session.hold(LEFT);
        drop(steps);
        walk.cut();
        walk.show(expected - shown + 4);
        assert_eq!(walk.cuts()[0], shown, "shown {shown}");
        let mut runs = vec![(STILL, 1), (FORWARD, expected), (LEFT, 4)];
        runs.retain(|run| run.1 > 0);
        assert_eq!(walk.runs(), runs, "shown {shown}");
    }
}

#[test]
fn a_change_frees_a_generator_that_waits_for_room() {
    for lookahead in [1, 2, 3] {
        let mut walk = Walk::begun(config(Steering::Cut, lookahead), World::default());
        walk.session.hold(FORWARD);
        walk.show(5);
        eventually("a full ring", || walk.session.status().ring_frames == lookahead);
        walk.session.hold(LEFT);
        walk.cut();
        walk.show(3 + 4);
        assert_eq!(walk.cuts()[0], 5);
        assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, 8), (LEFT, 4)], "lookahead {lookahead}");
    }
}

#[test]
fn a_change_while_the_next_segment_is_sampled_cuts_the_one_being_shown() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.hold(FORWARD);
    steps.until(Moment::Decoding(2));
    steps.go();
    steps.until(Moment::Sampling(2));
    walk.show(5);
    walk.session.hold(LEFT);
    drop(steps);
    walk.cut();
    walk.show(3 + 4);
    assert_eq!(walk.asked()[..3], [FORWARD, FORWARD, LEFT]);
    assert_eq!(walk.cuts(), [5]);
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, 8), (LEFT, 4)]);
}

#[test]
fn a_cut_goes_back_over_whole_segments_that_were_not_shown() {
    let mut walk = Walk::begun(config(Steering::Cut, 3 * FRAMES), World::default());
    walk.session.hold(FORWARD);
    eventually("a full ring", || walk.session.status().ring_frames == 3 * FRAMES);
    walk.show(2);
    eventually("a full ring", || walk.session.status().ring_frames == 3 * FRAMES);
    walk.session.hold(LEFT);
    eventually("the cut", || walk.asked().last() == Some(&LEFT));
    walk.show(2 + 4);
    assert_eq!(walk.cuts(), [0, 0, 0, 2], "the fourth segment had begun to arrive");
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, 4), (LEFT, 4)]);
}

#[test]
fn a_world_without_a_way_back_is_shown_as_it_is() {
    let world = World { has_no_way_back: true, ..World::default() };
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(FORWARD);
    walk.rest();
    walk.session.hold(LEFT);
    eventually("the segment", || walk.log.lock().unwrap().kept.len() > 2 * FRAMES);
    walk.show(1);
    walk.session.hold(STILL);
    walk.cut();
    walk.rest();
    assert_eq!(walk.cuts().len(), 1);
    assert!(walk.runs()[2].1 >= FRAMES, "{:?}", walk.runs());
}

#[test]
fn a_release_cuts_too_and_then_rests() {
    let mut walk = Walk::begun(config(Steering::Cut, FRAMES), World::default());
    walk.session.hold(FORWARD);
    walk.show(6);
    eventually("a full ring", || walk.session.status().ring_frames >= FRAMES);
    walk.session.hold(STILL);
    walk.cut();
    walk.rest();
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, 8)]);
    assert_eq!(walk.session.status().segments, 1);
    walk.session.hold(LEFT);
    walk.show(1);
    assert_eq!(walk.cuts().last(), Some(&6), "a cut segment is not cut again");
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, 8), (LEFT, 1)]);
}

#[test]
fn steering_by_segment_lets_a_segment_end() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Segment, 64), world);
    walk.session.hold(FORWARD);
    steps.until(Moment::Sampling(1));
    walk.session.hold(LEFT);
    drop(steps);
    walk.show(FRAMES + 1);
    assert_eq!(walk.cuts(), []);
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, FRAMES), (LEFT, 1)]);
}

#[test]
fn a_tapped_segment_is_never_cut() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(FORWARD);
    steps.until(Moment::Sampling(1));
    walk.session.hold(LEFT);
    steps.go();
    steps.until(Moment::Decoding(2));
    walk.session.hold(RIGHT);
    drop(steps);
    walk.show(FRAMES + 1);
    assert_eq!(walk.cuts(), []);
    assert_eq!(walk.runs(), [(STILL, 1), (FORWARD, FRAMES), (RIGHT, 1)]);
}

#[test]
fn a_change_of_mind_that_is_taken_back_in_time_changes_nothing() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.hold(FORWARD);
    steps.until(Moment::Sampling(1));
    walk.session.hold(LEFT);
    walk.session.hold(FORWARD);
    drop(steps);
    walk.show(FRAMES);
    assert_eq!(walk.asked()[0], FORWARD);
    assert!(!walk.asked().contains(&LEFT));
    assert_eq!(walk.cuts(), []);
}

#[test]
fn a_finished_segment_is_reported() {
    let mut walk = Walk::begun(config(Steering::Cut, 64), World::default());
    walk.session.tap(FORWARD);
    walk.session.tap(LEFT);
    walk.rest();
    walk.event(
        "the last report",
        |event| matches!(event, Event::SegmentDone(report) if report.index == 1),
    );
    let reports: Vec<_> = walk
        .events
        .iter()
        .filter_map(|event| match event {
            Event::SegmentDone(report) => Some(*report),
            _ => None,
        })
        .collect();
    let told: Vec<_> = reports.iter().map(|r| (r.index, r.motion, r.frames)).collect();
    assert_eq!(told, [(0, FORWARD, FRAMES), (1, LEFT, FRAMES)]);
    assert!(reports.iter().all(|r| r.first_frame_secs > 0.0 && r.first_frame_secs <= r.seconds));
    let status = walk.session.status();
    assert_eq!(status.seconds_per_segment, Some(reports[1].seconds));
    assert_eq!((status.segments, status.shown_frames), (2, 1 + 2 * FRAMES as u64));
}
