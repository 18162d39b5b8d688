//! What can be wrong with the parts of a snapshot.

use std::net::IpAddr;

use crate::{
    Family, NetworkInterfaceId, PortListId, Prefix, PrefixListId, RuleId, SecurityGroupId,
};

/// Where a part of a snapshot was read; only its reader knows what it means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(
    /// A number the reader chose; 0 where nothing is known.
    pub u32,
);

/// One reason why a snapshot cannot be used; building one returns them all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Problem {
    /// Where it is.
    pub origin: Origin,
    /// What it is.
    pub kind: ProblemKind,
}

/// What can make a snapshot unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Two groups have one id.
    #[error("security group `{0}` is defined twice")]
    DuplicateGroup(SecurityGroupId),
    /// Two rules have one id.
    #[error("rule id `{0}` is used twice")]
    DuplicateRule(RuleId),
    /// Two interfaces have one id.
    #[error("network interface `{0}` is defined twice")]
    DuplicateInterface(NetworkInterfaceId),
    /// Two prefix lists have one id.
    #[error("prefix list `{0}` is defined twice")]
    DuplicatePrefixList(PrefixListId),
    /// Two port lists have one id.
    #[error("port list `{0}` is defined twice")]
    DuplicatePortList(PortListId),
    /// A rule's peer is a group that nothing defines.
    #[error(
        "rule `{rule}` refers to security group `{group}`, which is not defined; add its \
         DescribeSecurityGroups answer, or use --set eval.missing_ref=nomatch"
    )]
    MissingGroup {
        /// The rule.
        rule: String,
        /// The name that leads nowhere.
        group: SecurityGroupId,
    },
    /// A rule's peer is a prefix list that nothing defines.
    #[error(
        "rule `{rule}` refers to prefix list `{list}`, which is not defined; add its \
         DescribePrefixListAttributes answer, or use --set eval.missing_ref=nomatch"
    )]
    MissingPrefixList {
        /// The rule.
        rule: String,
        /// The name that leads nowhere.
        list: PrefixListId,
    },
    /// A rule's ports are a port list that nothing defines.
    #[error(
        "rule `{rule}` refers to port list `{list}`, which is not defined; add its \
         DescribePortRangeListEntries answer, or use --set eval.missing_ref=nomatch"
    )]
    MissingPortList {
        /// The rule.
        rule: String,
        /// The name that leads nowhere.
        list: PortListId,
    },
    /// An interface is a member of a group that nothing defines.
    #[error("network interface `{interface}` is in security group `{group}`, which is not defined")]
    UnknownMembership {
        /// The interface.
        interface: NetworkInterfaceId,
        /// The name that leads nowhere.
        group: SecurityGroupId,
    },
    /// An interface is in no group (3.4.5).
    #[error(
        "network interface `{0}` is in no security group; every interface is in one, so the \
         input is incomplete (or use --set eval.no_group=deny)"
    )]
    NoGroups(NetworkInterfaceId),
    /// A basic and an advanced group on one interface (1.5.1, 3.4.4).
    #[error(
        "network interface `{interface}` mixes security groups of both types: `{basic}` is basic, \
         `{advanced}` is advanced (ECS answers InvalidOperation.MultiGroupType; or use \
         --set eval.mixed_types=strictest)"
    )]
    MixedKinds {
        /// The interface.
        interface: NetworkInterfaceId,
        /// Its first basic group.
        basic: SecurityGroupId,
        /// Its first advanced group.
        advanced: SecurityGroupId,
    },
    /// An interface and one of its groups are in different networks (1.2).
    #[error(
        "network interface `{interface}` is in {interface_network}, its security group `{group}` \
         in {group_network}"
    )]
    OtherNetwork {
        /// The interface.
        interface: NetworkInterfaceId,
        /// The VPC of the interface, or the classic network.
        interface_network: String,
        /// The group.
        group: SecurityGroupId,
        /// The VPC of the group, or the classic network.
        group_network: String,
    },
    /// Two interfaces of one network have an address in common.
    #[error("address {address} is on `{first}` and `{second}`, both in {network}")]
    SharedAddress {
        /// The first common address.
        address: IpAddr,
        /// One interface.
        first: NetworkInterfaceId,
        /// The other.
        second: NetworkInterfaceId,
        /// The VPC of both, or the classic network.
        network: String,
    },
    /// An ICMP rule with an IPv6 peer, or ICMPv6 with an IPv4 one (2.5.7).
    #[error("rule `{rule}` is about {protocol}, but {peer} is {family} (ECS answers {code})")]
    ProtocolFamily {
        /// The rule.
        rule: String,
        /// `icmp` or `icmpv6`.
        protocol: &'static str,
        /// The peer or local prefix.
        peer: Prefix,
        /// Its family.
        family: Family,
        /// The code of the API for it.
        code: &'static str,
    },
    /// Peer and local side of different families (2.5.5).
    #[error(
        "rule `{rule}` has an {} peer and an {} local side (ECS answers InvalidParameter.Conflict)",
        peer.family(), local.family()
    )]
    LocalFamily {
        /// The rule.
        rule: String,
        /// The far end.
        peer: Prefix,
        /// The near end.
        local: Prefix,
    },
    /// An entry of the other family in a prefix list (1.6).
    #[error("prefix list `{list}` is {family}, but has the entry {entry}")]
    EntryFamily {
        /// The list.
        list: PrefixListId,
        /// Its family.
        family: Family,
        /// The entry.
        entry: Prefix,
    },
    /// More entries than a list may have (1.6, 4.10).
    #[error("prefix list `{list}` has {entries} entries, the limit is {limit}")]
    TooManyEntries {
        /// The list.
        list: PrefixListId,
        /// How many there are.
        entries: usize,
        /// How many there may be.
        limit: u32,
    },
    /// More entries than a port list may have (1.7, 4.11).
    #[error("port list `{list}` has {entries} entries, the limit is {limit}")]
    TooManyPorts {
        /// The list.
        list: PortListId,
        /// How many there are.
        entries: usize,
        /// How many there may be.
        limit: u32,
    },
    /// More parts than indices can count.
    #[error("the input has more than {0} rules, interfaces or groups")]
    TooLarge(u32),
}

/// Something odd that does not keep a snapshot from being used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Warning {
    /// Where it is.
    pub origin: Origin,
    /// What it is.
    pub kind: WarningKind,
}

/// What can be odd about a usable snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// A rule that says the same as an earlier one of its group (2.12).
    #[error("rule `{rule}` repeats `{earlier}`")]
    RepeatedRule {
        /// The later rule.
        rule: String,
        /// The earlier one.
        earlier: String,
    },
    /// A rule whose peer is its own group; ECS refuses to create one (2.8.2).
    #[error(
        "rule `{rule}` of `{group}` refers to its own group; ECS refuses to create such a rule"
    )]
    SelfReference {
        /// The rule.
        rule: String,
        /// Its group.
        group: SecurityGroupId,
    },
    /// A group reference from or to an advanced group; ECS refuses it (2.8.1).
    #[error(
        "rule `{rule}` refers to group `{group}`, and one of the two groups is advanced; ECS \
         refuses to create such a rule"
    )]
    AdvancedReference {
        /// The rule.
        rule: String,
        /// The group it refers to.
        group: SecurityGroupId,
    },
    /// A group reference into another network; ECS refuses it (2.8.3).
    #[error(
        "rule `{rule}` refers to group `{group}` of another network; ECS refuses to create such a \
         rule, and here it matches nothing"
    )]
    OtherNetworkReference {
        /// The rule.
        rule: String,
        /// The group it refers to.
        group: SecurityGroupId,
    },
    /// A reference that leads nowhere, read as matching nothing (3.6.5).
    #[error("rule `{rule}` refers to `{target}`, which is not defined; the rule matches nothing")]
    MissingReference {
        /// The rule.
        rule: String,
        /// The name that leads nowhere.
        target: String,
    },
    /// An imported legacy priority (2.3.4).
    #[error("rule `{rule}`: priority {priority} kept as an imported legacy priority (101..110)")]
    LegacyPriority {
        /// The rule.
        rule: String,
        /// Its number.
        priority: u8,
    },
    /// A CIDR twice in one prefix list (1.6).
    #[error("prefix list `{list}` has the entry {entry} twice")]
    RepeatedEntry {
        /// The list.
        list: PrefixListId,
        /// The entry.
        entry: Prefix,
    },
    /// An interface without private addresses: no flow can be attributed to it.
    #[error("network interface `{0}` has no private address, so no flow can reach it")]
    NoAddress(NetworkInterfaceId),
}
