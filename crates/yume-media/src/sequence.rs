//! What the sequence parameters of an H.264 video say about its pictures (ITU-T H.264, 7.3.2.1.1
//! and E.1.1).
//!
//! Read before the decoder sees them, so that a hostile file cannot make it allocate what it likes.

use crate::{bytes::Bits, color::Color};

/// Macroblocks in the largest picture of level 5.2, which is as far as the decoder goes.
const MAX_MACROBLOCKS: u64 = 36_864;

/// The shape of the pictures, and how to read their colors.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sequence {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) color: Color,
}

/// Why sequence parameters are refused.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Refusal {
    Damaged,
    /// Valid, but beyond the decoder; says in which way.
    Unsupported(String),
    TooLarge(String),
}

impl Sequence {
    /// Reads a NAL unit of type 7, its first byte included.
    pub(crate) fn parse(unit: &[u8]) -> Result<Self, Refusal> {
        let plain = unescape(unit);
        let mut bits = Bits::new(plain.get(1..).unwrap_or_default());
        let profile = bits.number(8).ok_or(Refusal::Damaged)?;
        let chroma = skip_to_size(&mut bits, profile).ok_or(Refusal::Damaged)?;
        if let Some(what) = chroma {
            return Err(Refusal::Unsupported(what.to_owned()));
        }
        let shape = Shape::read(&mut bits).ok_or(Refusal::Damaged)?;
        if shape.is_interlaced {
            return Err(Refusal::Unsupported("interlaced H.264".to_owned()));
        }
        if shape.columns * shape.rows > MAX_MACROBLOCKS {
            return Err(Refusal::TooLarge(format!("{}x{}", shape.columns * 16, shape.rows * 16)));
        }
        let [left, right, top, bottom] = shape.crop.map(|units| units * 2);
        let side = |blocks: u64, cut: u64| (blocks * 16).checked_sub(cut).filter(|&n| n > 0);
        let width = side(shape.columns, left + right).ok_or(Refusal::Damaged)? as u32;
        let height = side(shape.rows, top + bottom).ok_or(Refusal::Damaged)? as u32;
        // Missing or damaged display hints are no reason to refuse the pictures.
        let hints = color_hints(&mut bits).unwrap_or_default();
        let color = Color::from_matrix(hints.matrix, hints.is_full_range)
            .unwrap_or_else(|| Color::assumed(width, height, hints.is_full_range));
        Ok(Self { width, height, color })
    }
}

/// In macroblocks; `crop` is left, right, top, bottom in units of two pixels.
struct Shape {
    columns: u64,
    rows: u64,
    is_interlaced: bool,
    crop: [u64; 4],
}

impl Shape {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let columns = u64::from(bits.unsigned()?) + 1;
        let rows = u64::from(bits.unsigned()?) + 1;
        let is_interlaced = !bits.flag()?;
        if is_interlaced {
            bits.flag()?;
        }
        bits.flag()?;
        let mut crop = [0; 4];
        if bits.flag()? {
            for side in &mut crop {
                *side = u64::from(bits.unsigned()?);
            }
        }
        Some(Self { columns, rows, is_interlaced, crop })
    }
}

/// Moves past everything before the size. The inner option names what the decoder cannot do.
fn skip_to_size(bits: &mut Bits<'_>, profile: u32) -> Option<Option<&'static str>> {
    let _constraints_and_level = bits.number(16)?;
    let _id = bits.unsigned()?;
    if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(&profile) {
        if bits.unsigned()? != 1 {
            return Some(Some(
                "H.264 with full, half or no color resolution (4:4:4, 4:2:2 or gray)",
            ));
        }
        if bits.unsigned()? != 0 || bits.unsigned()? != 0 {
            return Some(Some("H.264 with more than 8 bits"));
        }
        bits.flag()?;
        if bits.flag()? {
            for list in 0..8 {
                if bits.flag()? {
                    skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let _frame_number_bits = bits.unsigned()?;
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?;
        }
        1 => {
            bits.flag()?;
            bits.signed()?;
            bits.signed()?;
            let cycle = bits.unsigned()?;
            if cycle > 255 {
                return None;
            }
            for _ in 0..cycle {
                bits.signed()?;
            }
        }
        _ => {}
    }
    let _reference_frames = bits.unsigned()?;
    bits.flag()?;
    Some(None)
}

fn skip_scaling_list(bits: &mut Bits<'_>, len: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..len {
        if next != 0 {
            next = (last + bits.signed()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// Code of the color matrix (2: not said), and whether values use all of 0 to 255.
struct ColorHints {
    matrix: u16,
    is_full_range: bool,
}

impl Default for ColorHints {
    fn default() -> Self {
        Self { matrix: 2, is_full_range: false }
    }
}

fn color_hints(bits: &mut Bits<'_>) -> Option<ColorHints> {
    let mut hints = ColorHints::default();
    let has_hints = bits.flag()?;
    if !has_hints {
        return Some(hints);
    }
    let has_pixel_shape = bits.flag()?;
    if has_pixel_shape && bits.number(8)? == 255 {
        bits.number(32)?;
    }
    let has_overscan = bits.flag()?;
    if has_overscan {
        bits.flag()?;
    }
    let has_signal = bits.flag()?;
    if has_signal {
        bits.number(3)?;
        hints.is_full_range = bits.flag()?;
        let has_matrix = bits.flag()?;
        if has_matrix {
            bits.number(16)?;
            hints.matrix = bits.number(8)? as u16;
        }
    }
    Some(hints)
}

/// Drops the 3 of each 0, 0, 3, which only keeps start codes out of the data.
fn unescape(unit: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}
