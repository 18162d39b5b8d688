//! Interfaces that may send anything anywhere on the Internet.

use secgroup_model::{Action, Direction, Family};

use super::{About, Finding, Lint, Severity, Subject};
use crate::Intervals;
use crate::decider::{Decider, Deciders};
use crate::diagram::{Diagrams, TooComplex};
use crate::flow_box::{self, FlowBox};
use crate::hop::{FAMILIES, Window};
use crate::policy::Policy;
use crate::space;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "wide-open-egress",
    summary: "interfaces that may reach (nearly) every TCP port of (nearly) all the Internet",
};

/// How many ports are nearly all.
const NEARLY_ALL: u128 = 65_000;

pub(super) fn find(subject: &mut Subject<'_>, found: &mut Vec<Finding>) -> Result<(), TooComplex> {
    let policies: Vec<Policy> = super::exposure::ingress(subject);
    for policy in policies
        .iter()
        .filter(|policy| !policy.interfaces.is_empty())
    {
        for family in FAMILIES {
            let Some(open) = open(subject, policy, family)? else {
                continue;
            };
            let accepts = |decider: Decider| decider.action == Action::Accept;
            let boxes = [open];
            let witness =
                subject.witness(&policy.interfaces, Direction::Egress, &boxes, &accepts)?;
            let names = policy.interfaces.iter();
            let names: Vec<String> = names
                .map(|one| subject.snapshot.interface(*one).id().to_string())
                .collect();
            found.push(Finding {
                lint: LINT,
                severity: Severity::Note,
                about: About::Group(policy.groups[0]),
                message: format!(
                    "{} may reach nearly every TCP port of the Internet over {family}",
                    flow_box::shortened(&names)
                ),
                related: Vec::new(),
                witness,
            });
        }
    }
    Ok(())
}

/// Returns what the first interface may send to the Internet, if that is
/// nearly everything.
fn open(
    subject: &mut Subject<'_>,
    policy: &Policy,
    family: Family,
) -> Result<Option<FlowBox>, TooComplex> {
    let interface = policy.interfaces[0];
    let network = subject.snapshot.interface(interface).network();
    let internet = space::internet(family);
    let mut flows = FlowBox::all(family);
    flows.destinations = internet.difference(&subject.hops.addresses.owned(network, family));
    flows.protocols = Intervals::one(6);
    let (mut diagrams, mut deciders) = (Diagrams::new(), Deciders::new());
    let window = Window::of(std::slice::from_ref(&flows));
    let (direction, half) = (Direction::Egress, internet.size() / 2);
    let node = subject
        .hops
        .decide(&mut diagrams, &mut deciders, interface, direction, &window)?;
    let accepts = &mut |value| {
        let decider = deciders.get(value);
        u32::from(decider.is_some_and(|one| one.action == Action::Accept))
    };
    let accepted = diagrams.map(node, accepts)?;
    let boxes = flow_box::boxes(&diagrams, accepted, 1)?;
    let wide = |one: &FlowBox| {
        let ports = one.destination_ports.as_ref();
        let sources = one.source_ports.as_ref();
        one.destinations.size() > half
            && ports.is_none_or(|set| set.size() >= NEARLY_ALL)
            && sources.is_none_or(|set| set.size() >= NEARLY_ALL)
    };
    Ok(boxes.into_iter().find(wide))
}
