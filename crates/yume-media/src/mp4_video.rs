//! Decodes the H.264 track of an MP4, frame by frame, in the order of display.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use image::imageops;
use openh264::{
    decoder::{DecodeOptions, DecodedYUV, Decoder, Flush},
    formats::YUVSource as _,
};

use crate::{
    Frame, MediaError,
    color::PlaneViews,
    mp4_track::{Sample, TrackFault, VideoTrack},
    sequence::{Refusal, Sequence},
};

/// No picture of level 5.2 needs as much.
const MAX_SAMPLE_BYTES: u32 = 1 << 25;
/// A decoder may hold back this many pictures to put them in order.
const MAX_HELD_BACK: usize = 16;
const SEQUENCE_PARAMETERS: u8 = 7;

/// An open video whose pictures the decoder can take.
pub(crate) struct Mp4Video {
    file: File,
    path: PathBuf,
    track: VideoTrack,
    sequence: Sequence,
}

impl Mp4Video {
    pub(crate) fn open(mut file: File, len: u64, path: &Path) -> Result<Self, MediaError> {
        let track = VideoTrack::read(&mut file, len).map_err(|fault| track_error(fault, path))?;
        let is_sequence = |unit: &&Vec<u8>| kind(unit) == Some(SEQUENCE_PARAMETERS);
        let unit = track.parameters.iter().find(is_sequence);
        let unit = unit.ok_or_else(|| {
            MediaError::broken_video(&"its index does not describe the pictures", path)
        })?;
        let sequence = Sequence::parse(unit).map_err(|refusal| sequence_error(refusal, path))?;
        Ok(Self { file, path: path.to_owned(), track, sequence })
    }

    /// Where to start decoding so that at least the last `count` frames come out.
    pub(crate) fn start_for_last(&self, count: usize) -> usize {
        let samples = &self.track.samples;
        let latest = samples.len().saturating_sub(count.saturating_add(MAX_HELD_BACK));
        (0..=latest).rev().find(|&at| samples.get(at).is_some_and(|s| s.is_key)).unwrap_or(0)
    }

    /// Decodes from sample `start` on and hands each frame to `take` until that returns false.
    /// Pictures that are damaged are left out.
    pub(crate) fn each_frame(
        &mut self,
        start: usize,
        mut take: impl FnMut(Frame) -> Result<bool, MediaError>,
    ) -> Result<(), MediaError> {
        let fault = |e: openh264::Error| MediaError::broken_video(&e, &self.path);
        let mut decoder = Decoder::new().map_err(fault)?;
        let mut packet = Vec::new();
        for unit in &self.track.parameters {
            self.add_unit(&mut packet, unit);
        }
        for at in start..self.track.samples.len() {
            let bytes = self.read_sample(self.track.samples[at])?;
            for unit in units(&bytes, self.track.length_bytes) {
                self.add_unit(&mut packet, unit);
            }
            let options = DecodeOptions::new().flush_after_decode(Flush::NoFlush);
            // After an error the decoder goes on with the next picture that stands alone.
            let picture = decoder.decode_with_options(&packet, options).ok().flatten();
            packet.clear();
            if let Some(frame) = picture.and_then(|picture| self.to_frame(&picture))
                && !take(frame)?
            {
                return Ok(());
            }
        }
        for picture in decoder.flush_remaining().unwrap_or_default() {
            if let Some(frame) = self.to_frame(&picture)
                && !take(frame)?
            {
                break;
            }
        }
        Ok(())
    }

    fn read_sample(&mut self, sample: Sample) -> Result<Vec<u8>, MediaError> {
        if sample.size > MAX_SAMPLE_BYTES {
            return Err(MediaError::broken_video(&"a picture has more than 32 MiB", &self.path));
        }
        let fault = |e| MediaError::read(e, &self.path);
        self.file.seek(SeekFrom::Start(sample.offset)).map_err(fault)?;
        let mut bytes = Vec::with_capacity(sample.size as usize);
        (&mut self.file).take(sample.size.into()).read_to_end(&mut bytes).map_err(fault)?;
        Ok(bytes)
    }

    /// Adds a unit after a start code, unless it would make the decoder change to pictures of
    /// another shape.
    fn add_unit(&self, packet: &mut Vec<u8>, unit: &[u8]) {
        let is_foreign = kind(unit) == Some(SEQUENCE_PARAMETERS)
            && Sequence::parse(unit).map(|s| (s.width, s.height))
                != Ok((self.sequence.width, self.sequence.height));
        if !unit.is_empty() && !is_foreign {
            packet.extend([0, 0, 0, 1]);
            packet.extend(unit);
        }
    }

    fn to_frame(&self, picture: &DecodedYUV<'_>) -> Option<Frame> {
        let (luma, blue, red) = picture.strides();
        let views = PlaneViews {
            size: picture.dimensions(),
            luma: (picture.y(), luma),
            blue: (picture.u(), blue),
            red: (picture.v(), red),
        };
        if views.size != (self.sequence.width as usize, self.sequence.height as usize) {
            return None;
        }
        let frame = views.to_frame(self.sequence.color)?;
        Some(turned(frame, self.track.quarter_turns))
    }
}

fn turned(frame: Frame, quarter_turns: u8) -> Frame {
    let upright = match quarter_turns {
        1 => imageops::rotate90(&frame.view()),
        2 => imageops::rotate180(&frame.view()),
        3 => imageops::rotate270(&frame.view()),
        _ => return frame,
    };
    Frame::new(upright.width(), upright.height(), upright.into_raw())
}

fn kind(unit: &[u8]) -> Option<u8> {
    unit.first().map(|byte| byte & 31)
}

/// The NAL units of a sample, up to the first that is longer than the sample.
fn units(mut bytes: &[u8], length_bytes: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_at_checked(length_bytes)?;
        let length = length.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        let (unit, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        Some(unit)
    })
}

fn track_error(fault: TrackFault, path: &Path) -> MediaError {
    match fault {
        TrackFault::Read(e) => MediaError::read(e, path),
        TrackFault::Unknown => MediaError::UnknownVideo(path.to_owned()),
        TrackFault::MissingIndex => MediaError::MissingIndex(path.to_owned()),
        TrackFault::Damaged(reason) => MediaError::broken_video(&reason, path),
        TrackFault::Codec(codec) => MediaError::Codec { codec, path: path.to_owned() },
    }
}

fn sequence_error(refusal: Refusal, path: &Path) -> MediaError {
    match refusal {
        Refusal::Damaged => MediaError::broken_video(&"its picture description is damaged", path),
        Refusal::Unsupported(codec) => MediaError::Codec { codec, path: path.to_owned() },
        Refusal::TooLarge(what) => MediaError::HugeVideo { what, path: path.to_owned() },
    }
}
