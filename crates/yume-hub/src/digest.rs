//! The hashes by which the hub names contents: SHA-256 for large files, git's SHA-1 for small ones.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The hash of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the content: files in large-file storage.
    Sha256(String),
    /// SHA-1 of a git blob: all others.
    Git(String),
}

impl Digest {
    /// A hash in lower-case hexadecimal; its length says which it is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match text.len() {
            64 if is_hex => Some(Self::Sha256(text.to_owned())),
            40 if is_hex => Some(Self::Git(text.to_owned())),
            _ => None,
        }
    }

    pub(crate) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::Git(hex) => hex,
        }
    }

    /// Begins to compute such a hash of a content of `size` bytes.
    pub(crate) fn hasher(&self, size: u64) -> Hasher {
        match self {
            Self::Sha256(_) => Hasher::Sha256(Sha256::new()),
            Self::Git(_) => Hasher::Git(Sha1::new_with_prefix(format!("blob {size}\0"))),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(hex) => write!(f, "SHA-256 {hex}"),
            Self::Git(hex) => write!(f, "git {hex}"),
        }
    }
}

/// A hash that is being computed.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Git(Sha1),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Git(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::Sha256(hex(&hasher.finalize())),
            Self::Git(hasher) => Digest::Git(hex(&hasher.finalize())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash that the content of `path` should have, if it is known: that of a file in the hub's cache
/// is the name of the blob that it leads to.
pub fn known_digest(path: &Path) -> Option<Digest> {
    let blob = fs::canonicalize(path).ok()?;
    if blob.parent()?.file_name()? != "blobs" {
        return None;
    }
    Digest::parse(blob.file_name()?.to_str()?)
}

/// Whether the content of `path` has the hash `expected`. `progress` hears of every piece's bytes;
/// `None` if it broke off.
///
/// # Errors
/// If the file cannot be read.
pub fn verify_file(
    path: &Path,
    expected: &Digest,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> io::Result<Option<bool>> {
    let mut file = File::open(path)?;
    let mut hasher = expected.hasher(file.metadata()?.len());
    let mut piece = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok(Some(hasher.finish() == *expected));
        }
        hasher.update(&piece[..count]);
        if progress(count as u64).is_break() {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_tools() {
        // `printf hello | git hash-object --stdin`, `printf hello | sha256sum`.
        for text in [
            "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0",
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        ] {
            let digest = Digest::parse(text).unwrap();
            let mut hasher = digest.hasher(5);
            hasher.update(b"hel");
            hasher.update(b"lo");
            assert_eq!(hasher.finish(), digest);
        }
        for text in [
            "",
            "B6FC4C620B67D95F953A5C1C1230AAAB5DB5A1B0",
            "../b6fc4c620b67d95f953a5c1c1230aaab5d",
        ] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
    }
}
