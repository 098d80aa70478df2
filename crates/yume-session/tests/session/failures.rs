//! A generator that fails or has a bug: a sentence, and a session that lives on.

use std::ops::ControlFlow::{Break, Continue};

use yume_session::{BoxError, Event, Loading, Progress, Session, SessionError, Stage, Steering};

use crate::fake::{FRAMES, World};
use crate::walk::{FORWARD, LEFT, Walk, config, eventually};

fn failures(session: &mut Session<u8, u8>, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    eventually("the failure", || {
        texts.extend(session.events().filter_map(|event| match event {
            Event::Failed(text) => Some(text),
            _ => None,
        }));
        texts.len() >= count
    });
    texts
}

#[test]
fn a_model_that_does_not_open_says_why_at_each_start() {
    fn fails(_: &Loading) -> Result<World, BoxError> {
        Err("the weights are cut short; fetch them again".into())
    }
    fn panics(_: &Loading) -> Result<World, BoxError> {
        panic!("open is wrong")
    }
    for (open, said) in
        [(fails as fn(&Loading) -> _, "fetch them again"), (panics, "open is wrong")]
    {
        let mut session = Session::spawn(config(Steering::Cut, 4), open, || {}).unwrap();
        let first = failures(&mut session, 1);
        session.begin(1);
        let second = failures(&mut session, 1);
        assert_eq!(first, second);
        assert!(first[0].contains(said), "{first:?}");
    }
}

#[test]
fn loading_is_shown_while_it_goes_on() {
    let (go_on, wait) = crossbeam_channel::bounded::<()>(0);
    let open = move |loading: &Loading| {
        loading.show(2_500_000_000, 10_000_000_000);
        wait.recv().ok();
        Ok(World::default())
    };
    let mut session = Session::spawn(config(Steering::Cut, 4), open, || {}).unwrap();
    let quarter = Progress { stage: Stage::Loading, step: 2_500, steps: 10_000 };
    eventually("the progress", || session.status().progress == Some(quarter));
    assert!(session.events().any(|event| event == Event::Progress(quarter)));
    drop(go_on);
    eventually("the world", || session.events().any(|event| event == Event::Ready));
    assert_eq!(session.status().progress, None);
}

#[test]
fn a_start_that_fails_can_be_followed_by_another() {
    for (start, said) in [(99, "choose another"), (98, "begin is wrong")] {
        let mut walk = Walk::new(config(Steering::Cut, 4), World::default());
        walk.session.hold(FORWARD);
        walk.begin(start);
        let text = walk.failure();
        assert!(text.contains(said), "{text}");
        assert_eq!(walk.asked(), [], "a world that did not begin does not advance");
        walk.begin(1);
        walk.show(5);
        assert!(walk.events.contains(&Event::Begun));
    }
}

#[test]
fn a_segment_that_fails_ends_the_world_and_a_new_start_is_possible() {
    type Trouble = fn(usize) -> Result<std::ops::ControlFlow<()>, BoxError>;
    let troubles: [(Trouble, &str); 3] = [
        (|asked| if asked == 2 { Err("out of memory".into()) } else { Ok(Continue(())) }, "memory"),
        (|asked| if asked == 2 { panic!("it is wrong") } else { Ok(Continue(())) }, "it is wrong"),
        (|asked| Ok(if asked == 2 { Break(()) } else { Continue(()) }), "without being asked"),
    ];
    for (trouble, said) in troubles {
        let world = World { trouble: Some(Box::new(trouble)), ..World::default() };
        let mut walk = Walk::begun(config(Steering::Cut, 64), world);
        walk.session.hold(FORWARD);
        let text = walk.failure();
        assert!(text.contains(said), "{text}");
        walk.show(FRAMES);
        let status = walk.session.status();
        assert_eq!((status.generating, status.progress), (None, None));
        assert_eq!(walk.asked().len(), 2, "a failed world is not driven on");
        walk.begin(2);
        walk.show(FRAMES + 1);
        assert!(walk.asked().len() >= 3);
    }
}

#[test]
fn a_bug_in_a_cut_ends_the_world_but_not_the_session() {
    let world = World { cut_panics: true, ..World::default() };
    let mut walk = Walk::begun(config(Steering::Cut, 4), world);
    walk.session.hold(FORWARD);
    walk.show(2);
    walk.session.hold(LEFT);
    let text = walk.failure();
    assert!(text.contains("cut is wrong"), "{text}");
    walk.begin(2);
    walk.show(3);
}

#[test]
fn a_generator_without_frames_is_not_asked_forever() {
    let world = World { has_empty_segments: true, ..World::default() };
    let mut walk = Walk::begun(config(Steering::Cut, 4), world);
    walk.session.hold(FORWARD);
    assert!(walk.failure().contains("without frames"));
    assert_eq!(walk.asked().len(), 1);
}

#[test]
fn a_config_out_of_range_is_refused() {
    for fps in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-20, 1e9] {
        let config = yume_session::SessionConfig { fps, ..config(Steering::Cut, 4) };
        let refused = Session::spawn(config, |_| Ok(World::default()), || {});
        assert!(matches!(refused, Err(SessionError::FramesPerSec(_))), "{fps}");
    }
    let refused = Session::spawn(config(Steering::Cut, 0), |_| Ok(World::default()), || {});
    assert!(matches!(refused, Err(SessionError::Lookahead)));
}
