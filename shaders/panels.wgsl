// The panels over the picture, pixel by pixel. They were painted into a texture of the window's size.

@group(0) @binding(0) var panels: texture_2d<f32>;

// One triangle that covers the whole viewport; a scissor leaves the places where panels are.
@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    let place = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4<f32>(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0);
}

@fragment
fn fs_main(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return textureLoad(panels, vec2<i32>(position.xy), 0);
}
