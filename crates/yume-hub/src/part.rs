//! The file that a download grows in. What is in it survives whatever ends the program.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::digest::{Digest, Hasher};

/// A part of a file, and the hash of that part.
pub(crate) struct Part {
    file: File,
    length: u64,
    hasher: Hasher,
    empty: Hasher,
}

impl Part {
    /// Opens the part at `path` of a content of `size` bytes, and reads what is there already.
    /// `heard` is told of every piece.
    pub(crate) fn open(
        path: &Path,
        digest: &Digest,
        size: u64,
        heard: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let empty = digest.hasher(size);
        let mut part = Self { file, length: 0, hasher: empty.clone(), empty };
        if part.file.metadata()?.len() > size {
            part.clear()?;
        }
        let mut piece = vec![0; 1 << 20];
        loop {
            let count = part.file.read(&mut piece)?;
            if count == 0 {
                return Ok(part);
            }
            part.hasher.update(&piece[..count]);
            part.length += count as u64;
            heard(part.length)?;
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Appends what came.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.length = 0;
        self.hasher = self.empty.clone();
        Ok(())
    }

    /// The hash of what is there.
    pub(crate) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// Waits until the disk has it.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// A lock that ends with the value or with the program; `None` if somebody else has it.
pub(crate) fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
