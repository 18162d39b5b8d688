//! What the readers of both formats share: position, counts, time order.
//!
//! Not a parser: the records are in [`super::pcap`] and [`super::pcapng`].

use super::damage::DamageKind;
use super::oddity::{Oddities, OddityKind};

/// Why a format's reader stopped for now.
pub(super) enum Step {
    /// The record at the position is not complete yet.
    NeedMore,
    /// The batch holds as many packets as it may.
    BatchFull,
    /// The record at the position cannot be read, nor anything after it.
    Damaged(DamageKind),
}

/// The bytes read so far and how far they were used.
pub(super) struct View<'a> {
    /// The filled part of the batch's data.
    pub(super) bytes: &'a [u8],
    /// The first byte not yet used.
    pub(super) position: usize,
    /// Where `bytes` begin in the unpacked file.
    pub(super) base: u64,
}

impl<'a> View<'a> {
    /// Returns the bytes not yet used.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Returns the place of the position in the unpacked file.
    #[inline]
    pub(super) fn byte(&self) -> u64 {
        self.base + self.position as u64
    }
}

/// Counts and oddities of the file so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Packets delivered.
    pub(super) packets: u64,
    /// Packets delivered whose link type is supported.
    pub(super) supported: u64,
    /// What was odd.
    pub(super) oddities: Oddities,
    /// The time of the packet before, nanoseconds since the Unix epoch.
    pub(super) previous: Option<i64>,
}

impl Progress {
    /// Returns the number that the next packet will have.
    pub(super) fn next_record(&self) -> u64 {
        self.packets + 1
    }

    /// Counts a packet and returns its number.
    #[inline]
    pub(super) fn count_packet(&mut self, supported: bool) -> u64 {
        self.packets += 1;
        self.supported += u64::from(supported);
        self.packets
    }

    /// Counts packets about which nothing is odd; the last came at this time.
    pub(super) fn count_usual(&mut self, packets: u64, last: i64) {
        self.packets += packets;
        self.supported += packets;
        self.previous = Some(last);
    }

    /// Notes when the packet just counted is older than the one before it.
    #[inline]
    pub(super) fn check_time(&mut self, timestamp: i64, byte: u64) {
        if let Some(previous) = self.previous.replace(timestamp)
            && timestamp < previous
        {
            let kind = OddityKind::TimeBackwards {
                nanoseconds: previous.abs_diff(timestamp),
            };
            self.oddities.add(kind, 1, self.packets, byte);
        }
    }

    /// Notes when the packet just counted has more bytes than it may; a
    /// `snaplen` of 0 is no limit.
    #[inline]
    pub(super) fn check_lengths(&mut self, captured: u32, original: u32, snaplen: u32, byte: u64) {
        if captured > snaplen && snaplen != 0 {
            let kind = OddityKind::CapturedAboveSnaplen { captured, snaplen };
            self.oddities.add(kind, 1, self.packets, byte);
        }
        if captured > original {
            let kind = OddityKind::CapturedAboveOriginal { captured, original };
            self.oddities.add(kind, 1, self.packets, byte);
        }
    }
}
