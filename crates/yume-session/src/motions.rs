//! Which motion comes next: the queue of taps first, then what is held at that moment.

use std::collections::VecDeque;

use yume_motion::Motion;

/// Taps that can wait. More than a person can mean; further ones are dropped.
pub(crate) const TAPS: usize = 64;

/// Where the motion of a segment came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A tap asks for one whole segment, so it is never cut.
    Tap,
    /// A held key is a level: its segments last as long as it is held.
    Held,
}

/// The motion queue.
#[derive(Default)]
pub(crate) struct Motions {
    pub(crate) held: Motion,
    pub(crate) taps: VecDeque<Motion>,
}

impl Motions {
    pub(crate) fn tap(&mut self, motion: Motion) {
        if self.taps.len() < TAPS {
            self.taps.push_back(motion);
        }
    }

    /// Takes the motion of the next segment; `None` when nothing is asked for.
    pub(crate) fn next(&mut self) -> Option<(Motion, Origin)> {
        match self.taps.pop_front() {
            Some(motion) => Some((motion, Origin::Tap)),
            None if self.held.is_still() => None,
            None => Some((self.held, Origin::Held)),
        }
    }
}
