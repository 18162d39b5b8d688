//! Classic pcap: a file header of 24 bytes, then records.
//!
//! The file header goes through `pcap-file`; records are read here, because
//! the "modified" variant has other record headers, a length must be refused
//! before its bytes are waited for, and it is faster: 2.9 ns a record against
//! 4.0 of `PcapParser::next_raw_packet` over a buffer in cache. `pcap-file` is
//! the oracle of the tests for records too.

use pcap_file::Endianness;
use pcap_file::pcap::{PcapHeader, PcapTsResolution};

use super::CaptureError;
use super::batch::{Packet, Sorting, Take};
use super::byte_order::ByteOrder;
use super::damage::DamageKind;
use super::link_type::LinkType;
use super::oddity::OddityKind;
use super::progress::{Progress, Step, View};

/// The most bytes one record may have, as in libpcap.
pub const RECORD_LIMIT: u32 = 262_144;

/// Bytes of the file header.
pub(super) const FILE_HEADER: usize = 24;

/// Bytes of a record header.
const RECORD_HEADER: usize = 16;

/// Bytes of a record header in Kuznetzov's "modified" pcap, which adds the
/// interface, the protocol and the packet type.
const MODIFIED_RECORD_HEADER: usize = 24;

/// The magic number of "modified" pcap in both byte orders.
const MODIFIED_MAGIC: [[u8; 4]; 2] = [[0xA1, 0xB2, 0xCD, 0x34], [0x34, 0xCD, 0xB2, 0xA1]];

/// The magic numbers of pcap: both byte orders of micro-, nanoseconds and "modified".
pub(crate) const MAGICS: [[u8; 4]; 6] = [
    [0xD4, 0xC3, 0xB2, 0xA1],
    [0xA1, 0xB2, 0xC3, 0xD4],
    [0x4D, 0x3C, 0xB2, 0xA1],
    [0xA1, 0xB2, 0x3C, 0x4D],
    MODIFIED_MAGIC[0],
    MODIFIED_MAGIC[1],
];

/// Reads the records of one pcap file.
#[derive(Debug)]
pub(super) struct PcapRecords {
    order: ByteOrder,
    record_header: usize,
    link_type: LinkType,
    snaplen: u32,
    /// Units of the timestamp's second field in a second.
    second: u32,
    /// Nanoseconds in such a unit.
    unit: i64,
    /// All-zero records seen and not yet known to be the end of the file.
    zeros: u64,
    /// Where the first of them begins in the file.
    zeros_from: u64,
}

/// The numbers of one record header.
struct RecordHeader {
    seconds: u32,
    subsecond: u32,
    captured: u32,
    original: u32,
}

impl PcapRecords {
    /// Reads the file header.
    pub(super) fn new(
        header: [u8; FILE_HEADER],
        progress: &mut Progress,
    ) -> Result<Self, CaptureError> {
        let (standard, record_header) = standard_header(header);
        let (_, header) = PcapHeader::from_slice(&standard)
            .map_err(|_| CaptureError::NotACapture(header.as_slice().into()))?;
        let (major, minor) = (header.version_major, header.version_minor);
        if major != 2 || minor < 4 {
            return Err(CaptureError::Version { major, minor });
        }
        if minor > 4 {
            progress
                .oddities
                .add(OddityKind::Version { minor }, 1, 0, 0);
        }
        let link_type = LinkType::from_pcap_field(header.datalink.into());
        if !link_type.is_supported() {
            return Err(CaptureError::LinkType(link_type));
        }
        let (second, unit) = match header.ts_resolution {
            PcapTsResolution::MicroSecond => (1_000_000, 1_000),
            PcapTsResolution::NanoSecond => (1_000_000_000, 1),
        };
        Ok(Self {
            order: match header.endianness {
                Endianness::Big => ByteOrder::Big,
                Endianness::Little => ByteOrder::Little,
            },
            record_header,
            link_type,
            snaplen: header.snaplen,
            second,
            unit,
            zeros: 0,
            zeros_from: 0,
        })
    }

    /// Reads records from `view` until it ends, the batch is full or damage.
    pub(super) fn read(
        &mut self,
        view: &mut View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
    ) -> Step {
        loop {
            self.read_usual(view, sorting, progress);
            if sorting.room() == 0 {
                return Step::BatchFull;
            }
            let rest = view.rest();
            let Some(header) = self.header(rest) else {
                return Step::NeedMore;
            };
            if header.captured == 0 && header.is_zero(rest, self.record_header) {
                self.note_zeros(view);
                continue;
            }
            if self.zeros > 0 {
                self.deliver_zeros(sorting, progress);
                continue;
            }
            if header.captured > RECORD_LIMIT {
                return Step::Damaged(DamageKind::RecordLength(header.captured));
            }
            let len = self.record_header + header.captured as usize;
            if rest.len() < len {
                return Step::NeedMore;
            }
            let offset = view.position + self.record_header;
            let packet = self.packet(&header, offset, view.byte(), progress);
            sorting.add_seldom(packet, view.bytes);
            view.position += len;
        }
    }

    /// Reads records about which nothing is odd, up to the first that may be, or
    /// is not complete.
    ///
    /// PERF: nearly all records are so, and one branch tells it.
    #[inline]
    fn read_usual(
        &self,
        view: &mut View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
    ) {
        if self.zeros > 0 || self.record_header != RECORD_HEADER {
            return;
        }
        let snaplen = if self.snaplen == 0 {
            RECORD_LIMIT
        } else {
            self.snaplen
        };
        let longest = snaplen.min(RECORD_LIMIT);
        // PERF: two loops, so that the order is not asked for in each.
        match self.order {
            ByteOrder::Little => self.walk(view, sorting, progress, longest, |header| {
                ByteOrder::Little.four(header)
            }),
            ByteOrder::Big => self.walk(view, sorting, progress, longest, |header| {
                ByteOrder::Big.four(header)
            }),
        }
    }

    /// Reads records up to the first that is odd, not complete, or longer than
    /// `longest`; `numbers` reads those of a header.
    #[inline(always)]
    fn walk(
        &self,
        view: &mut View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
        longest: u32,
        numbers: impl Fn(&[u8; RECORD_HEADER]) -> [u32; 4],
    ) {
        let room = sorting.room();
        let mut last = progress.previous.unwrap_or(i64::MIN);
        let (bytes, mut at) = (view.bytes, view.position);
        let mut count = 0;
        while count < room {
            let Some(header) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
                break;
            };
            let [seconds, subsecond, captured, original] = numbers(header);
            let offset = at + RECORD_HEADER;
            let end = offset + captured as usize;
            // Fits, as for every packet.
            let time = (i64::from(seconds) * 1_000_000_000)
                .wrapping_add(i64::from(subsecond).wrapping_mul(self.unit));
            let is_odd = (captured == 0)
                | (captured > longest)
                | (captured > original)
                | (subsecond >= self.second)
                | (last > time)
                | (end > bytes.len());
            if is_odd {
                break;
            }
            let packet = Packet {
                offset,
                captured_len: captured,
                original_len: original,
                link_type: self.link_type,
                time,
                position: 0,
            };
            sorting.add(packet, bytes);
            (last, at) = (time, end);
            count += 1;
        }
        if count > 0 {
            progress.count_usual(count as u64, last);
        }
        view.position = at;
    }

    /// Says what the bytes that remain at the end of the file are.
    pub(super) fn finish(&mut self, rest: &[u8], progress: &mut Progress) -> Option<DamageKind> {
        let only_zeros =
            self.zeros > 0 && rest.len() < self.record_header && rest.iter().all(|byte| *byte == 0);
        let damage = if rest.is_empty() || only_zeros {
            None
        } else if let Some(header) = self.header(rest) {
            let have = rest.len().saturating_sub(self.record_header);
            Some(DamageKind::RecordData {
                have,
                need: header.captured as usize,
            })
        } else {
            Some(DamageKind::RecordHeader {
                have: rest.len(),
                need: self.record_header,
            })
        };
        if self.zeros > 0 {
            let next = progress.next_record();
            progress
                .oddities
                .add(OddityKind::EmptyRecords, self.zeros, next, self.zeros_from);
            self.zeros = 0;
        }
        damage
    }

    #[inline]
    fn header(&self, bytes: &[u8]) -> Option<RecordHeader> {
        let header = bytes.get(..self.record_header)?;
        Some(RecordHeader {
            seconds: self.order.u32(header, 0)?,
            subsecond: self.order.u32(header, 4)?,
            captured: self.order.u32(header, 8)?,
            original: self.order.u32(header, 12)?,
        })
    }

    /// Counts and checks one packet.
    ///
    /// PERF: always inlined, so that the packet is written once, where it
    /// stays; copying it out of a function cost 2 of 7 ns a record.
    #[inline(always)]
    fn packet(
        &self,
        header: &RecordHeader,
        offset: usize,
        byte: u64,
        progress: &mut Progress,
    ) -> Packet {
        let RecordHeader {
            seconds,
            subsecond,
            captured,
            original,
        } = *header;
        let record = progress.count_packet(true);
        if subsecond >= self.second {
            let unit = if self.second == 1_000_000 {
                "microseconds"
            } else {
                "nanoseconds"
            };
            let kind = OddityKind::Subsecond {
                unit,
                value: subsecond,
                second: self.second,
            };
            progress.oddities.add(kind, 1, record, byte);
        }
        progress.check_lengths(captured, original, self.snaplen, byte);
        // Fits: 2^32 seconds and 2^32 nanoseconds or microseconds are below 2^63 nanoseconds.
        let timestamp = i64::from(seconds) * 1_000_000_000 + i64::from(subsecond) * self.unit;
        progress.check_time(timestamp, byte);
        Packet {
            offset,
            captured_len: captured,
            original_len: original,
            link_type: self.link_type,
            time: timestamp,
            position: 0,
        }
    }

    /// Counts an all-zero record: at the end of a file it is no packet.
    #[cold]
    fn note_zeros(&mut self, view: &mut View<'_>) {
        if self.zeros == 0 {
            self.zeros_from = view.byte();
        }
        self.zeros += 1;
        view.position += self.record_header;
    }

    /// A real record follows all-zero ones, so these were packets of no bytes.
    #[cold]
    fn deliver_zeros(&mut self, sorting: &mut Sorting<'_, impl Take>, progress: &mut Progress) {
        let header = RecordHeader {
            seconds: 0,
            subsecond: 0,
            captured: 0,
            original: 0,
        };
        while self.zeros > 0 && sorting.room() > 0 {
            let packet = self.packet(&header, 0, self.zeros_from, progress);
            sorting.add_seldom(packet, &[]);
            self.zeros -= 1;
            self.zeros_from += self.record_header as u64;
        }
    }
}

impl RecordHeader {
    #[inline]
    fn is_zero(&self, bytes: &[u8], record_header: usize) -> bool {
        self.seconds == 0 && bytes.iter().take(record_header).all(|byte| *byte == 0)
    }
}

/// Turns a "modified" magic number into the standard one; says how long record headers are.
fn standard_header(mut header: [u8; FILE_HEADER]) -> ([u8; FILE_HEADER], usize) {
    let [a, b, c, d, ..] = header;
    let standard = match [a, b, c, d] {
        magic if magic == MODIFIED_MAGIC[0] => [0xA1, 0xB2, 0xC3, 0xD4],
        magic if magic == MODIFIED_MAGIC[1] => [0xD4, 0xC3, 0xB2, 0xA1],
        _ => return (header, RECORD_HEADER),
    };
    if let Some(magic) = header.first_chunk_mut() {
        *magic = standard;
    }
    (header, MODIFIED_RECORD_HEADER)
}
