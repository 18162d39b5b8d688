//! Captures: pcap and pcapng as batches of raw packets.
//!
//! A [`CaptureReader`] works on any stream, a pipe without end too, and its
//! memory does not grow with the file: records and blocks have limits, and no
//! length that the file states is allocated before its bytes have arrived.
//! Reading ends in one of three ways: the file ends; [`Damage`] ends it after
//! everything before was delivered; or [`CaptureError`], when not even the
//! header can be used. What is strange but readable is counted in
//! [`Oddities`].
//!
//! Not here: what a file is packed with and whether it is a capture
//! ([`crate::input`]), and what is in a packet ([`crate::decode`]).

mod batch;
mod byte_order;
mod damage;
mod error;
mod interface;
mod link_type;
mod oddity;
pub(crate) mod pcap;
pub(crate) mod pcapng;
mod progress;
mod reader;

pub(crate) use batch::Take;
pub use batch::{BATCH_BYTES, BATCH_PACKETS, Packet, PacketBatch};
pub use damage::{Damage, DamageKind};
pub(crate) use error::is_text;
pub use error::{CaptureError, FirstBytes};
pub use link_type::LinkType;
pub use oddity::{Oddities, Oddity, OddityKind};
pub use pcap::RECORD_LIMIT;
pub use pcapng::{BLOCK_LIMIT, INTERFACE_LIMIT};
pub use reader::{CaptureFormat, CaptureReader, IDLE_BYTES};
