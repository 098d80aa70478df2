//! How far the content of a tile has moved, by phase correlation (Kuglin and Hines, 1975).

use super::fourier::{Complex, transform};

/// Edge of a tile in pixels.
pub(crate) const TILE: usize = 32;

/// A displacement in pixels, right and down, and how sure it is: the height of the peak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shift {
    /// Columns to the right.
    pub right: f32,
    /// Rows down.
    pub down: f32,
    /// 0 to 1.
    pub peak: f32,
}

/// How far the content moves from `before` to `after`, both [`TILE`] by [`TILE`].
pub(crate) fn shift(before: &[f32], after: &[f32]) -> Shift {
    let (a, b) = (spectrum(before), spectrum(after));
    // Weighting by the root of the magnitude keeps what is strong in both; pure phase would let the
    // many weak, noisy frequencies decide.
    let mut cross: Vec<Complex> = a
        .iter()
        .zip(&b)
        .map(|(&(ar, ai), &(br, bi))| {
            let (re, im) = (br * ar + bi * ai, bi * ar - br * ai);
            let length = re.hypot(im).max(1e-9).sqrt();
            (re / length, im / length)
        })
        .collect();
    let total: f32 = cross.iter().map(|(re, im)| re.hypot(*im)).sum();
    transform(&mut cross, TILE, true);
    let at = |row: i32, column: i32| {
        let wrap = |k: i32| k.rem_euclid(TILE as i32) as usize;
        cross[wrap(row) * TILE + wrap(column)].0
    };
    let reach = TILE as i32 / 2 - 1;
    let (mut best, mut row, mut column) = (f32::MIN, 0, 0);
    for r in -reach..=reach {
        for c in -reach..=reach {
            if at(r, c) > best {
                (best, row, column) = (at(r, c), r, c);
            }
        }
    }
    Shift {
        right: column as f32 + vertex(at(row, column - 1), best, at(row, column + 1)),
        down: row as f32 + vertex(at(row - 1, column), best, at(row + 1, column)),
        peak: (best / total.max(1e-9)).clamp(0.0, 1.0),
    }
}

/// Where the parabola through three neighbours has its top, -0.5 to 0.5.
fn vertex(left: f32, middle: f32, right: f32) -> f32 {
    let bend = 2.0 * middle - left - right;
    if bend <= 1e-12 { 0.0 } else { (0.5 * (right - left) / bend).clamp(-0.5, 0.5) }
}

/// The spectrum of a tile without its mean, faded out towards its edges.
fn spectrum(tile: &[f32]) -> Vec<Complex> {
    let mean = tile.iter().sum::<f32>() / tile.len() as f32;
    let window = |k: usize| {
        let phase = std::f32::consts::TAU * (k as f32 + 0.5) / TILE as f32;
        0.5 - 0.5 * phase.cos()
    };
    let mut values: Vec<Complex> = tile
        .iter()
        .enumerate()
        .map(|(i, value)| ((value - mean) * window(i / TILE) * window(i % TILE), 0.0))
        .collect();
    transform(&mut values, TILE, false);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_texture_is_found_to_a_fraction_of_a_pixel() {
        let texture = |x: f32, y: f32| {
            (0.7 * x + 0.2 * y).sin() + (0.35 * y - 0.5 * x).cos() + (0.9 * y + 0.1 * x).sin()
        };
        let tile = |right: f32, down: f32| -> Vec<f32> {
            (0..TILE * TILE)
                .map(|i| texture((i % TILE) as f32 - right, (i / TILE) as f32 - down))
                .collect()
        };
        for (right, down) in [(0.0, 0.0), (3.0, -2.0), (1.5, 0.4), (-2.3, 1.2)] {
            let found = shift(&tile(0.0, 0.0), &tile(right, down));
            let error = (found.right - right).abs().max((found.down - down).abs());
            assert!(error < 0.35, "({right}, {down}) came out as {found:?}");
        }
    }
}
