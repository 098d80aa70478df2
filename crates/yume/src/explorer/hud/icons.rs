//! Small pictures of what buttons do, drawn as shapes because the font has no such glyphs.

use std::f32::consts::TAU;

use egui::{
    Color32, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use super::theme;

/// What a button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    Folder,
    Samples,
    Restart,
    Pause,
    Play,
    Record,
    Stop,
    Camera,
    Pencil,
    Gauge,
    Help,
    FullScreen,
    Window,
    Close,
}

/// A square button with an icon. `label` is read aloud and shown while the pointer rests on it.
pub(super) fn icon_button(
    ui: &mut Ui,
    side: f32,
    icon: Icon,
    color: Color32,
    label: &str,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let painter = ui.painter();
    let ground = if response.is_pointer_button_down_on() {
        theme::haze(56)
    } else if response.hovered() {
        theme::haze(34)
    } else {
        Color32::TRANSPARENT
    };
    painter.rect_filled(rect, 8.0, ground);
    if response.has_focus() {
        painter.rect_stroke(rect, 8.0, theme::focus_stroke(), StrokeKind::Inside);
    }
    draw(painter, Rect::from_center_size(rect.center(), vec2(18.0, 18.0)), icon, color);
    response.on_hover_text(label)
}

/// Draws an icon into `rect`.
pub(super) fn draw(painter: &Painter, rect: Rect, icon: Icon, color: Color32) {
    let stroke = Stroke::new(1.7, color);
    // From 0 to 1 across the icon.
    let at = |x: f32, y: f32| pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height());
    let line = |points: &[(f32, f32)]| {
        painter.line(points.iter().map(|&(x, y)| at(x, y)).collect(), stroke);
    };
    let part = |left: f32, top: f32, right: f32, bottom: f32| {
        Rect::from_min_max(at(left, top), at(right, bottom))
    };
    match icon {
        Icon::Folder => line(&[
            (0.04, 0.86),
            (0.04, 0.16),
            (0.38, 0.16),
            (0.5, 0.3),
            (0.96, 0.3),
            (0.96, 0.86),
            (0.03, 0.86),
        ]),
        Icon::Samples => {
            for (x, y) in [(0.04, 0.06), (0.56, 0.06), (0.04, 0.56), (0.56, 0.56)] {
                let tile = part(x, y, x + 0.4, y + 0.38);
                painter.rect_stroke(tile, 2.0, stroke, StrokeKind::Inside);
            }
        }
        Icon::Restart => restart(painter, rect, stroke),
        Icon::Pause => {
            painter.rect_filled(part(0.2, 0.12, 0.4, 0.88), 1.5, color);
            painter.rect_filled(part(0.6, 0.12, 0.8, 0.88), 1.5, color);
        }
        Icon::Play => triangle(painter, [at(0.24, 0.08), at(0.9, 0.5), at(0.24, 0.92)], color),
        Icon::Record => {
            painter.circle_filled(rect.center(), rect.width() * 0.34, color);
        }
        Icon::Stop => {
            painter.rect_filled(part(0.18, 0.18, 0.82, 0.82), 2.5, color);
        }
        Icon::Camera => {
            painter.rect_stroke(part(0.02, 0.24, 0.98, 0.9), 3.0, stroke, StrokeKind::Inside);
            line(&[(0.3, 0.24), (0.38, 0.1), (0.62, 0.1), (0.7, 0.24)]);
            painter.circle_stroke(at(0.5, 0.56), rect.width() * 0.18, stroke);
        }
        Icon::Pencil => {
            line(&[
                (0.08, 0.92),
                (0.14, 0.66),
                (0.72, 0.08),
                (0.92, 0.28),
                (0.34, 0.86),
                (0.08, 0.92),
            ]);
            line(&[(0.58, 0.22), (0.78, 0.42)]);
        }
        Icon::Gauge => {
            let on =
                |turns: f32| at(0.5, 0.66) + rect.width() * 0.46 * egui::Vec2::angled(turns * TAU);
            painter.line((0..=16).map(|step| on(0.5 + step as f32 / 32.0)).collect(), stroke);
            line(&[(0.5, 0.66), (0.72, 0.34)]);
            painter.circle_filled(at(0.5, 0.66), rect.width() * 0.09, color);
        }
        Icon::Help => {
            let font = egui::FontId::proportional(rect.height() * 1.05);
            painter.text(rect.center(), egui::Align2::CENTER_CENTER, "?", font, color);
        }
        Icon::FullScreen => corners(&line, 0.08, 0.34),
        Icon::Window => corners(&line, 0.36, 0.06),
        Icon::Close => {
            line(&[(0.2, 0.2), (0.8, 0.8)]);
            line(&[(0.8, 0.2), (0.2, 0.8)]);
        }
    }
}

/// A filled triangle.
pub(super) fn triangle(painter: &Painter, points: [Pos2; 3], color: Color32) {
    painter.add(egui::Shape::convex_polygon(points.to_vec(), color, Stroke::NONE));
}

/// Most of a circle with a head at its end.
fn restart(painter: &Painter, rect: Rect, stroke: Stroke) {
    let radius = rect.width() * 0.38;
    let on = |turns: f32| rect.center() + radius * egui::Vec2::angled(turns * TAU);
    let arc = (0..=24).map(|step| on(-0.12 + 0.8 * step as f32 / 24.0)).collect();
    painter.line(arc, stroke);
    let tip = on(-0.14);
    let size = rect.width() * 0.3;
    triangle(
        painter,
        [
            tip + vec2(size * 0.5, -size),
            tip + vec2(size * 0.45, size * 0.3),
            tip + vec2(-size * 0.75, size * 0.1),
        ],
        stroke.color,
    );
}

/// Four corners whose elbows lie at `elbow` and whose ends at `end` from the icon's edges.
fn corners(line: &impl Fn(&[(f32, f32)]), elbow: f32, end: f32) {
    for (x, y) in [(false, false), (true, false), (false, true), (true, true)] {
        let flip = |value: f32, is_far: bool| if is_far { 1.0 - value } else { value };
        line(&[
            (flip(end, x), flip(elbow, y)),
            (flip(elbow, x), flip(elbow, y)),
            (flip(elbow, x), flip(end, y)),
        ]);
    }
}
