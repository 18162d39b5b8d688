//! Placing groups: names, rule ids, and which rules must be checked.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;

use super::networks::Networks;
use super::{Assembly, Part};
use crate::snapshot::{
    GroupNames, GroupPart, Groups, Lists, PlacedGroup, References, RuleIds, Site, Standing,
    each_once, position,
};
use crate::{
    GroupIndex, MissingReference, PortList, PrefixList, ProblemKind, RuleId, SecurityGroupId,
};

/// A group on its way into its place.
struct Placing {
    part: Arc<GroupPart>,
    /// Where the previous snapshot has it.
    was: Option<usize>,
}

/// What the rules of one group need to know of everything else.
pub(super) struct Others<'a> {
    pub(super) names: &'a GroupNames,
    pub(super) prefix_lists: &'a Lists<PrefixList>,
    pub(super) port_lists: &'a Lists<PortList>,
    /// Ids that more than one rule has.
    pub(super) repeated: HashSet<RuleId>,
}

impl Assembly {
    /// Gives every group a position, and checks its rules unless neither they
    /// nor what they refer to have changed.
    pub(super) fn place_groups(
        &mut self,
        parts: Vec<Part<Arc<GroupPart>>>,
        prefix_lists: &Lists<PrefixList>,
        port_lists: &Lists<PortList>,
    ) -> Arc<Groups> {
        let previous = self.previous.clone();
        let placing = parts
            .into_iter()
            .map(|part| Placing::new(part, &previous.groups));
        let placing: Vec<Placing> = placing.collect();
        let names = self.name_groups(&placing, &previous.groups);
        let (rule_ids, repeated) = rule_ids(&placing, &previous.groups);
        let changed = References {
            groups: changed_groups(&placing, &names, &previous.groups),
            prefix_lists: each_once(previous.prefix_lists.differences(prefix_lists)),
            port_lists: each_once(previous.port_lists.differences(port_lists)),
        };
        let others = Others {
            names: &names,
            prefix_lists,
            port_lists,
            repeated,
        };
        // Under another flag, what was odd may be a problem now.
        let strict = self.semantics.missing_reference == MissingReference::Error;
        let mut placed: Vec<PlacedGroup> = Vec::with_capacity(placing.len());
        let mut seen = HashSet::new();
        for (at, Placing { part, was }) in placing.into_iter().enumerate() {
            let known = was.map(|was| &previous.groups.placed[was].standing);
            let known = known.filter(|known| {
                let refused = strict && known.missing || !others.repeated.is_empty();
                !refused && !part.references.meet(&changed)
            });
            let standing = if let Some(known) = known {
                self.warnings.extend(known.warnings.iter().cloned());
                Arc::clone(known)
            } else {
                let own = GroupIndex(position(at));
                Arc::new(self.check_rules(own, &part, &others, &mut seen))
            };
            let first = placed.last().map_or(0, |before| before.rules.end);
            let rules = first..first + position(part.rules.len());
            placed.push(PlacedGroup {
                part,
                standing,
                rules,
            });
        }
        Arc::new(Groups {
            placed,
            names,
            rule_ids,
        })
    }

    /// Gives every group and network a position.
    fn name_groups(&mut self, placing: &[Placing], previous: &Groups) -> Arc<GroupNames> {
        if same_names(placing, previous) {
            return Arc::clone(&previous.names);
        }
        let mut names = GroupNames::default();
        let mut networks = Networks::default();
        names.ids.reserve(placing.len());
        for (at, Placing { part, .. }) in placing.iter().enumerate() {
            let group = &part.group;
            let index = GroupIndex(position(at));
            if names.ids.insert(group.id.clone(), index).is_some() {
                self.problem(group.origin, ProblemKind::DuplicateGroup(group.id.clone()));
            }
            names.sites.push(Site {
                kind: group.kind,
                network: networks.index(group.vpc.as_ref()),
            });
        }
        names.networks = networks.all;
        Arc::new(names)
    }

    /// Checks the rules of a group, whatever is known about them.
    fn check_rules(
        &mut self,
        own: GroupIndex,
        part: &GroupPart,
        others: &Others<'_>,
        seen: &mut HashSet<RuleId>,
    ) -> Standing {
        let before = self.warnings.len();
        let mut missing = false;
        for named in &part.rules {
            self.check_rule(named, others, seen);
            missing |= self.check_peer(named, own, part, others);
            missing |= self.check_ports(named, others);
        }
        self.warn_of_repeats(&part.rules);
        Standing {
            missing,
            warnings: self.warnings[before..].to_vec(),
        }
    }
}

impl Placing {
    fn new(part: Part<Arc<GroupPart>>, previous: &Groups) -> Self {
        match part {
            Part::New(part) => Self { part, was: None },
            Part::Unchanged(was) => Self {
                part: Arc::clone(&previous.placed[was].part),
                was: Some(was),
            },
        }
    }
}

/// Tells whether every position has a group that is to others what the
/// previous one there was.
fn same_names(placing: &[Placing], previous: &Groups) -> bool {
    let same = |(at, (new, old)): (usize, (&Placing, &PlacedGroup))| {
        new.was == Some(at) || new.part.is_to_others(&old.part)
    };
    let pairs = placing.iter().zip(&previous.placed);
    placing.len() == previous.placed.len() && pairs.enumerate().all(same)
}

/// Returns the ids of groups that are something else to others than they were:
/// those that came or went, or have another kind or network.
fn changed_groups(
    placing: &[Placing],
    names: &Arc<GroupNames>,
    previous: &Groups,
) -> Vec<SecurityGroupId> {
    if Arc::ptr_eq(names, &previous.names) {
        return Vec::new();
    }
    let new = placing.iter().filter(|group| group.was.is_none());
    let changed = new.map(|group| &*group.part).filter(|part| {
        let was = previous.names.ids.get(&part.group.id);
        was.is_none_or(|was| !part.is_to_others(&previous.placed[was.get()].part))
    });
    let old = previous.placed.iter().map(|group| &group.part.group.id);
    let gone = old.filter(|id| !names.ids.contains_key(id));
    each_once(changed.map(|part| &part.group.id).chain(gone).collect())
}

/// Returns the ids of all rules, and those that more than one rule has.
///
/// Only ids that no rule had before are looked up.
fn rule_ids(placing: &[Placing], previous: &Groups) -> (Arc<RuleIds>, HashSet<RuleId>) {
    let mut kept = vec![false; previous.placed.len()];
    // A group that is there twice repeats all its ids.
    let new = placing.iter().filter(|group| match group.was {
        None => true,
        Some(was) => mem::replace(&mut kept[was], true),
    });
    let new: Vec<&Placing> = new.collect();
    let dropped = previous.placed.iter().zip(&kept);
    let dropped = dropped.filter(|(_, kept)| !**kept);
    let mut gone: HashSet<&RuleId> = dropped.flat_map(|(group, _)| group.part.ids()).collect();
    let fresh = new.into_iter().flat_map(|group| group.part.ids());
    let fresh: Vec<&RuleId> = fresh.filter(|id| !gone.remove(*id)).collect();
    let mut repeated = HashSet::new();
    let mut ids = Arc::clone(&previous.rule_ids);
    if !gone.is_empty() || !fresh.is_empty() {
        let ids = Arc::make_mut(&mut ids);
        for id in gone {
            ids.remove(id);
        }
        repeated.extend(fresh.into_iter().filter(|id| !ids.insert(id)).cloned());
    }
    (ids, repeated)
}
