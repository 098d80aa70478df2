//! Panels that are painted piece by piece look as if they had been painted at once.

use egui::{
    Align2, Color32, FontId, RawInput, Rect, Shape, Stroke, epaint::CircleShape, pos2, vec2,
};

use super::*;
use crate::explorer::screen::{
    begin_pass,
    device_tests::{device, pixels},
    texture::{texture, view},
};

const SIZE: [u32; 2] = [256, 160];
const SCALE: f32 = 1.25;

/// A card with words and a bar, a dot, and something that comes and goes.
fn scene(ui: &egui::Ui, words: &str, bar: f32, dot: Option<f32>) {
    let painter = ui.ctx().debug_painter();
    let card = Rect::from_min_size(pos2(7.3, 9.1), vec2(110.0, 60.0));
    painter.rect_filled(card, 9.0, Color32::from_rgba_unmultiplied(20, 30, 60, 180));
    let font = FontId::proportional(13.0);
    painter.text(card.min + vec2(8.2, 6.4), Align2::LEFT_TOP, words, font, Color32::WHITE);
    let filled = Rect::from_min_size(card.min + vec2(8.0, 40.0), vec2(bar, 5.0));
    painter.rect_filled(filled, 2.5, Color32::from_rgb(132, 220, 198));
    if let Some(x) = dot {
        painter.add(Shape::Circle(CircleShape {
            center: pos2(x, 70.0),
            radius: 14.7,
            fill: Color32::from_rgba_unmultiplied(200, 80, 70, 140),
            stroke: Stroke::new(1.5, Color32::WHITE),
        }));
    }
    painter.line_segment([pos2(150.0, 15.0), pos2(190.0, 110.0)], Stroke::new(3.0, Color32::RED));
}

/// The toolkit, a painter and what it paints on.
struct Canvas {
    context: egui::Context,
    painter: PanelPainter,
    target: wgpu::Texture,
    /// Parts that were painted in the last picture.
    painted: Vec<PixelRect>,
}

impl Canvas {
    fn new(device: &wgpu::Device) -> Self {
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
        Self {
            context: egui::Context::default(),
            painter: PanelPainter::new(device, FORMAT),
            target: texture(device, "window", SIZE, usage),
            painted: Vec::new(),
        }
    }

    fn show(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        mut scene: impl FnMut(&egui::Ui),
    ) -> Vec<u8> {
        let screen_rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(256.0, 160.0) / SCALE);
        let mut input = RawInput { screen_rect: Some(screen_rect), ..RawInput::default() };
        if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(SCALE);
        }
        let mut output = self.context.run_ui(input, |ui| scene(ui));
        assert_eq!(output.pixels_per_point, SCALE);
        let panels = Panels {
            context: self.context.clone(),
            shapes: std::mem::take(&mut output.shapes),
            textures: std::mem::take(&mut output.textures_delta),
            pixels_per_point: output.pixels_per_point,
        };
        self.painted = self.painter.grid.changed(&self.painter.painted, &panels.shapes);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.painter.paint(device, queue, &mut encoder, panels, SIZE);
        let mut pass = begin_pass(&mut encoder, &view(&self.target));
        self.painter.show(&mut pass);
        drop(pass);
        queue.submit([encoder.finish()]);
        pixels(device, queue, &self.target)
    }
}

#[test]
fn panels_painted_piece_by_piece_look_as_if_painted_at_once() {
    let Some((device, queue)) = device() else {
        eprintln!("no device to draw with: the panels were not compared");
        return;
    };
    let steps = [
        ("Imagining, step 1 of 4", 20.0, None),
        ("Imagining, step 2 of 4", 40.0, None),
        ("Imagining, step 2 of 4", 40.0, Some(110.0)),
        ("Drawing, 3 of 8", 40.0, Some(120.5)),
        ("Drawing, 3 of 8", 90.0, None),
        ("Drawing, 3 of 8", 90.0, None),
    ];
    let mut canvas = Canvas::new(&device);
    // The letters of all steps are drawn once, so that both know the same font texture.
    let warm = |ui: &egui::Ui| {
        for (words, bar, dot) in steps {
            scene(ui, words, bar, dot);
        }
    };
    canvas.show(&device, &queue, warm);
    for (number, (words, bar, dot)) in steps.into_iter().enumerate() {
        let seen = canvas.show(&device, &queue, |ui| scene(ui, words, bar, dot));
        let area: u32 =
            canvas.painted.iter().map(|rect| rect.scissor()[2] * rect.scissor()[3]).sum();
        if number > 0 {
            assert!(area < SIZE[0] * SIZE[1] / 2, "step {number} paints {area} pixels anew");
        }
        let mut fresh = Canvas::new(&device);
        fresh.show(&device, &queue, warm);
        fresh.painter.is_stale = true;
        let wanted = fresh.show(&device, &queue, |ui| scene(ui, words, bar, dot));
        let differing = seen.iter().zip(&wanted).filter(|(a, b)| a != b).count();
        assert_eq!(differing, 0, "step {number}: bytes differ");
        assert!(seen.chunks(4).any(|pixel| pixel != &seen[..4]), "step {number}: nothing to see");
    }
    assert_eq!(canvas.painted, [], "what stays is not painted again");
}
