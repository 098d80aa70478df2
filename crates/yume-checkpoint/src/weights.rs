//! The tensors of a file, or of the shards of a network, by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bytes::Bytes;
use crate::element::Element;
use crate::{CheckpointError, pth, safetensors, shards};

/// Where a tensor lies and how it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The type of its numbers.
    pub element: Element,
    /// Its edges.
    pub shape: Vec<usize>,
    /// For a tensor that is not stored row after row: the distance between neighbours along each
    /// edge, in numbers.
    pub(crate) strides: Option<Vec<usize>>,
    /// Byte of its first number.
    pub(crate) start: usize,
    /// Which of the files.
    pub(crate) file: usize,
}

impl Stored {
    /// How many numbers it has.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many bytes its numbers take.
    pub fn bytes(&self) -> usize {
        self.count() * self.element.size()
    }
}

/// The tensors of one network, as they are stored. Nothing is read until it is asked for.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(crate) files: Vec<Bytes>,
    /// Where each of them lies.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) tensors: BTreeMap<String, Stored>,
    pub(crate) path: PathBuf,
}

impl Weights {
    /// Opens a safetensors file, the index of several, or a zip archive of `PyTorch`; the content
    /// decides, and for an index the ending `.json`.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or asks for anything but tensors.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            return shards::open(path);
        }
        Self::from_bytes(Bytes::map(path)?, path)
    }

    /// Opens a safetensors file or a zip archive of `PyTorch` that is in memory. `path` is for
    /// messages only.
    ///
    /// # Errors
    /// As [`Weights::open`].
    pub fn from_bytes(bytes: Bytes, path: &Path) -> Result<Self, CheckpointError> {
        let tensors = if bytes.starts_with(b"PK") {
            pth::tensors(&bytes, path)?
        } else if bytes.starts_with(&[0x80]) && bytes.get(8) != Some(&b'{') {
            let reason =
                "it was written by a PyTorch older than 1.6; save it again with a newer one";
            return Err(CheckpointError::unsupported(reason, path));
        } else {
            safetensors::tensors(&bytes, path)?
        };
        let paths = vec![path.to_owned()];
        Ok(Self { files: vec![bytes], paths, tensors, path: path.to_owned() })
    }

    /// The files that the numbers are in; an index is not one of them.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// How `name` is stored.
    pub fn stored(&self, name: &str) -> Option<&Stored> {
        self.tensors.get(name)
    }

    /// Bytes of all tensors together.
    pub fn bytes(&self) -> u64 {
        self.tensors.values().map(|stored| stored.bytes() as u64).sum()
    }

    /// Bytes of those tensors whose name is not one of `leaves`.
    pub fn bytes_without(&self, leaves: impl Fn(&str) -> bool) -> u64 {
        let needed = self.tensors.iter().filter(|(name, _)| !leaves(name));
        needed.map(|(_, stored)| stored.bytes() as u64).sum()
    }
}
