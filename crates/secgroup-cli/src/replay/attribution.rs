//! Which rule, group and default decided how much, over all snapshots.
//!
//! A rule that several snapshots have is one: it is known by its group and
//! name, and looks as the latest of them has it.

use std::collections::{HashMap, HashSet};

use secgroup_model::{
    Action, Direction, NetworkInterfaceId, PlacedRule, SecurityGroupId, Snapshot,
};
use secgroup_replay::{Conversation, Count, Decider, Ranking};
use secgroup_report::sentence::{reason, tier};

use super::Found;

/// What a rule decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleTraffic<'a> {
    pub(super) group: &'a SecurityGroupId,
    pub(super) placed: PlacedRule<'a>,
    pub(super) count: Count,
}

/// What a default decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct DefaultTraffic<'a> {
    pub(super) interface: &'a NetworkInterfaceId,
    pub(super) direction: Direction,
    pub(super) action: Action,
    pub(super) count: Count,
}

impl<'a> Found<'a> {
    /// Returns the snapshots that follow each other.
    fn snapshots(&self) -> impl Iterator<Item = (usize, &'a Snapshot)> {
        let all = std::iter::once(&self.config.snapshot).chain(self.others.later());
        all.enumerate()
    }

    /// Returns what was odd about the configurations, each thing once.
    pub(super) fn warnings(&self) -> Vec<&'a str> {
        let all = self.config.warnings.iter().chain(self.others.warnings());
        let mut known = HashSet::new();
        all.map(String::as_str)
            .filter(|warning| known.insert(*warning))
            .collect()
    }

    /// Returns a snapshot by its number in the replay.
    fn snapshot(&self, number: u16) -> Option<&'a Snapshot> {
        let against = self.others.against.as_ref().map(|other| &other.snapshot);
        let mut all = self
            .snapshots()
            .map(|(_, snapshot)| snapshot)
            .chain(against);
        all.nth(number.into())
    }

    /// Returns what every rule decided.
    pub(super) fn rules(&self) -> Vec<RuleTraffic<'a>> {
        let tally = &self.done.report.tally;
        let mut all: Vec<RuleTraffic<'a>> = Vec::new();
        let mut known = HashMap::new();
        for (part, snapshot) in self.snapshots() {
            for (index, placed) in snapshot.rules() {
                let group = snapshot.group(placed.group()).id();
                let place = *known.entry((group, placed.name())).or_insert(all.len());
                let count = *tally.rule_of(part, index);
                match all.get_mut(place) {
                    Some(rule) => {
                        rule.placed = placed;
                        rule.count.merge(&count);
                    }
                    None => all.push(RuleTraffic {
                        group,
                        placed,
                        count,
                    }),
                }
            }
        }
        all
    }

    /// Returns what the inner access of every group let pass.
    pub(super) fn intra_group(&self) -> Vec<(&'a SecurityGroupId, Count)> {
        let tally = &self.done.report.tally;
        let mut all: Vec<(&SecurityGroupId, Count)> = Vec::new();
        let mut known = HashMap::new();
        for (part, snapshot) in self.snapshots() {
            for (index, group) in snapshot.groups() {
                let place = *known.entry(group.id()).or_insert(all.len());
                let count = *tally.intra_group_of(part, index);
                match all.get_mut(place) {
                    Some((_, sum)) => sum.merge(&count),
                    None => all.push((group.id(), count)),
                }
            }
        }
        all.retain(|(_, count)| count.packets > 0 || count.flows > 0);
        all
    }

    /// Returns what every default decided.
    pub(super) fn defaults(&self) -> Vec<DefaultTraffic<'a>> {
        let tally = &self.done.report.tally;
        let mut all: Vec<DefaultTraffic<'a>> = Vec::new();
        let mut known = HashMap::new();
        for (part, snapshot) in self.snapshots() {
            for found in tally.defaults_of(part, snapshot) {
                let interface = snapshot.interface(found.interface).id();
                let key = (interface, found.direction, found.action);
                let place = *known.entry(key).or_insert(all.len());
                match all.get_mut(place) {
                    Some(default) => default.count.merge(&found.count),
                    None => all.push(DefaultTraffic {
                        interface,
                        direction: found.direction,
                        action: found.action,
                        count: found.count,
                    }),
                }
            }
        }
        all
    }

    /// Names what decided about a conversation that is listed, and where.
    pub(super) fn decided(&self, ranking: &Ranking, conversation: &Conversation) -> Option<String> {
        let deciders = ranking.deciders(conversation)?;
        let mut by = self.name(&deciders.one).by();
        if deciders.are_several {
            by.push_str(", and others");
        }
        Some(by)
    }

    /// Names what decided about a flow.
    pub(super) fn name(&self, decider: &Decider) -> Named<'a> {
        let snapshot = self.snapshot(decider.part);
        let (Some(snapshot), Some((direction, side))) = (snapshot, decider.side) else {
            return Named {
                verdict: decider.outcome().name(),
                interface: None,
                tier: None,
                reason: "neither end in the snapshot".to_owned(),
            };
        };
        Named {
            verdict: decider.outcome().name(),
            interface: Some(snapshot.interface(side.interface).id()),
            tier: Some(tier(side.by)),
            reason: reason(snapshot, direction, side.by),
        }
    }
}

impl Named<'_> {
    /// Returns what decided, and where.
    pub(super) fn by(&self) -> String {
        self.by_perhaps_elsewhere(false)
    }

    /// Returns what decided, and where; where that is so, at other interfaces too.
    pub(super) fn by_perhaps_elsewhere(&self, elsewhere: bool) -> String {
        match self.interface {
            Some(interface) => format!("{} at {interface}{}", self.reason, others(elsewhere)),
            None => self.reason.clone(),
        }
    }

    /// Returns a verdict with what decided; the same as
    /// [`Named::by_perhaps_elsewhere`] about others.
    pub(super) fn in_words(&self, elsewhere: bool) -> String {
        let others = others(elsewhere);
        match self.interface {
            Some(interface) => {
                format!("{} at {interface}{others} by {}", self.verdict, self.reason)
            }
            None => self.reason.clone(),
        }
    }
}

/// Says that an interface is not the only one, where that is so.
const fn others(elsewhere: bool) -> &'static str {
    if elsewhere { " and others" } else { "" }
}

/// What decided, in names.
#[derive(Clone, Debug)]
pub(super) struct Named<'a> {
    pub(super) verdict: &'static str,
    pub(super) interface: Option<&'a NetworkInterfaceId>,
    pub(super) tier: Option<&'static str>,
    pub(super) reason: String,
}
