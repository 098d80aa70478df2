//! A kept picture as one to look things up in.

use super::fold::Fold;
use crate::walk::Pose;
use crate::warp::WarpView;

/// Nothing nearer to a picture's camera than this many metres is looked up in it.
pub(super) const NEAREST: f32 = 0.5;
/// As many seams as this side by side would be as wide as the picture.
const SEAMS: f32 = 24.0;
/// Part of the way from its middle to its edge in which a picture that is appearing fades.
const FADES: f32 = 0.4;

/// A picture and its camera, seen from the last one.
pub(super) struct Source<'a> {
    pub(super) picture: &'a [f32],
    /// One over the metres ahead of its camera, pixel by pixel, if that is known.
    pub(super) depth: Option<&'a [f32]>,
    pub(super) position: [f32; 2],
    pub(super) yaw: [f32; 2],
    pub(super) pitch: [f32; 2],
    pub(super) fold: Fold,
    /// 1, or -1 for a mirror image.
    pub(super) side: f32,
    /// How much of it has appeared, 0 to 1, from its middle on.
    pub(super) share: f32,
    pub(super) nearness: f32,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        picture: &'a [f32],
        depth: Option<&'a [f32]>,
        pose: Pose,
        nearness: f32,
    ) -> Self {
        Self {
            picture,
            depth,
            position: [pose.x, pose.y],
            yaw: [pose.yaw.cos(), pose.yaw.sin()],
            pitch: [pose.pitch.cos(), pose.pitch.sin()],
            fold: Fold::NONE,
            side: 1.0,
            share: 1.0,
            nearness,
        }
    }

    /// Where a place is in the picture, in pixels, and by how many pixels it is inside.
    #[inline]
    pub(super) fn find(&self, view: &WarpView, [x, y, z]: [f32; 3]) -> [f32; 3] {
        let [x, y] = self.fold.apply([x, y]);
        let (dx, dy) = (x - self.position[0], y - self.position[1]);
        let ahead = self.yaw[0] * dx + self.yaw[1] * dy;
        let left = self.side * (self.yaw[0] * dy - self.yaw[1] * dx);
        let depth = ahead * self.pitch[0] + z * self.pitch[1];
        let up = z * self.pitch[0] - ahead * self.pitch[1];
        let [column, row, inside] = pixel(view, [depth, -left, up]);
        [column, row, if depth >= NEAREST { inside } else { 0.0 }]
    }

    /// Where the camera is, and its ahead, right and up, from the last camera.
    pub(super) fn axes(&self) -> ([f32; 3], [[f32; 3]; 3]) {
        let ([c, s], [cos, sin]) = (self.yaw, self.pitch);
        let spread = |[x, y]: [f32; 2], z: f32| {
            // A mirror undoes itself.
            let [x, y] = self.fold.apply([x, y]);
            [x, y, z]
        };
        let axes = [
            spread([c * cos, s * cos], sin),
            spread([self.side * s, -self.side * c], 0.0),
            spread([-c * sin, -s * sin], cos),
        ];
        (spread(self.position, 0.0), axes)
    }

    /// How much it counts at a pixel of its own: less at the edge, to hide the seam.
    #[inline]
    pub(super) fn weight(&self, view: &WarpView, [column, row, inside]: [f32; 3]) -> f32 {
        let [width, height] = view.size;
        let seam = (inside / width * SEAMS).clamp(0.0, 1.0);
        if self.share >= 1.0 {
            return seam;
        }
        let aside = (2.0 * (column + 0.5) / width - 1.0).abs();
        let off = aside.max((2.0 * (row + 0.5) / height - 1.0).abs());
        seam * ((self.share * (1.0 + FADES) - off) / FADES).clamp(0.0, 1.0)
    }
}

/// The pixel in which a camera shows what lies so far ahead, right and up of it, and by how many pixels
/// it is inside.
#[inline]
pub(super) fn pixel(view: &WarpView, [ahead, right, up]: [f32; 3]) -> [f32; 3] {
    let [width, height] = view.size;
    let column = ((right / ahead / view.tangent[0] + 1.0) * width - 1.0) / 2.0;
    let row = ((1.0 - up / ahead / view.tangent[1]) * height - 1.0) / 2.0;
    let inside = (column + 0.5).min(width - 0.5 - column).min(row + 0.5).min(height - 0.5 - row);
    [column, row, inside]
}
