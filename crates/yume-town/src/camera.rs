//! Where a view is taken from.

use yume_motion::walk::Pose;

use crate::vec3::{Vec3, vec3};

/// A camera without lens errors: straight lines stay straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Metres in the town.
    pub x: f32,
    /// Metres in the town.
    pub y: f32,
    /// Metres above the ground.
    pub height: f32,
    /// Radians counter-clockwise from the town's x axis.
    pub yaw: f32,
    /// Radians above the horizon.
    pub pitch: f32,
    /// Width of the view in degrees, 1 to 170.
    pub hfov_deg: f32,
}

impl Camera {
    /// The eyes of a walker: 1.7 m above the ground, 78 degrees wide, as in the pictures that the first weights were trained on.
    #[must_use]
    pub fn of_walker(pose: Pose) -> Self {
        Self { x: pose.x, y: pose.y, height: 1.7, yaw: pose.yaw, pitch: pose.pitch, hfov_deg: 78.0 }
    }
}

/// The rays of a camera for a picture of one size.
pub(crate) struct Lens {
    pub(crate) eye: Vec3,
    pub(crate) ahead: Vec3,
    right: Vec3,
    up: Vec3,
    per_pixel: f32,
    middle: [f32; 2],
}

impl Lens {
    pub(crate) fn new(camera: &Camera, width: u32, height: u32) -> Self {
        let wide = camera.hfov_deg.clamp(1.0, 170.0).to_radians();
        let ((sy, cy), (sp, cp)) = (camera.yaw.sin_cos(), camera.pitch.sin_cos());
        let wrap = |v: f32| v.rem_euclid(crate::town::SIZE);
        Self {
            eye: vec3(wrap(camera.x), wrap(camera.y), camera.height.max(0.05)),
            ahead: vec3(cy * cp, sy * cp, sp),
            right: vec3(sy, -cy, 0.0),
            up: vec3(-cy * sp, -sy * sp, cp),
            per_pixel: 2.0 * (0.5 * wide).tan() / width as f32,
            middle: [0.5 * width as f32, 0.5 * height as f32],
        }
    }

    /// Unit direction through a place of the picture, in pixels from its upper left corner.
    #[inline]
    pub(crate) fn toward(&self, column: f32, row: f32) -> Vec3 {
        let across = (column - self.middle[0]) * self.per_pixel;
        let down = (row - self.middle[1]) * self.per_pixel;
        (self.ahead + self.right * across - self.up * down).normalized()
    }

    /// Radians that a pixel in the middle covers.
    pub(crate) fn pixel_angle(&self) -> f32 {
        self.per_pixel
    }
}
