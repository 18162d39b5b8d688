//! Which interface an address belongs to.

use secgroup_model::{
    AddressRole, Ambiguous, GroupMembers, InterfaceIndex, NetworkIndex, Scope, Snapshot,
};

use crate::address::Address;

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
}

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
        index
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
        let number =
            |count: usize| u32::try_from(count).expect("owners fit the snapshot's indices");
        self.spans
            .push((number(first), number(self.owners.len() - first)));
    }

    /// Returns how many bytes it has.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.spans) + size_of_val(&*self.owners)
    }

    /// Returns the owners of an address.
    fn of(&self, address: A) -> &[Owner] {
        let at = self.starts.partition_point(|start| *start <= address) - 1;
        let (first, count) = self.spans[at];
        &self.owners[first as usize..][..count as usize]
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
