//! Network interfaces: where groups attach and packets are judged.

use std::net::IpAddr;
use std::sync::Arc;

use crate::{
    GroupIndex, GroupMembers, InstanceId, NetworkIndex, NetworkInterfaceId, Origin, Prefix,
    SecurityGroupId, VpcId,
};

/// Whether an interface is the first one of its instance (1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InterfaceRole {
    /// The one an instance cannot be without; "the groups of an instance" are its groups.
    Primary,
    /// Any other.
    Secondary,
}

/// How an address came to an interface (1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressRole {
    /// The primary private IPv4 address.
    Primary,
    /// A secondary private IPv4 address or an IPv6 address.
    Additional,
    /// An IPv4 or IPv6 prefix delegated to the interface.
    Delegated,
}

/// An address or delegated prefix of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceAddress {
    /// The addresses; a single one unless delegated.
    pub prefix: Prefix,
    /// How they came to the interface.
    pub role: AddressRole,
}

/// The idle limits of an interface's sessions, in seconds (1.5.4, 3.8.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConnectionTimers {
    // INVARIANT: values are among those ECS allows.
    tcp_established: Option<u16>,
    tcp_closed: Option<u16>,
    udp: Option<u16>,
}

/// A number of seconds that ECS does not allow for a timer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{timer} is {seconds}; ECS allows {allowed}")]
pub struct InvalidTimer {
    /// The timer's name in the ECS API.
    pub timer: &'static str,
    /// What was given.
    pub seconds: i64,
    /// What is allowed.
    pub allowed: &'static str,
}

impl ConnectionTimers {
    /// Checks the values of `TcpEstablishedTimeout`,
    /// `TcpClosedAndTimeWaitTimeout` and `UdpTimeout` (1.5.4).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidTimer`] for the first value that ECS does not allow.
    pub fn new(
        tcp_established: Option<i64>,
        tcp_closed: Option<i64>,
        udp: Option<i64>,
    ) -> Result<Self, InvalidTimer> {
        let check = |timer, seconds: Option<i64>, allowed, ok: fn(i64) -> bool| match seconds {
            None => Ok(None),
            Some(seconds) => match u16::try_from(seconds) {
                Ok(value) if ok(seconds) => Ok(Some(value)),
                _ => Err(InvalidTimer {
                    timer,
                    seconds,
                    allowed,
                }),
            },
        };
        Ok(Self {
            tcp_established: check(
                "TcpEstablishedTimeout",
                tcp_established,
                "30, 60, 80, 100, 200, 300, 500, 700 and 910",
                |value| [30, 60, 80, 100, 200, 300, 500, 700, 910].contains(&value),
            )?,
            tcp_closed: check(
                "TcpClosedAndTimeWaitTimeout",
                tcp_closed,
                "3 to 15",
                |value| (3..=15).contains(&value),
            )?,
            udp: check("UdpTimeout", udp, "10, 20, 30, 60, 80 and 100", |value| {
                [10, 20, 30, 60, 80, 100].contains(&value)
            })?,
        })
    }

    /// Returns the limit of established TCP sessions in seconds, where set.
    #[must_use]
    pub const fn tcp_established(self) -> Option<u16> {
        self.tcp_established
    }

    /// Returns the limit of closed TCP sessions in seconds, where set.
    #[must_use]
    pub const fn tcp_closed(self) -> Option<u16> {
        self.tcp_closed
    }

    /// Returns the limit of UDP sessions in seconds, where set.
    #[must_use]
    pub const fn udp(self) -> Option<u16> {
        self.udp
    }
}

/// A network interface on its way into a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceSpec {
    /// Its id.
    pub id: NetworkInterfaceId,
    /// The instance it is attached to.
    pub instance: Option<InstanceId>,
    /// Whether it is the instance's primary one.
    pub role: Option<InterfaceRole>,
    /// The VPC it is in. When absent and all its groups are of one VPC, that one.
    pub vpc: Option<VpcId>,
    /// Its private addresses and delegated prefixes.
    pub addresses: Vec<InterfaceAddress>,
    /// The groups it is a member of.
    pub groups: Vec<SecurityGroupId>,
    /// The idle limits of its sessions.
    pub timers: ConnectionTimers,
    /// Where it was read.
    pub origin: Origin,
}

/// A network interface of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterface {
    /// What it is by itself, shared by snapshots in which its place differs.
    pub(crate) spec: Arc<InterfaceSpec>,
    pub(crate) network: NetworkIndex,
    // INVARIANT: sorted, each group once.
    pub(crate) groups: Vec<GroupIndex>,
}

impl NetworkInterface {
    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &NetworkInterfaceId {
        &self.spec.id
    }

    /// Returns the instance it is attached to.
    #[must_use]
    pub fn instance(&self) -> Option<&InstanceId> {
        self.spec.instance.as_ref()
    }

    /// Returns whether it is its instance's primary interface, where known.
    #[must_use]
    pub fn role(&self) -> Option<InterfaceRole> {
        self.spec.role
    }

    /// Returns the network it is in.
    #[must_use]
    pub const fn network(&self) -> NetworkIndex {
        self.network
    }

    /// Returns its private addresses and delegated prefixes.
    #[must_use]
    pub fn addresses(&self) -> &[InterfaceAddress] {
        &self.spec.addresses
    }

    /// Returns the groups it is a member of, ascending, each once.
    #[must_use]
    pub fn groups(&self) -> &[GroupIndex] {
        &self.groups
    }

    /// Returns the idle limits of its sessions.
    #[must_use]
    pub fn timers(&self) -> ConnectionTimers {
        self.spec.timers
    }

    /// Returns where it was read.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.spec.origin
    }

    /// Tells whether `address` is one of its private addresses (3.2.3).
    #[must_use]
    pub fn owns(&self, address: IpAddr) -> bool {
        self.addresses()
            .iter()
            .any(|own| own.prefix.contains(address))
    }

    /// Returns the addresses by which it is a member of its groups (3.6.2).
    pub fn member_addresses(&self, members: GroupMembers) -> impl Iterator<Item = Prefix> {
        self.addresses()
            .iter()
            .filter(move |own| match members {
                GroupMembers::All => true,
                GroupMembers::Primary => own.role == AddressRole::Primary,
            })
            .map(|own| own.prefix)
    }

    /// Returns the address others know it by: the primary one, else the first.
    #[must_use]
    pub fn primary_address(&self) -> Option<IpAddr> {
        let primary = self
            .addresses()
            .iter()
            .find(|own| own.role == AddressRole::Primary);
        primary
            .or_else(|| self.addresses().first())
            .map(|own| own.prefix.bounds().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_have_the_values_ecs_allows_1_5_4() {
        for good in [30, 60, 80, 100, 200, 300, 500, 700, 910] {
            assert!(
                ConnectionTimers::new(Some(good), None, None).is_ok(),
                "{good}"
            );
        }
        for bad in [0, 29, 31, 909, 911, -1, 65536 + 30] {
            assert!(
                ConnectionTimers::new(Some(bad), None, None).is_err(),
                "{bad}"
            );
        }
        for (value, good) in [(2, false), (3, true), (15, true), (16, false)] {
            assert_eq!(
                ConnectionTimers::new(None, Some(value), None).is_ok(),
                good,
                "{value}"
            );
        }
        for (value, good) in [
            (10, true),
            (9, false),
            (30, true),
            (100, true),
            (910, false),
        ] {
            assert_eq!(
                ConnectionTimers::new(None, None, Some(value)).is_ok(),
                good,
                "{value}"
            );
        }
    }
}
