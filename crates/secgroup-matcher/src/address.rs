//! Addresses as numbers, so that one table serves both families.

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use secgroup_model::{Family, Prefix};

/// An address of one family as an unsigned number.
pub(crate) trait Address: Copy + Ord + Debug + Send + Sync + 'static {
    /// The family.
    const FAMILY: Family;
    /// The least address.
    const MIN: Self;

    /// Returns the number of an address, none for the other family.
    fn of(address: IpAddr) -> Option<Self>;

    /// Returns the address.
    fn ip(self) -> IpAddr;

    /// Returns the next address, none behind the last.
    fn next(self) -> Option<Self>;

    /// Returns the first and last address of a prefix, none for the other family.
    fn bounds(prefix: Prefix) -> Option<(Self, Self)> {
        let (first, last) = prefix.bounds();
        Some((Self::of(first)?, Self::of(last)?))
    }

    /// Returns the prefix that holds this address alone.
    fn host(self) -> IpNet {
        IpNet::from(self.ip())
    }
}

impl Address for u32 {
    const FAMILY: Family = Family::V4;
    const MIN: Self = Self::MIN;

    fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(_) => None,
        }
    }

    fn ip(self) -> IpAddr {
        Ipv4Addr::from_bits(self).into()
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Address for u128 {
    const FAMILY: Family = Family::V6;
    const MIN: Self = Self::MIN;

    fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V6(address) => Some(address.to_bits()),
            IpAddr::V4(_) => None,
        }
    }

    fn ip(self) -> IpAddr {
        Ipv6Addr::from_bits(self).into()
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}
