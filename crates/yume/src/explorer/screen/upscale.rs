//! Brings a frame to the size it has on screen, once per frame: `shaders/upscale.wgsl` along the rows, then the columns.

use super::texture::{FORMAT, bind, bytes, pipeline, texture, uniforms, view};

const SHADER: &str = include_str!("../../../../../shaders/upscale.wgsl");
/// Between Catmull-Rom (-0.5) and what begins to look outlined.
const SHARPNESS: f32 = -0.68;

/// The pass and the two axes it runs along.
pub(super) struct Upscale {
    pipeline: wgpu::RenderPipeline,
    rows: wgpu::Buffer,
    columns: wgpu::Buffer,
}

/// A picture at one size, made from another.
pub(super) struct Upscaled {
    between: wgpu::TextureView,
    along_rows: wgpu::BindGroup,
    along_columns: wgpu::BindGroup,
    target: wgpu::TextureView,
    pub(super) size: [u32; 2],
}

impl Upscale {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        Self {
            pipeline: pipeline(device, "upscale", SHADER, FORMAT, None),
            rows: uniforms(device, "upscale rows", 4),
            columns: uniforms(device, "upscale columns", 4),
        }
    }

    /// A target of `size` pixels for what is in `source`.
    pub(super) fn target(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        source: &wgpu::Texture,
        size: [u32; 2],
    ) -> Upscaled {
        queue.write_buffer(&self.rows, 0, &bytes(&[1.0, 0.0, SHARPNESS, 0.0]));
        queue.write_buffer(&self.columns, 0, &bytes(&[0.0, 1.0, SHARPNESS, 0.0]));
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let between = view(&texture(device, "upscale rows", [size[0], source.height()], usage));
        let target = view(&texture(device, "upscaled", size, usage));
        let axis = |from: &wgpu::TextureView, axis: &wgpu::Buffer| {
            let from = wgpu::BindingResource::TextureView(from);
            bind(device, &self.pipeline, &[from, axis.as_entire_binding()])
        };
        Upscaled {
            along_rows: axis(&view(source), &self.rows),
            along_columns: axis(&between, &self.columns),
            between,
            target,
            size,
        }
    }

    /// Fills the target.
    pub(super) fn run(&self, encoder: &mut wgpu::CommandEncoder, to: &Upscaled) {
        for (target, bindings) in [(&to.between, &to.along_rows), (&to.target, &to.along_columns)] {
            let attachment = wgpu::RenderPassColorAttachment {
                view: target,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            };
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("upscale"),
                color_attachments: &[Some(attachment)],
                ..Default::default()
            });
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, bindings, &[]);
            pass.draw(0..3, 0..1);
        }
    }
}

impl Upscaled {
    /// The finished picture.
    pub(super) fn view(&self) -> &wgpu::TextureView {
        &self.target
    }
}
