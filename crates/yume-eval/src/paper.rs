//! A picture to draw on: rectangles, lines, letters and frames.

use yume_media::Frame;

use crate::font;

pub(crate) type Colour = [u8; 3];

/// Pixels of one pixel of a letter.
const INK: usize = 2;
/// From one letter to the next, and from one line to the next.
pub(crate) const LETTER: usize = INK * (font::SIZE.0 + 1);
pub(crate) const LINE: usize = INK * (font::SIZE.1 + 2);

pub(crate) struct Paper {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Paper {
    pub(crate) fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self { width, height, rgb: colour.repeat(width * height) }
    }

    /// The finished picture.
    pub(crate) fn frame(self) -> Frame {
        Frame::new(self.width as u32, self.height as u32, self.rgb)
    }

    /// Inks a pixel; what lies outside is left out.
    fn dot(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width && y < self.height {
            self.rgb[3 * (y * self.width + x)..][..3].copy_from_slice(&colour);
        }
    }

    /// Fills a rectangle.
    pub(crate) fn fill(&mut self, (x, y): (usize, usize), (w, h): (usize, usize), colour: Colour) {
        for row in y..y + h {
            for column in x..x + w {
                self.dot(column, row, colour);
            }
        }
    }

    /// A line of two pixels' width, with gaps if `is_dashed`.
    pub(crate) fn line(
        &mut self,
        from: (f32, f32),
        to: (f32, f32),
        colour: Colour,
        is_dashed: bool,
    ) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            if is_dashed && step % 6 > 2 {
                continue;
            }
            let part = step as f32 / steps;
            let x = from.0 + part * (to.0 - from.0);
            let y = from.1 + part * (to.1 - from.1);
            self.fill((x.max(0.0) as usize, y.max(0.0) as usize), (2, 2), colour);
        }
    }

    /// Writes from an upper left corner on.
    pub(crate) fn text(&mut self, (x, y): (usize, usize), text: &str, colour: Colour) {
        for (number, letter) in text.chars().enumerate() {
            let left = x + number * LETTER;
            for row in 0..font::SIZE.1 {
                for column in 0..font::SIZE.0 {
                    if font::is_inked(letter, column, row) {
                        self.fill((left + INK * column, y + INK * row), (INK, INK), colour);
                    }
                }
            }
        }
    }

    /// Lays a frame down.
    pub(crate) fn paste(&mut self, (x, y): (usize, usize), frame: &Frame) {
        for row in 0..frame.height {
            for column in 0..frame.width {
                self.dot(x + column as usize, y + row as usize, frame.pixel(column, row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_where_it_belongs() {
        let (white, red) = ([255; 3], [200, 0, 0]);
        let mut paper = Paper::new(20, 16, white);
        paper.text((1, 1), "l", red);
        paper.line((10.0, 2.0), (18.0, 2.0), [0, 0, 9], false);
        paper.paste((15, 12), &Frame::new(2, 1, vec![7; 6]));
        paper.fill((19, 15), (9, 9), [1; 3]);
        let frame = paper.frame();
        for ((x, y), expected) in [
            ((1, 1), red),
            ((2, 10), red),
            ((6, 10), red),
            ((3, 1), white),
            ((14, 3), [0, 0, 9]),
            ((16, 12), [7; 3]),
            ((19, 15), [1; 3]),
        ] {
            assert_eq!(frame.pixel(x, y), expected, "at {x}, {y}");
        }
    }
}
