//! A texture with the panels, painted only where they have changed, and laid over the picture only where they are.

use super::{
    changes::{Grid, PixelRect},
    texture::{FORMAT, bind, pipeline, texture, view},
};

const PANELS: &str = include_str!("../../../../../shaders/panels.wgsl");
const ERASE: &str = include_str!("../../../../../shaders/erase.wgsl");

/// The passes, and the texture at the size of the window.
pub(super) struct Layer {
    /// Bindings: 0 the texture.
    over: wgpu::RenderPipeline,
    erase: wgpu::RenderPipeline,
    sheet: Option<Sheet>,
}

struct Sheet {
    view: wgpu::TextureView,
    bindings: wgpu::BindGroup,
    size: [u32; 2],
}

impl Layer {
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let over = Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        Self {
            over: pipeline(device, "panels", PANELS, target, over),
            erase: pipeline(device, "erase", ERASE, FORMAT, None),
            sheet: None,
        }
    }

    /// Takes the size of the window; `true` if nothing is painted yet at this size.
    pub(super) fn fit(&mut self, device: &wgpu::Device, size: [u32; 2]) -> bool {
        if self.sheet.as_ref().is_some_and(|sheet| sheet.size == size) {
            return false;
        }
        let view = view(&texture(device, "panels", size, wgpu::TextureUsages::RENDER_ATTACHMENT));
        let bindings = bind(device, &self.over, &[wgpu::BindingResource::TextureView(&view)]);
        self.sheet = Some(Sheet { view, bindings, size });
        true
    }

    /// A pass that paints into the texture, cleared at `rects`.
    pub(super) fn paint(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        grid: Grid,
        rects: &[PixelRect],
    ) -> Option<wgpu::RenderPass<'static>> {
        let sheet = self.sheet.as_ref()?;
        let is_whole = rects.contains(&grid.whole());
        let load = if is_whole {
            wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT)
        } else {
            wgpu::LoadOp::Load
        };
        let attachment = wgpu::RenderPassColorAttachment {
            view: &sheet.view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load, store: wgpu::StoreOp::Store },
        };
        let descriptor = wgpu::RenderPassDescriptor {
            label: Some("panels"),
            color_attachments: &[Some(attachment)],
            ..Default::default()
        };
        let mut pass = encoder.begin_render_pass(&descriptor).forget_lifetime();
        if !is_whole {
            pass.set_pipeline(&self.erase);
            draw_at(&mut pass, rects);
        }
        Some(pass)
    }

    /// Lays the texture over what is in the pass, at `rects`.
    pub(super) fn show(&self, pass: &mut wgpu::RenderPass<'_>, rects: &[PixelRect]) {
        let Some(sheet) = &self.sheet else { return };
        let [width, height] = sheet.size.map(|side| side as f32);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        pass.set_pipeline(&self.over);
        pass.set_bind_group(0, &sheet.bindings, &[]);
        draw_at(pass, rects);
    }
}

/// Draws the triangle of the present pipeline at each of `rects`.
fn draw_at(pass: &mut wgpu::RenderPass<'_>, rects: &[PixelRect]) {
    for rect in rects {
        let [left, top, width, height] = rect.scissor();
        pass.set_scissor_rect(left, top, width, height);
        pass.draw(0..3, 0..1);
    }
}
