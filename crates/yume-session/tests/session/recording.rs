//! Recording what is shown, on disks good and bad.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use yume_session::{Event, Steering};

use crate::fake::World;
use crate::fake_sink::FakeSink;
use crate::walk::{FORWARD, LEFT, Walk, config, eventually};

fn walking() -> Walk {
    let mut walk = Walk::begun(config(Steering::Cut, 16), World::default());
    walk.session.hold(FORWARD);
    walk.show(3);
    walk
}

fn record(walk: &mut Walk, sink: FakeSink) {
    walk.session.record(sink.boxed(), PathBuf::from("walk.mp4"));
}

fn is_recording_failed(event: &Event) -> bool {
    matches!(event, Event::RecordingFailed(_))
}

fn done(frames: u64) -> Event {
    Event::RecordingDone { path: PathBuf::from("walk.mp4"), frames }
}

#[test]
fn a_recording_holds_what_was_shown_while_it_ran() {
    let mut walk = walking();
    let sink = FakeSink::default();
    let written = Arc::clone(&sink.written);
    record(&mut walk, sink);
    walk.show(10);
    walk.session.hold(LEFT);
    walk.show(30);
    let recording = walk.session.status().recording.unwrap();
    assert_eq!((recording.frames, recording.seconds), (40, 2.5));
    walk.session.stop_recording();
    assert_eq!(walk.session.status().recording, None);
    walk.show(5);
    walk.event("the end of the recording", |event| *event == done(40));
    let written = written.lock().unwrap();
    assert!(written.is_finished);
    assert_eq!(written.marks, walk.shown[4..44]);
}

#[test]
fn a_slow_disk_slows_the_playhead_and_loses_nothing() {
    let mut walk = walking();
    let (let_through, slow) = bounded(0);
    let sink = FakeSink { slow: Some(slow), ..FakeSink::default() };
    let written = Arc::clone(&sink.written);
    record(&mut walk, sink);
    // One frame is being written and 32 wait.
    walk.show(33);
    eventually("a full ring", || walk.session.status().ring_frames == 16);
    let asked = Instant::now();
    for _ in 0..1000 {
        walk.now += Duration::from_secs(1);
        assert_eq!(walk.tick(), None);
    }
    assert!(asked.elapsed() < Duration::from_secs(1), "the main thread never waits");
    assert_eq!(walk.shown.len(), 4 + 33);
    assert_eq!(walk.session.status().ring_frames, 16, "frames stay in the ring");
    let_through.send(()).unwrap();
    walk.show(1);
    walk.session.stop_recording();
    assert!(!written.lock().unwrap().is_finished);
    walk.show(20);
    drop(let_through);
    walk.event("the end of the recording", |event| *event == done(34));
    assert_eq!(written.lock().unwrap().marks, walk.shown[4..38]);
}

#[test]
fn a_failing_disk_is_reported_once_and_the_walk_goes_on() {
    for sink in [
        FakeSink { fails_at: Some(3), ..FakeSink::default() },
        FakeSink { panics_at: Some(3), ..FakeSink::default() },
        FakeSink { fails_at: Some(3), finish_fails: true, ..FakeSink::default() },
    ] {
        let mut walk = walking();
        record(&mut walk, sink);
        walk.show(100);
        let Event::RecordingFailed(text) = walk.event("the failure", is_recording_failed) else {
            panic!("not a failure")
        };
        assert!(text.starts_with("the recording stopped after 3 frames: "), "{text}");
        walk.until("the end of the recorder", |walk| walk.session.status().recording.is_none());
        let sink = FakeSink::default();
        let written = Arc::clone(&sink.written);
        record(&mut walk, sink);
        walk.show(2);
        walk.session.stop_recording();
        walk.event("the end of the second recording", |event| *event == done(2));
        assert!(written.lock().unwrap().is_finished);
        assert_eq!(walk.events.iter().filter(|event| is_recording_failed(event)).count(), 1);
    }
}

#[test]
fn a_file_that_cannot_be_finished_is_reported() {
    let mut walk = walking();
    record(&mut walk, FakeSink { finish_fails: true, ..FakeSink::default() });
    walk.show(2);
    walk.session.stop_recording();
    walk.event("the failure", is_recording_failed);
}

#[test]
fn a_second_recording_finishes_the_first() {
    let mut walk = walking();
    record(&mut walk, FakeSink::default());
    walk.show(2);
    record(&mut walk, FakeSink::default());
    walk.show(3);
    walk.event("the end of the first", |event| *event == done(2));
    walk.session.stop_recording();
    walk.event("the end of the second", |event| *event == done(3));
}

#[test]
fn a_drop_finishes_the_file() {
    let mut walk = walking();
    let sink = FakeSink::default();
    let written = Arc::clone(&sink.written);
    record(&mut walk, sink);
    walk.show(20);
    drop(walk.session);
    let written = written.lock().unwrap();
    assert!(written.is_finished);
    assert_eq!(written.marks.len(), 20);
}

#[test]
fn a_drop_does_not_wait_for_a_dead_disk() {
    let mut walk = walking();
    let (let_through, slow) = bounded(0);
    let sink = FakeSink { slow: Some(slow), ..FakeSink::default() };
    let written = Arc::clone(&sink.written);
    record(&mut walk, sink);
    walk.show(5);
    let asked = Instant::now();
    drop(walk.session);
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    drop(let_through);
    eventually("the end of the file", || written.lock().unwrap().is_finished);
}
