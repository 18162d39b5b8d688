//! The kinds of problems a row can have.

use std::fmt;

/// What can be wrong with a row; results count rows by [`name`](Self::name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowProblemKind {
    /// The line is longer than [`super::MAX_LINE`].
    LineTooLong,
    /// The line ends inside quotes.
    UnclosedQuote,
    /// More or fewer fields than the header.
    RaggedRow,
    /// A column that is read is not UTF-8.
    InvalidUtf8,
    /// Not an address.
    BadAddress,
    /// An IPv4 address that could be octal.
    AddressLeadingZero,
    /// An IPv6 address with a zone id.
    AddressZone,
    /// An IPv4 and an IPv6 address in one row.
    MixedFamilies,
    /// Not a protocol.
    BadProtocol,
    /// TCP or UDP without a port.
    MissingPort,
    /// Not a port.
    BadPort,
    /// A port above 0 in a protocol without ports.
    UnexpectedPort,
    /// Not an ICMP type or code.
    BadIcmp,
    /// An ICMP type or code above 0 where there can be none.
    UnexpectedIcmp,
    /// Not a time.
    BadTimestamp,
    /// Not a length of time.
    BadDuration,
    /// Not a number of packets or bytes.
    BadCount,
    /// Not a byte of TCP flags.
    BadTcpFlags,
    /// Not an action of the cloud.
    BadAction,
    /// Not a way by which a flow comes.
    BadVia,
    /// Not a NIC type.
    BadNic,
    /// Not a direction.
    BadDirection,
    /// Not a JSON object.
    BadJson,
}

impl RowProblemKind {
    /// How many kinds there are.
    pub const COUNT: usize = 23;

    /// Every kind, in the order of results.
    pub const ALL: [Self; Self::COUNT] = [
        Self::LineTooLong,
        Self::UnclosedQuote,
        Self::RaggedRow,
        Self::InvalidUtf8,
        Self::BadAddress,
        Self::AddressLeadingZero,
        Self::AddressZone,
        Self::MixedFamilies,
        Self::BadProtocol,
        Self::MissingPort,
        Self::BadPort,
        Self::UnexpectedPort,
        Self::BadIcmp,
        Self::UnexpectedIcmp,
        Self::BadTimestamp,
        Self::BadDuration,
        Self::BadCount,
        Self::BadTcpFlags,
        Self::BadAction,
        Self::BadVia,
        Self::BadNic,
        Self::BadDirection,
        Self::BadJson,
    ];

    /// Returns its place in [`RowProblemKind::ALL`], for tables of counts.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LineTooLong => "line-too-long",
            Self::UnclosedQuote => "unclosed-quote",
            Self::RaggedRow => "ragged-row",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::BadAddress => "bad-address",
            Self::AddressLeadingZero => "address-leading-zero",
            Self::AddressZone => "address-zone",
            Self::MixedFamilies => "mixed-families",
            Self::BadProtocol => "bad-protocol",
            Self::MissingPort => "missing-port",
            Self::BadPort => "bad-port",
            Self::UnexpectedPort => "unexpected-port",
            Self::BadIcmp => "bad-icmp",
            Self::UnexpectedIcmp => "unexpected-icmp",
            Self::BadTimestamp => "bad-timestamp",
            Self::BadDuration => "bad-duration",
            Self::BadCount => "bad-count",
            Self::BadTcpFlags => "bad-tcp-flags",
            Self::BadAction => "bad-action",
            Self::BadVia => "bad-via",
            Self::BadNic => "bad-nic",
            Self::BadDirection => "bad-direction",
            Self::BadJson => "bad-json",
        }
    }

    /// Returns what follows the text that was found, or stands alone where
    /// there is none.
    pub(super) const fn explanation(self) -> &'static str {
        match self {
            Self::LineTooLong => "longer than the limit of 1 MiB",
            Self::UnclosedQuote => "unclosed quote; a quoted field must end on its own line",
            Self::RaggedRow => "as in the header",
            Self::InvalidUtf8 => "is invalid UTF-8",
            Self::BadAddress => "is not an address; expected IPv4 or IPv6, such as 10.0.0.1",
            Self::AddressLeadingZero => {
                "has a leading zero, which is ambiguous (octal or decimal); write it without"
            }
            Self::AddressZone => "has a zone id; expected an address alone",
            Self::MixedFamilies => "both must be IPv4 or both IPv6",
            Self::BadProtocol => {
                "is not a protocol; expected a name such as tcp or a number 0 to 255"
            }
            Self::MissingPort => "is empty; TCP and UDP have ports 0 to 65535",
            Self::BadPort => "is not a port; expected 0 to 65535",
            Self::UnexpectedPort => {
                "is a port in a protocol without ports; expected nothing or 0 (an ICMP type belongs in icmp_type)"
            }
            Self::BadIcmp => "is not an ICMP type or code; expected 0 to 255",
            Self::UnexpectedIcmp => {
                "fits neither ICMP over IPv4 nor ICMPv6 over IPv6 with a type; expected nothing or 0"
            }
            Self::BadTimestamp => {
                "is not a time from 1678 to 2261; expected RFC 3339, or Unix seconds without sign and with at most nine decimals"
            }
            Self::BadDuration => "is not a duration; expected seconds without sign",
            Self::BadCount => "is not a number of packets or bytes; expected 0 to 2^64-1",
            Self::BadTcpFlags => "is not a byte of TCP flags; expected 0 to 255 or 0x00 to 0xff",
            Self::BadAction => "is not an action; expected accept, reject or drop",
            Self::BadVia => "is not a way to come; expected slb or nothing",
            Self::BadNic => "is not a NIC type; expected internet, intranet or nothing",
            Self::BadDirection => "is not a direction; expected in or out",
            Self::BadJson => "expected one JSON object a line",
        }
    }
}

/// Writes a phrase that fits behind a count: `3 rows: …`.
impl fmt::Display for RowProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineTooLong => "line longer than the limit of 1 MiB",
            Self::UnclosedQuote => "unclosed quote",
            Self::RaggedRow => "more or fewer fields than the header",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::BadAddress => "not an address",
            Self::AddressLeadingZero => "address with a leading zero",
            Self::AddressZone => "address with a zone id",
            Self::MixedFamilies => "an IPv4 and an IPv6 address",
            Self::BadProtocol => "not a protocol",
            Self::MissingPort => "TCP or UDP without a port",
            Self::BadPort => "not a port",
            Self::UnexpectedPort => "a port in a protocol without ports",
            Self::BadIcmp => "not an ICMP type or code",
            Self::UnexpectedIcmp => "an ICMP type or code where there can be none",
            Self::BadTimestamp => "not a time",
            Self::BadDuration => "not a duration",
            Self::BadCount => "not a number of packets or bytes",
            Self::BadTcpFlags => "not a byte of TCP flags",
            Self::BadAction => "not an action",
            Self::BadVia => "not a way to come",
            Self::BadNic => "not a NIC type",
            Self::BadDirection => "not a direction",
            Self::BadJson => "not a JSON object",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_distinct_names_in_the_order_of_results() {
        for (index, kind) in RowProblemKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), index);
            let same = RowProblemKind::ALL
                .iter()
                .filter(|other| other.name() == kind.name());
            assert_eq!(same.count(), 1, "{}", kind.name());
        }
    }
}
