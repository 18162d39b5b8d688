//! Why a file cannot be read as a capture at all.
//!
//! Nothing of such a file is delivered. What breaks a file later is
//! [`super::damage`].

use std::fmt;

use super::damage::DamageKind;
use super::link_type::LinkType;

/// A file that is no capture we can read, from its first bytes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file ends inside its header.
    #[error("file header: {have} of {need} bytes")]
    FileHeader {
        /// Bytes that are there.
        have: usize,
        /// Bytes that the header has at least.
        need: usize,
    },
    /// Neither pcap nor pcapng.
    #[error("not a capture ({0}); expected pcap or pcapng")]
    NotACapture(FirstBytes),
    /// A version of pcap that nobody can read.
    #[error("pcap version {major}.{minor} not supported (expected 2.4)")]
    Version {
        /// The major number.
        major: u16,
        /// The minor number.
        minor: u16,
    },
    /// No packet of the file can be decoded, for its link type.
    #[error("link type {0} not supported; supported: {list}", list = SupportedList)]
    LinkType(LinkType),
    /// The first section header of a pcapng file is damaged.
    #[error("section header: {0}")]
    SectionHeader(DamageKind),
    /// The file header could not be read or unpacked.
    #[error("file header: {0}")]
    Read(DamageKind),
}

impl CaptureError {
    /// The error of a file that ends inside the magic number of a capture.
    pub(crate) fn cut_magic(have: usize) -> Self {
        Self::FileHeader {
            have,
            need: super::pcap::FILE_HEADER,
        }
    }
}

/// The list of supported link types, for messages.
struct SupportedList;

impl fmt::Display for SupportedList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, link_type) in LinkType::SUPPORTED.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{link_type}")?;
        }
        Ok(())
    }
}

/// How many of the first bytes a message shows.
const SHOWN: usize = 8;

/// The first bytes of a file that is not what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstBytes {
    bytes: [u8; SHOWN],
    len: usize,
    text: bool,
}

impl From<&[u8]> for FirstBytes {
    fn from(found: &[u8]) -> Self {
        let mut bytes = [0; SHOWN];
        for (to, from) in bytes.iter_mut().zip(found) {
            *to = *from;
        }
        Self {
            bytes,
            len: found.len().min(SHOWN),
            text: is_text(found),
        }
    }
}

/// Writes what they look like: `looks like text/CSV`, or `first bytes de ad be ef`.
impl fmt::Display for FirstBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text {
            return f.write_str("looks like text/CSV");
        }
        f.write_str("first bytes")?;
        self.bytes
            .iter()
            .take(self.len)
            .try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}

/// Tells whether `bytes`, the beginning of a file, are text: its first line is
/// UTF-8 without control characters.
///
/// Later lines are for the reader of the text, which can name line and column.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    let line = start
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .next()
        .unwrap_or_default();
    let valid = match std::str::from_utf8(line) {
        Ok(text) => text,
        // The last character may be cut, since these are only the first bytes.
        Err(error) if error.error_len().is_none() => line
            .get(..error.valid_up_to())
            .and_then(|start| std::str::from_utf8(start).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    !bytes.is_empty()
        && valid
            .chars()
            .all(|letter| !letter.is_control() || letter == '\t')
}
