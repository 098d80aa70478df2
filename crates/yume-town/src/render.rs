//! Pictures and clips of the town.

use rayon::prelude::*;
use yume_media::Frame;
use yume_motion::walk::Pose;

use crate::{
    camera::{Camera, Lens},
    light::Light,
    ray::Ray,
    scene::{Scene, Season},
    town::Town,
    view::View,
};

/// Renders one picture of `width` by `height` pixels (both 1 to 8192) with `supersample` by `supersample` rays per pixel
/// (1 to 8). The rows are shared out among rayon's threads; the picture does not depend on their number.
///
/// # Panics
/// If the size or `supersample` is out of range.
#[must_use]
pub fn render(
    town: &Town,
    scene: &Scene,
    camera: &Camera,
    width: u32,
    height: u32,
    supersample: u32,
) -> Frame {
    check_size(width, height);
    assert!((1..=8).contains(&supersample), "no picture with {supersample} rays across a pixel");
    let light = Light::new(scene);
    let lens = Lens::new(camera, width, height);
    let angle = lens.pixel_angle() / supersample as f32;
    let view = View { town, light: &light, season: scene.season, angle };
    let mut bytes = vec![0; 3 * width as usize * height as usize];
    let step = 1.0 / supersample as f32;
    let rows = bytes.par_chunks_exact_mut(3 * width as usize).enumerate();
    rows.for_each_init(Vec::new, |samples, (row, bytes)| {
        for (column, bytes) in bytes.chunks_exact_mut(3).enumerate() {
            let (left, top) = (column as f32, row as f32);
            let places = (0..supersample).flat_map(|j| (0..supersample).map(move |i| [i, j]));
            let rays = places.map(|place| {
                let [across, down] = place.map(|k| (k as f32 + 0.5) * step);
                Ray::new(lens.eye, lens.toward(left + across, top + down))
            });
            let middle = lens.toward(left + 0.5, top + 0.5);
            let colour = view.pixel(rays, middle, supersample as f32, samples);
            let byte = |v: f32| (v * 255.0 + 0.5) as u8;
            bytes.copy_from_slice(&[byte(colour.x), byte(colour.y), byte(colour.z)]);
        }
    });
    Frame::new(width, height, bytes)
}

/// One over the metres ahead of the camera, for each pixel of such a picture by rows; 0 for the sky.
///
/// # Panics
/// If the size is out of range.
#[must_use]
pub fn inverse_depth(town: &Town, camera: &Camera, width: u32, height: u32) -> Vec<f32> {
    check_size(width, height);
    let light = Light::new(&Scene::default());
    let lens = Lens::new(camera, width, height);
    let view = View { town, light: &light, season: Season::Summer, angle: lens.pixel_angle() };
    let pixels = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
    pixels
        .map(|(column, row)| {
            let along = lens.toward(column as f32 + 0.5, row as f32 + 0.5);
            let metres = view.distance(&Ray::new(lens.eye, along));
            metres.map_or(0.0, |t| 1.0 / (t * along.dot(lens.ahead)))
        })
        .collect()
}

fn check_size(width: u32, height: u32) {
    let fits = [width, height].iter().all(|side| (1..=8192).contains(side));
    assert!(fits, "no picture of {width}x{height}");
}

/// Renders a frame from each pose of a walk, with a walker's eyes.
#[must_use]
pub fn render_clip(
    town: &Town,
    scene: &Scene,
    poses: &[Pose],
    width: u32,
    height: u32,
    supersample: u32,
) -> Vec<Frame> {
    poses
        .par_iter()
        .map(|&pose| render(town, scene, &Camera::of_walker(pose), width, height, supersample))
        .collect()
}
