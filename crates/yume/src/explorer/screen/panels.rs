//! Runs the panels' toolkit (egui) and paints what it made.

use std::time::Duration;

use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use winit::{event::WindowEvent, window::Window};

use super::device::Gpu;

/// The toolkit, its input and its painter.
pub(super) struct PanelPainter {
    context: egui::Context,
    input: egui_winit::State,
    renderer: Renderer,
}

/// One picture of the panels, to be painted or, when the window cannot be seen, kept.
pub(super) struct Painted {
    triangles: Vec<egui::ClippedPrimitive>,
    textures: egui::TexturesDelta,
    pixels_per_point: f32,
}

impl PanelPainter {
    pub(super) fn new(gpu: &Gpu, window: &Window) -> Self {
        let context = egui::Context::default();
        let most = gpu.device.limits().max_texture_dimension_2d as usize;
        let scale = Some(window.scale_factor() as f32);
        let id = egui::ViewportId::ROOT;
        let input = egui_winit::State::new(context.clone(), id, window, scale, None, Some(most));
        // The panels have no gradients whose bands dithering would hide.
        let options = RendererOptions { dithering: false, ..RendererOptions::default() };
        let renderer = Renderer::new(&gpu.device, gpu.surface_config.format, options);
        Self { context, input, renderer }
    }

    pub(super) fn context(&self) -> &egui::Context {
        &self.context
    }

    /// `true` if the panels want to be drawn again.
    pub(super) fn on_window_event(&mut self, window: &Window, event: &WindowEvent) -> bool {
        self.input.on_window_event(window, event).repaint
    }

    /// Runs the panels. Returns also when they want to be run again.
    pub(super) fn run(
        &mut self,
        window: &Window,
        panels: impl FnMut(&mut egui::Ui),
    ) -> (Painted, Option<Duration>) {
        let raw = self.input.take_egui_input(window);
        let mut output = self.context.run_ui(raw, panels);
        let platform = std::mem::take(&mut output.platform_output);
        self.input.handle_platform_output(window, platform);
        let pixels_per_point = output.pixels_per_point;
        let shapes = std::mem::take(&mut output.shapes);
        let again_in = output
            .viewport_output
            .get(&egui::ViewportId::ROOT)
            .map(|viewport| viewport.repaint_delay)
            .filter(|delay| *delay < Duration::MAX);
        let painted = Painted {
            triangles: self.context.tessellate(shapes, pixels_per_point),
            textures: std::mem::take(&mut output.textures_delta),
            pixels_per_point,
        };
        (painted, again_in)
    }

    /// Sends textures and triangles to the device.
    pub(super) fn upload(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        painted: &Painted,
        window: [u32; 2],
    ) -> Vec<wgpu::CommandBuffer> {
        self.update_textures(gpu, painted);
        let screen = screen(painted, window);
        let triangles = &painted.triangles;
        self.renderer.update_buffers(&gpu.device, &gpu.queue, encoder, triangles, &screen)
    }

    /// Paints over what is in the pass, and ends it.
    pub(super) fn paint(
        &mut self,
        mut pass: wgpu::RenderPass<'static>,
        mut painted: Painted,
        window: [u32; 2],
    ) {
        self.renderer.render(&mut pass, &painted.triangles, &screen(&painted, window));
        drop(pass);
        for id in &painted.textures.free {
            self.renderer.free_texture(id);
        }
        painted.textures.clear();
    }

    /// Keeps the textures of a picture that cannot be painted.
    pub(super) fn keep(&mut self, gpu: &Gpu, mut painted: Painted) {
        self.update_textures(gpu, &painted);
        for id in &painted.textures.free {
            self.renderer.free_texture(id);
        }
        painted.textures.clear();
    }

    fn update_textures(&mut self, gpu: &Gpu, painted: &Painted) {
        for (id, deltas) in &painted.textures.set {
            for delta in deltas {
                self.renderer.update_texture(&gpu.device, &gpu.queue, *id, delta);
            }
        }
    }
}

fn screen(painted: &Painted, size_in_pixels: [u32; 2]) -> ScreenDescriptor {
    ScreenDescriptor { size_in_pixels, pixels_per_point: painted.pixels_per_point }
}
