//! Reads the frames of an animated GIF.

use std::{
    io::{BufRead, Seek},
    path::Path,
};

use image::{
    AnimationDecoder as _, DynamicImage, ImageDecoder as _, Limits, codecs::gif::GifDecoder,
};

use crate::{Frame, MediaError, picture::frame_on_black};

const MAX_SIDE: u32 = 4096;

/// Hands each frame, laid on black, to `take` until that returns false or the file ends or breaks
/// off.
pub(crate) fn each_gif_frame<R: BufRead + Seek>(
    file: R,
    path: &Path,
    mut take: impl FnMut(Frame) -> Result<bool, MediaError>,
) -> Result<(), MediaError> {
    let fault = |e| MediaError::broken_video(&e, path);
    let mut decoder = GifDecoder::new(file).map_err(fault)?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE {
        let what = format!("{width}x{height}");
        return Err(MediaError::HugeVideo { what, path: path.to_owned() });
    }
    if width == 0 || height == 0 {
        return Err(MediaError::broken_video(&"it has no pixels", path));
    }
    decoder.set_limits(Limits::default()).map_err(fault)?;
    // A damaged frame ends the video, as the end of a cut file does.
    for frame in decoder.into_frames().map_while(Result::ok) {
        if !take(frame_on_black(DynamicImage::ImageRgba8(frame.into_buffer())))? {
            break;
        }
    }
    Ok(())
}
