//! Records: flows on their way through a replay.

use secgroup_matcher::Sides;
use secgroup_model::{Direction, Flow, Snapshot};

use crate::Timestamp;
use crate::chunk::ChunkText;
use crate::flow_log::Recorded;
use crate::timeline::VpcNumber;

/// One packet or flow of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in its input, from 1: of the packet in a capture, of the
    /// line in a text.
    pub number: u64,
    /// Its position in its chunk, by which its texts are found.
    pub(crate) position: u32,
    /// Which snapshot is in force at its time.
    pub(crate) part: u16,
    /// The VPC that its input names.
    pub(crate) vpc: VpcNumber,
    /// When it was seen, or first seen.
    pub timestamp: Option<Timestamp>,
    /// When it was last seen, where it stands for more than one packet and the
    /// input says so.
    pub last: Option<Timestamp>,
    /// What is judged.
    pub flow: Flow,
    /// How many packets it stands for.
    pub packets: u64,
    /// How many bytes on the wire it stands for.
    pub bytes: u64,
    /// The flags of its TCP headers together.
    pub tcp_flags: Option<u8>,
    /// The identifier of an ICMP echo.
    pub icmp_id: Option<u16>,
    /// Which way it crossed the interface that recorded it.
    pub direction: Option<Direction>,
    /// Whether it is of both directions, and its sender the one that opened
    /// the session.
    pub(crate) both_ways: bool,
    /// What the cloud recorded to have done with it.
    pub recorded: Option<Recorded>,
}

impl Record {
    /// Returns a record of one packet about which nothing else is known.
    pub(crate) const fn of(flow: Flow) -> Self {
        Self {
            number: 1,
            position: 0,
            part: 0,
            vpc: VpcNumber::NONE,
            timestamp: None,
            last: None,
            flow,
            packets: 1,
            bytes: 0,
            tcp_flags: None,
            icmp_id: None,
            direction: None,
            both_ways: false,
            recorded: None,
        }
    }
}

/// A judged record, with all that a row of output may want to show.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The snapshot that indices refer to.
    pub snapshot: &'a Snapshot,
    /// The record.
    pub record: &'a Record,
    /// The answers of both ends.
    pub sides: &'a Sides,
    /// Its id and VPC as the input has them.
    pub text: ChunkText<'a>,
}
