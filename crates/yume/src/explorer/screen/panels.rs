//! Runs the panels' toolkit (egui) and paints what it made.

use std::time::Duration;

use egui::epaint::ClippedShape;
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use winit::{event::WindowEvent, window::Window};

use super::{
    changes::{Grid, PixelRect},
    device::Gpu,
    layer::Layer,
    texture::FORMAT,
};

/// The toolkit and its input.
pub(super) struct PanelRunner {
    context: egui::Context,
    input: egui_winit::State,
}

/// One picture of the panels, to be painted or, when the window cannot be seen, kept.
pub(super) struct Panels {
    pub(super) context: egui::Context,
    pub(super) shapes: Vec<ClippedShape>,
    pub(super) textures: egui::TexturesDelta,
    pub(super) pixels_per_point: f32,
}

impl PanelRunner {
    pub(super) fn new(gpu: &Gpu, window: &Window) -> Self {
        let context = egui::Context::default();
        let most = gpu.device.limits().max_texture_dimension_2d as usize;
        let scale = Some(window.scale_factor() as f32);
        let id = egui::ViewportId::ROOT;
        let input = egui_winit::State::new(context.clone(), id, window, scale, None, Some(most));
        Self { context, input }
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
    ) -> (Panels, Option<Duration>) {
        let raw = self.input.take_egui_input(window);
        let mut output = self.context.run_ui(raw, panels);
        let platform = std::mem::take(&mut output.platform_output);
        self.input.handle_platform_output(window, platform);
        let again_in = output
            .viewport_output
            .get(&egui::ViewportId::ROOT)
            .map(|viewport| viewport.repaint_delay)
            .filter(|delay| *delay < Duration::MAX);
        let panels = Panels {
            context: self.context.clone(),
            shapes: std::mem::take(&mut output.shapes),
            textures: std::mem::take(&mut output.textures_delta),
            pixels_per_point: output.pixels_per_point,
        };
        (panels, again_in)
    }
}

/// Keeps a picture of the panels on the device, and paints what has changed of it.
pub(super) struct PanelPainter {
    renderer: Renderer,
    layer: Layer,
    /// What is painted, where each pixel lies, and where there is anything at all.
    painted: Vec<ClippedShape>,
    grid: Grid,
    covered: Vec<PixelRect>,
    /// A texture was replaced since the last painting.
    is_stale: bool,
}

impl PanelPainter {
    /// For a target of the format `target`.
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        // The panels have no gradients whose bands dithering would hide.
        let options = RendererOptions { dithering: false, ..RendererOptions::default() };
        Self {
            renderer: Renderer::new(device, FORMAT, options),
            layer: Layer::new(device, target),
            painted: Vec::new(),
            grid: Grid { size: [0, 0], pixels_per_point: 1.0 },
            covered: Vec::new(),
            is_stale: true,
        }
    }

    /// Brings the texture of the panels up to date, for a window of `size` pixels.
    pub(super) fn paint(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        panels: Panels,
        size: [u32; 2],
    ) {
        let Panels { context, shapes, mut textures, pixels_per_point } = panels;
        self.update_textures(device, queue, &textures);
        let grid = Grid { size, pixels_per_point };
        let is_new = self.layer.fit(device, size) || grid != self.grid || self.is_stale;
        let changed =
            if is_new { vec![grid.whole()] } else { grid.changed(&self.painted, &shapes) };
        if !changed.is_empty() {
            let parts = grid.within(&shapes, &changed);
            let triangles = context.tessellate(parts, pixels_per_point);
            let screen = ScreenDescriptor { size_in_pixels: size, pixels_per_point };
            // Command buffers come only from callbacks among the shapes, and the panels have none.
            self.renderer.update_buffers(device, queue, encoder, &triangles, &screen);
            if let Some(mut pass) = self.layer.paint(encoder, grid, &changed) {
                self.renderer.render(&mut pass, &triangles, &screen);
            }
            self.covered = grid.covered(&shapes);
            (self.painted, self.grid, self.is_stale) = (shapes, grid, false);
        }
        self.free_textures(&textures);
        textures.clear();
    }

    /// Lays the panels over what is in the pass.
    pub(super) fn show(&self, pass: &mut wgpu::RenderPass<'_>) {
        self.layer.show(pass, &self.covered);
    }

    /// Keeps the textures of panels that cannot be painted.
    pub(super) fn keep(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, panels: Panels) {
        let Panels { mut textures, .. } = panels;
        self.update_textures(device, queue, &textures);
        self.free_textures(&textures);
        textures.clear();
    }

    fn update_textures(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        textures: &egui::TexturesDelta,
    ) {
        for (id, deltas) in &textures.set {
            for delta in deltas {
                // A part that is added, such as a letter, is not yet on screen; a whole may move what is.
                self.is_stale |= delta.is_whole();
                self.renderer.update_texture(device, queue, *id, delta);
            }
        }
    }

    fn free_textures(&mut self, textures: &egui::TexturesDelta) {
        for id in &textures.free {
            self.renderer.free_texture(id);
        }
    }
}

#[cfg(test)]
#[path = "panels_tests.rs"]
mod tests;
