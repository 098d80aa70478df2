//! One visit: the session, and what the window shows and remembers of it. Knows no window and no graphics.

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use tracing::{info, warn};
use yume_media::{Fit, Frame};
use yume_motion::Motion;
use yume_session::{Session, Status};

use super::{
    ExplorerConfig, ExplorerEdit, ExplorerStart, PresetChoice, Sample,
    files::{Files, Order},
    intent::Intent,
    look_ahead::{Change, LookAhead},
    pad,
    taps::Fingers,
    wake::Waker,
};

/// How long good news stays on screen.
const NOTICE: Duration = Duration::from_secs(4);
/// A session that has been idle for this long will not answer a key that was released.
const SETTLE: Duration = Duration::from_millis(250);

/// What is on the person's mind beside the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Panels {
    /// Everything but the picture is hidden.
    pub(super) is_bare: bool,
    /// The list of keys is open.
    pub(super) has_help: bool,
    /// The pictures to start from are open.
    pub(super) has_samples: bool,
    /// The ways to sample are open.
    pub(super) has_presets: bool,
    /// A file is held over the window.
    pub(super) has_file_above: bool,
    /// Something failed, in sentences; stays until it is put away.
    pub(super) message: Option<String>,
    /// Good news, until it fades.
    pub(super) notice: Option<(String, Instant)>,
}

/// What a look at the session brought.
#[derive(Default)]
pub(super) struct News {
    /// A frame to show from now on.
    pub(super) frame: Option<Frame>,
    /// The look-ahead began or ended.
    pub(super) look_ahead: Option<Change>,
    /// The panels may look different.
    pub(super) has_changed: bool,
    /// When to look again although nothing happens.
    pub(super) next: Option<Instant>,
}

/// The session and everything the person did to it.
pub(super) struct Visit {
    pub(super) panels: Panels,
    pub(super) fingers: Fingers,
    pub(super) look_ahead: Option<LookAhead>,
    session: Session<ExplorerStart, ExplorerEdit>,
    files: Files,
    samples: Vec<Sample>,
    presets: Vec<PresetChoice>,
    /// The place among them of the one in use.
    preset: usize,
    recordings_dir: PathBuf,
    seed: u64,
    fps: u32,
    pad: Motion,
    held: Motion,
    /// The picture of the present world, or the last frames of its video.
    start: Option<Vec<Frame>>,
    /// What the person says about the place.
    said: Said,
    /// The picture that was written to be edited.
    edited: Option<PathBuf>,
    /// The picture on screen.
    shown: Option<Frame>,
    is_ready: bool,
    /// A picture is being read or its world begun.
    is_opening: bool,
    is_opening_recording: bool,
    has_dialog: bool,
    idle_since: Option<Instant>,
}

impl Visit {
    /// Begins with the configured picture, or with the first sample.
    pub(super) fn new(
        config: &ExplorerConfig,
        session: Session<ExplorerStart, ExplorerEdit>,
        waker: Waker,
    ) -> io::Result<Self> {
        let look_ahead = config.warp.map(|model| LookAhead::new(config.walk, model));
        let mut visit = Self {
            panels: Panels::default(),
            fingers: Fingers::default(),
            look_ahead,
            session,
            files: Files::open(waker)?,
            samples: config.samples.clone(),
            presets: config.presets.clone(),
            preset: config.preset,
            recordings_dir: config.recordings_dir.clone(),
            seed: config.seed,
            fps: config.walk.fps.round().clamp(1.0, 240.0) as u32,
            pad: Motion::STILL,
            held: Motion::STILL,
            start: None,
            said: Said::new(config),
            edited: None,
            shown: None,
            is_ready: false,
            is_opening: false,
            is_opening_recording: false,
            has_dialog: false,
            idle_since: None,
        };
        match &config.start {
            Some(path) => visit.open(path.clone()),
            None => {
                visit.panels.has_samples = !config.samples.is_empty();
                visit.start_sample(0);
            }
        }
        Ok(visit)
    }

    /// The session at a glance.
    pub(super) fn status(&self) -> Status {
        self.session.status()
    }

    /// The motions that wait.
    pub(super) fn queue(&self) -> Vec<Motion> {
        self.session.queue()
    }

    /// What is held, by keys and pad together.
    pub(super) fn held(&self) -> Motion {
        self.held
    }

    /// The playhead is stopped.
    pub(super) fn is_paused(&self) -> bool {
        self.session.is_paused()
    }

    /// The generator is open.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// A picture is being read or its world begun.
    pub(super) fn is_opening(&self) -> bool {
        self.is_opening
    }

    /// The picture on screen.
    pub(super) fn shown(&self) -> Option<&Frame> {
        self.shown.as_ref()
    }

    /// The pictures to start from.
    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// What the person says about the place.
    pub(super) fn scene(&self) -> &str {
        self.said.text()
    }

    /// The place of the preset in use.
    pub(super) fn preset(&self) -> usize {
        self.preset
    }

    /// Begins from a picture or video file once it is read.
    pub(super) fn open(&mut self, path: PathBuf) {
        info!("opening {}", path.display());
        self.is_opening = self.order(Order::ReadStart(path));
    }

    /// What the pad points at now.
    pub(super) fn set_pad(&mut self, motion: Motion, now: Instant) {
        self.pad = motion;
        self.steer(now);
    }

    /// Tells the session what is held. Call it whenever the fingers have moved.
    pub(super) fn steer(&mut self, now: Instant) {
        let held = pad::merge(self.fingers.motion(), self.pad);
        if held == self.held {
            return;
        }
        self.held = held;
        self.session.hold(held);
        if held.is_still() {
            if let Some(ahead) = &mut self.look_ahead {
                ahead.release(now);
            }
        } else {
            self.panels.has_samples = false;
            self.press(held, now);
        }
    }

    /// Fulfils what needs no window; the rest is left to the caller, who gets it back.
    pub(super) fn apply(&mut self, intent: Intent, now: Instant) -> Option<Intent> {
        match intent {
            Intent::Tap(motion) => self.tap(motion, now),
            Intent::RemoveQueued(place) => self.session.remove_queued(place),
            Intent::RemoveNewest => {
                if let Some(last) = self.session.queue().len().checked_sub(1) {
                    self.session.remove_queued(last);
                }
            }
            Intent::ClearQueue => self.session.clear_queue(),
            Intent::StartSample(place) => self.start_sample(place),
            Intent::OpenDialog => self.ask_for_picture(),
            Intent::Restart => {
                if let Some(frames) = self.start.clone() {
                    self.begin(frames);
                }
            }
            Intent::EditFrame => self.write_edit(),
            Intent::TakeEdit => self.take_edit(),
            Intent::SetScene(text) => self.set_scene(text.trim(), now),
            Intent::WriteScene => {
                self.panels.has_samples = true;
                self.panels.has_presets = false;
                return Some(Intent::WriteScene);
            }
            Intent::TogglePause => self.session.set_paused(!self.session.is_paused()),
            Intent::ToggleRecording => self.toggle_recording(),
            Intent::SaveStill => self.save_still(),
            Intent::ToggleHud => self.panels.is_bare = !self.panels.is_bare,
            Intent::ToggleHelp => self.panels.has_help = !self.panels.has_help,
            Intent::ToggleSamples => {
                self.panels.has_samples = !self.panels.has_samples && !self.samples.is_empty();
                self.panels.has_presets = false;
            }
            Intent::TogglePresets => {
                self.panels.has_presets = !self.panels.has_presets && !self.presets.is_empty();
                self.panels.has_samples = false;
            }
            Intent::ChoosePreset(place) => self.choose_preset(place, now),
            Intent::NextPreset => self.next_preset(now),
            Intent::DismissMessage => self.panels.message = None,
            Intent::StepBack if self.panels.has_help => self.panels.has_help = false,
            Intent::StepBack if self.panels.message.is_some() => self.panels.message = None,
            Intent::StepBack if self.panels.has_presets => self.panels.has_presets = false,
            Intent::StepBack | Intent::ToggleFullScreen | Intent::Zoom(_) | Intent::Quit => {
                return Some(intent);
            }
        }
        None
    }

    /// Takes in what has happened, and the frame that is due.
    pub(super) fn look(&mut self, now: Instant) -> News {
        let mut news = News::default();
        let events: Vec<_> = self.session.events().collect();
        for event in events {
            news.has_changed = true;
            self.hear(event, now);
        }
        while let Some(answer) = self.files.answer() {
            news.has_changed = true;
            self.take(answer, now);
        }
        if self.panels.notice.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.panels.notice = None;
            news.has_changed = true;
        }
        let tick = self.session.tick(now);
        if let Some(frame) = &tick.frame {
            self.shown = Some(frame.clone());
            if let Some(ahead) = &mut self.look_ahead {
                ahead.frame_shown(now);
            }
        }
        news.frame = tick.frame;
        let settle = self.settle(now);
        news.look_ahead = self.look_ahead.as_mut().and_then(|ahead| ahead.look(now));
        let notice = self.panels.notice.as_ref().map(|(_, until)| *until);
        let stall = self.look_ahead.as_ref().and_then(LookAhead::next_look);
        news.next = [tick.next, settle, notice, stall].into_iter().flatten().min();
        news
    }

    /// Shows something that failed until it is put away.
    pub(super) fn complain(&mut self, text: String) {
        warn!("{text}");
        self.panels.message = Some(text);
    }

    fn tap(&mut self, motion: Motion, now: Instant) {
        self.session.tap(motion);
        self.panels.has_samples = false;
        if self.held.is_still() {
            self.press(motion, now);
        }
    }

    fn press(&mut self, motion: Motion, now: Instant) {
        if let Some(ahead) = &mut self.look_ahead
            && self.shown.is_some()
            && !self.session.is_paused()
            && !motion.is_still()
        {
            ahead.press(motion, now);
        }
    }

    /// Lets a look-ahead fade back that no frame will answer; says when to ask again.
    fn settle(&mut self, now: Instant) -> Option<Instant> {
        let ahead = self.look_ahead.as_mut()?;
        let status = self.session.status();
        let is_idle = self.held.is_still()
            && status.generating.is_none()
            && status.ring_frames == 0
            && self.session.queue().is_empty();
        if !is_idle || !ahead.is_waiting_for_frames() {
            self.idle_since = None;
            return None;
        }
        let until = *self.idle_since.get_or_insert(now) + SETTLE;
        if until > now {
            return Some(until);
        }
        ahead.give_up(now);
        None
    }

    fn start_sample(&mut self, place: usize) {
        if let Some(sample) = self.samples.get(place) {
            self.begin(vec![sample.frame.clone()]);
        }
    }

    fn begin(&mut self, frames: Vec<Frame>) {
        self.start = Some(frames.clone());
        self.is_opening = true;
        self.panels.message = None;
        self.idle_since = None;
        // Cropping keeps upright things upright; a stretched street would bend every motion.
        let (fit, scene) = (Fit::Crop, self.said.text().to_owned());
        let sampling = self.presets.get(self.preset).map(|preset| preset.options.clone());
        self.session.begin(ExplorerStart { frames, fit, scene, seed: self.seed, sampling });
        if let Some(ahead) = &mut self.look_ahead {
            ahead.restart();
        }
    }

    fn ask_for_picture(&mut self) {
        if self.has_dialog {
            return;
        }
        match self.files.ask_for_picture() {
            Ok(()) => self.has_dialog = true,
            Err(error) => self.complain(format!(
                "The file dialog did not open: {error}. Close other programs and try again."
            )),
        }
    }

    fn toggle_recording(&mut self) {
        if self.session.status().recording.is_some() {
            self.session.stop_recording();
            return;
        }
        let Some(frame) = &self.shown else { return };
        if !self.is_opening_recording {
            let (width, height) = (frame.width, frame.height);
            let folder = self.recordings_dir.clone();
            let order = Order::OpenRecording { folder, width, height, fps: self.fps };
            self.is_opening_recording = self.order(order);
        }
    }

    fn save_still(&mut self) {
        if let Some(frame) = self.shown.clone() {
            self.order(Order::WriteStill { frame, folder: self.recordings_dir.clone() });
        }
    }

    fn order(&mut self, order: Order) -> bool {
        let is_taken = self.files.order(order);
        if !is_taken {
            self.complain(
                "The disk is still busy with what you asked for before. Try again in a moment."
                    .into(),
            );
        }
        is_taken
    }

    fn notice(&mut self, text: String, now: Instant) {
        self.panels.notice = Some((text, now + NOTICE));
    }
}

#[path = "visit_edit.rs"]
mod edit;
use edit::Said;

#[path = "visit_news.rs"]
mod news;

#[cfg(test)]
#[path = "visit_tests.rs"]
mod tests;
