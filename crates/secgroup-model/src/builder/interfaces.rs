//! Placing interfaces: memberships, kinds and networks.

use std::collections::HashMap;
use std::sync::Arc;

use super::networks::{Networks, network_name};
use super::{Assembly, Part, all_unchanged};
use crate::snapshot::{GroupNames, Groups, Interfaces, position};
use crate::{
    GroupIndex, GroupKind, InterfaceIndex, InterfaceSpec, MixedTypes, NetworkIndex,
    NetworkInterface, NoGroup, ProblemKind, WarningKind,
};

impl Assembly {
    /// Gives every interface a position, and resolves its groups.
    pub(super) fn place_interfaces(
        &mut self,
        parts: Vec<Part<Arc<InterfaceSpec>>>,
        groups: &Groups,
    ) -> Arc<Interfaces> {
        let previous = Arc::clone(&self.previous.interfaces);
        let same_groups = Arc::ptr_eq(&groups.names, &self.previous.groups.names);
        // Under another flag, what was allowed may be a problem now.
        let strict = (previous.without_group && self.semantics.no_group == NoGroup::Error)
            || (previous.mixed && self.semantics.mixed_types == MixedTypes::Error);
        if same_groups && !strict && all_unchanged(&parts, previous.all.len()) {
            self.warnings.extend(previous.warnings.iter().cloned());
            return previous;
        }
        let before = self.warnings.len();
        let mut placing = Interfaces {
            all: Vec::with_capacity(parts.len()),
            ..Interfaces::default()
        };
        let mut networks = Networks::behind(&groups.names.networks);
        let mut ids = (!same_ids(&parts, &previous)).then(|| HashMap::with_capacity(parts.len()));
        for (at, part) in parts.into_iter().enumerate() {
            let spec = match part {
                Part::New(spec) => spec,
                Part::Unchanged(was) => Arc::clone(&previous.all[was].spec),
            };
            let index = InterfaceIndex(position(at));
            if let Some(ids) = &mut ids
                && ids.insert(spec.id.clone(), index).is_some()
            {
                let kind = ProblemKind::DuplicateInterface(spec.id.clone());
                self.problem(spec.origin, kind);
            }
            self.place_interface(spec, groups, &mut networks, &mut placing);
        }
        placing.ids = ids.map_or_else(|| Arc::clone(&previous.ids), Arc::new);
        placing.networks = networks.all;
        placing.warnings = self.warnings[before..].to_vec();
        if !same_addresses(&placing, &previous) {
            self.check_addresses(&placing);
        }
        Arc::new(placing)
    }

    fn place_interface(
        &mut self,
        spec: Arc<InterfaceSpec>,
        groups: &Groups,
        networks: &mut Networks,
        placing: &mut Interfaces,
    ) {
        if spec.addresses.is_empty() {
            self.warning(spec.origin, WarningKind::NoAddress(spec.id.clone()));
        }
        let own = self.memberships(&spec, &groups.names);
        placing.without_group |= spec.groups.is_empty();
        placing.mixed |= self.check_kinds(&spec, &own, groups);
        let network = self.network_of(&spec, &own, groups, networks);
        placing.all.push(NetworkInterface {
            spec,
            network,
            groups: own,
        });
    }

    /// Resolves the groups of an interface.
    fn memberships(&mut self, spec: &InterfaceSpec, names: &GroupNames) -> Vec<GroupIndex> {
        let mut groups = Vec::with_capacity(spec.groups.len());
        for id in &spec.groups {
            match names.ids.get(id) {
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

    /// "All groups of an ENI have the same type" (1.5.1). Tells whether they
    /// have not.
    fn check_kinds(&mut self, spec: &InterfaceSpec, own: &[GroupIndex], groups: &Groups) -> bool {
        let first = |kind| {
            let mut own = own.iter();
            own.find(|group| groups.names.sites[group.get()].kind == kind)
        };
        let (Some(basic), Some(advanced)) = (first(GroupKind::Basic), first(GroupKind::Advanced))
        else {
            return false;
        };
        if self.semantics.mixed_types == MixedTypes::Error {
            let id = |group: &GroupIndex| groups.placed[group.get()].part.group.id.clone();
            let kind = ProblemKind::MixedKinds {
                interface: spec.id.clone(),
                basic: id(basic),
                advanced: id(advanced),
            };
            self.problem(spec.origin, kind);
        }
        true
    }

    /// "A group and its members must be of one network type and, for VPC, one
    /// VPC" (1.2). An interface that names no VPC is in that of its groups.
    fn network_of(
        &mut self,
        spec: &InterfaceSpec,
        own: &[GroupIndex],
        groups: &Groups,
        networks: &mut Networks,
    ) -> NetworkIndex {
        let site = |group: &GroupIndex| groups.names.sites[group.get()];
        let network = match (&spec.vpc, own.first()) {
            (None, Some(first)) => site(first).network,
            (vpc, _) => networks.index(vpc.as_ref()),
        };
        for group in own.iter().filter(|group| site(group).network != network) {
            let other = &groups.placed[group.get()].part.group;
            let kind = ProblemKind::OtherNetwork {
                interface: spec.id.clone(),
                interface_network: network_name(networks.all[network.get()].as_ref()),
                group: other.id.clone(),
                group_network: network_name(other.vpc.as_ref()),
            };
            self.problem(spec.origin, kind);
        }
        network
    }
}

/// Tells whether every position has an interface called as the one before.
fn same_ids(parts: &[Part<Arc<InterfaceSpec>>], previous: &Interfaces) -> bool {
    let pairs = parts.iter().zip(&previous.all);
    let mut same = pairs.enumerate().map(|(at, (part, old))| match part {
        Part::New(spec) => spec.id == *old.id(),
        Part::Unchanged(was) => *was == at,
    });
    parts.len() == previous.all.len() && same.all(|same| same)
}

/// Tells whether every position has an interface with the addresses of the one
/// before, and the same are in one network.
fn same_addresses(placing: &Interfaces, previous: &Interfaces) -> bool {
    let mut pairs = placing.all.iter().zip(&previous.all);
    placing.all.len() == previous.all.len()
        && pairs.all(|(new, old)| new.network == old.network && new.addresses() == old.addresses())
}
