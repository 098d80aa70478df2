//! Between RGB and the luma and chroma planes of video, 4:2:0, 8 bits.

use crate::Frame;

/// Fraction bits of the integer arithmetic; sums stay below 2^31.
const SHIFT: i32 = 16;
const HALF: i32 = 1 << (SHIFT - 1);

/// How video values stand for red, green and blue.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Color {
    /// Weight of red in luma.
    red: f64,
    /// Weight of blue in luma.
    blue: f64,
    is_full_range: bool,
}

impl Color {
    /// ITU-R BT.709-6, section 3, in the limited range.
    pub(crate) const BT709: Self = Self { red: 0.2126, blue: 0.0722, is_full_range: false };

    /// By the code of ITU-T H.273, table 4; `None` where it does not name a matrix that is used
    /// here.
    pub(crate) fn from_matrix(code: u16, is_full_range: bool) -> Option<Self> {
        let (red, blue) = match code {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            5 | 6 => (0.299, 0.114),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => return None,
        };
        Some(Self { red, blue, is_full_range })
    }

    /// What players assume of a video that does not say: BT.601 for standard definition, BT.709
    /// above.
    pub(crate) fn assumed(width: u32, height: u32, is_full_range: bool) -> Self {
        let (red, blue) =
            if width >= 1280 || height > 576 { (0.2126, 0.0722) } else { (0.299, 0.114) };
        Self { red, blue, is_full_range }
    }

    fn scales(self) -> (f64, f64, i32) {
        if self.is_full_range { (1.0, 1.0, 0) } else { (219.0 / 255.0, 224.0 / 255.0, 16) }
    }
}

/// Three planes; the chroma planes have half the columns and half the rows.
#[derive(Clone, Debug)]
pub(crate) struct Planes {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) luma: Vec<u8>,
    pub(crate) blue: Vec<u8>,
    pub(crate) red: Vec<u8>,
}

impl Planes {
    /// `frame` as BT.709; an odd side grows by repeating the last pixel, since chroma comes in
    /// pairs.
    pub(crate) fn from_frame(frame: &Frame) -> Self {
        let (width, height) = (frame.width as usize, frame.height as usize);
        let (wide, high) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let weights = forward_weights(Color::BT709);
        let mut luma = vec![0; wide * high];
        let mut blue = vec![0; wide * high / 4];
        let mut red = vec![0; wide * high / 4];
        let pixel = |x: usize, y: usize| {
            let at = 3 * (y.min(height - 1) * width + x.min(width - 1));
            [frame.rgb[at], frame.rgb[at + 1], frame.rgb[at + 2]].map(i32::from)
        };
        for y in (0..high).step_by(2) {
            for x in (0..wide).step_by(2) {
                let mut sum = [0; 3];
                for (x, y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
                    let rgb = pixel(x, y);
                    luma[y * wide + x] = to_byte(dot(weights[0], rgb) + (16 << SHIFT));
                    sum = [sum[0] + rgb[0], sum[1] + rgb[1], sum[2] + rgb[2]];
                }
                let at = y / 2 * (wide / 2) + x / 2;
                blue[at] = to_byte(dot(weights[1], sum) / 4 + (128 << SHIFT));
                red[at] = to_byte(dot(weights[2], sum) / 4 + (128 << SHIFT));
            }
        }
        Self { width: wide, height: high, luma, blue, red }
    }
}

/// Planes with rows that may be longer than the picture, as a decoder hands them out.
pub(crate) struct PlaneViews<'a> {
    pub(crate) size: (usize, usize),
    pub(crate) luma: (&'a [u8], usize),
    pub(crate) blue: (&'a [u8], usize),
    pub(crate) red: (&'a [u8], usize),
}

impl PlaneViews<'_> {
    /// The picture in RGB, or `None` if a plane is shorter than the size promises.
    pub(crate) fn to_frame(&self, color: Color) -> Option<Frame> {
        let (width, height) = self.size;
        if width == 0 || height == 0 {
            return None;
        }
        let (luma_scale, chroma_scale, black) = color.scales();
        let green = 1.0 - color.red - color.blue;
        let fixed = |x: f64| (x * f64::from(1 << SHIFT)).round() as i32;
        let y_gain = fixed(1.0 / luma_scale);
        let red_by_red = fixed(2.0 * (1.0 - color.red) / chroma_scale);
        let blue_by_blue = fixed(2.0 * (1.0 - color.blue) / chroma_scale);
        let green_by_red = fixed(2.0 * (1.0 - color.red) * color.red / green / chroma_scale);
        let green_by_blue = fixed(2.0 * (1.0 - color.blue) * color.blue / green / chroma_scale);
        let mut rgb = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            let luma = row(self.luma, y, width)?;
            let blues = row(self.blue, y / 2, width.div_ceil(2))?;
            let reds = row(self.red, y / 2, width.div_ceil(2))?;
            for (x, &value) in luma.iter().enumerate() {
                let light = (i32::from(value) - black) * y_gain;
                let blue = i32::from(blues[x / 2]) - 128;
                let red = i32::from(reds[x / 2]) - 128;
                rgb.extend([
                    to_byte(light + red * red_by_red),
                    to_byte(light - red * green_by_red - blue * green_by_blue),
                    to_byte(light + blue * blue_by_blue),
                ]);
            }
        }
        Some(Frame::new(width as u32, height as u32, rgb))
    }
}

/// Rows: luma, blue difference, red difference; columns: red, green, blue.
fn forward_weights(color: Color) -> [[i32; 3]; 3] {
    let (luma_scale, chroma_scale, _) = color.scales();
    let (red, blue) = (color.red, color.blue);
    let green = 1.0 - red - blue;
    let fixed =
        |row: [f64; 3], gain: f64| row.map(|x| (x * gain * f64::from(1 << SHIFT)).round() as i32);
    [
        fixed([red, green, blue], luma_scale),
        fixed([-red, -green, 1.0 - blue], chroma_scale / (2.0 * (1.0 - blue))),
        fixed([1.0 - red, -green, -blue], chroma_scale / (2.0 * (1.0 - red))),
    ]
}

/// The first `len` values of row `y` of a plane whose rows are `plane.1` apart.
fn row(plane: (&[u8], usize), y: usize, len: usize) -> Option<&[u8]> {
    let start = y.checked_mul(plane.1)?;
    plane.0.get(start..start.checked_add(len)?)
}

fn dot(a: [i32; 3], b: [i32; 3]) -> i32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn to_byte(value: i32) -> u8 {
    ((value + HALF) >> SHIFT).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of 8-bit BT.709 colour bars, from the formulas of the recommendation in floating
    /// point.
    #[test]
    fn known_colors_have_their_published_values() {
        let table = [
            ([255, 255, 255], [235, 128, 128]),
            ([0, 0, 0], [16, 128, 128]),
            ([255, 0, 0], [63, 102, 240]),
            ([0, 255, 0], [173, 42, 26]),
            ([0, 0, 255], [32, 240, 118]),
        ];
        for (rgb, wanted) in table {
            let frame = Frame::new(2, 2, rgb.repeat(4));
            let planes = Planes::from_frame(&frame);
            assert_eq!([planes.luma[0], planes.blue[0], planes.red[0]], wanted, "{rgb:?}");
        }
    }

    #[test]
    fn a_flat_color_returns_to_itself() {
        for rgb in [[0, 0, 0], [255, 255, 255], [200, 30, 90], [12, 180, 240], [128, 128, 128]] {
            let planes = Planes::from_frame(&Frame::new(3, 5, rgb.repeat(15)));
            assert_eq!((planes.width, planes.height), (4, 6));
            let views = PlaneViews {
                size: (4, 6),
                luma: (&planes.luma, 4),
                blue: (&planes.blue, 2),
                red: (&planes.red, 2),
            };
            let back = views.to_frame(Color::BT709).unwrap();
            for channel in 0..3 {
                let difference = i32::from(back.rgb[channel]) - i32::from(rgb[channel]);
                // Luma has 219 and chroma 224 levels, so up to two of 255 are lost.
                assert!(difference.abs() <= 2, "{rgb:?} became {:?}", back.pixel(0, 0));
            }
        }
    }

    #[test]
    fn planes_that_are_too_short_give_no_frame() {
        let short =
            PlaneViews { size: (4, 4), luma: (&[0; 15], 4), blue: (&[0; 4], 2), red: (&[0; 4], 2) };
        assert!(short.to_frame(Color::BT709).is_none());
    }
}
