//! The two byte orders in which a capture's numbers may be written.
//!
//! Not a parser: it only turns bytes that are already there into numbers.

/// The byte order of a capture file or of one section of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// Reads the 16-bit number at `at`, or `None` when `bytes` end before it does.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(number),
            Self::Big => u16::from_be_bytes(number),
        })
    }

    /// Reads the 32-bit number at `at`, or `None` when `bytes` end before it does.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(number),
            Self::Big => u32::from_be_bytes(number),
        })
    }

    /// Reads four 32-bit numbers.
    #[inline]
    pub(crate) fn four(self, bytes: &[u8; 16]) -> [u32; 4] {
        let (words, _) = bytes.as_chunks();
        let mut numbers = [0; 4];
        for (number, word) in numbers.iter_mut().zip(words) {
            *number = match self {
                Self::Little => u32::from_le_bytes(*word),
                Self::Big => u32::from_be_bytes(*word),
            };
        }
        numbers
    }

    /// Reads the signed 64-bit number that `number` holds.
    pub(crate) fn i64(self, number: [u8; 8]) -> i64 {
        match self {
            Self::Little => i64::from_le_bytes(number),
            Self::Big => i64::from_be_bytes(number),
        }
    }
}
