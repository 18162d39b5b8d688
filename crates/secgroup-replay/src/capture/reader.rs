//! The reader of a capture: fills batches from a stream.
//!
//! It reads blocks of bytes straight into the batch, lets the format's reader
//! mark the packets in them, and carries the incomplete record at the end over
//! to the next batch. What a record looks like is in [`super::pcap`] and
//! [`super::pcapng`].

use std::io::{self, ErrorKind, Read};

use super::batch::{BATCH_BYTES, Nobody, PacketBatch, Sorting, Take};
use super::damage::{Damage, DamageKind};
use super::error::CaptureError;
use super::oddity::Oddities;
use super::pcap::{self, PcapRecords};
use super::pcapng::{self, Blocks};
use super::progress::{Progress, Step, View};

/// The most bytes a batch keeps for the next one: the longest pcap record fits
/// beside a full batch.
const KEPT_BYTES: usize = 4 * BATCH_BYTES;

/// The bytes without a packet after which a caller is asked whether to go on.
pub const IDLE_BYTES: u64 = 32 * 1024 * 1024;

/// The two formats of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptureFormat {
    /// Classic pcap, in any of its variants.
    Pcap,
    /// pcapng.
    PcapNg,
}

impl CaptureFormat {
    /// Returns the name that results and the command line use; it never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcap => "pcap",
            Self::PcapNg => "pcapng",
        }
    }

    /// Recognises the format by the first four bytes of a file.
    #[must_use]
    pub fn recognise(first: [u8; 4]) -> Option<Self> {
        if pcap::MAGICS.contains(&first) {
            Some(Self::Pcap)
        } else if first == pcapng::MAGIC {
            Some(Self::PcapNg)
        } else {
            None
        }
    }
}

/// Reads the packets of one capture, batch by batch.
#[derive(Debug)]
pub struct CaptureReader<R> {
    stream: R,
    records: Records,
    progress: Progress,
    /// Bytes read and not yet used.
    pending: Vec<u8>,
    /// Where `pending` begins in the unpacked file.
    base: u64,
    state: State,
    damage: Option<Damage>,
}

#[derive(Debug)]
enum Records {
    Pcap(PcapRecords),
    PcapNg(Blocks),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// There may be more bytes.
    Reading,
    /// The stream has ended; bytes may be pending.
    Ended,
    /// The stream failed; bytes may be pending.
    Failed(DamageKind),
    /// Everything that can be delivered was.
    Done,
}

impl<R: Read> CaptureReader<R> {
    /// Reads the file header, or the first section header.
    ///
    /// # Errors
    ///
    /// Returns [`CaptureError`] when the stream is no capture, when its header
    /// is damaged, or when its only link type is unsupported.
    pub fn new(mut stream: R) -> Result<Self, CaptureError> {
        let mut pending = Vec::new();
        read_up_to(&mut stream, &mut pending, 4)?;
        let first = pending.first_chunk().copied();
        let mut progress = Progress::default();
        let records = match first.map(CaptureFormat::recognise) {
            Some(Some(CaptureFormat::Pcap)) => {
                read_up_to(&mut stream, &mut pending, pcap::FILE_HEADER)?;
                let header =
                    pending
                        .as_slice()
                        .try_into()
                        .map_err(|_| CaptureError::FileHeader {
                            have: pending.len(),
                            need: pcap::FILE_HEADER,
                        })?;
                pending.clear();
                Records::Pcap(PcapRecords::new(header, &mut progress)?)
            }
            Some(Some(CaptureFormat::PcapNg)) => {
                Records::PcapNg(first_section(&mut stream, &mut pending)?)
            }
            Some(None) => return Err(CaptureError::NotACapture(pending.as_slice().into())),
            None => {
                return Err(CaptureError::FileHeader {
                    have: pending.len(),
                    need: pcap::FILE_HEADER,
                });
            }
        };
        let base = match records {
            Records::Pcap(_) => pcap::FILE_HEADER as u64,
            Records::PcapNg(_) => 0,
        };
        Ok(Self {
            stream,
            records,
            progress,
            pending,
            base,
            state: State::Reading,
            damage: None,
        })
    }

    /// Fills `batch` with the next packets and tells whether there may be more.
    ///
    /// After `false` the capture is over: [`CaptureReader::damage`] says
    /// whether it was complete. A batch holds what the stream has at hand, so
    /// on a slow pipe packets are not held back; how packets fall into batches
    /// is therefore no property of the file. A batch is empty when
    /// [`IDLE_BYTES`] brought no packet, so that the caller can stop there.
    pub fn read_batch(&mut self, batch: &mut PacketBatch) -> bool {
        self.read_taking(batch, &mut Nobody)
    }

    /// As [`CaptureReader::read_batch`], where packets do not come into the batch
    /// that `taker` took.
    ///
    /// PERF: where a record ends is known only when its header was waited for;
    /// what is done with the packet before fills that time.
    pub(crate) fn read_taking(&mut self, batch: &mut PacketBatch, taker: &mut impl Take) -> bool {
        batch.packets.clear();
        batch.read = 0;
        batch.first_number = self.progress.next_record();
        let mut filled = self.take_pending(&mut batch.data);
        let mut position = 0;
        let idle_end = self.base.saturating_add(IDLE_BYTES);
        // Reading on may wait for a pipe, and packets at hand are not held back.
        let mut at_hand_only = true;
        while self.state != State::Done {
            let mut view = View {
                bytes: batch.data.get(..filled).unwrap_or_default(),
                position,
                base: self.base,
            };
            let mut sorting = Sorting {
                packets: &mut batch.packets,
                read: &mut batch.read,
                taker: &mut *taker,
            };
            let step = self
                .records
                .read(&mut view, &mut sorting, &mut self.progress);
            position = view.position;
            match step {
                Step::BatchFull => break,
                Step::Damaged(kind) => self.damaged(kind, position),
                Step::NeedMore if self.state == State::Reading => {
                    if position > 0 && batch.is_empty() {
                        // Nothing points into the bytes already used: make room.
                        batch.data.copy_within(position..filled, 0);
                        filled -= position;
                        self.base += position as u64;
                        position = 0;
                    }
                    let enough = at_hand_only || filled >= BATCH_BYTES;
                    if enough && !batch.is_empty() || self.base > idle_end {
                        break;
                    }
                    at_hand_only = !self.fill(&mut batch.data, &mut filled);
                }
                Step::NeedMore => self.finish(
                    batch.data.get(position..filled).unwrap_or_default(),
                    position,
                ),
            }
        }
        self.pending.clear();
        self.pending
            .extend_from_slice(batch.data.get(position..filled).unwrap_or_default());
        self.base += position as u64;
        self.state != State::Done || !batch.is_empty()
    }

    /// Returns the format found.
    #[must_use]
    pub fn format(&self) -> CaptureFormat {
        match self.records {
            Records::Pcap(_) => CaptureFormat::Pcap,
            Records::PcapNg(_) => CaptureFormat::PcapNg,
        }
    }

    /// Returns what ended the capture before its end, once it is over.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// Returns what was odd so far.
    #[must_use]
    pub fn oddities(&self) -> &Oddities {
        &self.progress.oddities
    }

    /// Returns how many packets were delivered.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.progress.packets
    }

    /// Returns the reason to refuse a capture all of whose packets came from
    /// unsupported link types.
    ///
    /// A pcap file like that is refused by its header; in pcapng it is known
    /// only once the capture is over.
    #[must_use]
    pub fn nothing_supported(&self) -> Option<CaptureError> {
        match &self.records {
            Records::PcapNg(blocks) if self.progress.supported == 0 => {
                blocks.unsupported.map(CaptureError::LinkType)
            }
            Records::Pcap(_) | Records::PcapNg(_) => None,
        }
    }

    /// Puts the bytes carried over into `data`, which is at least one batch long.
    fn take_pending(&mut self, data: &mut Vec<u8>) -> usize {
        let len = self.pending.len().max(BATCH_BYTES);
        if data.len() > len.max(KEPT_BYTES) {
            // A batch that once held a long block gives the room back.
            data.truncate(len);
            data.shrink_to(len);
        }
        data.resize(data.len().max(len), 0);
        if let Some(start) = data.get_mut(..self.pending.len()) {
            start.copy_from_slice(&self.pending);
        }
        self.pending.len()
    }

    /// Reads once into the room after `filled` and tells whether that room is
    /// now full; a short read means that the stream has no more at hand.
    fn fill(&mut self, data: &mut Vec<u8>, filled: &mut usize) -> bool {
        if *filled == data.len() {
            // Only a record longer than all room gets here, and only as its
            // bytes arrive; its length was checked against the limit.
            data.resize(data.len() * 2, 0);
        }
        let room = data.get_mut(*filled..).unwrap_or_default();
        let wanted = room.len();
        match read_retrying(&mut self.stream, room) {
            Ok(0) => self.state = State::Ended,
            Ok(read) => {
                *filled += read;
                return read == wanted;
            }
            Err(error) => self.state = State::Failed(DamageKind::from(&error)),
        }
        true
    }

    /// Ends the capture at `position`, where the stream has nothing more.
    fn finish(&mut self, rest: &[u8], position: usize) {
        let leftover = self.records.finish(rest, &mut self.progress);
        match std::mem::replace(&mut self.state, State::Done) {
            // What ended the stream explains why a record is incomplete.
            State::Failed(kind) => self.damaged(kind, position),
            State::Reading | State::Ended | State::Done => {
                if let Some(kind) = leftover {
                    self.damaged(kind, position);
                }
            }
        }
    }

    fn damaged(&mut self, kind: DamageKind, position: usize) {
        let byte = self.base + position as u64;
        self.damage = Some(Damage {
            kind,
            byte,
            record: self.progress.next_record(),
        });
        self.state = State::Done;
    }
}

impl Records {
    fn read(
        &mut self,
        view: &mut View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
    ) -> Step {
        match self {
            Self::Pcap(records) => records.read(view, sorting, progress),
            Self::PcapNg(blocks) => blocks.read(view, sorting, progress),
        }
    }

    fn finish(&mut self, rest: &[u8], progress: &mut Progress) -> Option<DamageKind> {
        match self {
            Self::Pcap(records) => records.finish(rest, progress),
            Self::PcapNg(blocks) => blocks.finish(rest),
        }
    }
}

/// Reads until the first section header is complete and checks it; the bytes
/// stay pending.
fn first_section(stream: &mut impl Read, pending: &mut Vec<u8>) -> Result<Blocks, CaptureError> {
    let blocks = Blocks::new();
    let mut want = pcapng::SECTION_HEADER_LEN;
    loop {
        read_up_to(stream, pending, want)?;
        if blocks
            .check_header(pending)
            .map_err(CaptureError::SectionHeader)?
            .is_some()
        {
            return Ok(blocks);
        }
        if pending.len() < want {
            return Err(CaptureError::FileHeader {
                have: pending.len(),
                need: want,
            });
        }
        // The length is only claimed: no more is allocated than twice what came.
        want = blocks.block_len(pending).min(pending.len() * 2);
    }
}

/// Reads until `pending` has `len` bytes or the stream ends.
fn read_up_to(
    stream: &mut impl Read,
    pending: &mut Vec<u8>,
    len: usize,
) -> Result<(), CaptureError> {
    let have = pending.len();
    pending.resize(len.max(have), 0);
    let mut filled = have;
    while let Some(room) = pending.get_mut(filled..).filter(|room| !room.is_empty()) {
        match read_retrying(stream, room) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) => return Err(CaptureError::Read(DamageKind::from(&error))),
        }
    }
    pending.truncate(filled);
    Ok(())
}

fn read_retrying(stream: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
