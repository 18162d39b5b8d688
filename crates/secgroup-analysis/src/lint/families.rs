//! IPv4 closed, IPv6 forgotten open: families are judged apart (3.5.4).

use secgroup_model::{DecidedBy, Direction, Family};

use super::{About, Finding, Lint, Severity, Subject, exposure};
use crate::decider::Decider;
use crate::diagram::TooComplex;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "ipv6-open-ipv4-closed",
    summary: "ports that the Internet reaches over IPv6, but not over IPv4",
};

pub(super) fn find(subject: &mut Subject<'_>, found: &mut Vec<Finding>) -> Result<(), TooComplex> {
    let mut told = std::collections::BTreeSet::new();
    for policy in exposure::ingress(subject) {
        let exposed = exposure::exposed(subject, &policy)?;
        let open = |family, class| {
            exposed
                .iter()
                .any(|one| one.family == family && one.class == class)
        };
        for one in exposed.iter().filter(|one| one.family == Family::V6) {
            // Where every port is open over IPv4, so are those of each class.
            if open(Family::V4, one.class) || open(Family::V4, crate::port_class::EVERYTHING) {
                continue;
            }
            for (rule, flows) in &one.rules {
                if !told.insert((*rule, one.class)) {
                    continue;
                }
                let wanted = |decider: Decider| decider.by == DecidedBy::Rule(*rule);
                let interfaces = &policy.interfaces;
                let witness =
                    subject.witness(interfaces, Direction::Ingress, &flows[..1], &wanted)?;
                found.push(Finding {
                    lint: LINT,
                    severity: Severity::Warning,
                    about: About::Rule(*rule),
                    message: format!(
                        "{} opens {} to the Internet over IPv6, while IPv4 is closed",
                        subject.words(*rule),
                        one.class.name
                    ),
                    related: Vec::new(),
                    witness,
                });
            }
        }
    }
    Ok(())
}
