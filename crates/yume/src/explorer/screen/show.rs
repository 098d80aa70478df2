//! Puts the picture into the window: `shaders/show.wgsl`, with the look-ahead's camera.

use super::{
    plates::{Pair, Place},
    texture::{bind, bytes, pipeline, uniforms},
};
use crate::explorer::look_ahead::Sight;

const SHADER: &str = include_str!("../../../../../shaders/show.wgsl");
/// Numbers in the shader's struct `Sight`.
const FLOATS: usize = 24;

/// The pass and its bindings: 0 the camera ([`camera`]), 1 the sampler, 2 the newest picture, 3 the held one.
pub(super) struct Show {
    pipeline: wgpu::RenderPipeline,
    camera: wgpu::Buffer,
    sampler: wgpu::Sampler,
    /// Bindings of the pair with this version.
    bindings: Option<(u64, wgpu::BindGroup)>,
}

impl Show {
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        Self {
            pipeline: pipeline(device, "show", SHADER, target),
            camera: uniforms(device, "look-ahead camera", FLOATS),
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("linear"),
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..Default::default()
            }),
            bindings: None,
        }
    }

    /// Draws at `place`; without a sight it is the newest picture as it is.
    pub(super) fn draw(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        pass: &mut wgpu::RenderPass<'_>,
        place: Place,
        pair: Pair<'_>,
        sight: Option<Sight>,
    ) {
        queue.write_buffer(&self.camera, 0, &bytes(&camera(sight)));
        if self.bindings.as_ref().is_none_or(|(version, _)| *version != pair.version) {
            let resources = [
                self.camera.as_entire_binding(),
                wgpu::BindingResource::Sampler(&self.sampler),
                wgpu::BindingResource::TextureView(pair.newest),
                wgpu::BindingResource::TextureView(pair.held),
            ];
            self.bindings = Some((pair.version, bind(device, &self.pipeline, &resources)));
        }
        let Some((_, bindings)) = &self.bindings else { return };
        let [left, top, width, height] = place.map(|side| side as f32);
        pass.set_viewport(left, top, width, height, 0.0, 1.0);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// The shader's struct `Sight`, number by number.
fn camera(sight: Option<Sight>) -> [f32; FLOATS] {
    let Some(Sight { view, share }) = sight else { return [0.0; FLOATS] };
    let [width, height] = view.size;
    let [half_width, half_height] = view.tangent;
    let [x, y] = view.position;
    let [cos, sin] = view.last_pitch;
    let [ahead, right, up] = [view.forward, view.right, view.up];
    let model = view.model;
    #[rustfmt::skip]
    let numbers = [
        width, height, half_width, half_height,
        x, y, cos, sin,
        ahead[0], ahead[1], ahead[2], model.camera_height,
        right[0], right[1], right[2], model.cylinder_radius,
        up[0], up[1], up[2], model.min_depth,
        model.u_clamp, model.v_clamp, share, 0.0,
    ];
    numbers
}

#[cfg(test)]
#[path = "show_tests.rs"]
mod tests;
