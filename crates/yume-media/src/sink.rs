//! Where a recording goes: chosen once, by the name that the user gave.

use std::path::{Path, PathBuf};

use crate::{Frame, MediaError, Mp4Writer, PngFolder};

/// Takes the frames of a recording, in order.
pub trait FrameSink: Send {
    /// Adds one frame.
    ///
    /// # Errors
    /// If the frame has another size than the recording, or cannot be written. What was written
    /// before stays readable.
    fn push(&mut self, frame: &Frame) -> Result<(), MediaError>;

    /// Writes what is left and closes the recording.
    ///
    /// # Errors
    /// If the rest cannot be written, or no frame was ever pushed (then nothing is left behind).
    fn finish(self: Box<Self>) -> Result<(), MediaError>;
}

/// Opens a recording of frames of `width` x `height` pixels, `fps` per second: an MP4 video if
/// `path` ends in `.mp4`, numbered PNG pictures if it is a folder or ends with a slash.
///
/// # Errors
/// If the name says neither, a file of that name exists, the folder cannot be written to, or the
/// size or rate does not suit a video.
pub fn open_sink(
    path: &Path,
    width: u32,
    height: u32,
    fps: u32,
) -> Result<Box<dyn FrameSink>, MediaError> {
    if path.is_dir() || ends_with_slash(path) {
        return Ok(Box::new(PngFolder::create(path, width, height)?));
    }
    match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("mp4") => {
            Ok(Box::new(Mp4Writer::create(path, width, height, fps)?))
        }
        _ => Err(MediaError::UnknownSink(path.to_owned())),
    }
}

/// A name in `folder` that no file has yet: `stem.extension`, or else `stem-2.extension`,
/// `stem-3.extension`, ... An empty `extension` gives names without a dot, for folders.
#[must_use]
pub fn unused_path(folder: &Path, stem: &str, extension: &str) -> PathBuf {
    let dot = if extension.is_empty() { "" } else { "." };
    let mut path = folder.join(format!("{stem}{dot}{extension}"));
    let mut number = 2_u64;
    // Looks at the link, not through it: a link to nothing takes its name too.
    while path.symlink_metadata().is_ok() {
        path = folder.join(format!("{stem}-{number}{dot}{extension}"));
        number += 1;
    }
    path
}

impl Frame {
    /// Refuses a frame that is not of the `(width, height)` that the recording at `path` has.
    pub(crate) fn expect_size(&self, size: (u32, u32), path: &Path) -> Result<(), MediaError> {
        if (self.width, self.height) == size {
            return Ok(());
        }
        Err(MediaError::FrameShape {
            got: format!("{}x{}", self.width, self.height),
            wanted: format!("{}x{}", size.0, size.1),
            path: path.to_owned(),
        })
    }
}

fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| std::path::is_separator(byte.into()))
}
