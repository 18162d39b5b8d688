//! What the Internet reaches, after priorities and all groups.
//!
//! Counted are flows from addresses of the Internet that a rule accepts, by
//! classes of ports (`crate::port_class`). Open to the Internet is what at
//! least 65,536 addresses of IPv4, or 2^96 of IPv6, reach: more than an office
//! or a partner has.

use std::collections::BTreeMap;

use secgroup_model::{
    Action, DecidedBy, Direction, Family, InterfaceIndex, NetworkIndex, RuleIndex,
};

use super::{About, Finding, Lint, Subject};
use crate::Intervals;
use crate::decider::{Decider, Deciders};
use crate::diagram::{Diagrams, TooComplex};
use crate::flow_box::{self, FlowBox, number_texts, shortened};
use crate::hop::{FAMILIES, Hops, Window};
use crate::policy::Policy;
use crate::port_class::{CLASSES, EVERYTHING, PortClass};
use crate::space;
use crate::workers::Workers;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "internet-exposure",
    summary: "ports that the Internet reaches, after priorities and all groups",
};

/// How many addresses of IPv4 are more than an office.
const MANY_V4: u128 = 1 << 16;

/// How many addresses of IPv6 are more than an office.
const MANY_V6: u128 = 1 << 96;

/// What the Internet reaches of a class of ports in one policy.
pub(super) struct Exposed {
    pub(super) class: PortClass,
    pub(super) family: Family,
    /// The rules that let it in, each with what it lets in.
    pub(super) rules: BTreeMap<RuleIndex, Vec<FlowBox>>,
}

/// Tells whether so many sources are the Internet.
pub(super) fn many(family: Family, sources: &Intervals) -> bool {
    sources.size()
        >= match family {
            Family::V4 => MANY_V4,
            Family::V6 => MANY_V6,
        }
}

/// What is told about one rule and class.
#[derive(Default)]
struct Told {
    flows: Vec<FlowBox>,
    interfaces: Vec<InterfaceIndex>,
}

/// Returns what the Internet reaches, policy by policy.
pub(super) fn all(
    subject: &Subject<'_>,
    workers: &Workers<'_>,
) -> Result<Vec<Vec<Exposed>>, TooComplex> {
    workers.each(
        &subject.policies,
        || subject.hops(),
        |hops, policy| exposed(hops, policy),
    )
}

pub(super) fn find(
    subject: &Subject<'_>,
    exposed: &[Vec<Exposed>],
    workers: &Workers<'_>,
    found: &mut Vec<Finding>,
) -> Result<(), TooComplex> {
    let mut all: BTreeMap<(RuleIndex, PortClass), Told> = BTreeMap::new();
    for (policy, exposed) in subject.policies.iter().zip(exposed) {
        for exposed in exposed {
            for (rule, flows) in &exposed.rules {
                let told = all.entry((*rule, exposed.class)).or_default();
                told.flows.extend(flows.iter().cloned());
                let new = policy.interfaces.iter().copied();
                told.interfaces.extend(new);
            }
        }
    }
    let mut all: Vec<_> = all.into_iter().collect();
    for (_, told) in &mut all {
        told.interfaces.sort_unstable();
        told.interfaces.dedup();
    }
    subject.find_each(workers, &all, found, |hops, ((rule, class), told)| {
        finding(subject, hops, *rule, *class, told).map(Some)
    })
}

fn finding(
    subject: &Subject<'_>,
    hops: &mut Hops<'_>,
    rule: RuleIndex,
    class: PortClass,
    told: &Told,
) -> Result<Finding, TooComplex> {
    let wanted = |decider: Decider| decider.by == DecidedBy::Rule(rule);
    let mut witness = None;
    for flows in &told.flows {
        let boxes = std::slice::from_ref(flows);
        let found = subject.witness(hops, &told.interfaces, Direction::Ingress, boxes, &wanted)?;
        witness = found.filter(|one| one.by == DecidedBy::Rule(rule));
        if witness.is_some() {
            break;
        }
    }
    let names = told.interfaces.iter();
    let names: Vec<String> = names
        .map(|one| subject.snapshot.interface(*one).id().to_string())
        .collect();
    let place = if names.is_empty() {
        "no interface yet".to_owned()
    } else {
        shortened(&names)
    };
    Ok(Finding {
        lint: LINT,
        severity: class.severity,
        about: About::Rule(rule),
        message: format!(
            "{} opens {} ({}) to the Internet at {place}",
            subject.words(rule),
            class.name,
            ports(&told.flows)
        ),
        related: Vec::new(),
        witness,
    })
}

/// Lists the services of some boxes.
fn ports(boxes: &[FlowBox]) -> String {
    let mut words: Vec<String> = Vec::new();
    for flows in boxes {
        let names = flow_box::protocol_texts(&flows.protocols).join(", ");
        let word = match &flows.destination_ports {
            Some(set) => format!("{names} {}", shortened(&number_texts(set))),
            None => names,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    shortened(&words)
}

/// Returns what the Internet reaches in a policy.
fn exposed(hops: &mut Hops<'_>, policy: &Policy) -> Result<Vec<Exposed>, TooComplex> {
    let snapshot = hops.snapshot;
    let rules = policy.rules(snapshot, Direction::Ingress);
    let network = policy.interfaces.first();
    let network = network.map(|one| snapshot.interface(*one).network());
    let windows: Vec<FlowBox> = FAMILIES
        .into_iter()
        .filter_map(|family| window(hops, policy, network, family))
        .collect();
    let (mut diagrams, mut deciders) = (Diagrams::new(), Deciders::new());
    let window = Window::of(&windows);
    let node = hops.decide_by_rules(&mut diagrams, &mut deciders, &rules, &window)?;
    let mut accepted: Vec<(RuleIndex, FlowBox)> = Vec::new();
    for value in diagrams.values(node) {
        let decider = deciders.get(value);
        let Some(Decider {
            action: Action::Accept,
            by: DecidedBy::Rule(rule),
            ..
        }) = decider
        else {
            continue;
        };
        let boxes = flow_box::boxes(&diagrams, node, value)?;
        accepted.extend(boxes.into_iter().map(|flows| (rule, flows)));
    }
    let mut all = Vec::new();
    for family in FAMILIES {
        let own: Vec<&(RuleIndex, FlowBox)> = accepted
            .iter()
            .filter(|(_, flows)| flows.family == family)
            .collect();
        classes(family, &own, &mut all);
    }
    Ok(all)
}

/// Returns the flows from the Internet to the interfaces of a policy; none
/// where they have no address of the family.
fn window(
    hops: &mut Hops<'_>,
    policy: &Policy,
    network: Option<NetworkIndex>,
    family: Family,
) -> Option<FlowBox> {
    let mut flows = FlowBox::all(family);
    flows.sources = space::internet(family);
    if let Some(network) = network {
        let owned = hops.addresses.owned(network, family);
        flows.sources = flows.sources.difference(&owned);
        let own = policy.interfaces.iter();
        let own = own.flat_map(|one| hops.addresses.own(*one, family).as_slice().to_vec());
        flows.destinations = own.collect();
    }
    (!flows.destinations.is_empty()).then_some(flows)
}

/// Sorts what is accepted into classes of ports, and keeps the open ones.
fn classes(family: Family, accepted: &[&(RuleIndex, FlowBox)], all: &mut Vec<Exposed>) {
    let everything = EVERYTHING.services(family);
    let every = |flows: &FlowBox| {
        flows.protocols.contains(6)
            && flows.destination_ports.as_ref().is_none_or(|set| {
                everything.iter().all(|one| {
                    one.destination_ports
                        .as_ref()
                        .is_some_and(|all| set.covers(all))
                })
            })
    };
    let all_of = accepted.iter().copied();
    let (wide, narrow): (Vec<&(RuleIndex, FlowBox)>, Vec<_>) =
        all_of.partition(|(_, flows)| every(flows));
    let wide = wide.into_iter().map(|(rule, flows)| (*rule, flows.clone()));
    keep(family, EVERYTHING, wide.collect(), all);
    for class in CLASSES {
        let services = class.services(family);
        let own = narrow.iter().flat_map(|(rule, flows)| {
            let parts = services.iter().filter_map(|one| flows.intersection(one));
            parts.map(|flows| (*rule, flows)).collect::<Vec<_>>()
        });
        keep(family, class, own.collect(), all);
    }
}

fn keep(
    family: Family,
    class: PortClass,
    accepted: Vec<(RuleIndex, FlowBox)>,
    all: &mut Vec<Exposed>,
) {
    let sources = accepted.iter();
    let sources: Intervals = sources
        .flat_map(|(_, flows)| flows.sources.as_slice().to_vec())
        .collect();
    if !many(family, &sources) {
        return;
    }
    let mut rules: BTreeMap<RuleIndex, Vec<FlowBox>> = BTreeMap::new();
    for (rule, flows) in accepted {
        rules.entry(rule).or_default().push(flows);
    }
    all.push(Exposed {
        class,
        family,
        rules,
    });
}
