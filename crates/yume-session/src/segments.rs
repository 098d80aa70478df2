//! The newest segments of the world, as far as they can still be cut.

use std::collections::VecDeque;

use yume_motion::Motion;

use crate::motions::Origin;

/// A stretch of the world that one `advance` made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) motion: Motion,
    pub(crate) origin: Origin,
    /// Position of its first frame in the world.
    pub(crate) start: u64,
    pub(crate) frames: usize,
    /// False if it was broken off after its first frame: then it must be cut before anything else.
    pub(crate) is_whole: bool,
}

impl Segment {
    fn seen(&self, playhead: u64) -> usize {
        usize::try_from(playhead.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.frames)
    }
}

/// Segments that the playhead has not passed, oldest first.
#[derive(Default)]
pub(crate) struct Segments(VecDeque<Segment>);

impl Segments {
    pub(crate) fn push(&mut self, segment: Segment, playhead: u64) {
        while self.0.front().is_some_and(|oldest| oldest.seen(playhead) == oldest.frames) {
            self.0.pop_front();
        }
        self.0.push_back(segment);
    }

    /// How many frames the newest segment must keep, if it is to be cut: it was broken off, or
    /// `is_unwanted` and frames of it were not shown yet.
    pub(crate) fn cut_at(
        &self,
        playhead: u64,
        is_unwanted: impl FnOnce(Motion, Origin) -> bool,
    ) -> Option<usize> {
        let newest = self.0.back()?;
        let seen = newest.seen(playhead);
        let is_due =
            !newest.is_whole || (seen < newest.frames && is_unwanted(newest.motion, newest.origin));
        is_due.then_some(seen)
    }

    /// Takes in what the generator kept of the newest segment, and returns it as it is now. If
    /// nothing is left of it, the segment before is the newest, and may be cut in turn.
    pub(crate) fn cut(&mut self, kept: usize, playhead: u64) -> Option<Segment> {
        let mut newest = self.0.pop_back()?;
        newest.frames = kept.clamp(newest.seen(playhead), newest.frames);
        if newest.frames > 0 {
            self.0.clear();
        }
        Some(newest)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(count: u64) -> Segments {
        let mut segments = Segments::default();
        for index in 0..count {
            let segment = Segment {
                motion: Motion::STILL,
                origin: Origin::Held,
                start: 1 + 8 * index,
                frames: 8,
                is_whole: true,
            };
            segments.push(segment, 0);
        }
        segments
    }

    #[test]
    fn only_the_unseen_part_of_an_unwanted_segment_is_cut() {
        for (playhead, is_unwanted, expected) in [
            (1, true, Some(0)),
            (4, true, Some(3)),
            (4, false, None),
            (8, true, Some(7)),
            (9, true, None),
        ] {
            let at = segments(1).cut_at(playhead, |_, _| is_unwanted);
            assert_eq!(at, expected, "playhead {playhead}, unwanted {is_unwanted}");
        }
    }

    #[test]
    fn a_cut_goes_back_to_the_segment_being_shown() {
        let mut segments = segments(3);
        assert_eq!(segments.cut_at(3, |_, _| true), Some(0));
        assert_eq!(segments.cut(0, 3).map(|cut| (cut.start, cut.frames)), Some((17, 0)));
        assert_eq!(segments.cut(0, 3).map(|cut| (cut.start, cut.frames)), Some((9, 0)));
        assert_eq!(segments.cut_at(3, |_, _| true), Some(2));
        assert_eq!(segments.cut(4, 3).map(|cut| (cut.start, cut.frames)), Some((1, 4)));
        assert_eq!(segments.cut_at(3, |_, _| true), None, "a cut segment is settled");
    }

    #[test]
    fn what_the_generator_answers_is_held_to_what_exists() {
        assert_eq!(segments(1).cut(usize::MAX, 4).map(|cut| cut.frames), Some(8));
        assert_eq!(segments(1).cut(0, 4).map(|cut| cut.frames), Some(3));
    }

    #[test]
    fn nothing_before_a_kept_segment_is_cut() {
        let mut segments = segments(2);
        assert_eq!(segments.cut(usize::MAX, 3).map(|cut| (cut.start, cut.frames)), Some((9, 8)));
        assert_eq!(segments.cut_at(3, |_, _| true), None);
    }

    #[test]
    fn a_segment_that_was_broken_off_is_cut_though_it_is_wanted() {
        let mut segments = segments(1);
        segments.0[0].is_whole = false;
        for (playhead, expected) in [(1, 0), (4, 3), (9, 8)] {
            assert_eq!(segments.cut_at(playhead, |_, _| false), Some(expected));
        }
    }

    #[test]
    fn passed_segments_are_forgotten() {
        let mut segments = segments(2);
        let newest = Segment { start: 17, ..segments.0[1] };
        segments.push(newest, 17);
        assert_eq!(segments.0.len(), 1);
    }
}
