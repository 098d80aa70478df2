//! The card at the lower middle: the motion at work, its progress, and the motions that wait.

use egui::{
    Align2, Color32, Context, Margin, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2,
};
use yume_motion::Motion;

use super::{
    Intent, View,
    icons::{self, Icon},
    pictogram, state,
    surface::Surface,
    theme,
};

const NOW_SIDE: f32 = 46.0;
const CHIP_SIDE: f32 = 34.0;
const GAP: f32 = 5.0;
/// As many waiting motions are shown at most; the rest is a number.
const MOST_CHIPS: usize = 7;
/// Width of everything else at the bottom of the window: both key clusters and the motion at work.
const BESIDE: f32 = 2.0 * 165.0 + 340.0;

/// The card.
pub(super) fn steps_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    theme::panel(context, "steps", Align2::CENTER_BOTTOM, vec2(0.0, -theme::EDGE), |ui| {
        Surface::CARD.show(ui, Margin::same(10), |ui| {
            ui.horizontal(|ui| {
                now_ui(ui, view);
                queue_ui(ui, view, intents);
            });
        });
    });
}

/// The motion at work: a lit pictogram with its progress around it, and words.
fn now_ui(ui: &mut Ui, view: &View<'_>) {
    let motion = view.status.generating.unwrap_or(view.held);
    let is_active = !motion.is_still();
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(NOW_SIDE), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, pictogram::words(motion)));
    let painter = ui.painter();
    let ground = if is_active { theme::ACCENT.gamma_multiply(0.16) } else { theme::haze(14) };
    Surface { radius: 10.0, fill: ground, edge: Color32::TRANSPARENT }.paint(painter, rect);
    let ink = if is_active { theme::ACCENT } else { theme::DIM };
    pictogram::draw(painter, rect.shrink(10.0), motion, ink);
    if let Some(share) = state::share_done(view) {
        let bar = Rect::from_min_size(
            rect.left_bottom() + vec2(6.0, -5.0),
            vec2((rect.width() - 12.0) * share, 2.5),
        );
        painter.rect_filled(bar, 1.0, theme::ACCENT);
    }
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.set_min_width(188.0);
        ui.add_space(5.0);
        let (title, hint) = words(view, motion);
        ui.label(theme::body(title));
        ui.label(theme::small(hint));
    });
}

/// What is going on, and what the person can do.
fn words(view: &View<'_>, motion: Motion) -> (String, String) {
    if !view.chord.is_still() {
        return (pictogram::words(view.chord), "Let go to queue one segment".into());
    }
    if view.is_paused {
        return ("Paused".into(), "Space goes on".into());
    }
    if !motion.is_still() {
        let hint = match view.status.generating {
            Some(_) => state::doing(view).0,
            None => "About to start".into(),
        };
        return (pictogram::words(motion), hint);
    }
    let keys = view.letters.join(" ");
    (format!("Hold {keys} to walk"), "Arrow keys look, F1 lists all keys".into())
}

/// The motions that wait; a click takes one out.
fn queue_ui(ui: &mut Ui, view: &View<'_>, intents: &mut Vec<Intent>) {
    if view.queue.is_empty() {
        return;
    }
    ui.add_space(2.0);
    let (gap, _) = ui.allocate_exact_size(vec2(1.0, NOW_SIDE), Sense::hover());
    ui.painter().vline(
        gap.center().x,
        gap.y_range().shrink(6.0),
        Stroke::new(1.0, theme::haze(36)),
    );
    ui.spacing_mut().item_spacing.x = GAP;
    let room = (ui.ctx().content_rect().width() - BESIDE) / (CHIP_SIDE + GAP);
    let most = (room.max(1.0) as usize).min(MOST_CHIPS);
    for (place, motion) in view.queue.iter().take(most).enumerate() {
        if chip_ui(ui, place, *motion) {
            intents.push(Intent::RemoveQueued(place));
        }
    }
    if let Some(more) = view.queue.len().checked_sub(most).filter(|more| *more > 0) {
        ui.label(theme::small(format!("+{more}")));
    }
    let clear = icons::icon_button(ui, 28.0, Icon::Close, theme::DIM, "Empty the queue (Delete)");
    if clear.clicked() {
        intents.push(Intent::ClearQueue);
    }
}

/// One waiting motion; `true` when it was clicked.
fn chip_ui(ui: &mut Ui, place: usize, motion: Motion) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(CHIP_SIDE), Sense::click());
    let label = format!("Take out number {}: {}", place + 1, pictogram::words(motion));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let painter = ui.painter();
    let is_aimed = response.hovered() || response.has_focus();
    let ground = if is_aimed { theme::RED.gamma_multiply(0.22) } else { theme::haze(18) };
    let edge = if response.has_focus() { theme::ACCENT } else { theme::haze(24) };
    Surface { radius: 8.0, fill: ground, edge }.paint(painter, rect);
    if is_aimed {
        icons::draw(painter, rect.shrink(10.0), Icon::Close, theme::RED);
    } else {
        pictogram::draw(painter, rect.shrink(7.0), motion, Color32::from_rgb(214, 222, 230));
    }
    response.on_hover_text(label).clicked()
}
