//! Chunks: some records of an input on their way from reading to output.
//!
//! A chunk is read by one thread, decoded and judged by another, and written
//! by the first in input order. Its buffers are used again for later records.

use std::collections::HashMap;

use secgroup_matcher::Answer;
use secgroup_model::{
    Endpoints, Flow, IcmpMessage, MixedFamilies, NetworkIndex, Protocol, Scope, Snapshot, Transport,
};

use crate::capture::{Packet, PacketBatch};
use crate::comparison::Differing;
use crate::decode::{Decoded, Fragment, PacketOddity, decode};
use crate::flow_log::{FlowRow, Row, RowBatch, RowProblem};
use crate::fragments::{FragmentKey, FragmentMark, FragmentTable};
use crate::{Record, Skip, Skips, Timestamp};

/// What was read.
#[derive(Debug)]
pub(crate) enum ChunkData {
    /// Packets of a capture.
    Packets(PacketBatch),
    /// Rows of a text.
    Rows(Box<RowBatch>),
}

impl ChunkData {
    /// Returns the packets, making room for some if there were rows.
    pub(crate) fn packets(&mut self) -> &mut PacketBatch {
        if let Self::Rows(_) = self {
            *self = Self::Packets(PacketBatch::default());
        }
        match self {
            Self::Packets(packets) => packets,
            Self::Rows(_) => unreachable!("just replaced"),
        }
    }

    /// Returns the rows, making room for some if there were packets.
    pub(crate) fn rows(&mut self) -> &mut RowBatch {
        if let Self::Packets(_) = self {
            *self = Self::Rows(Box::default());
        }
        match self {
            Self::Rows(rows) => rows,
            Self::Packets(_) => unreachable!("just replaced"),
        }
    }
}

/// The id and VPC that an input has for a record.
#[derive(Clone, Copy, Debug)]
pub struct ChunkText<'a>(Text<'a>);

/// Where the texts are.
#[derive(Clone, Copy, Debug)]
enum Text<'a> {
    /// In the chunk, if it has any.
    Chunk(Option<Row<'a>>),
    /// In a copy: id and VPC.
    Copy(Option<&'a str>, Option<&'a str>),
}

impl<'a> ChunkText<'a> {
    /// Returns texts that were copied from a chunk.
    pub(crate) const fn kept(flow_id: Option<&'a str>, vpc_id: Option<&'a str>) -> Self {
        Self(Text::Copy(flow_id, vpc_id))
    }

    /// Returns the id of the flow as the input has it, none for packets.
    #[must_use]
    pub fn flow_id(self) -> Option<&'a str> {
        match self.0 {
            Text::Chunk(row) => row.and_then(Row::flow_id),
            Text::Copy(flow_id, _) => flow_id,
        }
    }

    /// Returns the VPC as the input has it, none for packets.
    #[must_use]
    pub fn vpc_id(self) -> Option<&'a str> {
        match self.0 {
            Text::Chunk(row) => row.and_then(Row::vpc_id),
            Text::Copy(_, vpc_id) => vpc_id,
        }
    }
}

/// The VPCs of a snapshot by name.
#[derive(Debug)]
pub(crate) struct Networks(HashMap<String, NetworkIndex>);

impl Networks {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let named = snapshot
            .networks()
            .filter_map(|(index, vpc)| Some((vpc?.to_string(), index)));
        Self(named.collect())
    }

    fn scope(&self, vpc: Option<&str>) -> Scope {
        match vpc {
            None => Scope::Unspecified,
            Some(vpc) => self
                .0
                .get(vpc)
                .map_or(Scope::Elsewhere, |found| Scope::Network(*found)),
        }
    }
}

/// Some records of an input, with everything that becomes of them.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The input they come from.
    pub(crate) input: usize,
    /// What was read.
    pub(crate) data: ChunkData,
    /// The records that can be judged, in input order.
    pub(crate) records: Vec<Record>,
    /// The fragments among them, in input order.
    fragments: Vec<FragmentMark>,
    /// The records that cannot.
    pub(crate) skips: Skips,
    /// Strange packets, by place in [`PacketOddity::all`].
    pub(crate) oddities: [u64; 2],
    /// Rows that name a VPC which the snapshot does not have.
    pub(crate) elsewhere: u64,
    /// The row that ended the run, where those are not skipped.
    pub(crate) problem: Option<RowProblem>,
    /// What is asked, one per record.
    pub(crate) flows: Vec<Flow>,
    /// The answers, one per record.
    pub(crate) answers: Vec<Answer>,
    /// Where the dropped ones stand among the records.
    pub(crate) dropped: Vec<usize>,
    /// Which of them the cloud recorded otherwise.
    pub(crate) differing: Differing,
    /// Rows of output.
    pub(crate) output: Vec<u8>,
}

impl Chunk {
    pub(crate) fn new() -> Self {
        Self {
            input: 0,
            data: ChunkData::Packets(PacketBatch::default()),
            records: Vec::new(),
            fragments: Vec::new(),
            skips: Skips::default(),
            oddities: [0; 2],
            elsewhere: 0,
            problem: None,
            flows: Vec::new(),
            answers: Vec::new(),
            dropped: Vec::new(),
            differing: Differing::default(),
            output: Vec::new(),
        }
    }

    /// Makes records of what was read.
    pub(crate) fn decode(&mut self, networks: &Networks, skip_bad: bool) {
        self.records.clear();
        self.fragments.clear();
        self.skips = Skips::default();
        self.oddities = [0; 2];
        self.elsewhere = 0;
        self.problem = None;
        let mut data =
            std::mem::replace(&mut self.data, ChunkData::Packets(PacketBatch::default()));
        if let ChunkData::Rows(batch) = &mut data {
            batch.cut();
        }
        match &data {
            ChunkData::Packets(batch) => {
                for (position, packet) in (0_u32..).zip(batch.packets()) {
                    self.decode_packet(batch, position, packet);
                }
            }
            ChunkData::Rows(batch) => {
                for (position, row) in (0_u32..).zip(batch.rows()) {
                    if let Some(skip) = row.skip() {
                        self.skips.add(Skip::OtherRow(skip));
                        continue;
                    }
                    match row.parse() {
                        Ok(parsed) => {
                            let record = record_of_row(position, row, &parsed, networks);
                            self.elsewhere += u64::from(record.flow.scope == Scope::Elsewhere);
                            self.records.push(record);
                        }
                        Err(problem) if skip_bad => self.skips.add(Skip::Row(problem.kind)),
                        Err(problem) => {
                            self.problem = Some(problem);
                            break;
                        }
                    }
                }
            }
        }
        self.data = data;
    }

    fn decode_packet(&mut self, batch: &PacketBatch, position: u32, packet: &Packet) {
        let bytes = batch.bytes(packet);
        let decoded = match decode(packet.link_type, bytes, packet.original_len) {
            Ok(decoded) => decoded,
            Err(undecodable) => return self.skips.add(Skip::Packet(undecodable.reason)),
        };
        if let Some(oddity) = decoded.oddity {
            let place = PacketOddity::all()
                .iter()
                .position(|known| *known == oddity);
            self.oddities[place.expect("`all` lists every oddity")] += 1;
        }
        let flow = flow_of(&decoded).expect("the addresses of a packet are of one family");
        let mark = |id, first| FragmentMark {
            record: self.records.len(),
            key: FragmentKey {
                endpoints: flow.endpoints,
                protocol: flow.protocol,
                id,
            },
            first,
        };
        match decoded.fragment {
            Fragment::Whole => {}
            Fragment::First { id } => self.fragments.push(mark(id, true)),
            Fragment::Later { id } => self.fragments.push(mark(id, false)),
        }
        self.records.push(Record {
            number: batch.first_number() + u64::from(position),
            position,
            timestamp: packet.timestamp.map(Timestamp),
            last: None,
            flow,
            packets: 1,
            bytes: u64::from(packet.original_len),
            tcp_flags: decoded.tcp_flags,
            icmp_id: None,
            direction: None,
            recorded: None,
        });
    }

    /// Gives later fragments what the first of their packet told (3.5.11).
    pub(crate) fn join_fragments(&mut self, table: &mut FragmentTable) {
        for mark in &self.fragments {
            let record = &mut self.records[mark.record];
            if mark.first {
                table.remember(mark.key, record.flow.transport, record.timestamp);
            } else if let Some(transport) = table.find(&mark.key, record.timestamp) {
                record.flow.transport = transport;
            }
        }
    }
}

/// The texts of a chunk's records, asked in ascending order.
pub(crate) struct Texts<'a> {
    rows: Option<Box<dyn Iterator<Item = (u32, Row<'a>)> + 'a>>,
}

impl<'a> Texts<'a> {
    pub(crate) fn of(data: &'a ChunkData) -> Self {
        match data {
            ChunkData::Packets(_) => Self { rows: None },
            ChunkData::Rows(batch) => Self {
                rows: Some(Box::new((0..).zip(batch.rows()))),
            },
        }
    }

    /// Returns the text of the record at a position.
    pub(crate) fn at(&mut self, position: u32) -> ChunkText<'a> {
        let rows = self.rows.as_mut();
        let row = rows.and_then(|rows| rows.find(|(at, _)| *at == position));
        ChunkText(Text::Chunk(row.map(|(_, row)| row)))
    }
}

fn record_of_row(position: u32, row: Row<'_>, parsed: &FlowRow<'_>, networks: &Networks) -> Record {
    Record {
        number: row.line(),
        position,
        timestamp: parsed.timestamp.map(Timestamp),
        last: parsed.end.map(Timestamp),
        flow: Flow {
            scope: networks.scope(parsed.vpc_id),
            ..parsed.flow
        },
        packets: parsed.packets,
        bytes: parsed.bytes,
        tcp_flags: parsed.tcp_flags,
        icmp_id: None,
        direction: parsed.direction,
        recorded: parsed.recorded,
    }
}

/// Returns the flow a packet belongs to.
fn flow_of(decoded: &Decoded) -> Result<Flow, MixedFamilies> {
    let endpoints = Endpoints::new(decoded.source, decoded.destination)?;
    let transport = match (decoded.fragment, decoded.ports, decoded.icmp) {
        (Fragment::Later { .. }, ..) => Transport::LaterFragment,
        (_, Some((source, destination)), _) => Transport::Ports {
            source,
            destination,
        },
        (_, None, Some((kind, code))) => Transport::Icmp(IcmpMessage { kind, code }),
        (_, None, None) => Transport::Opaque,
    };
    Ok(Flow::new(endpoints, Protocol(decoded.protocol), transport))
}
