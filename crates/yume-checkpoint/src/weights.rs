//! The tensors of a file, or of the shards of a network, by name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;

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
    /// How many bytes its numbers take.
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.element.size()
    }
}

/// The tensors of one network, as they are stored. Nothing is read until it is asked for.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(crate) files: Vec<Bytes>,
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
        Ok(Self { files: vec![bytes], tensors, path: path.to_owned() })
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// How `name` is stored.
    pub fn stored(&self, name: &str) -> Option<&Stored> {
        self.tensors.get(name)
    }

    /// Reads `name`. Doubles become singles, other types stay. `None` if there is no such tensor or
    /// its type is unknown.
    pub fn read(&self, name: &str) -> Option<TensorData> {
        let stored = self.tensors.get(name)?;
        let content = &self.files[stored.file];
        match &stored.strides {
            None => {
                let bytes = content.get(stored.start..)?.get(..stored.bytes())?;
                stored.element.data(bytes, &stored.shape)
            }
            Some(strides) => {
                let bytes = gathered(content.get(stored.start..)?, stored, strides)?;
                stored.element.data(&bytes, &stored.shape)
            }
        }
    }

    /// Bytes of all tensors together.
    pub fn bytes(&self) -> u64 {
        self.tensors.values().map(|stored| stored.bytes() as u64).sum()
    }
}

/// The numbers of a strided tensor, row after row.
fn gathered(content: &[u8], stored: &Stored, strides: &[usize]) -> Option<Vec<u8>> {
    let size = stored.element.size();
    let count = stored.shape.iter().product::<usize>();
    let mut bytes = Vec::with_capacity(count * size);
    let mut index = vec![0; stored.shape.len()];
    for _ in 0..count {
        let at: usize = index.iter().zip(strides).map(|(i, stride)| i * stride).sum();
        bytes.extend_from_slice(content.get(at * size..)?.get(..size)?);
        for (i, &edge) in index.iter_mut().zip(&stored.shape).rev() {
            *i += 1;
            if *i < edge {
                break;
            }
            *i = 0;
        }
    }
    Some(bytes)
}
