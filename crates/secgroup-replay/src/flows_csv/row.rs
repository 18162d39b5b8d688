//! What a row says about a flow.

use std::net::IpAddr;

use secgroup_model::{Endpoints, Family, Flow, IcmpMessage, NicType, Protocol, Transport};

use super::{Column, Row, RowProblem, RowProblemKind as Kind, parse, timestamp};

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
    /// When it was seen, in nanoseconds since 1970.
    pub timestamp: Option<i64>,
    /// How many packets it had; one where the file does not say.
    pub packets: u64,
    /// How many bytes it had; zero where the file does not say.
    pub bytes: u64,
    /// The flags of its TCP headers together.
    pub tcp_flags: Option<u8>,
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
    /// Reads a row that has all its fields.
    pub(super) fn parse(row: Row<'a>) -> Result<Self, RowProblem> {
        let endpoints = Fields(row).endpoints()?;
        let protocol =
            Fields(row).required(Column::Protocol, Kind::BadProtocol, parse::protocol)?;
        let transport = Fields(row).transport(protocol, endpoints.family())?;
        let mut flow = Flow::new(endpoints, protocol, transport);
        flow.via_load_balancer = Fields(row)
            .optional(Column::Via, Kind::BadVia, |text| {
                text.eq_ignore_ascii_case("slb").then_some(true)
            })?
            .unwrap_or_default();
        flow.nic = Fields(row).optional(Column::Nic, Kind::BadNic, nic)?;
        let count = |column| Fields(row).optional(column, Kind::BadCount, parse::decimal);
        Ok(Self {
            flow,
            flow_id: Some(Fields(row).untrimmed(Column::FlowId)?).filter(|id| !id.is_empty()),
            vpc_id: Some(Fields(row).text(Column::VpcId)?).filter(|id| !id.is_empty()),
            timestamp: Fields(row).optional(
                Column::Timestamp,
                Kind::BadTimestamp,
                timestamp::parse,
            )?,
            packets: count(Column::Packets)?.unwrap_or(1),
            bytes: count(Column::Bytes)?.unwrap_or(0),
            tcp_flags: Fields(row).optional(
                Column::TcpFlags,
                Kind::BadTcpFlags,
                parse::decimal_or_hexadecimal,
            )?,
            recorded: Fields(row).optional(Column::Action, Kind::BadAction, recorded)?,
        })
    }
}

/// The values of a row by column.
#[derive(Clone, Copy)]
struct Fields<'a>(Row<'a>);

impl<'a> Fields<'a> {
    fn endpoints(self) -> Result<Endpoints, RowProblem> {
        let source = self.address(Column::SrcIp)?;
        let destination = self.address(Column::DstIp)?;
        Endpoints::new(source, destination).map_err(|mixed| {
            RowProblem::of_row(self.0.line(), Kind::MixedFamilies, mixed.to_string())
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
    /// Flow exporters put type and code of ICMP into the port columns, each
    /// in its own way. Guessing would be wrong for some of them and ignoring
    /// for all, so only an empty field or 0 is taken there, and likewise in
    /// the ICMP columns of everything that is not ICMP.
    fn transport(self, protocol: Protocol, family: Family) -> Result<Transport, RowProblem> {
        let is_icmp = matches!(
            (protocol, family),
            (Protocol::ICMP, Family::V4) | (Protocol::ICMPV6, Family::V6)
        );
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

    /// Reads a port, where the protocol has ports.
    fn port(self, column: Column, protocol: Protocol) -> Result<Option<u16>, RowProblem> {
        let port: Option<u16> = self.optional(column, Kind::BadPort, parse::decimal)?;
        match (protocol.has_ports(), port) {
            (true, None) => Err(self.problem(column, Kind::MissingPort)),
            (true, Some(port)) => Ok(Some(port)),
            (false, None | Some(0)) => Ok(None),
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

    fn text(self, column: Column) -> Result<&'a str, RowProblem> {
        self.untrimmed(column).map(str::trim_ascii)
    }

    fn untrimmed(self, column: Column) -> Result<&'a str, RowProblem> {
        str::from_utf8(self.0.value(column)).map_err(|_| self.problem(column, Kind::InvalidUtf8))
    }

    #[cold]
    fn problem(self, column: Column, kind: Kind) -> RowProblem {
        RowProblem::in_column(self.0.line(), column, kind, self.0.value(column))
    }
}

fn nic(text: &str) -> Option<NicType> {
    if text.eq_ignore_ascii_case("internet") {
        Some(NicType::Internet)
    } else if text.eq_ignore_ascii_case("intranet") {
        Some(NicType::Intranet)
    } else {
        None
    }
}

fn recorded(text: &str) -> Option<Recorded> {
    if text.eq_ignore_ascii_case("accept") {
        Some(Recorded::Accept)
    } else if text.eq_ignore_ascii_case("reject") || text.eq_ignore_ascii_case("drop") {
        Some(Recorded::Reject)
    } else {
        None
    }
}
