//! Whether a JPEG is all there: the decoder fills in gray for what is missing, without a word.

use std::io::{self, BufRead};

use crate::bytes::Bytes;

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// Whether the picture reaches its end marker. What cameras append after that does not matter, nor
/// do the small pictures inside its header.
pub(crate) fn is_complete(mut file: impl BufRead) -> io::Result<bool> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(reaches_end(&bytes).is_some())
}

fn reaches_end(bytes: &[u8]) -> Option<()> {
    let mut rest = Bytes(bytes);
    loop {
        match next_marker(&mut rest)? {
            END => return Some(()),
            START => {}
            kind => {
                let len = usize::from(rest.u16()?).checked_sub(2)?;
                rest.take(len)?;
                if kind == START_OF_SCAN {
                    skip_scan(&mut rest);
                }
            }
        }
    }
}

/// The next marker, whatever lies before it: decoders skip stray bytes too.
fn next_marker(rest: &mut Bytes<'_>) -> Option<u8> {
    loop {
        while rest.u8()? != 0xff {}
        let mut kind = rest.u8()?;
        while kind == 0xff {
            kind = rest.u8()?;
        }
        if kind != 0 {
            return Some(kind);
        }
    }
}

/// Moves to the first marker that is not part of the coded data, in which 0xff stands before 0 and
/// before restarts.
fn skip_scan(rest: &mut Bytes<'_>) {
    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff);
    let end = rest.0.windows(2).position(is_marker).unwrap_or(rest.0.len());
    rest.0 = &rest.0[end..];
}
