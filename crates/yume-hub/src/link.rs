//! A snapshot's file leads to its blob: by a relative link where the system allows, else by another
//! name for the same content, else by a copy.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Makes `file`, `depth` folders below the model's own, lead to the blob `hash`. Whatever stood there
/// is replaced at once or not at all.
pub(crate) fn lead(file: &Path, depth: usize, blob: &Path) -> io::Result<()> {
    if fs::canonicalize(file).is_ok_and(|there| fs::canonicalize(blob).is_ok_and(|b| b == there)) {
        return Ok(());
    }
    let hash = blob.file_name().unwrap_or_default();
    let mut target: PathBuf = std::iter::repeat_n("..", depth).collect();
    target.push("blobs");
    target.push(hash);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = PathBuf::from(fresh);
    fs::remove_file(&fresh).or_else(ignore_missing)?;
    symlink(&target, &fresh)
        .or_else(|_| fs::hard_link(blob, &fresh))
        .or_else(|_| fs::copy(blob, &fresh).map(drop))?;
    fs::rename(&fresh, file)
}

fn ignore_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
