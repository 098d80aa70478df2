//! The table of contents of a zip archive whose entries are stored, not compressed.

use std::collections::BTreeMap;
use std::ops::Range;

const END: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;
const LONGEST_COMMENT: usize = 0xffff;
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const LOCATOR_64_SIZE: usize = 20;
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_SIZE: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_SIZE: usize = 30;
const EXTRA_64: u16 = 1;
const FULL_16: u64 = 0xffff;
const FULL_32: u64 = 0xffff_ffff;

/// An entry of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where its content lies.
    pub range: Range<usize>,
    /// The CRC-32 of its content; 0 if the archive gives none.
    checksum: u32,
}

impl Entry {
    /// Whether the content is what was put in, as far as the archive tells.
    pub(crate) fn is_whole(&self, file: &[u8]) -> bool {
        self.checksum == 0 || crc32(&file[self.range.clone()]) == self.checksum
    }
}

/// Bit by bit: it is for the small entries.
fn crc32(content: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !content.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg())
        })
    })
}

/// The entries by name. An error is what does not add up.
pub(crate) fn entries(file: &[u8]) -> Result<BTreeMap<String, Entry>, String> {
    let (count, start) = directory(file)?;
    let mut entries = BTreeMap::new();
    let mut at = start;
    for _ in 0..count {
        let header = Reader(file).record(at, CENTRAL, CENTRAL_SIZE)?;
        let (flags, method) = (header.u16(8)?, header.u16(10)?);
        let checksum = header.u32(16)? as u32;
        let (name_size, extra_size) = (header.u16(28)?, header.u16(30)?);
        let name_start = at + CENTRAL_SIZE as u64;
        let name = Reader(file).slice(name_start, name_size)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let extra = Reader(file).slice(name_start + name_size, extra_size)?;
        let wide =
            wide_numbers(&Reader(extra), [header.u32(24)?, header.u32(20)?, header.u32(42)?])?;
        let [size, packed, local] = wide;
        at = name_start + name_size + extra_size + header.u16(32)?;
        if flags & 1 != 0 {
            return Err(format!("{name} is encrypted"));
        }
        if method != 0 || size != packed {
            return Err(format!("{name} is compressed, which PyTorch never does"));
        }
        let header = Reader(file).record(local, LOCAL, LOCAL_SIZE)?;
        let data = local + LOCAL_SIZE as u64 + header.u16(26)? + header.u16(28)?;
        Reader(file).slice(data, size)?;
        let entry = Entry { range: data as usize..(data + size) as usize, checksum };
        if entries.insert(name.clone(), entry).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(entries)
}

/// The number of entries, and where the directory begins.
fn directory(file: &[u8]) -> Result<(u64, u64), String> {
    let earliest = file.len().saturating_sub(END_SIZE + LONGEST_COMMENT);
    let end = (earliest..=file.len().saturating_sub(END_SIZE))
        .rev()
        .find(|&at| file[at..].starts_with(END))
        .ok_or("it ends before its table of contents")? as u64;
    let record = Reader(file).record(end, END, END_SIZE)?;
    let (count, start) = (record.u16(10)?, record.u32(16)?);
    if count != FULL_16 && start != FULL_32 {
        return Ok((count, start));
    }
    let locator =
        end.checked_sub(LOCATOR_64_SIZE as u64).ok_or("it ends before its table of contents")?;
    let Ok(locator) = Reader(file).record(locator, LOCATOR_64, LOCATOR_64_SIZE) else {
        return Ok((count, start));
    };
    let record = Reader(file).record(locator.u64(8)?, END_64, 56)?;
    Ok((record.u64(32)?, record.u64(48)?))
}

/// Replaces the numbers that did not fit 32 bits by those of the zip64 extra field.
fn wide_numbers(extra: &Reader<'_>, narrow: [u64; 3]) -> Result<[u64; 3], String> {
    let mut wide = narrow;
    if !narrow.contains(&FULL_32) {
        return Ok(wide);
    }
    let mut at = 0;
    while extra.0.len() as u64 >= at + 4 {
        let (kind, size) = (extra.u16(at)? as u16, extra.u16(at + 2)?);
        if kind == EXTRA_64 {
            let field = Reader(extra.slice(at + 4, size)?);
            let mut next = 0;
            for number in wide.iter_mut().filter(|number| **number == FULL_32) {
                *number = field.u64(next)?;
                next += 8;
            }
            return Ok(wide);
        }
        at += 4 + size;
    }
    Ok(wide)
}

/// Little-endian numbers that may lie outside.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn slice(&self, at: u64, size: u64) -> Result<&'a [u8], String> {
        let end = at.checked_add(size).and_then(|end| usize::try_from(end).ok());
        end.and_then(|end| self.0.get(at as usize..end))
            .ok_or_else(|| "its table of contents points outside the file".to_owned())
    }

    /// A record of `size` bytes that must begin with `signature`.
    fn record(&self, at: u64, signature: &[u8], size: usize) -> Result<Self, String> {
        let record = self.slice(at, size as u64)?;
        if !record.starts_with(signature) {
            return Err("its table of contents is garbled".to_owned());
        }
        Ok(Reader(record))
    }

    fn number(&self, at: u64, size: u64) -> Result<u64, String> {
        let bytes = self.slice(at, size)?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn u16(&self, at: u64) -> Result<u64, String> {
        self.number(at, 2)
    }

    fn u32(&self, at: u64) -> Result<u64, String> {
        self.number(at, 4)
    }

    fn u64(&self, at: u64) -> Result<u64, String> {
        self.number(at, 8)
    }
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_checksum_is_that_of_zip() {
        // The check value of the catalogue of CRCs.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
