//! Chunks: some records of an input on their way from reading to output.
//!
//! A chunk is read by one thread, decoded and judged by another, and written
//! by the first in input order. Its buffers are used again for later records.

mod merged;

use secgroup_matcher::Answer;
use secgroup_model::{Endpoints, Flow, IcmpMessage, MixedFamilies, Protocol, Scope, Transport};

use crate::brief::Briefs;
use crate::capture::{Packet, PacketBatch, Take};
use crate::comparison::Differing;
use crate::decode::plain::plain;
use crate::decode::{Decoded, Fragment, PacketOddity, decode, decode_quoted};
use crate::difference::Differences;
use crate::flow_log::{FlowRow, Row, RowBatch, RowProblem};
use crate::fragments::{FragmentKey, FragmentMark, FragmentTable};
use crate::ranking::Waiting;
use crate::session::{Class, Key, Keyed, NEVER, Sharded, Share, Steps, TakingSteps, class};
use crate::timeline::{Timeline, VpcNumber};
use crate::times::Times;
use crate::{Record, Skip, Skips, Timestamp};

pub(crate) use merged::KeptTexts;
use merged::Merged;

/// What was read.
#[derive(Debug)]
pub(crate) enum ChunkData {
    /// Packets of a capture.
    Packets(PacketBatch),
    /// Rows of a text.
    Rows(Box<RowBatch>),
    /// Records of several inputs, which were decoded before.
    Merged(Box<Merged>),
}

impl ChunkData {
    fn empty() -> Self {
        Self::Packets(PacketBatch::default())
    }

    /// Returns the packets, making room for some if there was something else.
    pub(crate) fn packets(&mut self) -> &mut PacketBatch {
        if !matches!(self, Self::Packets(_)) {
            *self = Self::empty();
        }
        match self {
            Self::Packets(packets) => packets,
            Self::Rows(_) | Self::Merged(_) => unreachable!("just replaced"),
        }
    }

    /// Returns the rows, making room for some if there was something else.
    pub(crate) fn rows(&mut self) -> &mut RowBatch {
        if !matches!(self, Self::Rows(_)) {
            *self = Self::Rows(Box::default());
        }
        match self {
            Self::Rows(rows) => rows,
            Self::Packets(_) | Self::Merged(_) => unreachable!("just replaced"),
        }
    }

    /// Exchanges the buffers of what is read for others.
    fn exchange(&mut self, room: &mut Room) {
        match self {
            Self::Packets(packets) => {
                std::mem::swap(&mut packets.data, &mut room.bytes);
                std::mem::swap(&mut packets.packets, &mut room.packets);
            }
            Self::Rows(rows) => std::mem::swap(rows.text_mut(), &mut room.bytes),
            Self::Merged(_) => {}
        }
    }

    /// Tells whether it is of flow lists.
    pub(crate) fn is_rows(&self) -> bool {
        match self {
            Self::Packets(_) => false,
            Self::Rows(_) => true,
            Self::Merged(merged) => merged.rows,
        }
    }
}

/// Buffers of what was read lately and is not needed any more: still in the cache
/// of the worker that read it, where the next chunk is best read to.
#[derive(Debug, Default)]
pub(crate) struct Room {
    bytes: Vec<u8>,
    packets: Vec<Packet>,
    briefs: Briefs,
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

/// What becomes of the packets that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Need {
    /// Records.
    #[default]
    Records,
    /// Each is judged alone, and only counted.
    Briefs,
    /// They are parts of sessions, as those of `other_protocols` than TCP, UDP
    /// and ICMP may be.
    Steps { other_protocols: bool },
}

/// Who takes usual packets while they are read.
pub(crate) enum Taking<'c> {
    Nothing,
    Briefs(&'c mut Briefs),
    Steps(TakingSteps<'c>),
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
    /// Packets that need not become records, where nothing else is asked of them.
    pub(crate) briefs: Briefs,
    /// Packets on their way to their sessions.
    pub(crate) steps: Steps,
    /// The fragments among them, in input order.
    fragments: Vec<FragmentMark>,
    /// Whether some are, and none of the records is judged before they are
    /// joined: what is judged in brief is judged earlier.
    pub(crate) waits_for_fragments: bool,
    /// The ICMP errors among them, by place, with the packets that they quote.
    quotes: Vec<(usize, Decoded)>,
    /// How they are found in sessions, one per record.
    keys: Vec<Keyed>,
    /// Which share of all sessions each record is in, where there are no steps.
    shares: Vec<Share>,
    /// Their places, and these by shard.
    places: Vec<u32>,
    sharded: Sharded<u32>,
    /// How many packets were read, where it is packets.
    pub(crate) read: usize,
    /// How often time runs backwards.
    pub(crate) times: Times,
    /// The number of the first record in the replay.
    pub(crate) first_sequence: u64,
    /// When what is read began, in nanoseconds.
    pub(crate) start: i64,
    /// How many of them were judged.
    pub(crate) evaluated: u64,
    /// Those that a second configuration judges differently.
    pub(crate) differences: Differences,
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
    /// Those that are to be ranked, in input order.
    pub(crate) ranked: Vec<Waiting>,
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
            briefs: Briefs::default(),
            steps: Steps::default(),
            fragments: Vec::new(),
            waits_for_fragments: false,
            quotes: Vec::new(),
            keys: Vec::new(),
            shares: Vec::new(),
            places: Vec::new(),
            sharded: Sharded::default(),
            read: 0,
            evaluated: 0,
            differences: Differences::default(),
            times: Times::default(),
            first_sequence: 0,
            start: NEVER,
            skips: Skips::default(),
            oddities: [0; 2],
            elsewhere: 0,
            problem: None,
            flows: Vec::new(),
            answers: Vec::new(),
            ranked: Vec::new(),
            differing: Differing::default(),
            output: Vec::new(),
        }
    }

    /// Begins to read into it: usual packets become what is `need`ed meanwhile.
    pub(crate) fn begin(&mut self, need: Need) -> (&mut ChunkData, Taking<'_>) {
        self.briefs.clear();
        self.steps.clear();
        let taking = match need {
            Need::Records => Taking::Nothing,
            Need::Briefs => Taking::Briefs(&mut self.briefs),
            Need::Steps { other_protocols } => Taking::Steps(TakingSteps {
                steps: &mut self.steps,
                other_protocols,
            }),
        };
        (&mut self.data, taking)
    }

    /// Takes other buffers to read to.
    pub(crate) fn borrow(&mut self, room: &mut Room) {
        self.data.exchange(room);
        self.briefs.exchange(&mut room.briefs);
    }

    /// Gives back the buffers of what was read and became what was `need`ed, as
    /// far as they are not looked at any more: lines may be, for their texts.
    pub(crate) fn give_back(&mut self, room: &mut Room, need: Need) {
        if need == Need::Briefs || !self.data.is_rows() {
            self.data.exchange(room);
        }
    }

    /// Gives back those of what was judged in brief, too.
    pub(crate) fn give_back_briefs(&mut self, room: &mut Room) {
        self.briefs.exchange(&mut room.briefs);
    }

    /// Makes records of what was read; of usual packets only what is needed, unless
    /// they became that when they were read.
    pub(crate) fn decode(&mut self, timeline: &Timeline<'_>, skip_bad: bool, need: Need) {
        self.records.clear();
        self.fragments.clear();
        self.quotes.clear();
        self.skips = Skips::default();
        self.oddities = [0; 2];
        self.elsewhere = 0;
        self.problem = None;
        let mut data = std::mem::replace(&mut self.data, ChunkData::empty());
        match &mut data {
            ChunkData::Packets(batch) => {
                self.decode_packets(timeline, batch, need);
            }
            ChunkData::Rows(batch) if need == Need::Briefs => {
                batch.cut_in_brief(|place, row| self.briefs.take_row(place, row));
                let rows = batch.rows().map(|row| (row.place_among_lines(), row));
                self.decode_rows(timeline, rows, skip_bad);
            }
            ChunkData::Rows(batch) => {
                batch.cut();
                self.decode_rows(timeline, (0..).zip(batch.rows()), skip_bad);
            }
            ChunkData::Merged(_) => unreachable!("its records were decoded before"),
        }
        self.waits_for_fragments = need == Need::Briefs && !self.fragments.is_empty();
        self.data = data;
    }

    /// Makes records of rows with positions, up to the first that makes no sense
    /// unless such are skipped.
    fn decode_rows<'a>(
        &mut self,
        timeline: &Timeline<'_>,
        rows: impl Iterator<Item = (u32, Row<'a>)>,
        skip_bad: bool,
    ) {
        for (position, row) in rows {
            if let Some(skip) = row.skip() {
                self.skips.add_at(Skip::OtherRow(skip), row.line());
                continue;
            }
            match row.parse() {
                Ok(parsed) => {
                    let record = record_of_row(position, row, &parsed, timeline);
                    self.elsewhere += u64::from(record.flow.scope == Scope::Elsewhere);
                    self.records.push(record);
                }
                Err(problem) if skip_bad => {
                    self.skips.add_at(Skip::Row(problem.kind), row.line());
                }
                Err(problem) => {
                    self.briefs.forget_behind(position);
                    self.problem = Some(problem);
                    break;
                }
            }
        }
    }

    fn decode_packets(&mut self, timeline: &Timeline<'_>, batch: &PacketBatch, need: Need) {
        self.read = batch.read;
        match need {
            Need::Records => {
                for packet in batch.packets() {
                    self.decode_packet(timeline, batch, packet);
                }
            }
            Need::Briefs => {
                for packet in batch.packets() {
                    if !self.briefs.take(packet, batch.bytes(packet)) {
                        self.decode_packet(timeline, batch, packet);
                    }
                }
            }
            Need::Steps { .. } if self.steps.len() == batch.read => {
                let mut places = Vec::with_capacity(batch.packets().len());
                for packet in batch.packets() {
                    let before = self.records.len();
                    self.decode_packet(timeline, batch, packet);
                    places.push((self.records.len() > before).then_some(before));
                }
                self.steps.place_records(&places, &self.records);
            }
            Need::Steps { other_protocols } => {
                for packet in batch.packets() {
                    let bytes = batch.bytes(packet);
                    if !self.steps.take(packet, bytes, other_protocols) {
                        let before = self.records.len();
                        self.decode_packet(timeline, batch, packet);
                        if self.records.len() > before {
                            self.steps.take_record(before, &self.records[before]);
                        }
                    }
                }
            }
        }
    }

    // PERF: seldom called where it matters, and so much code slows down what calls it.
    #[inline(never)]
    fn decode_packet(&mut self, timeline: &Timeline<'_>, batch: &PacketBatch, packet: &Packet) {
        let (position, bytes) = (packet.position, batch.bytes(packet));
        let timestamp = packet.timestamp().map(Timestamp);
        let record = |flow, tcp_flags, icmp_id| Record {
            number: batch.first_number() + u64::from(position),
            position,
            part: timeline.at(timestamp),
            timestamp,
            bytes: u64::from(packet.original_len),
            tcp_flags,
            icmp_id,
            ..Record::of(flow)
        };
        // PERF: most packets are read at fixed places.
        let plain = plain(packet.link_type, bytes, packet.original_len);
        if let Some((flow, tcp_flags)) = plain.and_then(|plain| plain.whole()) {
            self.records.push(record(flow, tcp_flags, None));
            return;
        }
        let decoded = match decode(packet.link_type, bytes, packet.original_len) {
            Ok(decoded) => decoded,
            Err(undecodable) => {
                let number = batch.first_number() + u64::from(position);
                return self.skips.add_at(Skip::Packet(undecodable.reason), number);
            }
        };
        if let Some(oddity) = decoded.oddity {
            let place = PacketOddity::all()
                .iter()
                .position(|known| *known == oddity);
            self.oddities[place.expect("`all` lists every oddity")] += 1;
        }
        let flow = flow_of(&decoded).expect("the addresses of a packet are of one family");
        if decoded.icmp.is_some() {
            let quoted = decode_quoted(packet.link_type, bytes, packet.original_len);
            let place = self.records.len();
            self.quotes.extend(quoted.map(|quoted| (place, quoted)));
        }
        let mark = |id, protocol, first| FragmentMark {
            record: self.records.len(),
            key: FragmentKey {
                endpoints: flow.endpoints,
                protocol: Protocol(protocol),
                id,
            },
            first,
        };
        match decoded.fragment {
            Fragment::Whole => {}
            Fragment::First { id, protocol } => self.fragments.push(mark(id, protocol, true)),
            Fragment::Later { id, protocol } => self.fragments.push(mark(id, protocol, false)),
        }
        self.records
            .push(record(flow, decoded.tcp_flags, decoded.icmp_id));
    }

    /// Gives later fragments what the first of their packet told (3.5.11).
    pub(crate) fn join_fragments(&mut self, table: &mut FragmentTable) {
        table.join(&self.fragments, &mut self.records, &mut self.quotes);
    }
}

impl Chunk {
    /// Finds the records that the cloud treated otherwise.
    pub(crate) fn find_differing(&mut self, timeline: &Timeline<'_>) {
        self.differing.find(&self.records, &self.answers, timeline);
    }

    /// Finds out how often time runs backwards.
    pub(crate) fn look_at_times(&mut self) {
        self.times = if self.steps.is_empty() {
            Times::of(self.records.iter().map(|record| record.timestamp))
        } else {
            self.steps.times()
        };
    }

    /// Tells how the records are found in sessions, and sorts them by shard.
    pub(crate) fn find_parts(&mut self, count: usize, other_protocols: bool) {
        let records = self.records.iter();
        self.keys.clear();
        self.keys
            .extend(records.map(|record| Keyed::of(record, other_protocols)));
        for (place, quoted) in &self.quotes {
            let Ok(flow) = flow_of(quoted) else { continue };
            let (key, _) = Key::new(&flow, quoted.icmp_id, VpcNumber::NONE);
            let keyed = &mut self.keys[*place];
            if keyed.class == Class::Error && class(&flow, other_protocols) == Class::Tracked {
                (keyed.key, keyed.quotes) = (key, true);
            }
        }
        if self.steps.is_empty() {
            self.shares.clear();
            let shares = self.keys.iter().map(|keyed| keyed.key.share());
            self.shares.extend(shares);
            self.places.clear();
            self.places.extend((0_u32..).take(self.keys.len()));
            self.sharded.sort(count, &self.places, &self.shares);
        } else {
            self.steps.sort(count, &self.keys);
        }
    }

    /// Returns how many records there are to follow.
    pub(crate) fn followed(&self) -> usize {
        self.records.len().max(self.steps.len())
    }

    /// Returns the number of its first packet in the input.
    pub(crate) fn first_number(&self) -> u64 {
        match &self.data {
            ChunkData::Packets(batch) => batch.first_number(),
            ChunkData::Rows(_) | ChunkData::Merged(_) => 0,
        }
    }

    /// Returns the places of the records of a part, in input order.
    pub(crate) fn of_part(&self, part: usize) -> &[u32] {
        self.sharded.of(part)
    }

    /// Returns a record with its key.
    #[inline]
    pub(crate) fn keyed(&self, place: u32) -> (&Record, &Keyed) {
        let place = place as usize;
        (&self.records[place], &self.keys[place])
    }
}

/// The texts of a chunk's records, asked in ascending order.
pub(crate) enum Texts<'a> {
    /// Of packets, which have none.
    None,
    Rows(Box<dyn Iterator<Item = (u32, Row<'a>)> + 'a>),
    Merged(&'a Merged),
}

impl<'a> Texts<'a> {
    pub(crate) fn of(data: &'a ChunkData) -> Self {
        match data {
            ChunkData::Packets(_) => Self::None,
            ChunkData::Rows(batch) => Self::Rows(Box::new((0..).zip(batch.rows()))),
            ChunkData::Merged(merged) => Self::Merged(merged),
        }
    }

    /// Returns the text of the record at a position.
    pub(crate) fn at(&mut self, position: u32) -> ChunkText<'a> {
        let row = match self {
            Self::None => None,
            Self::Rows(rows) => rows.find(|(at, _)| *at == position),
            Self::Merged(merged) => return merged.text(position),
        };
        ChunkText(Text::Chunk(row.map(|(_, row)| row)))
    }
}

fn record_of_row(
    position: u32,
    row: Row<'_>,
    parsed: &FlowRow<'_>,
    timeline: &Timeline<'_>,
) -> Record {
    let timestamp = parsed.timestamp.map(Timestamp);
    let part = timeline.at(timestamp);
    let (vpc, direction) = timeline.seen(part, parsed);
    Record {
        number: row.line(),
        position,
        part,
        vpc,
        timestamp,
        last: parsed.end.map(Timestamp),
        flow: Flow {
            scope: timeline.part(part).scope(vpc),
            ..parsed.flow
        },
        packets: parsed.packets,
        bytes: parsed.bytes,
        tcp_flags: parsed.tcp_flags,
        icmp_id: None,
        direction,
        both_ways: parsed.both_ways,
        recorded: parsed.recorded,
    }
}

/// Returns the flow a packet belongs to.
pub(crate) fn flow_of(decoded: &Decoded) -> Result<Flow, MixedFamilies> {
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
