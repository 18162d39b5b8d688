//! Damage: what makes the rest of a capture unreadable.
//!
//! Everything before it has been delivered and is valid. What makes a file
//! unusable from its first byte is [`super::CaptureError`]; what is merely
//! strange is [`super::oddity`].

use std::io;

use super::pcap::RECORD_LIMIT;
use super::pcapng::{BLOCK_LIMIT, INTERFACE_LIMIT};
use crate::input::StreamDamage;

/// Where and why reading a capture ended before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {byte}, record {record}")]
pub struct Damage {
    /// What was found.
    pub kind: DamageKind,
    /// Where the damaged record begins in the unpacked file, in bytes.
    pub byte: u64,
    /// The number the damaged record would have as a packet; the first is 1.
    pub record: u64,
}

/// What is wrong with the record at which reading ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DamageKind {
    /// The file ends inside a record header.
    #[error("truncated record header ({have} trailing bytes of {need})")]
    RecordHeader {
        /// Bytes that are there.
        have: usize,
        /// Bytes that a header has.
        need: usize,
    },
    /// The file ends inside the bytes of a packet.
    #[error("truncated record ({have} of {need} captured bytes)")]
    RecordData {
        /// Bytes that are there.
        have: usize,
        /// Bytes that the header promises.
        need: usize,
    },
    /// A record is longer than any real one.
    #[error("record length {0} above the limit of {RECORD_LIMIT}")]
    RecordLength(u32),
    /// The file ends inside a block.
    #[error("truncated block ({have} of {need} bytes)")]
    Block {
        /// Bytes that are there.
        have: usize,
        /// Bytes that the block has at least.
        need: usize,
    },
    /// A block is shorter than its own framing.
    #[error("block length {0} below the least of 12")]
    BlockTooShort(u32),
    /// A block is not padded to 32 bits.
    #[error("block length {0} not a multiple of 4")]
    BlockUnaligned(u32),
    /// A block is longer than any real one.
    #[error("block length {0} above the limit of {BLOCK_LIMIT}")]
    BlockTooLong(u32),
    /// The length at the end of a block is not the one at its start.
    #[error("block lengths disagree: {first} before the block, {last} after it")]
    BlockLengths {
        /// The length before the block.
        first: u32,
        /// The length after it.
        last: u32,
    },
    /// A block of a known type is too short for its fixed fields.
    #[error("block of type {block_type} has {have} bytes, expected at least {need}")]
    BlockFields {
        /// The number of the block type.
        block_type: u32,
        /// Bytes between the lengths.
        have: usize,
        /// Bytes of the fixed fields.
        need: usize,
    },
    /// A section of an unknown byte order.
    #[error("section with byte-order magic {0:#010x}, expected 0x1a2b3c4d")]
    ByteOrderMagic(u32),
    /// A packet came before any interface.
    #[error("packet for interface {0}, none described")]
    NoInterface(u32),
    /// A packet of an interface that the section does not describe.
    #[error("packet for interface {interface} of {described} described")]
    UnknownInterface {
        /// The number the packet gives; the first is 0.
        interface: u32,
        /// How many are described so far.
        described: usize,
    },
    /// One section describes more interfaces than the limit.
    #[error("more than {INTERFACE_LIMIT} interfaces in one section")]
    TooManyInterfaces,
    /// A packet claims more bytes than its block has.
    #[error("captured length {captured} beyond block ({have} bytes)")]
    CapturedBeyondBlock {
        /// The length claimed.
        captured: u32,
        /// Bytes there are.
        have: usize,
    },
    /// An option claims more bytes than its block has.
    #[error("option beyond block: option {code} of {len} bytes, {have} left")]
    OptionBeyondBlock {
        /// The number of the option.
        code: u16,
        /// The length claimed.
        len: u16,
        /// Bytes there are.
        have: usize,
    },
    /// An option that decides about times has the wrong length.
    #[error("option {code} of {len} bytes, expected {expected}")]
    OptionLength {
        /// The number of the option.
        code: u16,
        /// Its length.
        len: usize,
        /// The length it must have.
        expected: usize,
    },
    /// The compressed stream is damaged.
    #[error("{0}")]
    Stream(StreamDamage),
    /// The operating system could not read on.
    #[error("reading failed: {0}")]
    Read(io::ErrorKind),
}

impl From<&io::Error> for DamageKind {
    fn from(error: &io::Error) -> Self {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<StreamDamage>());
        match inner {
            Some(damage) => Self::Stream(damage.clone()),
            None => Self::Read(error.kind()),
        }
    }
}
