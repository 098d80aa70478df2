//! Reads a picture that a person chose, whatever is really in the file.

use std::{
    io::{self, BufRead, BufReader, Cursor, Seek},
    path::Path,
};

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::{Frame, MediaError, jpeg::is_complete, open::open_file};

const MAX_PIXELS: u64 = 1 << 26;
const MAX_BYTES: u64 = 1 << 29;

/// Reads a PNG, JPEG, `WebP`, BMP or GIF (its first frame), told apart by content and not by name,
/// upright according to its EXIF orientation, and with transparent parts on black.
///
/// # Errors
/// If the file is missing, not a picture, damaged or cut off, or has more than 64 megapixels.
pub fn read_picture(path: &Path) -> Result<Frame, MediaError> {
    let (file, len) = open_file(path)?;
    if len > MAX_BYTES {
        let what = format!("{} MiB", len >> 20);
        return Err(MediaError::HugePicture { what, path: path.to_owned() });
    }
    let mut reader = ImageReader::new(BufReader::new(file))
        .with_guessed_format()
        .map_err(|e| MediaError::read(e, path))?;
    match reader.format() {
        Some(
            ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::WebP
            | ImageFormat::Bmp
            | ImageFormat::Gif,
        ) => {}
        _ => return Err(MediaError::UnknownPicture(path.to_owned())),
    }
    if reader.format() == Some(ImageFormat::Jpeg) {
        let (whole, _) = open_file(path)?;
        if !is_complete(BufReader::new(whole)).map_err(|e| MediaError::read(e, path))? {
            return Err(MediaError::broken_picture(&"it ends too early", path));
        }
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    decode(reader, path)
}

/// Reads a picture that is part of the program; `name` is for the message.
///
/// # Errors
/// As [`read_picture`].
pub fn decode_picture(bytes: &[u8], name: &str) -> Result<Frame, MediaError> {
    let path = Path::new(name);
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| MediaError::read(e, path))?;
    decode(reader, path)
}

fn decode<R: BufRead + Seek>(reader: ImageReader<R>, path: &Path) -> Result<Frame, MediaError> {
    let fault = |e| picture_error(e, path);
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || decoder.total_bytes() > MAX_BYTES {
        let what = format!("{width}x{height}");
        return Err(MediaError::HugePicture { what, path: path.to_owned() });
    }
    if pixels == 0 {
        return Err(MediaError::broken_picture(&"it has no pixels", path));
    }
    // A damaged EXIF block is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(fault)?;
    picture.apply_orientation(orientation);
    Ok(frame_on_black(picture))
}

/// Drops transparency by laying the picture on black.
pub(crate) fn frame_on_black(picture: DynamicImage) -> Frame {
    let (width, height) = (picture.width(), picture.height());
    if !picture.color().has_alpha() {
        return Frame::new(width, height, picture.into_rgb8().into_raw());
    }
    let rgba = picture.into_rgba8();
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.as_raw().chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        rgb.extend(pixel[..3].iter().map(|&c| ((u32::from(c) * alpha + 127) / 255) as u8));
    }
    Frame::new(width, height, rgb)
}

fn picture_error(error: ImageError, path: &Path) -> MediaError {
    match error {
        ImageError::Limits(limit) => {
            MediaError::HugePicture { what: limit.to_string(), path: path.to_owned() }
        }
        ImageError::IoError(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            MediaError::broken_picture(&"it ends too early", path)
        }
        other => MediaError::broken_picture(&other, path),
    }
}
