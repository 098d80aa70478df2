//! The main thread's side of a walk. Nothing here waits, except for the bounded end of a drop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::warn;
use yume_media::FrameSink;
use yume_motion::Motion;

use crate::lock::Guarded;
use crate::mailbox::Mailbox;
use crate::playhead::Playhead;
use crate::recorder::Recorder;
use crate::state::State;
use crate::thread::Running;
use crate::worker::Worker;
use crate::{
    BoxError, Event, Generator, Loading, RecordingStatus, SessionConfig, SessionError, Status, Tick,
};

/// How long a drop waits for the generator to leave its device and for recordings to be finished.
const FAREWELL: Duration = Duration::from_secs(5);

/// One walk: a generator on its own thread, a playhead that shows what it makes, and a recorder.
///
/// Dropping it ends the generator, finishes the recording and waits at most five seconds for both.
pub struct Session<S, E> {
    config: SessionConfig,
    state: Arc<Guarded<State<S, E>>>,
    mailbox: Arc<Mailbox>,
    playhead: Playhead,
    is_paused: bool,
    recorder: Option<Recorder>,
    /// Recordings that were stopped and are being finished.
    finishing: Vec<Running>,
    generator: Running,
}

impl<S: Send + 'static, E: Send + 'static> Session<S, E> {
    /// Starts the generator thread, which calls `open` and keeps what it gives; `open` may say how far
    /// it has come. `wake` is called
    /// from any thread whenever [`tick`](Self::tick) or [`events`](Self::events) has something new;
    /// it must return at once.
    ///
    /// # Errors
    /// Fails if the config is out of range or the system gives no thread. A failure of `open` comes
    /// as [`Event::Failed`].
    pub fn spawn<G: Generator<Start = S, Edit = E>>(
        config: SessionConfig,
        open: impl FnOnce(&Loading) -> Result<G, BoxError> + Send + 'static,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, SessionError> {
        config.check()?;
        let state = Arc::new(Guarded::new(State::new(config.lookahead_frames, config.steering)));
        let mailbox = Arc::new(Mailbox::new(wake));
        let worker = Worker { state: Arc::clone(&state), mailbox: Arc::clone(&mailbox) };
        let generator =
            Running::start("generator", move || worker.run(open)).map_err(SessionError::Thread)?;
        Ok(Self {
            config,
            state,
            mailbox,
            playhead: Playhead::new(config.fps),
            is_paused: false,
            recorder: None,
            finishing: Vec::new(),
            generator,
        })
    }

    /// Begins a new world, unpaused and with an empty motion queue. Work on the old one stops, and
    /// of several starts the newest wins.
    pub fn begin(&mut self, start: S) {
        self.playhead.restart();
        self.is_paused = false;
        let (displaced, ended) =
            self.state.change(|state| (state.begin(start), state.ended.clone()));
        drop(displaced);
        if let Some(reason) = ended {
            self.mailbox.post(Event::Failed(reason));
        }
    }

    /// Changes the world at the picture on screen, whatever the steering: frames after it are
    /// forgotten, back to the end of its latent frame, and what was queued follows the edit. An
    /// event says when it is done.
    ///
    /// Returns false, and does nothing, where nothing was begun or sixteen edits wait.
    pub fn edit(&mut self, edit: E) -> bool {
        self.state.change(|state| state.edit(edit))
    }

    /// Says what is held now; [`Motion::STILL`] when nothing is.
    pub fn hold(&mut self, held: Motion) {
        let is_new = self.state.lock().motions.held != held;
        if is_new {
            self.state.change(|state| state.motions.held = held);
        }
    }

    /// Puts one segment of `motion` at the end of the motion queue. A queue of 64 takes no more.
    pub fn tap(&mut self, motion: Motion) {
        self.state.change(|state| state.motions.tap(motion));
    }

    /// The motions that wait, next one first, without the one being generated.
    #[must_use]
    pub fn queue(&self) -> Vec<Motion> {
        self.state.lock().motions.taps.iter().copied().collect()
    }

    /// Takes the motion at `index` out of the queue; nothing happens if it has just been started.
    pub fn remove_queued(&mut self, index: usize) {
        self.state.lock().motions.taps.remove(index);
    }

    /// Empties the motion queue.
    pub fn clear_queue(&mut self) {
        self.state.lock().motions.taps.clear();
    }

    /// Stops or resumes the playhead. A paused generator goes on until the ring is full.
    pub fn set_paused(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        if !is_paused {
            self.mailbox.wake();
        }
    }

    /// True while the playhead is stopped.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Moves the playhead by one frame if one is due at `now`, and gives it to the recorder too. After
    /// a stall the walk goes on from where it stood, at its usual pace.
    pub fn tick(&mut self, now: Instant) -> Tick {
        self.sweep();
        let idle = Tick { frame: None, next: None };
        if self.is_paused {
            return idle;
        }
        let mut state = self.state.lock();
        if !state.ring.is_ready() {
            return idle;
        }
        if let Some(due) = self.playhead.wait(now) {
            return Tick { frame: None, next: Some(due) };
        }
        if self.recorder.as_ref().is_some_and(|recorder| !recorder.has_room()) {
            return idle;
        }
        let frame = state.ring.take();
        // A ring that runs empty wakes the main thread with its next frame.
        let has_next = state.ring.is_ready();
        drop(state);
        self.state.notify();
        if let (Some(recorder), Some(frame)) = (&mut self.recorder, &frame) {
            recorder.push(frame.clone());
        }
        let due = self.playhead.show(now);
        Tick { frame, next: has_next.then_some(due) }
    }

    /// What happened since the last call, oldest first.
    pub fn events(&mut self) -> impl Iterator<Item = Event> + use<S, E> {
        self.mailbox.take().into_iter()
    }

    /// The session at a glance.
    #[must_use]
    pub fn status(&self) -> Status {
        let fps = self.config.fps;
        let recording = self.recorder.as_ref().map(|recorder| RecordingStatus {
            path: recorder.path.clone(),
            frames: recorder.given,
            seconds: recorder.given as f32 / fps,
        });
        let state = self.state.lock();
        Status {
            ring_frames: state.ring.len(),
            ring_capacity: state.ring.capacity(),
            generating: state.generating,
            progress: state.progress,
            segments: state.segments,
            seconds_per_segment: state.seconds_per_segment,
            recording,
            shown_frames: state.ring.shown(),
        }
    }

    /// Records frames from the next shown one on. A recording under way is finished first. `path` is
    /// where `sink` writes, for messages.
    pub fn record(&mut self, sink: Box<dyn FrameSink>, path: PathBuf) {
        self.stop_recording();
        match Recorder::start(sink, path, Arc::clone(&self.mailbox)) {
            Ok(recorder) => self.recorder = Some(recorder),
            Err(error) => self.mailbox.post(Event::RecordingFailed(format!(
                "the recorder thread did not start; close other programs and try again ({error})"
            ))),
        }
    }

    /// Ends the recording. Its file is finished on its own thread; an event says when.
    pub fn stop_recording(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            self.finishing.push(recorder.stop());
            // The playhead may have been waiting for it.
            self.mailbox.wake();
        }
    }

    /// Lets go of recorders that have failed or are done.
    fn sweep(&mut self) {
        self.finishing.retain(|running| !running.has_ended());
        if self.recorder.as_ref().is_some_and(Recorder::has_failed) {
            self.stop_recording();
        }
    }
}

impl<S, E> Drop for Session<S, E> {
    fn drop(&mut self) {
        // All are told before any is awaited.
        self.state.change(|state| state.is_closed = true);
        self.finishing.extend(self.recorder.take().map(Recorder::stop));
        let deadline = Instant::now() + FAREWELL;
        for running in self.finishing.iter().chain([&self.generator]) {
            if !running.wait(deadline) {
                warn!("a thread of the session is still busy and is left to itself");
            }
        }
    }
}
