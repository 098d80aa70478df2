//! Colors, sizes and the card that all panels sit on: dark, translucent and calm.

use egui::{
    Align2, Area, AreaState, Color32, Context, CornerRadius, FontFamily, FontId, Id, Margin, Order,
    RichText, Role, Sense, Stroke, TextStyle, Ui, Vec2, WidgetInfo, vec2,
};

pub(super) const TEXT: Color32 = Color32::from_rgb(238, 242, 246);
pub(super) const DIM: Color32 = Color32::from_rgb(178, 190, 203);
/// Whatever is active: a held key, progress.
pub(super) const ACCENT: Color32 = Color32::from_rgb(132, 220, 198);
/// Text on the accent.
pub(super) const ON_ACCENT: Color32 = Color32::from_rgb(10, 26, 24);
pub(super) const RED: Color32 = Color32::from_rgb(255, 110, 98);
pub(super) const AMBER: Color32 = Color32::from_rgb(255, 200, 120);

/// Distance of the panels from the window's edge, in points.
pub(super) const EDGE: f32 = 14.0;

const SMALL: f32 = 13.0;
const BODY: f32 = 14.5;
const TITLE: f32 = 17.0;

/// White of some opacity, for what lies on a card.
pub(super) fn haze(opacity: u8) -> Color32 {
    Color32::from_white_alpha(opacity)
}

/// The ground of all panels and its outline, premultiplied by their opacity.
pub(super) const CARD_FILL: Color32 = Color32::from_rgba_premultiplied(11, 14, 19, 208);
pub(super) const CARD_EDGE: Color32 = Color32::from_rgba_premultiplied(22, 22, 22, 22);
/// Between the edge of a panel and its content.
pub(super) const MARGIN: Margin = Margin { left: 14, right: 14, top: 11, bottom: 11 };

/// A panel at a place of the window that its content does not move: when it grows, it is laid out again at once.
pub(super) fn panel(
    context: &Context,
    name: &str,
    anchor: Align2,
    offset: Vec2,
    content: impl FnOnce(&mut Ui),
) {
    area(context, Area::new(Id::unique(name)).anchor(anchor, offset), content);
}

/// As [`panel`], above all others.
pub(super) fn panel_above(
    context: &Context,
    name: &str,
    anchor: Align2,
    offset: Vec2,
    content: impl FnOnce(&mut Ui),
) {
    let place = Area::new(Id::unique(name)).anchor(anchor, offset);
    area(context, place.order(Order::Foreground), content);
}

fn area(context: &Context, area: Area, content: impl FnOnce(&mut Ui)) {
    let id = area.layer().id;
    let size = |context: &Context| AreaState::load(context, id).and_then(|state| state.size);
    let before = size(context);
    // Room to begin with, because a list that scrolls would be content with less.
    let room = context.content_rect().size();
    area.fade_in(false).default_size(room).show(context, content);
    if size(context) != before {
        context.request_discard("a panel has another size");
    }
}

/// A thin bar that is filled to `share`, 0 to 1, over the given width. `label` is read aloud.
pub(super) fn bar(ui: &mut Ui, width: f32, share: f32, color: Color32, label: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 5.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, label));
    ui.painter().rect_filled(rect, 2.5, haze(26));
    if share > 0.0 {
        let width = (rect.width() * share.min(1.0)).max(5.0);
        let filled = egui::Rect::from_min_size(rect.min, vec2(width, 5.0));
        ui.painter().rect_filled(filled, 2.5, color);
    }
}

/// The outline of whatever the keyboard would press.
pub(super) fn focus_stroke() -> Stroke {
    Stroke::new(2.0, ACCENT)
}

pub(super) fn small_font() -> FontId {
    FontId::proportional(SMALL)
}

pub(super) fn body_font() -> FontId {
    FontId::proportional(BODY)
}

pub(super) fn title(text: impl Into<String>) -> RichText {
    RichText::new(text).size(TITLE).color(TEXT)
}

pub(super) fn body(text: impl Into<String>) -> RichText {
    RichText::new(text).size(BODY).color(TEXT)
}

pub(super) fn small(text: impl Into<String>) -> RichText {
    RichText::new(text).size(SMALL).color(DIM)
}

/// Sets the toolkit's own widgets to the same looks.
pub(in crate::explorer) fn apply(context: &Context) {
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| {
        style.animation_time = 0.1;
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.35;
        style.spacing.item_spacing = vec2(8.0, 6.0);
        style.spacing.button_padding = vec2(12.0, 7.0);
        let family = FontFamily::Proportional;
        style.text_styles.insert(TextStyle::Body, FontId::new(BODY, family.clone()));
        style.text_styles.insert(TextStyle::Button, FontId::new(BODY, family.clone()));
        style.text_styles.insert(TextStyle::Small, FontId::new(SMALL, family.clone()));
        style.text_styles.insert(TextStyle::Heading, FontId::new(TITLE, family));
        let visuals = &mut style.visuals;
        visuals.override_text_color = Some(TEXT);
        visuals.selection.bg_fill = ACCENT;
        visuals.selection.stroke = focus_stroke();
        visuals.popup_shadow = egui::Shadow::NONE;
        visuals.window_fill = Color32::from_rgb(20, 25, 32);
        visuals.window_stroke = Stroke::new(1.0, haze(24));
        visuals.menu_corner_radius = CornerRadius::same(8);
        let widgets = &mut visuals.widgets;
        for (widget, fill) in [
            (&mut widgets.inactive, haze(18)),
            (&mut widgets.hovered, haze(36)),
            (&mut widgets.active, haze(52)),
        ] {
            widget.weak_bg_fill = fill;
            widget.bg_fill = fill;
            widget.bg_stroke = Stroke::new(1.0, haze(26));
            widget.corner_radius = CornerRadius::same(8);
            widget.expansion = 0.0;
        }
    });
}
