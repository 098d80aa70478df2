//! A visit against a small fake world: wishes reach the session, and what comes back is shown.

use std::{ops::ControlFlow, sync::Arc, thread};

use yume_checkpoint::ModelSpec;
use yume_motion::{Travel, Turn, walk::WalkRule, warp::WarpModel};
use yume_session::{BoxError, Generator, Outlet, SessionConfig, Steering};
use yume_world::Options;

use super::*;
use crate::times::Times;

const AHEAD: Motion = Motion { travel: Travel::Forward, turn: Turn::Still };
const SIDE: u32 = 16;

/// Every frame is one color: the start picture's, and one more per frame. A white picture is refused.
struct Colors {
    next: u8,
}

impl Generator for Colors {
    type Start = ExplorerStart;
    type Edit = ExplorerEdit;

    fn begin(
        &mut self,
        start: ExplorerStart,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        self.next = start.frames.last().unwrap().pixel(0, 0)[0] + brighter(&start.scene);
        self.next += start.sampling.map_or(0, |options| options.steps as u8);
        if self.next == 255 {
            return Err("white pictures lead nowhere".into());
        }
        Ok(self.emit(out))
    }

    fn advance(&mut self, _: Motion, out: &mut dyn Outlet) -> Result<ControlFlow<()>, BoxError> {
        for _ in 0..4 {
            if self.emit(out).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn edit(
        &mut self,
        edit: ExplorerEdit,
        out: &mut dyn Outlet,
    ) -> Result<ControlFlow<()>, BoxError> {
        match edit {
            ExplorerEdit::Picture(picture) => {
                self.next = picture.pixel(0, 0)[0];
                Ok(self.emit(out))
            }
            ExplorerEdit::Scene(scene) => {
                self.next += brighter(&scene);
                Ok(ControlFlow::Continue(()))
            }
            ExplorerEdit::Sampling(options) => {
                self.next += options.steps as u8;
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn cut(&mut self, frames: usize) -> usize {
        frames
    }
}

impl Colors {
    fn emit(&mut self, out: &mut dyn Outlet) -> ControlFlow<()> {
        let frame = plain(self.next);
        self.next += 1;
        out.frame(frame)
    }
}

/// Ways to sample, whose steps make all frames brighter here.
fn presets() -> Vec<PresetChoice> {
    let of_steps = |steps| PresetChoice {
        name: format!("{steps} steps"),
        explanation: String::new(),
        evaluations: steps,
        options: Options { steps, ..Options::of(&ModelSpec::yume_i2v_540p()) },
    };
    [0, 40].map(of_steps).into()
}

/// A scene such as `plus 20` makes all frames from there on brighter.
fn brighter(scene: &str) -> u8 {
    scene.strip_prefix("plus ").map_or(0, |amount| amount.parse().unwrap())
}

fn plain(color: u8) -> Frame {
    Frame::new(SIDE, SIDE, vec![color; 3 * (SIDE * SIDE) as usize])
}

struct Stage {
    visit: Visit,
    folder: PathBuf,
}

impl Stage {
    /// A visit whose two samples begin with these colors, and whose files go to a folder of its own.
    fn new(name: &str, colors: [u8; 2], start: Option<PathBuf>) -> Self {
        let folder = std::env::temp_dir().join(format!("yume-visit-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let sample = |color| Sample { name: "plain".into(), frame: plain(color) };
        let config = ExplorerConfig {
            title: String::new(),
            model_label: String::new(),
            device_label: String::new(),
            start,
            samples: colors.map(sample).into(),
            warp: Some(WarpModel::TINY_V0),
            knows_scenes: true,
            unknown_words: Arc::new(|text| {
                text.split(' ').filter(|&word| word == "snow").map(str::to_owned).collect()
            }),
            presets: presets(),
            preset: 0,
            times: Times::default(),
            segment_secs: 0.02,
            walk: WalkRule::TINY_V0,
            recordings_dir: folder.clone(),
            seed: 7,
            frame_times: false,
            exit_after: None,
        };
        let waker = Waker::new(|_| ());
        let session =
            SessionConfig { fps: 200.0, lookahead_frames: 8, steering: Steering::Segment };
        let session = Session::spawn(session, |_| Ok(Colors { next: 0 }), waker.boxed()).unwrap();
        Self { visit: Visit::new(&config, session, waker).unwrap(), folder }
    }

    /// Looks until something is true, for at most ten seconds.
    fn until(&mut self, what: &str, mut is_true: impl FnMut(&Visit) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let now = Instant::now();
            self.visit.look(now);
            if is_true(&self.visit) {
                return;
            }
            assert!(now < deadline, "{what} did not happen: {:?}", self.visit.panels);
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn until_color(&mut self, color: u8) {
        let what = format!("color {color}");
        self.until(&what, |visit| visit.shown().is_some_and(|frame| *frame == plain(color)));
    }

    fn wish(&mut self, intent: Intent) {
        let left = self.visit.apply(intent, Instant::now());
        assert_eq!(left, None);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_visit_begins_at_the_first_sample_and_walks_by_taps() {
    let mut stage = Stage::new("taps", [10, 100], None);
    stage.until_color(10);
    assert!(stage.visit.panels.has_samples);
    stage.wish(Intent::Tap(AHEAD));
    assert!(!stage.visit.panels.has_samples, "the samples make way for the walk");
    stage.until_color(14);
    stage.wish(Intent::StartSample(1));
    stage.until_color(100);
    stage.wish(Intent::StartSample(9));
    stage.wish(Intent::Tap(AHEAD));
    stage.until_color(104);
    stage.wish(Intent::Restart);
    stage.until_color(100);
}

#[test]
fn a_paused_visit_keeps_its_queue_for_editing() {
    let mut stage = Stage::new("queue", [10, 100], None);
    stage.until_color(10);
    stage.wish(Intent::TogglePause);
    assert!(stage.visit.is_paused());
    // The ring fills up first; what follows waits.
    for _ in 0..9 {
        stage.wish(Intent::Tap(AHEAD));
    }
    stage.until("a full ring", |visit| visit.status().ring_frames == 8);
    stage.until("a stop", |visit| visit.queue().len() <= 7);
    let waiting = stage.visit.queue().len();
    assert!(waiting >= 5, "{waiting}");
    stage.wish(Intent::RemoveNewest);
    stage.wish(Intent::RemoveQueued(0));
    assert_eq!(stage.visit.queue().len(), waiting - 2);
    stage.wish(Intent::ClearQueue);
    stage.wish(Intent::RemoveNewest);
    assert_eq!(stage.visit.queue(), []);
}

#[test]
fn a_held_key_walks_and_moves_the_picture_at_once() {
    let mut stage = Stage::new("held", [10, 100], None);
    stage.until_color(10);
    // A moment in which no frame has come for a while.
    let now = Instant::now() + Duration::from_millis(200);
    stage.visit.fingers.press(crate::explorer::keys::WalkKey::Forward, false);
    stage.visit.steer(now);
    assert_eq!(stage.visit.held(), AHEAD);
    let ahead = stage.visit.look_ahead.as_mut().unwrap();
    assert_eq!(ahead.look(now), Some(Change::Began));
    stage.until_color(22);
    stage.visit.fingers.release_all();
    stage.visit.steer(Instant::now());
    assert!(stage.visit.held().is_still());
}

#[test]
fn a_recording_and_a_still_land_in_the_folder() {
    let mut stage = Stage::new("files", [10, 100], None);
    stage.until_color(10);
    stage.wish(Intent::SaveStill);
    stage.until("the still", |visit| visit.panels.notice.is_some());
    stage.wish(Intent::ToggleRecording);
    stage.until("the recording", |visit| visit.status().recording.is_some());
    stage.wish(Intent::Tap(AHEAD));
    stage.until_color(14);
    stage.visit.panels.notice = None;
    stage.wish(Intent::ToggleRecording);
    stage.until("the end of the recording", |visit| visit.panels.notice.is_some());
    assert_eq!(stage.visit.panels.message, None);
    let still = yume_media::read_picture(&stage.folder.join("still-0001.png")).unwrap();
    assert!(still == plain(10));
    let video = yume_media::read_video(&stage.folder.join("walk-0001.mp4"), 99).unwrap();
    assert_eq!(video.len(), 4);
}

#[test]
fn an_edited_frame_takes_the_place_of_the_one_on_screen() {
    let mut stage = Stage::new("edit", [10, 100], None);
    stage.until_color(10);
    stage.wish(Intent::TakeEdit);
    assert!(stage.visit.panels.message.take().unwrap().contains("Press E"));
    stage.wish(Intent::EditFrame);
    stage.until("the file", |visit| visit.panels.notice.is_some());
    assert!(stage.visit.is_paused());
    let path = stage.folder.join("edit-0001.png");
    assert!(yume_media::read_picture(&path).unwrap() == plain(10));
    plain(50).write_png(&path).unwrap();
    stage.wish(Intent::TakeEdit);
    stage.until_color(50);
    assert!(!stage.visit.is_paused());
    stage.wish(Intent::Tap(AHEAD));
    stage.until_color(54);
    stage.wish(Intent::Restart);
    stage.until_color(10);
}

#[test]
fn a_scene_is_told_to_the_world_that_runs_and_to_those_that_follow() {
    let mut stage = Stage::new("scene", [10, 100], None);
    stage.until_color(10);
    stage.wish(Intent::SetScene("  plus 20 ".into()));
    assert_eq!(stage.visit.scene(), "plus 20");
    stage.wish(Intent::Tap(AHEAD));
    stage.until_color(34);
    stage.wish(Intent::StartSample(1));
    stage.until_color(120);
    let notice = |stage: &Stage| stage.visit.panels.notice.clone().unwrap().0;
    assert_eq!(notice(&stage), "Another scene");
    stage.wish(Intent::SetScene("rain snow".into()));
    assert_eq!(notice(&stage), "Unknown word: snow");
}

#[test]
fn a_preset_is_for_the_world_that_runs_and_for_those_that_follow() {
    let mut stage = Stage::new("preset", [10, 100], None);
    stage.until_color(10);
    stage.wish(Intent::TogglePresets);
    assert!(stage.visit.panels.has_presets && !stage.visit.panels.has_samples);
    for nothing in [Intent::ChoosePreset(0), Intent::ChoosePreset(7)] {
        stage.wish(nothing);
        assert_eq!((stage.visit.preset(), &stage.visit.panels.notice), (0, &None));
    }
    stage.wish(Intent::ChoosePreset(1));
    assert_eq!(stage.visit.preset(), 1);
    assert_eq!(stage.visit.panels.notice.as_ref().unwrap().0, "40 steps");
    stage.wish(Intent::Tap(AHEAD));
    stage.until_color(54);
    stage.wish(Intent::StartSample(0));
    stage.until_color(50);
    stage.wish(Intent::NextPreset);
    stage.wish(Intent::StartSample(1));
    stage.until_color(100);
    stage.wish(Intent::StepBack);
    assert!(!stage.visit.panels.has_presets);
}

#[test]
fn a_video_is_walked_on_from_its_last_frames() {
    let folder =
        std::env::temp_dir().join(format!("yume-visit-video-start-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("walk.mp4");
    let mut sink = yume_media::open_sink(&path, SIDE, SIDE, 16).unwrap();
    for color in 0..40 {
        sink.push(&plain(4 * color)).unwrap();
    }
    sink.finish().unwrap();
    let mut stage = Stage::new("video", [10, 100], Some(path));
    stage.until("the world", |visit| visit.shown().is_some());
    // The last of 33 frames is the last of the video, as far as its compression leaves it.
    let shown = stage.visit.shown().unwrap().pixel(0, 0)[0];
    assert!(shown.abs_diff(156) < 6, "{shown}");
    assert_eq!(stage.visit.start.as_ref().unwrap().len(), 33);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_fails_is_a_message_that_can_be_put_away() {
    let missing = Some(PathBuf::from("/no/such/picture.png"));
    let mut stage = Stage::new("missing", [10, 255], missing);
    stage.until("the message", |visit| visit.panels.message.is_some());
    assert!(stage.visit.panels.has_samples, "another start is offered");
    stage.wish(Intent::StepBack);
    assert_eq!(stage.visit.panels.message, None);
    stage.wish(Intent::StartSample(1));
    stage.until("the refusal", |visit| visit.panels.message.is_some());
    let text = stage.visit.panels.message.clone().unwrap();
    assert!(text.contains("white pictures lead nowhere") && text.contains("Press R"), "{text}");
    stage.wish(Intent::StartSample(0));
    stage.until_color(10);
    assert_eq!(stage.visit.panels.message, None);
}

#[test]
fn what_needs_a_window_is_handed_back() {
    let mut stage = Stage::new("window", [10, 100], None);
    let now = Instant::now();
    stage.wish(Intent::ToggleHelp);
    stage.wish(Intent::StepBack);
    assert!(!stage.visit.panels.has_help, "the help is left first");
    for intent in [Intent::StepBack, Intent::ToggleFullScreen, Intent::Quit] {
        assert_eq!(stage.visit.apply(intent.clone(), now), Some(intent));
    }
}
