//! Records frames as H.264 in a fragmented MP4 that plays even if the program is killed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    Frame, FrameSink, MediaError,
    encoder::PictureEncoder,
    mp4_boxes::{DurationPlaces, FRAME_TICKS, Fragment, Header, whole_duration},
};

/// Writes an MP4, a fragment per second of frames: a kill loses at most the second that was not yet
/// written. Dropping the writer writes what is left, as well as that can be done.
pub struct Mp4Writer {
    file: File,
    path: PathBuf,
    encoder: PictureEncoder,
    size: (u32, u32),
    fps: u32,
    places: Option<DurationPlaces>,
    fragment: Fragment,
    frames: u64,
    /// Fragments and bytes that are safely in the file.
    fragments: u32,
    written: u64,
    is_closed: bool,
}

impl Mp4Writer {
    /// Makes a new file for frames of `width` x `height` pixels, `fps` per second. H.264 as written
    /// here has even sides: a frame with an odd side is recorded with its last column or row
    /// doubled.
    ///
    /// # Errors
    /// If the file exists or cannot be made, or a video cannot have this size or rate.
    pub fn create(path: &Path, width: u32, height: u32, fps: u32) -> Result<Self, MediaError> {
        check_shape(width, height, fps, path)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|e| MediaError::create(e, path))?;
        Self::over(file, path, (width, height), fps)
    }

    fn over(file: File, path: &Path, size: (u32, u32), fps: u32) -> Result<Self, MediaError> {
        let encoder = PictureEncoder::new(u64::from(size.0) * u64::from(size.1), fps)
            .map_err(|e| encoder_error(&e, path))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            encoder,
            size,
            fps,
            places: None,
            fragment: Fragment::starting_at(0),
            frames: 0,
            fragments: 0,
            written: 0,
            is_closed: false,
        })
    }

    fn write_header(&mut self, sequence: Vec<u8>, parameters: Vec<u8>) -> Result<(), MediaError> {
        let even = |side: u32| side.next_multiple_of(2) as u16;
        let (width, height) = (even(self.size.0), even(self.size.1));
        let header = Header { width, height, fps: self.fps, sequence, parameters };
        let (bytes, places) = header.to_bytes();
        self.append(&bytes)?;
        self.places = Some(places);
        Ok(())
    }

    fn write_fragment(&mut self) -> Result<(), MediaError> {
        if self.fragment.len() == 0 {
            return Ok(());
        }
        let bytes = self.fragment.to_bytes(self.fragments + 1);
        // Given up even if it cannot be written, so that a full disk does not fill the memory as
        // well.
        self.fragment = Fragment::starting_at(self.frames);
        self.append(&bytes)?;
        self.fragments += 1;
        Ok(())
    }

    /// Writes all of `bytes` or, if the disk is full, none of them.
    fn append(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        let result = self.file.write_all(bytes);
        if result.is_ok() {
            self.written += bytes.len() as u64;
        } else {
            // The first error is the one to report.
            let _ = self.file.set_len(self.written);
            let _ = self.file.seek(SeekFrom::Start(self.written));
            // What comes next must not build on pictures that are lost.
            self.encoder.start_afresh();
        }
        result.map_err(|e| MediaError::write(e, &self.path))
    }

    fn close(&mut self) -> Result<(), MediaError> {
        if std::mem::replace(&mut self.is_closed, true) {
            return Ok(());
        }
        let rest = self.write_fragment();
        let Some(places) = self.places else {
            // Nobody needs an empty file, and a new recording may want its name.
            let _ = fs::remove_file(&self.path);
            return rest.and(Err(MediaError::NoFrames(self.path.clone())));
        };
        let durations = self.write_durations(places);
        rest.and(durations.map_err(|e| MediaError::write(e, &self.path)))
    }

    /// Players show the right length at once if the header knows it; without, they look through the
    /// fragments.
    fn write_durations(&mut self, places: DurationPlaces) -> io::Result<()> {
        let ticks = u32::try_from(self.frames * u64::from(FRAME_TICKS)).unwrap_or(u32::MAX);
        for place in places.durations {
            self.file.seek(SeekFrom::Start(place))?;
            self.file.write_all(&ticks.to_be_bytes())?;
        }
        self.file.seek(SeekFrom::Start(places.spare))?;
        self.file.write_all(&whole_duration(ticks))?;
        self.file.sync_all()
    }
}

impl FrameSink for Mp4Writer {
    fn push(&mut self, frame: &Frame) -> Result<(), MediaError> {
        frame.expect_size(self.size, &self.path)?;
        let mut picture = self.encoder.encode(frame).map_err(|e| encoder_error(&e, &self.path))?;
        if picture.sample.is_empty() {
            return Err(encoder_error(&"it left out a frame", &self.path));
        }
        if self.places.is_none() {
            let sequence = std::mem::take(&mut picture.sequence);
            let parameters = std::mem::take(&mut picture.parameters);
            self.write_header(sequence, parameters)?;
        }
        self.fragment.push(&picture);
        self.frames += 1;
        if self.fragment.len() >= self.fps as usize {
            self.write_fragment()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), MediaError> {
        self.close()
    }
}

impl Drop for Mp4Writer {
    fn drop(&mut self) {
        // Nobody is left to hear of an error.
        let _ = self.close();
    }
}

/// What the encoder takes, in either orientation.
fn check_shape(width: u32, height: u32, fps: u32, path: &Path) -> Result<(), MediaError> {
    let (long, short) = (width.max(height), width.min(height));
    if short < 16 || long > 3840 || short > 2160 || !(1..=240).contains(&fps) {
        return Err(MediaError::VideoShape { width, height, fps, path: path.to_owned() });
    }
    Ok(())
}

fn encoder_error(reason: &dyn std::fmt::Display, path: &Path) -> MediaError {
    MediaError::Encoder { reason: reason.to_string(), path: path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_one_sentence_and_no_panic() {
        let path = Path::new("/dev/full");
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let mut writer = Mp4Writer::over(file, path, (32, 32), 16).unwrap();
        let frame = Frame::new(32, 32, vec![90; 32 * 32 * 3]);
        let message = "the disk is full, free some space and try again: /dev/full";
        // Closing would remove the path, which is a device here.
        writer.is_closed = true;
        for _ in 0..40 {
            let error = writer.push(&frame).unwrap_err();
            assert!(matches!(error, MediaError::DiskFull(_)), "{error}");
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(writer.written, 0);
    }
}
