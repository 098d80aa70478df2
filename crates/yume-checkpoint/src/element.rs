//! The types of stored numbers, and their way into tensors.

use burn::tensor::{TensorData, bf16, f16};

/// The type of the numbers of a stored tensor; all are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32-bit float.
    F32,
    /// 16-bit float of IEEE 754.
    F16,
    /// The upper half of a 32-bit float.
    BF16,
    /// 64-bit float.
    F64,
    /// 64-bit integer.
    I64,
    /// 32-bit integer.
    I32,
    /// 16-bit integer.
    I16,
    /// 8-bit integer.
    I8,
    /// 8-bit integer without sign.
    U8,
    /// A byte, 0 or 1.
    Bool,
    /// Known to the container, not to us; with its size in bytes.
    Other(u8),
}

impl Element {
    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 | Self::I16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::Other(size) => usize::from(size),
        }
    }

    /// Whether a network's parameters may be stored like this.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F16 | Self::BF16 | Self::F64)
    }

    /// Contiguous little-endian numbers as tensor data, `None` for a type that we do not know.
    /// Doubles become singles, the weights' widest type; other types stay.
    pub(crate) fn data(self, bytes: &[u8], shape: &[usize]) -> Option<TensorData> {
        let shape = shape.to_vec();
        Some(match self {
            Self::F32 => TensorData::new(numbers(bytes, f32::from_le_bytes), shape),
            Self::F16 => TensorData::new(numbers(bytes, f16::from_le_bytes), shape),
            Self::BF16 => TensorData::new(numbers(bytes, bf16::from_le_bytes), shape),
            Self::F64 => TensorData::new(numbers(bytes, |b| f64::from_le_bytes(b) as f32), shape),
            Self::I64 => TensorData::new(numbers(bytes, i64::from_le_bytes), shape),
            Self::I32 => TensorData::new(numbers(bytes, i32::from_le_bytes), shape),
            Self::I16 => TensorData::new(numbers(bytes, i16::from_le_bytes), shape),
            Self::I8 => TensorData::new(numbers(bytes, i8::from_le_bytes), shape),
            Self::U8 | Self::Bool => TensorData::new(bytes.to_vec(), shape),
            Self::Other(_) => return None,
        })
    }
}

fn numbers<const SIZE: usize, T>(bytes: &[u8], convert: impl Fn([u8; SIZE]) -> T) -> Vec<T> {
    bytes.as_chunks::<SIZE>().0.iter().map(|chunk| convert(*chunk)).collect()
}
