//! Writes a frame as PNG, so that a reader sees either the whole picture or none.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use image::{
    ExtendedColorType, ImageEncoder as _,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

use crate::{Frame, MediaError};

impl Frame {
    /// Writes the frame as a PNG. The picture appears under its name only when it is complete; an
    /// older file of that name is replaced in one step.
    ///
    /// # Errors
    /// If the folder is missing or not writable, or the disk is full; nothing is left behind then.
    pub fn write_png(&self, path: &Path) -> Result<(), MediaError> {
        if path.is_dir() {
            return Err(MediaError::Folder(path.to_owned()));
        }
        write_whole(path, &self.to_png(path)?)
    }

    fn to_png(&self, path: &Path) -> Result<Vec<u8>, MediaError> {
        let mut bytes = Vec::new();
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8)
            .map_err(|e| MediaError::write(io::Error::other(e), path))?;
        Ok(bytes)
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), MediaError> {
    let draft = draft_path(path);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&draft)
        .map_err(|e| MediaError::create(e, path))?;
    write_all(file, bytes).and_then(|()| fs::rename(&draft, path)).map_err(|e| {
        // The first error is the one to report; a draft that cannot be removed does no harm.
        let _ = fs::remove_file(&draft);
        MediaError::write(e, path)
    })
}

fn write_all(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// A hidden name beside `path`, because a rename is atomic within one file system only.
fn draft_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named_in_the_error() {
        let path = Path::new("/dev/full");
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let error = write_all(file, b"x").map_err(|e| MediaError::write(e, path)).unwrap_err();
        assert_eq!(error.to_string(), "the disk is full, free some space and try again: /dev/full");
    }
}
