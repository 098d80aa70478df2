//! The sample tables of an MP4 that is not fragmented (ISO/IEC 14496-12, 8.6 and 8.7).

use std::collections::HashSet;

use crate::{
    bytes::{Bytes, child},
    mp4_track::{MAX_SAMPLES, Sample, VideoTrack},
};

/// Adds the samples that the tables promise, up to the first that the file of `len` bytes does not
/// hold. `None` if a table that must be there is missing or damaged.
pub(crate) fn add_tables(track: &mut VideoTrack, tables: &[u8], len: u64) -> Option<()> {
    let mut sizes = Sizes::read(child(tables, b"stsz")?)?;
    if sizes.left == 0 {
        // As in every fragmented file.
        return Some(());
    }
    let chunks = chunk_offsets(tables)?;
    let keys = key_numbers(tables);
    let mut runs = Runs(Bytes(child(tables, b"stsc")?.get(8..)?)).peekable();
    let mut per_chunk = 0;
    let mut number = 0;
    for (chunk, &chunk_offset) in (1_u32..).zip(&chunks) {
        while let Some((_, samples)) = runs.next_if(|&(first, _)| first <= chunk) {
            per_chunk = samples;
        }
        let mut offset = chunk_offset;
        for _ in 0..per_chunk {
            let Some(size) = sizes.next() else { return Some(()) };
            number += 1;
            let is_key = keys.as_ref().is_none_or(|keys| keys.contains(&number));
            if track.push(Sample { offset, size, is_key }, len).is_none() {
                return Some(());
            }
            offset += u64::from(size);
        }
    }
    Some(())
}

/// The sizes of the samples, at most [`MAX_SAMPLES`].
struct Sizes<'a> {
    /// Zero if every sample has its own.
    common: u32,
    left: usize,
    table: Bytes<'a>,
}

impl<'a> Sizes<'a> {
    fn read(payload: &'a [u8]) -> Option<Self> {
        let mut table = Bytes(payload);
        table.u32()?;
        let common = table.u32()?;
        let left = (table.u32()? as usize).min(MAX_SAMPLES);
        Some(Self { common, left, table })
    }
}

impl Iterator for Sizes<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        if self.common > 0 { Some(self.common) } else { self.table.u32() }
    }
}

/// First chunk and samples per chunk, for each run of like chunks.
struct Runs<'a>(Bytes<'a>);

impl Iterator for Runs<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let run = (self.0.u32()?, self.0.u32()?);
        self.0.u32()?;
        Some(run)
    }
}

fn chunk_offsets(tables: &[u8]) -> Option<Vec<u64>> {
    if let Some(payload) = child(tables, b"stco") {
        let mut table = Bytes(payload.get(8..)?);
        return Some(std::iter::from_fn(|| table.u32()).map(u64::from).collect());
    }
    let mut table = Bytes(child(tables, b"co64")?.get(8..)?);
    Some(std::iter::from_fn(|| table.u64()).collect())
}

/// Numbers, from 1, of the samples where decoding can start; `None` means all.
fn key_numbers(tables: &[u8]) -> Option<HashSet<u32>> {
    let mut table = Bytes(child(tables, b"stss")?.get(8..)?);
    Some(std::iter::from_fn(|| table.u32()).collect())
}
