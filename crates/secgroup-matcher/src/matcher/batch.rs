//! Judging many flows together: the same steps as for one, but the rules of a
//! policy are asked about all flows that come to it at once.
//!
//! Everything before the rules is done flow by flow, and what waits for rules
//! is kept aside; that is sorted by policy, looked up, and completes its answer.
//! All room is on the stack.

use secgroup_model::{Direction, Endpoints, Flow, GroupIndex, InterfaceIndex, Transport};

use super::{Before, CHUNK, Hop, Matcher, Tables, decided};
use crate::address::Address;
use crate::classifier::{Header, NO_MATCH};
use crate::policy::{Classified, Policy};
use crate::{Answer, Side, Sides};

/// Fewer flows of a policy than these are looked up one by one.
const FEW: usize = 12;

/// An end that waits for its rules.
#[derive(Clone, Copy, Debug)]
struct Waiting<A> {
    /// The position of its flow.
    at: usize,
    direction: Direction,
    interface: InterfaceIndex,
    policy: usize,
    /// The group that the sender shares with the receiver.
    inner: Option<GroupIndex>,
    header: Header<A>,
}

/// Judges at most [`CHUNK`] flows.
pub(super) fn decide(matcher: &Matcher, flows: &[Flow], answers: &mut [Answer]) {
    let v4 = |flow: &Flow| match flow.endpoints {
        Endpoints::V4 {
            source,
            destination,
        } => Some((source.to_bits(), destination.to_bits())),
        Endpoints::V6 { .. } => None,
    };
    let v6 = |flow: &Flow| match flow.endpoints {
        Endpoints::V6 {
            source,
            destination,
        } => Some((source.to_bits(), destination.to_bits())),
        Endpoints::V4 { .. } => None,
    };
    of_family(matcher, &matcher.v4, flows, answers, v4);
    if flows.iter().any(|flow| v6(flow).is_some()) {
        of_family(matcher, &matcher.v6, flows, answers, v6);
    }
}

/// Judges the flows of one family.
fn of_family<A: Address>(
    matcher: &Matcher,
    family: &Tables<A>,
    flows: &[Flow],
    answers: &mut [Answer],
    ends: impl Fn(&Flow) -> Option<(A, A)>,
) {
    let mut waiting: [Option<Waiting<A>>; 2 * CHUNK] = [None; 2 * CHUNK];
    let mut count = 0;
    for (at, (flow, answer)) in flows.iter().zip(answers.iter_mut()).enumerate() {
        let Some((source, destination)) = ends(flow) else {
            continue;
        };
        let (from, to) = match family.owners.of_flow(source, destination, flow.scope) {
            Ok(owners) => owners,
            Err(ambiguous) => {
                *answer = Answer::Ambiguous(ambiguous);
                continue;
            }
        };
        let mut sides = Sides::default();
        let egress = from.map(|own| Hop {
            own,
            remote: to,
            direction: Direction::Egress,
            local: source,
            peer: destination,
        });
        let ingress = to.map(|own| Hop {
            own,
            remote: from,
            direction: Direction::Ingress,
            local: destination,
            peer: source,
        });
        for hop in [egress, ingress].into_iter().flatten() {
            match matcher.before_rules(flow, &hop) {
                Before::Decided(side) => set(&mut sides, hop.direction, (side, false)),
                Before::Rules(inner) => match wait(matcher, family, flow, &hop, inner) {
                    Some(mut own) => {
                        own.at = at;
                        waiting[count] = Some(own);
                        count += 1;
                    }
                    None => {
                        let (action, by) = matcher.by_rules(family, flow, &hop);
                        let interface = hop.own.interface;
                        let custom = Side {
                            interface,
                            action,
                            by,
                        };
                        set(
                            &mut sides,
                            hop.direction,
                            matcher.after_rules(inner, custom),
                        );
                    }
                },
            }
        }
        *answer = Answer::Judged(sides);
    }
    look_up(matcher, family, &mut waiting[..count], answers);
}

/// Returns what can be looked up together with others; nothing for what has
/// ways of its own: later fragments, and engines that take one at a time.
fn wait<A: Address>(
    matcher: &Matcher,
    family: &Tables<A>,
    flow: &Flow,
    hop: &Hop<A>,
    inner: Option<GroupIndex>,
) -> Option<Waiting<A>> {
    let interface = &matcher.interfaces[hop.own.interface.get()];
    let policies = match hop.direction {
        Direction::Ingress => interface.ingress,
        Direction::Egress => interface.egress,
    };
    let policy = policies.of(flow, hop.peer);
    let (source_port, destination_port) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => (source, destination),
        Transport::Icmp(_) | Transport::Opaque => (0, 0),
        Transport::LaterFragment => return None,
    };
    match family.policies[policy] {
        Policy::Classified(_) => Some(Waiting {
            at: 0,
            direction: hop.direction,
            interface: hop.own.interface,
            policy,
            inner,
            header: Header {
                source: hop.peer,
                destination: hop.local,
                source_port,
                destination_port,
                protocol: flow.protocol.0,
                fill: [0; 3],
            },
        }),
        Policy::Tabled(_) => None,
    }
}

/// Looks up what waits, policy by policy, and completes the answers.
fn look_up<A: Address>(
    matcher: &Matcher,
    family: &Tables<A>,
    waiting: &mut [Option<Waiting<A>>],
    answers: &mut [Answer],
) {
    let policy = |one: &Option<Waiting<A>>| one.map_or(usize::MAX, |one| one.policy);
    // With one policy, as most often, they are in order already.
    if !waiting.is_sorted_by_key(policy) {
        waiting.sort_unstable_by_key(policy);
    }
    let mut headers = [Header::<A>::default(); 2 * CHUNK];
    let mut numbers = [NO_MATCH; 2 * CHUNK];
    for run in waiting.chunk_by(|one, other| policy(one) == policy(other)) {
        let Some(Policy::Classified(classified)) = family.policies.get(policy(&run[0])) else {
            continue;
        };
        let (headers, numbers) = (&mut headers[..run.len()], &mut numbers[..run.len()]);
        for (header, one) in headers.iter_mut().zip(run.iter().flatten()) {
            *header = one.header;
        }
        classify(classified, headers, numbers);
        for (number, one) in numbers.iter().zip(run.iter().flatten()) {
            let kind = matcher.interfaces[one.interface.get()].kind;
            let (action, by) = decided(classified.hit(*number), kind, one.direction);
            let custom = Side {
                interface: one.interface,
                action,
                by,
            };
            if let Answer::Judged(sides) = &mut answers[one.at] {
                set(sides, one.direction, matcher.after_rules(one.inner, custom));
            }
        }
    }
}

fn classify<A: Address>(classified: &Classified<A>, headers: &[Header<A>], numbers: &mut [u32]) {
    if headers.len() < FEW {
        for (header, number) in headers.iter().zip(numbers) {
            *number = classified.classifier().classify_one(header);
        }
    } else {
        classified.classifier().classify(headers, numbers);
    }
}

/// Sets one side of an answer. Whether it is contested the sender says.
const fn set(sides: &mut Sides, direction: Direction, (side, contested): (Side, bool)) {
    match direction {
        Direction::Egress => {
            sides.egress = Some(side);
            sides.contested = contested;
        }
        Direction::Ingress => sides.ingress = Some(side),
    }
}
