//! The eight camera keys as key caps that light up while they act. A click puts one segment into the queue.

use egui::{
    Align2, Color32, Context, Rect, Response, Role, Sense, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use super::{Intent, View, pictogram, surface::Surface, theme};
use crate::explorer::keys::WalkKey;

const SIDE: f32 = 42.0;
const GAP: f32 = 5.0;

/// One key cap: its place in the cluster in caps, and what is on it.
struct Cap {
    key: WalkKey,
    place: [f32; 2],
}

const WALK: [Cap; 4] = [
    Cap { key: WalkKey::Forward, place: [1.0, 0.0] },
    Cap { key: WalkKey::Left, place: [0.0, 1.0] },
    Cap { key: WalkKey::Backward, place: [1.0, 1.0] },
    Cap { key: WalkKey::Right, place: [2.0, 1.0] },
];

const LOOK: [Cap; 4] = [
    Cap { key: WalkKey::TiltUp, place: [1.0, 0.0] },
    Cap { key: WalkKey::TurnLeft, place: [0.0, 1.0] },
    Cap { key: WalkKey::TiltDown, place: [1.0, 1.0] },
    Cap { key: WalkKey::TurnRight, place: [2.0, 1.0] },
];

/// Both clusters, at the lower corners.
pub(super) fn caps_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    let clusters = [
        ("walk keys", Align2::LEFT_BOTTOM, theme::EDGE, &WALK),
        ("look keys", Align2::RIGHT_BOTTOM, -theme::EDGE, &LOOK),
    ];
    for (name, corner, from_edge, caps) in clusters {
        theme::panel(context, name, corner, vec2(from_edge, -theme::EDGE), |ui| {
            cluster_ui(ui, caps, view, intents);
        });
    }
}

fn cluster_ui(ui: &mut Ui, caps: &[Cap], view: &View<'_>, intents: &mut Vec<Intent>) {
    let size = vec2(3.0 * SIDE + 2.0 * GAP, 2.0 * SIDE + GAP);
    let (whole, _) = ui.allocate_exact_size(size, Sense::hover());
    for cap in caps {
        let [column, row] = cap.place;
        let corner = whole.min + vec2(column, row) * (SIDE + GAP);
        let rect = Rect::from_min_size(corner, Vec2::splat(SIDE));
        let response = ui.interact(rect, ui.scope_id().with(cap.key.name()), Sense::click());
        let label = format!("{} for one segment", cap.key.name());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        cap_ui(ui, rect, &response, cap.key, view);
        if response.clicked() {
            intents.push(Intent::Tap(cap.key.alone().motion()));
        }
        response.on_hover_text(format!(
            "{}: hold to go on, click or press with Shift for one segment",
            cap.key.name()
        ));
    }
}

fn cap_ui(ui: &Ui, rect: Rect, response: &Response, key: WalkKey, view: &View<'_>) {
    let is_lit = acts(key, view.held);
    let is_chord = acts(key, view.chord);
    let (ground, ink, edge) = if is_lit {
        (theme::ACCENT, theme::ON_ACCENT, theme::ACCENT)
    } else if is_chord {
        (Color32::from_rgba_unmultiplied(24, 60, 56, 224), theme::ACCENT, theme::ACCENT)
    } else if response.hovered() {
        (Color32::from_rgba_unmultiplied(44, 52, 62, 224), theme::TEXT, theme::haze(60))
    } else {
        (Color32::from_rgba_unmultiplied(13, 17, 23, 200), theme::TEXT, theme::haze(30))
    };
    let painter = ui.painter();
    Surface { radius: 9.0, fill: ground, edge }.paint(painter, rect);
    if response.has_focus() {
        painter.rect_stroke(rect.expand(2.0), 11.0, theme::focus_stroke(), StrokeKind::Inside);
    }
    face(painter, rect, key, view.letters, ink);
}

/// What is printed on a key: a letter, or the arrow that a keyboard has there.
pub(super) fn face(
    painter: &egui::Painter,
    rect: Rect,
    key: WalkKey,
    letters: &[String; 4],
    ink: Color32,
) {
    let arrow = match key {
        WalkKey::TurnLeft => vec2(-1.0, 0.0),
        WalkKey::TurnRight => vec2(1.0, 0.0),
        WalkKey::TiltUp => vec2(0.0, -1.0),
        WalkKey::TiltDown => vec2(0.0, 1.0),
        WalkKey::Forward | WalkKey::Left | WalkKey::Backward | WalkKey::Right => {
            let font = egui::FontId::proportional(rect.height() * 0.42);
            let at = pos2(rect.center().x, rect.center().y);
            painter.text(at, Align2::CENTER_CENTER, letter(key, letters), font, ink);
            return;
        }
    };
    pictogram::arrow(painter, rect.center(), arrow * (rect.height() * 0.2), ink);
}

/// The letter at a walking key's place; nothing for the arrows.
fn letter(key: WalkKey, letters: &[String; 4]) -> &str {
    match key {
        WalkKey::Forward => &letters[0],
        WalkKey::Left => &letters[1],
        WalkKey::Backward => &letters[2],
        WalkKey::Right => &letters[3],
        WalkKey::TurnLeft | WalkKey::TurnRight | WalkKey::TiltUp | WalkKey::TiltDown => "",
    }
}

/// Whether `key` has a part in `motion`, which may come from a pad.
fn acts(key: WalkKey, motion: yume_motion::Motion) -> bool {
    let alone = key.alone().motion();
    let part = |a: [f32; 2], b: [f32; 2]| a[0] * b[0] + a[1] * b[1] > 0.0;
    part(alone.travel.vector(), motion.travel.vector())
        || part(alone.turn.vector(), motion.turn.vector())
}

#[cfg(test)]
mod tests {
    use yume_motion::{Motion, Travel, Turn};

    use super::*;

    #[test]
    fn the_caps_of_a_diagonal_light_up_together() {
        let motion = Motion { travel: Travel::ForwardLeft, turn: Turn::Down };
        let lit: Vec<_> = WalkKey::ALL.into_iter().filter(|&key| acts(key, motion)).collect();
        assert_eq!(lit, [WalkKey::Forward, WalkKey::Left, WalkKey::TiltDown]);
        assert!(WalkKey::ALL.into_iter().all(|key| !acts(key, Motion::STILL)));
    }
}
