//! What the Internet reaches, after priorities and all groups.
//!
//! Counted are flows from addresses of the Internet that a rule accepts, by
//! classes of ports (`crate::port_class`). Open to the Internet is what at
//! least 65,536 addresses of IPv4, or 2^96 of IPv6, reach: more than an office
//! or a partner has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};
use secgroup_model::{Action, DecidedBy, Direction, Family, InterfaceIndex, RuleIndex};

use super::{About, Finding, Lint, Subject, Witness};
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
    /// The rules that let it in, each with the services that it lets in, as
    /// boxes between any two addresses.
    pub(super) rules: BTreeMap<RuleIndex, Services>,
}

/// Boxes between any two addresses.
type Services = Arc<[FlowBox]>;

/// Tells whether so many sources are the Internet.
pub(super) fn many(family: Family, sources: &Intervals) -> bool {
    sources.size()
        >= match family {
            Family::V4 => MANY_V4,
            Family::V6 => MANY_V6,
        }
}

/// What is told about one rule and class: in which policies, and the services
/// there. INVARIANT: never empty.
type Told<'e> = Vec<(&'e Policy, &'e [FlowBox])>;

/// Returns what the Internet reaches, policy by policy.
pub(super) fn all(
    subject: &Subject<'_>,
    workers: &Workers<'_>,
) -> Result<Vec<Vec<Exposed>>, TooComplex> {
    workers.each(
        &subject.policies,
        // PERF: many rules of many policies let the same services in.
        || (subject.hops(), HashSet::new()),
        |(hops, shared), policy| exposed(hops, policy, shared),
    )
}

pub(super) fn find(
    subject: &Subject<'_>,
    exposed: &[Vec<Exposed>],
    workers: &Workers<'_>,
    found: &mut Vec<Finding>,
) -> Result<(), TooComplex> {
    let mut all: BTreeMap<(RuleIndex, PortClass), Told<'_>> = BTreeMap::new();
    for (policy, exposed) in subject.policies.iter().zip(exposed) {
        for exposed in exposed {
            for (rule, flows) in &exposed.rules {
                let told = all.entry((*rule, exposed.class)).or_default();
                told.push((policy, flows));
            }
        }
    }
    let all: Vec<_> = all.into_iter().collect();
    subject.find_each(
        workers,
        &all,
        |(_, told)| told[0].0,
        found,
        |hops, ((rule, class), told)| finding(subject, hops, *rule, *class, told).map(Some),
    )
}

fn finding(
    subject: &Subject<'_>,
    hops: &mut Hops<'_>,
    rule: RuleIndex,
    class: PortClass,
    told: &Told<'_>,
) -> Result<Finding, TooComplex> {
    let mut witness = None;
    for (policy, services) in told {
        witness = self::witness(subject, hops, policy, rule, services)?;
        if witness.is_some() {
            break;
        }
    }
    // A class may be open in both families of a policy.
    let interfaces = told.iter().flat_map(|(policy, _)| &policy.interfaces);
    let interfaces: BTreeSet<InterfaceIndex> = interfaces.copied().collect();
    let names = interfaces.into_iter();
    let names: Vec<String> = names
        .map(|one| subject.snapshot.interface(one).id().to_string())
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
            ports(told.iter().flat_map(|(_, flows)| *flows))
        ),
        related: Vec::new(),
        witness,
    })
}

/// Finds a flow of some services from the Internet that a rule lets in.
pub(super) fn witness(
    subject: &Subject<'_>,
    hops: &mut Hops<'_>,
    policy: &Policy,
    rule: RuleIndex,
    services: &[FlowBox],
) -> Result<Option<Witness>, TooComplex> {
    let wanted = |decider: Decider| decider.by == DecidedBy::Rule(rule);
    for service in services {
        let seen = window(hops, policy, service.family);
        let matched = subject.matched(rule, service.family);
        let seen = seen.and_then(|seen| seen.intersection(matched?)?.intersection(service));
        let interfaces = &policy.interfaces;
        let found = subject.witness(
            hops,
            interfaces,
            Direction::Ingress,
            seen.as_slice(),
            &wanted,
        )?;
        let found = found.filter(|one| one.by == DecidedBy::Rule(rule));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Lists the services of some boxes.
fn ports<'b>(boxes: impl Iterator<Item = &'b FlowBox>) -> String {
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
fn exposed(
    hops: &mut Hops<'_>,
    policy: &Policy,
    shared: &mut HashSet<Services>,
) -> Result<Vec<Exposed>, TooComplex> {
    let snapshot = hops.snapshot;
    let rules = policy.rules(snapshot, Direction::Ingress);
    let windows: Vec<FlowBox> = FAMILIES
        .into_iter()
        .filter_map(|family| window(hops, policy, family))
        .collect();
    let (mut diagrams, mut deciders) = (Diagrams::new(), Deciders::new());
    let window = Window::of(&windows);
    let node = hops.decide_by_rules(&mut diagrams, &mut deciders, &rules, &window)?;
    let mut accepted: Vec<(RuleIndex, FlowBox)> = Vec::new();
    let accepts = |value| match deciders.get(value) {
        Some(Decider {
            action: Action::Accept,
            by: DecidedBy::Rule(rule),
            ..
        }) => Some(rule),
        _ => None,
    };
    let wanted = &|value| accepts(value).is_some();
    for (value, boxes) in flow_box::boxes_by_value(&diagrams, node, wanted)? {
        if let Some(rule) = accepts(value) {
            accepted.extend(boxes.into_iter().map(|flows| (rule, flows)));
        }
    }
    let mut all = Vec::new();
    for family in FAMILIES {
        let own: Vec<&(RuleIndex, FlowBox)> = accepted
            .iter()
            .filter(|(_, flows)| flows.family == family)
            .collect();
        classes(family, &own, shared, &mut all);
    }
    Ok(all)
}

/// Returns the flows from the Internet to the interfaces of a policy; none
/// where they have no address of the family.
fn window(hops: &mut Hops<'_>, policy: &Policy, family: Family) -> Option<FlowBox> {
    let mut flows = FlowBox::all(family);
    flows.sources = space::internet(family);
    if let Some(first) = policy.interfaces.first() {
        let network = hops.snapshot.interface(*first).network();
        let owned = hops.addresses.owned(network, family);
        flows.sources = flows.sources.difference(&owned);
        let own = policy.interfaces.iter();
        let own = own.flat_map(|one| hops.addresses.own(*one, family).as_slice().to_vec());
        flows.destinations = own.collect();
    }
    (!flows.destinations.is_empty()).then_some(flows)
}

/// Sorts what is accepted into classes of ports, and keeps the open ones.
fn classes(
    family: Family,
    accepted: &[&(RuleIndex, FlowBox)],
    shared: &mut HashSet<Services>,
    all: &mut Vec<Exposed>,
) {
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
    keep((family, EVERYTHING), wide.collect(), shared, all);
    for class in CLASSES {
        let services = class.services(family);
        let own = narrow.iter().flat_map(|(rule, flows)| {
            let parts = services.iter().filter_map(|one| flows.intersection(one));
            parts.map(|flows| (*rule, flows)).collect::<Vec<_>>()
        });
        keep((family, class), own.collect(), shared, all);
    }
}

fn keep(
    (family, class): (Family, PortClass),
    accepted: Vec<(RuleIndex, FlowBox)>,
    shared: &mut HashSet<Services>,
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
        // What it is let in from may be many blocks, in every policy others.
        let service = FlowBox {
            protocols: flows.protocols,
            destination_ports: flows.destination_ports,
            ..FlowBox::all(family)
        };
        let known: &mut Vec<FlowBox> = rules.entry(rule).or_default();
        if !known.contains(&service) {
            known.push(service);
        }
    }
    let mut share = |services: Vec<FlowBox>| {
        let services: Services = services.into();
        let known = shared.get(&services).cloned();
        known.unwrap_or_else(|| {
            shared.insert(Arc::clone(&services));
            services
        })
    };
    let rules = rules.into_iter();
    all.push(Exposed {
        class,
        family,
        rules: rules.map(|(rule, all)| (rule, share(all))).collect(),
    });
}
