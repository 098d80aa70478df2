//! A world that looks alike in all four directions: what lies around a corner is taken to be the street
//! that one came from, in a mirror that stands across the corner.
//!
//! Mirrors stand at odd multiples of 45 degrees from the street, so that a picture and its image have
//! their edges in common, and one turn all around closes.

use std::f32::consts::FRAC_PI_4;

/// A rotation or reflection of the ground around the camera, as the rows of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fold([[f32; 2]; 2]);

impl Fold {
    /// Leaves everything in its place.
    pub(super) const NONE: Self = Self([[1.0, 0.0], [0.0, 1.0]]);

    /// Along a street that runs at `yaw` radians, to the left of it, to its right, and behind.
    pub(super) fn all(yaw: f32) -> impl Iterator<Item = Self> {
        let mirrors = [1.0, -1.0, 2.0].map(move |eighths| Self::across(yaw + eighths * FRAC_PI_4));
        std::iter::once(Self::NONE).chain(mirrors)
    }

    /// The reflection at a line in this direction.
    fn across(radians: f32) -> Self {
        let (sin, cos) = (2.0 * radians).sin_cos();
        Self([[cos, sin], [sin, -cos]])
    }

    /// Where a place is looked up.
    #[inline]
    pub(super) fn apply(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [ahead, left] = &self.0;
        [ahead[0] * x + ahead[1] * y, left[0] * x + left[1] * y]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_street_is_found_to_both_sides_and_behind() {
        let yaw = 0.3_f32;
        let street = [5.0 * yaw.cos(), 5.0 * yaw.sin()];
        let around = [0.0, 2.0, -2.0, 4.0].map(|quarters: f32| {
            let angle = yaw + quarters * FRAC_PI_4;
            [5.0 * angle.cos(), 5.0 * angle.sin()]
        });
        for (fold, place) in Fold::all(yaw).zip(around) {
            let found = fold.apply(place);
            let off = (found[0] - street[0]).hypot(found[1] - street[1]);
            assert!(off < 1e-5, "{place:?} is looked up at {found:?}");
        }
    }
}
