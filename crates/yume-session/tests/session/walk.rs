//! A session with its fake world, a clock that jumps to the next due frame, and the frames shown.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use yume_motion::{Motion, Travel, Turn};
use yume_session::{Event, Session, SessionConfig, Steering};

use crate::fake::{Log, Mark, World};

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const FORWARD: Motion = Motion { travel: Travel::Forward, turn: Turn::Still };
pub(crate) const LEFT: Motion = Motion { travel: Travel::Left, turn: Turn::Still };
pub(crate) const RIGHT: Motion = Motion { travel: Travel::Still, turn: Turn::Right };

pub(crate) fn config(steering: Steering, lookahead_frames: usize) -> SessionConfig {
    SessionConfig { fps: 16.0, lookahead_frames, steering }
}

/// Waits until `is_true`.
pub(crate) fn eventually(what: &str, mut is_true: impl FnMut() -> bool) {
    let asked = Instant::now();
    while !is_true() {
        assert!(asked.elapsed() < PATIENCE, "{what} did not happen");
        thread::sleep(Duration::from_micros(200));
    }
}

pub(crate) struct Walk {
    pub(crate) session: Session<u8, u8>,
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) shown: Vec<Mark>,
    pub(crate) events: Vec<Event>,
    /// The time that the session is told.
    pub(crate) now: Instant,
    woken: Receiver<()>,
}

impl Walk {
    pub(crate) fn new(config: SessionConfig, world: World) -> Self {
        let log = Arc::clone(&world.log);
        let (wake, woken) = bounded(1);
        let session = Session::spawn(
            config,
            |_| Ok(world),
            move || {
                wake.try_send(()).ok();
            },
        );
        let now = Instant::now();
        Self { session: session.unwrap(), log, shown: Vec::new(), events: Vec::new(), now, woken }
    }

    /// A world that has begun, with its start picture shown.
    pub(crate) fn begun(config: SessionConfig, world: World) -> Self {
        let mut walk = Self::new(config, world);
        walk.begin(1);
        walk.show(1);
        walk
    }

    pub(crate) fn begin(&mut self, start: u8) {
        self.shown.clear();
        self.session.begin(start);
    }

    /// One tick at the time that is. Whatever is shown must be what the world keeps.
    pub(crate) fn tick(&mut self) -> Option<Instant> {
        let tick = self.session.tick(self.now);
        self.events.extend(self.session.events());
        if let Some(frame) = &tick.frame {
            self.shown.push(Mark::read(frame));
        }
        let kept = &self.log.lock().unwrap().kept;
        assert!(kept.starts_with(&self.shown), "shown {:?}, kept {kept:?}", self.shown);
        tick.next
    }

    /// Ticks, sleeps and jumps in time as a main thread would, until `count` more frames are shown.
    pub(crate) fn show(&mut self, count: usize) {
        let goal = self.shown.len() + count;
        self.until("a frame", |walk| walk.shown.len() == goal);
    }

    pub(crate) fn until(&mut self, what: &str, mut is_true: impl FnMut(&mut Self) -> bool) {
        loop {
            let next = self.tick();
            if is_true(self) {
                return;
            }
            match next {
                Some(next) => self.now = next,
                None => self.woken.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {what}")),
            }
        }
    }

    /// Shows what there is until the session rests.
    pub(crate) fn rest(&mut self) {
        eventually("rest", || {
            while let Some(next) = self.tick() {
                self.now = next;
            }
            let is_at_rest =
                self.session.queue().is_empty() && self.session.status().generating.is_none();
            let shown = self.shown.len();
            is_at_rest && self.log.lock().unwrap().kept.len() == shown
        });
    }

    /// Waits until the world was cut, without showing anything.
    pub(crate) fn cut(&self) {
        eventually("a cut", || !self.cuts().is_empty());
    }

    /// Waits for an event without showing anything.
    pub(crate) fn event(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) -> Event {
        let mut found = None;
        eventually(what, || {
            self.events.extend(self.session.events());
            found = self.events.iter().find(|event| is_it(event)).cloned();
            found.is_some()
        });
        found.unwrap()
    }

    pub(crate) fn failure(&mut self) -> String {
        match self.event("a failure", |event| matches!(event, Event::Failed(_))) {
            Event::Failed(text) => text,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn asked(&self) -> Vec<Motion> {
        self.log.lock().unwrap().asked.clone()
    }

    pub(crate) fn cuts(&self) -> Vec<usize> {
        self.log.lock().unwrap().cuts.clone()
    }

    /// The motions of the frames that were shown, each with how many frames in a row obey it.
    pub(crate) fn runs(&self) -> Vec<(Motion, usize)> {
        let runs = self.shown.chunk_by(|a, b| a.motion == b.motion);
        runs.map(|run| (run[0].motion, run.len())).collect()
    }
}
