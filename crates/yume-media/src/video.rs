//! Reads the frames of a video: H.264 in MP4 or an animated GIF, told apart by content; with ffmpeg
//! also `WebM`, Matroska and other codecs in MP4.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufReader, Read as _, Seek as _},
    path::Path,
};

use crate::{
    Frame, MediaError,
    ffmpeg::{FFMPEG, Foreign},
    gif::each_gif_frame,
    mp4_video::Mp4Video,
    open::open_file,
};

/// What a `WebM` or Matroska file begins with.
const MATROSKA: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
/// Where ffmpeg begins when only the last frames count: two seconds are kept at most by any caller.
const LAST_SECS: u32 = 4;
/// Frames that are kept must fit in 2 GiB.
const MAX_FRAMES_BYTES: u64 = 1 << 31;

/// Whether a file is to be read as a video: its content begins as that of a GIF, an MP4 or a `WebM`.
///
/// # Errors
/// If the file cannot be read.
pub fn is_video(path: &Path) -> Result<bool, MediaError> {
    let (file, _) = open_file(path)?;
    let mut head = Vec::new();
    file.take(12).read_to_end(&mut head).map_err(|e| MediaError::read(e, path))?;
    let is_mp4 =
        head.get(4..8).is_some_and(|kind| [b"ftyp", b"moov", b"mdat"].iter().any(|k| kind == *k));
    Ok(head.starts_with(b"GIF8") || head.starts_with(MATROSKA) || is_mp4)
}

/// Reads the first `max_frames` frames, or all if there are fewer. A recording that was cut off
/// gives the frames it has. What this crate has no decoder for is read by ffmpeg, where that is
/// installed.
///
/// # Errors
/// If the file is missing, no such video, encoded in another way, damaged from its beginning, or
/// its frames do not fit in 2 GiB.
pub fn read_video(path: &Path, max_frames: usize) -> Result<Vec<Frame>, MediaError> {
    let mut kept = Kept { frames: VecDeque::new(), max_frames, bytes: 0, path };
    if let Err(error) = kept.read_first() {
        let Some(foreign) = foreign(&error, path, None) else { return Err(error) };
        kept.clear();
        foreign.each_frame(|frame| kept.push_last(frame))?;
        if kept.frames.is_empty() && max_frames > 0 {
            return Err(error);
        }
    }
    kept.into_frames()
}

/// Reads the last `max_frames` frames, or all if there are fewer.
///
/// # Errors
/// As [`read_video`].
pub fn read_last_frames(path: &Path, max_frames: usize) -> Result<Vec<Frame>, MediaError> {
    let mut kept = Kept { frames: VecDeque::new(), max_frames, bytes: 0, path };
    if let Err(error) = kept.read_last() {
        // Its end is enough, unless the file cannot be entered there or has few frames.
        for last_secs in [Some(LAST_SECS), None] {
            let Some(foreign) = foreign(&error, path, last_secs) else { return Err(error) };
            kept.clear();
            foreign.each_frame(|frame| kept.push_rolling(frame))?;
            if kept.frames.len() == max_frames {
                break;
            }
        }
        if kept.frames.is_empty() && max_frames > 0 {
            return Err(error);
        }
    }
    kept.into_frames()
}

/// How ffmpeg may read what gave this error; `None` if it is of no help.
fn foreign<'a>(error: &MediaError, path: &'a Path, last_secs: Option<u32>) -> Option<Foreign<'a>> {
    let container = match error {
        MediaError::Webm(_) => "matroska",
        MediaError::Codec { .. } => "mov",
        _ => return None,
    };
    Some(Foreign { program: FFMPEG, container, path, last_secs })
}

enum Video {
    Gif(BufReader<File>),
    Mp4(Box<Mp4Video>),
}

impl Video {
    fn open(path: &Path) -> Result<Self, MediaError> {
        let (mut file, len) = open_file(path)?;
        let mut head = Vec::new();
        (&mut file).take(8).read_to_end(&mut head).map_err(|e| MediaError::read(e, path))?;
        file.rewind().map_err(|e| MediaError::read(e, path))?;
        if head.starts_with(b"GIF8") {
            return Ok(Self::Gif(BufReader::new(file)));
        }
        if head.starts_with(MATROSKA) {
            return Err(MediaError::Webm(path.to_owned()));
        }
        Ok(Self::Mp4(Box::new(Mp4Video::open(file, len, path)?)))
    }
}

/// The frames to return, within bounds. Each push says whether to go on.
struct Kept<'a> {
    frames: VecDeque<Frame>,
    max_frames: usize,
    bytes: u64,
    path: &'a Path,
}

impl Kept<'_> {
    fn read_first(&mut self) -> Result<(), MediaError> {
        match Video::open(self.path)? {
            Video::Gif(file) => each_gif_frame(file, self.path, |frame| self.push_last(frame)),
            Video::Mp4(mut video) => video.each_frame(0, |frame| self.push_last(frame)),
        }
    }

    fn read_last(&mut self) -> Result<(), MediaError> {
        let mut video = match Video::open(self.path)? {
            Video::Gif(file) => {
                return each_gif_frame(file, self.path, |frame| self.push_rolling(frame));
            }
            Video::Mp4(video) => video,
        };
        let start = video.start_for_last(self.max_frames);
        video.each_frame(start, |frame| self.push_rolling(frame))?;
        if self.frames.len() < self.max_frames && start > 0 {
            self.clear();
            video.each_frame(0, |frame| self.push_rolling(frame))?;
        }
        Ok(())
    }

    fn push_last(&mut self, frame: Frame) -> Result<bool, MediaError> {
        if self.frames.len() < self.max_frames {
            self.add(frame)?;
        }
        Ok(self.frames.len() < self.max_frames)
    }

    fn push_rolling(&mut self, frame: Frame) -> Result<bool, MediaError> {
        if self.max_frames == 0 {
            return Ok(false);
        }
        if self.frames.len() == self.max_frames
            && let Some(oldest) = self.frames.pop_front()
        {
            self.bytes -= oldest.rgb.len() as u64;
        }
        self.add(frame)?;
        Ok(true)
    }

    fn add(&mut self, frame: Frame) -> Result<(), MediaError> {
        self.bytes += frame.rgb.len() as u64;
        if self.bytes > MAX_FRAMES_BYTES {
            let what = format!("more than {} frames do not fit in 2 GiB", self.frames.len());
            return Err(MediaError::HugeVideo { what, path: self.path.to_owned() });
        }
        self.frames.push_back(frame);
        Ok(())
    }

    fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }

    fn into_frames(self) -> Result<Vec<Frame>, MediaError> {
        if self.frames.is_empty() && self.max_frames > 0 {
            return Err(MediaError::broken_video(&"it has no whole frame", self.path));
        }
        Ok(self.frames.into())
    }
}
