//! Prefix lists and port lists: sets that rules refer to.

use crate::{Family, Origin, PortListId, PortRange, Prefix, PrefixListId};

/// The greatest `MaxEntries` of a prefix list (1.6, 4.10).
pub const MAX_PREFIX_LIST_ENTRIES: u32 = 200;

/// The greatest `MaxEntries` of a port list (1.7, 4.11).
pub const MAX_PORT_LIST_ENTRIES: u32 = 2000;

/// A named set of prefixes of one family (1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixList {
    /// Its id.
    pub id: PrefixListId,
    /// Its family, fixed when it was created; taken from the entries when unknown.
    pub family: Option<Family>,
    /// How many entries it may have; its size in every quota (4.9).
    pub max_entries: Option<u32>,
    /// Its entries, in input order.
    pub entries: Vec<Prefix>,
    /// Where it was read.
    pub origin: Origin,
}

/// A named set of port ranges (1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortList {
    /// Its id.
    pub id: PortListId,
    /// How many entries it may have; its size in every quota (4.9).
    pub max_entries: Option<u32>,
    /// Its entries, in input order.
    pub entries: Vec<PortRange>,
    /// Where it was read.
    pub origin: Origin,
}
