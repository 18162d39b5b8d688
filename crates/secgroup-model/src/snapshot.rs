//! Everything that decides about traffic at one moment, checked and immutable.

use std::collections::BTreeMap;
use std::slice;

use crate::{
    DestinationPorts, GroupKind, InstanceId, InterfaceRole, NetworkInterface, NetworkInterfaceId,
    PortList, PortRange, Prefix, PrefixList, Rule, SecurityGroup, SecurityGroupId, VpcId,
};

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// Returns the position in the snapshot's list of its kind, from 0.
            #[must_use]
            pub const fn get(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A security group of a snapshot.
    GroupIndex
);
index!(
    /// A rule of a snapshot; ascending in input order.
    RuleIndex
);
index!(
    /// A network interface of a snapshot.
    InterfaceIndex
);
index!(
    /// A VPC of a snapshot, or its classic network.
    NetworkIndex
);

/// What the peer of a rule refers to, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// Addresses.
    Prefix(Prefix),
    /// The members of this group.
    Group(GroupIndex),
    /// The entries of this list.
    PrefixList(&'a PrefixList),
    /// Nothing, under `eval.missing_ref=nomatch`.
    Missing,
}

/// A rule in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedRule {
    pub(crate) rule: Rule,
    pub(crate) group: GroupIndex,
    pub(crate) name: String,
    pub(crate) target: StoredTarget,
    pub(crate) port_list: Option<usize>,
}

/// [`Target`] by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoredTarget {
    Prefix(Prefix),
    Group(GroupIndex),
    PrefixList(usize),
    Missing,
}

impl PlacedRule {
    /// Returns the rule as it was written.
    #[must_use]
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the group the rule belongs to.
    #[must_use]
    pub const fn group(&self) -> GroupIndex {
        self.group
    }

    /// Returns the rule's id, or `GROUP#N` when it has none, N counting from 1.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Groups, rules, interfaces, prefix lists and port lists at one moment.
///
/// Made by [`crate::SnapshotBuilder`] only, so every reference resolves and no
/// address belongs to two interfaces of one network. Nothing in it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) networks: Vec<Option<VpcId>>,
    pub(crate) groups: Vec<SecurityGroup>,
    pub(crate) rules: Vec<PlacedRule>,
    pub(crate) interfaces: Vec<NetworkInterface>,
    pub(crate) prefix_lists: Vec<PrefixList>,
    pub(crate) port_lists: Vec<PortList>,
    pub(crate) group_ids: BTreeMap<SecurityGroupId, GroupIndex>,
    pub(crate) interface_ids: BTreeMap<NetworkInterfaceId, InterfaceIndex>,
}

impl Snapshot {
    /// Returns a group.
    #[must_use]
    pub fn group(&self, index: GroupIndex) -> &SecurityGroup {
        &self.groups[index.get()]
    }

    /// Returns a rule.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> &PlacedRule {
        &self.rules[index.get()]
    }

    /// Returns an interface.
    #[must_use]
    pub fn interface(&self, index: InterfaceIndex) -> &NetworkInterface {
        &self.interfaces[index.get()]
    }

    /// Returns the VPC of a network, none for the classic network.
    #[must_use]
    pub fn vpc(&self, index: NetworkIndex) -> Option<&VpcId> {
        self.networks[index.get()].as_ref()
    }

    /// Returns all groups in input order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (GroupIndex, &SecurityGroup)> {
        self.groups
            .iter()
            .enumerate()
            .map(|(at, group)| (GroupIndex(position(at)), group))
    }

    /// Returns all rules in input order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = (RuleIndex, &PlacedRule)> {
        self.rules
            .iter()
            .enumerate()
            .map(|(at, rule)| (RuleIndex(position(at)), rule))
    }

    /// Returns the rules of one group in input order.
    pub fn rules_of(&self, group: GroupIndex) -> impl Iterator<Item = (RuleIndex, &PlacedRule)> {
        self.group(group)
            .rules
            .clone()
            .map(|at| (RuleIndex(at), self.rule(RuleIndex(at))))
    }

    /// Returns all interfaces in input order.
    pub fn interfaces(&self) -> impl ExactSizeIterator<Item = (InterfaceIndex, &NetworkInterface)> {
        let numbered = self.interfaces.iter().enumerate();
        numbered.map(|(at, interface)| (InterfaceIndex(position(at)), interface))
    }

    /// Returns all networks.
    pub fn networks(&self) -> impl ExactSizeIterator<Item = (NetworkIndex, Option<&VpcId>)> {
        let numbered = self.networks.iter().enumerate();
        numbered.map(|(at, vpc)| (NetworkIndex(position(at)), vpc.as_ref()))
    }

    /// Returns all prefix lists in input order.
    #[must_use]
    pub fn prefix_lists(&self) -> &[PrefixList] {
        &self.prefix_lists
    }

    /// Returns all port lists in input order.
    #[must_use]
    pub fn port_lists(&self) -> &[PortList] {
        &self.port_lists
    }

    /// Returns the interfaces that are members of `group`.
    pub fn members(&self, group: GroupIndex) -> impl Iterator<Item = &NetworkInterface> {
        self.interfaces
            .iter()
            .filter(move |interface| interface.groups.contains(&group))
    }

    /// Returns what the peer of `rule` refers to.
    #[must_use]
    pub fn target(&self, rule: &PlacedRule) -> Target<'_> {
        match rule.target {
            StoredTarget::Prefix(prefix) => Target::Prefix(prefix),
            StoredTarget::Group(group) => Target::Group(group),
            StoredTarget::PrefixList(list) => Target::PrefixList(&self.prefix_lists[list]),
            StoredTarget::Missing => Target::Missing,
        }
    }

    /// Returns the destination port ranges of a TCP or UDP rule; none where it
    /// takes any port, empty where its port list is missing or empty.
    #[must_use]
    pub fn destination_ranges<'a>(&'a self, rule: &'a PlacedRule) -> Option<&'a [PortRange]> {
        match rule.rule.service.ports()?.0 {
            DestinationPorts::Any => None,
            DestinationPorts::Range(range) => Some(slice::from_ref(range)),
            DestinationPorts::List(_) => Some(
                rule.port_list
                    .map_or(&[], |list| &self.port_lists[list].entries),
            ),
        }
    }

    /// Returns the type whose default an interface has (3.4). An interface in
    /// groups of both types, or in none, has the stricter one (3.4.4, 3.4.5).
    #[must_use]
    pub fn kind_of(&self, interface: &NetworkInterface) -> GroupKind {
        let mut kinds = interface.groups.iter().map(|group| self.group(*group).kind);
        let basic = !interface.groups.is_empty() && kinds.all(|kind| kind == GroupKind::Basic);
        if basic {
            GroupKind::Basic
        } else {
            GroupKind::Advanced
        }
    }

    /// Returns the group called `id`.
    #[must_use]
    pub fn find_group(&self, id: &SecurityGroupId) -> Option<GroupIndex> {
        self.group_ids.get(id).copied()
    }

    /// Returns the interface called `id`.
    #[must_use]
    pub fn find_interface(&self, id: &NetworkInterfaceId) -> Option<InterfaceIndex> {
        self.interface_ids.get(id).copied()
    }

    /// Returns the primary interface of an instance; the first one where the
    /// input does not say which is primary (1.4).
    #[must_use]
    pub fn find_instance(&self, id: &InstanceId) -> Option<InterfaceIndex> {
        let own = || {
            self.interfaces()
                .filter(|(_, one)| one.instance.as_ref() == Some(id))
        };
        let primary = own().find(|(_, one)| one.role == Some(InterfaceRole::Primary));
        primary.or_else(|| own().next()).map(|(index, _)| index)
    }

    /// Returns the network of a VPC.
    #[must_use]
    pub fn find_vpc(&self, id: &VpcId) -> Option<NetworkIndex> {
        self.networks()
            .find(|(_, vpc)| *vpc == Some(id))
            .map(|(index, _)| index)
    }
}

/// Returns a list position as the number inside an index.
fn position(at: usize) -> u32 {
    u32::try_from(at).expect("the builder refuses more parts than u32 can count")
}
