//! Accept and drop at one priority about the same flows: the drop wins (3.3.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use secgroup_model::{Action, DecidedBy, RuleIndex, Snapshot};

use super::{About, Finding, Lint, RuleSet, Severity, Subject};
use crate::decider::Decider;
use crate::diagram::{Diagrams, Node, TooComplex};
use crate::flow_box::FlowBox;
use crate::hop::{FAMILIES, Hops};
use crate::policy::Whole;
use crate::workers::Workers;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "priority-conflict",
    summary: "an accept and a drop of the same priority about the same flows; the drop wins",
};

/// Returns the accept rules of a list that lose flows to drops of the same
/// priority; `node` tells which of the rules is first.
pub(super) fn ties(
    snapshot: &Snapshot,
    rules: &[Arc<Whole>],
    diagrams: &Diagrams,
    node: Node,
) -> Vec<(RuleIndex, Vec<RuleIndex>)> {
    let rule = |index: RuleIndex| snapshot.rule(index).rule();
    let mut ties = Vec::new();
    for one in rules {
        let own = rule(one.rule);
        if own.action == Action::Drop || one.unknown {
            continue;
        }
        let mut drops = Vec::new();
        for (family, flows) in FAMILIES.into_iter().zip(&one.flows) {
            let Some(flows) = flows else { continue };
            let branch = diagrams.branch(node, family);
            for condition in crate::flow_set::conditions(flows) {
                let places = diagrams.values_within(branch, &condition).into_iter();
                let first = places.filter_map(|place| place.checked_sub(1));
                drops.extend(
                    first
                        .map(|place| rules[place as usize].rule)
                        .filter(|other| {
                            let other = rule(*other);
                            other.priority == own.priority && other.action == Action::Drop
                        }),
                );
            }
        }
        if !drops.is_empty() {
            ties.push((one.rule, drops));
        }
    }
    ties
}

pub(super) fn find(
    subject: &Subject<'_>,
    workers: &Workers<'_>,
    found: &mut Vec<Finding>,
) -> Result<(), TooComplex> {
    // Each accept rule once, with every drop that takes something from it.
    let mut conflicts: BTreeMap<RuleIndex, (&RuleSet, Vec<RuleIndex>)> = BTreeMap::new();
    for set in &subject.sets {
        for (accept, drops) in &set.ties {
            let known = conflicts.entry(*accept).or_insert((set, Vec::new()));
            known.1.extend(drops);
        }
    }
    let conflicts: Vec<_> = conflicts.into_iter().collect();
    subject.find_each(
        workers,
        &conflicts,
        |(_, (set, _))| &set.policy,
        found,
        |hops, (accept, (set, drops))| {
            let mut drops = drops.clone();
            drops.sort_unstable();
            drops.dedup();
            finding(subject, hops, set, *accept, drops).map(Some)
        },
    )
}

fn finding(
    subject: &Subject<'_>,
    hops: &mut Hops<'_>,
    set: &RuleSet,
    accept: RuleIndex,
    drops: Vec<RuleIndex>,
) -> Result<Finding, TooComplex> {
    let of = |rule: RuleIndex| set.rules.iter().find(|one| one.rule == rule).cloned();
    let both: Vec<FlowBox> = match (of(accept), of(drops[0])) {
        (Some(one), Some(other)) => one
            .flows
            .iter()
            .flatten()
            .flat_map(|flows| {
                let others = other.flows.iter().flatten();
                others
                    .filter_map(|other| flows.intersection(other))
                    .collect::<Vec<_>>()
            })
            .collect(),
        _ => Vec::new(),
    };
    let (interfaces, direction) = (&set.policy.interfaces, set.direction);
    let first = drops[0];
    let wanted = |decider: Decider| decider.by == DecidedBy::Rule(first);
    let witness = subject.witness(hops, interfaces, direction, &both, &wanted)?;
    let more = match drops.len() - 1 {
        0 => String::new(),
        more => format!(", and to {more} more"),
    };
    Ok(Finding {
        lint: LINT,
        severity: Severity::Warning,
        about: About::Rule(accept),
        message: format!(
            "{} loses flows to a drop of the same priority, {}{more}",
            subject.words(accept),
            subject.words(first)
        ),
        related: drops,
        witness,
    })
}
