//! What filters of a set say about protocol and ports.

use secgroup_model::{Family, PortSpan, Protocol};

use super::style::Shares;
use crate::choice::{skewed, weighted};
use crate::filter::Filter;
use crate::rng::Rng;

/// What a filter says about the ports of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ports {
    /// Nothing.
    Any,
    /// 1024 and up: where clients have theirs.
    High,
    /// Below 1024.
    Low,
    /// One.
    Exact,
    /// Some other range.
    Range,
}

/// Protocol and ports of a filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    pub(super) protocol: Option<Protocol>,
    pub(super) source: PortSpan,
    pub(super) destination: PortSpan,
}

/// Ports of services of TCP by how often filters name them.
const TCP: &[(usize, u16)] = &[
    (100, 80),
    (80, 22),
    (70, 25),
    (70, 443),
    (60, 1521),
    (40, 53),
    (40, 21),
    (40, 23),
    (30, 20),
    (30, 110),
    (30, 1433),
    (25, 3389),
    (25, 8080),
    (20, 135),
    (20, 139),
    (20, 143),
    (20, 389),
    (20, 445),
    (20, 3306),
    (20, 5432),
    (15, 88),
    (15, 119),
    (15, 179),
    (15, 993),
    (10, 111),
    (10, 113),
    (10, 515),
    (10, 636),
    (10, 995),
    (10, 1723),
    (10, 2049),
    (10, 3128),
    (10, 5060),
    (10, 6379),
    (10, 6667),
    (10, 8443),
    (10, 9200),
];

/// The same of UDP.
const UDP: &[(usize, u16)] = &[
    (100, 53),
    (80, 123),
    (80, 161),
    (70, 514),
    (50, 69),
    (25, 88),
    (25, 137),
    (25, 138),
    (25, 162),
    (25, 500),
    (20, 67),
    (20, 1812),
    (15, 68),
    (15, 111),
    (10, 1194),
    (10, 1645),
    (10, 1813),
    (10, 2049),
    (10, 4500),
    (10, 5060),
];

/// Source ports that servers answer from.
const TCP_SOURCES: &[(usize, u16)] = &[
    (5, 80),
    (4, 25),
    (3, 20),
    (3, 443),
    (3, 1433),
    (2, 22),
    (2, 110),
];
const UDP_SOURCES: &[(usize, u16)] = &[
    (8, 53),
    (7, 123),
    (4, 161),
    (2, 69),
    (2, 88),
    (2, 500),
    (1, 67),
];

/// Ranges that applications really ask for.
const RANGES: &[(u16, u16)] = &[
    (20, 21),
    (137, 139),
    (109, 110),
    (1024, 5000),
    (6000, 6063),
    (33434, 33534),
];

/// How wide other ranges are.
const WIDTHS: &[u16] = &[2, 2, 2, 3, 4, 10, 11, 16, 50, 100, 1_000];

/// Where applications have their ports.
const APPLICATIONS: std::ops::Range<usize> = 1_024..49_152;

/// The services of a set.
#[derive(Debug)]
pub(super) struct Services {
    shares: &'static Shares,
    family: Family,
    /// Ports of applications, the common ones first.
    applications: Vec<u16>,
    ranges: Vec<(u16, u16)>,
}

impl Services {
    pub(super) fn new(shares: &'static Shares, family: Family, rng: &mut Rng) -> Self {
        let application = |rng: &mut Rng| {
            let drawn = APPLICATIONS.start + rng.below(APPLICATIONS.len());
            u16::try_from(drawn).expect("ports have 16 bits")
        };
        let applications = (0..shares.applications).map(|_| application(rng)).collect();
        let mut ranges = RANGES.to_vec();
        for _ in 0..shares.applications / 4 {
            let first = application(rng);
            ranges.push((first, first + rng.pick(WIDTHS) - 1));
        }
        Self {
            shares,
            family,
            applications,
            ranges,
        }
    }

    /// Draws protocol and ports.
    pub(super) fn draw(&self, rng: &mut Rng) -> Service {
        let (protocol, source, destination) = weighted(rng, self.shares.services);
        let protocol = match (protocol, self.family) {
            (Some(Protocol::ICMP), Family::V6) => Some(Protocol::ICMPV6),
            (other, _) => other,
        };
        let udp = protocol == Some(Protocol::UDP);
        Service {
            protocol,
            source: match source {
                Ports::Exact if udp => PortSpan::one(weighted(rng, UDP_SOURCES)),
                Ports::Exact => PortSpan::one(weighted(rng, TCP_SOURCES)),
                other => self.span(other, udp, rng),
            },
            destination: self.span(destination, udp, rng),
        }
    }

    fn span(&self, ports: Ports, udp: bool, rng: &mut Rng) -> PortSpan {
        match ports {
            Ports::Any => Filter::ANY_PORT,
            Ports::High => PortSpan::between(1024, u16::MAX),
            Ports::Low => PortSpan::between(0, 1023),
            Ports::Exact => PortSpan::one(self.port(udp, rng)),
            Ports::Range => {
                let (first, last) = self.ranges[skewed(rng, self.ranges.len(), 2)];
                PortSpan::between(first, last)
            }
        }
    }

    fn port(&self, udp: bool, rng: &mut Rng) -> u16 {
        if rng.chance(self.shares.application_percent) {
            return self.applications[skewed(rng, self.applications.len(), 2)];
        }
        weighted(rng, if udp { UDP } else { TCP })
    }
}
