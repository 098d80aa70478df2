//! Keys by their place on the keyboard, so that every layout walks with the same fingers.

use winit::keyboard::{KeyCode, ModifiersState};
use yume_motion::HeldKeys;

use super::intent::{Intent, Zoom};

/// A key that moves the camera while it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WalkKey {
    Forward,
    Left,
    Backward,
    Right,
    TurnLeft,
    TurnRight,
    TiltUp,
    TiltDown,
}

impl WalkKey {
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] = [
        Self::Forward,
        Self::Left,
        Self::Backward,
        Self::Right,
        Self::TurnLeft,
        Self::TurnRight,
        Self::TiltUp,
        Self::TiltDown,
    ];

    /// Where this key is kept among the held ones.
    pub(super) fn of(self, held: &mut HeldKeys) -> &mut bool {
        match self {
            Self::Forward => &mut held.forward,
            Self::Left => &mut held.left,
            Self::Backward => &mut held.backward,
            Self::Right => &mut held.right,
            Self::TurnLeft => &mut held.turn_left,
            Self::TurnRight => &mut held.turn_right,
            Self::TiltUp => &mut held.tilt_up,
            Self::TiltDown => &mut held.tilt_down,
        }
    }

    /// This key alone.
    pub(super) fn alone(self) -> HeldKeys {
        let mut held = HeldKeys::default();
        *self.of(&mut held) = true;
        held
    }

    /// Its name for a person who does not see the picture of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Forward => "Walk forward",
            Self::Left => "Step left",
            Self::Backward => "Walk backward",
            Self::Right => "Step right",
            Self::TurnLeft => "Turn left",
            Self::TurnRight => "Turn right",
            Self::TiltUp => "Look up",
            Self::TiltDown => "Look down",
        }
    }
}

/// What a key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Moves the camera.
    Walk(WalkKey),
    /// Does something once.
    Once(Intent),
}

/// The purpose of a key, or `None` for a key that has none here.
pub(super) fn purpose(key: KeyCode, modifiers: ModifiersState) -> Option<Purpose> {
    // What the desktop does with its own combinations is not for us.
    if modifiers.super_key() && !cfg!(target_os = "macos") || modifiers.alt_key() {
        return None;
    }
    if modifiers.control_key() || modifiers.super_key() {
        return with_control(key).map(Purpose::Once);
    }
    walk_key(key).map(Purpose::Walk).or_else(|| once(key, modifiers).map(Purpose::Once))
}

/// The camera key at this place.
pub(super) fn walk_key(key: KeyCode) -> Option<WalkKey> {
    Some(match key {
        KeyCode::KeyW => WalkKey::Forward,
        KeyCode::KeyA => WalkKey::Left,
        KeyCode::KeyS => WalkKey::Backward,
        KeyCode::KeyD => WalkKey::Right,
        KeyCode::ArrowLeft => WalkKey::TurnLeft,
        KeyCode::ArrowRight => WalkKey::TurnRight,
        KeyCode::ArrowUp => WalkKey::TiltUp,
        KeyCode::ArrowDown => WalkKey::TiltDown,
        _ => return None,
    })
}

fn once(key: KeyCode, modifiers: ModifiersState) -> Option<Intent> {
    Some(match key {
        KeyCode::KeyR => Intent::Restart,
        KeyCode::KeyP | KeyCode::Space => Intent::TogglePause,
        KeyCode::KeyF | KeyCode::F11 => Intent::ToggleFullScreen,
        KeyCode::KeyV | KeyCode::F9 => Intent::ToggleRecording,
        KeyCode::KeyC | KeyCode::F12 => Intent::SaveStill,
        KeyCode::KeyH => Intent::ToggleHud,
        KeyCode::KeyG => Intent::ToggleSamples,
        KeyCode::KeyO => Intent::OpenDialog,
        KeyCode::KeyE if modifiers.shift_key() => Intent::TakeEdit,
        KeyCode::KeyE => Intent::EditFrame,
        KeyCode::KeyT => Intent::WriteScene,
        KeyCode::KeyQ if modifiers.shift_key() => Intent::NextPreset,
        KeyCode::KeyQ => Intent::TogglePresets,
        KeyCode::F1 => Intent::ToggleHelp,
        KeyCode::Escape => Intent::StepBack,
        KeyCode::Backspace if modifiers.shift_key() => Intent::ClearQueue,
        KeyCode::Backspace => Intent::RemoveNewest,
        KeyCode::Delete => Intent::ClearQueue,
        KeyCode::Digit1 => Intent::StartSample(0),
        KeyCode::Digit2 => Intent::StartSample(1),
        KeyCode::Digit3 => Intent::StartSample(2),
        KeyCode::Digit4 => Intent::StartSample(3),
        KeyCode::Digit5 => Intent::StartSample(4),
        KeyCode::Digit6 => Intent::StartSample(5),
        KeyCode::Digit7 => Intent::StartSample(6),
        KeyCode::Digit8 => Intent::StartSample(7),
        KeyCode::Digit9 => Intent::StartSample(8),
        _ => return None,
    })
}

fn with_control(key: KeyCode) -> Option<Intent> {
    Some(match key {
        KeyCode::KeyO => Intent::OpenDialog,
        KeyCode::KeyQ => Intent::Quit,
        KeyCode::Equal | KeyCode::NumpadAdd => Intent::Zoom(Zoom::Larger),
        KeyCode::Minus | KeyCode::NumpadSubtract => Intent::Zoom(Zoom::Smaller),
        KeyCode::Digit0 | KeyCode::Numpad0 => Intent::Zoom(Zoom::Usual),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use yume_motion::{Motion, Travel, Turn};

    use super::*;

    #[test]
    fn each_camera_key_moves_its_own_way() {
        let table = [
            (KeyCode::KeyW, Travel::Forward, Turn::Still),
            (KeyCode::KeyA, Travel::Left, Turn::Still),
            (KeyCode::KeyS, Travel::Backward, Turn::Still),
            (KeyCode::KeyD, Travel::Right, Turn::Still),
            (KeyCode::ArrowLeft, Travel::Still, Turn::Left),
            (KeyCode::ArrowRight, Travel::Still, Turn::Right),
            (KeyCode::ArrowUp, Travel::Still, Turn::Up),
            (KeyCode::ArrowDown, Travel::Still, Turn::Down),
        ];
        for (key, travel, turn) in table {
            let Some(Purpose::Walk(walk)) = purpose(key, ModifiersState::empty()) else {
                panic!("{key:?} does not move the camera");
            };
            assert_eq!(walk.alone().motion(), Motion { travel, turn }, "{key:?}");
            let shifted = purpose(key, ModifiersState::SHIFT);
            assert_eq!(shifted, Some(Purpose::Walk(walk)), "{key:?} with shift");
        }
    }

    #[test]
    fn each_other_key_does_its_one_thing() {
        let none = ModifiersState::empty();
        let table = [
            (KeyCode::KeyR, none, Some(Intent::Restart)),
            (KeyCode::KeyP, none, Some(Intent::TogglePause)),
            (KeyCode::Space, none, Some(Intent::TogglePause)),
            (KeyCode::F11, none, Some(Intent::ToggleFullScreen)),
            (KeyCode::KeyF, none, Some(Intent::ToggleFullScreen)),
            (KeyCode::F9, none, Some(Intent::ToggleRecording)),
            (KeyCode::KeyV, none, Some(Intent::ToggleRecording)),
            (KeyCode::F12, none, Some(Intent::SaveStill)),
            (KeyCode::KeyC, none, Some(Intent::SaveStill)),
            (KeyCode::KeyH, none, Some(Intent::ToggleHud)),
            (KeyCode::F1, none, Some(Intent::ToggleHelp)),
            (KeyCode::Escape, none, Some(Intent::StepBack)),
            (KeyCode::Backspace, none, Some(Intent::RemoveNewest)),
            (KeyCode::Backspace, ModifiersState::SHIFT, Some(Intent::ClearQueue)),
            (KeyCode::KeyE, none, Some(Intent::EditFrame)),
            (KeyCode::KeyE, ModifiersState::SHIFT, Some(Intent::TakeEdit)),
            (KeyCode::KeyT, none, Some(Intent::WriteScene)),
            (KeyCode::Digit1, none, Some(Intent::StartSample(0))),
            (KeyCode::Digit9, none, Some(Intent::StartSample(8))),
            (KeyCode::KeyQ, none, Some(Intent::TogglePresets)),
            (KeyCode::KeyQ, ModifiersState::SHIFT, Some(Intent::NextPreset)),
            (KeyCode::KeyQ, ModifiersState::ALT, None),
            (KeyCode::KeyQ, ModifiersState::CONTROL, Some(Intent::Quit)),
            (KeyCode::KeyO, ModifiersState::CONTROL, Some(Intent::OpenDialog)),
            (KeyCode::Digit0, ModifiersState::CONTROL, Some(Intent::Zoom(Zoom::Usual))),
            (KeyCode::KeyR, ModifiersState::CONTROL, None),
            (KeyCode::KeyW, ModifiersState::CONTROL, None),
            (KeyCode::F11, ModifiersState::ALT, None),
        ];
        for (key, modifiers, intent) in table {
            let wanted = intent.map(Purpose::Once);
            assert_eq!(purpose(key, modifiers), wanted, "{key:?} with {modifiers:?}");
        }
    }

    #[test]
    fn the_held_keys_are_eight_different_ones() {
        for (place, key) in WalkKey::ALL.into_iter().enumerate() {
            for other in &WalkKey::ALL[..place] {
                assert_ne!(key.alone(), other.alone());
            }
        }
    }
}
