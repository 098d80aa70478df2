//! The list of all keys and pad buttons.

use egui::{Align2, Color32, Context, Id, LayerId, Margin, Order, Sense, Ui, vec2};

use super::{
    Intent, View, caps,
    icons::{Icon, icon_button},
    surface::Surface,
    theme,
};
use crate::explorer::keys::WalkKey;

/// Key names and what they do; the camera keys are drawn apart.
const KEYS: [(&[&str], &str); 16] = [
    (&["Shift", "key"], "Queue one segment; several keys together, too"),
    (&["Backspace"], "Take the last one out of the queue"),
    (&["Delete"], "Empty the queue"),
    (&["Space", "P"], "Pause or go on"),
    (&["R"], "Begin again"),
    (&["1", "9"], "Begin from a sample"),
    (&["O", "G"], "Open a picture or video, show the samples"),
    (&["T"], "Say what the place is like"),
    (&["Q", "Shift Q"], "How carefully to draw; the next way"),
    (&["E", "Shift E"], "Edit this frame as a file, walk on in it"),
    (&["F9", "V"], "Record to a video, or stop"),
    (&["F12", "C"], "Save a still picture"),
    (&["F11", "F"], "Full screen; Esc leaves it"),
    (&["H"], "Hide or show the panels"),
    (&["Tab", "Enter"], "Go through the buttons, press one"),
    (&["Ctrl +", "Ctrl -"], "Larger or smaller panels"),
];

const PAD: [(&str, &str); 11] = [
    ("Left stick, cross", "Walk"),
    ("Right stick", "Look"),
    ("A", "Queue one segment"),
    ("B", "Take the last one out"),
    ("X", "Record or stop"),
    ("Y", "Save a still"),
    ("L1, R1", "Edit this frame, walk on in it"),
    ("L2", "Say what the place is like"),
    ("R2", "Draw more or less carefully"),
    ("Start", "Pause or go on"),
    ("Back", "Begin again"),
];

/// The overlay.
pub(super) fn help_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    let veil = context.layer_painter(LayerId::new(Order::Middle, Id::unique("veil")));
    veil.rect_filled(context.content_rect(), 0.0, Color32::from_black_alpha(120));
    theme::panel_above(context, "help", Align2::CENTER_CENTER, vec2(0.0, 0.0), |ui| {
        let ground = Color32::from_rgba_unmultiplied(13, 17, 23, 244);
        Surface { fill: ground, ..Surface::CARD }.show(ui, Margin::same(20), |ui| {
            let room = context.content_rect().size() - vec2(80.0, 90.0);
            ui.set_width(room.x.min(740.0));
            ui.horizontal(|ui| {
                ui.label(theme::title("Keys"));
                let right = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(right, |ui| {
                    if icon_button(ui, 28.0, Icon::Close, theme::TEXT, "Close (F1)").clicked() {
                        intents.push(Intent::ToggleHelp);
                    }
                });
            });
            egui::ScrollArea::vertical().max_height(room.y - 50.0).show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    ui.vertical(|ui| keys_ui(ui, view));
                    ui.add_space(20.0);
                    ui.vertical(pad_ui);
                });
            });
        });
    });
}

fn keys_ui(ui: &mut Ui, view: &View<'_>) {
    ui.spacing_mut().item_spacing.y = 5.0;
    for (keys, text) in [
        ([WalkKey::Forward, WalkKey::Left, WalkKey::Backward, WalkKey::Right], "Walk while held"),
        (
            [WalkKey::TurnLeft, WalkKey::TiltUp, WalkKey::TiltDown, WalkKey::TurnRight],
            "Look while held",
        ),
    ] {
        row_ui(ui, text, |ui| {
            for key in keys {
                let rect = cap_ui(ui, 25.0);
                caps::face(ui.painter(), rect, key, view.letters, theme::TEXT);
            }
        });
    }
    for (keys, text) in KEYS {
        row_ui(ui, text, |ui| {
            for key in keys {
                named_cap_ui(ui, key);
            }
        });
    }
}

fn pad_ui(ui: &mut Ui) {
    ui.spacing_mut().item_spacing.y = 7.0;
    ui.label(theme::body("Gamepad"));
    for (button, text) in PAD {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(112.0, 20.0), Sense::hover());
            let at = rect.left_center();
            ui.painter().text(at, Align2::LEFT_CENTER, button, theme::small_font(), theme::TEXT);
            ui.label(theme::small(text));
        });
    }
}

/// Keys on the left, their purpose on the right.
fn row_ui(ui: &mut Ui, text: &str, keys: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = 122.0;
        let start = ui.cursor().left();
        keys(ui);
        let used = ui.cursor().left() - start;
        ui.add_space((width - used).max(4.0));
        ui.label(theme::small(text));
    });
}

fn named_cap_ui(ui: &mut Ui, name: &str) {
    let font = theme::small_font();
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, theme::TEXT);
    let rect = cap_ui(ui, galley.size().x + 14.0);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, theme::TEXT);
}

/// An empty key cap.
fn cap_ui(ui: &mut Ui, width: f32) -> egui::Rect {
    let (rect, _) = ui.allocate_exact_size(vec2(width.max(25.0), 25.0), Sense::hover());
    let cap = Surface { radius: 6.0, fill: theme::haze(20), edge: theme::haze(40) };
    cap.paint(ui.painter(), rect);
    rect
}
