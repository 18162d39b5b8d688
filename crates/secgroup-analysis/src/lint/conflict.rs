//! Accept and drop at one priority about the same flows: the drop wins (3.3.2).

use std::collections::BTreeMap;

use secgroup_model::{Action, DecidedBy, RuleIndex};

use super::{About, Finding, Lint, Severity, Subject};
use crate::decider::Decider;
use crate::diagram::{Diagrams, TooComplex};
use crate::flow_box::FlowBox;
use crate::hop::FAMILIES;
use crate::policy::first_of;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "priority-conflict",
    summary: "an accept and a drop of the same priority about the same flows; the drop wins",
};

pub(super) fn find(subject: &mut Subject<'_>, found: &mut Vec<Finding>) -> Result<(), TooComplex> {
    // Each accept rule once, with every drop that takes something from it.
    let mut conflicts: BTreeMap<RuleIndex, (usize, Vec<RuleIndex>)> = BTreeMap::new();
    for at in 0..subject.sets.len() {
        let set = &subject.sets[at];
        let priority = |rule: RuleIndex| subject.snapshot.rule(rule).rule().priority.get();
        let action = |rule: RuleIndex| subject.snapshot.rule(rule).rule().action;
        let mut diagrams = Diagrams::new();
        let node = first_of(&mut diagrams, &set.rules.iter().collect::<Vec<_>>())?;
        for one in &set.rules {
            if action(one.rule) == Action::Drop || one.unknown {
                continue;
            }
            let mut drops = Vec::new();
            for (family, flows) in FAMILIES.into_iter().zip(&one.flows) {
                let Some(flows) = flows else { continue };
                let branch = diagrams.branch(node, family);
                for condition in crate::flow_set::conditions(flows) {
                    for place in diagrams.values_within(branch, &condition) {
                        let Some(place) = place.checked_sub(1) else {
                            continue;
                        };
                        let other = set.rules[place as usize].rule;
                        let ties = priority(other) == priority(one.rule);
                        if ties && action(other) == Action::Drop {
                            drops.push(other);
                        }
                    }
                }
            }
            if !drops.is_empty() {
                let known = conflicts
                    .entry(one.rule)
                    .or_insert_with(|| (at, Vec::new()));
                known.1.extend(drops);
            }
        }
    }
    for (accept, (at, mut drops)) in conflicts {
        drops.sort_unstable();
        drops.dedup();
        let finding = finding(subject, at, accept, drops)?;
        found.push(finding);
    }
    Ok(())
}

fn finding(
    subject: &mut Subject<'_>,
    at: usize,
    accept: RuleIndex,
    drops: Vec<RuleIndex>,
) -> Result<Finding, TooComplex> {
    let set = &subject.sets[at];
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
    let (interfaces, direction) = (set.policy.interfaces.clone(), set.direction);
    let first = drops[0];
    let wanted = |decider: Decider| decider.by == DecidedBy::Rule(first);
    let witness = subject.witness(&interfaces, direction, &both, &wanted)?;
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
