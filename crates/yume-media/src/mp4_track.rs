//! Finds the pictures of the first video track of an MP4, whole or fragmented, complete or cut off.

use std::io::{self, Read, Seek, SeekFrom};

use crate::{
    bytes::{Bytes, boxes, child},
    mp4_fragments::{Defaults, add_fragment},
    mp4_tables::add_tables,
};

/// 18 hours at 16 frames per second; more is taken as an attack on the memory.
pub(crate) const MAX_SAMPLES: usize = 1 << 20;
/// The index of a feature film has 10 MiB.
const MAX_INDEX_BYTES: u64 = 1 << 26;
const MAX_TOP_BOXES: usize = 1 << 20;

/// Where one encoded picture lies in the file; always inside it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sample {
    pub(crate) offset: u64,
    pub(crate) size: u32,
    /// Whether decoding can start here.
    pub(crate) is_key: bool,
}

/// A track of H.264 pictures in decoding order.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct VideoTrack {
    id: u32,
    /// Bytes of the length before each NAL unit, 1 to 4.
    pub(crate) length_bytes: usize,
    /// Sequence parameters first, then picture parameters.
    pub(crate) parameters: Vec<Vec<u8>>,
    pub(crate) samples: Vec<Sample>,
    /// Quarter turns clockwise that set the pictures upright.
    pub(crate) quarter_turns: u8,
}

/// Why there is no track.
#[derive(Debug)]
pub(crate) enum TrackFault {
    Read(io::Error),
    /// Not an MP4 at all.
    Unknown,
    MissingIndex,
    Damaged(&'static str),
    Codec(String),
}

impl VideoTrack {
    /// Reads the index of `file`, which has `len` bytes. Samples that reach past the end are left
    /// out.
    pub(crate) fn read<R: Read + Seek>(file: &mut R, len: u64) -> Result<Self, TrackFault> {
        let mut found: Option<(Self, Defaults)> = None;
        let mut is_mp4 = false;
        let mut start = 0;
        for _ in 0..MAX_TOP_BOXES {
            let Some(top) = TopBox::read(file, start, len).map_err(TrackFault::Read)? else {
                break;
            };
            is_mp4 |=
                matches!(&top.kind, b"ftyp" | b"moov" | b"mdat" | b"moof" | b"free" | b"wide");
            if !is_mp4 {
                return Err(TrackFault::Unknown);
            }
            match (&top.kind, &mut found) {
                (b"moov", None) => found = Some(Self::from_index(&top.payload(file, len)?, len)?),
                (b"moof", Some((track, defaults))) if top.end <= len => {
                    add_fragment(track, *defaults, (&top.payload(file, len)?, start), len);
                }
                _ => {}
            }
            start = top.end;
        }
        match found {
            Some((track, _)) => Ok(track),
            None if is_mp4 => Err(TrackFault::MissingIndex),
            None => Err(TrackFault::Unknown),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Adds a sample unless it reaches past `len`; `None` if there are too many or it does.
    pub(crate) fn push(&mut self, sample: Sample, len: u64) -> Option<()> {
        let end = sample.offset.checked_add(sample.size.into())?;
        if end > len || self.samples.len() >= MAX_SAMPLES {
            return None;
        }
        self.samples.push(sample);
        Some(())
    }

    fn from_index(moov: &[u8], len: u64) -> Result<(Self, Defaults), TrackFault> {
        let mut refused = TrackFault::Damaged("it has no video track");
        for (_, trak) in boxes(moov).filter(|(kind, _)| kind == b"trak") {
            let Some(media) = child(trak, b"mdia") else { continue };
            // Kind of track: after version, flags and a zero.
            if child(media, b"hdlr").and_then(|hdlr| hdlr.get(8..12)) != Some(b"vide") {
                continue;
            }
            match Self::from_trak(trak, media, len) {
                Ok(track) => {
                    let extends = child(moov, b"mvex").unwrap_or_default();
                    let defaults = Defaults::of_track(extends, track.id);
                    return Ok((track, defaults));
                }
                Err(fault) => refused = fault,
            }
        }
        Err(refused)
    }

    fn from_trak(trak: &[u8], media: &[u8], len: u64) -> Result<Self, TrackFault> {
        let damaged = || TrackFault::Damaged("its index is incomplete");
        let header = child(trak, b"tkhd").ok_or_else(damaged)?;
        let (id, quarter_turns) = read_header(header).ok_or_else(damaged)?;
        let tables = child(media, b"minf").and_then(|minf| child(minf, b"stbl"));
        let tables = tables.ok_or_else(damaged)?;
        // Version, flags and the number of entries come before the entries.
        let entries = child(tables, b"stsd").and_then(|stsd| stsd.get(8..)).ok_or_else(damaged)?;
        let (codec, entry) = boxes(entries).next().ok_or_else(damaged)?;
        if !matches!(&codec, b"avc1" | b"avc3") {
            return Err(TrackFault::Codec(codec_name(codec)));
        }
        let mut track = Self { id, quarter_turns, ..Self::default() };
        let config = entry.get(78..).and_then(|boxes| child(boxes, b"avcC"));
        config.and_then(|config| track.read_config(config)).ok_or_else(damaged)?;
        add_tables(&mut track, tables, len).ok_or_else(damaged)?;
        Ok(track)
    }

    fn read_config(&mut self, config: &[u8]) -> Option<()> {
        let mut config = Bytes(config);
        config.take(4)?;
        self.length_bytes = usize::from(config.u8()? & 3) + 1;
        for mask in [31, 255] {
            let count = config.u8()? & mask;
            for _ in 0..count {
                self.parameters.push(config.counted()?.to_vec());
            }
        }
        Some(())
    }
}

/// Track id and quarter turns clockwise.
fn read_header(header: &[u8]) -> Option<(u32, u8)> {
    let mut header = Bytes(header);
    let is_long = header.u32()? >> 24 == 1;
    header.take(if is_long { 16 } else { 8 })?;
    let id = header.u32()?;
    header.take(if is_long { 12 } else { 8 } + 16)?;
    let (a, b) = (header.u32()? as i32, header.u32()? as i32);
    let quarter_turns = match (a.signum(), b.signum()) {
        (0, 1) => 1,
        (-1, 0) => 2,
        (0, -1) => 3,
        _ => 0,
    };
    Some((id, quarter_turns))
}

fn codec_name(kind: [u8; 4]) -> String {
    match &kind {
        b"hvc1" | b"hev1" => "HEVC (H.265)".to_owned(),
        b"av01" => "AV1".to_owned(),
        b"vp08" | b"vp09" => "VP8 or VP9".to_owned(),
        b"mp4v" => "MPEG-4 Part 2".to_owned(),
        other => other.escape_ascii().to_string(),
    }
}

/// A box at the top of the file.
struct TopBox {
    kind: [u8; 4],
    payload: u64,
    /// May lie past the end of a file that was cut off.
    end: u64,
}

impl TopBox {
    /// The box at `start`, or `None` at the end of what makes sense.
    fn read<R: Read + Seek>(file: &mut R, start: u64, len: u64) -> io::Result<Option<Self>> {
        if len.saturating_sub(start) < 8 {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(start))?;
        let mut head = Vec::with_capacity(16);
        file.take(16).read_to_end(&mut head)?;
        Ok(Self::parse(&head, start, len))
    }

    fn parse(head: &[u8], start: u64, len: u64) -> Option<Self> {
        let mut head = Bytes(head);
        let size = head.u32()?;
        let kind = head.take(4)?.try_into().ok()?;
        let (size, skip) = match size {
            0 => (len - start, 8),
            1 => (head.u64()?, 16),
            size => (u64::from(size), 8),
        };
        let end = start.checked_add(size)?;
        (size >= skip).then_some(Self { kind, payload: start + skip, end })
    }

    fn payload<R: Read + Seek>(&self, file: &mut R, len: u64) -> Result<Vec<u8>, TrackFault> {
        if self.end > len {
            return Err(TrackFault::MissingIndex);
        }
        if self.end - self.payload > MAX_INDEX_BYTES {
            return Err(TrackFault::Damaged("its index is larger than 64 MiB"));
        }
        file.seek(SeekFrom::Start(self.payload)).map_err(TrackFault::Read)?;
        let mut bytes = Vec::new();
        let size = self.end - self.payload;
        file.take(size).read_to_end(&mut bytes).map_err(TrackFault::Read)?;
        Ok(bytes)
    }
}
