//! A recording as a folder of numbered pictures.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Frame, FrameSink, MediaError};

/// Writes each frame as `frame_00001.png`, `frame_00002.png`, ... into a folder.
#[derive(Debug)]
pub struct PngFolder {
    folder: PathBuf,
    frames: u64,
    size: (u32, u32),
}

impl PngFolder {
    /// Makes the folder if need be, for frames of `width` x `height` pixels.
    ///
    /// # Errors
    /// If the folder cannot be made, or already holds numbered frames.
    pub fn create(folder: &Path, width: u32, height: u32) -> Result<Self, MediaError> {
        fs::create_dir_all(folder).map_err(|e| MediaError::create(e, folder))?;
        for entry in fs::read_dir(folder).map_err(|e| MediaError::read(e, folder))? {
            let entry = entry.map_err(|e| MediaError::read(e, folder))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("frame_") && name.ends_with(".png") {
                return Err(MediaError::Exists(entry.path()));
            }
        }
        Ok(Self { folder: folder.to_owned(), frames: 0, size: (width, height) })
    }
}

impl FrameSink for PngFolder {
    fn push(&mut self, frame: &Frame) -> Result<(), MediaError> {
        frame.expect_size(self.size, &self.folder)?;
        let name = format!("frame_{:05}.png", self.frames + 1);
        frame.write_png(&self.folder.join(name))?;
        self.frames += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), MediaError> {
        if self.frames == 0 {
            // Fails, as it should, when the folder holds anything else.
            let _ = fs::remove_dir(&self.folder);
            return Err(MediaError::NoFrames(self.folder));
        }
        Ok(())
    }
}
