//! The last picture, seen from where the camera will be: what the small world is told about the
//! frames to come, and what the window shows until they are there.
//!
//! The world is taken to be flat ground and a vertical cylinder around the camera of the last
//! picture.

use crate::walk::Pose;

/// The shape of the assumed world and of the picture.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct WarpModel {
    /// Metres from the ground to the camera.
    pub camera_height: f32,
    /// Metres from the last camera to the wall around it.
    pub cylinder_radius: f32,
    /// Nothing is taken to be nearer to the last picture than this many metres.
    pub min_depth: f32,
    /// Degrees from the left to the right edge.
    pub hfov_deg: f32,
    /// How far beside the picture a point may lie, in half widths; beyond the edges the picture is
    /// mirrored.
    pub u_clamp: f32,
    /// How far above or below the picture a point may lie, in half heights.
    pub v_clamp: f32,
}

/// The future camera in numbers, ready to trace rays. A shader takes these as its uniforms.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct WarpView {
    /// The assumed world.
    pub model: WarpModel,
    /// Width and height of the picture in pixels.
    pub size: [f32; 2],
    /// Half the width and half the height of the picture at distance 1.
    pub tangent: [f32; 2],
    /// Metres ahead and to the left of the last camera.
    pub position: [f32; 2],
    /// Where the camera looks: ahead, left, up.
    pub forward: [f32; 3],
    /// The camera's right.
    pub right: [f32; 3],
    /// The camera's up.
    pub up: [f32; 3],
    /// Cosine and sine of the last picture's pitch.
    pub last_pitch: [f32; 2],
}

impl WarpModel {
    /// The geometry that the embedded world was trained with.
    pub const TINY_V0: Self = Self {
        camera_height: 1.7,
        cylinder_radius: 30.0,
        min_depth: 3.0,
        hfov_deg: 78.0,
        u_clamp: 3.0,
        v_clamp: 1.0,
    };

    /// The view from `pose`, given the last picture of `size` pixels, taken at pitch `last_pitch`.
    #[must_use]
    pub fn view(&self, pose: Pose, last_pitch: f32, size: [f32; 2]) -> WarpView {
        let (sin_yaw, cos_yaw) = pose.yaw.sin_cos();
        let (sin_pitch, cos_pitch) = pose.pitch.sin_cos();
        let tangent = (f64::from(self.hfov_deg).to_radians() / 2.0).tan();
        let aspect = f64::from(size[1]) / f64::from(size[0]);
        WarpView {
            model: *self,
            size,
            tangent: [tangent as f32, (tangent * aspect) as f32],
            position: [pose.x, pose.y],
            forward: [cos_yaw * cos_pitch, sin_yaw * cos_pitch, sin_pitch],
            right: [sin_yaw, -cos_yaw, 0.0],
            up: [-cos_yaw * sin_pitch, -sin_yaw * sin_pitch, cos_pitch],
            last_pitch: [last_pitch.cos(), last_pitch.sin()],
        }
    }

    /// Where to look in the last picture for what the camera at `pose` sees at `pixel`. Both are in
    /// pixels, 0 being the centre of the first; the answer lies within the picture.
    #[must_use]
    pub fn source(&self, pose: Pose, last_pitch: f32, pixel: [f32; 2], size: [f32; 2]) -> [f32; 2] {
        self.view(pose, last_pitch, size).source(pixel)
    }

    /// The whole picture as seen from `pose`.
    ///
    /// # Shapes
    /// `picture` and the answer are `[3, height, width]`.
    ///
    /// # Panics
    /// When `picture` has another length.
    #[must_use]
    pub fn warp(
        &self,
        picture: &[f32],
        width: usize,
        height: usize,
        pose: Pose,
        last_pitch: f32,
    ) -> Vec<f32> {
        let area = width * height;
        assert_eq!(picture.len(), 3 * area, "the picture must hold 3 planes of {width}x{height}");
        let mut warped = vec![0.0; picture.len()];
        if area == 0 {
            return warped;
        }
        let view = self.view(pose, last_pitch, [width as f32, height as f32]);
        let mut sources = vec![[0.0; 2]; width];
        let mut taps = vec![Taps::default(); width];
        for j in 0..height {
            // In a loop of its own, because so the compiler does several pixels at once.
            for (i, source) in sources.iter_mut().enumerate() {
                *source = view.source([i as f32, j as f32]);
            }
            for (taps, &source) in taps.iter_mut().zip(&sources) {
                *taps = Taps::at(source, width, height);
            }
            for plane in 0..3 {
                let from = &picture[plane * area..][..area];
                let to = &mut warped[plane * area + j * width..][..width];
                for (value, taps) in to.iter_mut().zip(&taps) {
                    *value = taps.blend(from);
                }
            }
        }
        warped
    }

    /// One over the metres that the assumed world is ahead of a camera in its middle, pixel by pixel.
    #[must_use]
    pub fn depth(&self, width: usize, height: usize, pitch: f32) -> Vec<f32> {
        let pose = Pose { pitch, ..Pose::default() };
        let view = self.view(pose, pitch, [width as f32, height as f32]);
        let pixels = (0..height).flat_map(|j| (0..width).map(move |i| [i as f32, j as f32]));
        pixels.map(|pixel| 1.0 / view.ahead(view.place(pixel))).collect()
    }
}

impl WarpView {
    /// Metres that a place is ahead of the camera.
    #[inline]
    #[must_use]
    pub fn ahead(&self, [x, y, z]: [f32; 3]) -> f32 {
        let [ahead, left, up] = self.forward;
        (x - self.position[0]) * ahead + (y - self.position[1]) * left + z * up
    }

    /// As [`WarpModel::source`]. Written to be carried over to a shader line by line.
    #[inline]
    #[must_use]
    pub fn source(&self, pixel: [f32; 2]) -> [f32; 2] {
        let model = &self.model;
        let [width, height] = self.size;
        let [qx, qy, qz] = self.place(pixel);
        // That point in the last picture.
        let [cos, sin] = self.last_pitch;
        let depth = (qx * cos + qz * sin).max(model.min_depth);
        let u = (-qy / depth / self.tangent[0]).max(-model.u_clamp).min(model.u_clamp);
        let v = -(-qx * sin + qz * cos) / depth / self.tangent[1];
        let v = v.max(-model.v_clamp).min(model.v_clamp);
        let column = ((u + 1.0) * width - 1.0) / 2.0;
        let row = ((v + 1.0) * height - 1.0) / 2.0;
        // Columns are mirrored about the picture's edges: every second width runs backwards.
        let beyond = (column + 0.5).abs();
        let widths = (beyond / width) as i32;
        let within = beyond - widths as f32 * width;
        let mirrored = if widths & 1 == 0 { within } else { width - within };
        [(mirrored - 0.5).min(width - 1.0).max(0.0), row.min(height - 1.0).max(0.0)]
    }

    /// What the camera sees at `pixel`: metres ahead, to the left and above the last camera, as if
    /// that one looked level.
    #[inline]
    #[must_use]
    pub fn place(&self, pixel: [f32; 2]) -> [f32; 3] {
        let model = &self.model;
        let [width, height] = self.size;
        // Limits are `min` and `max`, because `clamp` panics where they cross.
        // The ray of the pixel.
        let vx = ((pixel[0] + 0.5) / width * 2.0 - 1.0) * self.tangent[0];
        let vy = -((pixel[1] + 0.5) / height * 2.0 - 1.0) * self.tangent[1];
        let dx = self.forward[0] + self.right[0] * vx + self.up[0] * vy;
        let dy = self.forward[1] + self.right[1] * vx + self.up[1] * vy;
        let dz = self.forward[2] + self.right[2] * vx + self.up[2] * vy;
        // Where it meets the ground or the cylinder, whichever comes first.
        let ground = if dz < -1e-4 { model.camera_height / (-dz).max(1e-4) } else { 1e9 };
        let [x, y] = self.position;
        let a = dx * dx + dy * dy;
        let b = x * dx + y * dy;
        let c = x * x + y * y - model.cylinder_radius * model.cylinder_radius;
        let wall = (-b + (b * b - a * c).max(0.0).sqrt()) / a;
        let t = ground.min(wall);
        [x + t * dx, y + t * dy, t * dz]
    }
}

/// The four pixels around a place in a picture, and their weights.
#[derive(Copy, Clone, Default)]
pub(crate) struct Taps {
    index: [usize; 4],
    weight: [f32; 4],
}

impl Taps {
    /// `[x, y]` lies within the picture, so that cutting off the fraction rounds down.
    #[inline]
    pub(crate) fn at([x, y]: [f32; 2], width: usize, height: usize) -> Self {
        let (column, row) = (x as i32, y as i32);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let left = (column as usize).min(width - 1);
        let top = (row as usize).min(height - 1);
        let right = (left + 1).min(width - 1);
        let bottom = (top + 1).min(height - 1);
        Self {
            index: [
                top * width + left,
                top * width + right,
                bottom * width + left,
                bottom * width + right,
            ],
            weight: [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy],
        }
    }

    #[inline]
    pub(crate) fn blend(&self, plane: &[f32]) -> f32 {
        let [a, b, c, d] = self.index;
        let [wa, wb, wc, wd] = self.weight;
        plane[a] * wa + plane[b] * wb + plane[c] * wc + plane[d] * wd
    }
}
