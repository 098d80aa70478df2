//! Stored numbers become tensor data, piece by piece.

use std::ops::Range;

use burn::tensor::{Element as Number, TensorData, bf16, f16};

use crate::element::Element;
use crate::weights::{Stored, Weights};

// A mapped file takes memory for what is read of it; a piece is given back before the next is read.
const PIECE: usize = 16 << 20;

impl Weights {
    /// Reads `name`. Doubles become singles, other types stay. `None` if there is no such tensor or
    /// its type is unknown.
    pub fn read(&self, name: &str) -> Option<TensorData> {
        let stored = self.tensors.get(name)?;
        self.read_stacked(&[stored], &stored.shape)
    }

    /// Reads tensors of one type, one behind the other, as a tensor of `shape`, which must hold as
    /// many numbers.
    pub(crate) fn read_stacked(&self, parts: &[&Stored], shape: &[usize]) -> Option<TensorData> {
        let element = parts.first()?.element;
        let count: usize = parts.iter().map(|stored| stored.count()).sum();
        if parts.iter().any(|stored| stored.element != element)
            || count != shape.iter().product::<usize>()
        {
            return None;
        }
        match element {
            Element::F32 => self.numbers(parts, shape, f32::from_le_bytes),
            Element::F16 => self.numbers(parts, shape, f16::from_le_bytes),
            Element::BF16 => self.numbers(parts, shape, bf16::from_le_bytes),
            Element::F64 => self.numbers(parts, shape, |bytes| f64::from_le_bytes(bytes) as f32),
            Element::I64 => self.numbers(parts, shape, i64::from_le_bytes),
            Element::I32 => self.numbers(parts, shape, i32::from_le_bytes),
            Element::I16 => self.numbers(parts, shape, i16::from_le_bytes),
            Element::I8 => self.numbers(parts, shape, i8::from_le_bytes),
            Element::U8 | Element::Bool => self.numbers(parts, shape, u8::from_le_bytes),
            Element::Other(_) => None,
        }
    }

    fn numbers<const SIZE: usize, T: Number>(
        &self,
        parts: &[&Stored],
        shape: &[usize],
        convert: impl Fn([u8; SIZE]) -> T,
    ) -> Option<TensorData> {
        let mut out = Vec::with_capacity(shape.iter().product());
        for stored in parts {
            let file = &self.files[stored.file];
            let content = file.get(stored.start..)?;
            if let Some(strides) = &stored.strides {
                gather(&mut out, content, stored, strides, &convert)?;
                continue;
            }
            for piece in pieces(stored.bytes()) {
                let bytes = content.get(piece.clone())?;
                out.extend(bytes.as_chunks::<SIZE>().0.iter().map(|chunk| convert(*chunk)));
                file.release(stored.start + piece.start..stored.start + piece.end);
            }
        }
        Some(TensorData::new(out, shape.to_vec()))
    }
}

fn pieces(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(PIECE).map(move |start| start..length.min(start + PIECE))
}

/// Appends the numbers of a strided tensor, row after row.
fn gather<const SIZE: usize, T>(
    out: &mut Vec<T>,
    content: &[u8],
    stored: &Stored,
    strides: &[usize],
    convert: impl Fn([u8; SIZE]) -> T,
) -> Option<()> {
    let numbers = content.as_chunks::<SIZE>().0;
    let mut index = vec![0; stored.shape.len()];
    for _ in 0..stored.count() {
        let at: usize = index.iter().zip(strides).map(|(i, stride)| i * stride).sum();
        out.push(convert(*numbers.get(at)?));
        for (i, &edge) in index.iter_mut().zip(&stored.shape).rev() {
            *i += 1;
            if *i < edge {
                break;
            }
            *i = 0;
        }
    }
    Some(())
}
