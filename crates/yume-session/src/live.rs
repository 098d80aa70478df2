//! The outlet of the generator thread: frames go to the ring, and stale work is told to stop.

use std::ops::ControlFlow::{self, Break, Continue};
use std::time::{Duration, Instant};

use yume_media::Frame;
use yume_motion::Motion;

use crate::motions::Origin;
use crate::worker::Worker;
use crate::{Event, Outlet, Progress, SegmentReport};

/// One order under way.
pub(crate) struct Live<'a, S, E> {
    worker: &'a Worker<S, E>,
    epoch: u64,
    /// What an `advance` obeys; `None` for a `begin` or an edit, which no motion makes stale.
    motion: Option<(Motion, Origin)>,
    started: Instant,
    first_frame: Option<Duration>,
    /// Time spent waiting for room, which is the playhead's and not the generator's.
    waited: Duration,
    pub(crate) frames: usize,
    /// True once a call was answered with `Break`.
    pub(crate) is_broken: bool,
}

impl<'a, S, E> Live<'a, S, E> {
    pub(crate) fn new(
        worker: &'a Worker<S, E>,
        epoch: u64,
        motion: Option<(Motion, Origin)>,
    ) -> Self {
        Self {
            worker,
            epoch,
            motion,
            started: Instant::now(),
            first_frame: None,
            waited: Duration::ZERO,
            frames: 0,
            is_broken: false,
        }
    }

    /// The segment as it is now. Its place in the world is not known here.
    pub(crate) fn report(&self, motion: Motion) -> SegmentReport {
        SegmentReport {
            motion,
            index: 0,
            seconds: self.started.elapsed().saturating_sub(self.waited).as_secs_f32(),
            first_frame_secs: self.first_frame.unwrap_or_default().as_secs_f32(),
            frames: self.frames,
        }
    }

    fn answer(&mut self, is_stale: bool) -> ControlFlow<()> {
        self.is_broken |= is_stale;
        if is_stale { Break(()) } else { Continue(()) }
    }
}

impl<S, E> Outlet for Live<'_, S, E> {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        let is_stale = {
            let mut state = self.worker.state.lock();
            let is_stale = state.is_stale(self.epoch);
            if !is_stale {
                state.progress = Some(progress);
            }
            is_stale
                || self.motion.is_some_and(|(motion, origin)| state.is_unwanted(motion, origin))
        };
        if !is_stale {
            self.worker.mailbox.post(Event::Progress(progress));
        }
        self.answer(is_stale)
    }

    fn frame(&mut self, frame: Frame) -> ControlFlow<()> {
        let asked = Instant::now();
        self.first_frame.get_or_insert(asked - self.started);
        let mut frame = Some(frame);
        // `None` if the order is stale, else whether the playhead had run out of frames.
        let pushed = self.worker.state.wait_for(|state| {
            if state.is_stale(self.epoch) {
                return Some(None);
            }
            // Frames of an unwanted segment go in over the bound, so that the group of their
            // latent frame arrives whole; the next `progress` ends it and the cut takes them out.
            let is_unwanted =
                self.motion.is_some_and(|(motion, origin)| state.is_unwanted(motion, origin));
            if !state.ring.has_room() && !is_unwanted {
                return None;
            }
            let was_empty = state.ring.len() == 0;
            frame.take().into_iter().for_each(|frame| state.ring.push(frame));
            Some(Some(was_empty))
        });
        self.waited += asked.elapsed();
        self.frames += usize::from(pushed.is_some());
        if pushed == Some(true) {
            self.worker.mailbox.wake();
        }
        self.answer(pushed.is_none())
    }
}
