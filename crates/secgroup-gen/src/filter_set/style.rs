//! The shares of each style, rounded from those of ClassBench's sets with 1,000
//! and 10,000 filters: acl1 to acl5, fw1 to fw5, ipc1 and ipc2. Rare protocols
//! that only some of those have are left out.

use secgroup_model::Protocol;

use super::address_tree::Spread;
use super::ports::Ports::{self, Any, Exact, High, Low, Range};
use crate::choice::weighted;
use crate::rng::Rng;
use Band::{All, Campus, Few, Host, Network, Part, Site, Subnet, Wide};

/// Whose manner a set has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Access lists: specific on both sides, any source port, many services.
    Acl,
    /// Firewalls: any or half the addresses on one side, and ports on both.
    Fw,
    /// Chains of a Linux host: between the two; a third is about addresses only.
    Ipc,
}

/// Protocol, source ports and destination ports of a filter.
pub(super) type Said = (Option<Protocol>, Ports, Ports);

/// What a style is made of. Weights are in thousandths, about.
#[derive(Debug)]
pub(super) struct Shares {
    /// How long the prefixes of source and destination are together.
    pub(super) lengths: &'static [(usize, (Band, Band))],
    /// What filters say about protocol and ports.
    pub(super) services: &'static [(usize, Said)],
    /// How many of a hundred filters have the ends of the one before.
    pub(super) same_ends_percent: usize,
    /// How many applications have ports of their own, and how many of a hundred
    /// single ports are theirs.
    pub(super) applications: usize,
    pub(super) application_percent: usize,
    /// The addresses of sources and destinations.
    pub(super) sources: Spread,
    pub(super) destinations: Spread,
}

/// Lengths of prefixes that are much alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Band {
    /// Everything.
    All,
    /// A part of everything: 1 to 8 bits, mostly 1.
    Part,
    /// 9 to 15.
    Wide,
    /// 16.
    Site,
    /// 17 to 23.
    Campus,
    /// 24.
    Network,
    /// 25 to 27.
    Subnet,
    /// Few hosts: 28 to 31.
    Few,
    /// One host: 32.
    Host,
}

impl Band {
    /// Returns how many bits of an address decide how long its prefix of the band
    /// is: bits that all prefixes of the band have. None for the shortest ones.
    pub(super) const fn bits_before(self) -> u8 {
        match self {
            Self::All | Self::Part => 0,
            Self::Wide => 8,
            Self::Site | Self::Campus => 16,
            Self::Network | Self::Subnet => 24,
            Self::Few => 27,
            Self::Host => 32,
        }
    }

    /// Draws a length of the band, as of an IPv4 prefix.
    pub(super) fn length(self, rng: &mut Rng) -> u8 {
        let lengths: &[(usize, u8)] = match self {
            Self::All => return 0,
            Self::Part => &[(8, 1), (1, 2), (1, 8)],
            Self::Wide => &[(1, 9), (1, 10), (2, 11), (3, 12), (2, 13), (1, 14), (5, 15)],
            Self::Site => return 16,
            Self::Campus => &[
                (3, 17),
                (1, 18),
                (1, 19),
                (2, 20),
                (2, 21),
                (4, 22),
                (8, 23),
            ],
            Self::Network => return 24,
            Self::Subnet => &[(4, 25), (3, 26), (4, 27)],
            Self::Few => &[(2, 28), (1, 29), (3, 30), (12, 31)],
            Self::Host => return 32,
        };
        weighted(rng, lengths)
    }
}

/// The protocol of a filter.
type Named = Option<Protocol>;

const ANY: Named = None;
const TCP: Named = Some(Protocol::TCP);
const UDP: Named = Some(Protocol::UDP);
const ICMP: Named = Some(Protocol::ICMP);
const GRE: Named = Some(Protocol::GRE);
const ESP: Named = Some(Protocol(50));
const AH: Named = Some(Protocol(51));
const OSPF: Named = Some(Protocol(89));

impl Style {
    /// Returns its shares.
    pub(super) const fn shares(self) -> &'static Shares {
        match self {
            Self::Acl => &ACL,
            Self::Fw => &FW,
            Self::Ipc => &IPC,
        }
    }
}

/// Where addresses branch off in networks that grew slowly.
const GROWN: &[(usize, (u8, u8))] = &[(4, (0, 8)), (10, (8, 16)), (26, (16, 24)), (60, (24, 32))];

/// Where they do when they are mostly strangers to each other.
const SCATTERED: &[(usize, (u8, u8))] =
    &[(8, (0, 8)), (22, (8, 16)), (30, (16, 24)), (40, (24, 32))];

const ACL: Shares = Shares {
    lengths: &[
        (140, (Host, Host)),
        (87, (Few, Host)),
        (87, (Host, Few)),
        (54, (Campus, Host)),
        (50, (Few, Few)),
        (42, (Campus, Few)),
        (36, (Subnet, Host)),
        (33, (Subnet, Few)),
        (24, (Wide, Host)),
        (22, (Campus, Subnet)),
        (20, (Few, Campus)),
        (19, (Site, Host)),
        (19, (Network, Few)),
        (19, (Network, Host)),
        (17, (Wide, Few)),
        (17, (Campus, All)),
        (17, (Subnet, Subnet)),
        (16, (Host, Subnet)),
        (16, (Host, Campus)),
        (15, (Campus, Part)),
        (13, (Few, Subnet)),
        (11, (Site, Few)),
        (11, (Part, Host)),
        (11, (All, Few)),
        (10, (Wide, Subnet)),
        (10, (All, Host)),
        (9, (Part, Few)),
        (8, (Host, Wide)),
        (8, (Network, All)),
        (8, (Campus, Wide)),
        (8, (Host, Network)),
        (8, (Site, Subnet)),
        (6, (Network, Wide)),
        (6, (Network, Subnet)),
        (6, (All, Campus)),
        (5, (Subnet, Campus)),
        (5, (Campus, Campus)),
        (5, (Few, All)),
        (5, (Subnet, All)),
        (4, (Subnet, Wide)),
        (4, (Wide, All)),
        (4, (Network, Part)),
        (4, (Campus, Site)),
        (4, (All, All)),
        (4, (Wide, Network)),
    ],
    services: &[
        (430, (TCP, Any, Exact)),
        (190, (UDP, Any, Exact)),
        (110, (ANY, Any, Any)),
        (78, (TCP, Any, Range)),
        (70, (TCP, Any, Any)),
        (55, (ICMP, Any, Any)),
        (30, (TCP, Any, High)),
        (25, (UDP, Any, High)),
        (8, (UDP, Any, Range)),
        (2, (GRE, Any, Any)),
        (2, (OSPF, Any, Any)),
    ],
    same_ends_percent: 30,
    applications: 120,
    application_percent: 40,
    sources: Spread {
        percent: 14,
        power: 2,
        branches: GROWN,
    },
    destinations: Spread {
        percent: 18,
        power: 2,
        branches: GROWN,
    },
};

const FW: Shares = Shares {
    lengths: &[
        (145, (All, Few)),
        (85, (Part, Host)),
        (80, (All, Host)),
        (64, (Campus, All)),
        (62, (Few, All)),
        (46, (Part, Few)),
        (41, (Host, Part)),
        (39, (Host, Host)),
        (36, (All, Campus)),
        (36, (Host, All)),
        (27, (All, All)),
        (26, (Network, All)),
        (25, (Campus, Part)),
        (23, (Host, Few)),
        (23, (Few, Host)),
        (21, (Few, Part)),
        (20, (Part, All)),
        (19, (All, Network)),
        (19, (All, Part)),
        (18, (All, Subnet)),
        (16, (Subnet, All)),
        (16, (Part, Campus)),
        (14, (Network, Part)),
        (13, (Wide, All)),
        (10, (Few, Few)),
        (9, (Part, Network)),
        (7, (Part, Part)),
        (7, (Host, Campus)),
        (6, (Site, All)),
        (5, (Wide, Part)),
        (5, (Part, Subnet)),
        (4, (Subnet, Part)),
    ],
    services: &[
        (390, (TCP, Any, Exact)),
        (165, (UDP, Any, Exact)),
        (140, (UDP, Exact, Any)),
        (75, (TCP, Any, Any)),
        (55, (ICMP, Any, Any)),
        (40, (TCP, High, High)),
        (30, (UDP, Exact, Exact)),
        (25, (ANY, Any, Any)),
        (20, (TCP, High, Exact)),
        (15, (GRE, Any, Any)),
        (13, (UDP, Exact, High)),
        (12, (UDP, High, Exact)),
        (12, (TCP, Exact, High)),
        (6, (UDP, High, High)),
        (5, (TCP, Low, Exact)),
        (5, (ESP, Any, Any)),
        (4, (TCP, Any, Range)),
        (2, (UDP, High, Range)),
        (2, (UDP, Range, High)),
    ],
    same_ends_percent: 8,
    applications: 12,
    application_percent: 20,
    sources: Spread {
        percent: 45,
        power: 2,
        branches: SCATTERED,
    },
    destinations: Spread {
        percent: 50,
        power: 2,
        branches: SCATTERED,
    },
};

const IPC: Shares = Shares {
    lengths: &[
        (87, (All, Few)),
        (87, (Host, Host)),
        (52, (Few, Host)),
        (52, (Part, Host)),
        (51, (All, Host)),
        (42, (Host, Few)),
        (40, (Campus, Host)),
        (35, (Campus, Subnet)),
        (28, (Part, Few)),
        (28, (Campus, Network)),
        (27, (Subnet, Few)),
        (26, (Network, Host)),
        (23, (Network, Few)),
        (23, (Subnet, Host)),
        (21, (Campus, Campus)),
        (20, (Few, Subnet)),
        (20, (Host, Subnet)),
        (20, (Few, All)),
        (17, (Campus, Few)),
        (16, (Subnet, Campus)),
        (15, (Network, Network)),
        (14, (Subnet, Subnet)),
        (14, (Campus, All)),
        (14, (Host, All)),
        (14, (Network, Subnet)),
        (14, (Host, Part)),
        (13, (Network, Campus)),
        (13, (Few, Few)),
        (12, (Subnet, Network)),
        (11, (Campus, Site)),
        (10, (All, Subnet)),
        (9, (Host, Network)),
        (8, (Campus, Part)),
        (7, (Network, All)),
        (6, (Few, Part)),
        (5, (All, Network)),
        (5, (Few, Network)),
        (5, (All, Campus)),
        (5, (Part, Campus)),
        (5, (Wide, Subnet)),
        (5, (Network, Site)),
        (5, (Host, Campus)),
        (5, (Few, Campus)),
        (5, (Subnet, All)),
        (4, (Site, Subnet)),
    ],
    services: &[
        (310, (ANY, Any, Any)),
        (165, (UDP, Any, Exact)),
        (130, (TCP, Any, Exact)),
        (90, (UDP, Exact, Any)),
        (90, (ICMP, Any, Any)),
        (60, (TCP, Exact, Any)),
        (45, (UDP, Exact, Exact)),
        (45, (UDP, Any, High)),
        (18, (TCP, Any, Any)),
        (14, (TCP, Any, Range)),
        (12, (TCP, Range, Any)),
        (4, (UDP, Any, Range)),
        (3, (UDP, Range, Any)),
        (3, (UDP, High, Any)),
        (3, (GRE, Any, Any)),
        (2, (ESP, Any, Any)),
        (1, (AH, Any, Any)),
        (1, (TCP, Exact, Range)),
    ],
    same_ends_percent: 12,
    applications: 24,
    application_percent: 30,
    sources: Spread {
        percent: 20,
        power: 2,
        branches: GROWN,
    },
    destinations: Spread {
        percent: 35,
        power: 2,
        branches: GROWN,
    },
};
