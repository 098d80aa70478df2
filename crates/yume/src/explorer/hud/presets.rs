//! The ways to sample, each with what a segment takes in it.

use egui::{Align2, Color32, Context, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{Intent, View, surface::Surface, theme};
use crate::explorer::PresetChoice;

const ROW: egui::Vec2 = vec2(410.0, 50.0);

/// The card with all presets, under the toolbar.
pub(super) fn presets_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    let place = vec2(-theme::EDGE, theme::EDGE + 52.0);
    theme::panel(context, "presets", Align2::RIGHT_TOP, place, |ui| {
        Surface::CARD.show(ui, theme::MARGIN, |ui| {
            ui.set_width(ROW.x);
            ui.label(theme::title("How carefully to draw"));
            ui.label(theme::small("What two seconds of walking take in each way."));
            ui.add_space(4.0);
            ui.spacing_mut().item_spacing.y = 4.0;
            for (place, preset) in view.presets.iter().enumerate() {
                if row_ui(ui, view, preset, place == view.preset) {
                    intents.push(Intent::ChoosePreset(place));
                }
            }
        });
    });
}

/// What a segment takes, in words, and whether the walk keeps up with it.
fn price(view: &View<'_>, evaluations: usize) -> (String, Color32) {
    let Some(seconds) = (view.predict)(evaluations) else {
        let passes =
            if evaluations == 1 { "1 pass".into() } else { format!("{evaluations} passes") };
        return (passes, theme::DIM);
    };
    let color = if seconds <= view.segment_secs { theme::ACCENT } else { theme::AMBER };
    let text = match seconds {
        ..9.95 => format!("about {seconds:.1} s"),
        ..120.0 => format!("about {seconds:.0} s"),
        _ => format!("about {:.0} min", seconds / 60.0),
    };
    (text, color)
}

/// One preset; `true` when it was clicked.
fn row_ui(ui: &mut Ui, view: &View<'_>, preset: &PresetChoice, is_chosen: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(ROW, Sense::click());
    let (price, color) = price(view, preset.evaluations);
    let label = format!("{}: {} {price} per segment", preset.name, preset.explanation);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, &label));
    let painter = ui.painter();
    let ground = match (is_chosen, response.hovered()) {
        (true, _) => theme::haze(40),
        (false, true) => theme::haze(28),
        (false, false) => theme::haze(12),
    };
    painter.rect_filled(rect, 8.0, ground);
    let edge = if response.has_focus() {
        theme::focus_stroke()
    } else if is_chosen {
        Stroke::new(1.5, theme::ACCENT)
    } else {
        Stroke::new(1.0, theme::haze(24))
    };
    painter.rect_stroke(rect, 8.0, edge, StrokeKind::Inside);
    let (left, right) = (rect.left() + 11.0, rect.right() - 11.0);
    let (upper, lower) = (rect.top() + 16.0, rect.top() + 35.0);
    let text = |at, align, text: &str, font, color| painter.text(at, align, text, font, color);
    text(pos2(left, upper), Align2::LEFT_CENTER, &preset.name, theme::body_font(), theme::TEXT);
    text(pos2(right, upper), Align2::RIGHT_CENTER, &price, theme::body_font(), color);
    let small = theme::small_font();
    let galley = painter.layout_no_wrap(preset.explanation.clone(), small, theme::DIM);
    let at = pos2(left, lower - galley.size().y / 2.0);
    painter.with_clip_rect(rect.shrink(6.0)).galley(at, galley, theme::DIM);
    response.clicked()
}
