//! Every rule of an interface, and how it fits a flow.

use std::cmp::Reverse;

use crate::rule_match::rule_match;
use crate::{Action, Direction, InterfaceIndex, Query, RuleIndex, RuleMatch, Semantics, Snapshot};

/// One rule of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleIndex,
    /// How it fits.
    pub result: RuleMatch,
}

/// Returns the rules that an interface asks in one direction, in order of
/// precedence (3.3), each with the first condition that fails, if one does.
///
/// Rules of equal priority and action keep their input order; which of them is
/// reported as deciding is told by [`crate::evaluate`] (3.3.5).
#[must_use]
pub fn explain(
    snapshot: &Snapshot,
    semantics: &Semantics,
    query: &Query,
    interface: InterfaceIndex,
    direction: Direction,
) -> Vec<RuleTrace> {
    let groups = snapshot.interface(interface).groups().iter();
    let mut rules: Vec<_> = groups
        .flat_map(|group| snapshot.rules_of(*group))
        .filter(|(_, placed)| placed.rule().direction == direction)
        .collect();
    rules.sort_by_key(|(index, placed)| {
        let rule = placed.rule();
        (
            rule.priority.get(),
            Reverse(rule.action == Action::Drop),
            *index,
        )
    });
    let trace = |(rule, placed)| RuleTrace {
        rule,
        result: rule_match(snapshot, semantics, placed, query),
    };
    rules.into_iter().map(trace).collect()
}
