// The held picture as the look-ahead sees it, over the newest frame. The viewport is the letterboxed place of the picture
// in the window.

// The future camera in the very simple world of flat ground and a cylinder wall; `WarpView` in Rust, field by field.
struct Sight {
    // Pixels of a generated frame.
    size: vec2<f32>,
    // Half the width and half the height of the picture at distance 1.
    tangent: vec2<f32>,
    // Metres ahead and to the left of the held picture's camera.
    position: vec2<f32>,
    // Cosine and sine of the held picture's pitch.
    last_pitch: vec2<f32>,
    forward: vec3<f32>,
    camera_height: f32,
    right: vec3<f32>,
    cylinder_radius: f32,
    up: vec3<f32>,
    min_depth: f32,
    u_clamp: f32,
    v_clamp: f32,
    // Opacity over the newest frame, 0 to 1.
    share: f32,
    padding: f32,
}

@group(0) @binding(0) var<uniform> sight: Sight;
@group(0) @binding(1) var linear: sampler;
@group(0) @binding(2) var held: texture_2d<f32>;

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

// Where to look in the held picture for what the moved camera sees at `pixel`, both in pixels of a generated frame.
// The same lines as `WarpView::source` in yume-motion.
fn source_of(pixel: vec2<f32>) -> vec2<f32> {
    let width = sight.size.x;
    let height = sight.size.y;
    let vx = ((pixel.x + 0.5) / width * 2.0 - 1.0) * sight.tangent.x;
    let vy = -((pixel.y + 0.5) / height * 2.0 - 1.0) * sight.tangent.y;
    let ray = sight.forward + sight.right * vx + sight.up * vy;
    var ground = 1e9;
    if ray.z < -1e-4 {
        ground = sight.camera_height / max(-ray.z, 1e-4);
    }
    let x = sight.position.x;
    let y = sight.position.y;
    let a = ray.x * ray.x + ray.y * ray.y;
    let b = x * ray.x + y * ray.y;
    let c = x * x + y * y - sight.cylinder_radius * sight.cylinder_radius;
    let wall = (-b + sqrt(max(b * b - a * c, 0.0))) / a;
    let t = min(ground, wall);
    let q = vec3<f32>(x + t * ray.x, y + t * ray.y, t * ray.z);
    let depth = max(q.x * sight.last_pitch.x + q.z * sight.last_pitch.y, sight.min_depth);
    let u = clamp(-q.y / depth / sight.tangent.x, -sight.u_clamp, sight.u_clamp);
    let rise = -q.x * sight.last_pitch.y + q.z * sight.last_pitch.x;
    let v = clamp(-rise / depth / sight.tangent.y, -sight.v_clamp, sight.v_clamp);
    let column = ((u + 1.0) * width - 1.0) / 2.0;
    let row = ((v + 1.0) * height - 1.0) / 2.0;
    // Columns are mirrored about the picture's edges: every second width runs backwards.
    let beyond = abs(column + 0.5);
    let widths = floor(beyond / width);
    let within = beyond - widths * width;
    let mirrored = select(width - within, within, (u32(widths) & 1u) == 0u);
    return vec2<f32>(clamp(mirrored - 0.5, 0.0, width - 1.0), clamp(row, 0.0, height - 1.0));
}

@fragment
fn fs_main(corner: Corner) -> @location(0) vec4<f32> {
    let source = source_of(corner.place * sight.size - 0.5);
    let color = textureSampleLevel(held, linear, (source + 0.5) / sight.size, 0.0).rgb;
    return vec4<f32>(color, sight.share);
}
