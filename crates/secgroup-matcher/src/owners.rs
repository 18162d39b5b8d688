//! Which interface an address belongs to.
//!
//! Nearly every address that a snapshot has is there alone, and nearly every
//! address that is asked for is not there at all; one probe of [`Hosts`] tells
//! both.

mod hosts;

use secgroup_model::{
    AddressRole, Ambiguous, GroupMembers, InterfaceIndex, NetworkIndex, Scope, Snapshot,
};

use crate::address::Address;
use hosts::{Host, Hosts};

/// An interface that owns an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The interface.
    pub(crate) interface: InterfaceIndex,
    /// Its network.
    network: NetworkIndex,
    /// Whether the address counts for the groups of the interface (3.6.2).
    pub(crate) member: bool,
}

/// All addresses of one family, cut into intervals with equal owners.
///
/// `starts[i]` begins interval `i`, which reaches to the next start; its owners
/// are `owners[spans[i].0..][..spans[i].1]`, one per network at most. With
/// 10.0.0.1 on one interface there are three intervals: below, it, above.
#[derive(Clone, Debug)]
pub(crate) struct Owners<A> {
    starts: Vec<A>,
    spans: Vec<(u32, u32)>,
    owners: Vec<Owner>,
    /// The intervals with owners that have one address only.
    hosts: Hosts<A>,
    /// Whether there are others with owners.
    has_ranges: bool,
}

/// Nobody has an address.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Several interfaces have an address, in networks of their own.
pub(crate) const SEVERAL: u32 = u32::MAX - 1;

impl<A: Address> Owners<A> {
    /// Indexes the addresses of all interfaces.
    pub(crate) fn build(snapshot: &Snapshot, members: GroupMembers) -> Self {
        let mut claims = Vec::new();
        for (interface, one) in snapshot.interfaces() {
            for own in one.addresses() {
                let member = match members {
                    GroupMembers::All => true,
                    GroupMembers::Primary => own.role == AddressRole::Primary,
                };
                if let Some((first, last)) = A::bounds(own.prefix) {
                    claims.push((
                        first,
                        last,
                        Owner {
                            interface,
                            network: one.network(),
                            member,
                        },
                    ));
                }
            }
        }
        claims.sort_unstable_by_key(|(first, _, owner)| (*first, owner.interface));
        let mut starts: Vec<A> = vec![A::MIN];
        starts.extend(claims.iter().map(|(first, ..)| *first));
        starts.extend(claims.iter().filter_map(|(_, last, _)| last.next()));
        starts.sort_unstable();
        starts.dedup();

        let mut index = Self {
            starts,
            spans: Vec::new(),
            owners: Vec::new(),
            hosts: Hosts::default(),
            has_ranges: false,
        };
        let mut waiting = claims.into_iter().peekable();
        let mut open: Vec<(A, Owner)> = Vec::new();
        for at in 0..index.starts.len() {
            let start = index.starts[at];
            open.retain(|(last, _)| start <= *last);
            while let Some((_, last, owner)) = waiting.next_if(|(first, ..)| *first <= start) {
                open.push((last, owner));
            }
            index.push_interval(open.iter().map(|(_, owner)| *owner));
        }
        index.find_hosts();
        index
    }

    /// Tells the intervals of one address from the longer ones.
    fn find_hosts(&mut self) {
        let owned = |(_, (_, count)): &(usize, &(u32, u32))| *count > 0;
        let owned: Vec<usize> = self
            .spans
            .iter()
            .enumerate()
            .filter(owned)
            .map(|(at, _)| at)
            .collect();
        let is_host = |at: &usize| match self.starts.get(at + 1) {
            Some(next) => self.starts[*at].next() == Some(*next),
            None => self.starts[*at] == A::MAX,
        };
        let (hosts, ranges): (Vec<usize>, Vec<usize>) = owned.into_iter().partition(is_host);
        self.has_ranges = !ranges.is_empty();
        let hosts = hosts.into_iter().map(|at| {
            let host = Host {
                interval: number(at),
                end: end(self.owners_of(at)),
            };
            (self.starts[at], host)
        });
        self.hosts = Hosts::of(hosts);
    }

    /// Appends the owners of the next interval, each interface once.
    fn push_interval(&mut self, open: impl Iterator<Item = Owner>) {
        let first = self.owners.len();
        for owner in open {
            match self.owners[first..]
                .iter_mut()
                .find(|one| one.interface == owner.interface)
            {
                // The address may be there twice, alone and in a delegated prefix.
                Some(known) => known.member |= owner.member,
                None => self.owners.push(owner),
            }
        }
        self.spans
            .push((number(first), number(self.owners.len() - first)));
    }

    /// Returns how many bytes it has.
    pub(crate) fn bytes(&self) -> usize {
        let intervals = size_of_val(&*self.starts) + size_of_val(&*self.spans);
        intervals + size_of_val(&*self.owners) + self.hosts.bytes()
    }

    /// Returns the owners of an address.
    #[inline]
    fn of(&self, address: A) -> &[Owner] {
        match self.hosts.interval(address) {
            Some(at) => self.owners_of(at as usize),
            None if self.has_ranges => self.owners_of(self.interval(address)),
            None => &[],
        }
    }

    /// Returns the interval that an address is in.
    fn interval(&self, address: A) -> usize {
        self.starts.partition_point(|start| *start <= address) - 1
    }

    fn owners_of(&self, interval: usize) -> &[Owner] {
        let (first, count) = self.spans[interval];
        &self.owners[first as usize..][..count as usize]
    }

    /// Returns the position of the one interface that has an address,
    /// [`SEVERAL`] or [`NOBODY`].
    // PERF: a call costs as much as the look.
    #[inline(always)]
    pub(crate) fn end(&self, address: A) -> u32 {
        let own = self.hosts.end(address);
        if self.has_ranges && own == NOBODY {
            return end(self.owners_of(self.interval(address)));
        }
        own
    }

    /// Finds the owners of both ends of a flow.
    pub(crate) fn of_flow(
        &self,
        source: A,
        destination: A,
        scope: Scope,
    ) -> Result<(Option<Owner>, Option<Owner>), Ambiguous> {
        let (sources, destinations) = (self.of(source), self.of(destination));
        match scope {
            Scope::Elsewhere => Ok((None, None)),
            Scope::Network(network) => {
                Ok((within(sources, network), within(destinations, network)))
            }
            Scope::Ends {
                source,
                destination,
            } => Ok((within(sources, source), within(destinations, destination))),
            Scope::Unspecified if sources.len() <= 1 && destinations.len() <= 1 => {
                Ok((sources.first().copied(), destinations.first().copied()))
            }
            Scope::Unspecified => common(sources, destinations).ok_or_else(|| {
                let ambiguous = if sources.len() > 1 {
                    source
                } else {
                    destination
                };
                Ambiguous {
                    address: ambiguous.ip(),
                }
            }),
        }
    }
}

/// Returns the position of the one owner, or what stands for none or several.
fn end(owners: &[Owner]) -> u32 {
    match owners {
        [] => NOBODY,
        [owner] => number(owner.interface.get()),
        _ => SEVERAL,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("owners fit the snapshot's indices")
}

/// Returns the owner in one network.
fn within(owners: &[Owner], network: NetworkIndex) -> Option<Owner> {
    owners
        .iter()
        .find(|owner| owner.network == network)
        .copied()
}

/// Returns the owners in the one network that has both addresses.
fn common(sources: &[Owner], destinations: &[Owner]) -> Option<(Option<Owner>, Option<Owner>)> {
    let mut found = None;
    for source in sources {
        for destination in destinations {
            if source.network == destination.network {
                if found.is_some() {
                    return None;
                }
                found = Some((Some(*source), Some(*destination)));
            }
        }
    }
    found
}
