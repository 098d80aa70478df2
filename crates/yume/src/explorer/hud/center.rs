//! What fills the window while there is no picture, and what a file over the window finds.

use egui::{Align2, Color32, Context, Id, LayerId, Order, Stroke, StrokeKind, vec2};

use super::{Intent, View, state, theme};

/// The first thing a person sees while the model loads or no picture is chosen.
pub(super) fn center_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    theme::panel(context, "center", Align2::CENTER_CENTER, vec2(0.0, 0.0), |ui| {
        ui.set_width(360.0);
        ui.vertical_centered(|ui| {
            if view.is_opening || !view.is_ready {
                let (doing, color) = state::doing(view);
                ui.label(theme::title(doing.as_str()));
                ui.add_space(8.0);
                theme::bar(ui, 240.0, state::share_done(view).unwrap_or(0.0), color, &doing);
                ui.add_space(4.0);
                ui.label(theme::small(view.model_label));
                return;
            }
            ui.label(theme::title("Drop a picture or a video here to walk into it"));
            ui.add_space(4.0);
            ui.label(theme::small("PNG, JPEG, WebP, BMP, GIF, MP4 or WebM"));
            ui.add_space(10.0);
            let open = egui::Button::new(theme::body("Open a picture or video…"));
            if ui.add(open).clicked() {
                intents.push(Intent::OpenDialog);
            }
        });
    });
}

/// Where a dropped file would land: the whole window.
pub(super) fn drop_ui(context: &Context) {
    let painter = context.layer_painter(LayerId::new(Order::Foreground, Id::unique("drop")));
    let rect = context.content_rect();
    painter.rect_filled(rect, 0.0, Color32::from_black_alpha(150));
    let stroke = Stroke::new(2.0, theme::ACCENT);
    painter.rect_stroke(rect.shrink(18.0), 16.0, stroke, StrokeKind::Inside);
    let font = egui::FontId::proportional(24.0);
    let center = rect.center();
    painter.text(
        center,
        Align2::CENTER_CENTER,
        "Drop to begin from this; with Shift, to go on from it",
        font,
        theme::TEXT,
    );
}
