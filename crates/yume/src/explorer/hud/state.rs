//! The card at the upper left: which model on which device, what it is doing and how far ahead it is.

use egui::{Align2, Color32, Context, Sense, Ui, vec2};
use yume_session::Stage;

use super::{View, surface::Surface, theme};

const WIDTH: f32 = 218.0;

/// The card.
pub(super) fn state_ui(context: &Context, view: &View<'_>) {
    theme::panel(context, "state", Align2::LEFT_TOP, vec2(theme::EDGE, theme::EDGE), |ui| {
        Surface::CARD.show(ui, theme::MARGIN, |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.add(egui::Label::new(theme::body(view.model_label)).truncate());
            ui.add(egui::Label::new(theme::small(view.device_label)).truncate());
            if let Some(pad) = view.pad {
                ui.add(egui::Label::new(theme::small(format!("Gamepad: {pad}"))).truncate());
            }
            ui.add_space(5.0);
            doing_ui(ui, view);
            if view.has_picture {
                ui.add_space(4.0);
                figures_ui(ui, view);
            }
        });
    });
}

/// A colored dot and what is being done.
fn doing_ui(ui: &mut Ui, view: &View<'_>) {
    let (text, color) = doing(view);
    ui.horizontal(|ui| {
        let (dot, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
        ui.painter().circle_filled(dot.center(), 4.5, color);
        ui.label(theme::body(text.as_str()));
    });
    // The bar keeps its place when nothing is done, so that the card does not jump.
    theme::bar(ui, WIDTH, share_done(view).unwrap_or(0.0), color, &text);
}

/// What is being done in words, and its color.
pub(super) fn doing(view: &View<'_>) -> (String, Color32) {
    let stage = |progress: yume_session::Progress| {
        let steps = format!("{} of {}", progress.step, progress.steps.max(1));
        match progress.stage {
            Stage::Loading => loading(progress),
            // All that can be said, once, by a text encoder that is lent.
            Stage::Text if progress.steps > 1 => format!("Reading captions, {steps}"),
            Stage::Text => "Reading the caption".to_owned(),
            Stage::Sampling => format!("Imagining, step {steps}"),
            Stage::Decoding => format!("Drawing, {steps}"),
        }
    };
    match (view.status.progress, view.is_ready) {
        _ if view.is_paused => ("Paused".into(), theme::AMBER),
        (Some(progress), _) => (stage(progress), theme::ACCENT),
        (None, false) => ("Loading the model".into(), theme::AMBER),
        _ if view.is_opening => ("Opening the picture".into(), theme::ACCENT),
        _ if view.status.generating.is_some() => ("Imagining".into(), theme::ACCENT),
        _ if view.has_picture => ("Ready".into(), theme::DIM),
        _ => ("Waiting for a picture".into(), theme::DIM),
    }
}

/// Small models are loaded before anybody reads a number.
fn loading(progress: yume_session::Progress) -> String {
    let gigabytes = |megabytes: u32| f64::from(megabytes) / 1000.0;
    let (done, all) = (gigabytes(progress.step), gigabytes(progress.steps));
    if all < 1.0 {
        return "Loading the model".to_owned();
    }
    format!("Loading the model, {done:.1} of {all:.1} GB")
}

/// How much of the work at hand is done, 0 to 1.
pub(super) fn share_done(view: &View<'_>) -> Option<f32> {
    let progress = view.status.progress?;
    Some((progress.step as f32 / progress.steps.max(1) as f32).clamp(0.0, 1.0))
}

fn figures_ui(ui: &mut Ui, view: &View<'_>) {
    let status = view.status;
    row_ui(ui, "Segment", |ui| {
        let seconds = status.seconds_per_segment;
        ui.label(theme::small(seconds.map_or("not measured yet".into(), |s| format!("{s:.2} s"))));
    });
    row_ui(ui, "Walked", |ui| {
        let seconds = status.shown_frames.saturating_sub(1) as f32 / view.fps;
        ui.label(theme::small(format!("{seconds:.1} s")));
    });
    row_ui(ui, "Ahead", |ui| {
        let share = status.ring_frames as f32 / status.ring_capacity.max(1) as f32;
        let label = format!("{} of {}", status.ring_frames, status.ring_capacity);
        ui.label(theme::small(label.as_str()));
        theme::bar(
            ui,
            ui.available_width(),
            share,
            theme::haze(130),
            &format!("Frames ahead: {label}"),
        );
    });
}

fn row_ui(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(62.0, 16.0), Sense::hover());
        let at = rect.left_center();
        ui.painter().text(at, Align2::LEFT_CENTER, name, theme::small_font(), theme::DIM);
        value(ui);
    });
}
