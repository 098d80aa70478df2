//! Turns frames into H.264 pictures, ready to lie in an MP4.

use openh264::{
    Error, OpenH264API, Timestamp,
    encoder::{
        BitRate, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Profile, QpRange,
        RateControlMode, UsageType, VuiConfig,
    },
    formats::YUVSlices,
    nal_units,
};

use crate::{Frame, color::Planes};

/// The quantizer of every picture, 0 to 51: at 18, grass and noise of a rendered world keep their
/// grain.
const QUANTIZER: u8 = 18;
/// What the rate control is told it may spend per pixel: as much as a raw picture takes, and
/// [`PICTURE_MILLIS`] lets it spend that on each one, so that it never leaves a picture out and the
/// quantizer alone decides. Switching the rate control off instead would fix the quantizer at 26,
/// and forbidding it to leave out pictures makes it complain on the terminal.
const BITS_PER_PIXEL: u64 = 12;
/// Beyond this the rate control's own arithmetic overflows; no picture needs as much with this
/// quantizer.
const MAX_BITS: u64 = 40_000_000;
/// How far apart the pictures are for the rate control, which counts at most a second; players get
/// their times from the file.
const PICTURE_MILLIS: u64 = 999;

const SLICE_OF_KEY_PICTURE: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// One encoded picture.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    /// NAL units, each after its length in four bytes.
    pub(crate) sample: Vec<u8>,
    /// Whether decoding can start here.
    pub(crate) is_key: bool,
    /// Sequence and picture parameters; empty unless `is_key`.
    pub(crate) sequence: Vec<u8>,
    pub(crate) parameters: Vec<u8>,
}

/// Encodes with one key picture per second. The same frames give the same bytes.
pub(crate) struct PictureEncoder {
    encoder: Encoder,
    pictures: u64,
}

impl PictureEncoder {
    /// For frames of `pixels` pixels.
    pub(crate) fn new(pixels: u64, fps: u32) -> Result<Self, Error> {
        let bits = (pixels * BITS_PER_PIXEL).min(MAX_BITS) as u32;
        let config = EncoderConfig::new()
            .profile(Profile::High)
            .usage_type(UsageType::CameraVideoRealTime)
            .max_frame_rate(FrameRate::from_hz(fps as f32))
            .rate_control_mode(RateControlMode::Timestamp)
            .bitrate(BitRate::from_bps(bits))
            .qp(QpRange::new(QUANTIZER, QUANTIZER))
            .skip_frames(true)
            .scene_change_detect(false)
            .background_detection(false)
            .adaptive_quantization(false)
            .intra_frame_period(IntraFramePeriod::from_num_frames(fps))
            // Several threads would make the bytes depend on the machine.
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
        Ok(Self { encoder, pictures: 0 })
    }

    pub(crate) fn encode(&mut self, frame: &Frame) -> Result<Picture, Error> {
        let planes = Planes::from_frame(frame);
        let chroma = planes.width / 2;
        let source = YUVSlices::new(
            (&planes.luma, &planes.blue, &planes.red),
            (planes.width, planes.height),
            (planes.width, chroma, chroma),
        );
        self.pictures += 1;
        let time = Timestamp::from_millis(self.pictures * PICTURE_MILLIS);
        let stream = self.encoder.encode_at(&source, time)?.to_vec();
        let mut picture = Picture::default();
        for unit in nal_units(&stream) {
            picture.add(unit);
        }
        Ok(picture)
    }

    /// Makes the next picture a key picture.
    pub(crate) fn start_afresh(&mut self) {
        self.encoder.force_intra_frame();
    }
}

impl Picture {
    /// Adds a NAL unit that begins with a start code.
    fn add(&mut self, unit: &[u8]) {
        let start = unit.iter().position(|&byte| byte == 1).map_or(unit.len(), |at| at + 1);
        let unit = &unit[start..];
        let Some(&first) = unit.first() else { return };
        match first & 31 {
            SEQUENCE_PARAMETERS => self.sequence = unit.to_vec(),
            PICTURE_PARAMETERS => self.parameters = unit.to_vec(),
            kind => {
                self.is_key |= kind == SLICE_OF_KEY_PICTURE;
                self.sample.extend((unit.len() as u32).to_be_bytes());
                self.sample.extend(unit);
            }
        }
    }
}
