//! What would have to be different for the other verdict: of the flow, and of
//! the rules.
//!
//! Traffic that the platform decides about is no answer. Every answer is tried: the reference judges the other flow, or the same flow
//! under the other rules, and only what it confirms is told.

use secgroup_model::{
    Action, DecidedBy, Decision, DestinationPorts, Direction, Endpoints, Evaluation, Field, Flow,
    GroupIndex, GroupKind, NetworkIndex, NicType, Origin, Outcome, Peer, PortRange, Prefix,
    Priority, Protocol, Query, Rule, RuleIndex, RuleMatch, Scope, Semantics, Service, Snapshot,
    SourcePorts, Transport, Verdict, evaluate, explain, is_internet,
};

use crate::diagram::TooComplex;
use crate::edit;
use crate::flow_box::FlowBox;
use crate::hop::Window;
use crate::search::{End, Passage, Search, search};
use crate::{Intervals, space};

/// A field of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlowField {
    /// The destination port.
    DestinationPort,
    /// The source port.
    SourcePort,
    /// The sender's address.
    Source,
    /// The receiver's address.
    Destination,
    /// The protocol; a flow of another one has ports or type of its own.
    Protocol,
}

/// The nearest flow with the other verdict that differs in one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFlow {
    /// The field.
    pub field: FlowField,
    /// The flow.
    pub flow: Flow,
    /// How far its value is.
    pub distance: u128,
    /// What happens to it.
    pub outcome: Outcome,
}

/// A change of the rules that gives the flow the other verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleEdit {
    /// A rule for this flow alone is added to a group.
    Add(GroupIndex, Box<Rule>),
    /// A rule that failed in one field is widened.
    Widen(RuleIndex, Box<Rule>),
    /// A rule is removed.
    Remove(RuleIndex),
}

/// A flow that was judged.
#[derive(Clone, Copy, Debug)]
pub struct JudgedFlow<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The flags.
    pub semantics: &'a Semantics,
    /// The flow.
    pub flow: Flow,
    /// What was said about it.
    pub evaluation: &'a Evaluation,
}

impl JudgedFlow<'_> {
    /// Returns the verdict that is not the flow's; none where it has neither.
    fn other(&self) -> Option<Outcome> {
        match self.evaluation.outcome() {
            Outcome::Accept => Some(Outcome::Drop),
            Outcome::Drop => Some(Outcome::Accept),
            Outcome::Outside | Outcome::Depends => None,
        }
    }

    fn network(&self) -> Option<NetworkIndex> {
        let sides = [self.evaluation.ingress, self.evaluation.egress];
        let mut networks = sides.into_iter().flatten().map(|side| {
            let interface = self.snapshot.interface(side.interface);
            interface.network()
        });
        let first = networks.next()?;
        // Flows between networks are not among those that are searched.
        networks.all(|other| other == first).then_some(first)
    }

    /// Returns the nearest flows with the other verdict, one for each field
    /// that can make it.
    ///
    /// # Errors
    ///
    /// Returns [`TooComplex`] when they cannot be found.
    pub fn nearest(&self) -> Result<Vec<OtherFlow>, TooComplex> {
        let (Some(wanted), Some(network)) = (self.other(), self.network()) else {
            return Ok(Vec::new());
        };
        let all = [
            FlowField::DestinationPort,
            FlowField::SourcePort,
            FlowField::Source,
            FlowField::Destination,
            FlowField::Protocol,
        ];
        let mut found = Vec::new();
        for field in all {
            found.extend(self.nearest_by(field, wanted, network)?);
        }
        Ok(found)
    }

    fn nearest_by(
        &self,
        field: FlowField,
        wanted: Outcome,
        network: NetworkIndex,
    ) -> Result<Option<OtherFlow>, TooComplex> {
        let Some((own, flows)) = self.around(field) else {
            return Ok(None);
        };
        let end = |set: &Intervals| End::Addresses(set.clone(), set.clone());
        let question = Search {
            from: end(&flows.sources),
            to: end(&flows.destinations),
            services: Window::of(std::slice::from_ref(&flows)),
            direction: None,
            network: Some(network),
        };
        let passages = search(self.snapshot, self.semantics, &question)?;
        let mut best: Option<OtherFlow> = None;
        // Under `eval.missing_ref=nomatch` the reference knows what depends here (3.6.5).
        let fits = |one: &&Passage| {
            let outcome = one.outcome();
            (outcome == wanted || outcome == Outcome::Depends) && !one.is_platform()
        };
        for passage in passages.iter().filter(fits) {
            let set = match field {
                FlowField::DestinationPort => passage.flows.destination_ports.as_ref(),
                FlowField::SourcePort => passage.flows.source_ports.as_ref(),
                FlowField::Source => Some(&passage.flows.sources),
                FlowField::Destination => Some(&passage.flows.destinations),
                FlowField::Protocol => Some(&passage.flows.protocols),
            };
            let Some(value) = set.and_then(|set| nearest(set, own)) else {
                continue;
            };
            let distance = value.abs_diff(own);
            if best.is_some_and(|best| best.distance <= distance) {
                continue;
            }
            let flow = self.with(field, value, &passage.flows, network);
            let query = Query::from(flow);
            let judged = evaluate(self.snapshot, self.semantics, &query);
            if judged.is_ok_and(|judged| judged.outcome() == wanted) {
                let outcome = wanted;
                best = Some(OtherFlow {
                    field,
                    flow,
                    distance,
                    outcome,
                });
            }
        }
        Ok(best)
    }

    /// Returns the flow's value of a field, and all flows that differ from it
    /// in that field only.
    fn around(&self, field: FlowField) -> Option<(u128, FlowBox)> {
        let flow = &self.flow;
        let family = flow.endpoints.family();
        let one = |address| Intervals::one(space::number(address));
        let (source, destination) = (flow.endpoints.source(), flow.endpoints.destination());
        let ports = match flow.transport {
            Transport::Ports {
                source,
                destination,
            } => Some((u128::from(source), u128::from(destination))),
            Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => None,
        };
        let mut flows = FlowBox {
            sources: one(source),
            destinations: one(destination),
            protocols: Intervals::one(u128::from(flow.protocol.0)),
            destination_ports: ports.map(|(_, port)| Intervals::one(port)),
            source_ports: ports.map(|(port, _)| Intervals::one(port)),
            ..FlowBox::all(family)
        };
        let all = FlowBox::all(family);
        Some(match field {
            FlowField::DestinationPort => {
                flows.destination_ports = Some(Intervals::between(0, 65535));
                (ports?.1, flows)
            }
            FlowField::SourcePort => {
                flows.source_ports = Some(Intervals::between(0, 65535));
                (ports?.0, flows)
            }
            FlowField::Source => {
                flows.sources = all.sources;
                (space::number(source), flows)
            }
            FlowField::Destination => {
                flows.destinations = all.destinations;
                (space::number(destination), flows)
            }
            FlowField::Protocol => {
                // TCP and UDP keep their ports; others cannot.
                flows.protocols = match ports {
                    Some(_) => [6, 17].map(|one| (one, one)).into_iter().collect(),
                    None => all.protocols,
                };
                (u128::from(flow.protocol.0), flows)
            }
        })
    }

    /// Returns the flow with another value of a field.
    fn with(&self, field: FlowField, value: u128, flows: &FlowBox, network: NetworkIndex) -> Flow {
        let mut flow = self.flow;
        let family = flow.endpoints.family();
        let (source, destination) = (flow.endpoints.source(), flow.endpoints.destination());
        let port = u16::try_from(value).unwrap_or(u16::MAX);
        let address = space::address(family, value);
        let ends = |source, destination| {
            Endpoints::new(source, destination).expect("both are of the flow's family")
        };
        match (field, &mut flow.transport) {
            (FlowField::DestinationPort, Transport::Ports { destination, .. }) => {
                *destination = port;
            }
            (FlowField::SourcePort, Transport::Ports { source, .. }) => *source = port,
            (FlowField::Source, _) => flow.endpoints = ends(address, destination),
            (FlowField::Destination, _) => flow.endpoints = ends(source, address),
            (FlowField::Protocol, Transport::Ports { .. }) => {
                flow.protocol = Protocol(u8::try_from(value).unwrap_or(u8::MAX));
            }
            (FlowField::Protocol, _) => {
                let mut only = flows.clone();
                only.protocols = Intervals::one(value);
                return crate::witness(&only, Some(network));
            }
            (FlowField::DestinationPort | FlowField::SourcePort, _) => {}
        }
        flow.scope = Scope::Network(network);
        flow
    }

    /// Returns changes of the rules that give the flow the other verdict, the
    /// one that changes least first: a rule for this flow, a rule widened, a
    /// rule removed. None where no single change can.
    #[must_use]
    pub fn edits(&self) -> Vec<RuleEdit> {
        let Some(wanted) = self.other() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (direction, side) in [
            (Direction::Ingress, self.evaluation.ingress),
            (Direction::Egress, self.evaluation.egress),
        ] {
            let Some(side) = side else { continue };
            let against = match wanted {
                Outcome::Accept => side.decision == Decision::Drop,
                _ => side.decision == Decision::Accept,
            };
            if against {
                let edits = self.candidates(direction, &side, wanted).into_iter();
                let mut kinds: [bool; 3] = [false; 3];
                for edit in edits {
                    let kind = match edit {
                        RuleEdit::Add(..) => 0,
                        RuleEdit::Widen(..) => 1,
                        RuleEdit::Remove(_) => 2,
                    };
                    if !kinds[kind] && self.confirms(&edit, wanted) {
                        kinds[kind] = true;
                        found.push(edit);
                    }
                }
            }
            // One side that drops is enough.
            if wanted == Outcome::Drop && !found.is_empty() {
                break;
            }
        }
        found
    }

    fn confirms(&self, edit: &RuleEdit, wanted: Outcome) -> bool {
        let (group, rules) = match edit {
            RuleEdit::Add(group, rule) => {
                let own = self.snapshot.rules_of(*group);
                let own = own.map(|(_, placed)| placed.rule().clone());
                (*group, own.chain([(**rule).clone()]).collect())
            }
            RuleEdit::Widen(index, rule) => edit::rules_with(self.snapshot, *index, Some(rule)),
            RuleEdit::Remove(index) => edit::rules_with(self.snapshot, *index, None),
        };
        let changed = edit::with_rules(self.snapshot, self.semantics, group, &rules);
        changed.is_ok_and(|changed| {
            let judged = evaluate(&changed, self.semantics, &Query::from(self.flow));
            judged.is_ok_and(|judged| judged.outcome() == wanted)
        })
    }

    fn candidates(&self, direction: Direction, side: &Verdict, wanted: Outcome) -> Vec<RuleEdit> {
        let action = match wanted {
            Outcome::Accept => Action::Accept,
            _ => Action::Drop,
        };
        let mut all: Vec<RuleEdit> = self.addition(direction, side, action).into_iter().collect();
        all.extend(self.widened(direction, side, action));
        if let DecidedBy::Rule(rule) = side.by {
            all.push(RuleEdit::Remove(rule));
        }
        all
    }

    /// Returns a rule for this flow alone that goes before what decides.
    fn addition(&self, direction: Direction, side: &Verdict, action: Action) -> Option<RuleEdit> {
        let interface = self.snapshot.interface(side.interface);
        let advanced = self.snapshot.kind_of(interface) == GroupKind::Advanced;
        // ECS has no drop rules in advanced groups.
        if advanced && action == Action::Drop {
            return None;
        }
        let (group, priority) = match side.by {
            DecidedBy::Rule(rule) => {
                let placed = self.snapshot.rule(rule);
                let own = placed.rule().priority.get();
                // Of equal priority the drop wins (3.3.2).
                let before = if action == Action::Accept {
                    own.checked_sub(1)?
                } else {
                    own
                };
                (placed.group(), before.min(100))
            }
            DecidedBy::Default(_) => (*interface.groups().first()?, 100),
            DecidedBy::Session
            | DecidedBy::Platform(_)
            | DecidedBy::OrphanFragment
            | DecidedBy::IntraGroup(_) => {
                return None;
            }
        };
        let remote = match direction {
            Direction::Ingress => self.flow.endpoints.source(),
            Direction::Egress => self.flow.endpoints.destination(),
        };
        let to = match self.flow.transport {
            Transport::Ports { destination, .. } => {
                DestinationPorts::Range(PortRange::new(destination, destination).ok()?)
            }
            Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => {
                DestinationPorts::Any
            }
        };
        // As a flow goes that says nothing else (2.9.2).
        let nic = match self.flow.nic {
            Some(nic) => nic,
            None if is_internet(remote) => NicType::Internet,
            None => NicType::Intranet,
        };
        let rule = Rule {
            id: None,
            direction,
            action,
            priority: Priority::new(i64::from(priority)).ok()?,
            service: Service::of(self.flow.protocol, to, SourcePorts::Any),
            peer: Peer::Prefix(Prefix::host(remote)),
            local: None,
            nic,
            created: None,
            description: None,
            origin: Origin::default(),
        };
        Some(RuleEdit::Add(group, Box::new(rule)))
    }

    /// Returns rules of the wanted action that fail in one field, widened to
    /// take the flow, the nearest first.
    fn widened(&self, direction: Direction, side: &Verdict, action: Action) -> Vec<RuleEdit> {
        let query = Query::from(self.flow);
        let traces = explain(
            self.snapshot,
            self.semantics,
            &query,
            side.interface,
            direction,
        );
        let remote = match direction {
            Direction::Ingress => self.flow.endpoints.source(),
            Direction::Egress => self.flow.endpoints.destination(),
        };
        let mut all: Vec<(u128, RuleIndex, Rule)> = Vec::new();
        for trace in traces {
            let rule = self.snapshot.rule(trace.rule).rule();
            if rule.action != action {
                continue;
            }
            let wider = match trace.result {
                RuleMatch::No(Field::DestinationPort) => self.wider_ports(rule),
                RuleMatch::No(Field::Peer) => wider_peer(rule, remote),
                _ => None,
            };
            all.extend(wider.map(|(distance, rule)| (distance, trace.rule, rule)));
        }
        all.sort_by_key(|(distance, index, _)| (*distance, *index));
        let edits = all.into_iter();
        edits
            .map(|(_, index, rule)| RuleEdit::Widen(index, Box::new(rule)))
            .collect()
    }

    fn wider_ports(&self, rule: &Rule) -> Option<(u128, Rule)> {
        let Transport::Ports { destination, .. } = self.flow.transport else {
            return None;
        };
        let (DestinationPorts::Range(range), from) = rule.service.ports()? else {
            return None;
        };
        let (first, last) = (
            range.first().min(destination),
            range.last().max(destination),
        );
        let wider = PortRange::new(first, last).ok()?;
        let distance = u128::from(wider.width() - range.width());
        let protocol = rule.service.protocol()?;
        let service = Service::of(protocol, DestinationPorts::Range(wider), from);
        Some((
            distance,
            Rule {
                service,
                ..rule.clone()
            },
        ))
    }
}

/// Returns a rule with the least block around its peer that has an address.
fn wider_peer(rule: &Rule, remote: std::net::IpAddr) -> Option<(u128, Rule)> {
    let Peer::Prefix(mut prefix) = rule.peer else {
        return None;
    };
    if prefix.bounds().0.is_ipv4() != remote.is_ipv4() {
        return None;
    }
    let before = space::bounds(prefix);
    while !prefix.contains(remote) {
        prefix = Prefix::new(prefix.network().supernet()?);
    }
    let after = space::bounds(prefix);
    let distance = (after.1 - after.0).saturating_sub(before.1 - before.0);
    let peer = Peer::Prefix(prefix);
    // Peers count as farther than ports: a block more is many hosts.
    Some((
        distance.saturating_add(65536),
        Rule {
            peer,
            ..rule.clone()
        },
    ))
}

/// Returns the number of a set that is nearest to `own`, the lower of two.
fn nearest(set: &Intervals, own: u128) -> Option<u128> {
    let candidates = set.as_slice().iter().flat_map(|(first, last)| {
        if own < *first {
            [*first, *first]
        } else if own > *last {
            [*last, *last]
        } else {
            [own, own]
        }
    });
    candidates.min_by_key(|value| (value.abs_diff(own), *value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_number_is_found_on_both_sides() {
        let set: Intervals = [(10, 20), (30, 40)].into_iter().collect();
        for (own, wanted) in [(0, 10), (15, 15), (24, 20), (25, 20), (26, 30), (99, 40)] {
            assert_eq!(nearest(&set, own), Some(wanted), "{own}");
        }
        assert_eq!(nearest(&Intervals::default(), 5), None);
    }
}
