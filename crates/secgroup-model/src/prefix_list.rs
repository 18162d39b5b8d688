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

/// What a rule that refers to a prefix list and a port list counts in quotas
/// (4.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TwoLists {
    /// The product of both sizes.
    #[default]
    Product,
    /// Their sum.
    Sum,
    /// The greater one.
    Max,
}

impl TwoLists {
    /// Returns the size of a rule with lists of these sizes, where it has them.
    #[must_use]
    pub fn size(self, peer: Option<usize>, ports: Option<usize>) -> usize {
        match (peer, ports) {
            (Some(peer), Some(ports)) => match self {
                Self::Product => peer * ports,
                Self::Sum => peer + ports,
                Self::Max => peer.max(ports),
            },
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_its_lists_and_of_two_what_the_flag_says_4_9() {
        for (two_lists, both) in [
            (TwoLists::Product, 30),
            (TwoLists::Sum, 13),
            (TwoLists::Max, 10),
        ] {
            assert_eq!(two_lists.size(None, None), 1);
            assert_eq!(two_lists.size(Some(3), None), 3);
            assert_eq!(two_lists.size(None, Some(10)), 10);
            assert_eq!(two_lists.size(Some(3), Some(10)), both);
        }
    }
}
