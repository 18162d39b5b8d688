//! Regions of flows and what decides about them, in words and as JSON.

use secgroup_analysis::{Decider, FlowBox, Intervals, address_texts, number_texts, protocol_texts};
use secgroup_analysis::{Passage, address, internet, number, shortened, witness};
use secgroup_model::{DecidedBy, Direction, Family, Flow, NetworkIndex, Query, Snapshot};
use secgroup_report::{FlowJson, sentence};
use serde::Serialize;

/// A box as JSON: every field a list; null where all values are in it.
#[derive(Debug, Serialize)]
pub(crate) struct BoxJson {
    family: String,
    src: Vec<String>,
    dst: Vec<String>,
    protocol: Vec<String>,
    src_port: Option<Vec<String>>,
    dst_port: Option<Vec<String>>,
    icmp_type: Option<Vec<String>>,
    icmp_code: Option<Vec<String>>,
}

/// What decides as JSON: the fields of a side of `check`.
#[derive(Debug, Serialize)]
pub(crate) struct DeciderJson {
    action: String,
    by: &'static str,
    group: Option<String>,
    rule: Option<String>,
    priority: Option<u8>,
    policy: Option<String>,
    reason: String,
    text: String,
    /// A rule that refers to something missing and may decide otherwise.
    unless: Option<String>,
}

impl BoxJson {
    pub(crate) fn new(flows: &FlowBox) -> Self {
        let icmp = flows.is_icmp();
        let texts = |set: &Option<Intervals>, wanted| {
            set.as_ref().filter(|_| icmp == wanted).map(number_texts)
        };
        Self {
            family: flows.family.to_string(),
            src: address_texts(flows.family, &flows.sources),
            dst: address_texts(flows.family, &flows.destinations),
            protocol: protocol_texts(&flows.protocols),
            src_port: texts(&flows.source_ports, false),
            dst_port: texts(&flows.destination_ports, false),
            icmp_type: texts(&flows.source_ports, true),
            icmp_code: texts(&flows.destination_ports, true),
        }
    }
}

impl DeciderJson {
    pub(crate) fn new(snapshot: &Snapshot, direction: Direction, decider: &Decider) -> Self {
        let rule = match decider.by {
            DecidedBy::Rule(rule) => Some(snapshot.rule(rule)),
            DecidedBy::Session
            | DecidedBy::Platform(_)
            | DecidedBy::OrphanFragment
            | DecidedBy::IntraGroup(_)
            | DecidedBy::Default(_) => None,
        };
        let group = match decider.by {
            DecidedBy::IntraGroup(group) => Some(group),
            _ => rule.map(|rule| rule.group()),
        };
        Self {
            action: decider.action.to_string(),
            by: sentence::tier(decider.by),
            group: group.map(|group| snapshot.group(group).id().to_string()),
            rule: rule.map(|rule| rule.name().to_owned()),
            priority: rule.map(|rule| rule.rule().priority.get()),
            policy: rule.map(|rule| rule.rule().action.to_string()),
            reason: sentence::reason(snapshot, direction, decider.by),
            text: sentence::decider(snapshot, direction, decider.by),
            unless: decider
                .unless
                .map(|rule| snapshot.rule(rule).name().to_owned()),
        }
    }
}

/// Returns a flow as JSON.
pub(crate) fn flow_json(snapshot: &Snapshot, flow: &Flow) -> FlowJson {
    FlowJson::new(snapshot, &Query::from(*flow))
}

/// Says what decides.
pub(crate) fn decider(snapshot: &Snapshot, direction: Direction, decider: &Decider) -> String {
    let by = sentence::decider(snapshot, direction, decider.by);
    let text = format!("{}, {by}", decider.action);
    match decider.unless {
        None => text,
        Some(rule) => format!(
            "{text}; unless {} matches, whose peer or ports are not in the snapshot",
            sentence::rule(snapshot, rule)
        ),
    }
}

/// What of a box need not be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing.
    Neither,
    /// Who sends.
    Source,
    /// Who receives.
    Destination,
}

/// Writes a box, with the names of interfaces where they are few.
pub(crate) fn phrase(
    snapshot: &Snapshot,
    network: NetworkIndex,
    flows: &FlowBox,
    known: Known,
) -> String {
    let end = |set: &Intervals| {
        if is_internet(snapshot, network, flows.family, set) {
            return "the Internet".to_owned();
        }
        let text = shortened(&address_texts(flows.family, set));
        match names(snapshot, network, flows.family, set) {
            Some(names) => format!("{text} ({names})"),
            None => text,
        }
    };
    let mut text = shortened(&protocol_texts(&flows.protocols));
    if known != Known::Source {
        text.push_str(&format!(" from {}", end(&flows.sources)));
    }
    if known != Known::Destination {
        text.push_str(&format!(" to {}", end(&flows.destinations)));
    }
    let names = if flows.is_icmp() {
        [
            ("type", &flows.source_ports),
            ("code", &flows.destination_ports),
        ]
    } else {
        [
            ("port", &flows.destination_ports),
            ("source port", &flows.source_ports),
        ]
    };
    for (name, set) in names {
        if let Some(set) = set {
            text.push_str(&format!(" {name} {}", shortened(&number_texts(set))));
        }
    }
    text
}

/// Tells whether a set is all of the Internet that no interface has, which is
/// what the end `internet` stands for (9.5).
fn is_internet(
    snapshot: &Snapshot,
    network: NetworkIndex,
    family: Family,
    set: &Intervals,
) -> bool {
    let internet = internet(family);
    // Most sets are something else, and smaller.
    if set.size() < internet.size() / 2 || !internet.covers(set) {
        return false;
    }
    let all = snapshot.interfaces();
    let here = all.filter(|(_, one)| one.network() == network);
    let addresses = here.flat_map(|(_, one)| one.addresses());
    let own = addresses.filter(|own| own.prefix.family() == family);
    let owned = own.map(|own| {
        let (first, last) = own.prefix.bounds();
        (number(first), number(last))
    });
    *set == internet.difference(&owned.collect())
}

/// Names the interfaces that own a set of addresses, if few own it all.
fn names(
    snapshot: &Snapshot,
    network: NetworkIndex,
    family: Family,
    set: &Intervals,
) -> Option<String> {
    const MOST: u128 = 8;
    if set.size() > MOST {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for (first, last) in set.as_slice() {
        for number in *first..=*last {
            let address = address(family, number);
            let mut all = snapshot.interfaces();
            let owner = all.find(|(_, one)| one.network() == network && one.owns(address))?;
            let name = owner.1.id().to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// Says what decides about the flows of a passage at both ends, with an example,
/// a line each.
pub(crate) fn reasons(snapshot: &Snapshot, passage: &Passage, indent: &str) -> String {
    let sides = [
        (Direction::Egress, &passage.egress),
        (Direction::Ingress, &passage.ingress),
    ];
    let deciders = sides.into_iter().filter_map(|(direction, side)| {
        let by = decider(snapshot, direction, side.as_ref()?);
        Some(format!("{indent}{:<9} {by}\n", direction.to_string()))
    });
    let example = Query::from(witness(&passage.flows, Some(passage.network)));
    deciders.collect::<String>() + &format!("{indent}example   {example}\n")
}
