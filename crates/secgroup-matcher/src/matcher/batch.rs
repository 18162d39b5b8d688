//! Judging many flows together: the same steps as for one, but the rules of a
//! policy are asked about all flows that come to it at once, or those of a fleet
//! of policies about all flows.
//!
//! Everything before the rules is done flow by flow, and what waits for rules
//! is kept aside; that is looked up, sorted by policy where there is no fleet,
//! and completes its answer. All room is on the stack.

use secgroup_model::{Direction, Family, Flow, GroupIndex, InterfaceIndex, Transport};

use super::{Before, CHUNK, Hop, Matcher, Tables};
use crate::address::Address;
use crate::classifier::{Asking, Fleet, Header, NO_MATCH};
use crate::policy::{Classified, Hit, Policy};
use crate::{Answer, Side, Sides};

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
    of_family(matcher, &matcher.v4, flows, answers);
    let is_v6 = |flow: &Flow| flow.endpoints.family() == Family::V6;
    if flows.iter().any(is_v6) {
        of_family(matcher, &matcher.v6, flows, answers);
    }
}

/// Judges the flows of one family.
fn of_family<A: Address>(
    matcher: &Matcher,
    family: &Tables<A>,
    flows: &[Flow],
    answers: &mut [Answer],
) {
    let mut waiting: [Option<Waiting<A>>; 2 * CHUNK] = [None; 2 * CHUNK];
    let mut count = 0;
    for (at, (flow, answer)) in flows.iter().zip(answers.iter_mut()).enumerate() {
        let Some((source, destination)) = A::ends(flow.endpoints) else {
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
    let interface = &matcher.layout.interfaces[hop.own.interface.get()];
    let policy = interface.policies(hop.direction).of(flow, hop.peer);
    let (source_port, destination_port) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => (source, destination),
        Transport::Icmp(_) | Transport::Opaque => (0, 0),
        Transport::LaterFragment => return None,
    };
    match *family.policies[policy] {
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

/// Looks up what waits and completes the answers.
fn look_up<A: Address>(
    matcher: &Matcher,
    family: &Tables<A>,
    waiting: &mut [Option<Waiting<A>>],
    answers: &mut [Answer],
) {
    if let Some(fleet) = &family.fleet {
        look_up_in_fleet(matcher, family, fleet, waiting, answers);
        return;
    }
    let policy = |one: &Option<Waiting<A>>| one.map_or(usize::MAX, |one| one.policy);
    // With one policy, as most often, they are in order already.
    if !waiting.is_sorted_by_key(policy) {
        waiting.sort_unstable_by_key(policy);
    }
    let mut headers = [Header::<A>::default(); 2 * CHUNK];
    let mut numbers = [NO_MATCH; 2 * CHUNK];
    for run in waiting.chunk_by(|one, other| policy(one) == policy(other)) {
        let Some(classified) = family.classified(policy(&run[0])) else {
            continue;
        };
        let (headers, numbers) = (&mut headers[..run.len()], &mut numbers[..run.len()]);
        for (header, one) in headers.iter_mut().zip(run.iter().flatten()) {
            *header = one.header;
        }
        classified.classify(headers, numbers);
        for (number, one) in numbers.iter().zip(run.iter().flatten()) {
            complete(matcher, one, classified.hit(*number), answers);
        }
    }
}

/// As [`look_up`], all policies together.
fn look_up_in_fleet<A: Address>(
    matcher: &Matcher,
    family: &Tables<A>,
    fleet: &Fleet<A>,
    waiting: &[Option<Waiting<A>>],
    answers: &mut [Answer],
) {
    let mut asking = [Asking::<A>::default(); 2 * CHUNK];
    let mut numbers = [NO_MATCH; 2 * CHUNK];
    let (asking, numbers) = (&mut asking[..waiting.len()], &mut numbers[..waiting.len()]);
    for (asking, one) in asking.iter_mut().zip(waiting.iter().flatten()) {
        let list = u32::try_from(one.policy).expect("there are fewer than interfaces times four");
        *asking = Asking {
            header: one.header,
            list,
        };
    }
    fleet.classify(asking, numbers);
    for (number, one) in numbers.iter().zip(waiting.iter().flatten()) {
        let policy = family.classified(one.policy);
        let hit = policy.and_then(|policy| policy.hit(*number));
        complete(matcher, one, hit, answers);
    }
}

/// Completes the answer about a flow with what rules said at one end.
fn complete<A>(matcher: &Matcher, one: &Waiting<A>, hit: Option<Hit>, answers: &mut [Answer]) {
    let kind = matcher.layout.interfaces[one.interface.get()].kind;
    let (action, by) = matcher.decided(hit, kind, one.direction);
    let custom = Side {
        interface: one.interface,
        action,
        by,
    };
    if let Answer::Judged(sides) = &mut answers[one.at] {
        set(sides, one.direction, matcher.after_rules(one.inner, custom));
    }
}

impl<A: Address> Tables<A> {
    pub(super) fn classified(&self, policy: usize) -> Option<&Classified<A>> {
        match &**self.policies.get(policy)? {
            Policy::Classified(classified) => Some(classified),
            Policy::Tabled(_) => None,
        }
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
