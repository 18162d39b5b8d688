//! Assertions about all flows between two ends.
//!
//! An assertion holds for every flow of a question, or for some. One about no
//! flow at all does not hold: a test of nothing proves nothing. Traffic that
//! the platform decides about (3.9) does not count, unless it is asked for.

use std::collections::BTreeSet;

use secgroup_model::{DecidedBy, Outcome, RuleIndex, Semantics, Snapshot};

use crate::diagram::TooComplex;
use crate::search::{Passage, Search, search};

/// What is asserted about the flows of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// Every flow passes.
    AllAccepted,
    /// Every flow is dropped.
    AllDropped,
    /// Some flow passes.
    SomeAccepted,
    /// Some flow is dropped.
    SomeDropped,
}

/// An assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The flows it is about: of any of these questions.
    pub questions: Vec<Search>,
    /// What becomes of them.
    pub expected: Expected,
    /// Whether traffic that the platform decides about counts.
    pub platform: bool,
}

/// What became of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It holds.
    Yes,
    /// It does not: these flows are against it, or all there are where some
    /// other ones are missed.
    No(Vec<Passage>),
    /// There is no flow that it could be about.
    Empty,
    /// It hangs on something missing (3.6.5): these flows do.
    Depends(Vec<Passage>),
}

/// An assertion that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What became of it.
    pub held: Held,
    /// The rules that decide about its flows.
    pub rules: BTreeSet<RuleIndex>,
}

/// Tries an assertion.
///
/// # Errors
///
/// Returns [`TooComplex`] when its flows cannot be written down.
pub fn assert(
    snapshot: &Snapshot,
    semantics: &Semantics,
    assertion: &Assertion,
) -> Result<Tried, TooComplex> {
    let mut passages = Vec::new();
    for question in &assertion.questions {
        let found = search(snapshot, semantics, question)?;
        passages.extend(
            found
                .into_iter()
                .filter(|one| assertion.platform || !one.is_platform()),
        );
    }
    let by = |passage: &Passage| {
        let sides = [passage.egress, passage.ingress].into_iter().flatten();
        let rules = sides.filter_map(|side| match side.by {
            DecidedBy::Rule(rule) => Some(rule),
            DecidedBy::Session
            | DecidedBy::Platform(_)
            | DecidedBy::OrphanFragment
            | DecidedBy::IntraGroup(_)
            | DecidedBy::Default(_) => None,
        });
        rules.collect::<Vec<_>>()
    };
    let rules = passages.iter().flat_map(by).collect();
    Ok(Tried {
        held: held(assertion.expected, passages),
        rules,
    })
}

fn held(expected: Expected, passages: Vec<Passage>) -> Held {
    if passages.is_empty() {
        return Held::Empty;
    }
    let (wanted, all) = match expected {
        Expected::AllAccepted => (Outcome::Accept, true),
        Expected::AllDropped => (Outcome::Drop, true),
        Expected::SomeAccepted => (Outcome::Accept, false),
        Expected::SomeDropped => (Outcome::Drop, false),
    };
    let some = |outcome| passages.iter().any(|one| one.outcome() == outcome);
    if !all && some(wanted) {
        return Held::Yes;
    }
    let (open, certain): (Vec<Passage>, Vec<Passage>) = passages
        .into_iter()
        .partition(|one| one.outcome() == Outcome::Depends);
    let against: Vec<Passage> = certain
        .into_iter()
        .filter(|one| one.outcome() != wanted)
        .collect();
    match (all, against.is_empty(), open.is_empty()) {
        (true, false, _) | (false, _, true) => Held::No(against),
        (true, true, true) => Held::Yes,
        (_, _, false) => Held::Depends(open),
    }
}
