//! Interfaces that may send anything anywhere on the Internet.

use secgroup_model::{Action, Direction, Family, InterfaceIndex};

use super::{About, Finding, Lint, Severity, Subject};
use crate::Intervals;
use crate::decider::{Decider, Deciders};
use crate::diagram::{Diagrams, TooComplex};
use crate::flow_box::{self, FlowBox};
use crate::hop::{FAMILIES, Hops, Window};
use crate::policy::Policy;
use crate::space;
use crate::workers::Workers;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "wide-open-egress",
    summary: "interfaces that may reach (nearly) every TCP port of (nearly) all the Internet",
};

/// How many ports are nearly all.
const NEARLY_ALL: u128 = 65_000;

pub(super) fn find(
    subject: &Subject<'_>,
    workers: &Workers<'_>,
    found: &mut Vec<Finding>,
) -> Result<(), TooComplex> {
    let all = &subject.policies;
    subject.find_each(
        workers,
        all,
        |one| one,
        found,
        |hops, policy| {
            let both = FAMILIES.map(|family| finding(subject, hops, policy, family));
            let both: Result<Vec<_>, _> = both.into_iter().collect();
            both.map(|both| both.into_iter().flatten())
        },
    )
}

fn finding(
    subject: &Subject<'_>,
    hops: &mut Hops<'_>,
    policy: &Policy,
    family: Family,
) -> Result<Option<Finding>, TooComplex> {
    let interfaces = &policy.interfaces;
    let Some(first) = interfaces.first() else {
        return Ok(None);
    };
    let Some(open) = open(hops, *first, family)? else {
        return Ok(None);
    };
    let accepts = |decider: Decider| decider.action == Action::Accept;
    let witness = subject.witness(hops, interfaces, Direction::Egress, &[open], &accepts)?;
    let names = interfaces.iter();
    let names: Vec<String> = names
        .map(|one| subject.snapshot.interface(*one).id().to_string())
        .collect();
    Ok(Some(Finding {
        lint: LINT,
        severity: Severity::Note,
        about: About::Group(policy.groups[0]),
        message: format!(
            "{} may reach nearly every TCP port of the Internet over {family}",
            flow_box::shortened(&names)
        ),
        related: Vec::new(),
        witness,
    }))
}

/// Returns what an interface may send to the Internet, if that is
/// nearly everything.
fn open(
    hops: &mut Hops<'_>,
    interface: InterfaceIndex,
    family: Family,
) -> Result<Option<FlowBox>, TooComplex> {
    let network = hops.snapshot.interface(interface).network();
    let internet = space::internet(family);
    let mut flows = FlowBox::all(family);
    flows.destinations = internet.difference(&hops.addresses.owned(network, family));
    flows.protocols = Intervals::one(6);
    let (mut diagrams, mut deciders) = (Diagrams::new(), Deciders::new());
    let window = Window::of(std::slice::from_ref(&flows));
    let (direction, half) = (Direction::Egress, internet.size() / 2);
    let node = hops.decide(&mut diagrams, &mut deciders, interface, direction, &window)?;
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
