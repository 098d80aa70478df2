//! What the main thread and the generator thread share: wishes one way, frames the other.

use std::collections::VecDeque;

use yume_motion::Motion;

use crate::motions::{Motions, Origin};
use crate::ring::Ring;
use crate::segments::{Segment, Segments};
use crate::{Progress, Steering};

/// Edits that can wait. Each is a deliberate act of a person; further ones are refused.
pub(crate) const EDITS: usize = 16;

/// Everything under the one lock, which is held for moments only, never while a generator works.
pub(crate) struct State<S, E> {
    /// Counts starts. An order of an older epoch is stale: its outlet breaks, its result is dropped.
    pub(crate) epoch: u64,
    pub(crate) is_closed: bool,
    /// The newest start that is not yet begun; a newer one displaces it.
    pub(crate) start: Option<S>,
    /// Edits that wait, oldest first.
    edits: VecDeque<E>,
    pub(crate) motions: Motions,
    pub(crate) ring: Ring,
    pub(crate) generating: Option<Motion>,
    pub(crate) progress: Option<Progress>,
    pub(crate) segments: usize,
    pub(crate) seconds_per_segment: Option<f32>,
    /// Why the generator thread has ended, once it has.
    pub(crate) ended: Option<String>,
    steering: Steering,
    /// True from a finished `begin` until a failure or the next start.
    has_world: bool,
    /// True from a start until a failure: then edits make sense.
    has_start: bool,
    cuttable: Segments,
}

/// What the generator thread does next.
pub(crate) enum Order<S, E> {
    Begin(S),
    Advance(Motion, Origin),
    /// Cut the newest segment to this many frames.
    Cut(usize),
    Edit(E),
    Close,
}

impl<S, E> State<S, E> {
    pub(crate) fn new(lookahead_frames: usize, steering: Steering) -> Self {
        Self {
            epoch: 0,
            is_closed: false,
            start: None,
            edits: VecDeque::new(),
            motions: Motions::default(),
            ring: Ring::new(lookahead_frames),
            generating: None,
            progress: None,
            segments: 0,
            seconds_per_segment: None,
            ended: None,
            steering,
            has_world: false,
            has_start: false,
            cuttable: Segments::default(),
        }
    }

    /// Asks for a new world. Everything of the old one is stale from here on. Returns the start
    /// that this one displaces, for the caller to drop outside the lock.
    pub(crate) fn begin(&mut self, start: S) -> Option<S> {
        self.epoch += 1;
        self.motions.taps.clear();
        self.edits.clear();
        self.ring.restart();
        self.cuttable.clear();
        self.has_world = false;
        self.has_start = self.ended.is_none();
        self.generating = None;
        self.progress = None;
        self.segments = 0;
        self.start.replace(start)
    }

    /// What to do next; `None` while there is nothing to do.
    pub(crate) fn next_order(&mut self) -> Option<Order<S, E>> {
        if self.is_closed {
            return Some(Order::Close);
        }
        if let Some(start) = self.start.take() {
            return Some(Order::Begin(start));
        }
        if !self.has_world {
            return None;
        }
        let is_unwanted = |motion, origin| self.is_unwanted(motion, origin);
        if let Some(frames) = self.cuttable.cut_at(self.ring.shown(), is_unwanted) {
            self.ring.is_frozen = true;
            return Some(Order::Cut(frames));
        }
        if let Some(edit) = self.edits.pop_front() {
            return Some(Order::Edit(edit));
        }
        let (motion, origin) = self.motions.next()?;
        self.generating = Some(motion);
        Some(Order::Advance(motion, origin))
    }

    /// Takes an edit of the present world; false if there is none or too many edits wait.
    pub(crate) fn edit(&mut self, edit: E) -> bool {
        let has_room = self.has_start && self.edits.len() < EDITS;
        if has_room {
            self.edits.push_back(edit);
        }
        has_room
    }

    /// True if a segment of this motion is no longer what the held keys ask for, or an edit of
    /// the picture on screen waits: then nobody is to see what would have come after it.
    pub(crate) fn is_unwanted(&self, motion: Motion, origin: Origin) -> bool {
        !self.edits.is_empty()
            || (self.steering == Steering::Cut
                && origin == Origin::Held
                && motion != self.motions.held)
    }

    /// True if an order of `epoch` must stop.
    pub(crate) fn is_stale(&self, epoch: u64) -> bool {
        self.is_closed || self.epoch != epoch
    }

    /// Ends an order of the current epoch that gave a world, with its newest segment if it made one.
    pub(crate) fn finish(&mut self, segment: Option<Segment>) {
        self.has_world = true;
        self.rest();
        if let Some(segment) = segment {
            self.segments += 1;
            self.cuttable.push(segment, self.ring.shown());
        }
    }

    /// Ends an edit of the current epoch. What came before it is not cut any more.
    pub(crate) fn finish_edit(&mut self) {
        self.cuttable.clear();
        self.rest();
    }

    /// Ends a cut of the current epoch.
    pub(crate) fn finish_cut(&mut self, kept: usize) {
        self.ring.is_frozen = false;
        if let Some(segment) = self.cuttable.cut(kept, self.ring.shown()) {
            self.ring.truncate(segment.start + segment.frames as u64);
            self.segments -= usize::from(segment.frames == 0);
        }
    }

    /// Ends an order of the current epoch that failed. What was shown and made before stays.
    pub(crate) fn fail(&mut self) {
        self.has_world = false;
        self.has_start = false;
        self.ring.is_frozen = false;
        self.cuttable.clear();
        self.edits.clear();
        self.rest();
    }

    fn rest(&mut self) {
        self.generating = None;
        self.progress = None;
    }
}
