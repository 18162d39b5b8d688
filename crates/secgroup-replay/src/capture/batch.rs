//! Batches of raw packets in buffers that are used again and again.
//!
//! Packets are not copied: a batch owns one block of the file as it was read,
//! and each [`Packet`] says where in it the captured bytes lie.

use super::link_type::LinkType;

/// The most packets that one batch holds.
pub const BATCH_PACKETS: usize = 4096;

/// The bytes of the file that one batch holds, unless one record is longer.
pub const BATCH_BYTES: usize = 256 * 1024;

/// Stands for a time that is not known.
pub(super) const NO_TIME: i64 = i64::MIN;

/// One captured packet of a [`PacketBatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where the captured bytes begin in the batch's data.
    pub(crate) offset: usize,
    /// How many bytes were captured.
    pub captured_len: u32,
    /// How many bytes the packet had on the wire, as the file says.
    pub original_len: u32,
    /// What the first header is.
    pub link_type: LinkType,
    /// Nanoseconds since the Unix epoch, or [`NO_TIME`].
    // PERF: half as many bytes as an option.
    pub(super) time: i64,
    /// Where it stands among the packets of its batch.
    pub(crate) position: u32,
}

impl Packet {
    /// Returns one that came at a time, whose bytes are elsewhere.
    #[cfg(test)]
    pub(crate) const fn of(link_type: LinkType, original_len: u32, time: i64) -> Self {
        Self {
            offset: 0,
            captured_len: 0,
            original_len,
            link_type,
            time,
            position: 0,
        }
    }

    /// Returns nanoseconds since the Unix epoch; `None` where the file has no time
    /// for the packet or one that does not fit.
    #[must_use]
    #[inline]
    pub fn timestamp(&self) -> Option<i64> {
        (self.time != NO_TIME).then_some(self.time)
    }
}

/// Packets in the order of the file, with the bytes they point into.
///
/// Create one with [`PacketBatch::default`] and hand it to
/// [`CaptureReader::read_batch`](super::CaptureReader::read_batch) again and
/// again: after the first few batches nothing is allocated.
#[derive(Debug, Default)]
pub struct PacketBatch {
    /// A block of the file; only the part that was read is meaningful.
    pub(crate) data: Vec<u8>,
    /// Those that nobody took while they were read.
    pub(crate) packets: Vec<Packet>,
    /// How many were read, also those that were taken.
    pub(crate) read: usize,
    pub(crate) first_number: u64,
}

/// Who takes packets while they are read.
pub(crate) trait Take {
    /// Tells whether it took a packet with these captured bytes.
    fn take(&mut self, packet: &Packet, bytes: &[u8]) -> bool;
}

/// Takes none.
pub(super) struct Nobody;

impl Take for Nobody {
    #[inline(always)]
    fn take(&mut self, _: &Packet, _: &[u8]) -> bool {
        false
    }
}

/// Where packets go as they are read: into a batch, unless somebody takes them.
pub(super) struct Sorting<'b, T> {
    pub(super) packets: &'b mut Vec<Packet>,
    pub(super) read: &'b mut usize,
    pub(super) taker: &'b mut T,
}

impl<T: Take> Sorting<'_, T> {
    /// Adds a packet, with `bytes` that it points into.
    // PERF: what one packet has to do with the next is where it ends, and little
    // more; so all that is done with it is done meanwhile.
    #[inline(always)]
    pub(super) fn add(&mut self, mut packet: Packet, bytes: &[u8]) {
        packet.position = u32::try_from(*self.read).unwrap_or(u32::MAX);
        *self.read += 1;
        let captured = bytes
            .get(packet.offset..)
            .and_then(|from| from.get(..packet.captured_len as usize))
            .unwrap_or_default();
        if !self.taker.take(&packet, captured) {
            self.packets.push(packet);
        }
    }

    /// As [`Sorting::add`], for a packet that is seldom there.
    #[inline(never)]
    pub(super) fn add_seldom(&mut self, packet: Packet, bytes: &[u8]) {
        self.add(packet, bytes);
    }

    /// Returns how many packets fit into the batch.
    #[inline]
    pub(super) fn room(&self) -> usize {
        BATCH_PACKETS.saturating_sub(*self.read)
    }
}

impl PacketBatch {
    /// Returns the packets, in the order of the file: those that nobody took while
    /// they were read.
    #[must_use]
    pub fn packets(&self) -> &[Packet] {
        &self.packets
    }

    /// Returns the captured bytes of `packet`, which must be one of this batch.
    #[must_use]
    #[inline]
    pub fn bytes(&self, packet: &Packet) -> &[u8] {
        let captured = packet.captured_len as usize;
        self.data
            .get(packet.offset..)
            .and_then(|from| from.get(..captured))
            .unwrap_or_default()
    }

    /// Returns the number of the first packet in its file; the first of all is 1.
    #[must_use]
    pub fn first_number(&self) -> u64 {
        self.first_number
    }

    /// Tells whether no packet was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read == 0
    }
}
