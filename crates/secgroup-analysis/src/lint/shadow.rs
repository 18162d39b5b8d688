//! Rules that never decide, because others decide first.
//!
//! A rule is *shadowed* when some of what it matches is decided otherwise than
//! it says, and *redundant* when rules of no lower precedence do the same for
//! all of it (5.9). Both hold for every set of groups that its group is in, and
//! for the families that the interfaces there have.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt};
use secgroup_model::{Action, RuleIndex, Snapshot};

use super::{About, Finding, Lint, RuleSet, Severity, Subject, boxes};
use crate::decider::Decider;
use crate::diagram::{Diagrams, Node, TooComplex};
use crate::flow_set;
use crate::hop::Hops;
use crate::workers::Workers;

/// Decided otherwise, by others.
pub(super) const SHADOWED: Lint = Lint {
    code: "shadowed-rule",
    summary: "a rule that other rules keep from ever deciding, against what it says",
};

/// Decided the same, by others.
pub(super) const REDUNDANT: Lint = Lint {
    code: "redundant-rule",
    summary: "a rule that says what rules of the same or higher precedence say already",
};

/// Up to how many deciding rules all pairs are tried.
const MOST_PAIRED: usize = 16;

/// Why a rule never decides.
struct Reason {
    shadowed: bool,
    /// Rules that together cover it, one with the other action first.
    by: Vec<RuleIndex>,
}

pub(super) fn find(
    subject: &Subject<'_>,
    workers: &Workers<'_>,
    found: &mut Vec<Finding>,
) -> Result<(), TooComplex> {
    // A rule that decides in one policy is alive.
    let mut alive: BTreeMap<RuleIndex, bool> = BTreeMap::new();
    for set in &subject.sets {
        for (rule, decides) in set.rules.iter().zip(&set.decides) {
            *alive.entry(rule.rule).or_default() |= *decides;
        }
    }
    // Each dead rule is explained once, where it is met first.
    let mut told = BTreeSet::new();
    let mut dead: Vec<(&RuleSet, Vec<usize>)> = Vec::new();
    for set in &subject.sets {
        let places = set.rules.iter().enumerate().filter(|(_, rule)| {
            let matches = rule.within(set.families).next().is_some();
            let dead = !alive[&rule.rule] && matches && !rule.unknown;
            dead && told.insert(rule.rule)
        });
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        if !places.is_empty() {
            dead.push((set, places));
        }
    }
    subject.find_each(
        workers,
        &dead,
        |(set, _)| &set.policy,
        found,
        |hops, (set, places)| {
            let mut covering = Covering::new(subject.snapshot, set);
            let explained = places.iter().map(|place| {
                let reason = covering.reason(*place)?;
                finding(subject, hops, set, *place, reason)
            });
            explained.collect::<Result<Vec<_>, _>>()
        },
    )
}

fn finding(
    subject: &Subject<'_>,
    hops: &mut Hops<'_>,
    set: &RuleSet,
    place: usize,
    reason: Reason,
) -> Result<Finding, TooComplex> {
    let rule = &set.rules[place];
    let (interfaces, direction) = (&set.policy.interfaces, set.direction);
    let own = subject.snapshot.rule(rule.rule).rule().action;
    let Reason { shadowed, by } = reason;
    let wanted = |decider: Decider| {
        let blocks = matches!(decider.by, secgroup_model::DecidedBy::Rule(_));
        blocks && (decider.action != own) == shadowed
    };
    let witness = subject.witness(hops, interfaces, direction, &boxes(rule), &wanted)?;
    let names: Vec<String> = by.iter().map(|rule| subject.words(*rule)).collect();
    let (lint, severity, verb) = match (shadowed, own) {
        (true, Action::Drop) => (
            SHADOWED,
            Severity::Error,
            "never drops anything, shadowed by",
        ),
        (true, Action::Accept) => (
            SHADOWED,
            Severity::Warning,
            "never accepts anything, shadowed by",
        ),
        (false, _) => (REDUNDANT, Severity::Note, "changes nothing beside"),
    };
    Ok(Finding {
        lint,
        severity,
        about: About::Rule(rule.rule),
        message: format!("{} {verb} {}", subject.words(rule.rule), listed(&names)),
        related: by,
        witness,
    })
}

/// Joins some rules in words.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    let shown = names
        .iter()
        .take(MOST)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// What covers what, in one rule set.
struct Covering<'a> {
    snapshot: &'a Snapshot,
    set: &'a RuleSet,
    diagrams: Diagrams,
    nodes: HashMap<usize, Node>,
}

impl<'a> Covering<'a> {
    fn new(snapshot: &'a Snapshot, set: &'a RuleSet) -> Self {
        Self {
            snapshot,
            set,
            diagrams: Diagrams::new(),
            nodes: HashMap::new(),
        }
    }

    fn action(&self, place: usize) -> Action {
        self.snapshot.rule(self.set.rules[place].rule).rule().action
    }

    fn meet(&self, one: usize, other: usize) -> bool {
        self.set.rules[one].meets(&self.set.rules[other], self.set.families)
    }

    /// Finds the least set of rules before `place` that covers the rule there.
    fn reason(&mut self, place: usize) -> Result<Reason, TooComplex> {
        let rule = &self.set.rules[place];
        let own = self.action(place);
        let before: Vec<usize> = (0..place)
            .filter(|at| !self.set.rules[*at].unknown && self.meet(*at, place))
            .collect();
        let alone = |wanted: bool| {
            before.iter().copied().find(|at| {
                let covers = self.set.rules[*at].covers(rule, self.set.families);
                (self.action(*at) != own) == wanted && covers
            })
        };
        if let Some(at) = alone(true) {
            return Ok(self.because(true, &[at]));
        }
        if let Some(at) = alone(false) {
            return Ok(self.because(false, &[at]));
        }
        let same: Vec<usize> = before
            .iter()
            .copied()
            .filter(|at| self.action(*at) == own)
            .collect();
        let rest = self.without(place, &same)?;
        if rest == Node::leaf(0) {
            let least = self.least(place, same)?;
            return Ok(self.because(false, &least));
        }
        let mut least = self.least(place, before)?;
        // What decides otherwise is named first.
        least.sort_by_key(|at| (self.action(*at) == own, *at));
        Ok(self.because(true, &least))
    }

    fn because(&self, shadowed: bool, places: &[usize]) -> Reason {
        let by = places.iter().map(|at| self.set.rules[*at].rule).collect();
        Reason { shadowed, by }
    }

    /// Leaves out what is not needed to cover a rule; two where two suffice
    /// and few are to be tried.
    fn least(&mut self, place: usize, all: Vec<usize>) -> Result<Vec<usize>, TooComplex> {
        let mut needed = all.clone();
        // The last ones first: what decides earlier is the better reason.
        for at in all.into_iter().rev() {
            let rest: Vec<usize> = needed.iter().copied().filter(|one| *one != at).collect();
            if self.without(place, &rest)? == Node::leaf(0) {
                needed = rest;
            }
        }
        if needed.len() > 2 && needed.len() <= MOST_PAIRED {
            let before: Vec<usize> = (0..place)
                .filter(|at| self.meet(*at, place))
                .take(MOST_PAIRED)
                .collect();
            for one in &before {
                for other in before.iter().filter(|other| *other > one) {
                    if self.without(place, &[*one, *other])? == Node::leaf(0) {
                        return Ok(vec![*one, *other]);
                    }
                }
            }
        }
        Ok(needed)
    }

    /// Returns what is left of a rule without what others match.
    fn without(&mut self, place: usize, others: &[usize]) -> Result<Node, TooComplex> {
        let mut rest = self.node(place)?;
        for at in others {
            if rest == Node::leaf(0) {
                break;
            }
            let other = self.node(*at)?;
            let minus = &mut |a, b| u32::from(a == 1 && b == 0);
            rest = self.diagrams.combine(rest, other, minus)?;
        }
        Ok(rest)
    }

    fn node(&mut self, place: usize) -> Result<Node, TooComplex> {
        if let Some(known) = self.nodes.get(&place) {
            return Ok(*known);
        }
        let mut node = Node::leaf(0);
        for flows in self.set.rules[place].within(self.set.families) {
            let one = flow_set::node_of(&mut self.diagrams, flows)?;
            node = self.diagrams.combine(node, one, &mut |a, b| a | b)?;
        }
        self.nodes.insert(place, node);
        Ok(node)
    }
}
