//! Contact sheets: rows of frames in one picture.

use yume_media::Frame;

const GAP: usize = 2;
const PAPER: u8 = 32;

/// Puts rows of frames, all of one size, into one picture; rows may differ in length.
///
/// # Panics
/// If there is no frame, or sizes differ.
pub fn sheet(rows: &[Vec<Frame>]) -> Frame {
    let first = rows.iter().flatten().next().expect("a sheet shows at least one frame");
    let (width, height) = (first.width as usize, first.height as usize);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (wide, high) = (columns * (width + GAP) + GAP, rows.len() * (height + GAP) + GAP);
    let mut rgb = vec![PAPER; 3 * wide * high];
    for (r, row) in rows.iter().enumerate() {
        for (c, frame) in row.iter().enumerate() {
            assert!(
                (frame.width as usize, frame.height as usize) == (width, height),
                "a frame of {}x{} on a sheet of {width}x{height}",
                frame.width,
                frame.height
            );
            for (y, line) in frame.rgb.chunks_exact(3 * width).enumerate() {
                let at = (GAP + r * (height + GAP) + y) * wide + GAP + c * (width + GAP);
                rgb[3 * at..][..3 * width].copy_from_slice(line);
            }
        }
    }
    Frame::new(wide as u32, high as u32, rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stand_where_they_belong() {
        let plain = |value| Frame::new(4, 3, vec![value; 36]);
        let picture = sheet(&[vec![plain(1), plain(2)], vec![plain(3)]]);
        assert_eq!((picture.width, picture.height), (14, 12));
        let table = [((2, 2), 1), ((8, 4), 2), ((5, 9), 3), ((8, 7), PAPER), ((0, 0), PAPER)];
        for ((x, y), value) in table {
            assert_eq!(picture.pixel(x, y)[0], value, "at {x}, {y}");
        }
    }
}
