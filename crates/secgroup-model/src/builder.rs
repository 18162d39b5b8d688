//! Checking the parts of a snapshot and putting them together.
//!
//! Every part is either new or taken unchanged from a previous snapshot. What
//! was checked before is checked again, too, unless everything that its check
//! depends on is as it was; so the outcome is always that of a whole build.
//! `lists`, `groups` (with `rules`) and `interfaces` (with `addresses` and
//! `networks`) of this folder fill the tables of a snapshot, in that order.

mod addresses;
mod groups;
mod interfaces;
mod lists;
mod networks;
mod rules;

use std::sync::Arc;

use crate::snapshot::GroupPart;
use crate::{
    GroupIndex, GroupSpec, InterfaceIndex, InterfaceSpec, Origin, PortList, PrefixList, Problem,
    ProblemKind, Semantics, Snapshot, Warning, WarningKind,
};

/// Collects the parts of a snapshot and checks them whole.
///
/// Parts are added in the order that the snapshot shall have. A builder that
/// begins [after](SnapshotBuilder::after) a snapshot can take parts of it
/// unchanged, at a small part of the cost of new ones; the result is the same
/// as that of a builder to which every part is new.
#[derive(Clone, Debug)]
pub struct SnapshotBuilder {
    previous: Snapshot,
    groups: Vec<Part<Arc<GroupPart>>>,
    interfaces: Vec<Part<Arc<InterfaceSpec>>>,
    prefix_lists: Vec<Part<PrefixList>>,
    port_lists: Vec<Part<PortList>>,
}

/// A snapshot, with what was odd about its parts.
#[derive(Clone, Debug)]
pub struct Built {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What was odd, in input order of its kind.
    pub warnings: Vec<Warning>,
}

/// Where a part comes from.
#[derive(Clone, Debug)]
enum Part<T> {
    /// It is new.
    New(T),
    /// The previous snapshot has it at this position.
    Unchanged(usize),
}

impl Default for SnapshotBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl SnapshotBuilder {
    /// Returns a builder without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::after(&Snapshot::empty())
    }

    /// Returns a builder without parts that can take them from `previous`.
    #[must_use]
    pub fn after(previous: &Snapshot) -> Self {
        Self {
            previous: previous.clone(),
            groups: Vec::new(),
            interfaces: Vec::new(),
            prefix_lists: Vec::new(),
            port_lists: Vec::new(),
        }
    }

    /// Adds a security group with its rules.
    pub fn group(&mut self, group: GroupSpec) -> &mut Self {
        let part = GroupPart::new(group);
        self.groups.push(Part::New(Arc::new(part)));
        self
    }

    /// Adds a security group of the previous snapshot, with its rules. What its
    /// rules refer to may have changed.
    ///
    /// # Panics
    ///
    /// Panics when the previous snapshot does not have that group.
    pub fn unchanged_group(&mut self, group: GroupIndex) -> &mut Self {
        let count = self.previous.groups.placed.len();
        add_unchanged(&mut self.groups, group.get(), count);
        self
    }

    /// Adds a network interface.
    pub fn interface(&mut self, interface: InterfaceSpec) -> &mut Self {
        self.interfaces.push(Part::New(Arc::new(interface)));
        self
    }

    /// Adds a network interface of the previous snapshot. The groups it is a
    /// member of may have changed, though not which they are.
    ///
    /// # Panics
    ///
    /// Panics when the previous snapshot does not have that interface.
    pub fn unchanged_interface(&mut self, interface: InterfaceIndex) -> &mut Self {
        let count = self.previous.interfaces.all.len();
        add_unchanged(&mut self.interfaces, interface.get(), count);
        self
    }

    /// Adds a prefix list.
    pub fn prefix_list(&mut self, list: PrefixList) -> &mut Self {
        self.prefix_lists.push(Part::New(list));
        self
    }

    /// Adds the prefix list that the previous snapshot has at a position of
    /// [`Snapshot::prefix_lists`].
    ///
    /// # Panics
    ///
    /// Panics when it does not have so many.
    pub fn unchanged_prefix_list(&mut self, position: usize) -> &mut Self {
        let count = self.previous.prefix_lists.all.len();
        add_unchanged(&mut self.prefix_lists, position, count);
        self
    }

    /// Adds a port list.
    pub fn port_list(&mut self, list: PortList) -> &mut Self {
        self.port_lists.push(Part::New(list));
        self
    }

    /// Adds the port list that the previous snapshot has at a position of
    /// [`Snapshot::port_lists`].
    ///
    /// # Panics
    ///
    /// Panics when it does not have so many.
    pub fn unchanged_port_list(&mut self, position: usize) -> &mut Self {
        let count = self.previous.port_lists.all.len();
        add_unchanged(&mut self.port_lists, position, count);
        self
    }

    /// Resolves every reference and checks every rule of sections 1 and 2 that
    /// concerns more than one value.
    ///
    /// # Errors
    ///
    /// Returns every [`Problem`] of every part, in input order of its kind.
    pub fn build(self, semantics: &Semantics) -> Result<Built, Vec<Problem>> {
        if let Some(problem) = self.too_large() {
            return Err(vec![problem]);
        }
        let mut assembly = Assembly {
            semantics: *semantics,
            previous: self.previous.clone(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        let prefix_lists = assembly.place_lists(self.prefix_lists, &self.previous.prefix_lists);
        let port_lists = assembly.place_lists(self.port_lists, &self.previous.port_lists);
        let groups = assembly.place_groups(self.groups, &prefix_lists, &port_lists);
        let interfaces = assembly.place_interfaces(self.interfaces, &groups);
        if !assembly.problems.is_empty() {
            return Err(assembly.problems);
        }
        let snapshot = Snapshot {
            groups,
            interfaces,
            prefix_lists,
            port_lists,
        };
        Ok(Built {
            snapshot,
            warnings: assembly.warnings,
        })
    }

    /// Refuses what indices of 32 bits cannot count; they stay below half of
    /// that, so that engines may put a bit beside an index.
    fn too_large(&self) -> Option<Problem> {
        const MOST: u32 = u32::MAX / 2;
        let rules = self.groups.iter().map(|part| match part {
            Part::New(group) => group.rules.len(),
            Part::Unchanged(at) => self.previous.groups.placed[*at].rules.len(),
        });
        let parts = self.groups.len().max(self.interfaces.len());
        let greatest = rules.sum::<usize>().max(parts);
        let fits = u32::try_from(greatest).is_ok_and(|count| count <= MOST);
        (!fits).then_some(Problem {
            origin: Origin::default(),
            kind: ProblemKind::TooLarge(MOST),
        })
    }
}

/// Adds a part that must be one of the `count` that there were.
fn add_unchanged<T>(parts: &mut Vec<Part<T>>, at: usize, count: usize) {
    assert!(at < count, "part {at} of a snapshot that has only {count}");
    parts.push(Part::Unchanged(at));
}

/// Tells whether parts are exactly the `count` that there were, in that order.
fn all_unchanged<T>(parts: &[Part<T>], count: usize) -> bool {
    let mut numbered = parts.iter().enumerate();
    parts.len() == count && numbered.all(|(at, part)| part.is_unchanged(at))
}

impl<T> Part<T> {
    /// Tells whether the part is the one that was at this position.
    const fn is_unchanged(&self, at: usize) -> bool {
        matches!(self, Self::Unchanged(was) if *was == at)
    }
}

/// What was found while the tables of a snapshot are filled.
#[derive(Debug)]
struct Assembly {
    semantics: Semantics,
    previous: Snapshot,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Assembly {
    fn problem(&mut self, origin: Origin, kind: ProblemKind) {
        self.problems.push(Problem { origin, kind });
    }

    fn warning(&mut self, origin: Origin, kind: WarningKind) {
        self.warnings.push(Warning { origin, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Action, ConnectionTimers, Direction, InnerAccess, NetworkInterfaceId, NicType, Peer,
        PrefixListId, Priority, Rule, RuleId, SecurityGroupId, Service,
    };

    fn rule(id: &str) -> Rule {
        Rule {
            id: Some(RuleId::new(id).unwrap()),
            direction: Direction::Ingress,
            action: Action::Accept,
            priority: Priority::DEFAULT,
            service: Service::Gre,
            peer: Peer::Group(SecurityGroupId::new("sg-2").unwrap()),
            local: None,
            nic: NicType::Intranet,
            created: None,
            description: None,
            origin: Origin::default(),
        }
    }

    fn group(number: usize, rules: Vec<Rule>) -> GroupSpec {
        GroupSpec {
            id: SecurityGroupId::new(&format!("sg-{number}")).unwrap(),
            name: None,
            kind: crate::GroupKind::Basic,
            inner_access: InnerAccess::Drop,
            vpc: None,
            managed: false,
            owner: None,
            rules,
            origin: Origin::default(),
        }
    }

    fn interface(number: usize) -> InterfaceSpec {
        InterfaceSpec {
            id: NetworkInterfaceId::new(&format!("eni-{number}")).unwrap(),
            instance: None,
            role: None,
            vpc: None,
            addresses: Vec::new(),
            groups: vec![SecurityGroupId::new("sg-2").unwrap()],
            timers: ConnectionTimers::default(),
            origin: Origin::default(),
        }
    }

    /// Three groups of one rule, two interfaces, a list.
    fn first() -> Snapshot {
        let mut builder = SnapshotBuilder::new();
        for number in 1..4 {
            builder.group(group(number, vec![rule(&format!("sgr-{number}"))]));
        }
        builder.interface(interface(1)).interface(interface(2));
        builder.prefix_list(PrefixList {
            id: PrefixListId::new("pl-1").unwrap(),
            family: None,
            max_entries: None,
            entries: Vec::new(),
            origin: Origin::default(),
        });
        builder.build(&Semantics::default()).unwrap().snapshot
    }

    /// Adds the groups at these positions, all interfaces and all lists.
    fn rest(previous: &Snapshot, groups: &[u32]) -> SnapshotBuilder {
        let mut builder = SnapshotBuilder::after(previous);
        for at in groups {
            builder.unchanged_group(GroupIndex(*at));
        }
        for (index, _) in previous.interfaces() {
            builder.unchanged_interface(index);
        }
        builder.unchanged_prefix_list(0);
        builder
    }

    fn build(builder: SnapshotBuilder) -> Snapshot {
        builder.build(&Semantics::default()).unwrap().snapshot
    }

    #[test]
    fn a_changed_rule_leaves_all_but_its_group_shared() {
        let old = first();
        let mut builder = rest(&old, &[0, 1]);
        builder.group(group(3, vec![rule("sgr-3"), rule("sgr-4")]));
        let new = build(builder);
        for at in [0, 1] {
            let [one, other] = [&old, &new].map(|snapshot| &snapshot.groups.placed[at]);
            assert!(Arc::ptr_eq(&one.part, &other.part));
            assert!(Arc::ptr_eq(&one.standing, &other.standing));
        }
        let shared = |direction| new.shared_rules(&old, direction);
        assert_eq!(shared(Direction::Ingress), [true, true, false]);
        assert_eq!(shared(Direction::Egress), [true; 3]);
        assert!(new.shares_interfaces(&old) && !first().shares_interfaces(&old));
        assert!(Arc::ptr_eq(&old.groups.names, &new.groups.names));
        assert!(Arc::ptr_eq(&old.interfaces, &new.interfaces));
        assert!(Arc::ptr_eq(&old.prefix_lists, &new.prefix_lists));
        assert!(Arc::ptr_eq(&old.port_lists, &new.port_lists));
    }

    #[test]
    fn groups_that_move_up_keep_their_rules_shared() {
        let old = first();
        let new = build(rest(&old, &[1, 2]));
        for at in [0, 1] {
            let (one, other) = (&old.groups.placed[at + 1], &new.groups.placed[at]);
            assert!(Arc::ptr_eq(&one.part, &other.part));
            assert!(Arc::ptr_eq(&one.standing, &other.standing));
            let [one, other] = [&old, &new].map(|snapshot| &snapshot.interfaces.all[at]);
            assert!(Arc::ptr_eq(&one.spec, &other.spec));
            assert_eq!(other.groups, [GroupIndex(0)]);
        }
        assert!(Arc::ptr_eq(&old.interfaces.ids, &new.interfaces.ids));
    }

    #[test]
    fn a_new_interface_leaves_groups_and_other_interfaces_shared() {
        let old = first();
        let mut builder = rest(&old, &[0, 1, 2]);
        builder.interface(interface(3));
        let new = build(builder);
        assert!(Arc::ptr_eq(&old.groups.names, &new.groups.names));
        assert!(Arc::ptr_eq(&old.groups.rule_ids, &new.groups.rule_ids));
        for at in [0, 1] {
            let [one, other] = [&old, &new].map(|snapshot| &snapshot.interfaces.all[at]);
            assert!(Arc::ptr_eq(&one.spec, &other.spec));
        }
        assert_eq!(new.interfaces().len(), 3);
    }
}
