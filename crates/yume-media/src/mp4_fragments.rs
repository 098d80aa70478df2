//! The fragments of an MP4 (ISO/IEC 14496-12, 8.8).

use crate::{
    bytes::{Bytes, boxes, child},
    mp4_track::{Sample, VideoTrack},
};

/// The bit of the sample flags that says that decoding cannot start here.
const DEPENDENT: u32 = 0x1_0000;

/// What holds for a sample whose fragment does not say.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Defaults {
    size: u32,
    flags: u32,
}

impl Defaults {
    /// From the `mvex` box, for the track of this id.
    pub(crate) fn of_track(extends: &[u8], id: u32) -> Self {
        let read = |payload| {
            let mut payload = Bytes(payload);
            payload.u32()?;
            let found = payload.u32()?;
            payload.take(8)?;
            (found == id).then_some(Self { size: payload.u32()?, flags: payload.u32()? })
        };
        boxes(extends)
            .filter(|(kind, _)| kind == b"trex")
            .find_map(|(_, payload)| read(payload))
            .unwrap_or_default()
    }
}

/// Adds the samples of a `moof` (its payload, and where the box begins in the file) that the file
/// of `len` bytes holds.
pub(crate) fn add_fragment(
    track: &mut VideoTrack,
    defaults: Defaults,
    (moof, start): (&[u8], u64),
    len: u64,
) {
    for (_, part) in boxes(moof).filter(|(kind, _)| kind == b"traf") {
        let Some(header) = child(part, b"tfhd") else { continue };
        let Some((base, defaults)) = read_header(header, track.id(), defaults) else { continue };
        let base = base.unwrap_or(start);
        let mut next = base;
        for (_, run) in boxes(part).filter(|(kind, _)| kind == b"trun") {
            let Some(end) = add_run(track, run, defaults, (base, next, len)) else { break };
            next = end;
        }
    }
}

/// Where offsets count from, if not from the fragment, and the defaults of the fragment. `None` for
/// another track.
fn read_header(header: &[u8], id: u32, defaults: Defaults) -> Option<(Option<u64>, Defaults)> {
    let mut header = Bytes(header);
    let flags = header.u32()?;
    if header.u32()? != id {
        return None;
    }
    let base = if flags & 0x1 != 0 { Some(header.u64()?) } else { None };
    let mut optional = |bit: u32| if flags & bit != 0 { header.u32() } else { None };
    let _description = optional(0x2);
    let _duration = optional(0x8);
    let size = optional(0x10).unwrap_or(defaults.size);
    let flags = optional(0x20).unwrap_or(defaults.flags);
    Some((base, Defaults { size, flags }))
}

/// Adds the samples of one run and returns where its data ends; `None` if the file ends first.
fn add_run(
    track: &mut VideoTrack,
    run: &[u8],
    defaults: Defaults,
    (base, next, len): (u64, u64, u64),
) -> Option<u64> {
    let mut run = Bytes(run);
    let has = run.u32()?;
    let count = run.u32()?;
    let mut offset = next;
    if has & 0x1 != 0 {
        offset = base.checked_add_signed(i64::from(run.u32()? as i32))?;
    }
    let mut first_flags = if has & 0x4 != 0 { Some(run.u32()?) } else { None };
    for _ in 0..count {
        let mut optional = |bit: u32| if has & bit != 0 { run.u32().map(Some) } else { Some(None) };
        let _duration = optional(0x100)?;
        let size = optional(0x200)?.unwrap_or(defaults.size);
        let own_flags = optional(0x400)?;
        let _display_offset = optional(0x800)?;
        let flags = first_flags.take().or(own_flags).unwrap_or(defaults.flags);
        track.push(Sample { offset, size, is_key: flags & DEPENDENT == 0 }, len)?;
        offset = offset.checked_add(size.into())?;
    }
    Some(offset)
}
