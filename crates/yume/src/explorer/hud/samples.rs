//! The pictures to start from.

use egui::{
    Align2, ColorImage, Context, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind,
    TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use yume_media::Fit;

use super::{Intent, View, scene, surface::Surface, theme};
use crate::explorer::Sample;

/// Size of a thumbnail in points.
const THUMBNAIL: egui::Vec2 = vec2(132.0, 77.0);
const COLUMNS: usize = 2;

/// A sample as the panels draw it.
pub(in crate::explorer) struct Thumbnail {
    name: String,
    texture: TextureHandle,
}

/// Makes the thumbnails of `samples`. The textures live as long as the answer.
pub(in crate::explorer) fn thumbnails(context: &Context, samples: &[Sample]) -> Vec<Thumbnail> {
    let [width, height] = [2 * THUMBNAIL.x as u32, 2 * THUMBNAIL.y as u32];
    samples
        .iter()
        .map(|sample| {
            let small = sample.frame.fit(width, height, Fit::Crop);
            let image = ColorImage::from_rgb([width as usize, height as usize], &small.rgb);
            let texture = context.load_texture(&sample.name, image, TextureOptions::LINEAR);
            Thumbnail { name: sample.name.clone(), texture }
        })
        .collect()
}

/// The card with all samples, under the toolbar.
pub(super) fn samples_ui(context: &Context, view: &View<'_>, intents: &mut Vec<Intent>) {
    theme::panel(
        context,
        "samples",
        Align2::RIGHT_TOP,
        vec2(-theme::EDGE, theme::EDGE + 52.0),
        |ui| {
            Surface::CARD.show(ui, theme::MARGIN, |ui| {
                ui.set_width(COLUMNS as f32 * THUMBNAIL.x + 8.0);
                ui.label(theme::title("Where to begin"));
                ui.label(theme::small("Choose a place, or drop a picture or a video."));
                ui.add_space(4.0);
                let height = (context.content_rect().height() - 360.0).max(THUMBNAIL.y);
                let scroll =
                    egui::ScrollArea::vertical().min_scrolled_height(height).max_height(height);
                scroll.show(ui, |ui| grid_ui(ui, view, intents));
                ui.add_space(4.0);
                let open = egui::Button::new(theme::body("Open a picture or video…"));
                if ui.add_sized(vec2(ui.available_width(), 34.0), open).clicked() {
                    intents.push(Intent::OpenDialog);
                }
                ui.add_space(4.0);
                scene::scene_ui(ui, view, intents);
            });
        },
    );
}

fn grid_ui(ui: &mut Ui, view: &View<'_>, intents: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
    for (row, thumbnails) in view.thumbnails.chunks(COLUMNS).enumerate() {
        ui.horizontal(|ui| {
            for (column, thumbnail) in thumbnails.iter().enumerate() {
                let place = row * COLUMNS + column;
                if thumbnail_ui(ui, place, thumbnail) {
                    intents.push(Intent::StartSample(place));
                }
            }
        });
    }
}

/// One sample; `true` when it was clicked.
fn thumbnail_ui(ui: &mut Ui, place: usize, thumbnail: &Thumbnail) -> bool {
    let (rect, response) = ui.allocate_exact_size(THUMBNAIL, Sense::click());
    let label = format!("Begin from {}", thumbnail.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let painter = ui.painter();
    let radius = CornerRadius::same(8);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    let image = egui::epaint::RectShape::filled(rect, radius, egui::Color32::WHITE)
        .with_texture(thumbnail.texture.id(), whole);
    painter.add(image);
    let edge = match (response.has_focus(), response.hovered()) {
        (true, _) => theme::focus_stroke(),
        (_, true) => Stroke::new(2.0, theme::ACCENT),
        _ => Stroke::new(1.0, theme::haze(40)),
    };
    let tag = Rect::from_min_size(rect.left_bottom() + vec2(6.0, -26.0), vec2(20.0, 20.0));
    painter.rect_filled(tag, 5.0, egui::Color32::from_black_alpha(150));
    let number = (place + 1).to_string();
    painter.text(tag.center(), Align2::CENTER_CENTER, number, theme::small_font(), theme::TEXT);
    painter.rect_stroke(rect, radius, edge, StrokeKind::Inside);
    response.on_hover_text(label).clicked()
}
