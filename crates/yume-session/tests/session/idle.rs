//! A session that is asked for nothing does nothing.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use yume_session::{Event, Session, Steering};

use crate::fake::World;
use crate::walk::{FORWARD, Walk, config, eventually};

/// How often the thread at `path` (in `/proc`) has been put to sleep, and so woken.
fn sleeps(path: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{path}/status")).unwrap();
    status.lines().filter(|line| line.contains("ctxt_switches")).collect()
}

#[test]
fn nothing_held_and_nothing_queued_means_no_work_and_no_wakes() {
    let wakes = Arc::new(AtomicUsize::new(0));
    let world = World::default();
    let log = Arc::clone(&world.log);
    let (tell, told) = crossbeam_channel::bounded(1);
    let mut session = Session::spawn(
        config(Steering::Cut, 16),
        move |_| {
            let thread = fs::read_link("/proc/thread-self").ok();
            tell.send(thread.map(|path| path.display().to_string())).ok();
            Ok(world)
        },
        {
            let wakes = Arc::clone(&wakes);
            move || {
                wakes.fetch_add(1, Relaxed);
            }
        },
    )
    .unwrap();
    session.begin(1);
    eventually("the beginning", || session.events().any(|event| event == Event::Begun));
    let tick = session.tick(Instant::now());
    assert!(tick.frame.is_some());
    assert_eq!(tick.next, None, "nothing to show means waiting for a wake");
    let thread = told.recv().unwrap();
    thread::sleep(Duration::from_millis(50));
    let before = (wakes.load(Relaxed), thread.as_deref().map(sleeps));
    thread::sleep(Duration::from_millis(200));
    let after = (wakes.load(Relaxed), thread.as_deref().map(sleeps));
    assert_eq!(before, after, "wakes, and times the generator thread woke");
    assert_eq!(log.lock().unwrap().asked, []);
    assert_eq!(session.tick(Instant::now()).next, None);
}

#[test]
fn a_pause_stops_the_playhead_and_then_the_generator() {
    let mut walk = Walk::begun(config(Steering::Segment, 16), World::default());
    walk.session.hold(FORWARD);
    walk.show(5);
    walk.session.set_paused(true);
    assert!(walk.session.is_paused());
    eventually("a full ring", || walk.session.status().ring_frames == 16);
    let asked = walk.asked().len();
    for _ in 0..100 {
        walk.now += Duration::from_secs(1);
        assert_eq!(walk.tick(), None);
    }
    thread::sleep(Duration::from_millis(20));
    assert_eq!((walk.shown.len(), walk.asked().len()), (6, asked));
    walk.session.set_paused(false);
    walk.show(40);
}

#[test]
fn a_new_world_is_not_paused() {
    let mut walk = Walk::begun(config(Steering::Segment, 16), World::default());
    walk.session.set_paused(true);
    walk.begin(2);
    assert!(!walk.session.is_paused());
    walk.show(1);
}
