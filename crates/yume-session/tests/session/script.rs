//! The walk without a window.

use std::ops::ControlFlow::Continue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use yume_motion::Motion;
use yume_session::{Event, Generator as _, Progress, ScriptError, Stage, run_script};

use crate::fake::{FRAMES, STRIDE, World};
use crate::fake_sink::FakeSink;
use crate::walk::{FORWARD, LEFT};

#[test]
fn every_frame_but_the_start_picture_is_written() {
    let (mut world, sink) = (World::default(), FakeSink::default());
    let (log, written) = (Arc::clone(&world.log), Arc::clone(&sink.written));
    let mut events = Vec::new();
    let report = run_script(
        &mut world,
        1,
        &[FORWARD, Motion::STILL, LEFT],
        sink.boxed(),
        &mut |event| events.push(event),
        &AtomicBool::new(false),
    )
    .unwrap();
    let written = written.lock().unwrap();
    assert!(written.is_finished && !report.is_interrupted);
    assert_eq!(written.marks, log.lock().unwrap().kept[1..]);
    assert_eq!(report.frames, 3 * FRAMES as u64);
    let told: Vec<_> = report.segments.iter().map(|s| (s.index, s.motion, s.frames)).collect();
    assert_eq!(told, [(0, FORWARD, FRAMES), (1, Motion::STILL, FRAMES), (2, LEFT, FRAMES)]);
    assert!(
        report.segments.iter().all(|s| s.first_frame_secs > 0.0 && s.first_frame_secs <= s.seconds)
    );
    assert_eq!(events[0], Event::Begun);
    let done = |event: &&Event| matches!(event, Event::SegmentDone(_));
    assert_eq!(events.iter().filter(done).count(), 3);
}

#[test]
fn an_interrupted_script_keeps_what_is_done() {
    let decoding = |step| Progress { stage: Stage::Decoding, step, steps: 3 };
    for (segment, at, frames) in
        [(0, decoding(0), 0), (1, decoding(0), FRAMES), (1, decoding(2), FRAMES + 2 * STRIDE)]
    {
        let (mut world, sink) = (World::default(), FakeSink::default());
        let written = Arc::clone(&sink.written);
        let interrupted = AtomicBool::new(false);
        let mut done = 0;
        let mut on_event = |event| match event {
            Event::SegmentDone(_) => done += 1,
            Event::Progress(progress) if done == segment && progress == at => {
                interrupted.store(true, Relaxed);
            }
            _ => {}
        };
        let report =
            run_script(&mut world, 1, &[FORWARD; 5], sink.boxed(), &mut on_event, &interrupted);
        let report = report.unwrap();
        assert!(report.is_interrupted);
        assert_eq!((report.segments.len(), report.frames), (segment, frames as u64));
        let written = written.lock().unwrap();
        assert_eq!((written.marks.len(), written.is_finished), (frames, true));
    }
}

#[test]
fn a_failure_finishes_the_sink_and_names_the_segment() {
    for bug in [false, true] {
        let sink = FakeSink::default();
        let written = Arc::clone(&sink.written);
        let trouble = move |asked| {
            assert!(!(bug && asked == 2), "out of luck");
            if asked == 2 { Err("out of luck".into()) } else { Ok(Continue(())) }
        };
        let mut world = World { trouble: Some(Box::new(trouble)), ..World::default() };
        let error = run_script(
            &mut world,
            1,
            &[FORWARD, LEFT],
            sink.boxed(),
            &mut |_| {},
            &AtomicBool::new(false),
        )
        .unwrap_err();
        assert!(matches!(&error, ScriptError::Advance { index: 1, motion: LEFT, .. }), "{error}");
        assert!(error.to_string().contains("out of luck"), "{error}");
        let written = written.lock().unwrap();
        assert_eq!((written.marks.len(), written.is_finished), (FRAMES, true));
    }
}

#[test]
fn a_start_that_fails_and_a_disk_that_fails_are_told_apart() {
    let run = |start, sink: FakeSink| {
        let mut world = World::default();
        let ended = run_script(
            &mut world,
            start,
            &[FORWARD, LEFT],
            sink.boxed(),
            &mut |_| {},
            &AtomicBool::new(false),
        );
        let asked = world.log.lock().unwrap().asked.len();
        (ended.unwrap_err(), asked)
    };
    assert!(matches!(run(99, FakeSink::default()), (ScriptError::Begin(_), 0)));
    let full = FakeSink { fails_at: Some(5), ..FakeSink::default() };
    assert!(matches!(run(1, full), (ScriptError::Sink(_), 1)), "a full disk ends the segment");
    let torn = FakeSink { finish_fails: true, ..FakeSink::default() };
    assert!(matches!(run(1, torn), (ScriptError::Sink(_), 2)));
}

#[test]
fn a_world_can_be_cut_after_a_script() {
    let mut world = World::default();
    let log = Arc::clone(&world.log);
    let sink = FakeSink::default().boxed();
    run_script(&mut world, 1, &[FORWARD], sink, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(world.cut(5), 8);
    assert_eq!(log.lock().unwrap().kept.len(), 9);
}
