//! The columns that mean something, what formats call them, and where a file
//! has them.

use std::fmt;

/// A column that is read. Files call it by one of many names; see
/// [`Column::named`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The sender; required.
    SrcIp,
    /// The receiver; required.
    DstIp,
    /// A protocol by name or number; required.
    Protocol,
    /// The sender's port; the column is required, a value only for TCP and UDP.
    SrcPort,
    /// The receiver's port; as [`Column::SrcPort`].
    DstPort,
    /// Whatever identifies the flow to the user.
    FlowId,
    /// The VPC that the addresses belong to.
    VpcId,
    /// When it was seen, or began: Unix seconds or RFC 3339.
    Timestamp,
    /// How many packets it had; one when absent.
    Packets,
    /// How many bytes it had; zero when absent.
    Bytes,
    /// The flags seen in TCP headers, decimal or hexadecimal.
    TcpFlags,
    /// The type of an ICMP message.
    IcmpType,
    /// The code of an ICMP message; zero when absent.
    IcmpCode,
    /// What the cloud did with it: `accept`, `reject` or `drop`.
    Action,
    /// `slb` when a load balancer forwarded it (3.9.3).
    Via,
    /// `internet` or `intranet`: the NIC it used in the classic network (2.9.2).
    Nic,
    /// When it ended, or when the window of the record did.
    End,
    /// How many seconds it lasted, where there is no end.
    Duration,
    /// The interface at which it was recorded.
    Interface,
    /// `in` or `out`, as that interface sees it.
    Direction,
    /// `OK`, or that there is nothing: `NODATA`, `SKIPDATA`.
    Status,
    /// The packets of the other direction, where one record has both.
    ReplyPackets,
    /// The bytes of the other direction, where one record has both.
    ReplyBytes,
    /// The sender that the packets name, where a gateway stands between.
    PacketSrcIp,
    /// The receiver that the packets name, where a gateway stands between.
    PacketDstIp,
    /// The protocol as a number, where `protocol` says less.
    IpProtocol,
    /// The kind of event, where a file has several.
    Event,
}

/// What files call the columns, the better name of a column first.
///
/// Names are compared in lower case, with `_` for `-`, `.` and blanks.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::SrcIp,
        &[
            "src_ip",
            "srcaddr",
            "src_addr",
            "id_orig_h",
            "sa",
            "src",
            "source_ip",
            "source_address",
            "saddr",
            "ip_src",
        ],
    ),
    (
        Column::DstIp,
        &[
            "dst_ip",
            "dstaddr",
            "dst_addr",
            "id_resp_h",
            "da",
            "dest_ip",
            "dst",
            "destination_ip",
            "destination_address",
            "daddr",
            "ip_dst",
        ],
    ),
    (
        Column::Protocol,
        &["protocol", "proto", "pr", "ip_protocol"],
    ),
    (
        Column::SrcPort,
        &[
            "src_port",
            "srcport",
            "id_orig_p",
            "sp",
            "sport",
            "source_port",
        ],
    ),
    (
        Column::DstPort,
        &[
            "dst_port",
            "dstport",
            "id_resp_p",
            "dp",
            "dport",
            "dest_port",
            "destination_port",
        ],
    ),
    (Column::FlowId, &["flow_id", "uid"]),
    (Column::VpcId, &["vpc_id"]),
    (
        Column::Timestamp,
        &[
            "flow_start",
            "netflow_start",
            "timestamp",
            "start",
            "first_seen",
            "firstseen",
            "ts",
            "start_time",
            "time",
            "__time__",
        ],
    ),
    (
        Column::Packets,
        &[
            "packets",
            "orig_pkts",
            "flow_pkts_toserver",
            "netflow_pkts",
            "ipkt",
            "inpackets",
            "pkts",
        ],
    ),
    (
        Column::Bytes,
        &[
            "bytes",
            "orig_ip_bytes",
            "flow_bytes_toserver",
            "netflow_bytes",
            "ibyt",
            "inbytes",
            "octets",
        ],
    ),
    (
        Column::TcpFlags,
        &["tcp_flags", "tcp_tcp_flags", "flg", "flags"],
    ),
    (Column::IcmpType, &["icmp_type", "icmptype"]),
    (Column::IcmpCode, &["icmp_code", "icmpcode"]),
    (Column::Action, &["action", "expected"]),
    (Column::Via, &["via"]),
    (Column::Nic, &["nic"]),
    (
        Column::End,
        &[
            "end",
            "flow_end",
            "netflow_end",
            "last_seen",
            "lastseen",
            "te",
            "end_time",
        ],
    ),
    (Column::Duration, &["duration", "td"]),
    (
        Column::Interface,
        &["interface_id", "eni_id", "network_interface_id"],
    ),
    (Column::Direction, &["direction", "flow_direction"]),
    (Column::Status, &["log_status"]),
    (
        Column::ReplyPackets,
        &["resp_pkts", "flow_pkts_toclient", "opkt", "outpackets"],
    ),
    (
        Column::ReplyBytes,
        &["resp_ip_bytes", "flow_bytes_toclient", "obyt", "outbytes"],
    ),
    (Column::PacketSrcIp, &["pkt_srcaddr"]),
    (Column::PacketDstIp, &["pkt_dstaddr"]),
    (Column::IpProtocol, &["ip_proto"]),
    (Column::Event, &["event_type"]),
];

/// How well a name fits its column; the least is the best.
pub(super) type Rank = u8;

impl Column {
    /// How many columns are read.
    pub const COUNT: usize = 27;

    /// Every column, the required ones first.
    pub const ALL: [Self; Self::COUNT] = [
        Self::SrcIp,
        Self::DstIp,
        Self::Protocol,
        Self::SrcPort,
        Self::DstPort,
        Self::FlowId,
        Self::VpcId,
        Self::Timestamp,
        Self::Packets,
        Self::Bytes,
        Self::TcpFlags,
        Self::IcmpType,
        Self::IcmpCode,
        Self::Action,
        Self::Via,
        Self::Nic,
        Self::End,
        Self::Duration,
        Self::Interface,
        Self::Direction,
        Self::Status,
        Self::ReplyPackets,
        Self::ReplyBytes,
        Self::PacketSrcIp,
        Self::PacketDstIp,
        Self::IpProtocol,
        Self::Event,
    ];

    /// The columns that every file has.
    pub const REQUIRED: [Self; 5] = [
        Self::SrcIp,
        Self::DstIp,
        Self::Protocol,
        Self::SrcPort,
        Self::DstPort,
    ];

    /// Returns the name in messages, the best one of a header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            // Suricata's events have the time of logging too, which is less.
            Self::Timestamp => "timestamp",
            other => other.names().first().expect("every column has a name"),
        }
    }

    /// Returns every name that files have for it, the best one first.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        NAMES[self as usize].1
    }

    /// Returns the column that files call `name`, in any case, with `-`, `.`
    /// and blanks for `_`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ranked(name).map(|(column, _)| column)
    }

    /// Returns the column that a name means if it is misspelt.
    pub(super) fn near(name: &str) -> Option<Self> {
        /// Names of fewer letters are near many that mean something else.
        const LEAST: usize = 5;
        let name = plain_name(name);
        let names = NAMES
            .iter()
            .flat_map(|(column, names)| names.iter().map(move |known| (*column, known)));
        let near = names.filter_map(|(column, known)| {
            let slips = strsim::levenshtein(&name, known);
            let allowed = if known.len() < 8 { 1 } else { 2 };
            (known.len() >= LEAST && slips <= allowed).then_some((slips, column))
        });
        near.min_by_key(|(slips, _)| *slips)
            .map(|(_, column)| column)
    }

    /// Returns the column called `name`, and how well it is called so.
    pub(super) fn ranked(name: &str) -> Option<(Self, Rank)> {
        let same = |known: &&str| {
            known.len() == name.len() && known.bytes().eq(name.bytes().map(normalised))
        };
        NAMES.iter().find_map(|(column, names)| {
            let rank = names.iter().position(same)?;
            Some((*column, Rank::try_from(rank).expect("names are few")))
        })
    }
}

/// Returns a byte of a name as the table has it.
fn normalised(byte: u8) -> u8 {
    match byte {
        b'-' | b'.' | b' ' => b'_',
        other => other.to_ascii_lowercase(),
    }
}

/// Returns a name as tables of names have it.
pub(super) fn plain_name(name: &str) -> String {
    let lower = name.chars().map(|letter| match letter {
        '-' | '.' | ' ' => '_',
        other => other.to_ascii_lowercase(),
    });
    lower.collect()
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a user calls the columns of his files, before any name known here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnNames(Vec<(Column, String)>);

/// Why names of columns make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnNamesError {
    /// Not two names with an equals sign between.
    #[error("`{0}`: expected COLUMN=NAME, such as src_ip=client_address")]
    Form(String),
    /// A column that is not read.
    #[error("`{0}` is no column that is read; expected one of {known}", known = known())]
    Unknown(String),
    /// A column or a name that was said before.
    #[error("`{0}` is said twice")]
    Twice(String),
}

fn known() -> String {
    let names: Vec<&str> = Column::ALL.into_iter().map(Column::name).collect();
    names.join(", ")
}

impl ColumnNames {
    /// Adds `COLUMN=NAME`.
    ///
    /// # Errors
    ///
    /// Returns [`ColumnNamesError`] for anything else, and for what was said
    /// before.
    pub fn add(&mut self, text: &str) -> Result<(), ColumnNamesError> {
        let form = || ColumnNamesError::Form(text.to_owned());
        let (column, name) = text.split_once('=').ok_or_else(form)?;
        let (column, name) = (column.trim(), name.trim());
        if column.is_empty() || name.is_empty() {
            return Err(form());
        }
        let column =
            Column::named(column).ok_or_else(|| ColumnNamesError::Unknown(column.to_owned()))?;
        if self
            .0
            .iter()
            .any(|(known, other)| *known == column || other == name)
        {
            return Err(ColumnNamesError::Twice(text.to_owned()));
        }
        self.0.push((column, name.to_owned()));
        Ok(())
    }

    /// Tells whether columns are called by their numbers, as in a file that has no
    /// line of names.
    pub(super) fn are_numbers(&self) -> bool {
        let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        !self.0.is_empty() && self.0.iter().all(|(_, name)| is_number(name))
    }

    /// Returns the column that `name` means, and how well; a name given by the
    /// user is the best, and exact.
    pub(super) fn ranked(&self, name: &str) -> Option<(Column, Rank)> {
        if let Some((column, _)) = self.0.iter().find(|(_, given)| given == name) {
            return Some((*column, 0));
        }
        let (column, rank) = Column::ranked(name)?;
        let given = self.0.iter().any(|(known, _)| *known == column);
        (!given).then_some((column, rank))
    }
}

/// Which value of a row holds which column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places([u8; Column::COUNT]);

/// The place of a column that a file does not have.
const NOWHERE: u8 = u8::MAX;

impl Default for Places {
    fn default() -> Self {
        Self([NOWHERE; Column::COUNT])
    }
}

impl Places {
    /// Every column at the place of its own number.
    pub(super) fn all() -> Self {
        Self(Column::ALL.map(|column| column as u8))
    }

    /// Returns the index of the value, if the file has the column.
    pub(super) const fn of(&self, column: Column) -> Option<usize> {
        match self.0[column as usize] {
            NOWHERE => None,
            place => Some(place as usize),
        }
    }

    /// Notes that the value at `place` holds `column`.
    pub(super) const fn set(&mut self, column: Column, place: u8) {
        self.0[column as usize] = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_names_in_any_case_and_spelling() {
        assert_eq!(NAMES.len(), Column::COUNT);
        for (index, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, index);
            assert_eq!(NAMES[index].0, column);
            for name in column.names() {
                for spelt in [
                    name.to_uppercase(),
                    name.replace('_', "-"),
                    name.replace('_', "."),
                ] {
                    assert_eq!(Column::named(&spelt), Some(column), "{spelt}");
                }
                assert_eq!(plain_name(&name.to_uppercase()), *name);
            }
        }
        assert_eq!(Column::named("source"), None);
        assert_eq!(Column::ranked("SrcAddr"), Some((Column::SrcIp, 1)));
    }

    #[test]
    fn no_name_means_two_columns() {
        let mut all: Vec<&str> = NAMES
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn names_of_the_user_come_before_known_ones() {
        let mut names = ColumnNames::default();
        names.add("src_ip=Client Address").unwrap();
        names.add("dst-port = p").unwrap();
        assert_eq!(names.ranked("Client Address"), Some((Column::SrcIp, 0)));
        assert_eq!(names.ranked("client address"), None);
        assert_eq!(names.ranked("src_ip"), None);
        assert_eq!(names.ranked("dst_ip"), Some((Column::DstIp, 0)));
        for (bad, wanted) in [
            ("src_ip", "expected COLUMN=NAME"),
            ("=x", "expected COLUMN=NAME"),
            ("dst_ip=", "expected COLUMN=NAME"),
            (
                "colour=x",
                "`colour` is no column that is read; expected one of src_ip, dst_ip",
            ),
            ("src_ip=x", "said twice"),
            ("dst_ip=p", "said twice"),
        ] {
            assert!(
                names.add(bad).unwrap_err().to_string().contains(wanted),
                "{bad}"
            );
        }
    }
}
