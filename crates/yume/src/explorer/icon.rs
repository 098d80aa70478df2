//! The window's icon, drawn in numbers: a path to a low sun between two hills.

use winit::window::Icon;

const SIDE: u32 = 64;

/// `None` only where the platform refuses icons.
pub(super) fn icon() -> Option<Icon> {
    let pixels = (0..SIDE * SIDE).flat_map(|at| pixel(at % SIDE, at / SIDE)).collect();
    Icon::from_rgba(pixels, SIDE, SIDE).ok()
}

/// Red, green, blue and opacity.
fn pixel(column: u32, row: u32) -> [u8; 4] {
    let scale = 2.0 / SIDE as f32;
    let x = (column as f32 + 0.5) * scale - 1.0;
    let y = (row as f32 + 0.5) * scale - 1.0;
    // A rounded square: a superellipse of degree six.
    if x.powi(6) + y.powi(6) > 0.9 {
        return [0; 4];
    }
    let horizon = 0.1 + 0.12 * (x * 2.6).cos();
    if y < horizon {
        let is_sun = x * x + (y + 0.12) * (y + 0.12) < 0.09;
        let dusk = (y + 1.0) / 1.2;
        let sky =
            [28.0 + 60.0 * dusk, 46.0 + 70.0 * dusk, 84.0 + 50.0 * dusk].map(|part| part as u8);
        return if is_sun { [255, 214, 140, 255] } else { [sky[0], sky[1], sky[2], 255] };
    }
    let is_path = x.abs() < 0.08 + 0.45 * (y - horizon);
    if is_path { [214, 198, 168, 255] } else { [54, 108, 96, 255] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_icon_is_a_valid_picture_with_clear_corners() {
        assert!(icon().is_some());
        assert_eq!(pixel(0, 0)[3], 0);
        assert_eq!(pixel(SIDE / 2, SIDE / 2 - 4)[3], 255);
    }
}
