//! The fields of each part of a fleet file; `docs/fleet.schema.json` has the
//! same.

/// Of the file.
pub(crate) const FILE: [&str; 5] = ["vpc", "groups", "interfaces", "prefix_lists", "port_lists"];

/// Of a group.
pub(crate) const GROUP: [&str; 12] = [
    "name",
    "type",
    "inner",
    "vpc",
    "owner",
    "managed",
    "description",
    "resource_group",
    "created",
    "tags",
    "ingress",
    "egress",
];

/// Fields that describe, by the names that answers have for them.
pub(crate) const DETAILS: [(&str, &str); 7] = [
    ("NetworkInterfaceName", "name"),
    ("Description", "description"),
    ("VSwitchId", "vswitch"),
    ("MacAddress", "mac"),
    ("Status", "status"),
    ("ResourceGroupId", "resource_group"),
    ("CreationTime", "created"),
];

/// Of a rule; `from` in ingress and `to` in egress.
pub(crate) const RULE: [&str; 14] = [
    "id",
    "policy",
    "priority",
    "proto",
    "ports",
    "port_list",
    "source_ports",
    "from",
    "to",
    "account",
    "local",
    "nic",
    "description",
    "created",
];

/// Of a far end that says what it is.
pub(crate) const PEER: [&str; 2] = ["group", "prefix_list"];

/// Of an interface.
pub(crate) const INTERFACE: [&str; 16] = [
    "name",
    "description",
    "vswitch",
    "mac",
    "status",
    "managed",
    "resource_group",
    "created",
    "tags",
    "instance",
    "type",
    "vpc",
    "addresses",
    "prefixes",
    "groups",
    "timers",
];

/// Of the timers of an interface.
pub(crate) const TIMERS: [&str; 3] = ["tcp_established", "tcp_closed", "udp"];

/// Of a prefix list.
pub(crate) const PREFIX_LIST: [&str; 8] = [
    "name",
    "family",
    "max_entries",
    "description",
    "resource_group",
    "created",
    "tags",
    "entries",
];

/// Of a port list.
pub(crate) const PORT_LIST: [&str; 7] = [
    "name",
    "max_entries",
    "description",
    "resource_group",
    "created",
    "tags",
    "entries",
];

/// Of an entry of a list that says more than what it is.
pub(crate) const PREFIX_ENTRY: [&str; 2] = ["cidr", "description"];

/// The same, of a port list.
pub(crate) const PORT_ENTRY: [&str; 2] = ["ports", "description"];
