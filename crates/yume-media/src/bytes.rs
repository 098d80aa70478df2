//! Reads numbers and boxes out of bytes that may say anything: past the end there is `None`, never
//! a panic.

/// Big-endian numbers, one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        let high = self.u32()?;
        Some(u64::from(high) << 32 | u64::from(self.u32()?))
    }

    /// Bytes after a 16-bit length.
    pub(crate) fn counted(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(len.into())
    }
}

/// The kind and payload of each box in `bytes`, up to the first that is damaged.
pub(crate) fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = Bytes(bytes);
    std::iter::from_fn(move || {
        let whole = rest.0.len() as u64;
        let size = rest.u32()?;
        let kind = rest.take(4)?.try_into().ok()?;
        let (size, head) = match size {
            0 => (whole, 8),
            1 => (rest.u64()?, 16),
            size => (u64::from(size), 8),
        };
        let payload = rest.take(usize::try_from(size.checked_sub(head)?).ok()?)?;
        Some((kind, payload))
    })
}

/// The payload of the first box of this kind.
pub(crate) fn child<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(found, _)| found == kind).map(|(_, payload)| payload)
}

/// Bits, highest first, with the numbers of H.264 (ITU-T H.264, 7.2 and 9.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// A number of up to 32 bits.
    pub(crate) fn number(&mut self, bits: u32) -> Option<u32> {
        (0..bits).try_fold(0, |sum: u32, _| Some(sum << 1 | u32::from(self.flag()?)))
    }

    /// An unsigned Exp-Golomb number.
    pub(crate) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.number(zeros)?)
    }

    /// A signed Exp-Golomb number.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let code = i64::from(self.unsigned()?);
        Some(if code % 2 == 0 { -code / 2 } else { (code + 1) / 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_numbers_follow_the_table_of_the_standard() {
        // 1 010 011 00100 00101: 0, 1, 2, 3, 4 unsigned; 0, 1, -1, 2, -2 signed.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut bits = Bits::new(&bytes);
        let unsigned: Vec<_> = (0..5).map_while(|_| bits.unsigned()).collect();
        assert_eq!(unsigned, [0, 1, 2, 3, 4]);
        let mut bits = Bits::new(&bytes);
        let signed: Vec<_> = (0..5).map_while(|_| bits.signed()).collect();
        assert_eq!(signed, [0, 1, -1, 2, -2]);
        assert_eq!(Bits::new(&[0; 9]).unsigned(), None);
    }

    #[test]
    fn a_box_that_is_longer_than_its_parent_is_not_there() {
        let table: [(&[u8], usize); 6] = [
            (b"\0\0\0\x08free", 1),
            (b"\0\0\0\x09free", 0),
            (b"\0\0\0\x07free", 0),
            (b"\0\0\0\0free....", 1),
            (b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff", 0),
            (b"\0\0\0\x01free\0\0\0\0\0\0\0\x10\0\0\0\x08skip", 2),
        ];
        for (bytes, wanted) in table {
            assert_eq!(boxes(bytes).count(), wanted, "{bytes:?}");
        }
    }
}
