//! Rules whose peer is their own group; ECS refuses to create one (2.8.2).

use secgroup_model::Target;

use super::{About, Finding, Lint, Severity, Subject};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "self-reference",
    summary: "a rule whose peer is its own group; intra-group access is what ECS has for that",
};

pub(super) fn find(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let snapshot = subject.snapshot;
    for (index, placed) in snapshot.rules() {
        if snapshot.target(placed) == Target::Group(placed.group()) {
            found.push(Finding {
                lint: LINT,
                severity: Severity::Warning,
                about: About::Rule(index),
                message: format!(
                    "{} refers to its own group; ECS refuses to create such a rule",
                    subject.words(index)
                ),
                related: Vec::new(),
                witness: None,
            });
        }
    }
}
