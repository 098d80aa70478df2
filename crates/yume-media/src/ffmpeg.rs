//! Videos in codecs that this crate has no decoder for, through the ffmpeg that a person has
//! installed: it writes its frames as PPM pictures, one after the other.

use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead as _, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

use crate::{Frame, MediaError};

/// The program, as it is found in the person's path.
pub(crate) const FFMPEG: &str = "ffmpeg";
const MAX_PIXELS: u64 = 1 << 26;
/// A header of a picture is shorter than this.
const MAX_LINE: u64 = 32;

/// What to decode.
pub(crate) struct Foreign<'a> {
    pub(crate) program: &'a str,
    /// How ffmpeg calls the container; it is not left to guess, and so opens nothing else.
    pub(crate) container: &'a str,
    pub(crate) path: &'a Path,
    /// Begin so many seconds before the end.
    pub(crate) last_secs: Option<u32>,
}

impl Foreign<'_> {
    /// Gives each frame to `push` until that says to stop. A program that is not there, or makes
    /// nothing of the file, gives none.
    ///
    /// # Errors
    /// If `push` fails.
    pub(crate) fn each_frame(
        &self,
        mut push: impl FnMut(Frame) -> Result<bool, MediaError>,
    ) -> Result<(), MediaError> {
        let mut command = Command::new(self.program);
        command.args(["-nostdin", "-v", "quiet", "-protocol_whitelist", "file"]);
        if let Some(secs) = self.last_secs {
            command.args(["-sseof", &format!("-{secs}")]);
        }
        command.args(["-f", self.container, "-i"]).arg(file_url(self.path));
        command.args(["-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", "rgb24"]);
        command.args(["-c:v", "ppm", "-f", "image2pipe", "-"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { return Ok(()) };
        let mut done = Ok(());
        if let Some(stdout) = child.stdout.take() {
            let mut pictures = BufReader::new(stdout);
            while let Ok(frame) = read_ppm(&mut pictures) {
                match push(frame) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        done = Err(error);
                        break;
                    }
                }
            }
        }
        // It has ended, or what it would still say is not needed.
        let _ = child.kill();
        let _ = child.wait();
        done
    }
}

/// A path that is not taken for an option or another protocol.
fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push::<&OsStr>(path.as_ref());
    url
}

/// The next picture: `P6`, its size, 255 and its bytes.
fn read_ppm(from: &mut impl io::BufRead) -> io::Result<Frame> {
    let mut header = [0_u64; 3];
    if next_line(from)? != "P6" {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let size = next_line(from)?;
    let depth = next_line(from)?;
    for (value, word) in header.iter_mut().zip(size.split(' ').chain([depth.as_str()])) {
        *value = word.parse().map_err(|_error| io::Error::from(io::ErrorKind::InvalidData))?;
    }
    let [width, height, depth] = header;
    let is_sane = width > 0 && height > 0 && depth == 255;
    if !is_sane || width.checked_mul(height).is_none_or(|pixels| pixels > MAX_PIXELS) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut rgb = vec![0; 3 * (width * height) as usize];
    from.read_exact(&mut rgb)?;
    Ok(Frame::new(width as u32, height as u32, rgb))
}

fn next_line(from: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.by_ref().take(MAX_LINE).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read_until_they_make_no_sense() {
        let table: [(&[u8], bool); 8] = [
            (b"P6\n2 1\n255\n123456", true),
            (b"P6\n2 1\n255\n12345", false),
            (b"P5\n2 1\n255\n123456", false),
            (b"P6\n2\n255\n123456", false),
            (b"P6\n0 1\n255\n", false),
            (b"P6\n99999999 99999999\n255\n", false),
            (b"P6\n2 1\n65535\n123456123456", false),
            (b"", false),
        ];
        for (bytes, is_picture) in table {
            let read = read_ppm(&mut io::Cursor::new(bytes));
            assert_eq!(read.is_ok(), is_picture, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_program_that_is_not_there_gives_no_frames() {
        let (program, path) = ("no-such-ffmpeg", Path::new("video.webm"));
        let foreign = Foreign { program, container: "matroska", path, last_secs: None };
        foreign.each_frame(|_| panic!("a frame of nothing")).unwrap();
    }
}
