//! The header of a safetensors file: names, types, shapes and places, all checked.

use std::collections::BTreeMap;
use std::path::Path;

use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;

use crate::CheckpointError;
use crate::element::Element;
use crate::weights::Stored;

const LENGTH: usize = 8;
// The header of the largest published model has 0.2 MB; parsing takes many times the text's size.
const LARGEST_HEADER: u64 = 8 << 20;

/// The tensors of a safetensors file.
pub(crate) fn tensors(
    content: &[u8],
    path: &Path,
) -> Result<BTreeMap<String, Stored>, CheckpointError> {
    let damaged = |reason: &dyn std::fmt::Display| CheckpointError::damaged(reason, path);
    let Some((length, rest)) = content.split_first_chunk::<LENGTH>() else {
        return Err(damaged(&"it ends before its header"));
    };
    let length = u64::from_le_bytes(*length);
    if length > LARGEST_HEADER {
        return Err(damaged(&format!("it claims a header of {length} bytes")));
    }
    let Some((header, data)) = rest.split_at_checked(length as usize) else {
        return Err(damaged(&"it ends within its header"));
    };
    // The crate checks that the tensors lie one behind the other and are as long as their shapes.
    let metadata: Metadata = serde_json::from_slice(header).map_err(|error| damaged(&error))?;
    if metadata.data_len() != data.len() {
        let (expected, found) = (metadata.data_len(), data.len());
        return Err(damaged(&format!("it should hold {expected} bytes of tensors, not {found}")));
    }
    let start = LENGTH + header.len();
    let tensors = metadata.tensors().into_iter().map(|(name, info)| {
        let stored = Stored {
            element: element(info.dtype),
            shape: info.shape.clone(),
            strides: None,
            start: start + info.data_offsets.0,
            file: 0,
        };
        (name, stored)
    });
    Ok(tensors.collect())
}

fn element(dtype: Dtype) -> Element {
    match dtype {
        Dtype::F32 => Element::F32,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::BF16,
        Dtype::F64 => Element::F64,
        Dtype::I64 => Element::I64,
        Dtype::I32 => Element::I32,
        Dtype::I16 => Element::I16,
        Dtype::I8 => Element::I8,
        Dtype::U8 => Element::U8,
        Dtype::BOOL => Element::Bool,
        // Types below a byte are never read, so rounding their size down is harmless.
        other => Element::Other((other.bitsize() / 8) as u8),
    }
}
