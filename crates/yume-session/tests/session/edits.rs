//! Changes of a world that goes on: what is forgotten for them, and what comes after them.

use yume_motion::Motion;
use yume_session::{Event, Steering};

use crate::fake::{FRAMES, Moment, World};
use crate::walk::{FORWARD, LEFT, Walk, config, eventually};

/// The edits that the shown frames were made after, each with how many frames in a row.
fn worlds(walk: &Walk) -> Vec<(u8, usize)> {
    let runs = walk.shown.chunk_by(|a, b| a.start == b.start);
    runs.map(|run| (run[0].start, run.len())).collect()
}

#[test]
fn an_edit_at_rest_is_shown_and_the_walk_goes_on_from_it() {
    for (edit, shown) in [(6, 1), (7, 0)] {
        let mut walk = Walk::begun(config(Steering::Cut, 64), World::default());
        walk.session.tap(FORWARD);
        walk.rest();
        assert!(walk.session.edit(edit));
        walk.event("the edit", |event| *event == Event::Edited);
        walk.session.tap(LEFT);
        walk.rest();
        assert_eq!(worlds(&walk), [(1, 1 + FRAMES), (edit, shown + FRAMES)]);
        assert_eq!(walk.cuts(), []);
        assert_eq!(walk.session.status().segments, 2);
    }
}

#[test]
fn what_nobody_has_seen_is_forgotten_for_an_edit_in_either_steering() {
    for steering in [Steering::Cut, Steering::Segment] {
        for (shown, kept) in [(0, 0), (1, 4), (4, 4), (6, 8)] {
            let mut world = World::default();
            let steps = world.stepped();
            let mut walk = Walk::begun(config(steering, 64), world);
            walk.session.tap(FORWARD);
            steps.until(Moment::Decoding(2));
            walk.show(shown);
            assert!(walk.session.edit(6));
            drop(steps);
            walk.event("the edit", |event| *event == Event::Edited);
            walk.rest();
            assert_eq!(walk.cuts(), [shown], "{steering:?}");
            assert_eq!(worlds(&walk), [(1, 1 + kept), (6, 1)], "{steering:?}, shown {shown}");
        }
    }
}

#[test]
fn an_edit_goes_back_over_whole_segments_that_were_not_shown() {
    let mut walk = Walk::begun(config(Steering::Segment, 3 * FRAMES), World::default());
    walk.session.hold(FORWARD);
    eventually("a full ring", || walk.session.status().ring_frames == 3 * FRAMES);
    walk.show(2);
    eventually("a full ring", || walk.session.status().ring_frames == 3 * FRAMES);
    assert!(walk.session.edit(6));
    walk.event("the edit", |event| *event == Event::Edited);
    walk.show(2 + 1 + FRAMES);
    assert_eq!(walk.cuts(), [0, 0, 0, 2], "the fourth segment had begun to arrive");
    assert_eq!(worlds(&walk), [(1, 1 + 4), (6, 1 + FRAMES)]);
}

#[test]
fn a_world_without_a_way_back_is_edited_after_what_it_made() {
    let world = World { has_no_way_back: true, ..World::default() };
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(FORWARD);
    eventually("the segment", || walk.session.status().ring_frames == FRAMES);
    assert!(walk.session.edit(6));
    walk.show(FRAMES + 1);
    assert_eq!(worlds(&walk), [(1, 1 + FRAMES), (6, 1)]);
}

#[test]
fn edits_are_made_in_order_and_before_queued_motions() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(FORWARD);
    steps.until(Moment::Sampling(1));
    walk.session.tap(LEFT);
    for edit in [7, 6, 9] {
        assert!(walk.session.edit(edit));
    }
    drop(steps);
    walk.until("the end", |walk| worlds(walk).last() == Some(&(9, FRAMES)));
    assert_eq!(walk.log.lock().unwrap().edits, [7, 6, 9]);
    assert_eq!(worlds(&walk), [(1, 1), (6, 1), (9, FRAMES)]);
    assert_eq!(walk.runs(), [(Motion::STILL, 2), (LEFT, FRAMES)]);
}

#[test]
fn a_new_start_forgets_the_edits_of_the_old_world() {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(FORWARD);
    steps.until(Moment::Sampling(1));
    assert!(walk.session.edit(6));
    walk.begin(3);
    drop(steps);
    walk.show(1);
    walk.rest();
    assert_eq!(walk.log.lock().unwrap().edits, []);
    assert_eq!(worlds(&walk), [(3, 1)]);
}

#[test]
fn edits_without_a_world_and_too_many_edits_are_refused() {
    let mut walk = Walk::new(config(Steering::Cut, 64), World::default());
    assert!(!walk.session.edit(6), "nothing has begun");
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(FORWARD);
    steps.until(Moment::Sampling(1));
    let taken = (0..40).filter(|_| walk.session.edit(7)).count();
    assert_eq!(taken, 16);
    drop(steps);
}

#[test]
fn an_edit_that_fails_is_told_and_a_new_start_helps() {
    for (edit, reason) in [(99, "choose another"), (98, "edit is wrong")] {
        let mut walk = Walk::begun(config(Steering::Cut, 64), World::default());
        assert!(walk.session.edit(edit));
        assert!(walk.failure().contains(reason));
        assert!(!walk.session.edit(6), "a failed world takes no edits");
        walk.begin(2);
        walk.show(1);
        assert!(walk.session.edit(6));
        walk.show(1);
        assert_eq!(worlds(&walk), [(2, 1), (6, 1)]);
    }
}
