//! Weights saved by `PyTorch`: a zip archive of a pickle and of the tensors' numbers.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::CheckpointError;
use crate::pickle::{self, PickleError, Pickled, PickledTensor};
use crate::weights::Stored;
use crate::zip;

const PICKLE: &str = "data.pkl";
// That of the largest published file has 0.1 MB; reading takes many times the pickle's size.
const LARGEST_PICKLE: usize = 8 << 20;

/// The tensors of an archive.
pub(crate) fn tensors(
    content: &[u8],
    path: &Path,
) -> Result<BTreeMap<String, Stored>, CheckpointError> {
    let damaged = |reason: &dyn std::fmt::Display| CheckpointError::damaged(reason, path);
    let entries = zip::entries(content).map_err(|reason| damaged(&reason))?;
    let folder = entries
        .keys()
        .find_map(|name| {
            name.strip_suffix(PICKLE).filter(|folder| folder.is_empty() || folder.ends_with('/'))
        })
        .ok_or_else(|| {
            CheckpointError::unsupported("it is a zip archive, but not one of PyTorch", path)
        })?;
    let entry = |name: &str| entries.get(&format!("{folder}{name}"));
    if let Some(order) = entry("byteorder")
        && content[order.range.clone()] != *b"little"
    {
        let reason = "its numbers are not little-endian; save it again on an ordinary computer";
        return Err(CheckpointError::unsupported(reason, path));
    }
    let pickle = entry(PICKLE).ok_or_else(|| damaged(&"it has no pickle"))?;
    if pickle.range.len() > LARGEST_PICKLE {
        return Err(damaged(&format!("its pickle has {} bytes", pickle.range.len())));
    }
    // One byte more or less here, and the numbers of another place are read.
    if !pickle.is_whole(content) {
        return Err(damaged(&"its pickle is not the one that was saved"));
    }
    let pickled = pickle::read(&content[pickle.range.clone()]).map_err(|error| match error {
        PickleError::Code(code) => CheckpointError::code(code, path),
        PickleError::Damaged(reason) => damaged(&reason),
    })?;
    if pickled.tensors.is_empty() {
        let reason = "it holds no tensors at its outermost level; save the state dict alone";
        return Err(CheckpointError::unsupported(reason, path));
    }
    let mut tensors = BTreeMap::new();
    for (name, tensor) in &pickled.tensors {
        let stored = entry(&format!("data/{}", tensor.key))
            .and_then(|storage| stored(&pickled, tensor, &storage.range))
            .ok_or_else(|| damaged(&format!("the tensor {name} lies outside its storage")))?;
        tensors.insert((*name).to_owned(), stored);
    }
    Ok(tensors)
}

/// The place of a tensor, if all of it lies in `storage`.
fn stored(
    pickled: &Pickled<'_>,
    tensor: &PickledTensor<'_>,
    storage: &Range<usize>,
) -> Option<Stored> {
    let size = tensor.element.size();
    let numbers = usize::try_from(tensor.numbers).ok()?;
    if numbers.checked_mul(size)? > storage.len() {
        return None;
    }
    let (shape, strides) = pickled.edges(tensor)?;
    let natural = |values: Vec<i64>| -> Option<Vec<usize>> {
        values.into_iter().map(|value| usize::try_from(value).ok()).collect()
    };
    let (shape, strides) = (natural(shape)?, natural(strides)?);
    let offset = usize::try_from(tensor.offset).ok()?;
    if shape.len() != strides.len() {
        return None;
    }
    let count = shape.iter().try_fold(1usize, |count, &edge| count.checked_mul(edge))?;
    // A tensor with more numbers than its storage repeats them: no network is saved like that, and
    // it would let a small file ask for any amount of memory.
    let last = shape.iter().zip(&strides).try_fold(offset, |last, (&edge, &stride)| {
        last.checked_add(edge.saturating_sub(1).checked_mul(stride)?)
    })?;
    let fits = if count == 0 { offset <= numbers } else { last < numbers && count <= numbers };
    if !fits {
        return None;
    }
    let mut expected = 1;
    let is_contiguous = count == 0
        || shape.iter().zip(&strides).rev().all(|(&edge, &stride)| {
            let follows = edge == 1 || stride == expected;
            expected *= edge;
            follows
        });
    Some(Stored {
        element: tensor.element,
        shape,
        strides: (!is_contiguous).then_some(strides),
        start: storage.start + offset * size,
        file: 0,
    })
}
