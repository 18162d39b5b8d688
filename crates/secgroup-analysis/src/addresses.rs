//! The addresses that groups, lists and interfaces stand for, by prefix length.
//!
//! What rules refer to is expanded here once. Prefix lengths are kept apart,
//! because they tell which of equal rules is reported (3.3.5).

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use secgroup_model::{
    Family, GroupIndex, InterfaceIndex, NetworkIndex, PlacedRule, Prefix, Semantics, Snapshot,
    Target,
};

use crate::Intervals;
use crate::space;

/// Addresses of one family by prefix length, the longest first.
type ByLength = Arc<[(u8, Arc<Intervals>)]>;

/// The expanded addresses of a snapshot.
#[derive(Debug)]
pub(crate) struct Addresses<'a> {
    snapshot: &'a Snapshot,
    semantics: &'a Semantics,
    /// The members of each group.
    members: Vec<Vec<InterfaceIndex>>,
    groups: HashMap<(GroupIndex, Family), ByLength>,
    owned: HashMap<(NetworkIndex, Family), Arc<Intervals>>,
}

/// What the peer of a rule covers.
#[derive(Debug)]
pub(crate) enum Peers {
    /// These addresses.
    Known(ByLength),
    /// Nobody knows: its group or list is missing.
    Unknown,
}

impl<'a> Addresses<'a> {
    /// Prepares for a snapshot.
    pub(crate) fn new(snapshot: &'a Snapshot, semantics: &'a Semantics) -> Self {
        let mut members = vec![Vec::new(); snapshot.groups().len()];
        for (index, interface) in snapshot.interfaces() {
            for group in interface.groups() {
                members[group.get()].push(index);
            }
        }
        Self {
            snapshot,
            semantics,
            members,
            groups: HashMap::new(),
            owned: HashMap::new(),
        }
    }

    /// Returns the members of a group.
    pub(crate) fn members(&self, group: GroupIndex) -> &[InterfaceIndex] {
        &self.members[group.get()]
    }

    /// Returns what the peer of a rule covers.
    pub(crate) fn peers(&mut self, rule: PlacedRule<'a>, family: Family) -> Peers {
        match self.snapshot.target(rule) {
            Target::Prefix(prefix) => Peers::Known(by_length([prefix].into_iter(), family)),
            // "VPC groups only inside one VPC" (1.1).
            Target::Group(group)
                if self.snapshot.group(group).vpc() != self.snapshot.group(rule.group()).vpc() =>
            {
                Peers::Known(Arc::default())
            }
            Target::Group(group) => Peers::Known(self.group(group, family)),
            Target::PrefixList(list) => {
                Peers::Known(by_length(list.entries.iter().copied(), family))
            }
            Target::Missing => Peers::Unknown,
        }
    }

    /// Returns the member addresses of a group (3.6.2).
    fn group(&mut self, group: GroupIndex, family: Family) -> ByLength {
        if let Some(known) = self.groups.get(&(group, family)) {
            return Arc::clone(known);
        }
        let members = self.members[group.get()].iter();
        let prefixes = members.flat_map(|member| {
            let member = self.snapshot.interface(*member);
            member.member_addresses(self.semantics.group_members)
        });
        let expanded = by_length(prefixes, family);
        self.groups.insert((group, family), Arc::clone(&expanded));
        expanded
    }

    /// Returns all member addresses of a group, of whatever length.
    pub(crate) fn whole_group(&mut self, group: GroupIndex, family: Family) -> Intervals {
        let parts = self.group(group, family);
        let intervals = parts.iter().flat_map(|(_, set)| set.as_slice().to_vec());
        intervals.collect()
    }

    /// Returns the addresses of an interface that count as a member's (3.6.2).
    pub(crate) fn member(&self, interface: InterfaceIndex, family: Family) -> Intervals {
        let interface = self.snapshot.interface(interface);
        let own = interface.member_addresses(self.semantics.group_members);
        of_family(own, family)
    }

    /// Returns the addresses that an interface owns (3.2.3).
    pub(crate) fn own(&self, interface: InterfaceIndex, family: Family) -> Intervals {
        let own = self.snapshot.interface(interface).addresses().iter();
        of_family(own.map(|own| own.prefix), family)
    }

    /// Returns the addresses that interfaces of a network own.
    pub(crate) fn owned(&mut self, network: NetworkIndex, family: Family) -> Arc<Intervals> {
        if let Some(known) = self.owned.get(&(network, family)) {
            return Arc::clone(known);
        }
        let all = self.snapshot.interfaces();
        let own = all
            .filter(|(_, one)| one.network() == network)
            .flat_map(|(_, one)| one.addresses().iter().map(|own| own.prefix));
        let owned = Arc::new(of_family(own, family));
        self.owned.insert((network, family), Arc::clone(&owned));
        owned
    }
}

/// Returns the addresses of some blocks of a family.
pub(crate) fn of_family(prefixes: impl Iterator<Item = Prefix>, family: Family) -> Intervals {
    let own = prefixes.filter(|prefix| prefix.family() == family);
    own.map(space::bounds).collect()
}

/// Sorts blocks of a family by their length, the longest first.
fn by_length(prefixes: impl Iterator<Item = Prefix>, family: Family) -> ByLength {
    let mut lengths: BTreeMap<u8, Vec<(u128, u128)>> = BTreeMap::new();
    for prefix in prefixes.filter(|prefix| prefix.family() == family) {
        let bounds = space::bounds(prefix);
        lengths.entry(prefix.length()).or_default().push(bounds);
    }
    let sets = lengths.into_iter().rev();
    sets.map(|(length, bounds)| (length, Arc::new(bounds.into_iter().collect())))
        .collect()
}
