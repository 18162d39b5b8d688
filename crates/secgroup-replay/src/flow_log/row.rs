//! What a row says about a flow.

use std::net::IpAddr;

use secgroup_model::{
    Direction, Endpoints, Family, Flow, IcmpMessage, NicType, Protocol, Transport,
};

use super::format::IcmpPlace;
use super::{Column, Row, RowProblem, RowProblemKind as Kind, parse, timestamp};

/// The protocols whose ports exporters write, and no rule looks at: DCCP, SCTP and
/// UDP-Lite.
const PORTS_BEYOND_RULES: [u8; 3] = [33, 132, 136];

/// A row that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRow<'a> {
    /// The flow, its scope unspecified: which network a `vpc_id` is, the
    /// snapshot knows.
    pub flow: Flow,
    /// What the user calls it, unchanged.
    pub flow_id: Option<&'a str>,
    /// The VPC of its addresses.
    pub vpc_id: Option<&'a str>,
    /// The interface at which it was recorded.
    pub interface: Option<&'a str>,
    /// When it was seen or began, in nanoseconds since 1970.
    pub timestamp: Option<i64>,
    /// When it ended, or its window did, in nanoseconds since 1970.
    pub end: Option<i64>,
    /// How many packets it had, of both directions where the file has both;
    /// one where the file does not say.
    pub packets: u64,
    /// How many bytes it had; zero where the file does not say.
    pub bytes: u64,
    /// The flags of its TCP headers together.
    pub tcp_flags: Option<u8>,
    /// The direction in which the recording interface saw it.
    pub direction: Option<Direction>,
    /// Whether the record is of both directions, and its sender the one that
    /// opened the session.
    pub both_ways: bool,
    /// What the cloud did with it.
    pub recorded: Option<Recorded>,
}

/// What the cloud recorded to have done with a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// It passed.
    Accept,
    /// It did not, be it by a security group or by something else.
    Reject,
}

impl<'a> FlowRow<'a> {
    /// Reads a row that has all its values.
    pub(super) fn parse(row: Row<'a>) -> Result<Self, RowProblem> {
        let fields = Fields(row);
        let endpoints = fields.endpoints()?;
        let protocol = fields.protocol(endpoints.family())?;
        let transport = fields.transport(protocol, endpoints.family())?;
        let mut flow = Flow::new(endpoints, protocol, transport);
        flow.via_load_balancer = fields
            .optional(Column::Via, Kind::BadVia, |text| {
                text.eq_ignore_ascii_case("slb").then_some(true)
            })?
            .unwrap_or_default();
        flow.nic = fields.optional(Column::Nic, Kind::BadNic, nic)?;
        let timestamp = fields.time(Column::Timestamp)?;
        Ok(Self {
            flow,
            flow_id: Some(fields.untrimmed(Column::FlowId)?).filter(|id| !id.is_empty()),
            vpc_id: Some(fields.text(Column::VpcId)?).filter(|id| !id.is_empty()),
            interface: Some(fields.text(Column::Interface)?).filter(|id| !id.is_empty()),
            timestamp,
            end: fields.end(timestamp)?,
            packets: fields
                .both_ways(Column::Packets, Column::ReplyPackets)?
                .unwrap_or(1),
            bytes: fields
                .both_ways(Column::Bytes, Column::ReplyBytes)?
                .unwrap_or(0),
            tcp_flags: fields.tcp_flags()?,
            direction: fields.optional(Column::Direction, Kind::BadDirection, direction)?,
            both_ways: fields.has(Column::ReplyPackets)
                && !fields.text(Column::ReplyPackets)?.is_empty(),
            recorded: fields.optional(Column::Action, Kind::BadAction, recorded)?,
        })
    }
}

/// The values of a row by column.
#[derive(Clone, Copy)]
struct Fields<'a>(Row<'a>);

impl<'a> Fields<'a> {
    fn endpoints(self) -> Result<Endpoints, RowProblem> {
        let source = self.address(self.better(Column::PacketSrcIp, Column::SrcIp)?)?;
        let destination = self.address(self.better(Column::PacketDstIp, Column::DstIp)?)?;
        Endpoints::new(source, destination).map_err(|mixed| {
            RowProblem::of_row(self.0.place(), Kind::MixedFamilies, mixed.to_string())
        })
    }

    /// Returns the first column if it has a value, else the second.
    fn better(self, first: Column, second: Column) -> Result<Column, RowProblem> {
        let has_first = self.has(first) && !self.text(first)?.is_empty();
        Ok(if has_first { first } else { second })
    }

    /// Reads the protocol; "icmp" means that of the addresses' family where
    /// the format has one name for both.
    fn protocol(self, family: Family) -> Result<Protocol, RowProblem> {
        let column = self.better(Column::IpProtocol, Column::Protocol)?;
        let protocol = self.required(column, Kind::BadProtocol, parse::protocol)?;
        let icmp_of_both = self.0.layout().dialect.icmp != IcmpPlace::Columns;
        Ok(match (protocol, family) {
            (Protocol::ICMP, Family::V6) if icmp_of_both => Protocol::ICMPV6,
            _ => protocol,
        })
    }

    /// Reads when it ended: as such, or as the time it took.
    fn end(self, start: Option<i64>) -> Result<Option<i64>, RowProblem> {
        let end = self.time(Column::End)?;
        let (None, Some(start)) = (end, start) else {
            return Ok(end);
        };
        let took = self.optional(Column::Duration, Kind::BadDuration, timestamp::duration)?;
        Ok(took.map(|took| start.saturating_add(took)))
    }

    fn time(self, column: Column) -> Result<Option<i64>, RowProblem> {
        let zoneless = self.0.layout().dialect.zoneless;
        self.optional(column, Kind::BadTimestamp, |text| {
            timestamp::parse(text).or_else(|| zoneless.then(|| timestamp::parse_utc(text))?)
        })
    }

    fn tcp_flags(self) -> Result<Option<u8>, RowProblem> {
        let read = if self.0.layout().dialect.hexadecimal_flags {
            parse::hexadecimal
        } else {
            parse::tcp_flags
        };
        self.optional(Column::TcpFlags, Kind::BadTcpFlags, read)
    }

    /// Reads a number that stands there once or for each direction.
    fn both_ways(self, there: Column, back: Column) -> Result<Option<u64>, RowProblem> {
        let count = |column| self.optional(column, Kind::BadCount, parse::decimal::<u64>);
        let there = count(there)?;
        if !self.has(back) {
            return Ok(there);
        }
        Ok(match (there, count(back)?) {
            (None, None) => None,
            (there, back) => Some(there.unwrap_or(0).saturating_add(back.unwrap_or(0))),
        })
    }

    fn address(self, column: Column) -> Result<IpAddr, RowProblem> {
        let text = self.text(column)?;
        text.parse().map_err(|_| {
            let kind = if text.contains('%') {
                Kind::AddressZone
            } else if parse::has_leading_zero(text) {
                Kind::AddressLeadingZero
            } else {
                Kind::BadAddress
            };
            self.problem(column, kind)
        })
    }

    /// Reads ports and ICMP message.
    ///
    /// In the ICMP columns of everything that is not ICMP only nothing or 0 is
    /// taken, and likewise in port columns where they have no other meaning.
    fn transport(self, protocol: Protocol, family: Family) -> Result<Transport, RowProblem> {
        let is_icmp = matches!(
            (protocol, family),
            (Protocol::ICMP, Family::V4) | (Protocol::ICMPV6, Family::V6)
        );
        if is_icmp {
            match self.0.layout().dialect.icmp {
                IcmpPlace::Columns => {}
                IcmpPlace::Ports => return self.icmp_in_ports(),
                IcmpPlace::DestinationPort => return self.icmp_in_destination(),
            }
        }
        let kind = self.optional(Column::IcmpType, Kind::BadIcmp, parse::decimal)?;
        let code = self.optional(Column::IcmpCode, Kind::BadIcmp, parse::decimal)?;
        if !is_icmp && kind.is_some_and(|kind: u8| kind != 0) {
            return Err(self.problem(Column::IcmpType, Kind::UnexpectedIcmp));
        }
        if (!is_icmp || kind.is_none()) && code.is_some_and(|code: u8| code != 0) {
            return Err(self.problem(Column::IcmpCode, Kind::UnexpectedIcmp));
        }
        let source = self.port(Column::SrcPort, protocol)?;
        let destination = self.port(Column::DstPort, protocol)?;
        Ok(match (source, destination) {
            (Some(source), Some(destination)) => Transport::Ports {
                source,
                destination,
            },
            _ => match kind.filter(|_| is_icmp) {
                Some(kind) => Transport::Icmp(IcmpMessage {
                    kind,
                    code: code.unwrap_or(0),
                }),
                None => Transport::Opaque,
            },
        })
    }

    /// Reads type and code where ports are.
    fn icmp_in_ports(self) -> Result<Transport, RowProblem> {
        let kind = self.optional(Column::SrcPort, Kind::BadIcmp, parse::decimal)?;
        let code = self.optional(Column::DstPort, Kind::BadIcmp, parse::decimal)?;
        Ok(icmp(kind, code))
    }

    /// Reads type and code where the destination port is.
    fn icmp_in_destination(self) -> Result<Transport, RowProblem> {
        let message = self.optional(Column::DstPort, Kind::BadIcmp, |text| {
            if let Some((kind, code)) = text.split_once('.') {
                return Some((parse::decimal(kind)?, parse::decimal(code)?));
            }
            let [kind, code] = parse::decimal::<u16>(text)?.to_be_bytes();
            Some((kind, code))
        })?;
        Ok(icmp(
            message.map(|(kind, _)| kind),
            message.map(|(_, code)| code),
        ))
    }

    /// Reads a port, where the protocol has ports.
    fn port(self, column: Column, protocol: Protocol) -> Result<Option<u16>, RowProblem> {
        let port: Option<u16> = self.optional(column, Kind::BadPort, parse::decimal)?;
        match (protocol.has_ports(), port) {
            (true, None) => Err(self.problem(column, Kind::MissingPort)),
            (true, Some(port)) => Ok(Some(port)),
            (false, None | Some(0)) => Ok(None),
            // It has ports, and no rule looks at them.
            (false, Some(_)) if PORTS_BEYOND_RULES.contains(&protocol.0) => Ok(None),
            (false, Some(_)) => Err(self.problem(column, Kind::UnexpectedPort)),
        }
    }

    /// Reads a value that may be absent, of which an empty field is the sign.
    fn optional<T>(
        self,
        column: Column,
        kind: Kind,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RowProblem> {
        match self.text(column)? {
            "" => Ok(None),
            text => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(self.problem(column, kind)),
            },
        }
    }

    fn required<T>(
        self,
        column: Column,
        kind: Kind,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RowProblem> {
        parse(self.text(column)?).ok_or_else(|| self.problem(column, kind))
    }

    #[inline]
    fn text(self, column: Column) -> Result<&'a str, RowProblem> {
        // PERF: files have few of the columns.
        if self.0.value(column).is_empty() {
            return Ok("");
        }
        let text = self.untrimmed(column)?.trim_ascii();
        let absent = self.0.layout().dialect.is_absent(text);
        Ok(if absent { "" } else { text })
    }

    /// Tells whether the file has a column.
    fn has(self, column: Column) -> bool {
        self.0.layout().places.of(column).is_some()
    }

    fn untrimmed(self, column: Column) -> Result<&'a str, RowProblem> {
        str::from_utf8(self.0.value(column)).map_err(|_| self.problem(column, Kind::InvalidUtf8))
    }

    #[cold]
    fn problem(self, column: Column, kind: Kind) -> RowProblem {
        let title = self.0.layout().title(column);
        RowProblem::in_column(self.0.place(), (column, title), kind, self.0.value(column))
    }
}

pub(super) fn icmp(kind: Option<u8>, code: Option<u8>) -> Transport {
    kind.map_or(Transport::Opaque, |kind| {
        Transport::Icmp(IcmpMessage {
            kind,
            code: code.unwrap_or(0),
        })
    })
}

pub(super) fn direction(text: &str) -> Option<Direction> {
    let is = |names: &[&str]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
    if is(&["in", "ingress", "inbound", "i"]) {
        Some(Direction::Ingress)
    } else if is(&["out", "egress", "outbound", "o", "e"]) {
        Some(Direction::Egress)
    } else {
        None
    }
}

pub(super) fn nic(text: &str) -> Option<NicType> {
    if text.eq_ignore_ascii_case("internet") {
        Some(NicType::Internet)
    } else if text.eq_ignore_ascii_case("intranet") {
        Some(NicType::Intranet)
    } else {
        None
    }
}

pub(super) fn recorded(text: &str) -> Option<Recorded> {
    if text.eq_ignore_ascii_case("accept") {
        Some(Recorded::Accept)
    } else if text.eq_ignore_ascii_case("reject") || text.eq_ignore_ascii_case("drop") {
        Some(Recorded::Reject)
    } else {
        None
    }
}
