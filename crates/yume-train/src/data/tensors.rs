//! Files of tensors, for training with other programs.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use crate::TrainError;

/// A tensor: its name, type, shape and bytes.
pub(super) type Named = (&'static str, Dtype, Vec<usize>, Vec<u8>);

/// Writes a file of tensors and what is said beside them.
pub(super) fn write(
    path: &Path,
    tensors: &[Named],
    said: Option<HashMap<String, String>>,
) -> Result<(), TrainError> {
    let failed = |error| TrainError::write(path)(std::io::Error::other(error));
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|view| (*name, view))
        })
        .collect();
    safetensors::serialize_to_file(views.map_err(failed)?, said, path).map_err(failed)
}
