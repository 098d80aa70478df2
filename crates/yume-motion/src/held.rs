//! The keys that are held down, as a motion.

use crate::{Motion, Travel, Turn};

/// Which of the eight directions are held at this moment.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug, Default)]
pub struct HeldKeys {
    /// Ahead.
    pub forward: bool,
    /// Sideways to the left.
    pub left: bool,
    /// Back.
    pub backward: bool,
    /// Sideways to the right.
    pub right: bool,
    /// Rotate left.
    pub turn_left: bool,
    /// Rotate right.
    pub turn_right: bool,
    /// Rotate up.
    pub tilt_up: bool,
    /// Rotate down.
    pub tilt_down: bool,
}

impl HeldKeys {
    /// The motion of the held keys. Opposite keys cancel.
    #[must_use]
    pub fn motion(&self) -> Motion {
        let axis = |positive: bool, negative: bool| i8::from(positive) - i8::from(negative);
        Motion {
            travel: Travel::from_signs([
                axis(self.forward, self.backward),
                axis(self.right, self.left),
            ]),
            turn: Turn::from_signs([
                axis(self.turn_left, self.turn_right),
                axis(self.tilt_up, self.tilt_down),
            ]),
        }
    }
}
