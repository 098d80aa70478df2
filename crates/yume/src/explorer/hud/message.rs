//! What the person has to know: what failed and what to do, good news, and that a recording runs.

use egui::{Align2, Color32, Context, Margin, Sense, vec2};

use super::{
    Intent, View,
    icons::{Icon, icon_button},
    surface::Surface,
    theme,
};

/// The recording, at the upper middle; shown even when the other panels are hidden.
pub(super) fn recording_ui(context: &Context, view: &View<'_>) {
    let Some(recording) = &view.status.recording else { return };
    let secs = recording.seconds as u64;
    let name = recording.path.file_name().unwrap_or_default().to_string_lossy();
    pill_ui(context, "recording", theme::EDGE, |ui| {
        let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
        ui.painter().circle_filled(dot.center(), 5.0, theme::RED);
        ui.label(theme::body(format!("{}:{:02}", secs / 60, secs % 60)));
        if view.panels.is_bare {
            return;
        }
        ui.label(theme::small(name));
    });
}

/// The message at the lower middle, or the good news under the recording.
pub(super) fn message_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    if let Some(text) = &view.panels.message {
        failure_ui(context, text, intents);
    } else if let Some((text, _)) = &view.panels.notice {
        let top = if view.status.recording.is_some() { theme::EDGE + 44.0 } else { theme::EDGE };
        pill_ui(context, "notice", top, |ui| {
            ui.label(theme::body(text));
        });
    }
}

fn failure_ui(context: &Context, text: &str, intents: &mut Vec<Intent>) {
    let width = (context.content_rect().width() - 4.0 * theme::EDGE).min(520.0);
    theme::panel_above(
        context,
        "message",
        Align2::CENTER_BOTTOM,
        vec2(0.0, -theme::EDGE - 80.0),
        |ui| {
            let fill = Color32::from_rgba_unmultiplied(44, 24, 22, 240);
            let edge = theme::RED.gamma_multiply(0.7);
            Surface { fill, edge, ..Surface::CARD }.show(ui, theme::MARGIN, |ui| {
                ui.set_width(width);
                ui.horizontal_top(|ui| {
                    let (bar, _) = ui.allocate_exact_size(vec2(18.0, 20.0), Sense::hover());
                    ui.painter().circle_filled(bar.center(), 8.5, theme::RED);
                    let font = theme::body_font();
                    ui.painter().text(
                        bar.center(),
                        Align2::CENTER_CENTER,
                        "!",
                        font,
                        theme::ON_ACCENT,
                    );
                    ui.vertical(|ui| {
                        ui.set_width(width - 78.0);
                        ui.add(egui::Label::new(theme::body(text)).wrap());
                    });
                    let close = icon_button(ui, 28.0, Icon::Close, theme::TEXT, "Put away (Esc)");
                    if close.clicked() {
                        intents.push(Intent::DismissMessage);
                    }
                });
            });
        },
    );
}

/// A line of text at the upper middle.
fn pill_ui(context: &Context, name: &str, top: f32, content: impl FnOnce(&mut egui::Ui)) {
    theme::panel(context, name, Align2::CENTER_TOP, vec2(0.0, top), |ui| {
        Surface::CARD.show(ui, Margin::symmetric(13, 8), |ui| {
            ui.horizontal(content);
        });
    });
}
