//! The shaders are valid, and the one of the look-ahead computes what `WarpModel` does.

use yume_motion::walk::Pose;
use yume_motion::warp::WarpModel;

use super::*;
use crate::explorer::screen::device_tests::{device, pixels};

#[test]
fn every_shader_file_is_valid_and_has_both_entry_points() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shaders");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "wgsl") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let module = wgpu::naga::front::wgsl::parse_str(&source).unwrap_or_else(|error| {
            panic!("{}: {}", path.display(), error.emit_to_string(&source))
        });
        let mut validator = wgpu::naga::valid::Validator::new(
            wgpu::naga::valid::ValidationFlags::all(),
            wgpu::naga::valid::Capabilities::empty(),
        );
        validator.validate(&module).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        let names: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["vs_main", "fs_main"], "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 5, "only {checked} shaders in {folder}");
}

#[test]
fn the_uniform_struct_of_the_shader_has_the_layout_that_rust_fills() {
    let module = wgpu::naga::front::wgsl::parse_str(LOOK_AHEAD).unwrap();
    let (_, sight) = module
        .types
        .iter()
        .find(|(_, kind)| kind.name.as_deref() == Some("Sight"))
        .expect("the shader has a struct Sight");
    let wgpu::naga::TypeInner::Struct { members, span } = &sight.inner else {
        panic!("Sight is no struct")
    };
    assert_eq!(*span as usize, FLOATS * size_of::<f32>());
    let offsets: Vec<_> = members
        .iter()
        .map(|member| (member.name.as_deref().unwrap_or(""), member.offset / 4))
        .collect();
    let wanted = [
        ("size", 0),
        ("tangent", 2),
        ("position", 4),
        ("last_pitch", 6),
        ("forward", 8),
        ("camera_height", 11),
        ("right", 12),
        ("cylinder_radius", 15),
        ("up", 16),
        ("min_depth", 19),
        ("u_clamp", 20),
        ("v_clamp", 21),
        ("share", 22),
        ("padding", 23),
    ];
    assert_eq!(offsets, wanted);
}

/// A picture with columns in red and rows in green, so that a color says where it came from; as bytes and as a texture.
fn mapped(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    [width, height]: [u32; 2],
) -> (Vec<u8>, wgpu::Texture) {
    let picture: Vec<u8> = (0..width * height)
        .flat_map(|at| {
            let [column, row] = [at % width, at / width];
            [(255 * column / (width - 1)) as u8, (255 * row / (height - 1)) as u8, 128, 255]
        })
        .collect();
    let held = texture(device, "mapped", [width, height], wgpu::TextureUsages::COPY_DST);
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(4 * width),
        rows_per_image: None,
    };
    queue.write_texture(held.as_image_copy(), &picture, layout, held.size());
    (picture, held)
}

#[test]
fn the_shader_sees_what_the_warp_model_sees() {
    const SIZE: [u32; 2] = [64, 48];
    let Some((device, queue)) = device() else {
        eprintln!("no device to draw with: the shader's arithmetic was not compared");
        return;
    };
    let [width, height] = SIZE;
    let (picture, held) = mapped(&device, &queue, SIZE);
    let planes: Vec<f32> = (0..3)
        .flat_map(|plane| picture.iter().skip(plane).step_by(4).map(|&byte| f32::from(byte)))
        .collect();
    let poses = [
        (Pose { x: 0.0, y: 0.0, yaw: 0.0, pitch: 0.0 }, 0.0),
        (Pose { x: 2.5, y: 0.0, yaw: 0.0, pitch: 0.0 }, 0.0),
        (Pose { x: -1.0, y: 0.7, yaw: -0.6, pitch: 0.1 }, 0.05),
        (Pose { x: 0.3, y: -2.0, yaw: 1.4, pitch: -0.2 }, -0.1),
    ];
    for (pose, last_pitch) in poses {
        let model = WarpModel::TINY_V0;
        let view = model.view(pose, last_pitch, SIZE.map(|side| side as f32));
        let drawn = draw(&device, &queue, &held, Some(Sight { view, share: 1.0 }));
        let wanted = model.warp(&planes, width as usize, height as usize, pose, last_pitch);
        let area = (width * height) as usize;
        let worst = (0..3 * area)
            .map(|at| (f32::from(drawn[4 * (at % area) + at / area]) - wanted[at]).abs())
            .fold(0.0, f32::max);
        // Half a level of rounding in the target and up to one in the filter's 8-bit weights.
        assert!(worst <= 1.6, "{pose:?}: off by {worst} of 255");
    }
}

#[test]
fn without_a_sight_the_picture_is_copied_pixel_by_pixel() {
    const SIZE: [u32; 2] = [64, 31];
    let Some((device, queue)) = device() else {
        eprintln!("no device to draw with: the copy was not compared");
        return;
    };
    let (picture, newest) = mapped(&device, &queue, SIZE);
    assert_eq!(draw(&device, &queue, &newest, None), picture);
}

/// The picture that the passes make of `held`.
fn draw(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    held: &wgpu::Texture,
    sight: Option<Sight>,
) -> Vec<u8> {
    let size = [held.width(), held.height()];
    let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
    let target = texture(device, "target", size, usage);
    let held = view(held);
    let pair = Pair { newest: &held, held: &held, size, version: 0 };
    let mut show = Show::new(device, target.format());
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    show.prepare(device, queue, &mut encoder, pair, sight);
    let mut pass = begin_pass(&mut encoder, &view(&target));
    show.draw(&mut pass, [0, 0, size[0], size[1]]);
    drop(pass);
    queue.submit([encoder.finish()]);
    pixels(device, queue, &target)
}
