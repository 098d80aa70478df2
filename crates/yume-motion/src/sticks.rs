//! The two sticks of a pad, as a motion.

use std::f32::consts::FRAC_PI_4;

use crate::{Motion, Travel, Turn};

/// Stick positions `[x, y]`, each within -1 to 1, x to the right and y up. Other numbers are
/// harmless.
#[derive(Copy, Clone, PartialEq, Debug, Default)]
pub struct Sticks {
    /// Travels: up is forward.
    pub left: [f32; 2],
    /// Turns: up tilts up.
    pub right: [f32; 2],
}

impl Sticks {
    /// The motion that the sticks point at. `dead_zone` is the radius, 0 to 1, inside which a stick
    /// counts as at rest; beyond it the nearest of eight directions holds.
    #[must_use]
    pub fn motion(&self, dead_zone: f32) -> Motion {
        let [right, up] = direction(self.left, dead_zone);
        let [turn_right, tilt_up] = direction(self.right, dead_zone);
        Motion {
            travel: Travel::from_signs([up, right]),
            turn: Turn::from_signs([-turn_right, tilt_up]),
        }
    }
}

/// The signs of the nearest of eight directions, or zeros in the dead zone and for anything that is
/// not a number.
fn direction(stick: [f32; 2], dead_zone: f32) -> [i8; 2] {
    /// Counter-clockwise from the right.
    const SECTORS: [[i8; 2]; 8] =
        [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];
    let [x, y] = stick.map(|v| if v.is_nan() { 0.0 } else { v.clamp(-1.0, 1.0) });
    let length = x.hypot(y);
    // A dead zone that is not a number holds everything; one above 1 still lets a full stick
    // through.
    let is_deflected = length > dead_zone.clamp(0.0, 0.99);
    if !is_deflected {
        return [0, 0];
    }
    let eighths = (y.atan2(x) / FRAC_PI_4).round() as i32;
    SECTORS[eighths.rem_euclid(8) as usize]
}
