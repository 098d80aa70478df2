//! The motion queue: order, editing, bound.

use yume_motion::Motion;
use yume_session::Steering;

use crate::fake::{Moment, World};
use crate::walk::{FORWARD, LEFT, RIGHT, Walk, config};

/// A walk whose generator waits in its first segment, so that the queue stands still.
fn waiting() -> (Walk, crate::fake::Steps) {
    let mut world = World::default();
    let steps = world.stepped();
    let mut walk = Walk::begun(config(Steering::Cut, 64), world);
    walk.session.tap(Motion::STILL);
    steps.until(Moment::Sampling(0));
    (walk, steps)
}

#[test]
fn taps_come_before_what_is_held() {
    let (mut walk, steps) = waiting();
    walk.session.hold(RIGHT);
    walk.session.tap(FORWARD);
    walk.session.tap(LEFT);
    assert_eq!(walk.session.queue(), [FORWARD, LEFT]);
    assert_eq!(walk.session.status().generating, Some(Motion::STILL));
    drop(steps);
    walk.until("the held motion", |walk| walk.asked().len() >= 4);
    assert_eq!(walk.asked()[..4], [Motion::STILL, FORWARD, LEFT, RIGHT]);
    assert_eq!(walk.session.queue(), []);
}

#[test]
fn the_queue_can_be_edited_while_it_waits() {
    let (mut walk, steps) = waiting();
    [FORWARD, LEFT, RIGHT, FORWARD].into_iter().for_each(|motion| walk.session.tap(motion));
    walk.session.remove_queued(1);
    assert_eq!(walk.session.queue(), [FORWARD, RIGHT, FORWARD]);
    walk.session.remove_queued(3);
    assert_eq!(walk.session.queue(), [FORWARD, RIGHT, FORWARD], "no such place");
    walk.session.remove_queued(0);
    drop(steps);
    walk.rest();
    assert_eq!(walk.asked(), [Motion::STILL, RIGHT, FORWARD]);
}

#[test]
fn a_cleared_queue_leaves_the_segment_under_way() {
    let (mut walk, steps) = waiting();
    walk.session.tap(FORWARD);
    walk.session.clear_queue();
    drop(steps);
    walk.rest();
    assert_eq!(walk.asked(), [Motion::STILL]);
    assert_eq!(walk.cuts(), []);
}

#[test]
fn the_queue_is_bounded_and_a_new_world_begins_without_it() {
    let (mut walk, steps) = waiting();
    (0..100).for_each(|_| walk.session.tap(LEFT));
    assert_eq!(walk.session.queue().len(), 64);
    walk.begin(2);
    assert_eq!(walk.session.queue(), []);
    walk.session.tap(RIGHT);
    drop(steps);
    walk.show(2);
    walk.rest();
    assert_eq!(walk.asked(), [Motion::STILL, RIGHT]);
}
