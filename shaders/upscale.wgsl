// One axis of the upscale: every target pixel is a sharp cubic mix of four source pixels along the axis.
// The window runs it twice per new frame, first along the rows and then along the columns.

struct Axis {
    // (1, 0) along the rows, (0, 1) along the columns.
    direction: vec2<f32>,
    // The parameter of the Keys cubic: -0.5 is Catmull-Rom, more negative is sharper.
    sharpness: f32,
    padding: f32,
}

@group(0) @binding(0) var source: texture_2d<f32>;
@group(0) @binding(1) var<uniform> axis: Axis;

struct Corner {
    @builtin(position) position: vec4<f32>,
    // 0 to 1 across the target, y down.
    @location(0) place: vec2<f32>,
}

// One triangle that covers the whole target.
@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> Corner {
    let place = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return Corner(vec4<f32>(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0), place);
}

// Weights of the pixels at -1, 0, 1 and 2 for a place `t` between 0 and 1 (Keys 1981).
fn weights(t: f32, a: f32) -> vec4<f32> {
    let t2 = t * t;
    let t3 = t2 * t;
    return vec4<f32>(
        a * (t3 - 2.0 * t2 + t),
        (a + 2.0) * t3 - (a + 3.0) * t2 + 1.0,
        -(a + 2.0) * t3 + (2.0 * a + 3.0) * t2 - a * t,
        a * (t2 - t3),
    );
}

fn pixel(at: vec2<i32>) -> vec3<f32> {
    let last = vec2<i32>(textureDimensions(source)) - 1;
    return textureLoad(source, clamp(at, vec2<i32>(0), last), 0).rgb;
}

@fragment
fn fs_main(corner: Corner) -> @location(0) vec4<f32> {
    let at = corner.place * vec2<f32>(textureDimensions(source)) - 0.5;
    let along = dot(at, axis.direction);
    let start = floor(along);
    let step = vec2<i32>(axis.direction);
    let first = vec2<i32>(round(at * (1.0 - axis.direction) + start * axis.direction));
    let weight = weights(along - start, axis.sharpness);
    let a = pixel(first - step);
    let b = pixel(first);
    let c = pixel(first + step);
    let d = pixel(first + 2 * step);
    let mixed = a * weight.x + b * weight.y + c * weight.z + d * weight.w;
    // Never brighter or darker than the neighbourhood, so that edges get no halo.
    let lowest = min(min(a, b), min(c, d));
    let highest = max(max(a, b), max(c, d));
    return vec4<f32>(clamp(mixed, lowest, highest), 1.0);
}
