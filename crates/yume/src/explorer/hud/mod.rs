//! The panels over the picture. They read a [`View`] and name intents; they change nothing.

mod caps;
mod center;
mod help;
mod icons;
mod message;
mod pictogram;
mod presets;
mod samples;
mod scene;
mod state;
mod steps;
mod surface;
mod theme;
mod toolbar;

use yume_motion::Motion;
use yume_session::Status;

use super::{PresetChoice, intent::Intent, visit::Panels};

pub(super) use samples::{Thumbnail, thumbnails};
pub(super) use scene::{is_written_in, write_scene};
pub(super) use theme::apply as apply_theme;

/// Below this size of the window in points, only the most needed is shown.
const ROOMY: egui::Vec2 = egui::vec2(760.0, 440.0);

/// Everything that the panels may know.
pub(super) struct View<'a> {
    pub(super) model_label: &'a str,
    pub(super) device_label: &'a str,
    /// Name of the gamepad in use.
    pub(super) pad: Option<&'a str>,
    pub(super) panels: &'a Panels,
    pub(super) status: &'a Status,
    pub(super) queue: &'a [Motion],
    /// What is held.
    pub(super) held: Motion,
    /// The chord that goes into the queue when it is let go.
    pub(super) chord: Motion,
    pub(super) has_picture: bool,
    pub(super) is_ready: bool,
    pub(super) is_opening: bool,
    pub(super) is_paused: bool,
    pub(super) is_full_screen: bool,
    /// Frames per second of the world.
    pub(super) fps: f32,
    pub(super) thumbnails: &'a [Thumbnail],
    /// What the person's keyboard has at the places of W, A, S and D.
    pub(super) letters: &'a [String; 4],
    /// What the person says about the place.
    pub(super) scene: &'a str,
    /// The model was shown such texts.
    pub(super) knows_scenes: bool,
    /// Ways to sample.
    pub(super) presets: &'a [PresetChoice],
    /// The place among them of the one in use.
    pub(super) preset: usize,
    /// Seconds that a segment would take with so many network passes.
    pub(super) predict: &'a dyn Fn(usize) -> Option<f64>,
    /// Seconds of walking in a segment.
    pub(super) segment_secs: f64,
}

/// Draws all panels; returns what was asked for.
pub(super) fn panels_ui(ui: &mut egui::Ui, view: &View<'_>) -> Vec<Intent> {
    let mut intents = Vec::new();
    let context = &ui.ctx().clone();
    let size = context.content_rect().size();
    let is_roomy = size.x >= ROOMY.x && size.y >= ROOMY.y;
    if !view.panels.is_bare {
        if is_roomy {
            state::state_ui(context, view);
        }
        toolbar::toolbar_ui(context, view, &mut intents);
        if view.has_picture {
            steps::steps_ui(context, view, &mut intents);
            if is_roomy {
                caps::caps_ui(context, view, &mut intents);
            }
        }
        if view.panels.has_samples {
            samples::samples_ui(context, view, &mut intents);
        }
        if view.panels.has_presets {
            presets::presets_ui(context, view, &mut intents);
        }
    }
    if !view.has_picture {
        center::center_ui(context, view, &mut intents);
    }
    message::recording_ui(context, view);
    message::message_ui(context, view, &mut intents);
    if view.panels.has_help {
        help::help_ui(context, view, &mut intents);
    }
    if view.panels.has_file_above {
        center::drop_ui(context);
    }
    intents
}

#[cfg(test)]
#[path = "hud_tests.rs"]
mod tests;
