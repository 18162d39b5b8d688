//! Questions that leave ports or the ICMP type open (3.5.9).
//!
//! Every completion that can matter is judged as a known flow, in
//! [`super`]; here the answers are put together.

use super::{Hop, completions};
use crate::{Action, DecidedBy, Decision, Evaluation, Outcome, Query, Verdict};

impl Hop<'_> {
    /// Judges a question: what is open is tried in every way that can matter.
    ///
    /// "If the verdict depends on it, answer depends and name the rule" (3.5.9).
    pub(super) fn judge(&self) -> Verdict {
        if !completions::is_open(self.query) {
            return self.judge_known();
        }
        let all = completions::of(self.query, &[*self]);
        let verdicts: Vec<Verdict> = all
            .queries
            .iter()
            .map(|query| Hop { query, ..*self }.judge_known())
            .collect();
        let alike = |decision| verdicts.iter().filter(move |one| one.decision == decision);
        let strongest = |decision| alike(decision).min_by_key(|one| self.strength(one.by));
        match (strongest(Decision::Accept), strongest(Decision::Drop)) {
            (Some(accept), Some(drop)) => {
                let accept_first = self.strength(accept.by) < self.strength(drop.by);
                let (by, otherwise) = if accept_first {
                    (accept.by, drop.by)
                } else {
                    (drop.by, accept.by)
                };
                self.verdict(Decision::Depends, by, Some(otherwise))
            }
            (Some(only), None) | (None, Some(only)) if !all.complete => {
                self.verdict(Decision::Depends, only.by, None)
            }
            // All agree: the weakest is the one that holds whatever is open.
            _ => *verdicts
                .iter()
                .max_by_key(|one| self.strength(one.by))
                .expect("an open question has a completion"),
        }
    }

    /// Orders what can decide: the earlier tier, then the stronger rule (3.1, 3.3).
    fn strength(&self, by: DecidedBy) -> (u8, u8, bool, u32) {
        match by {
            DecidedBy::Platform(exception) => (0, exception as u8, false, 0),
            DecidedBy::Session => (1, 0, false, 0),
            DecidedBy::OrphanFragment => (2, 0, false, 0),
            DecidedBy::IntraGroup(group) => (3, 0, false, group.0),
            DecidedBy::Rule(index) => {
                let rule = self.snapshot.rule(index).rule();
                (
                    4,
                    rule.priority.get(),
                    rule.action == Action::Accept,
                    index.0,
                )
            }
            DecidedBy::Default(_) => (5, 0, false, 0),
        }
    }
}

/// Tells what both sides come to for every value of what is open, if that is
/// one thing: each may let through exactly what the other drops.
pub(super) fn together(query: &Query, egress: Hop<'_>, ingress: Hop<'_>) -> Option<Outcome> {
    let all = completions::of(query, &[egress, ingress]);
    let mut outcomes = all.queries.iter().map(|query| {
        Evaluation {
            egress: Some(Hop { query, ..egress }.judge_known()),
            ingress: Some(Hop { query, ..ingress }.judge_known()),
            settled: None,
            notes: Vec::new(),
        }
        .outcome()
    });
    let first = outcomes.next()?;
    (all.complete && outcomes.all(|other| other == first)).then_some(first)
}
