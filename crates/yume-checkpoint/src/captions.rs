//! Encoded captions in a folder, so that a large text encoder need not be loaded for those it has
//! seen. The folder is a cache: whatever is wrong with it, the caption is encoded again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use burn::tensor::TensorData;

use crate::bytes::Bytes;
use crate::{CheckpointError, Element, Precision, Weights, save};

/// Bytes of all files together; the oldest go first. Room for some 300 captions of umT5-XXL.
const LARGEST_STORE: u64 = 512 << 20;
/// Beside its numbers a file holds a header with the caption.
const LARGEST_HEADER: u64 = 1 << 20;
const NAME: &str = "context";
const ENDING: &str = "safetensors";

/// The captions of one text encoder on disk.
#[derive(Clone, Debug)]
pub struct CaptionStore {
    folder: PathBuf,
    encoder: String,
    largest: u64,
}

impl CaptionStore {
    /// The captions in `folder` that were encoded by `encoder`, which is any text that no other
    /// encoder has. The folder is made when there is something to put there.
    pub fn new(folder: &Path, encoder: &str) -> Self {
        Self { folder: folder.to_owned(), encoder: encoder.to_owned(), largest: LARGEST_STORE }
    }

    /// Keeps at most `largest` bytes instead of 512 MiB.
    #[must_use]
    pub fn with_largest(self, largest: u64) -> Self {
        Self { largest, ..self }
    }

    /// What the encoder made of `caption`, `[tokens, dim]` with at most `longest` tokens. `None` if
    /// it is not there, or is not what it should be.
    pub fn get(&self, caption: &str, dim: usize, longest: usize) -> Option<TensorData> {
        let path = self.path(caption);
        let largest = 4 * (dim as u64).saturating_mul(longest as u64) + LARGEST_HEADER;
        let weights = Weights::from_bytes(Bytes::read(&path, largest).ok()?, &path).ok()?;
        let stored = weights.stored(NAME)?;
        let [tokens, width] = stored.shape[..] else { return None };
        let fits = stored.element == Element::F32
            && width == dim
            && (1..=longest).contains(&tokens)
            && weights.names().count() == 1;
        let rows = if fits { weights.read(NAME)? } else { return None };
        rows.as_slice::<f32>().ok()?.iter().all(|value| value.is_finite()).then_some(rows)
    }

    /// Keeps what the encoder made of `caption`: `[.., tokens, dim]`.
    ///
    /// # Errors
    /// If the folder cannot be made or written to.
    pub fn put(&self, caption: &str, rows: &TensorData) -> Result<(), CheckpointError> {
        let path = self.path(caption);
        let failed = |source| CheckpointError::Write { source, path: self.folder.clone() };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let edges = rows.shape().as_slice();
        let edges = edges[edges.len().saturating_sub(2)..].to_vec();
        let rows = TensorData::new(
            rows.clone()
                .convert::<f32>()
                .try_into_vec::<f32>()
                .map_err(|error| failed(std::io::Error::other(error.to_string())))?,
            edges,
        );
        let metadata = [("caption", caption), ("encoder", self.encoder.as_str())];
        save(&path, &[(NAME.to_owned(), rows)], Precision::F32, &metadata)?;
        self.tidy(&path);
        Ok(())
    }

    /// Removes the oldest files until the others fit.
    fn tidy(&self, newest: &Path) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
            .filter_map(|path| {
                let facts = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
                Some((facts.modified().unwrap_or(SystemTime::UNIX_EPOCH), facts.len(), path))
            })
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if total <= self.largest {
                return;
            }
            // What cannot be removed now is tried again after the next caption.
            if path != newest && fs::remove_file(&path).is_ok() {
                total -= bytes;
            }
        }
    }

    fn path(&self, caption: &str) -> PathBuf {
        let key = fingerprint([self.encoder.as_bytes(), caption.as_bytes()]);
        self.folder.join(format!("{key:032x}.{ENDING}"))
    }
}

/// Tells texts and files apart that differ by accident (FNV-1a of 128 bits). It is no protection
/// against somebody who may write to the folder; what is read from there is checked.
pub(crate) fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for part in parts {
        for byte in (part.len() as u64).to_le_bytes().iter().chain(part) {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }
    hash
}
