//! Brings a frame to another size.

use image::{
    ImageBuffer, Rgb,
    imageops::{FilterType, crop_imm, resize},
};

use crate::Frame;

/// What to do when the shape of a frame differs from the wanted one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fit {
    /// Change the shape: nothing is lost, everything is distorted.
    #[default]
    Stretch,
    /// Cut equal strips off two opposite sides: nothing is distorted.
    Crop,
}

impl Frame {
    /// The frame at `width` x `height` pixels, by bicubic interpolation (Catmull-Rom) with
    /// antialiasing when it shrinks.
    ///
    /// # Panics
    /// If `width` or `height` is zero.
    #[must_use]
    pub fn fit(&self, width: u32, height: u32, fit: Fit) -> Self {
        assert!(width > 0 && height > 0, "a frame cannot be fitted to {width}x{height}");
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let source = self.view();
        let (kept_width, kept_height) = match fit {
            Fit::Stretch => (self.width, self.height),
            Fit::Crop => largest_part(self, width, height),
        };
        let left = (self.width - kept_width) / 2;
        let top = (self.height - kept_height) / 2;
        let part = crop_imm(&source, left, top, kept_width, kept_height);
        let resized = resize(&*part, width, height, FilterType::CatmullRom);
        Self::new(width, height, resized.into_raw())
    }

    /// The frame as the `image` crate sees it, without copying.
    pub(crate) fn view(&self) -> ImageBuffer<Rgb<u8>, &[u8]> {
        ImageBuffer::from_raw(self.width, self.height, &*self.rgb)
            .expect("Frame::new checked the length")
    }
}

/// Size of the largest part of `frame` that has the shape of `width` x `height`, to the nearest
/// pixel.
fn largest_part(frame: &Frame, width: u32, height: u32) -> (u32, u32) {
    let scale = f64::min(
        f64::from(frame.width) / f64::from(width),
        f64::from(frame.height) / f64::from(height),
    );
    let side = |wanted: u32, have: u32| ((f64::from(wanted) * scale).round() as u32).clamp(1, have);
    (side(width, frame.width), side(height, frame.height))
}
