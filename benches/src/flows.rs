//! Flows to and from the receiving interfaces of a world.

use std::net::IpAddr;

use secgroup_model::{
    Direction, Endpoints, Family, Flow, IcmpMessage, InterfaceIndex, PlacedRule, Prefix, Protocol,
    Target, Transport,
};
use secgroup_tests::rng::Rng;

use crate::World;
use crate::addresses;
use crate::rules::{FIRST_RULE_PORT, MISSED_PORT, SERVICES, port_below};

/// Echo requests: the ICMP messages that flows are.
const ECHO: u8 = 8;
const ECHO_V6: u8 = 128;

/// What flows of a workload are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Every flow is decided by the rule of the highest priority.
    HitFirst,
    /// No rule matches, though prefixes of many contain the peer: every flow
    /// falls through to the default.
    DeepMiss,
    /// Half the flows are aimed at some rule; the rest comes from the sites to
    /// services and random ports, one in eight of it outbound.
    Mixed,
}

impl World {
    /// Returns `count` flows of one family.
    ///
    /// # Panics
    ///
    /// Panics when the flows do not fit together, a mistake in the generator.
    #[must_use]
    pub fn flows(&self, traffic: Traffic, family: Family, count: usize, seed: u64) -> Vec<Flow> {
        let mut rng = Rng::new(seed);
        (0..count)
            .map(|_| match traffic {
                Traffic::HitFirst => self.hit_first(&mut rng, family),
                Traffic::DeepMiss => self.deep_miss(&mut rng, family),
                Traffic::Mixed => self.mixed(&mut rng, family),
            })
            .collect()
    }

    fn hit_first(&self, rng: &mut Rng, family: Family) -> Flow {
        let peer = addresses::inside(addresses::first_rule_network(family), rng);
        let (_, local) = self.receiver(rng, family);
        flow(peer, local, Protocol::TCP, ports(rng, FIRST_RULE_PORT))
    }

    fn deep_miss(&self, rng: &mut Rng, family: Family) -> Flow {
        let peer = addresses::site_address(rng, family);
        let (_, local) = self.receiver(rng, family);
        flow(peer, local, Protocol::TCP, ports(rng, MISSED_PORT))
    }

    /// Returns a flow of [`Traffic::Mixed`].
    pub(crate) fn mixed(&self, rng: &mut Rng, family: Family) -> Flow {
        if rng.chance(50)
            && let Some(flow) = self.at_a_rule(rng, family)
        {
            return flow;
        }
        let peer = addresses::site_address(rng, family);
        let (_, local) = self.receiver(rng, family);
        let protocol = rng.pick(&[Protocol::TCP, Protocol::TCP, Protocol::UDP]);
        let port = if rng.chance(75) {
            rng.pick(&SERVICES)
        } else {
            port_below(rng, u16::MAX)
        };
        let (source, destination) = if rng.chance(12) {
            (local, peer)
        } else {
            (peer, local)
        };
        flow(source, destination, protocol, ports(rng, port))
    }

    /// Draws a rule of a receiver and returns a flow that it matches; none
    /// when its peer has no address of the family.
    fn at_a_rule(&self, rng: &mut Rng, family: Family) -> Option<Flow> {
        let (interface, local) = self.receiver(rng, family);
        let group = rng.pick(self.snapshot.interface(interface).groups());
        let rules: Vec<PlacedRule<'_>> = self
            .snapshot
            .rules_of(group)
            .map(|(_, rule)| rule)
            .collect();
        let rule = rng.pick(&rules);
        let mut peers: Vec<Prefix> = match self.snapshot.target(rule) {
            Target::Prefix(prefix) => vec![prefix],
            Target::Group(group) => {
                let members = self.snapshot.members(group);
                let own = members.flat_map(|member| member.addresses());
                own.map(|own| own.prefix).collect()
            }
            Target::PrefixList(list) => list.entries.clone(),
            Target::Missing => Vec::new(),
        };
        peers.retain(|prefix| prefix.family() == family);
        if peers.is_empty() {
            return None;
        }
        let peer = addresses::inside(rng.pick(&peers), rng);
        let (source, destination) = match rule.rule().direction {
            Direction::Ingress => (peer, local),
            Direction::Egress => (local, peer),
        };
        if source == destination {
            return None;
        }
        let protocol = rule.rule().service.protocol().unwrap_or(Protocol::TCP);
        let transport = if protocol.has_ports() {
            let port = match self.snapshot.destination_ranges(rule) {
                Some([range, ..]) => rng.pick(&[range.first(), range.last()]),
                Some([]) | None => rng.pick(&SERVICES),
            };
            ports(rng, port)
        } else {
            portless(protocol)
        };
        Some(flow(source, destination, protocol, transport))
    }

    /// Draws a receiver; returns its address of the family too.
    fn receiver(&self, rng: &mut Rng, family: Family) -> (InterfaceIndex, IpAddr) {
        let number = rng.below(self.receivers.len());
        (self.receivers[number], addresses::receiver(number, family))
    }
}

fn flow(source: IpAddr, destination: IpAddr, protocol: Protocol, transport: Transport) -> Flow {
    let endpoints = Endpoints::new(source, destination).expect("both were drawn of one family");
    Flow::new(endpoints, protocol, transport)
}

/// Returns ports with an ephemeral source.
fn ports(rng: &mut Rng, destination: u16) -> Transport {
    let source = u16::try_from(32_768 + rng.below(28_232)).expect("up to 60,999");
    Transport::Ports {
        source,
        destination,
    }
}

/// Returns an echo request, or nothing where rules see no further.
fn portless(protocol: Protocol) -> Transport {
    let echo = |kind| Transport::Icmp(IcmpMessage { kind, code: 0 });
    match protocol {
        Protocol::ICMP => echo(ECHO),
        Protocol::ICMPV6 => echo(ECHO_V6),
        Protocol(_) => Transport::Opaque,
    }
}

#[cfg(test)]
mod tests {
    use secgroup_matcher::{Answer, Engine, Matcher, Sides};
    use secgroup_model::{Action, DecidedBy, GroupKind};

    use super::*;
    use crate::{InterfacePlan, Priorities, RULE_COUNTS, SEED};

    fn deciders(traffic: Traffic, family: Family, rules: usize) -> Vec<(Action, DecidedBy)> {
        let world = World::interface(InterfacePlan {
            seed: SEED,
            rules,
            v6_percent: if family == Family::V6 { 100 } else { 0 },
            priorities: Priorities::Mixed,
        });
        let matcher = Matcher::compile(&world.snapshot, &world.semantics, Engine::Scan);
        let flows = world.flows(traffic, family, 2_000, SEED);
        let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
        matcher.decide(&flows, &mut answers);
        let sides = answers.into_iter().flat_map(|answer| match answer {
            Answer::Judged(sides) => [sides.egress, sides.ingress],
            Answer::Ambiguous(_) => unreachable!("there is one VPC"),
        });
        let own = sides
            .flatten()
            .filter(|side| side.interface == world.receivers[0]);
        own.map(|side| (side.action, side.by)).collect()
    }

    #[test]
    fn hit_first_is_always_decided_by_the_first_rule() {
        for family in [Family::V4, Family::V6] {
            for rules in RULE_COUNTS {
                let all = deciders(Traffic::HitFirst, family, rules);
                assert_eq!(all.len(), 2_000);
                for (action, by) in all {
                    assert_eq!(action, Action::Drop);
                    assert!(matches!(by, DecidedBy::Rule(rule) if rule.get() == 0));
                }
            }
        }
    }

    #[test]
    fn deep_miss_is_always_decided_by_the_default() {
        for family in [Family::V4, Family::V6] {
            for rules in RULE_COUNTS {
                let all = deciders(Traffic::DeepMiss, family, rules);
                assert_eq!(all.len(), 2_000);
                for (_, by) in all {
                    assert_eq!(by, DecidedBy::Default(GroupKind::Basic));
                }
            }
        }
    }

    #[test]
    fn mixed_reaches_accepts_drops_defaults_and_hundreds_of_rules() {
        for family in [Family::V4, Family::V6] {
            let all = deciders(Traffic::Mixed, family, 1_000);
            let of = |wanted: Action| {
                let rules = all
                    .iter()
                    .filter(|(action, by)| *action == wanted && matches!(by, DecidedBy::Rule(_)));
                rules.count()
            };
            let (accepts, drops) = (of(Action::Accept), of(Action::Drop));
            let defaults = all.len() - accepts - drops;
            assert!(
                accepts > 300 && drops > 300 && defaults > 200,
                "{accepts} {drops} {defaults}"
            );
            let mut rules: Vec<_> = all.iter().map(|(_, by)| format!("{by:?}")).collect();
            rules.sort_unstable();
            rules.dedup();
            assert!(rules.len() > 200, "{}", rules.len());
        }
    }
}
