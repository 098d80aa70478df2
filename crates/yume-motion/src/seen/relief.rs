//! Pictures whose depth is known, seen from another place: what is near moves past what is far.

use super::source::{NEAREST, Source, pixel};
use crate::warp::WarpView;

/// Stands where a picture shows nothing.
pub(super) const NOTHING: f32 = -1.0;
/// What stands nearer to the camera than this many metres is passed by.
const TOO_NEAR: f32 = 3.0;
/// What is lower than this many metres is part of the ground.
const GROUND: f32 = 0.5;
/// The most pixels across that one pixel is spread over.
const WIDEST: f32 = 4.0;
/// Gaps of fewer rows in one surface are closed.
const GAP: usize = 12;
/// What differs less in depth is one surface.
const SURFACE: f32 = 1.5;
/// Depths that differ more within [`EDGE`] pixels have an edge between them.
const STEP: f32 = 1.25;
const EDGE: usize = 2;
/// One of the steps between them is at least so much of the whole.
const CLIFF: f32 = 0.4;
/// What is farther than 1 over this, in metres, is all alike.
const FAR: f32 = 0.01;

/// From one camera's pixels to another's. A pixel is the point 1 ahead, `u` to the right and `v` up of a
/// camera, times its depth.
pub(super) struct Passage {
    rows: [[f32; 3]; 3],
    shift: [f32; 3],
}

impl Passage {
    /// From the picture to the view, and back.
    pub(super) fn both(view: &WarpView, source: &Source<'_>) -> [Self; 2] {
        let (position, axes) = source.axes();
        let eyes = [view.forward, view.right, view.up];
        let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let apart = [position[0] - view.position[0], position[1] - view.position[1], position[2]];
        let rows = eyes.map(|eye| axes.map(|axis| dot(eye, axis)));
        let there = Self { rows, shift: eyes.map(|eye| dot(eye, apart)) };
        let rows = axes.map(|axis| eyes.map(|eye| dot(axis, eye)));
        let back = Self { rows, shift: axes.map(|axis| -dot(axis, apart)) };
        [there, back]
    }

    /// Ahead, right and up of the other camera, over the depth here.
    #[inline]
    pub(super) fn apply(&self, [u, v]: [f32; 2], inverse: f32) -> [f32; 3] {
        let part = |k: usize| {
            let [ahead, right, up] = self.rows[k];
            ahead + right * u + up * v + self.shift[k] * inverse
        };
        [part(0), part(1), part(2)]
    }
}

/// The point of a pixel 1 ahead of the camera, to the right and up.
#[inline]
pub(super) fn ray(view: &WarpView, [column, row]: [f32; 2]) -> [f32; 2] {
    let [width, height] = view.size;
    let u = ((column + 0.5) / width * 2.0 - 1.0) * view.tangent[0];
    let v = (1.0 - (row + 0.5) / height * 2.0) * view.tangent[1];
    [u, v]
}

/// The inverse depth of what the view sees of a picture with `depth`; [`NOTHING`] where it sees none of it.
pub(super) fn spread(view: &WarpView, there: &Passage, depth: &[f32]) -> Vec<f32> {
    let (width, height) = (view.size[0] as usize, view.size[1] as usize);
    let mut found = vec![NOTHING; width * height];
    for (j, depths) in depth.chunks_exact(width.max(1)).enumerate() {
        for (i, &inverse) in depths.iter().enumerate() {
            let place = there.apply(ray(view, [i as f32, j as f32]), inverse);
            // How much farther it is from here.
            let farther = place[0];
            if farther <= 1e-3 || inverse * NEAREST > farther {
                continue;
            }
            // How high it is, over its depth, as all of `place`.
            let above = view.forward[2] * place[0] + view.up[2] * place[2];
            let is_ground = above < (GROUND - view.model.camera_height) * inverse;
            if inverse * TOO_NEAR > farther && !is_ground {
                continue;
            }
            let [column, row, _] = pixel(view, place);
            // A pose that is no number would fill all of the view with every pixel.
            if !(column + row).is_finite() {
                continue;
            }
            let reach = 0.5 * (1.0 / farther).clamp(1.0, WIDEST);
            let span = |middle: f32, end: usize| {
                let first = (middle - reach).ceil().max(0.0);
                let last = (middle + reach).floor().min(end as f32 - 1.0);
                // In this order, because only numbers from 0 on become places.
                if last < first { 0..0 } else { first as usize..last as usize + 1 }
            };
            let (columns, nearer) = (span(column, width), inverse / farther);
            for line in span(row, height) {
                for value in &mut found[line * width..][columns.clone()] {
                    *value = value.max(nearer);
                }
            }
        }
    }
    for column in 0..width {
        close_gaps(&mut found, [column, width, height]);
    }
    let lines = (0..height).map(|row| [row * width, 1, width]);
    for line in lines.chain((0..width).map(|column| [column, width, height])) {
        close_cracks(&mut found, line);
    }
    found
}

/// Closes gaps in one surface on the line of `count` values from `first` on, each `step` after the one
/// before: the inverse depth of a plane is linear in pixels.
fn close_gaps(found: &mut [f32], [first, step, count]: [usize; 3]) {
    let mut last: Option<(usize, f32)> = None;
    for i in 0..count {
        let value = found[first + i * step];
        if value == NOTHING {
            continue;
        }
        if let Some((before, then)) = last {
            let gap = i - before;
            if gap > 1 && gap <= GAP && value.max(then) <= SURFACE * value.min(then) {
                for k in 1..gap {
                    let part = k as f32 / gap as f32;
                    found[first + (before + k) * step] = then + (value - then) * part;
                }
            }
        }
        last = Some((i, value));
    }
}

/// Closes what is up to two pixels wide on a line and lies behind both of its sides: a near surface was
/// stretched there.
fn close_cracks(found: &mut [f32], [first, step, count]: [usize; 3]) {
    let line: Vec<f32> = (0..count).map(|i| found[first + i * step]).collect();
    for i in 1..count.saturating_sub(1) {
        let narrow = line[i - 1].min(line[i + 1]);
        let left = line[i - 1].min(line.get(i + 2).copied().unwrap_or(NOTHING));
        let right = line[i + 1].min(if i > 1 { line[i - 2] } else { NOTHING });
        let sides = narrow.max(left).max(right);
        if sides > STEP * line[i] {
            found[first + i * step] = sides;
        }
    }
}

/// Moves what lies between two surfaces in depth onto the nearer one or the farther one: an estimate is
/// soft at edges, and nothing stands there.
pub fn sharpen(depth: &mut [f32], width: usize) {
    let height = depth.len().checked_div(width).unwrap_or(0);
    for row in 0..height {
        sharpen_line(depth, [row * width, 1, width]);
    }
    for column in 0..width {
        sharpen_line(depth, [column, width, height]);
    }
}

/// One line of it: `count` values from `first` on, each `step` after the one before.
fn sharpen_line(depth: &mut [f32], [first, step, count]: [usize; 3]) {
    let line: Vec<f32> = (0..count).map(|i| depth[first + i * step]).collect();
    for (i, &value) in line.iter().enumerate() {
        let around = &line[i.saturating_sub(EDGE)..(i + EDGE + 1).min(count)];
        let near = around.iter().copied().fold(value, f32::max);
        let far = around.iter().copied().fold(value, f32::min);
        let steepest = around.windows(2).map(|pair| (pair[0] - pair[1]).abs()).fold(0.0, f32::max);
        // On a slope all steps are alike.
        if near + FAR > STEP * (far + FAR) && steepest > CLIFF * (near - far) {
            let middle = ((near + FAR) * (far + FAR)).sqrt();
            depth[first + i * step] = if value + FAR > middle { near } else { far };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::fold::Fold;
    use crate::walk::Pose;
    use crate::warp::WarpModel;

    #[test]
    fn between_two_surfaces_there_is_nothing() {
        let mut depth = vec![0.1, 0.1, 0.1, 0.12, 0.25, 0.48, 0.5, 0.5, 0.5];
        sharpen(&mut depth, 9);
        assert_eq!(depth, [0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5]);
        // The ground below the horizon is none of that, as steep as it is.
        let slope: Vec<f32> = (0..9).map(|k| 0.02 * k as f32).collect();
        let mut depth = slope.clone();
        sharpen(&mut depth, 9);
        assert_eq!(depth, slope);
    }

    #[test]
    fn a_pixel_that_goes_over_to_the_view_comes_back() {
        let pose = |x, y, yaw, pitch| Pose { x, y, yaw, pitch };
        let view = WarpModel::TINY_V0.view(pose(1.5, -0.4, 0.3, -0.1), 0.1, [192.0, 112.0]);
        let taken = pose(-0.5, 0.2, -0.2, 0.15);
        for fold in Fold::all(0.4) {
            for side in [1.0, -1.0] {
                let source = Source { fold, side, ..Source::new(&[], None, taken, 1.0) };
                let [there, back] = Passage::both(&view, &source);
                for (at, inverse) in [([20.0, 30.0], 0.02), ([100.0, 90.0], 0.2), ([3.0, 5.0], 0.0)]
                {
                    let place = there.apply(ray(&view, at), inverse);
                    let [column, row, _] = pixel(&view, place);
                    let here = ray(&view, [column, row]);
                    let found = pixel(&view, back.apply(here, inverse / place[0]));
                    let off = (found[0] - at[0]).hypot(found[1] - at[1]);
                    assert!(off < 1e-2, "{at:?} comes back to {found:?}");
                    // And it is where a lookup of that place would find it.
                    if inverse > 0.0 && place[0] > 0.0 {
                        let metres = place[0] / inverse;
                        let spot = [0, 1, 2].map(|k| {
                            let from = [view.position[0], view.position[1], 0.0][k];
                            let [u, v] = here;
                            from + metres * (view.forward[k] + view.right[k] * u + view.up[k] * v)
                        });
                        let looked_up = source.find(&view, spot);
                        let off = (looked_up[0] - at[0]).hypot(looked_up[1] - at[1]);
                        assert!(off < 2e-2, "{at:?} is looked up at {looked_up:?}");
                    }
                }
            }
        }
    }
}
