//! What can go wrong with pictures and videos, as sentences: what failed, what to do, the path
//! last.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// Why a picture or a video could not be read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what it is, its fields fill it")]
pub enum MediaError {
    #[error("there is no such file, check the name: {}", .0.display())]
    Missing(PathBuf),
    #[error("this is a folder, name a file in it: {}", .0.display())]
    Folder(PathBuf),
    #[error("this is not an ordinary file, copy the data into one and name that: {}", .0.display())]
    Special(PathBuf),
    #[error("the file is empty, choose another: {}", .0.display())]
    Empty(PathBuf),
    #[error("the file could not be read ({source}), check its permissions and its disk: {}", .path.display())]
    Read { source: io::Error, path: PathBuf },
    #[error("this is not a picture of a known kind, convert it to PNG, JPEG, WebP, BMP or GIF: {}", .0.display())]
    UnknownPicture(PathBuf),
    #[error("the picture is damaged or cut off ({reason}), choose another copy: {}", .path.display())]
    BrokenPicture { reason: String, path: PathBuf },
    #[error("the picture is too large ({what}), make it smaller than 64 megapixels first: {}", .path.display())]
    HugePicture { what: String, path: PathBuf },
    #[error("this is not a video that can be read, convert it to MP4 with H.264 or to an animated GIF: {}", .0.display())]
    UnknownVideo(PathBuf),
    #[error("WebM and Matroska videos are read by ffmpeg, which is not here or makes nothing of this one; install it, or convert the video to MP4 with H.264: {}", .0.display())]
    Webm(PathBuf),
    #[error("the video is encoded as {codec}, which is read by ffmpeg, and that is not here or makes nothing of it; install it, or convert the video to MP4 with 8-bit 4:2:0 progressive H.264: {}", .path.display())]
    Codec { codec: String, path: PathBuf },
    #[error("the video was cut off before its index was written, make the recording again or repair it: {}", .0.display())]
    MissingIndex(PathBuf),
    #[error("the video is damaged ({reason}), choose another copy: {}", .path.display())]
    BrokenVideo { reason: String, path: PathBuf },
    #[error("the video is too large ({what}), ask for fewer frames or make it smaller: {}", .path.display())]
    HugeVideo { what: String, path: PathBuf },
    #[error("a file of this name exists and is not overwritten, choose another name: {}", .0.display())]
    Exists(PathBuf),
    #[error("the folder does not exist or may not be written to ({source}), choose another: {}", .path.display())]
    Create { source: io::Error, path: PathBuf },
    #[error("the disk is full, free some space and try again: {}", .0.display())]
    DiskFull(PathBuf),
    #[error("the file could not be written ({source}), check its permissions and its disk: {}", .path.display())]
    Write { source: io::Error, path: PathBuf },
    #[error("a recording is either one MP4 video or a folder of PNG pictures, end the name with .mp4 or with a slash: {}", .0.display())]
    UnknownSink(PathBuf),
    #[error("frames of {width}x{height} at {fps} per second cannot be recorded as a video (16x16 to 3840x2160, 1 to 240 per second), record to a folder of pictures instead: {}", .path.display())]
    VideoShape { width: u32, height: u32, fps: u32, path: PathBuf },
    #[error("a frame of {got} cannot join a recording of {wanted}, start a new recording: {}", .path.display())]
    FrameShape { got: String, wanted: String, path: PathBuf },
    #[error("the video encoder failed ({reason}), record to a folder of pictures instead: {}", .path.display())]
    Encoder { reason: String, path: PathBuf },
    #[error("nothing was shown while recording, so there is no video, record for longer: {}", .0.display())]
    NoFrames(PathBuf),
}

impl MediaError {
    pub(crate) fn read(source: io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing(path),
            io::ErrorKind::IsADirectory => Self::Folder(path),
            _ => Self::Read { source, path },
        }
    }

    pub(crate) fn create(source: io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            _ => Self::Create { source, path },
        }
    }

    pub(crate) fn write(source: io::Error, path: &Path) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            _ => Self::Write { source, path },
        }
    }

    pub(crate) fn broken_video(reason: &dyn fmt::Display, path: &Path) -> Self {
        Self::BrokenVideo { reason: one_line(reason), path: path.to_owned() }
    }

    pub(crate) fn broken_picture(reason: &dyn fmt::Display, path: &Path) -> Self {
        Self::BrokenPicture { reason: one_line(reason), path: path.to_owned() }
    }
}

/// The words of a decoder's message, which may be spread over lines.
fn one_line(reason: &dyn fmt::Display) -> String {
    reason.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
