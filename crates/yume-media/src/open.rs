//! Opening a file that a person named: it may be missing, a folder, a pipe or empty.

use std::{fs::File, path::Path};

use crate::MediaError;

/// The open file and its length in bytes, at least 1.
pub(crate) fn open_file(path: &Path) -> Result<(File, u64), MediaError> {
    // Asked before opening, because opening a pipe would wait for its writer.
    let facts = std::fs::metadata(path).map_err(|e| MediaError::read(e, path))?;
    if facts.is_dir() {
        return Err(MediaError::Folder(path.to_owned()));
    }
    if !facts.is_file() {
        return Err(MediaError::Special(path.to_owned()));
    }
    if facts.len() == 0 {
        return Err(MediaError::Empty(path.to_owned()));
    }
    let file = File::open(path).map_err(|e| MediaError::read(e, path))?;
    Ok((file, facts.len()))
}
