//! Puts the picture into the window: `shaders/picture.wgsl`, and over it `shaders/look_ahead.wgsl` while the look-ahead
//! moves the held picture.

use super::{
    plates::{Pair, Place},
    texture::{bind, bytes, pipeline, uniforms},
};
use crate::explorer::look_ahead::Sight;

const PICTURE: &str = include_str!("../../../../../shaders/picture.wgsl");
const LOOK_AHEAD: &str = include_str!("../../../../../shaders/look_ahead.wgsl");
/// Numbers in the look-ahead's struct `Sight`.
const FLOATS: usize = 24;

/// Both passes.
pub(super) struct Show {
    /// Bindings: 0 the sampler, 1 the newest picture.
    picture: wgpu::RenderPipeline,
    /// Bindings: 0 the camera ([`camera`]), 1 the sampler, 2 the held picture.
    look_ahead: wgpu::RenderPipeline,
    camera: wgpu::Buffer,
    sampler: wgpu::Sampler,
    bindings: Option<Bindings>,
}

/// The bindings of the pair with this version.
struct Bindings {
    version: u64,
    picture: wgpu::BindGroup,
    look_ahead: wgpu::BindGroup,
}

impl Show {
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let over = Some(wgpu::BlendState::ALPHA_BLENDING);
        Self {
            picture: pipeline(device, "picture", PICTURE, target, None),
            look_ahead: pipeline(device, "look-ahead", LOOK_AHEAD, target, over),
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
        if self.bindings.as_ref().is_none_or(|bindings| bindings.version != pair.version) {
            self.bindings = Some(self.bind(device, pair));
        }
        let Some(bindings) = &self.bindings else { return };
        let [left, top, width, height] = place.map(|side| side as f32);
        pass.set_viewport(left, top, width, height, 0.0, 1.0);
        if sight.is_none_or(|sight| sight.share < 1.0) {
            pass.set_pipeline(&self.picture);
            pass.set_bind_group(0, &bindings.picture, &[]);
            pass.draw(0..3, 0..1);
        }
        if let Some(sight) = sight {
            queue.write_buffer(&self.camera, 0, &bytes(&camera(sight)));
            pass.set_pipeline(&self.look_ahead);
            pass.set_bind_group(0, &bindings.look_ahead, &[]);
            pass.draw(0..3, 0..1);
        }
    }

    fn bind(&self, device: &wgpu::Device, pair: Pair<'_>) -> Bindings {
        let sampler = wgpu::BindingResource::Sampler(&self.sampler);
        let picture = [sampler.clone(), wgpu::BindingResource::TextureView(pair.newest)];
        let look_ahead = [
            self.camera.as_entire_binding(),
            sampler,
            wgpu::BindingResource::TextureView(pair.held),
        ];
        Bindings {
            version: pair.version,
            picture: bind(device, &self.picture, &picture),
            look_ahead: bind(device, &self.look_ahead, &look_ahead),
        }
    }
}

/// The shader's struct `Sight`, number by number.
fn camera(Sight { view, share }: Sight) -> [f32; FLOATS] {
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
