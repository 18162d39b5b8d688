//! Rules whose group or list is not in the snapshot (3.6.5).

use secgroup_model::{DestinationPorts, Target};

use super::{About, Finding, Lint, Severity, Subject};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "missing-reference",
    summary: "a rule that refers to a group or list that is not there; answers hang on it",
};

pub(super) fn find(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let snapshot = subject.snapshot;
    for (index, placed) in snapshot.rules() {
        let peer = (snapshot.target(placed) == Target::Missing).then(|| &placed.rule().peer);
        let ports = match placed.rule().service.ports() {
            Some((DestinationPorts::List(id), _)) if snapshot.find_port_list(id).is_none() => {
                Some(id)
            }
            _ => None,
        };
        let name = peer
            .map(ToString::to_string)
            .or_else(|| ports.map(ToString::to_string));
        if let Some(name) = name {
            found.push(Finding {
                lint: LINT,
                severity: Severity::Warning,
                about: About::Rule(index),
                message: format!(
                    "{} refers to {name}, which is not in the snapshot; what it matches is unknown",
                    subject.words(index)
                ),
                related: Vec::new(),
                witness: None,
            });
        }
    }
}
