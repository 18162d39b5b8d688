//! Rules of workloads: mixed peers, services, actions and priorities.

use secgroup_model::{
    Action, DestinationPorts, Direction, Family, NicType, Origin, Peer, PortRange, PrefixListId,
    Priority, Protocol, Rule, RuleId, SecurityGroupId, Service, SourcePorts,
};

use crate::addresses;
use crate::rng::Rng;

/// The port of the first rule of a world.
pub(crate) const FIRST_RULE_PORT: u16 = 22;

/// A port that no rule with a range names. Rules for every port or protocol
/// never have a peer at a site, so TCP from a site to this port meets none.
pub(crate) const MISSED_PORT: u16 = 65_000;

/// Ports that services really have; rules and flows draw from them.
pub(crate) const SERVICES: [u16; 24] = [
    21, 22, 25, 53, 80, 110, 123, 143, 389, 443, 445, 636, 993, 1433, 1521, 2049, 3128, 3306, 3389,
    5432, 6379, 8080, 8443, 9200,
];

/// The priorities of a world's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priorities {
    /// Several, each many times: the first rule alone has 1.
    Mixed,
    /// All have 1, so that drops come before accepts and nothing else helps.
    Equal,
}

/// What rules may refer to.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    /// Groups with members.
    pub(crate) groups: Vec<SecurityGroupId>,
    /// Prefix lists.
    pub(crate) lists: Vec<(PrefixListId, Family)>,
}

/// Makes the rules of a world one after the other.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    /// What they may refer to.
    pub(crate) peers: &'a Peers,
    /// How many of a hundred are about IPv6.
    pub(crate) v6_percent: usize,
    /// Their priorities.
    pub(crate) priorities: Priorities,
    /// How many interfaces have them.
    pub(crate) receivers: u16,
    /// How many were made.
    pub(crate) made: usize,
}

impl Rules<'_> {
    /// Returns the next rule.
    pub(crate) fn next(&mut self, rng: &mut Rng) -> Rule {
        self.made += 1;
        if self.made == 1 {
            return self.first();
        }
        let family = addresses::family(rng, self.v6_percent);
        let (peer, broad) = self.peer(rng, family);
        let local = rng
            .chance(3)
            .then(|| addresses::receivers(self.receivers, family));
        let direction = if rng.chance(90) {
            Direction::Ingress
        } else {
            Direction::Egress
        };
        let action = if rng.chance(70) {
            Action::Accept
        } else {
            Action::Drop
        };
        let priority = match self.priorities {
            Priorities::Mixed => rng.pick(&[2, 2, 5, 10, 10, 10, 20, 50, 100]),
            Priorities::Equal => 1,
        };
        Rule {
            local,
            ..self.rule(
                direction,
                action,
                priority,
                service(rng, family, broad),
                peer,
            )
        }
    }

    /// Returns the rule that decides whatever it matches.
    fn first(&self) -> Rule {
        let family = if self.v6_percent >= 100 {
            Family::V6
        } else {
            Family::V4
        };
        let port = PortRange::new(FIRST_RULE_PORT, FIRST_RULE_PORT).expect("a port above 0");
        let service = Service::Tcp(DestinationPorts::Range(port), SourcePorts::Any);
        let peer = Peer::Prefix(addresses::first_rule_network(family));
        self.rule(Direction::Ingress, Action::Drop, 1, service, peer)
    }

    fn rule(
        &self,
        direction: Direction,
        action: Action,
        priority: i64,
        service: Service,
        peer: Peer,
    ) -> Rule {
        Rule {
            id: Some(RuleId::new(&format!("sgr-{}", self.made)).expect("a short id")),
            direction,
            action,
            priority: Priority::new(priority).expect("priorities of this file are legal"),
            service,
            peer,
            local: None,
            nic: NicType::Intranet,
            created: None,
            description: None,
            origin: Origin::default(),
        }
    }

    /// Returns a peer, and whether its rule may be about every port.
    fn peer(&self, rng: &mut Rng, family: Family) -> (Peer, bool) {
        let lists = self.peers.lists.iter();
        let own: Vec<PrefixListId> = lists
            .filter(|(_, other)| *other == family)
            .map(|(id, _)| id.clone())
            .collect();
        match rng.below(10) {
            0 => (Peer::Group(rng.pick(&self.peers.groups)), true),
            1 => (Peer::PrefixList(rng.pick(&own)), false),
            2 => (
                Peer::Prefix(addresses::management_prefix(rng, family)),
                true,
            ),
            _ => (Peer::Prefix(addresses::site_prefix(rng, family)), false),
        }
    }
}

/// Returns protocol and ports; every port only where the peer is `broad`.
fn service(rng: &mut Rng, family: Family, broad: bool) -> Service {
    let icmp = match family {
        Family::V4 => Protocol::ICMP,
        Family::V6 => Protocol::ICMPV6,
    };
    let protocol = match rng.below(100) {
        0..5 => icmp,
        5..7 => Protocol::GRE,
        7..9 => Protocol(50),
        9..35 => Protocol::UDP,
        _ => Protocol::TCP,
    };
    if broad && rng.chance(25) {
        return Service::All;
    }
    let to = if broad && rng.chance(30) {
        DestinationPorts::Any
    } else {
        DestinationPorts::Range(range(rng))
    };
    let from = if rng.chance(5) {
        SourcePorts::Range(PortRange::new(1024, u16::MAX).expect("in order"))
    } else {
        SourcePorts::Any
    };
    Service::of(protocol, to, from)
}

fn range(rng: &mut Rng) -> PortRange {
    let first = if rng.chance(80) {
        rng.pick(&SERVICES)
    } else {
        port_below(rng, MISSED_PORT)
    };
    let width = rng.pick(&[0, 0, 0, 0, 1, 9, 99, 999, 9_999]);
    let last = first.saturating_add(width).min(MISSED_PORT - 1);
    PortRange::new(first, last).expect("`first` is below the missed port, so in order")
}

/// Returns a port from 1 that is below `end`.
pub(crate) fn port_below(rng: &mut Rng, end: u16) -> u16 {
    let drawn = 1 + rng.below(usize::from(end) - 1);
    u16::try_from(drawn).expect("drawn below a port")
}
