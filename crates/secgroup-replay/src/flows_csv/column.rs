//! The columns that mean something, and where a file has them.

use std::fmt;

/// A column that is read; its name in a file may be in any case.
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
    /// When it was seen: Unix seconds or RFC 3339.
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
}

impl Column {
    /// How many columns are read.
    pub const COUNT: usize = 16;

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
    ];

    /// The columns that every file has.
    pub const REQUIRED: [Self; 5] = [
        Self::SrcIp,
        Self::DstIp,
        Self::Protocol,
        Self::SrcPort,
        Self::DstPort,
    ];

    /// Returns the name in a header, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SrcIp => "src_ip",
            Self::DstIp => "dst_ip",
            Self::Protocol => "protocol",
            Self::SrcPort => "src_port",
            Self::DstPort => "dst_port",
            Self::FlowId => "flow_id",
            Self::VpcId => "vpc_id",
            Self::Timestamp => "timestamp",
            Self::Packets => "packets",
            Self::Bytes => "bytes",
            Self::TcpFlags => "tcp_flags",
            Self::IcmpType => "icmp_type",
            Self::IcmpCode => "icmp_code",
            Self::Action => "action",
            Self::Via => "via",
            Self::Nic => "nic",
        }
    }

    /// Returns the column called `name`, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|column| column.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which field of a row holds which column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places([Option<usize>; Column::COUNT]);

impl Places {
    /// Returns the index of the field, if the file has the column.
    pub(super) const fn of(&self, column: Column) -> Option<usize> {
        self.0[column as usize]
    }

    /// Notes that a field holds `column`; tells whether it is the first.
    pub(super) const fn claim(&mut self, column: Column, field: usize) -> bool {
        self.0[column as usize].replace(field).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_name_in_any_case() {
        for (index, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, index);
            assert_eq!(
                Column::named(&column.name().to_uppercase()),
                Some(column),
                "{column}"
            );
        }
        assert_eq!(Column::named("src"), None);
    }
}
