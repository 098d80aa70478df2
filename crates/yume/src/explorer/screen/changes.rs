//! Which pixels of the panels are to be painted anew: those under whatever came, went or looks different.

use egui::{Rect, epaint::ClippedShape, pos2};

/// Beyond so many rectangles, one around all of them is cheaper.
const MOST: usize = 12;
/// Points by which soft edges, and the snapping to pixels, may reach beyond a shape.
const SOFT: f32 = 2.0;

/// A rectangle of whole pixels: `min` is inside, `max` outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PixelRect {
    pub(super) min: [u32; 2],
    pub(super) max: [u32; 2],
}

/// The pixels that points fall on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    /// Width and height in pixels.
    pub(super) size: [u32; 2],
    pub(super) pixels_per_point: f32,
}

impl PixelRect {
    /// A place and its size, as a scissor wants them: left, top, width, height.
    pub(super) fn scissor(self) -> [u32; 4] {
        let Self { min, max } = self;
        [min[0], min[1], max[0] - min[0], max[1] - min[1]]
    }

    fn is_empty(self) -> bool {
        (0..2).any(|axis| self.min[axis] >= self.max[axis])
    }

    fn overlaps(self, other: Self) -> bool {
        (0..2).all(|axis| self.min[axis] < other.max[axis] && other.min[axis] < self.max[axis])
    }

    fn union(self, other: Self) -> Self {
        Self {
            min: [0, 1].map(|axis| self.min[axis].min(other.min[axis])),
            max: [0, 1].map(|axis| self.max[axis].max(other.max[axis])),
        }
    }
}

impl Grid {
    /// Everything.
    pub(super) fn whole(self) -> PixelRect {
        PixelRect { min: [0, 0], max: self.size }
    }

    /// All pixels that `shape` may color.
    fn pixels(self, shape: &ClippedShape) -> PixelRect {
        let bounds = shape.transform_after_tessellation * shape.shape.visual_bounding_rect();
        let bounds = bounds.expand(SOFT).intersect(shape.clip_rect);
        if !bounds.is_positive() {
            return PixelRect { min: [0, 0], max: [0, 0] };
        }
        let pixel =
            |points: f32, most: u32| (points * self.pixels_per_point).clamp(0.0, most as f32);
        let [width, height] = self.size;
        PixelRect {
            min: [
                pixel(bounds.min.x, width).floor() as u32,
                pixel(bounds.min.y, height).floor() as u32,
            ],
            max: [
                pixel(bounds.max.x, width).ceil() as u32,
                pixel(bounds.max.y, height).ceil() as u32,
            ],
        }
    }

    /// `pixels` in points.
    pub(super) fn points(self, pixels: PixelRect) -> Rect {
        let point = |[x, y]: [u32; 2]| {
            pos2(x as f32 / self.pixels_per_point, y as f32 / self.pixels_per_point)
        };
        Rect::from_min_max(point(pixels.min), point(pixels.max))
    }

    /// Disjoint rectangles around all of `shapes`.
    pub(super) fn covered(self, shapes: &[ClippedShape]) -> Vec<PixelRect> {
        let mut rects = Vec::new();
        for shape in shapes {
            add(&mut rects, self.pixels(shape));
        }
        rects
    }

    /// Disjoint rectangles around all that differs between two pictures of the panels.
    pub(super) fn changed(self, before: &[ClippedShape], after: &[ClippedShape]) -> Vec<PixelRect> {
        // What stands at the beginning and at the end of both is the same, wherever something was put in.
        let pairs = before.iter().zip(after);
        let (head, tail) = if before.len() == after.len() {
            (before.len(), 0)
        } else {
            let head = pairs.clone().take_while(|(a, b)| a == b).count();
            let rest = before[head..].iter().rev().zip(after[head..].iter().rev());
            (head, rest.take_while(|(a, b)| a == b).count())
        };
        let mut rects = Vec::new();
        let differing = pairs.take(head).filter(|(a, b)| a != b).flat_map(|(a, b)| [a, b]);
        let gone = &before[head..before.len() - tail];
        let come = &after[head..after.len() - tail];
        for shape in differing.chain(gone).chain(come) {
            add(&mut rects, self.pixels(shape));
        }
        rects
    }

    /// The parts of `shapes` that lie in `rects`, each clipped to one of them.
    pub(super) fn within(self, shapes: &[ClippedShape], rects: &[PixelRect]) -> Vec<ClippedShape> {
        let mut parts = Vec::new();
        for &rect in rects {
            let points = self.points(rect);
            for shape in shapes {
                if self.pixels(shape).overlaps(rect) {
                    let clip_rect = shape.clip_rect.intersect(points);
                    parts.push(ClippedShape { clip_rect, ..shape.clone() });
                }
            }
        }
        parts
    }
}

/// Puts a rectangle among others, which stay disjoint and few.
fn add(rects: &mut Vec<PixelRect>, mut rect: PixelRect) {
    if rect.is_empty() {
        return;
    }
    while let Some(at) = rects.iter().position(|other| other.overlaps(rect)) {
        rect = rects.swap_remove(at).union(rect);
    }
    rects.push(rect);
    if rects.len() > MOST {
        let whole = rects.iter().copied().reduce(PixelRect::union);
        rects.splice(.., whole);
    }
}

#[cfg(test)]
mod tests {
    use egui::{Color32, Shape, emath::TSTransform};

    use super::*;

    const GRID: Grid = Grid { size: [200, 100], pixels_per_point: 2.0 };

    fn square(x: f32, y: f32, color: Color32) -> ClippedShape {
        let rect = Rect::from_min_max(pos2(x, y), pos2(x + 4.0, y + 4.0));
        ClippedShape {
            clip_rect: Rect::EVERYTHING,
            shape: Shape::rect_filled(rect, 0.0, color),
            transform_after_tessellation: TSTransform::IDENTITY,
        }
    }

    fn rect(min: [u32; 2], max: [u32; 2]) -> PixelRect {
        PixelRect { min, max }
    }

    #[test]
    fn only_what_differs_is_painted_again() {
        let [red, blue] = [Color32::RED, Color32::BLUE];
        let here = square(10.0, 10.0, red);
        let there = square(60.0, 10.0, red);
        let painted_over = square(60.0, 10.0, blue);
        let far = square(80.0, 30.0, red);
        let around_here = rect([16, 16], [32, 32]);
        let around_there = rect([116, 16], [132, 32]);
        let around_far = rect([156, 56], [172, 72]);
        type Shapes = Vec<ClippedShape>;
        let table: [(&str, Shapes, Shapes, Vec<PixelRect>); 6] = [
            ("nothing", vec![here.clone()], vec![here.clone()], vec![]),
            (
                "another color",
                vec![here.clone(), there.clone()],
                vec![here.clone(), painted_over.clone()],
                vec![around_there],
            ),
            ("moved", vec![here.clone()], vec![there.clone()], vec![around_here, around_there]),
            (
                "put in between",
                vec![here.clone(), far.clone()],
                vec![here.clone(), there.clone(), far.clone()],
                vec![around_there],
            ),
            (
                "taken out",
                vec![here.clone(), there.clone(), far.clone()],
                vec![here.clone(), there.clone()],
                vec![around_far],
            ),
            ("all gone", vec![here.clone(), far], vec![], vec![around_here, around_far]),
        ];
        for (name, before, after, wanted) in table {
            assert_eq!(GRID.changed(&before, &after), wanted, "{name}");
        }
    }

    #[test]
    fn rectangles_that_overlap_become_one_and_many_become_one() {
        let shapes = [10.0, 13.0, 16.0].map(|x| square(x, 10.0, Color32::RED));
        assert_eq!(GRID.covered(&shapes), [rect([16, 16], [44, 32])]);
        let many: Vec<_> =
            (0..=MOST).map(|at| square(at as f32 * 7.5, 10.0, Color32::RED)).collect();
        assert_eq!(GRID.covered(&many).len(), 1);
    }

    #[test]
    fn pixels_end_at_the_window_and_at_the_clip() {
        let mut shape = square(98.0, 48.0, Color32::RED);
        assert_eq!(GRID.covered(&[shape.clone()]), [rect([192, 92], [200, 100])]);
        shape.clip_rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(98.5, 60.0));
        assert_eq!(GRID.covered(&[shape.clone()]), [rect([192, 92], [197, 100])]);
        shape.clip_rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(5.0, 5.0));
        assert_eq!(GRID.covered(&[shape]), []);
    }

    #[test]
    fn what_is_painted_again_takes_in_what_lies_below_and_above() {
        let below = square(10.0, 10.0, Color32::BLUE);
        let far = square(80.0, 30.0, Color32::RED);
        let above = square(12.0, 10.0, Color32::RED);
        let shapes = [below.clone(), far, above.clone()];
        let changed = [rect([20, 20], [24, 24])];
        let parts = GRID.within(&shapes, &changed);
        assert_eq!(
            parts.iter().map(|part| &part.shape).collect::<Vec<_>>(),
            [&below.shape, &above.shape]
        );
        let clip = Rect::from_min_max(pos2(10.0, 10.0), pos2(12.0, 12.0));
        assert!(parts.iter().all(|part| part.clip_rect == clip));
    }
}
