//! Everything that decides about traffic at one moment, checked and immutable.
//!
//! A snapshot is four tables, each behind a shared pointer: groups with their
//! rules, interfaces, prefix lists and port lists (files of this folder). What
//! two snapshots have in common they share, down to the rules of one group,
//! because nothing inside a group's rules depends on positions: references
//! between parts are ids, looked up here. The tables are filled in
//! `crate::builder`.

mod groups;
mod interfaces;
mod lists;
mod rule_ids;

use std::slice;
use std::sync::Arc;

pub(crate) use groups::{
    GroupNames, GroupPart, Groups, NamedRule, PlacedGroup, References, Site, Standing, each_once,
};
pub(crate) use interfaces::Interfaces;
pub(crate) use lists::{List, Lists};
pub(crate) use rule_ids::RuleIds;

use crate::{
    DestinationPorts, Direction, GroupKind, GroupSpec, InstanceId, InterfaceRole, InterfaceSpec,
    NetworkInterface, NetworkInterfaceId, NicType, Peer, PortList, PortListId, PortRange, Prefix,
    PrefixList, PrefixListId, Rule, SecurityGroup, SecurityGroupId, VpcId,
};

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

impl RuleIndex {
    /// Returns the rule that is so many places behind this one in input order;
    /// it is for the caller to know that there is one.
    #[must_use]
    pub const fn behind(self, places: u32) -> Self {
        Self(self.0 + places)
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedRule<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) group: GroupIndex,
    pub(crate) name: &'a str,
}

impl<'a> PlacedRule<'a> {
    /// Returns the rule as it was written.
    #[must_use]
    pub const fn rule(&self) -> &'a Rule {
        self.rule
    }

    /// Returns the group the rule belongs to.
    #[must_use]
    pub const fn group(&self) -> GroupIndex {
        self.group
    }

    /// Returns the rule's id, or `GROUP#N` when it has none, N counting from 1.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }
}

/// Groups, rules, interfaces, prefix lists and port lists at one moment.
///
/// Made by [`crate::SnapshotBuilder`] only, so every reference resolves and no
/// address belongs to two interfaces of one network. Nothing in it changes;
/// copies are cheap, because they share everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) groups: Arc<Groups>,
    pub(crate) interfaces: Arc<Interfaces>,
    pub(crate) prefix_lists: Arc<Lists<PrefixList>>,
    pub(crate) port_lists: Arc<Lists<PortList>>,
}

impl Snapshot {
    /// Returns what comes before the first snapshot.
    pub(crate) fn empty() -> Self {
        Self {
            groups: Arc::default(),
            interfaces: Arc::default(),
            prefix_lists: Arc::default(),
            port_lists: Arc::default(),
        }
    }

    /// Returns a group.
    #[must_use]
    pub fn group(&self, index: GroupIndex) -> &SecurityGroup {
        &self.groups.placed[index.get()].part.group
    }

    /// Returns a rule.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> PlacedRule<'_> {
        let placed = &self.groups.placed;
        // Groups without rules begin where the next one does, so the last one
        // that begins at or before the rule is the one that has it.
        let behind = placed.partition_point(|group| group.rules.start <= index.0);
        let at = behind.saturating_sub(1);
        let within = index.0 - placed[at].rules.start;
        placed[at].rule(GroupIndex(position(at)), within)
    }

    /// Returns an interface.
    #[must_use]
    pub fn interface(&self, index: InterfaceIndex) -> &NetworkInterface {
        &self.interfaces.all[index.get()]
    }

    /// Returns the VPC of a network, none for the classic network.
    #[must_use]
    pub fn vpc(&self, index: NetworkIndex) -> Option<&VpcId> {
        self.interfaces.networks[index.get()].as_ref()
    }

    /// Returns all groups in input order.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (GroupIndex, &SecurityGroup)> {
        let numbered = self.groups.placed.iter().enumerate();
        numbered.map(|(at, placed)| (GroupIndex(position(at)), &placed.part.group))
    }

    /// Returns all rules in input order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = (RuleIndex, PlacedRule<'_>)> {
        let count = self.groups.placed.last().map_or(0, |last| last.rules.end);
        (0..count).map(|at| (RuleIndex(at), self.rule(RuleIndex(at))))
    }

    /// Returns the rules of one group in input order.
    pub fn rules_of(
        &self,
        group: GroupIndex,
    ) -> impl ExactSizeIterator<Item = (RuleIndex, PlacedRule<'_>)> {
        let placed = &self.groups.placed[group.get()];
        let first = placed.rules.start;
        let rules = placed.rules.clone();
        rules.map(move |at| (RuleIndex(at), placed.rule(group, at - first)))
    }

    /// Returns what a rule of a group says: with its NIC where that is not the one
    /// that a rule of the classic network has unless it says so (2.9.2).
    #[must_use]
    pub fn rule_text(&self, group: GroupIndex, rule: &Rule) -> String {
        let is_classic = self.group(group).vpc().is_none();
        match rule.nic {
            NicType::Intranet if is_classic => format!("{rule} nic intranet"),
            NicType::Intranet | NicType::Internet => rule.to_string(),
        }
    }

    /// Returns all interfaces in input order.
    pub fn interfaces(&self) -> impl ExactSizeIterator<Item = (InterfaceIndex, &NetworkInterface)> {
        let numbered = self.interfaces.all.iter().enumerate();
        numbered.map(|(at, interface)| (InterfaceIndex(position(at)), interface))
    }

    /// Returns the part that makes a group once more, with its rules: what a
    /// builder takes, to be changed before.
    #[must_use]
    pub fn group_spec(&self, index: GroupIndex) -> GroupSpec {
        let group = self.group(index).clone();
        let rules = self.rules_of(index);
        GroupSpec {
            id: group.id,
            name: group.name,
            kind: group.kind,
            inner_access: group.inner_access,
            vpc: group.vpc,
            managed: group.managed,
            owner: group.owner,
            rules: rules.map(|(_, placed)| placed.rule().clone()).collect(),
            origin: group.origin,
        }
    }

    /// Returns the part that makes an interface once more. It names its VPC,
    /// so it stays there whatever its groups become.
    #[must_use]
    pub fn interface_spec(&self, index: InterfaceIndex) -> InterfaceSpec {
        let interface = self.interface(index);
        let groups = interface.groups().iter();
        InterfaceSpec {
            vpc: self.vpc(interface.network()).cloned(),
            groups: groups
                .map(|group| self.group(*group).id().clone())
                .collect(),
            ..InterfaceSpec::clone(&interface.spec)
        }
    }

    /// Returns all networks.
    pub fn networks(&self) -> impl ExactSizeIterator<Item = (NetworkIndex, Option<&VpcId>)> {
        let numbered = self.interfaces.networks.iter().enumerate();
        numbered.map(|(at, vpc)| (NetworkIndex(position(at)), vpc.as_ref()))
    }

    /// Returns all prefix lists in input order.
    #[must_use]
    pub fn prefix_lists(&self) -> &[PrefixList] {
        &self.prefix_lists.all
    }

    /// Returns all port lists in input order.
    #[must_use]
    pub fn port_lists(&self) -> &[PortList] {
        &self.port_lists.all
    }

    /// Returns the interfaces that are members of `group`.
    pub fn members(&self, group: GroupIndex) -> impl Iterator<Item = &NetworkInterface> {
        let all = self.interfaces.all.iter();
        all.filter(move |interface| interface.groups.contains(&group))
    }

    /// Returns what the peer of `rule` refers to.
    #[must_use]
    pub fn target(&self, rule: PlacedRule<'_>) -> Target<'_> {
        match &rule.rule.peer {
            Peer::Prefix(prefix) => Target::Prefix(*prefix),
            Peer::Group(id) => self.find_group(id).map_or(Target::Missing, Target::Group),
            Peer::PrefixList(id) => {
                let list = self.prefix_lists.find(id);
                list.map_or(Target::Missing, Target::PrefixList)
            }
        }
    }

    /// Returns the destination port ranges of a TCP or UDP rule; none where it
    /// takes any port, empty where its port list is missing or empty.
    #[must_use]
    pub fn destination_ranges<'a>(&'a self, rule: PlacedRule<'a>) -> Option<&'a [PortRange]> {
        match rule.rule.service.ports()?.0 {
            DestinationPorts::Any => None,
            DestinationPorts::Range(range) => Some(slice::from_ref(range)),
            DestinationPorts::List(id) => {
                let list = self.port_lists.find(id);
                Some(list.map_or(&[], |list| &list.entries))
            }
        }
    }

    /// Tells of each group whether its rules of a direction are those that the
    /// group at its position has in `other`, at the same positions, and refer to
    /// the same addresses and ports. Those are the same only where one of the two
    /// snapshots was built after the other ([`crate::SnapshotBuilder::after`]) and
    /// nothing that the rules depend on was given anew.
    #[must_use]
    pub fn shared_rules(&self, other: &Self, direction: Direction) -> Vec<bool> {
        // Members are found by the positions of groups.
        let members = self.shares_interfaces(other);
        let prefix_lists = Arc::ptr_eq(&self.prefix_lists, &other.prefix_lists);
        let port_lists = Arc::ptr_eq(&self.port_lists, &other.port_lists);
        let all = members && prefix_lists && port_lists;
        let same = |part: &GroupPart| {
            let needed = &part.references;
            all || ((members || needed.groups.is_empty())
                && (prefix_lists || needed.prefix_lists.is_empty())
                && (port_lists || needed.port_lists.is_empty()))
        };
        let others = other.groups.placed.iter().map(Some);
        let others = others.chain(std::iter::repeat(None));
        let both = self.groups.placed.iter().zip(others);
        let shared = both.map(|(own, other)| {
            other.is_some_and(|other| {
                let part = &own.part;
                let shared = Arc::ptr_eq(part, &other.part);
                (shared || part.has_rules_of(&other.part, direction)) && same(part)
            })
        });
        shared.collect()
    }

    /// Tells whether the interfaces are those of `other`, in the same networks
    /// and in groups of the same positions and kinds, as far as that is seen at
    /// once.
    #[must_use]
    pub fn shares_interfaces(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.groups.names, &other.groups.names)
            && Arc::ptr_eq(&self.interfaces, &other.interfaces)
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
        self.groups.names.ids.get(id).copied()
    }

    /// Returns the interface called `id`.
    #[must_use]
    pub fn find_interface(&self, id: &NetworkInterfaceId) -> Option<InterfaceIndex> {
        self.interfaces.ids.get(id).copied()
    }

    /// Returns the position of the prefix list called `id` among
    /// [`Snapshot::prefix_lists`].
    #[must_use]
    pub fn find_prefix_list(&self, id: &PrefixListId) -> Option<usize> {
        self.prefix_lists.ids.get(id).copied()
    }

    /// Returns the position of the port list called `id` among
    /// [`Snapshot::port_lists`].
    #[must_use]
    pub fn find_port_list(&self, id: &PortListId) -> Option<usize> {
        self.port_lists.ids.get(id).copied()
    }

    /// Returns the primary interface of an instance; the first one where the
    /// input does not say which is primary (1.4).
    #[must_use]
    pub fn find_instance(&self, id: &InstanceId) -> Option<InterfaceIndex> {
        let own = || {
            self.interfaces()
                .filter(|(_, one)| one.instance() == Some(id))
        };
        let primary = own().find(|(_, one)| one.role() == Some(InterfaceRole::Primary));
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
pub(crate) fn position(at: usize) -> u32 {
    u32::try_from(at).expect("the builder refuses more parts than u32 can count")
}
