//! The buttons at the upper right.

use egui::{Align2, Context, Margin, vec2};

use super::{
    Intent, View,
    icons::{Icon, icon_button},
    surface::Surface,
    theme,
};

const SIDE: f32 = 34.0;

/// The row of buttons.
pub(super) fn toolbar_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    let is_recording = view.status.recording.is_some();
    let (record, record_color, record_label) = if is_recording {
        (Icon::Stop, theme::RED, "Stop recording (F9)")
    } else {
        (Icon::Record, theme::RED, "Record to a video (F9)")
    };
    let (pause, pause_label) =
        if view.is_paused { (Icon::Play, "Go on (Space)") } else { (Icon::Pause, "Pause (Space)") };
    let (screen, screen_label) = if view.is_full_screen {
        (Icon::Window, "Leave full screen (Esc)")
    } else {
        (Icon::FullScreen, "Full screen (F11)")
    };
    let ink = theme::TEXT;
    let start = [
        (Icon::Folder, ink, "Start from a picture or video file (O)", Intent::OpenDialog),
        (Icon::Samples, ink, "Places to start from (G)", Intent::ToggleSamples),
        (Icon::Gauge, ink, "How carefully to draw (Q)", Intent::TogglePresets),
    ];
    let start = if view.presets.is_empty() { &start[..2] } else { &start };
    let walk = [
        (Icon::Restart, ink, "Begin again (R)", Intent::Restart),
        (pause, ink, pause_label, Intent::TogglePause),
        (record, record_color, record_label, Intent::ToggleRecording),
        (Icon::Camera, ink, "Save a still picture (F12)", Intent::SaveStill),
        (Icon::Pencil, ink, "Edit this frame as a file (E)", Intent::EditFrame),
    ];
    let window = [
        (Icon::Help, ink, "All keys (F1)", Intent::ToggleHelp),
        (screen, ink, screen_label, Intent::ToggleFullScreen),
    ];
    theme::panel(context, "toolbar", Align2::RIGHT_TOP, vec2(-theme::EDGE, theme::EDGE), |ui| {
        Surface::CARD.show(ui, Margin::same(5), |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 1.0;
                // Without a world only what needs none.
                let needs_world = if view.has_picture { &walk[..] } else { &[] };
                for group in [start, needs_world, &window] {
                    for (icon, color, label, intent) in group {
                        if icon_button(ui, SIDE, *icon, *color, label).clicked() {
                            intents.push(intent.clone());
                        }
                    }
                }
            });
        });
    });
}
