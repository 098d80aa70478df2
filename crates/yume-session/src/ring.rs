//! The frames that are generated and not yet shown, each known by its position in the world.

use std::collections::VecDeque;

use yume_media::Frame;

/// Frames ahead of the playhead. Position 0 is the start picture.
pub(crate) struct Ring {
    frames: VecDeque<Frame>,
    capacity: usize,
    shown: u64,
    /// True while the world is being cut: the playhead must not pass a boundary it does not know yet.
    pub(crate) is_frozen: bool,
}

impl Ring {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { frames: VecDeque::new(), capacity, shown: 0, is_frozen: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn has_room(&self) -> bool {
        self.frames.len() < self.capacity
    }

    /// The playhead: the position of the next frame to show, which is how many were shown.
    pub(crate) fn shown(&self) -> u64 {
        self.shown
    }

    /// The position after the newest frame.
    pub(crate) fn end(&self) -> u64 {
        self.shown + self.frames.len() as u64
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        self.frames.push_back(frame);
    }

    /// True if the playhead may take a frame.
    pub(crate) fn is_ready(&self) -> bool {
        !self.is_frozen && !self.frames.is_empty()
    }

    /// Moves the playhead past the next frame.
    pub(crate) fn take(&mut self) -> Option<Frame> {
        let frame = if self.is_ready() { self.frames.pop_front() } else { None };
        self.shown += u64::from(frame.is_some());
        frame
    }

    /// Drops the frames at position `end` and after it. What was shown stays shown.
    pub(crate) fn truncate(&mut self, end: u64) {
        let kept = usize::try_from(end.saturating_sub(self.shown)).unwrap_or(usize::MAX);
        self.frames.truncate(kept);
    }

    /// Empties the ring for a new world.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(frames: u8) -> Ring {
        let mut ring = Ring::new(4);
        (0..frames).for_each(|value| ring.push(Frame::new(1, 1, vec![value; 3])));
        ring
    }

    fn shown(ring: &mut Ring, count: usize) -> Vec<u8> {
        (0..count).filter_map(|_| ring.take()).map(|frame| frame.rgb[0]).collect()
    }

    #[test]
    fn truncate_drops_by_position_in_the_world() {
        for (taken, end, left) in
            [(0, 0, 0), (0, 2, 2), (2, 2, 0), (2, 3, 1), (2, 9, 2), (3, 1, 0), (4, 4, 0)]
        {
            let mut ring = ring(4);
            shown(&mut ring, taken);
            ring.truncate(end);
            assert_eq!(ring.len(), left, "taken {taken}, end {end}");
            assert_eq!(ring.shown(), taken as u64, "taken {taken}, end {end}");
            assert_eq!(ring.end(), (taken + left) as u64, "taken {taken}, end {end}");
        }
    }

    #[test]
    fn a_frozen_ring_shows_nothing_and_loses_nothing() {
        let mut ring = ring(3);
        assert_eq!(shown(&mut ring, 1), [0]);
        ring.is_frozen = true;
        assert_eq!(shown(&mut ring, 3), [] as [u8; 0]);
        assert_eq!((ring.shown(), ring.end()), (1, 3));
        ring.is_frozen = false;
        assert_eq!(shown(&mut ring, 3), [1, 2]);
    }

    #[test]
    fn room_ends_at_the_capacity_and_a_restart_gives_it_back() {
        let mut ring = ring(4);
        assert!(!ring.has_room());
        ring.take();
        assert!(ring.has_room());
        ring.restart();
        assert_eq!((ring.len(), ring.shown(), ring.capacity()), (0, 0, 4));
    }
}
