//! Checking the parts of a snapshot and putting them together.

mod addresses;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Family, GroupIndex, GroupKind, GroupSpec, InterfaceIndex, InterfaceSpec, MAX_PORT_LIST_ENTRIES,
    MAX_PREFIX_LIST_ENTRIES, MissingReference, MixedTypes, NetworkIndex, NetworkInterface, NoGroup,
    Origin, PortList, PortListId, PrefixList, PrefixListId, Problem, ProblemKind, SecurityGroup,
    Semantics, Snapshot, VpcId, Warning, WarningKind,
};

/// Collects the parts of a snapshot and checks them whole.
#[derive(Clone, Debug, Default)]
pub struct SnapshotBuilder {
    groups: Vec<GroupSpec>,
    interfaces: Vec<InterfaceSpec>,
    prefix_lists: Vec<PrefixList>,
    port_lists: Vec<PortList>,
}

/// A snapshot, with what was odd about its parts.
#[derive(Clone, Debug)]
pub struct Built {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What was odd, in input order of its kind.
    pub warnings: Vec<Warning>,
}

impl SnapshotBuilder {
    /// Returns a builder without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a security group with its rules.
    pub fn group(&mut self, group: GroupSpec) -> &mut Self {
        self.groups.push(group);
        self
    }

    /// Adds a network interface.
    pub fn interface(&mut self, interface: InterfaceSpec) -> &mut Self {
        self.interfaces.push(interface);
        self
    }

    /// Adds a prefix list.
    pub fn prefix_list(&mut self, list: PrefixList) -> &mut Self {
        self.prefix_lists.push(list);
        self
    }

    /// Adds a port list.
    pub fn port_list(&mut self, list: PortList) -> &mut Self {
        self.port_lists.push(list);
        self
    }

    /// Resolves every reference and checks every rule of sections 1 and 2 that
    /// concerns more than one value.
    ///
    /// # Errors
    ///
    /// Returns every [`Problem`] of every part, in input order of its kind.
    pub fn build(self, semantics: &Semantics) -> Result<Built, Vec<Problem>> {
        let mut assembly = Assembly::new(*semantics);
        if let Some(problem) = self.too_large() {
            return Err(vec![problem]);
        }
        assembly.name_lists(&self.prefix_lists, &self.port_lists);
        assembly.name_groups(&self.groups);
        assembly.place_rules(self.groups);
        assembly.place_interfaces(self.interfaces);
        assembly.check_addresses();
        if !assembly.problems.is_empty() {
            return Err(assembly.problems);
        }
        let mut snapshot = assembly.snapshot;
        snapshot.prefix_lists = self.prefix_lists;
        snapshot.port_lists = self.port_lists;
        Ok(Built {
            snapshot,
            warnings: assembly.warnings,
        })
    }

    /// Refuses what indices of 32 bits cannot count; they stay below half of
    /// that, so that engines may put a bit beside an index.
    fn too_large(&self) -> Option<Problem> {
        const MOST: u32 = u32::MAX / 2;
        let rules = self
            .groups
            .iter()
            .map(|group| group.rules.len())
            .sum::<usize>();
        let greatest = rules.max(self.groups.len()).max(self.interfaces.len());
        let fits = u32::try_from(greatest).is_ok_and(|count| count <= MOST);
        (!fits).then_some(Problem {
            origin: Origin::default(),
            kind: ProblemKind::TooLarge(MOST),
        })
    }
}

/// A snapshot in the making, with what was found so far.
#[derive(Debug)]
struct Assembly {
    semantics: Semantics,
    snapshot: Snapshot,
    network_ids: BTreeMap<Option<VpcId>, NetworkIndex>,
    prefix_list_ids: BTreeMap<PrefixListId, usize>,
    port_list_ids: BTreeMap<PortListId, usize>,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Assembly {
    fn new(semantics: Semantics) -> Self {
        Self {
            semantics,
            snapshot: Snapshot {
                networks: Vec::new(),
                groups: Vec::new(),
                rules: Vec::new(),
                interfaces: Vec::new(),
                prefix_lists: Vec::new(),
                port_lists: Vec::new(),
                group_ids: BTreeMap::new(),
                interface_ids: BTreeMap::new(),
            },
            network_ids: BTreeMap::new(),
            prefix_list_ids: BTreeMap::new(),
            port_list_ids: BTreeMap::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn problem(&mut self, origin: Origin, kind: ProblemKind) {
        self.problems.push(Problem { origin, kind });
    }

    fn warning(&mut self, origin: Origin, kind: WarningKind) {
        self.warnings.push(Warning { origin, kind });
    }

    /// Gives every list a position, and checks the lists themselves (1.6, 1.7).
    fn name_lists(&mut self, prefix_lists: &[PrefixList], port_lists: &[PortList]) {
        for (at, list) in prefix_lists.iter().enumerate() {
            if self.prefix_list_ids.insert(list.id.clone(), at).is_some() {
                self.problem(
                    list.origin,
                    ProblemKind::DuplicatePrefixList(list.id.clone()),
                );
            }
            self.check_prefix_list(list);
        }
        for (at, list) in port_lists.iter().enumerate() {
            if self.port_list_ids.insert(list.id.clone(), at).is_some() {
                self.problem(list.origin, ProblemKind::DuplicatePortList(list.id.clone()));
            }
            let own = list.max_entries.unwrap_or(MAX_PORT_LIST_ENTRIES);
            let (entries, limit) = (list.entries.len(), own.min(MAX_PORT_LIST_ENTRIES));
            if entries > limit as usize {
                let kind = ProblemKind::TooManyPorts {
                    list: list.id.clone(),
                    entries,
                    limit,
                };
                self.problem(list.origin, kind);
            }
        }
    }

    /// "Entries are unique as CIDRs", of the list's family, at most `MaxEntries` (1.6).
    fn check_prefix_list(&mut self, list: &PrefixList) {
        let own = list.max_entries.unwrap_or(MAX_PREFIX_LIST_ENTRIES);
        let limit = own.min(MAX_PREFIX_LIST_ENTRIES);
        if list.entries.len() > limit as usize {
            let entries = list.entries.len();
            self.problem(
                list.origin,
                ProblemKind::TooManyEntries {
                    list: list.id.clone(),
                    entries,
                    limit,
                },
            );
        }
        let family = list
            .family
            .or_else(|| list.entries.first().map(|entry| entry.family()));
        let family = family.unwrap_or(Family::V4);
        let mut seen = BTreeSet::new();
        for entry in list.entries.iter().copied() {
            let list_id = list.id.clone();
            if entry.family() != family {
                self.problem(
                    list.origin,
                    ProblemKind::EntryFamily {
                        list: list_id,
                        family,
                        entry,
                    },
                );
            } else if !seen.insert(entry) {
                self.warning(
                    list.origin,
                    WarningKind::RepeatedEntry {
                        list: list_id,
                        entry,
                    },
                );
            }
        }
    }

    /// Gives every group and network a position.
    fn name_groups(&mut self, groups: &[GroupSpec]) {
        for (at, group) in groups.iter().enumerate() {
            let index = GroupIndex(u32::try_from(at).expect("`too_large` counted the groups"));
            if self
                .snapshot
                .group_ids
                .insert(group.id.clone(), index)
                .is_some()
            {
                self.problem(group.origin, ProblemKind::DuplicateGroup(group.id.clone()));
            }
            self.network(group.vpc.as_ref());
        }
    }

    /// Returns the network of a VPC, or the classic network, adding it when new.
    fn network(&mut self, vpc: Option<&VpcId>) -> NetworkIndex {
        let networks = &mut self.snapshot.networks;
        *self.network_ids.entry(vpc.cloned()).or_insert_with(|| {
            let at = networks.len();
            networks.push(vpc.cloned());
            NetworkIndex(u32::try_from(at).expect("every network has a group or an interface"))
        })
    }

    fn place_interfaces(&mut self, interfaces: Vec<InterfaceSpec>) {
        for (at, spec) in interfaces.into_iter().enumerate() {
            let index =
                InterfaceIndex(u32::try_from(at).expect("`too_large` counted the interfaces"));
            if self
                .snapshot
                .interface_ids
                .insert(spec.id.clone(), index)
                .is_some()
            {
                self.problem(
                    spec.origin,
                    ProblemKind::DuplicateInterface(spec.id.clone()),
                );
            }
            if spec.addresses.is_empty() {
                self.warning(spec.origin, WarningKind::NoAddress(spec.id.clone()));
            }
            let groups = self.memberships(&spec);
            self.check_kinds(&spec, &groups);
            let network = self.network_of(&spec, &groups);
            self.snapshot.interfaces.push(NetworkInterface {
                id: spec.id,
                instance: spec.instance,
                role: spec.role,
                network,
                addresses: spec.addresses,
                groups,
                timers: spec.timers,
                origin: spec.origin,
            });
        }
    }

    /// Resolves the groups of an interface.
    fn memberships(&mut self, spec: &InterfaceSpec) -> Vec<GroupIndex> {
        let mut groups = Vec::with_capacity(spec.groups.len());
        for id in &spec.groups {
            match self.snapshot.group_ids.get(id) {
                Some(group) => groups.push(*group),
                None => self.problem(
                    spec.origin,
                    ProblemKind::UnknownMembership {
                        interface: spec.id.clone(),
                        group: id.clone(),
                    },
                ),
            }
        }
        if spec.groups.is_empty() && self.semantics.no_group == NoGroup::Error {
            self.problem(spec.origin, ProblemKind::NoGroups(spec.id.clone()));
        }
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// "All groups of an ENI have the same type" (1.5.1).
    fn check_kinds(&mut self, spec: &InterfaceSpec, groups: &[GroupIndex]) {
        let first = |kind| {
            let own = groups.iter().map(|group| self.snapshot.group(*group));
            own.into_iter()
                .find(|group| group.kind == kind)
                .map(|group| group.id.clone())
        };
        let (basic, advanced) = (first(GroupKind::Basic), first(GroupKind::Advanced));
        if let (Some(basic), Some(advanced), MixedTypes::Error) =
            (basic, advanced, self.semantics.mixed_types)
        {
            let interface = spec.id.clone();
            self.problem(
                spec.origin,
                ProblemKind::MixedKinds {
                    interface,
                    basic,
                    advanced,
                },
            );
        }
    }

    /// "A group and its members must be of one network type and, for VPC, one
    /// VPC" (1.2). An interface that names no VPC is in that of its groups.
    fn network_of(&mut self, spec: &InterfaceSpec, groups: &[GroupIndex]) -> NetworkIndex {
        let first = groups
            .first()
            .and_then(|group| self.snapshot.group(*group).vpc.clone());
        let vpc = spec.vpc.clone().or(first);
        for group in groups {
            let SecurityGroup { id, vpc: other, .. } = self.snapshot.group(*group);
            if *other != vpc {
                let kind = ProblemKind::OtherNetwork {
                    interface: spec.id.clone(),
                    interface_network: network_name(vpc.as_ref()),
                    group: id.clone(),
                    group_network: network_name(other.as_ref()),
                };
                self.problem(spec.origin, kind);
            }
        }
        self.network(vpc.as_ref())
    }

    /// Tells whether a missing reference is a problem; otherwise warns of it.
    fn missing(&mut self, origin: Origin, rule: &str, target: &str) -> bool {
        match self.semantics.missing_reference {
            MissingReference::Error => true,
            MissingReference::NoMatch => {
                let (rule, target) = (rule.to_owned(), target.to_owned());
                self.warning(origin, WarningKind::MissingReference { rule, target });
                false
            }
        }
    }
}

/// Names a network in a message.
fn network_name(vpc: Option<&VpcId>) -> String {
    vpc.map_or_else(
        || "the classic network".to_owned(),
        |vpc| format!("VPC `{vpc}`"),
    )
}
