//! IPv4 closed, IPv6 forgotten open: families are judged apart (3.5.4).

use std::collections::BTreeSet;

use secgroup_model::{Family, RuleIndex};

use super::exposure::{self, Exposed};
use super::{About, Finding, Lint, Severity, Subject};
use crate::diagram::TooComplex;
use crate::flow_box::FlowBox;
use crate::policy::Policy;
use crate::port_class::EVERYTHING;
use crate::workers::Workers;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "ipv6-open-ipv4-closed",
    summary: "ports that the Internet reaches over IPv6, but not over IPv4",
};

pub(super) fn find(
    subject: &Subject<'_>,
    exposed: &[Vec<Exposed>],
    workers: &Workers<'_>,
    found: &mut Vec<Finding>,
) -> Result<(), TooComplex> {
    let mut told = BTreeSet::new();
    let mut forgotten: Vec<(&Policy, &Exposed, RuleIndex, &[FlowBox])> = Vec::new();
    for (policy, exposed) in subject.policies.iter().zip(exposed) {
        let open = |class| {
            let mut all = exposed.iter();
            all.any(|one| one.family == Family::V4 && one.class == class)
        };
        for one in exposed.iter().filter(|one| one.family == Family::V6) {
            // Where every port is open over IPv4, so are those of each class.
            if open(one.class) || open(EVERYTHING) {
                continue;
            }
            for (rule, services) in &one.rules {
                if told.insert((*rule, one.class)) {
                    forgotten.push((policy, one, *rule, services));
                }
            }
        }
    }
    subject.find_each(
        workers,
        &forgotten,
        |piece| piece.0,
        found,
        |hops, piece| {
            let (policy, one, rule, services) = *piece;
            let witness = exposure::witness(subject, hops, policy, rule, services)?;
            Ok(Some(Finding {
                lint: LINT,
                severity: Severity::Warning,
                about: About::Rule(rule),
                message: format!(
                    "{} opens {} to the Internet over IPv6, while IPv4 is closed",
                    subject.words(rule),
                    one.class.name
                ),
                related: Vec::new(),
                witness,
            }))
        },
    )
}
