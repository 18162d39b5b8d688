//! Recognising an input by its first bytes.
//!
//! Names, endings and media types are never looked at.

use super::Compression;
use crate::capture::{CaptureFormat, is_text, pcap, pcapng};

/// How many bytes are looked at, if they are at hand.
pub(super) const SNIFF_BYTES: usize = 512;

const GZIP: [u8; 2] = [0x1F, 0x8B];
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const LZ4: [u8; 4] = [0x04, 0x22, 0x4D, 0x18];
const PARQUET: [u8; 4] = *b"PAR1";

/// The first bytes of a skippable frame: the lowest four bits are free. Both
/// zstd and LZ4 have them; only parallel zstd is known to begin with one.
const SKIPPABLE: [u8; 3] = [0x2A, 0x4D, 0x18];

/// What some files begin with that are not read, what they are, and how to go on.
const OTHERS: [(&[u8], &str); 7] = [
    (b"ORC", "ORC is not supported; ship JSON or Parquet"),
    (
        b"\xFF\x06\0\0sNaPpY",
        "packed with snappy, which is not supported; unpack it, or pack it with gzip, zstd or lz4",
    ),
    (
        b"\xFD7zXZ\0",
        "packed with xz, which is not supported; unpack it with `xz -d`",
    ),
    (
        b"BZh",
        "packed with bzip2, which is not supported; unpack it with `bzip2 -d`",
    ),
    (
        b"PK\x03\x04",
        "a zip archive; name the files in it, unpacked or packed with gzip, zstd or lz4",
    ),
    (b"Obj\x01", "Avro is not supported; ship JSON or Parquet"),
    (
        b"SQLite format 3\0",
        "an SQLite database; export its rows as CSV or JSON Lines",
    ),
];

const UTF16_MARKS: [[u8; 2]; 2] = [[0xFF, 0xFE], [0xFE, 0xFF]];

/// What the first bytes of an input say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    Packed(Compression),
    Capture(CaptureFormat),
    /// The file ends inside a magic number.
    CutMagic,
    Text,
    Utf16,
    Parquet,
    /// A known format that is not read: what it is, and how to go on.
    Other(&'static str),
    Unknown,
}

/// Says what a stream that begins with `first` is.
pub(super) fn sniff(first: &[u8]) -> Sniffed {
    if first.starts_with(&GZIP) {
        return Sniffed::Packed(Compression::Gzip);
    }
    if let Some(&[a, b, c, d]) = first.first_chunk() {
        if [a, b, c, d] == ZSTD || (a & 0xF0 == 0x50 && [b, c, d] == SKIPPABLE) {
            return Sniffed::Packed(Compression::Zstd);
        }
        if [a, b, c, d] == LZ4 {
            return Sniffed::Packed(Compression::Lz4);
        }
        if [a, b, c, d] == PARQUET {
            return Sniffed::Parquet;
        }
        if let Some(format) = CaptureFormat::recognise([a, b, c, d]) {
            return Sniffed::Capture(format);
        }
    } else if pcap::MAGICS
        .iter()
        .chain([&pcapng::MAGIC])
        .any(|magic| magic.starts_with(first))
    {
        return Sniffed::CutMagic;
    }
    if let Some((_, what)) = OTHERS.iter().find(|(magic, _)| first.starts_with(magic)) {
        return Sniffed::Other(what);
    }
    if is_utf16(first) {
        Sniffed::Utf16
    } else if is_text(first) {
        Sniffed::Text
    } else {
        Sniffed::Unknown
    }
}

/// Tells text in two-byte units by its mark, or by every second byte being
/// zero beside text.
fn is_utf16(first: &[u8]) -> bool {
    if UTF16_MARKS.iter().any(|mark| first.starts_with(mark)) {
        return true;
    }
    let (units, _) = first.as_chunks::<2>();
    let text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    units.len() >= 2
        && (units.iter().all(|&[low, high]| high == 0 && text(low))
            || units.iter().all(|&[high, low]| high == 0 && text(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_recognised_by_its_first_bytes() {
        let rows: &[(&[u8], Sniffed)] = &[
            (&[0x1F, 0x8B], Sniffed::Packed(Compression::Gzip)),
            (
                &[0x28, 0xB5, 0x2F, 0xFD, 0],
                Sniffed::Packed(Compression::Zstd),
            ),
            (
                &[0x5E, 0x2A, 0x4D, 0x18],
                Sniffed::Packed(Compression::Zstd),
            ),
            (&[0x6E, 0x2A, 0x4D, 0x18], Sniffed::Unknown),
            (&[0x04, 0x22, 0x4D, 0x18], Sniffed::Packed(Compression::Lz4)),
            (
                &[0xD4, 0xC3, 0xB2, 0xA1],
                Sniffed::Capture(CaptureFormat::Pcap),
            ),
            (
                &[0xA1, 0xB2, 0x3C, 0x4D],
                Sniffed::Capture(CaptureFormat::Pcap),
            ),
            (
                &[0x34, 0xCD, 0xB2, 0xA1],
                Sniffed::Capture(CaptureFormat::Pcap),
            ),
            (
                &[0x0A, 0x0D, 0x0D, 0x0A],
                Sniffed::Capture(CaptureFormat::PcapNg),
            ),
            (&[0xD4, 0xC3], Sniffed::CutMagic),
            (&[0x0A, 0x0D, 0x0D], Sniffed::CutMagic),
            (b"PAR1", Sniffed::Parquet),
            (b"src_ip,dst_ip\n", Sniffed::Text),
            (b"src_ip\tdst_ip\n\0", Sniffed::Text),
            (b"\x1B[31m\n", Sniffed::Unknown),
            (b"\xEF\xBB\xBFsrc_ip", Sniffed::Text),
            ("源地址,目的地址".as_bytes(), Sniffed::Text),
            (&"源地址,目的".as_bytes()[..13], Sniffed::Text),
            (b"a", Sniffed::Text),
            (b"\xFF\xFEs\0r\0", Sniffed::Utf16),
            (b"\xFE\xFF\0s\0r", Sniffed::Utf16),
            (b"s\0r\0", Sniffed::Utf16),
            (b"s\0", Sniffed::Unknown),
            (b"\0s\0r\0c", Sniffed::Utf16),
            (b"\x7FELF", Sniffed::Unknown),
            (b"ORC", Sniffed::Other(OTHERS[0].1)),
            (b"OR", Sniffed::Text),
            (b"PK\x03\x04\x14", Sniffed::Other(OTHERS[4].1)),
            (&[0; 16], Sniffed::Unknown),
            (&[0xDE, 0xAD, 0xBE, 0xEF], Sniffed::Unknown),
        ];
        for (first, expected) in rows {
            assert_eq!(sniff(first), *expected, "{first:x?}");
        }
    }
}
