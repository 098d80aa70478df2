//! The picture type that the whole program passes around.

use std::{fmt, sync::Arc};

/// One picture: interleaved 8-bit RGB, rows from top to bottom, cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// `3 * width * height` bytes: red, green, blue of the first pixel of the top row, then the
    /// pixel to its right.
    pub rgb: Arc<[u8]>,
}

impl Frame {
    /// Wraps `rgb`, which holds `3 * width * height` bytes in the order of [`Frame::rgb`].
    ///
    /// # Panics
    /// If the length of `rgb` does not fit the size, or the size is zero: that is a mistake of the
    /// caller, never of a file.
    #[must_use]
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "a frame of {width}x{height} has no pixels");
        assert_eq!(
            rgb.len(),
            3 * width as usize * height as usize,
            "wrong number of bytes for a frame of {width}x{height}"
        );
        Self { width, height, rgb: rgb.into() }
    }

    /// Red, green and blue of the pixel in column `x` (from the left) and row `y` (from the top).
    ///
    /// # Panics
    /// If the pixel lies outside the frame.
    #[must_use]
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        assert!(
            x < self.width && y < self.height,
            "pixel ({x}, {y}) lies outside {}x{}",
            self.width,
            self.height
        );
        let at = 3 * (y as usize * self.width as usize + x as usize);
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}x{})", self.width, self.height)
    }
}
