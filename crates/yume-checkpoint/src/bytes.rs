//! The contents of a file: mapped, embedded or owned.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use crate::CheckpointError;

/// The contents of a file. Cloning is cheap.
#[derive(Clone, Debug)]
pub enum Bytes {
    /// A file, mapped into memory: only what is read takes memory.
    Mapped(Arc<Mmap>),
    /// Part of the program.
    Embedded(&'static [u8]),
    /// Memory of our own.
    Owned(Arc<[u8]>),
}

impl Bytes {
    /// Maps a file.
    ///
    /// # Errors
    /// If it cannot be opened or is no ordinary file.
    pub fn map(path: &Path) -> Result<Self, CheckpointError> {
        let map = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
            }
            if metadata.len() == 0 {
                return Ok(Self::Embedded(&[]));
            }
            #[allow(
                unsafe_code,
                reason = "a mapping is only unsound if another program shortens the file while it is \
                          mapped; weights are replaced by renaming, ours included"
            )]
            // SAFETY: the file is opened for reading only and nothing here writes to it.
            let map = unsafe { Mmap::map(&file)? };
            Ok(Self::Mapped(Arc::new(map)))
        };
        map().map_err(|source| CheckpointError::Read { source, path: path.to_owned() })
    }

    /// Says that `range` has been read: a mapped file gives its memory back. Reading it again is
    /// possible, and asks the disk again.
    pub(crate) fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self {
            #[allow(
                unsafe_code,
                reason = "dropping pages loses what was written to them; these are read-only"
            )]
            // SAFETY: the map is never written to, so that its pages come back as they were.
            let released = unsafe {
                map.unchecked_advise_range(
                    memmap2::UncheckedAdvice::DontNeed,
                    range.start,
                    range.len(),
                )
            };
            // It is advice: where it is not taken, the system drops the pages when it needs to.
            released.ok();
        }
        #[cfg(not(unix))]
        let _ = range;
    }

    /// Reads a file of at most `largest` bytes.
    ///
    /// # Errors
    /// If it cannot be read or is larger.
    pub fn read(path: &Path, largest: u64) -> Result<Self, CheckpointError> {
        let mut content = Vec::new();
        File::open(path)
            .and_then(|file| file.take(largest.saturating_add(1)).read_to_end(&mut content))
            .map_err(|source| CheckpointError::Read { source, path: path.to_owned() })?;
        if content.len() as u64 > largest {
            let reason = format!("it is larger than the {largest} bytes allowed");
            return Err(CheckpointError::damaged(reason, path));
        }
        Ok(Self::Owned(content.into()))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Embedded(content) => content,
            Self::Owned(content) => content,
        }
    }
}
