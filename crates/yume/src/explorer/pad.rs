//! What a gamepad means, from its raw buttons and axes to a motion; knows no device.

use gilrs::{Axis, Button};
use yume_motion::{HeldKeys, Motion, Sticks, Travel, Turn};

use super::intent::Intent;

/// A stick nearer to its middle than this is at rest. Wide, because a motion has eight directions and no strength.
const DEAD_ZONE: f32 = 0.4;

/// The raw state of one pad.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PadState {
    sticks: Sticks,
    cross: HeldKeys,
}

/// What the press of a button asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PadPress {
    /// The same thing whatever the sticks do.
    Once(Intent),
    /// One segment of what the pad points at.
    TapHere,
}

impl PadState {
    /// An axis has moved to `value`, -1 to 1.
    pub(super) fn move_axis(&mut self, axis: Axis, value: f32) {
        match axis {
            Axis::LeftStickX => self.sticks.left[0] = value,
            Axis::LeftStickY => self.sticks.left[1] = value,
            Axis::RightStickX => self.sticks.right[0] = value,
            Axis::RightStickY => self.sticks.right[1] = value,
            // Some pads report their cross as two axes.
            Axis::DPadX => {
                self.cross.left = value < -0.5;
                self.cross.right = value > 0.5;
            }
            Axis::DPadY => {
                self.cross.backward = value < -0.5;
                self.cross.forward = value > 0.5;
            }
            Axis::LeftZ | Axis::RightZ | Axis::Unknown => {}
        }
    }

    /// A button has gone down or come up.
    pub(super) fn set_button(&mut self, button: Button, is_down: bool) {
        match button {
            Button::DPadUp => self.cross.forward = is_down,
            Button::DPadDown => self.cross.backward = is_down,
            Button::DPadLeft => self.cross.left = is_down,
            Button::DPadRight => self.cross.right = is_down,
            _ => {}
        }
    }

    /// The left stick walks, the right one turns; the cross walks where it is pressed.
    pub(super) fn motion(&self) -> Motion {
        let sticks = self.sticks.motion(DEAD_ZONE);
        merge(self.cross.motion(), sticks)
    }
}

/// What a button asks for when it goes down.
pub(super) fn press(button: Button) -> Option<PadPress> {
    Some(match button {
        Button::South => PadPress::TapHere,
        Button::East => PadPress::Once(Intent::RemoveNewest),
        Button::West => PadPress::Once(Intent::ToggleRecording),
        Button::North => PadPress::Once(Intent::SaveStill),
        Button::Start => PadPress::Once(Intent::TogglePause),
        Button::Select => PadPress::Once(Intent::Restart),
        Button::LeftTrigger => PadPress::Once(Intent::EditFrame),
        Button::RightTrigger => PadPress::Once(Intent::TakeEdit),
        Button::LeftTrigger2 => PadPress::Once(Intent::WriteScene),
        Button::RightTrigger2 => PadPress::Once(Intent::NextPreset),
        Button::LeftThumb => PadPress::Once(Intent::ToggleSamples),
        Button::RightThumb => PadPress::Once(Intent::ToggleHud),
        Button::Mode => PadPress::Once(Intent::ToggleHelp),
        _ => return None,
    })
}

/// Two sources of motion as one: each half comes from `first` unless that is at rest.
pub(super) fn merge(first: Motion, second: Motion) -> Motion {
    Motion {
        travel: if first.travel == Travel::Still { second.travel } else { first.travel },
        turn: if first.turn == Turn::Still { second.turn } else { first.turn },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion_of(axes: &[(Axis, f32)], down: &[Button]) -> Motion {
        let mut pad = PadState::default();
        for &(axis, value) in axes {
            pad.move_axis(axis, value);
        }
        for &button in down {
            pad.set_button(button, true);
        }
        pad.motion()
    }

    #[test]
    fn sticks_and_cross_become_motions() {
        use Axis::{DPadX, DPadY, LeftStickX, LeftStickY, LeftZ, RightStickX, RightStickY};
        type Row<'a> = (&'a [(Axis, f32)], &'a [Button], Travel, Turn);
        let table: [Row<'_>; 14] = [
            (&[], &[], Travel::Still, Turn::Still),
            (&[(LeftStickY, 1.0)], &[], Travel::Forward, Turn::Still),
            (&[(LeftStickY, -1.0)], &[], Travel::Backward, Turn::Still),
            (&[(LeftStickX, -0.9)], &[], Travel::Left, Turn::Still),
            (&[(LeftStickX, 0.7), (LeftStickY, 0.7)], &[], Travel::ForwardRight, Turn::Still),
            (&[(LeftStickX, 0.25), (LeftStickY, 0.25)], &[], Travel::Still, Turn::Still),
            (&[(RightStickX, -1.0)], &[], Travel::Still, Turn::Left),
            (&[(RightStickX, 1.0)], &[], Travel::Still, Turn::Right),
            (&[(RightStickY, 1.0)], &[], Travel::Still, Turn::Up),
            (&[(RightStickY, f32::NAN), (LeftZ, 1.0)], &[], Travel::Still, Turn::Still),
            (&[], &[Button::DPadUp, Button::DPadLeft], Travel::ForwardLeft, Turn::Still),
            (&[(DPadX, 1.0), (DPadY, -1.0)], &[], Travel::BackwardRight, Turn::Still),
            (&[(LeftStickY, 1.0)], &[Button::DPadDown], Travel::Backward, Turn::Still),
            (&[(RightStickX, 1.0)], &[Button::DPadUp], Travel::Forward, Turn::Right),
        ];
        for (axes, down, travel, turn) in table {
            assert_eq!(motion_of(axes, down), Motion { travel, turn }, "{axes:?} {down:?}");
        }
    }

    #[test]
    fn a_released_cross_stands_still() {
        let mut pad = PadState::default();
        pad.set_button(Button::DPadUp, true);
        pad.set_button(Button::DPadUp, false);
        assert!(pad.motion().is_still());
    }

    #[test]
    fn buttons_have_their_purposes() {
        let table = [
            (Button::Start, Some(PadPress::Once(Intent::TogglePause))),
            (Button::Select, Some(PadPress::Once(Intent::Restart))),
            (Button::West, Some(PadPress::Once(Intent::ToggleRecording))),
            (Button::North, Some(PadPress::Once(Intent::SaveStill))),
            (Button::South, Some(PadPress::TapHere)),
            (Button::East, Some(PadPress::Once(Intent::RemoveNewest))),
            (Button::RightTrigger2, Some(PadPress::Once(Intent::NextPreset))),
            (Button::DPadUp, None),
            (Button::Unknown, None),
        ];
        for (button, wanted) in table {
            assert_eq!(press(button), wanted, "{button:?}");
        }
    }
}
