//! pcapng: sections of blocks, each with its length before and after it.
//!
//! Framing and the few block types that matter are read here and not by
//! `pcap-file`, which refuses whole files for a name that is not UTF-8 or a
//! reserved field that is not zero, and does not say where. It is the oracle of
//! the tests. Section length, names, statistics and unknown blocks decide
//! nothing about packets and are skipped.

use super::batch::{NO_TIME, Packet, Sorting, Take};
use super::byte_order::ByteOrder;
use super::damage::DamageKind;
use super::interface::{INTERFACE_DESCRIPTION, Interface};
use super::link_type::LinkType;
use super::oddity::OddityKind;
use super::progress::{Progress, Step, View};

/// The most bytes one block may have, as in libpcap.
pub const BLOCK_LIMIT: u32 = 16 * 1024 * 1024;

/// The most interfaces one section may describe.
pub const INTERFACE_LIMIT: usize = 1_000_000;

/// The type of a section header block, the same in both byte orders.
pub(crate) const MAGIC: [u8; 4] = [0x0A, 0x0D, 0x0D, 0x0A];

/// Bytes of the shortest section header block.
pub(super) const SECTION_HEADER_LEN: usize = 28;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;

/// Bytes around a block's body: type and length before it, length after it.
const FRAMING: usize = 12;

/// Bytes before a block's body.
const BODY_AT: usize = 8;

/// Bytes of the fixed fields of an enhanced and of an obsolete packet block.
const PACKET_FIELDS: usize = 20;

/// Reads the blocks of one pcapng file.
#[derive(Debug)]
pub(super) struct Blocks {
    order: ByteOrder,
    interfaces: Vec<Interface>,
    /// The first link type that cannot be decoded, of a packet delivered.
    pub(super) unsupported: Option<LinkType>,
}

/// One whole block: its type and what lies between the lengths.
struct Block<'a> {
    block_type: u32,
    body: &'a [u8],
    len: usize,
}

/// A packet block's own numbers, before its interface is looked up.
struct PacketFields {
    interface: u32,
    ticks: Option<u64>,
    captured: u32,
    original: u32,
    /// Where the packet's bytes begin in the body.
    data_at: usize,
}

impl Blocks {
    /// Starts before the first section header.
    pub(super) fn new() -> Self {
        Self {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
            unsupported: None,
        }
    }

    /// Reads blocks from `view` until it ends, the batch is full or damage.
    pub(super) fn read(
        &mut self,
        view: &mut View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
    ) -> Step {
        while sorting.room() > 0 {
            let block = match self.block(view.rest()) {
                Ok(Some(block)) => block,
                Ok(None) => return Step::NeedMore,
                Err(damage) => return Step::Damaged(damage),
            };
            if let Err(damage) = self.take(&block, view, sorting, progress) {
                return Step::Damaged(damage);
            }
            view.position += block.len;
        }
        Step::BatchFull
    }

    /// Reads the first section header only, so that a file without a usable
    /// one is refused; `None` while it is not complete.
    pub(super) fn check_header(&self, bytes: &[u8]) -> Result<Option<()>, DamageKind> {
        let mut first = Self::new();
        let Some(block) = first.block(bytes)? else {
            return Ok(None);
        };
        first.begin_section(&block)?;
        Ok(Some(()))
    }

    /// Says what the bytes that remain at the end of the file are.
    pub(super) fn finish(&self, rest: &[u8]) -> Option<DamageKind> {
        if rest.is_empty() {
            return None;
        }
        Some(DamageKind::Block {
            have: rest.len(),
            need: self.block_len(rest),
        })
    }

    /// Returns the length that the block at the start of `bytes` claims, or
    /// the least one while that is not known.
    pub(super) fn block_len(&self, bytes: &[u8]) -> usize {
        let claimed = self.order_of(bytes).and_then(|order| order.u32(bytes, 4));
        claimed.map_or(FRAMING, |len| len as usize)
    }

    /// Frames the block that `bytes` begin with; `None` while it is not complete.
    fn block<'a>(&self, bytes: &'a [u8]) -> Result<Option<Block<'a>>, DamageKind> {
        let Some(order) = self.order_of(bytes) else {
            return match ByteOrder::Big.u32(bytes, BODY_AT) {
                Some(magic) => Err(DamageKind::ByteOrderMagic(magic)),
                None => Ok(None),
            };
        };
        let (Some(block_type), Some(total)) = (order.u32(bytes, 0), order.u32(bytes, 4)) else {
            return Ok(None);
        };
        let len = total as usize;
        if len < FRAMING {
            return Err(DamageKind::BlockTooShort(total));
        }
        if !total.is_multiple_of(4) {
            return Err(DamageKind::BlockUnaligned(total));
        }
        if total > BLOCK_LIMIT {
            return Err(DamageKind::BlockTooLong(total));
        }
        let (Some(body), Some(last)) = (bytes.get(BODY_AT..len - 4), order.u32(bytes, len - 4))
        else {
            return Ok(None);
        };
        if last != total {
            return Err(DamageKind::BlockLengths { first: total, last });
        }
        Ok(Some(Block {
            block_type,
            body,
            len,
        }))
    }

    /// Returns the byte order of the block that `bytes` begin with: a section
    /// header brings its own; `None` if it is unknown or not there yet.
    #[inline]
    fn order_of(&self, bytes: &[u8]) -> Option<ByteOrder> {
        if !bytes.starts_with(&MAGIC) {
            return Some(self.order);
        }
        [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find(|order| order.u32(bytes, BODY_AT) == Some(BYTE_ORDER_MAGIC))
    }

    /// Takes in one block: a packet, or what describes packets to come.
    #[inline]
    fn take(
        &mut self,
        block: &Block<'_>,
        view: &View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
    ) -> Result<(), DamageKind> {
        let fields = match block.block_type {
            ENHANCED_PACKET => self.packet_fields(block, self.order.u32(block.body, 0))?,
            OBSOLETE_PACKET => {
                self.packet_fields(block, self.order.u16(block.body, 0).map(u32::from))?
            }
            SIMPLE_PACKET => self.simple_packet(block.body)?,
            SECTION_HEADER => {
                if let Some(odd) = self.begin_section(block)? {
                    progress
                        .oddities
                        .add(odd, 1, progress.next_record(), view.byte());
                }
                return Ok(());
            }
            INTERFACE_DESCRIPTION => return self.describe(block, view.byte(), progress),
            _ => return Ok(()),
        };
        self.packet(&fields, block, view, sorting, progress)
    }

    /// Takes in an interface.
    fn describe(
        &mut self,
        block: &Block<'_>,
        byte: u64,
        progress: &mut Progress,
    ) -> Result<(), DamageKind> {
        if self.interfaces.len() >= INTERFACE_LIMIT {
            return Err(DamageKind::TooManyInterfaces);
        }
        let record = progress.next_record();
        let odd = |kind| progress.oddities.add(kind, 1, record, byte);
        self.interfaces
            .push(Interface::new(block.body, self.order, odd)?);
        Ok(())
    }

    /// Begins a section: its byte order counts, it has no interface yet, and
    /// returns what is odd about it.
    fn begin_section(&mut self, block: &Block<'_>) -> Result<Option<OddityKind>, DamageKind> {
        let body = block.body;
        let big = ByteOrder::Big.u32(body, 0) == Some(BYTE_ORDER_MAGIC);
        let order = if big {
            ByteOrder::Big
        } else {
            ByteOrder::Little
        };
        let need = SECTION_HEADER_LEN - FRAMING;
        let (Some(major), Some(minor), true) =
            (order.u16(body, 4), order.u16(body, 6), body.len() >= need)
        else {
            let (block_type, have) = (block.block_type, body.len());
            return Err(DamageKind::BlockFields {
                block_type,
                have,
                need,
            });
        };
        self.order = order;
        self.interfaces.clear();
        Ok((major != 1).then_some(OddityKind::SectionVersion { major, minor }))
    }

    /// Reads the fixed fields of a packet on `interface`.
    #[inline]
    fn packet_fields(
        &self,
        block: &Block<'_>,
        interface: Option<u32>,
    ) -> Result<PacketFields, DamageKind> {
        let (body, order) = (block.body, self.order);
        let fields = interface.and_then(|interface| {
            let (high, low) = (order.u32(body, 4)?, order.u32(body, 8)?);
            let ticks = Some((u64::from(high) << 32) | u64::from(low));
            let (captured, original) = (order.u32(body, 12)?, order.u32(body, 16)?);
            Some(PacketFields {
                interface,
                ticks,
                captured,
                original,
                data_at: PACKET_FIELDS,
            })
        });
        fields.ok_or(DamageKind::BlockFields {
            block_type: block.block_type,
            have: body.len(),
            need: PACKET_FIELDS,
        })
    }

    /// A simple packet has no time, belongs to the first interface, and was
    /// captured up to that interface's limit.
    fn simple_packet(&self, body: &[u8]) -> Result<PacketFields, DamageKind> {
        let short = DamageKind::BlockFields {
            block_type: SIMPLE_PACKET,
            have: body.len(),
            need: 4,
        };
        let original = self.order.u32(body, 0).ok_or(short)?;
        let limit = self
            .interfaces
            .first()
            .map_or(0, |interface| interface.snaplen);
        let captured = if limit == 0 {
            original
        } else {
            original.min(limit)
        };
        Ok(PacketFields {
            interface: 0,
            ticks: None,
            captured,
            original,
            data_at: 4,
        })
    }

    #[inline]
    fn packet(
        &mut self,
        fields: &PacketFields,
        block: &Block<'_>,
        view: &View<'_>,
        sorting: &mut Sorting<'_, impl Take>,
        progress: &mut Progress,
    ) -> Result<(), DamageKind> {
        let &PacketFields {
            interface: number,
            ticks,
            captured,
            original,
            data_at,
        } = fields;
        let described = self.interfaces.len();
        let Some(interface) = self.interfaces.get(number as usize) else {
            return Err(match described {
                0 => DamageKind::NoInterface(number),
                _ => DamageKind::UnknownInterface {
                    interface: number,
                    described,
                },
            });
        };
        let have = block.body.len().saturating_sub(data_at);
        if captured as usize > have {
            return Err(DamageKind::CapturedBeyondBlock { captured, have });
        }
        let link_type = interface.link_type;
        let supported = interface.supported;
        let record = progress.count_packet(supported);
        if !supported {
            self.unsupported.get_or_insert(link_type);
        }
        progress.check_lengths(captured, original, interface.snaplen, view.byte());
        let timestamp = ticks.and_then(|ticks| interface.timestamp(ticks));
        match timestamp {
            Some(timestamp) => progress.check_time(timestamp, view.byte()),
            None if ticks.is_some() && interface.has_clock() => {
                progress
                    .oddities
                    .add(OddityKind::TimestampRange, 1, record, view.byte());
            }
            None => {}
        }
        let offset = view.position + BODY_AT + data_at;
        let packet = Packet {
            offset,
            captured_len: captured,
            original_len: original,
            link_type,
            time: timestamp.unwrap_or(NO_TIME),
            position: 0,
        };
        sorting.add(packet, view.bytes);
        Ok(())
    }
}
