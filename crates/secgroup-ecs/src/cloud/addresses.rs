//! The addresses of a vSwitch: which are free, and which a call gets.
//!
//! Addresses are not drawn at random but counted: a call gets the lowest free
//! ones, so that the same calls always give the same addresses. None is given
//! twice in one VPC. What calls ask for is read in [`share`]; how each
//! operation words a refusal is in [`fault`].

mod fault;
mod share;
mod space;

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secgroup_model::{Family, Prefix};

pub(crate) use fault::{Fault, Speaker};
pub(crate) use share::{Share, Shares};
use space::Space;

use super::Cloud;
use super::objects::{Interface, VSwitch};

/// How many secondary IPv4 addresses an interface has at most: "up to 49"
/// (1.5). The limits of instance types are not modelled.
pub(crate) const MAX_SECONDARY: usize = 49;

/// How many IPv6 addresses an interface has at most: "up to 10" (1.5).
pub(crate) const MAX_IPV6: usize = 10;

/// How many prefixes of a family an interface has at most.
pub(crate) const MAX_PREFIXES: usize = 10;

/// The lengths of the prefixes that are delegated to interfaces.
const IPV4_PREFIX: u8 = 28;
const IPV6_PREFIX: u8 = 80;

/// Where classic instances get their addresses from.
const CLASSIC: &str = "10.0.0.0/8";

/// The free addresses of a vSwitch.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    ipv4: Space,
    /// None where the vSwitch has no IPv6 block.
    ipv6: Option<Space>,
}

/// Addresses and prefixes that an interface gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) ipv4: Vec<Ipv4Addr>,
    pub(crate) ipv6: Vec<Ipv6Addr>,
    pub(crate) ipv4_prefixes: Vec<String>,
    pub(crate) ipv6_prefixes: Vec<String>,
}

impl Taken {
    /// Gives the addresses to a new interface, the first IPv4 one being its
    /// primary one.
    pub(crate) fn give_to(self, interface: &mut Interface) {
        let mut ipv4 = self.ipv4.into_iter();
        if let Some(primary) = ipv4.next() {
            interface.primary_ip = primary;
        }
        interface.secondary_ips = ipv4.collect();
        interface.ipv6_addresses = self.ipv6;
        interface.ipv4_prefixes = self.ipv4_prefixes;
        interface.ipv6_prefixes = self.ipv6_prefixes;
    }

    /// Returns these and others.
    fn with(mut self, others: Self) -> Self {
        self.ipv4.extend(others.ipv4);
        self.ipv6.extend(others.ipv6);
        self.ipv4_prefixes.extend(others.ipv4_prefixes);
        self.ipv6_prefixes.extend(others.ipv6_prefixes);
        self
    }

    /// Gives the addresses to an interface that has some already.
    pub(crate) fn add_to(self, interface: &mut Interface) {
        interface.secondary_ips.extend(self.ipv4);
        interface.ipv6_addresses.extend(self.ipv6);
        interface.ipv4_prefixes.extend(self.ipv4_prefixes);
        interface.ipv6_prefixes.extend(self.ipv6_prefixes);
    }
}

impl Pool {
    /// Returns what is free in a vSwitch.
    ///
    /// "The first and the last three addresses of each vSwitch are reserved",
    /// of IPv6 the first and the last nine.
    pub(crate) fn of(cloud: &Cloud, vswitch: &VSwitch) -> Self {
        let mut pool = Self {
            ipv4: Space::of(vswitch.block(), 3),
            ipv6: vswitch.ipv6_block().map(|block| Space::of(Some(block), 9)),
        };
        let members = cloud.interfaces.values();
        for member in members.filter(|one| one.vpc_id == vswitch.vpc_id) {
            pool.note(member);
        }
        pool
    }

    /// Returns what is free in the classic network, which is one for all regions
    /// and accounts.
    pub(crate) fn classic(cloud: &Cloud) -> Self {
        let block = Prefix::parse(CLASSIC).ok().map(|parsed| parsed.prefix);
        let mut pool = Self {
            ipv4: Space::of(block, 3),
            ipv6: None,
        };
        let members = cloud.interfaces.values();
        for member in members.filter(|one| one.vpc_id.is_empty()) {
            pool.note(member);
        }
        pool
    }

    /// Notes that an interface has its addresses.
    fn note(&mut self, member: &Interface) {
        for address in member.private_ips() {
            self.ipv4.note(number(IpAddr::V4(address)));
        }
        let blocks = member.ipv4_prefixes.iter().filter_map(|text| bounds(text));
        blocks.for_each(|(first, last)| self.ipv4.note_block(first, last));
        let Some(ipv6) = &mut self.ipv6 else {
            return;
        };
        for address in &member.ipv6_addresses {
            ipv6.note(number(IpAddr::V6(*address)));
        }
        let blocks = member.ipv6_prefixes.iter().filter_map(|text| bounds(text));
        blocks.for_each(|(first, last)| ipv6.note_block(first, last));
    }

    /// Takes a primary address: the one that is asked for, or the lowest.
    pub(crate) fn primary(&mut self, asked: Option<&str>) -> Result<Ipv4Addr, Fault> {
        let taken = self.take_with_primary(asked, &Shares::default())?;
        taken.ipv4.first().copied().ok_or(Fault::NotEnough)
    }

    /// Takes a primary address, the one that is asked for or the lowest, and all
    /// else that a call asks for; the primary one comes first.
    ///
    /// What is listed is taken before anything is drawn, so that no address that
    /// is asked for is drawn for another purpose.
    pub(crate) fn take_with_primary(
        &mut self,
        primary: Option<&str>,
        shares: &Shares<'_>,
    ) -> Result<Taken, Fault> {
        if let (Some(text), Share::Listed(others)) = (primary, &shares.ipv4)
            && others.contains(&text)
        {
            return Err(Fault::Repeated(text.to_owned()));
        }
        let asked = primary.map_or_else(Share::default, |text| Share::Listed(vec![text]));
        let mut ipv4 = self.ipv4(&asked)?;
        let listed = self.take_part(shares, true)?;
        if ipv4.is_empty() {
            ipv4 = self.ipv4(&Share::Counted(1))?;
        }
        let drawn = self.take_part(shares, false)?;
        let first = Taken {
            ipv4,
            ..Taken::default()
        };
        Ok(first.with(listed).with(drawn))
    }

    /// Takes all that a call asks for.
    pub(crate) fn take(&mut self, shares: &Shares<'_>) -> Result<Taken, Fault> {
        let listed = self.take_part(shares, true)?;
        Ok(listed.with(self.take_part(shares, false)?))
    }

    /// Takes what a call lists, or what it counts.
    fn take_part(&mut self, shares: &Shares<'_>, listed: bool) -> Result<Taken, Fault> {
        let nothing = Share::default();
        let part = |share| {
            if is_listed(share) == listed {
                share
            } else {
                &nothing
            }
        };
        Ok(Taken {
            ipv4: self.ipv4(part(&shares.ipv4))?,
            ipv6: self.ipv6(part(&shares.ipv6))?,
            ipv4_prefixes: self.prefixes(part(&shares.ipv4_prefixes), Family::V4)?,
            ipv6_prefixes: self.prefixes(part(&shares.ipv6_prefixes), Family::V6)?,
        })
    }

    fn ipv4(&mut self, share: &Share<'_>) -> Result<Vec<Ipv4Addr>, Fault> {
        let numbers = match share {
            Share::Counted(count) => self.ipv4.draw(*count)?,
            Share::Listed(texts) => {
                let parsed = parsed(texts, |text| text.parse().ok().map(IpAddr::V4))?;
                self.ipv4.take(&parsed)?
            }
        };
        let addresses = numbers
            .into_iter()
            .filter_map(|one| u32::try_from(one).ok());
        Ok(addresses.map(Ipv4Addr::from_bits).collect())
    }

    fn ipv6(&mut self, share: &Share<'_>) -> Result<Vec<Ipv6Addr>, Fault> {
        if share.is_empty() {
            return Ok(Vec::new());
        }
        let space = self.ipv6.as_mut().ok_or(Fault::NoIpv6)?;
        let numbers = match share {
            Share::Counted(count) => space.draw(*count)?,
            Share::Listed(texts) => {
                let parsed = parsed(texts, |text| text.parse().ok().map(IpAddr::V6))?;
                space.take(&parsed)?
            }
        };
        Ok(numbers.into_iter().map(Ipv6Addr::from_bits).collect())
    }

    fn prefixes(&mut self, share: &Share<'_>, family: Family) -> Result<Vec<String>, Fault> {
        if share.is_empty() {
            return Ok(Vec::new());
        }
        let (space, length, bits) = match family {
            Family::V4 => (&mut self.ipv4, IPV4_PREFIX, 32),
            Family::V6 => (self.ipv6.as_mut().ok_or(Fault::NoIpv6)?, IPV6_PREFIX, 128),
        };
        let size = 1_u128 << (bits - u32::from(length));
        let starts = match share {
            Share::Counted(count) => space.draw_blocks(*count, size)?,
            Share::Listed(texts) => {
                let parsed = parsed(texts, |text| {
                    let parsed = Prefix::parse(text).ok()?;
                    let prefix = parsed.prefix;
                    let proper = prefix.family() == family && prefix.length() == length;
                    (proper && !parsed.had_host_bits).then(|| prefix.bounds().0)
                })?;
                space.take_blocks(&parsed, size)?
            }
        };
        Ok(starts
            .into_iter()
            .map(|start| block(start, family, length))
            .collect())
    }
}

/// A number of an address with the text that asked for it.
type Asked<'a> = (u128, &'a str);

const fn is_listed(share: &Share<'_>) -> bool {
    matches!(share, Share::Listed(_))
}

/// Reads addresses; no two may be the same.
fn parsed<'a>(
    texts: &[&'a str],
    read: impl Fn(&str) -> Option<IpAddr>,
) -> Result<Vec<Asked<'a>>, Fault> {
    let mut seen = HashSet::new();
    let each = texts.iter().map(|text| {
        let address = read(text).ok_or_else(|| Fault::Malformed((*text).to_owned()))?;
        if seen.insert(address) {
            Ok((number(address), *text))
        } else {
            Err(Fault::Repeated((*text).to_owned()))
        }
    });
    each.collect()
}

/// Returns the address as a number; IPv4 and IPv6 are never in one space.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Returns the first and last address of a block.
fn bounds(text: &str) -> Option<(u128, u128)> {
    let (first, last) = Prefix::parse(text).ok()?.prefix.bounds();
    Some((number(first), number(last)))
}

/// Writes a block.
fn block(start: u128, family: Family, length: u8) -> String {
    let address = match family {
        Family::V4 => {
            let start = u32::try_from(start).expect("blocks are taken from an IPv4 space");
            IpAddr::V4(Ipv4Addr::from_bits(start))
        }
        Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(start)),
    };
    format!("{address}/{length}")
}
