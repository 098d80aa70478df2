//! The walk without a window.

use std::ops::ControlFlow::Continue;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use yume_motion::Motion;
use yume_session::{Event, Generator as _, Progress, ScriptError, ScriptStep, Stage, run_script};

use crate::fake::{FRAMES, STRIDE, World};
use crate::fake_sink::FakeSink;
use crate::walk::{FORWARD, LEFT};

fn walks(motions: &[Motion]) -> Vec<ScriptStep<u8>> {
    motions.iter().map(|&motion| ScriptStep::Walk(motion)).collect()
}

#[test]
fn every_frame_but_the_start_picture_is_written() {
    let (mut world, sink) = (World::default(), FakeSink::default());
    let (log, written) = (Arc::clone(&world.log), Arc::clone(&sink.written));
    let mut events = Vec::new();
    let report = run_script(
        &mut world,
        1,
        walks(&[FORWARD, Motion::STILL, LEFT]),
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
        let report = run_script(
            &mut world,
            1,
            walks(&[FORWARD; 5]),
            sink.boxed(),
            &mut on_event,
            &interrupted,
        );
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
            walks(&[FORWARD, LEFT]),
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
            walks(&[FORWARD, LEFT]),
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
    run_script(&mut world, 1, walks(&[FORWARD]), sink, &mut |_| {}, &AtomicBool::new(false))
        .unwrap();
    assert_eq!(world.cut(5), 8);
    assert_eq!(log.lock().unwrap().kept.len(), 9);
}

#[test]
fn edits_stand_between_the_segments_of_a_script() {
    let (mut world, sink) = (World::default(), FakeSink::default());
    let (log, written) = (Arc::clone(&world.log), Arc::clone(&sink.written));
    let mut edited = 0;
    let steps = [
        ScriptStep::Walk(FORWARD),
        ScriptStep::Edit(6),
        ScriptStep::Edit(7),
        ScriptStep::Walk(LEFT),
    ];
    let report = run_script(
        &mut world,
        1,
        steps.to_vec(),
        sink.boxed(),
        &mut |event| edited += usize::from(event == Event::Edited),
        &AtomicBool::new(false),
    )
    .unwrap();
    assert_eq!((edited, log.lock().unwrap().edits.as_slice()), (2, &[6, 7][..]));
    let told: Vec<_> = report.segments.iter().map(|s| (s.index, s.motion)).collect();
    assert_eq!(told, [(0, FORWARD), (1, LEFT)], "edits are not counted as segments");
    let marks = &written.lock().unwrap().marks;
    let runs: Vec<_> =
        marks.chunk_by(|a, b| a.start == b.start).map(|run| (run[0].start, run.len())).collect();
    assert_eq!(runs, [(1, FRAMES), (6, 1), (7, FRAMES)]);
    assert_eq!(report.frames, 2 * FRAMES as u64 + 1);
}

#[test]
fn an_edit_that_fails_ends_the_script_with_its_reason() {
    for (edit, reason) in [(99, "choose another"), (98, "edit is wrong")] {
        let sink = FakeSink::default();
        let written = Arc::clone(&sink.written);
        let steps = [ScriptStep::Walk(FORWARD), ScriptStep::Edit(edit), ScriptStep::Walk(LEFT)];
        let mut world = World::default();
        let interrupted = AtomicBool::new(false);
        let ended =
            run_script(&mut world, 1, steps.to_vec(), sink.boxed(), &mut |_| {}, &interrupted);
        let error = ended.unwrap_err();
        assert!(matches!(&error, ScriptError::Edit { index: 1, .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(written.lock().unwrap().is_finished);
    }
}
