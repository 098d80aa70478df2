//! The keys under the fingers: held ones walk on, a chord with Shift puts one segment into the queue.

use yume_motion::{HeldKeys, Motion};

use super::keys::WalkKey;

/// Which camera keys are down, and what they were pressed for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fingers {
    /// Pressed without Shift.
    held: HeldKeys,
    /// Pressed with Shift and still down.
    tapped: HeldKeys,
    /// Everything pressed with Shift since the chord began.
    chord: HeldKeys,
}

impl Fingers {
    /// A key goes down.
    pub(super) fn press(&mut self, key: WalkKey, is_tap: bool) {
        if is_tap {
            *key.of(&mut self.tapped) = true;
            *key.of(&mut self.chord) = true;
        } else {
            *key.of(&mut self.held) = true;
        }
    }

    /// A key comes up. The first key of a chord to come up completes it: its motion is the answer.
    pub(super) fn release(&mut self, key: WalkKey) -> Option<Motion> {
        *key.of(&mut self.held) = false;
        if !std::mem::take(key.of(&mut self.tapped)) {
            return None;
        }
        let motion = std::mem::take(&mut self.chord).motion();
        (!motion.is_still()).then_some(motion)
    }

    /// All keys come up without meaning anything, as when the window loses the focus.
    pub(super) fn release_all(&mut self) {
        *self = Self::default();
    }

    /// The motion that is held.
    pub(super) fn motion(&self) -> Motion {
        self.held.motion()
    }

    /// The chord that would go into the queue now.
    pub(super) fn chord(&self) -> Motion {
        self.chord.motion()
    }
}

#[cfg(test)]
mod tests {
    use yume_motion::{Travel, Turn};

    use super::*;

    #[test]
    fn held_keys_walk_until_they_come_up() {
        let mut fingers = Fingers::default();
        fingers.press(WalkKey::Forward, false);
        fingers.press(WalkKey::TurnLeft, false);
        let both = Motion { travel: Travel::Forward, turn: Turn::Left };
        assert_eq!(fingers.motion(), both);
        assert_eq!(fingers.release(WalkKey::TurnLeft), None);
        assert_eq!(fingers.motion(), WalkKey::Forward.alone().motion());
        assert_eq!(fingers.release(WalkKey::Forward), None);
        assert!(fingers.motion().is_still());
    }

    #[test]
    fn a_chord_is_tapped_once_when_its_first_key_comes_up() {
        let mut fingers = Fingers::default();
        fingers.press(WalkKey::Forward, true);
        fingers.press(WalkKey::Left, true);
        assert!(fingers.motion().is_still(), "a chord does not walk");
        let chord = Motion { travel: Travel::ForwardLeft, turn: Turn::Still };
        assert_eq!(fingers.chord(), chord);
        assert_eq!(fingers.release(WalkKey::Left), Some(chord));
        assert_eq!(fingers.release(WalkKey::Forward), None);
        fingers.press(WalkKey::Backward, true);
        assert_eq!(fingers.release(WalkKey::Backward), Some(WalkKey::Backward.alone().motion()));
    }

    #[test]
    fn opposite_keys_tap_nothing() {
        let mut fingers = Fingers::default();
        fingers.press(WalkKey::Left, true);
        fingers.press(WalkKey::Right, true);
        assert_eq!(fingers.release(WalkKey::Left), None);
    }

    #[test]
    fn losing_the_focus_leaves_nothing_held_and_no_chord() {
        let mut fingers = Fingers::default();
        fingers.press(WalkKey::Forward, false);
        fingers.press(WalkKey::Left, true);
        fingers.release_all();
        assert!(fingers.motion().is_still() && fingers.chord().is_still());
        assert_eq!(fingers.release(WalkKey::Left), None);
    }
}
