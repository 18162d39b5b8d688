//! Who judges: a compiled matcher, or the reference.

use secgroup_matcher::{Answer, Matcher, Side, Sides};
use secgroup_model::{Action, Decision, Flow, Note, Query, Semantics, Snapshot, Verdict, evaluate};

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
