//! Who judges: a compiled matcher, or the reference.

use secgroup_matcher::classifier::Header;
use secgroup_matcher::{Answer, Found, Matcher, Side, Sides};
use secgroup_model::{
    Action, Decision, Family, Flow, Note, Query, Semantics, Snapshot, Verdict, evaluate,
};

/// A judge of flows. All give the same answers; they differ in speed.
#[derive(Debug)]
pub enum Judge<'a> {
    /// A compiled snapshot.
    Matcher(Box<Matcher>),
    /// The reference evaluator: slow, and the measure of all others.
    Reference {
        /// The snapshot.
        snapshot: &'a Snapshot,
        /// The flags.
        semantics: Semantics,
    },
}

impl Judge<'_> {
    /// Judges a batch of flows; `answers[i]` becomes the answer about `flows[i]`.
    ///
    /// # Panics
    ///
    /// Panics when the two slices differ in length.
    pub fn decide(&self, flows: &[Flow], answers: &mut [Answer]) {
        match self {
            Self::Matcher(matcher) => matcher.decide(flows, answers),
            Self::Reference {
                snapshot,
                semantics,
            } => {
                assert_eq!(flows.len(), answers.len(), "one answer per flow");
                for (flow, answer) in flows.iter().zip(answers) {
                    *answer = by_reference(snapshot, semantics, *flow);
                }
            }
        }
    }

    /// Finds what decides about headers of IPv4, as [`Matcher::find_v4`] does.
    pub(crate) fn find_v4(&self, headers: &[Header<u32>], found: &mut [Found]) {
        match self {
            Self::Matcher(matcher) => matcher.find_v4(headers, found),
            Self::Reference { .. } => found.fill(Found::OTHERWISE),
        }
    }

    /// As [`Judge::find_v4`], of IPv6.
    pub(crate) fn find_v6(&self, headers: &[Header<u128>], found: &mut [Found]) {
        match self {
            Self::Matcher(matcher) => matcher.find_v6(headers, found),
            Self::Reference { .. } => found.fill(Found::OTHERWISE),
        }
    }

    /// Returns the answer about a flow of which this judge found what decides.
    pub(crate) fn sides(&self, found: Found, family: Family) -> Option<Sides> {
        match self {
            Self::Matcher(matcher) => matcher.sides(found, family),
            Self::Reference { .. } => None,
        }
    }

    /// Judges one flow.
    #[must_use]
    pub fn decide_one(&self, flow: &Flow) -> Answer {
        match self {
            Self::Matcher(matcher) => matcher.decide_one(flow),
            Self::Reference {
                snapshot,
                semantics,
            } => by_reference(snapshot, semantics, *flow),
        }
    }
}

/// Asks the reference, in the form of a matcher's answer.
fn by_reference(snapshot: &Snapshot, semantics: &Semantics, flow: Flow) -> Answer {
    match evaluate(snapshot, semantics, &Query::from(flow)) {
        Err(ambiguous) => Answer::Ambiguous(ambiguous),
        Ok(evaluation) => Answer::Judged(Sides {
            egress: evaluation.egress.map(side),
            ingress: evaluation.ingress.map(side),
            contested: evaluation.notes.contains(&Note::ContestedIntraGroupEgress),
        }),
    }
}

fn side(verdict: Verdict) -> Side {
    let action = match verdict.decision {
        Decision::Accept => Action::Accept,
        Decision::Drop => Action::Drop,
        Decision::Depends => unreachable!("a flow, unlike a query, leaves nothing open"),
    };
    Side {
        interface: verdict.interface,
        action,
        by: verdict.by,
    }
}
