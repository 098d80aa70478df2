//! The boxes of a fragmented MP4 with one H.264 track: ISO/IEC 14496-12 and 14496-15.
//!
//! Times are in ticks of `1 / (1000 * fps)` seconds, so that one frame lasts [`FRAME_TICKS`]. Dates
//! stay zero, so that the same frames give the same file.

use crate::encoder::Picture;

/// Duration of one frame.
pub(crate) const FRAME_TICKS: u32 = 1000;

const UNITY_MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// Sample flags: depends on no other picture / depends on others and is no place to start.
const KEY_FLAGS: u32 = 0x0200_0000;
const DEPENDENT_FLAGS: u32 = 0x0101_0000;

/// Bytes at fixed places in the header, to be filled in when the length of the recording is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DurationPlaces {
    /// Offsets in the file of the 32-bit durations of the movie and of the track.
    pub(crate) durations: [u64; 2],
    /// Offset of a free box of 16 bytes that can become the box of the whole duration.
    pub(crate) spare: u64,
}

/// What never changes during a recording.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) fps: u32,
    pub(crate) sequence: Vec<u8>,
    pub(crate) parameters: Vec<u8>,
}

impl Header {
    /// The file up to its first fragment.
    pub(crate) fn to_bytes(&self) -> (Vec<u8>, DurationPlaces) {
        let timescale = self.fps * FRAME_TICKS;
        let mut out = Vec::new();
        let mut places = DurationPlaces { durations: [0; 2], spare: 0 };
        boxed(&mut out, b"ftyp", |out| {
            out.extend(b"isom");
            words(out, &[0x200]);
            out.extend(b"isomiso6avc1mp41");
        });
        boxed(&mut out, b"moov", |out| {
            boxed(out, b"mvhd", |out| {
                words(out, &[0, 0, 0, timescale]);
                places.durations[0] = out.len() as u64;
                words(out, &[0, 0x1_0000, 0x0100_0000, 0, 0]);
                words(out, &UNITY_MATRIX);
                words(out, &[0, 0, 0, 0, 0, 0, 2]);
            });
            boxed(out, b"trak", |out| {
                boxed(out, b"tkhd", |out| {
                    words(out, &[3, 0, 0, 1, 0]);
                    places.durations[1] = out.len() as u64;
                    words(out, &[0, 0, 0, 0, 0]);
                    words(out, &UNITY_MATRIX);
                    words(out, &[u32::from(self.width) << 16, u32::from(self.height) << 16]);
                });
                boxed(out, b"mdia", |out| self.media(out, timescale));
            });
            boxed(out, b"mvex", |out| {
                places.spare = out.len() as u64;
                boxed(out, b"free", |out| words(out, &[0, 0]));
                boxed(out, b"trex", |out| words(out, &[0, 1, 1, FRAME_TICKS, 0, DEPENDENT_FLAGS]));
            });
        });
        (out, places)
    }

    fn media(&self, out: &mut Vec<u8>, timescale: u32) {
        // 0x55c4 is "und", no language.
        boxed(out, b"mdhd", |out| words(out, &[0, 0, 0, timescale, 0, 0x55c4_0000]));
        boxed(out, b"hdlr", |out| {
            words(out, &[0, 0]);
            out.extend(b"vide");
            words(out, &[0, 0, 0]);
            out.extend(b"video\0");
        });
        boxed(out, b"minf", |out| {
            boxed(out, b"vmhd", |out| words(out, &[1, 0, 0]));
            boxed(out, b"dinf", |out| {
                boxed(out, b"dref", |out| {
                    words(out, &[0, 1]);
                    boxed(out, b"url ", |out| words(out, &[1]));
                });
            });
            boxed(out, b"stbl", |out| {
                boxed(out, b"stsd", |out| {
                    words(out, &[0, 1]);
                    boxed(out, b"avc1", |out| self.sample_entry(out));
                });
                boxed(out, b"stts", |out| words(out, &[0, 0]));
                boxed(out, b"stsc", |out| words(out, &[0, 0]));
                boxed(out, b"stsz", |out| words(out, &[0, 0, 0]));
                boxed(out, b"stco", |out| words(out, &[0, 0]));
            });
        });
    }

    fn sample_entry(&self, out: &mut Vec<u8>) {
        words(out, &[0, 1, 0, 0, 0, 0]);
        out.extend(self.width.to_be_bytes());
        out.extend(self.height.to_be_bytes());
        // 72 pixels per inch, one frame per sample, no name, 24 bits per pixel.
        words(out, &[0x48_0000, 0x48_0000, 0]);
        out.extend(1_u16.to_be_bytes());
        out.extend([0; 32]);
        out.extend(24_u16.to_be_bytes());
        out.extend(u16::MAX.to_be_bytes());
        boxed(out, b"avcC", |out| {
            out.push(1);
            out.extend(self.sequence.get(1..4).unwrap_or(&[66, 0, 30]));
            // Lengths of four bytes, one set of sequence parameters.
            out.extend([0xff, 0xe1]);
            counted(out, &self.sequence);
            out.push(1);
            counted(out, &self.parameters);
            if self.sequence.get(1).is_some_and(|&profile| profile >= 100) {
                // 4:2:0, 8 bits, 8 bits, no extensions.
                out.extend([0xfd, 0xf8, 0xf8, 0]);
            }
        });
        boxed(out, b"colr", |out| {
            out.extend(b"nclx");
            // BT.709 thrice, limited range.
            out.extend([0, 1, 0, 1, 0, 1, 0]);
        });
    }
}

/// Pictures that are written together: each fragment is whole or absent in the file.
#[derive(Debug, Default)]
pub(crate) struct Fragment {
    /// Index in the recording of the first picture.
    first: u64,
    sizes_and_flags: Vec<u32>,
    data: Vec<u8>,
}

impl Fragment {
    /// An empty fragment that begins with picture `first`, counted from 0.
    pub(crate) fn starting_at(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    pub(crate) fn push(&mut self, picture: &Picture) {
        let flags = if picture.is_key { KEY_FLAGS } else { DEPENDENT_FLAGS };
        self.sizes_and_flags.extend([picture.sample.len() as u32, flags]);
        self.data.extend(&picture.sample);
    }

    /// How many pictures it holds.
    pub(crate) fn len(&self) -> usize {
        self.sizes_and_flags.len() / 2
    }

    /// The fragment as it lies in the file, the `sequence`-th of the recording, counted from 1.
    pub(crate) fn to_bytes(&self, sequence: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.data.len() + 256);
        let mut offset_place = 0;
        boxed(&mut out, b"moof", |out| {
            boxed(out, b"mfhd", |out| words(out, &[0, sequence]));
            boxed(out, b"traf", |out| {
                // Offsets count from this moof.
                boxed(out, b"tfhd", |out| words(out, &[0x02_0000, 1]));
                boxed(out, b"tfdt", |out| {
                    words(out, &[0x0100_0000]);
                    out.extend((self.first * u64::from(FRAME_TICKS)).to_be_bytes());
                });
                boxed(out, b"trun", |out| {
                    // With the offset of the data, and the size and flags of each sample.
                    words(out, &[0x0000_0601, self.len() as u32]);
                    offset_place = out.len();
                    words(out, &[0]);
                    words(out, &self.sizes_and_flags);
                });
            });
        });
        let data_offset = out.len() as u32 + 8;
        out[offset_place..offset_place + 4].copy_from_slice(&data_offset.to_be_bytes());
        boxed(&mut out, b"mdat", |out| out.extend(&self.data));
        out
    }
}

/// The box that replaces the spare one: the whole duration in ticks.
pub(crate) fn whole_duration(ticks: u32) -> Vec<u8> {
    let mut out = Vec::new();
    boxed(&mut out, b"mehd", |out| words(out, &[0, ticks]));
    out
}

fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    words(out, &[0]);
    out.extend(kind);
    fill(out);
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

fn words(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_be_bytes()));
}

fn counted(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u16).to_be_bytes());
    out.extend(bytes);
}
