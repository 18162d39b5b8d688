//! Addresses of one side of a set: a tree in which new ones branch off older ones.
//!
//! Of the address that it branches off a new one keeps the first bits, differs
//! in the next one, and draws the rest. Early ones therefore have many
//! neighbours, as old networks do; and they are used more often, too. Prefixes
//! around these addresses nest. A network is divided in one way: how long the
//! prefixes of a [`Band`] in it are is decided by the bits before the band, so
//! that one contains another of another band only, as in real sets.
//!
//! Lengths are those of IPv4. In IPv6 a provider has what an 8 to 16 is in
//! IPv4, an organisation a /48 for a /16, a network a /64 for a /24, a host a
//! /128 for a /32.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secgroup_model::{Family, Prefix};

use super::style::Band;
use crate::choice::{skewed, weighted};
use crate::filter::prefix;
use crate::rng::Rng;

/// How the addresses of one side are spread.
#[derive(Debug)]
pub(super) struct Spread {
    /// How many addresses there are for a hundred filters.
    pub(super) percent: usize,
    /// How strongly earlier ones are preferred; see [`skewed`].
    pub(super) power: u32,
    /// Where new ones branch off: at least at the first bit, below the second.
    pub(super) branches: &'static [(usize, (u8, u8))],
}

/// The least number of addresses.
const LEAST: usize = 16;

/// The addresses.
#[derive(Debug)]
pub(super) struct AddressTree {
    /// In the order in which they came; IPv4 in the upper 32 bits.
    addresses: Vec<u128>,
    power: u32,
    family: Family,
    /// What the division of networks is drawn from.
    division: u64,
}

impl AddressTree {
    /// Grows a tree for a set of `filters` filters.
    pub(super) fn grow(spread: &Spread, family: Family, filters: usize, rng: &mut Rng) -> Self {
        let size = LEAST.max(filters / 100 * spread.percent + filters % 100 * spread.percent / 100);
        let mut addresses = Vec::with_capacity(size);
        addresses.push(placed(bits(rng), family));
        while addresses.len() < size {
            let parent: u128 = rng.pick(&addresses);
            let (first, end) = weighted(rng, spread.branches);
            let at = scaled(first, family) + rng.below(scaled(end, family) - scaled(first, family));
            let rest = u128::MAX >> at;
            let differs = (rest >> 1) + 1;
            let drawn = bits(rng) & (rest >> 1);
            let address = (parent & !rest) | (!parent & differs) | drawn;
            addresses.push(placed(address, family));
        }
        Self {
            addresses,
            power: spread.power,
            family,
            division: rng.next(),
        }
    }

    /// Draws a prefix around one of the addresses.
    pub(super) fn prefix(&self, band: Band, rng: &mut Rng) -> Prefix {
        let number = skewed(rng, self.addresses.len(), self.power);
        let bits = self.addresses[number];
        let length = match scaled(band.bits_before(), self.family) {
            // There is one network only, so one length would be too few.
            0 => band.length(rng),
            before => band.length(&mut Rng::new(
                self.division ^ folded(bits >> (128 - before)),
            )),
        };
        let length = u8::try_from(scaled(length, self.family)).expect("at most 128");
        prefix(address(bits, self.family), length)
    }
}

/// Returns the prefix of all addresses.
pub(super) fn every(family: Family) -> Prefix {
    prefix(address(0, family), 0)
}

/// Returns the bit of the family that stands for a bit of IPv4.
fn scaled(length: u8, family: Family) -> usize {
    let length = usize::from(length);
    match (family, length) {
        (Family::V4, length) => length,
        (Family::V6, 0..16) => 3 * length,
        (Family::V6, 16..24) => 48 + 2 * (length - 16),
        (Family::V6, length) => 64 + 8 * (length - 24),
    }
}

fn bits(rng: &mut Rng) -> u128 {
    u128::from(rng.next()) << 64 | u128::from(rng.next())
}

fn folded(bits: u128) -> u64 {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).expect("64 bits are left");
    half(bits >> 64) ^ half(bits)
}

/// Moves an address to where its family has those of hosts: in IPv6, 2000::/3.
fn placed(bits: u128, family: Family) -> u128 {
    match family {
        Family::V4 => bits & !(u128::MAX >> 32),
        Family::V6 => (bits & (u128::MAX >> 3)) | 1 << 125,
    }
}

fn address(bits: u128, family: Family) -> IpAddr {
    match family {
        Family::V4 => {
            let upper = u32::try_from(bits >> 96).expect("32 bits are left");
            Ipv4Addr::from_bits(upper).into()
        }
        Family::V6 => Ipv6Addr::from_bits(bits).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPREAD: Spread = Spread {
        percent: 50,
        power: 2,
        branches: &[(1, (0, 8)), (3, (24, 32))],
    };

    #[test]
    fn lengths_keep_their_order_from_nothing_to_a_host() {
        let lengths: Vec<usize> = (0..=32).map(|length| scaled(length, Family::V6)).collect();
        assert!(lengths.is_sorted_by(|one, other| one < other));
        for (v4, v6) in [(0, 0), (8, 24), (16, 48), (24, 64), (32, 128)] {
            assert_eq!(lengths[v4], v6);
        }
    }

    #[test]
    fn addresses_branch_where_the_spread_says() {
        let tree = AddressTree::grow(&SPREAD, Family::V4, 2_000, &mut Rng::new(1));
        assert_eq!(tree.addresses.len(), 1_000);
        let mut networks: Vec<u128> = tree.addresses.iter().map(|one| one >> 104).collect();
        networks.sort_unstable();
        networks.dedup();
        // A new network for about one in four addresses, a few of them twice.
        assert!((200..300).contains(&networks.len()), "{}", networks.len());
        assert!(tree.addresses.iter().all(|one| one << 32 == 0));
    }

    #[test]
    fn small_sets_have_addresses_too_and_those_of_ipv6_are_global() {
        let tree = AddressTree::grow(&SPREAD, Family::V6, 3, &mut Rng::new(1));
        assert_eq!(tree.addresses.len(), LEAST);
        assert!(tree.addresses.iter().all(|one| one >> 125 == 1));
    }
}
