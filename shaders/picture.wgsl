// The newest frame on screen. It was upscaled to the size of the viewport, so that this is a copy,
// or to half of it where a processor draws.

@group(0) @binding(0) var linear: sampler;
@group(0) @binding(1) var newest: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4<f32>,
    // 0 to 1 across the picture, y down.
    @location(0) place: vec2<f32>,
}

// One triangle that covers the whole viewport.
@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> Corner {
    let place = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return Corner(vec4<f32>(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0), place);
}

@fragment
fn fs_main(corner: Corner) -> @location(0) vec4<f32> {
    return textureSampleLevel(newest, linear, corner.place, 0.0);
}
