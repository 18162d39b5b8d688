//! The values of a plain line, and what they say together.

use std::net::IpAddr;

use secgroup_model::{
    Direction, Endpoints, Family, Flow, IcmpMessage, NicType, Protocol, Transport,
};

use super::super::column::Column;
use super::super::format::{Dialect, IcmpPlace};
use super::super::row::{Recorded, direction, icmp, nic, recorded};
use super::super::{parse, timestamp};
use super::scan;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// A row that was read from a plain line.
///
/// PERF: lists of flows have nothing but the flow, so that what most rows have
/// is small.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct PlainRow {
    pub(in super::super) flow: Flow,
    /// Where in the text its line begins.
    pub(in super::super) from: u32,
    /// Which of the extras are its own, if there are any.
    pub(in super::super) extras: Option<u32>,
}

/// What a row has beside its flow; of its texts the places, counted from the
/// beginning of the line.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Extras {
    pub(in super::super) timestamp: Option<i64>,
    pub(in super::super) end: Option<i64>,
    pub(in super::super) packets: Option<u64>,
    pub(in super::super) bytes: Option<u64>,
    pub(in super::super) tcp_flags: Option<u8>,
    pub(in super::super) direction: Option<Direction>,
    pub(in super::super) both_ways: bool,
    pub(in super::super) recorded: Option<Recorded>,
    pub(in super::super) flow_id: (u32, u32),
    pub(in super::super) vpc_id: (u32, u32),
    pub(in super::super) interface: (u32, u32),
}

/// The rows that were read from plain lines.
#[derive(Debug, Default)]
pub(in super::super) struct PlainRows {
    pub(in super::super) rows: Vec<PlainRow>,
    pub(in super::super) extras: Vec<Extras>,
}

impl PlainRows {
    pub(in super::super) fn clear(&mut self) {
        self.rows.clear();
        self.extras.clear();
    }
}

/// The values of one line by which its flow is known, none where the line has
/// none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Values {
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    protocol: Option<Protocol>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    pub(super) more: Option<More>,
}

/// The others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct More {
    packet_source: Option<IpAddr>,
    packet_destination: Option<IpAddr>,
    ip_protocol: Option<Protocol>,
    start: Option<i64>,
    end: Option<i64>,
    duration: Option<i64>,
    packets: Option<u64>,
    reply_packets: Option<u64>,
    bytes: Option<u64>,
    reply_bytes: Option<u64>,
    tcp_flags: Option<u8>,
    direction: Option<Direction>,
    recorded: Option<Recorded>,
    nic: Option<NicType>,
    via_load_balancer: bool,
    is_flow_event: bool,
    flow_id: (u32, u32),
    vpc_id: (u32, u32),
    interface: (u32, u32),
}

/// What a value says; the same text says it again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    /// Nothing that is asked for.
    Nothing,
    Source(IpAddr),
    Destination(IpAddr),
    PacketSource(IpAddr),
    PacketDestination(IpAddr),
    Protocol(Protocol),
    Start(i64),
    End(i64),
    TcpFlags(u8),
    Direction(Direction),
    Recorded(Recorded),
    Nic(NicType),
    LoadBalancer,
    FlowEvent,
    Vpc,
    Interface,
}

/// A value of a line, with everything behind it.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    /// From the value on.
    pub(super) bytes: &'a [u8],
    /// From the beginning of the line on.
    pub(super) line: &'a [u8],
    /// The byte that ends it.
    pub(super) end: u8,
    pub(super) dialect: &'static Dialect,
}

impl<'a> Value<'a> {
    /// Returns its length as text of printable letters.
    #[inline]
    pub(super) fn length(self) -> Option<usize> {
        scan::printable(self.bytes, self.end)
    }

    /// Tells how long a value is that stands for none.
    #[inline]
    fn absent(self) -> Option<usize> {
        match self.bytes {
            [byte, ..] if scan::is_end(*byte, self.end) => Some(0),
            [b'-', end, ..] if scan::is_end(*end, self.end) && self.dialect.is_absent("-") => {
                Some(1)
            }
            _ => None,
        }
    }

    fn text(self) -> Option<&'a str> {
        str::from_utf8(self.bytes.get(..self.length()?)?).ok()
    }

    /// Returns where in its line it is, where it has such a length.
    #[inline]
    fn range_of(self, length: usize) -> Option<(u32, u32)> {
        let at = self.line.len() - self.bytes.len();
        Some((u32::try_from(at).ok()?, u32::try_from(at + length).ok()?))
    }

    /// Reads it as the general parser of its column does.
    fn with<T>(self, read: impl FnOnce(&str) -> Option<T>) -> Option<(T, usize)> {
        let text = self.text()?;
        Some((read(text)?, text.len()))
    }

    #[inline]
    fn address(self) -> Option<(IpAddr, usize)> {
        let sixteen: &[u8; 16] = self.bytes.first_chunk()?;
        if scan::seems_ipv4(sixteen) {
            let (address, length) = scan::ipv4(sixteen)?;
            return Some((IpAddr::V4(address), length));
        }
        let (address, length) = scan::ipv6(self.bytes)?;
        Some((IpAddr::V6(address), length))
    }

    #[inline]
    fn number<T: TryFrom<u64>>(self) -> Option<(T, usize)> {
        let (number, length) = scan::number(self.bytes)?;
        Some((T::try_from(number).ok()?, length))
    }

    fn protocol(self) -> Option<(Protocol, usize)> {
        match self.number() {
            Some((number, length)) => Some((Protocol(number), length)),
            None => self.with(parse::protocol),
        }
    }

    fn time(self) -> Option<(i64, usize)> {
        if let Some((seconds, length)) = self.number::<i64>()
            && scan::is_end(*self.bytes.get(length)?, self.end)
        {
            return Some((seconds.checked_mul(SECOND)?, length));
        }
        self.with(|text| {
            let zoneless = self.dialect.zoneless;
            timestamp::parse(text).or_else(|| zoneless.then(|| timestamp::parse_utc(text))?)
        })
    }

    fn tcp_flags(self) -> Option<(u8, usize)> {
        self.with(if self.dialect.hexadecimal_flags {
            parse::hexadecimal
        } else {
            parse::tcp_flags
        })
    }
}

/// Puts what was read into its slot, and returns how long it was.
#[inline]
fn put<T>(slot: &mut Option<T>, read: Option<(T, usize)>) -> Option<usize> {
    let (value, length) = read?;
    *slot = Some(value);
    Some(length)
}

/// Tells whether a column says more than which flow it is.
pub(super) const fn is_more(column: Column) -> bool {
    !matches!(
        column,
        Column::SrcIp
            | Column::DstIp
            | Column::Protocol
            | Column::SrcPort
            | Column::DstPort
            | Column::IcmpType
            | Column::IcmpCode
    )
}

impl Values {
    /// Returns nothing yet, for lines that have `more` or not.
    #[inline]
    pub(super) fn none(more: bool) -> Self {
        Self {
            more: more.then(More::default),
            ..Self::default()
        }
    }

    /// Tells whether VPC and direction have values.
    #[inline]
    pub(super) fn say_place(&self) -> bool {
        let more = self.more.as_ref();
        more.is_some_and(|more| more.vpc_id != (0, 0) && more.direction.is_some())
    }

    /// Takes the value of a column; returns how long it is, or nothing where it
    /// has no plain form.
    #[inline]
    pub(super) fn take(&mut self, column: Column, value: Value<'_>) -> Option<usize> {
        if let Some(length) = value.absent()
            && column != Column::FlowId
        {
            return Some(length);
        }
        match column {
            Column::SrcIp => put(&mut self.source, value.address()),
            Column::DstIp => put(&mut self.destination, value.address()),
            Column::Protocol => put(&mut self.protocol, value.protocol()),
            Column::SrcPort => put(&mut self.source_port, value.number()),
            Column::DstPort => put(&mut self.destination_port, value.number()),
            Column::IcmpType => put(&mut self.icmp_type, value.number()),
            Column::IcmpCode => put(&mut self.icmp_code, value.number()),
            other => self.more.as_mut()?.take(other, value),
        }
    }

    /// Returns what the value of a column that was just taken says, where few
    /// values come again and again.
    #[inline]
    pub(super) fn said(&self, column: Column) -> Option<Said> {
        match column {
            Column::SrcIp => return self.source.map(Said::Source),
            Column::DstIp => return self.destination.map(Said::Destination),
            Column::Protocol => return self.protocol.map(Said::Protocol),
            _ => {}
        }
        let more = self.more.as_ref()?;
        match column {
            Column::PacketSrcIp => more.packet_source.map(Said::PacketSource),
            Column::PacketDstIp => more.packet_destination.map(Said::PacketDestination),
            Column::Timestamp => more.start.map(Said::Start),
            Column::End => more.end.map(Said::End),
            Column::TcpFlags => more.tcp_flags.map(Said::TcpFlags),
            Column::Direction => more.direction.map(Said::Direction),
            Column::Action => more.recorded.map(Said::Recorded),
            Column::Nic => more.nic.map(Said::Nic),
            Column::Via => more.via_load_balancer.then_some(Said::LoadBalancer),
            Column::Event => more.is_flow_event.then_some(Said::FlowEvent),
            Column::VpcId => (more.vpc_id != (0, 0)).then_some(Said::Vpc),
            Column::Interface => (more.interface != (0, 0)).then_some(Said::Interface),
            Column::Status => Some(Said::Nothing),
            _ => None,
        }
    }

    /// Takes what a value of a known length says; returns the length.
    #[inline]
    pub(super) fn say(&mut self, said: Said, value: Value<'_>, length: usize) -> Option<usize> {
        match said {
            Said::Nothing => {}
            Said::Source(address) => self.source = Some(address),
            Said::Destination(address) => self.destination = Some(address),
            Said::Protocol(protocol) => self.protocol = Some(protocol),
            more => self.more.as_mut()?.say(more, value, length)?,
        }
        Some(length)
    }

    /// Adds the row that the values of the line at `from` make, if they go
    /// together.
    #[inline]
    pub(super) fn finish(
        &self,
        from: usize,
        dialect: &Dialect,
        rows: &mut PlainRows,
    ) -> Option<()> {
        let from = u32::try_from(from).ok()?;
        let Some(more) = &self.more else {
            if !dialect.events.is_empty() {
                return None;
            }
            let flow = self.flow(self.source?, self.destination?, self.protocol?, dialect)?;
            rows.rows.push(PlainRow {
                flow,
                from,
                extras: None,
            });
            return Some(());
        };
        if !dialect.events.is_empty() && !more.is_flow_event {
            return None;
        }
        let source = more.packet_source.or(self.source)?;
        let destination = more.packet_destination.or(self.destination)?;
        let protocol = more.ip_protocol.or(self.protocol)?;
        let mut flow = self.flow(source, destination, protocol, dialect)?;
        flow.via_load_balancer = more.via_load_balancer;
        flow.nic = more.nic;
        let extras = Some(u32::try_from(rows.extras.len()).ok()?);
        rows.extras.push(more.extras());
        rows.rows.push(PlainRow { flow, from, extras });
        Some(())
    }

    #[inline]
    fn flow(
        &self,
        source: IpAddr,
        destination: IpAddr,
        protocol: Protocol,
        dialect: &Dialect,
    ) -> Option<Flow> {
        let endpoints = Endpoints::new(source, destination).ok()?;
        let family = endpoints.family();
        let protocol = match (protocol, family) {
            (Protocol::ICMP, Family::V6) if dialect.icmp != IcmpPlace::Columns => Protocol::ICMPV6,
            (protocol, _) => protocol,
        };
        let transport = self.transport(protocol, family, dialect)?;
        Some(Flow::new(endpoints, protocol, transport))
    }

    #[inline]
    fn transport(
        &self,
        protocol: Protocol,
        family: Family,
        dialect: &Dialect,
    ) -> Option<Transport> {
        let (source, destination) = (self.source_port, self.destination_port);
        if protocol.has_ports() {
            let none = |number: Option<u8>| number.is_none_or(|number| number == 0);
            let alone = none(self.icmp_type) && none(self.icmp_code);
            return alone.then_some(Transport::Ports {
                source: source?,
                destination: destination?,
            });
        }
        let is_icmp = matches!(
            (protocol, family),
            (Protocol::ICMP, Family::V4) | (Protocol::ICMPV6, Family::V6)
        );
        let byte = |number: Option<u16>| number.map(u8::try_from).transpose().ok();
        match dialect.icmp {
            IcmpPlace::Ports if is_icmp => Some(icmp(byte(source)?, byte(destination)?)),
            IcmpPlace::DestinationPort if is_icmp => {
                let message = destination.map(u16::to_be_bytes);
                Some(icmp(
                    message.map(|[kind, _]| kind),
                    message.map(|[_, code]| code),
                ))
            }
            IcmpPlace::Columns | IcmpPlace::Ports | IcmpPlace::DestinationPort => {
                let ports = [source, destination];
                if ports.into_iter().flatten().any(|port| port != 0) {
                    return None;
                }
                match (is_icmp, self.icmp_type, self.icmp_code.unwrap_or(0)) {
                    (true, Some(kind), code) => Some(Transport::Icmp(IcmpMessage { kind, code })),
                    (true, None, 0) | (false, None | Some(0), 0) => Some(Transport::Opaque),
                    (true, None, _) | (false, ..) => None,
                }
            }
        }
    }
}

impl More {
    fn take(&mut self, column: Column, value: Value<'_>) -> Option<usize> {
        match column {
            Column::PacketSrcIp => put(&mut self.packet_source, value.address()),
            Column::PacketDstIp => put(&mut self.packet_destination, value.address()),
            Column::IpProtocol => put(&mut self.ip_protocol, value.protocol()),
            Column::Timestamp => put(&mut self.start, value.time()),
            Column::End => put(&mut self.end, value.time()),
            Column::Duration => put(&mut self.duration, value.with(timestamp::duration)),
            Column::Packets => put(&mut self.packets, value.number()),
            Column::ReplyPackets => put(&mut self.reply_packets, value.number()),
            Column::Bytes => put(&mut self.bytes, value.number()),
            Column::ReplyBytes => put(&mut self.reply_bytes, value.number()),
            Column::TcpFlags => put(&mut self.tcp_flags, value.tcp_flags()),
            Column::Direction => put(&mut self.direction, value.with(direction)),
            Column::Action => put(&mut self.recorded, value.with(recorded)),
            Column::Nic => put(&mut self.nic, value.with(nic)),
            other => self.take_text(other, value),
        }
    }

    #[inline]
    fn say(&mut self, said: Said, value: Value<'_>, length: usize) -> Option<()> {
        match said {
            // Nothing more than a flow.
            Said::Nothing | Said::Source(_) | Said::Destination(_) | Said::Protocol(_) => {}
            Said::PacketSource(address) => self.packet_source = Some(address),
            Said::PacketDestination(address) => self.packet_destination = Some(address),
            Said::Start(time) => self.start = Some(time),
            Said::End(time) => self.end = Some(time),
            Said::TcpFlags(flags) => self.tcp_flags = Some(flags),
            Said::Direction(direction) => self.direction = Some(direction),
            Said::Recorded(recorded) => self.recorded = Some(recorded),
            Said::Nic(nic) => self.nic = Some(nic),
            Said::LoadBalancer => self.via_load_balancer = true,
            Said::FlowEvent => self.is_flow_event = true,
            Said::Vpc => self.vpc_id = value.range_of(length)?,
            Said::Interface => self.interface = value.range_of(length)?,
        }
        Some(())
    }

    /// As [`More::take`], of columns that have words.
    fn take_text(&mut self, column: Column, value: Value<'_>) -> Option<usize> {
        let text = value.text()?;
        match column {
            Column::Via if text.eq_ignore_ascii_case("slb") => self.via_load_balancer = true,
            Column::FlowId => self.flow_id = value.range_of(text.len())?,
            Column::VpcId if text.trim_ascii() == text => {
                self.vpc_id = value.range_of(text.len())?;
            }
            Column::Event if value.dialect.events.contains(&text) => self.is_flow_event = true,
            Column::Interface if text.trim_ascii() == text => {
                self.interface = value.range_of(text.len())?;
            }
            // Rows that say that there is nothing are for the general parser.
            Column::Status if text.eq_ignore_ascii_case("ok") => {}
            _ => return None,
        }
        Some(text.len())
    }

    fn extras(&self) -> Extras {
        Extras {
            timestamp: self.start,
            end: match (self.end, self.start, self.duration) {
                (None, Some(start), Some(took)) => Some(start.saturating_add(took)),
                (end, ..) => end,
            },
            packets: both(self.packets, self.reply_packets),
            bytes: both(self.bytes, self.reply_bytes),
            tcp_flags: self.tcp_flags,
            direction: self.direction,
            both_ways: self.reply_packets.is_some(),
            recorded: self.recorded,
            flow_id: self.flow_id,
            vpc_id: self.vpc_id,
            interface: self.interface,
        }
    }
}

/// Adds the numbers of both directions.
#[inline]
const fn both(there: Option<u64>, back: Option<u64>) -> Option<u64> {
    match (there, back) {
        (Some(there), Some(back)) => Some(there.saturating_add(back)),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}
