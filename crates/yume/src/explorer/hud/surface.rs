//! Rounded grounds as nine stretched pieces of one small texture: few triangles and no pixel twice,
//! which is what counts where the processor draws.

use egui::{
    Color32, ColorImage, Context, Frame, Id, Margin, Mesh, Painter, Pos2, Rect, Shape,
    TextureHandle, TextureOptions, Ui, pos2,
};

use super::theme;

/// Texels along a rounded corner; the corners of the panels are at most half as many points wide.
const CORNER: usize = 24;
/// Texels in the middle, all alike, that are stretched.
const MIDDLE: usize = 2;
const SIDE: usize = 2 * CORNER + MIDDLE;
/// Texels of the outline: one point at the usual corner of twelve points.
const EDGE: f32 = 2.0;

/// The colors of a ground.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    /// Radius of the corners in points.
    pub(super) radius: f32,
    pub(super) fill: Color32,
    /// The outline, inside the rectangle.
    pub(super) edge: Color32,
}

impl Surface {
    /// The ground of all panels.
    pub(super) const CARD: Self =
        Self { radius: 12.0, fill: theme::CARD_FILL, edge: theme::CARD_EDGE };

    /// Paints the ground into `rect`.
    pub(super) fn paint(self, painter: &Painter, rect: Rect) {
        painter.add(self.shape(painter.ctx(), rect));
    }

    /// A panel of this ground around some content.
    pub(super) fn show(self, ui: &mut Ui, margin: Margin, content: impl FnOnce(&mut Ui)) {
        let below = ui.painter().add(Shape::Noop);
        let shown = Frame::new().inner_margin(margin).show(ui, content);
        let shape = self.shape(ui.ctx(), shown.response.rect);
        ui.painter().set(below, shape);
    }

    fn shape(self, context: &Context, rect: Rect) -> Shape {
        let mut mesh = Mesh::with_texture(texture(context).id());
        let radius = self.radius.min(rect.width() / 2.0).min(rect.height() / 2.0);
        let columns = [rect.left(), rect.left() + radius, rect.right() - radius, rect.right()];
        let rows = [rect.top(), rect.top() + radius, rect.bottom() - radius, rect.bottom()];
        for (half, color) in [(0.0, self.fill), (0.5, self.edge)] {
            if color == Color32::TRANSPARENT {
                continue;
            }
            let texels = [0, CORNER, CORNER + MIDDLE, SIDE].map(|at| at as f32 / SIDE as f32);
            for row in 0..3 {
                for column in 0..3 {
                    // The outline has nothing within; its pixels would cost as much as the fill's.
                    if half > 0.0 && (row, column) == (1, 1) {
                        continue;
                    }
                    let between = |x: &[f32; 4], y: &[f32; 4], to: &dyn Fn(f32) -> f32| {
                        Rect::from_min_max(
                            pos2(to(x[column]), y[row]),
                            pos2(to(x[column + 1]), y[row + 1]),
                        )
                    };
                    let place = between(&columns, &rows, &|x| x);
                    // Fill and outline lie side by side in the texture.
                    let uv = between(&texels, &texels, &|x| half + x / 2.0);
                    mesh.add_rect_with_uv(place, uv, color);
                }
            }
        }
        Shape::mesh(mesh)
    }
}

/// The texture, made when it is first asked for.
fn texture(context: &Context) -> TextureHandle {
    let id = Id::unique("rounded grounds");
    if let Some(texture) = context.data(|data| data.get_temp::<TextureHandle>(id)) {
        return texture;
    }
    let texture = context.load_texture("rounded grounds", masks(), TextureOptions::LINEAR);
    context.data_mut(|data| data.insert_temp(id, texture.clone()));
    texture
}

/// A filled rounded square, and its outline to the right of it, in white.
fn masks() -> ColorImage {
    let mut image = ColorImage::filled([2 * SIDE, SIDE], Color32::TRANSPARENT);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let inside = depth(pos2(x as f32 + 0.5, y as f32 + 0.5));
            let fill = (inside + 0.5).clamp(0.0, 1.0);
            let edge = fill - (inside - EDGE + 0.5).clamp(0.0, 1.0);
            for (half, part) in [fill, edge].into_iter().enumerate() {
                let white = Color32::from_white_alpha((255.0 * part).round() as u8);
                image.pixels[y * 2 * SIDE + half * SIDE + x] = white;
            }
        }
    }
    image
}

/// How many texels `at` lies inside the rounded square; negative outside.
fn depth(at: Pos2) -> f32 {
    let (radius, side) = (CORNER as f32, SIDE as f32);
    let center = at.clamp(pos2(radius, radius), pos2(side - radius, side - radius));
    radius - at.distance(center)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_is_clear_in_the_corner_and_full_within() {
        let image = masks();
        let alpha = |x: usize, y: usize| image.pixels[y * 2 * SIDE + x].a();
        assert_eq!(alpha(0, 0), 0);
        assert_eq!(alpha(CORNER, CORNER), 255);
        assert_eq!(alpha(0, CORNER), 255, "a straight edge is full to its last texel");
        assert_eq!(alpha(SIDE + CORNER, CORNER), 0, "the outline is clear within");
        assert_eq!(alpha(SIDE, CORNER), 255);
        assert_eq!(alpha(SIDE + CORNER, SIDE - 1), 255);
    }

    #[test]
    fn a_ground_is_seventeen_quads_at_most_and_fills_its_rectangle() {
        let context = Context::default();
        let rect = Rect::from_min_max(pos2(10.0, 20.0), pos2(30.0, 36.0));
        let Shape::Mesh(mesh) = Surface::CARD.shape(&context, rect) else { panic!("no mesh") };
        assert_eq!(mesh.indices.len(), 6 * 17);
        assert_eq!(mesh.calc_bounds(), rect);
        let bare = Surface { edge: Color32::TRANSPARENT, ..Surface::CARD };
        let Shape::Mesh(mesh) = bare.shape(&context, rect) else { panic!("no mesh") };
        assert_eq!(mesh.indices.len(), 6 * 9);
    }
}
