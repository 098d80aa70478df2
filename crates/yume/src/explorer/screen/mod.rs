//! Draws into the window: the picture, and the panels over it.

mod changes;
mod device;
#[cfg(test)]
mod device_tests;
mod layer;
mod panels;
mod plates;
mod show;
mod texture;
mod upscale;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use winit::window::Window;
use yume_media::Frame;

use self::{
    device::Gpu,
    panels::{PanelPainter, PanelRunner},
    plates::Plates,
    show::Show,
};
use super::{ExplorerError, frame_times::FrameTime, look_ahead::Sight, wake::Waker};

/// Around a picture of another shape than the window.
const SURROUND: wgpu::Color = wgpu::Color { r: 0.035, g: 0.043, b: 0.055, a: 1.0 };

/// Everything that is drawn, and the device that draws it.
///
/// Fields drop in order: what was made by the device before the device, and the surface before the window.
pub(super) struct Screen {
    plates: Plates,
    show: Show,
    panels: PanelPainter,
    runner: PanelRunner,
    gpu: Gpu,
    window: Arc<Window>,
}

/// What became of one redraw.
pub(super) enum Drawn {
    /// The picture is on its way to the display.
    Shown(FrameTime),
    /// The window cannot be seen at the moment.
    Hidden,
    /// The surface has changed under us; draw again.
    Again,
    /// The surface is gone and must be made anew.
    Lost,
}

impl Screen {
    /// Takes the best device that can draw into `window`.
    pub(super) fn open(
        window: Arc<Window>,
        display: winit::event_loop::OwnedDisplayHandle,
        waker: &Waker,
    ) -> Result<Self, ExplorerError> {
        let gpu = Gpu::open(&window, display, waker)?;
        let show = Show::new(&gpu.device, gpu.surface_config.format);
        let plates = Plates::new(&gpu.device);
        let panels = PanelPainter::new(&gpu.device, gpu.surface_config.format);
        let runner = PanelRunner::new(&gpu, &window);
        Ok(Self { plates, show, panels, runner, gpu, window })
    }

    /// The panels' toolkit.
    pub(super) fn egui(&self) -> &egui::Context {
        self.runner.context()
    }

    /// Lets the panels see an event; `true` if they want to be drawn again.
    pub(super) fn on_window_event(&mut self, event: &winit::event::WindowEvent) -> bool {
        self.runner.on_window_event(&self.window, event)
    }

    /// The window has another size.
    pub(super) fn resize(&mut self, width: u32, height: u32) {
        self.gpu.resize(width, height);
    }

    /// The shortest time between two redraws: what moves by itself needs no more, and where the processor draws, the
    /// generator needs the rest.
    pub(super) fn pace(&self) -> Duration {
        Duration::from_millis(if self.gpu.is_software { 30 } else { 15 })
    }

    /// Shows `frame` from the next redraw on.
    pub(super) fn set_frame(&mut self, frame: &Frame) {
        self.plates.set_frame(&self.gpu, frame);
    }

    /// Keeps the picture on screen for the look-ahead, whatever frames come.
    pub(super) fn hold(&mut self) {
        self.plates.hold();
    }

    /// Lets go of the held picture.
    pub(super) fn let_go(&mut self) {
        self.plates.let_go();
    }

    /// Runs the panels and draws everything. Returns also when the panels want to be drawn again.
    pub(super) fn draw(
        &mut self,
        sight: impl FnOnce([f32; 2]) -> Option<Sight>,
        panels: impl FnMut(&mut egui::Ui),
    ) -> (Drawn, Option<Duration>) {
        let start = Instant::now();
        let size = self.window.inner_size();
        if size.width == 0 || size.height == 0 {
            return (Drawn::Hidden, None);
        }
        let (panels, again_in) = self.runner.run(&self.window, panels);
        let before_wait = start.elapsed();
        let target = match self.gpu.surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(target)
            | wgpu::CurrentSurfaceTexture::Suboptimal(target) => target,
            refused => {
                self.panels.keep(&self.gpu.device, &self.gpu.queue, panels);
                return (self.refused(&refused), again_in);
            }
        };
        let after_wait = Instant::now();
        let (device, queue) = (&self.gpu.device, &self.gpu.queue);
        let window = [target.texture.width(), target.texture.height()];
        let mut encoder = device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("window") });
        let sight = self.plates.frame_size().and_then(sight);
        let place = self.plates.prepare(&self.gpu, &mut encoder, window).map(|(place, pair)| {
            self.show.prepare(device, queue, &mut encoder, pair, sight);
            place
        });
        self.panels.paint(device, queue, &mut encoder, panels, window);
        let view = target.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut pass = begin_pass(&mut encoder, &view);
        if let Some(place) = place {
            self.show.draw(&mut pass, place);
        }
        self.panels.show(&mut pass);
        drop(pass);
        queue.submit([encoder.finish()]);
        self.window.pre_present_notify();
        queue.present(target);
        let work = before_wait + after_wait.elapsed();
        (Drawn::Shown(FrameTime { work, whole: start.elapsed() }), again_in)
    }

    fn refused(&mut self, refused: &wgpu::CurrentSurfaceTexture) -> Drawn {
        tracing::debug!("no surface to draw on: {refused:?}");
        match refused {
            wgpu::CurrentSurfaceTexture::Occluded => Drawn::Hidden,
            wgpu::CurrentSurfaceTexture::Lost => Drawn::Lost,
            wgpu::CurrentSurfaceTexture::Timeout => Drawn::Again,
            _ => {
                self.gpu.configure();
                Drawn::Again
            }
        }
    }
}

/// A pass that starts from the surround.
fn begin_pass(
    encoder: &mut wgpu::CommandEncoder,
    view: &wgpu::TextureView,
) -> wgpu::RenderPass<'static> {
    let attachment = wgpu::RenderPassColorAttachment {
        view,
        depth_slice: None,
        resolve_target: None,
        ops: wgpu::Operations { load: wgpu::LoadOp::Clear(SURROUND), store: wgpu::StoreOp::Store },
    };
    let descriptor = wgpu::RenderPassDescriptor {
        label: Some("window"),
        color_attachments: &[Some(attachment)],
        ..Default::default()
    };
    encoder.begin_render_pass(&descriptor).forget_lifetime()
}
