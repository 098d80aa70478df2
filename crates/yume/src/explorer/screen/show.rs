//! Puts the picture into the window: `shaders/picture.wgsl`. While the look-ahead moves the held picture, the two are
//! mixed first, at the size of the pictures: `shaders/look_ahead.wgsl`.

use super::{
    begin_pass,
    plates::{Pair, Place},
    texture::{FORMAT, bind, bytes, pipeline, texture, uniforms, view},
};
use crate::explorer::look_ahead::Sight;

const PICTURE: &str = include_str!("../../../../../shaders/picture.wgsl");
const LOOK_AHEAD: &str = include_str!("../../../../../shaders/look_ahead.wgsl");
/// Numbers in the look-ahead's struct `Sight`.
const FLOATS: usize = 24;

/// The passes, and what they mix.
pub(super) struct Show {
    /// Bindings: 0 the sampler, 1 the picture that goes into the window.
    picture: wgpu::RenderPipeline,
    /// The same into the mix.
    newest: wgpu::RenderPipeline,
    /// Bindings: 0 the camera ([`camera`]), 1 the sampler, 2 the held picture.
    look_ahead: wgpu::RenderPipeline,
    camera: wgpu::Buffer,
    sampler: wgpu::Sampler,
    bindings: Option<Bindings>,
    is_mixed: bool,
}

/// The bindings of the pair with this version.
struct Bindings {
    version: u64,
    mix: wgpu::TextureView,
    newest_to_mix: wgpu::BindGroup,
    held_to_mix: wgpu::BindGroup,
    newest_to_window: wgpu::BindGroup,
    mix_to_window: wgpu::BindGroup,
}

impl Show {
    /// For a target of the format `target`.
    pub(super) fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let over = Some(wgpu::BlendState::ALPHA_BLENDING);
        Self {
            picture: pipeline(device, "picture", PICTURE, target, None),
            newest: pipeline(device, "newest", PICTURE, FORMAT, None),
            look_ahead: pipeline(device, "look-ahead", LOOK_AHEAD, FORMAT, over),
            camera: uniforms(device, "look-ahead camera", FLOATS),
            sampler: device.create_sampler(&wgpu::SamplerDescriptor {
                label: Some("linear"),
                mag_filter: wgpu::FilterMode::Linear,
                min_filter: wgpu::FilterMode::Linear,
                ..Default::default()
            }),
            bindings: None,
            is_mixed: false,
        }
    }

    /// Takes the pictures to show, and mixes them if there is a sight.
    pub(super) fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pair: Pair<'_>,
        sight: Option<Sight>,
    ) {
        if self.bindings.as_ref().is_none_or(|bindings| bindings.version != pair.version) {
            self.bindings = Some(self.bind(device, pair));
        }
        self.is_mixed = sight.is_some();
        let (Some(bindings), Some(sight)) = (&self.bindings, sight) else { return };
        queue.write_buffer(&self.camera, 0, &bytes(&camera(sight)));
        let mut pass = begin_pass(encoder, &bindings.mix);
        if sight.share < 1.0 {
            pass.set_pipeline(&self.newest);
            pass.set_bind_group(0, &bindings.newest_to_mix, &[]);
            pass.draw(0..3, 0..1);
        }
        pass.set_pipeline(&self.look_ahead);
        pass.set_bind_group(0, &bindings.held_to_mix, &[]);
        pass.draw(0..3, 0..1);
    }

    /// Draws what was prepared at `place`; without a sight it is the newest picture as it is.
    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>, place: Place) {
        let Some(bindings) = &self.bindings else { return };
        let [left, top, width, height] = place.map(|side| side as f32);
        pass.set_viewport(left, top, width, height, 0.0, 1.0);
        let picture =
            if self.is_mixed { &bindings.mix_to_window } else { &bindings.newest_to_window };
        pass.set_pipeline(&self.picture);
        pass.set_bind_group(0, picture, &[]);
        pass.draw(0..3, 0..1);
    }

    fn bind(&self, device: &wgpu::Device, pair: Pair<'_>) -> Bindings {
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let mix = view(&texture(device, "mix", pair.size, usage));
        let sampler = || wgpu::BindingResource::Sampler(&self.sampler);
        let picture = |pipeline: &wgpu::RenderPipeline, picture: &wgpu::TextureView| {
            let picture = wgpu::BindingResource::TextureView(picture);
            bind(device, pipeline, &[sampler(), picture])
        };
        let held = wgpu::BindingResource::TextureView(pair.held);
        let held_to_mix = [self.camera.as_entire_binding(), sampler(), held];
        Bindings {
            version: pair.version,
            newest_to_mix: picture(&self.newest, pair.newest),
            held_to_mix: bind(device, &self.look_ahead, &held_to_mix),
            newest_to_window: picture(&self.picture, pair.newest),
            mix_to_window: picture(&self.picture, &mix),
            mix,
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
