//! Flows to and from the receiving interfaces of a world.

use std::net::IpAddr;

use secgroup_model::{
    Direction, Endpoints, Family, Flow, IcmpMessage, InterfaceIndex, Prefix, Protocol, Target,
    Transport,
};

use crate::World;
use crate::addresses;
use crate::rng::Rng;
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
        let mut rules = self.snapshot.rules_of(group);
        if rules.len() == 0 {
            return None;
        }
        let number = rng.below(rules.len());
        let (_, rule) = rules.nth(number).expect("drawn below their number");
        let mut peers: Vec<Prefix> = match self.snapshot.target(rule) {
            Target::Prefix(prefix) => vec![prefix],
            Target::Group(group) => self.members[group.get()].clone(),
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
        let own = u16::try_from(number).expect("a plan counts them with 16 bits");
        (self.receivers[number], addresses::receiver(own, family))
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
