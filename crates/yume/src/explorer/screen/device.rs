//! Finds a device that can draw into the window, and sets up the window's surface.

use std::sync::Arc;

use tracing::{info, warn};
use winit::{event_loop::OwnedDisplayHandle, window::Window};

use crate::explorer::{
    ExplorerError,
    wake::{Wake, Waker},
};

/// The device, and the surface of the window.
pub(super) struct Gpu {
    pub(super) surface: wgpu::Surface<'static>,
    pub(super) surface_config: wgpu::SurfaceConfiguration,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    /// The processor draws.
    pub(super) is_software: bool,
}

impl Gpu {
    /// Tries the adapters that can draw into `window`, hardware before software.
    ///
    /// The variables `WGPU_BACKEND` and `WGPU_ADAPTER_NAME` narrow the choice.
    pub(super) fn open(
        window: &Arc<Window>,
        display: OwnedDisplayHandle,
        waker: &Waker,
    ) -> Result<Self, ExplorerError> {
        let no_adapter = |reason: String| ExplorerError::NoAdapter(reason);
        let instance = wgpu::Instance::new(
            wgpu::InstanceDescriptor::new_with_display_handle_from_env(Box::new(display)),
        );
        let surface = instance
            .create_surface(Arc::clone(window))
            .map_err(|error| no_adapter(error.to_string()))?;
        let mut reasons = Vec::new();
        for adapter in adapters(&instance, &surface) {
            let info = adapter.get_info();
            match Self::from_adapter(&adapter, window, &surface) {
                Ok((surface_config, device, queue)) => {
                    info!(
                        "drawing with {} ({:?}, {:?})",
                        info.name, info.device_type, info.backend
                    );
                    watch(&device, waker);
                    let is_software = info.device_type == wgpu::DeviceType::Cpu;
                    let gpu = Self { surface, surface_config, device, queue, is_software };
                    gpu.configure();
                    return Ok(gpu);
                }
                Err(reason) => {
                    warn!("{} cannot draw: {reason}", info.name);
                    reasons.push(format!("{}: {reason}", info.name));
                }
            }
        }
        let reason = if reasons.is_empty() { "none was found".into() } else { reasons.join("; ") };
        Err(no_adapter(reason))
    }

    fn from_adapter(
        adapter: &wgpu::Adapter,
        window: &Window,
        surface: &wgpu::Surface<'_>,
    ) -> Result<(wgpu::SurfaceConfiguration, wgpu::Device, wgpu::Queue), String> {
        let size = window.inner_size();
        let mut config = surface
            .get_default_config(adapter, size.width.max(1), size.height.max(1))
            .ok_or("it offers no picture format for this window")?;
        let capabilities = surface.get_capabilities(adapter);
        // Panels and pictures are already in the display's brightness curve.
        let plain = capabilities.formats.iter().find(|format| {
            matches!(format, wgpu::TextureFormat::Bgra8Unorm | wgpu::TextureFormat::Rgba8Unorm)
        });
        config.format = plain.copied().unwrap_or(config.format);
        config.present_mode = wgpu::PresentMode::Fifo;
        // Frames that wait in the driver would only make the answer to a key later.
        config.desired_maximum_frame_latency = 1;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("window"),
            required_limits: wgpu::Limits::downlevel_webgl2_defaults()
                .using_resolution(adapter.limits()),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|error| error.to_string())?;
        Ok((config, device, queue))
    }

    /// The window has another size.
    pub(super) fn resize(&mut self, width: u32, height: u32) {
        // A minimised window has no size; it keeps its surface.
        if width == 0 || height == 0 {
            return;
        }
        let most = self.device.limits().max_texture_dimension_2d;
        self.surface_config.width = width.min(most);
        self.surface_config.height = height.min(most);
        self.configure();
    }

    pub(super) fn configure(&self) {
        self.surface.configure(&self.device, &self.surface_config);
    }
}

/// All that can draw into `surface`, in the system's order but software last.
fn adapters(instance: &wgpu::Instance, surface: &wgpu::Surface<'_>) -> Vec<wgpu::Adapter> {
    let wanted = std::env::var("WGPU_ADAPTER_NAME").ok().map(|name| name.to_lowercase());
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    adapters.retain(|adapter| {
        let name = adapter.get_info().name.to_lowercase();
        adapter.is_surface_supported(surface)
            && wanted.as_ref().is_none_or(|wanted| name.contains(wanted))
    });
    adapters.sort_by_key(|adapter| {
        let info = adapter.get_info();
        // OpenGL runs on top of the same cards, with more to go wrong.
        (info.device_type == wgpu::DeviceType::Cpu, info.backend == wgpu::Backend::Gl)
    });
    adapters
}

/// Turns what would be a panic into a message or a fresh start.
fn watch(device: &wgpu::Device, waker: &Waker) {
    device.on_uncaptured_error(Arc::new(|error| tracing::error!("drawing failed: {error}")));
    let waker = waker.clone();
    device.set_device_lost_callback(move |reason, text| {
        // `Destroyed` is our own doing.
        if reason != wgpu::DeviceLostReason::Destroyed {
            waker.send(Wake::DeviceLost(format!("{reason:?}: {text}")));
        }
    });
}
