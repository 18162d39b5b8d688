//! Judging headers, without making flows and answers of them.
//!
//! Nearly every flow is nothing that the platform has a say about, and its ends
//! share no group whose members reach each other. Of such a flow five fields tell
//! everything, and what is found are the numbers of the filters that decide. What
//! they say is asked for later, once for thousands of flows. Every other flow is
//! [`Found::OTHERWISE`], and judged with all that is known about it, as
//! [`super::batch`] does.

use secgroup_model::{
    Direction, Family, Flow, IcmpMessage, InterfaceIndex, NetworkIndex, Protocol, Scope, Transport,
};

use super::{CHUNK, Interface, Matcher, Policies, Tables, batch};
use crate::address::Address;
use crate::classifier::{Asking, Header, NO_MATCH};
use crate::owners::{NOBODY, SEVERAL};
use crate::platform::has_a_say;
use crate::{Answer, Side, Sides};

/// What decides about a flow: at each end in the snapshot the interface, and the
/// number of the filter among those of its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// The positions of the sender's interface and of the receiver's.
    interfaces: [u32; 2],
    /// The filters there; [`NO_MATCH`] where there is no interface, too.
    filters: [u32; 2],
}

impl Found {
    /// Neither end is in the snapshot.
    pub const OUTSIDE: Self = Self {
        interfaces: [NOBODY; 2],
        filters: [NO_MATCH; 2],
    };

    /// The header does not tell enough.
    pub const OTHERWISE: Self = Self {
        interfaces: [SEVERAL; 2],
        filters: [NO_MATCH; 2],
    };

    /// Returns a number that is most often another one for something else.
    #[must_use]
    pub fn spread(&self) -> u64 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let [from, to] = self.interfaces.map(u64::from);
        let [egress, ingress] = self.filters.map(u64::from);
        ((from << 32 | to).wrapping_mul(ODD).rotate_left(32) ^ (egress << 32 | ingress))
            .wrapping_mul(ODD)
    }
}

/// What finding needs to know about an interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    index: InterfaceIndex,
    network: NetworkIndex,
    /// The policies of its egress and ingress, [`OF_NICS`] where each NIC has its
    /// own.
    policies: [u32; 2],
    /// One bit for each group whose members reach each other, perhaps the same
    /// for several: interfaces without a common bit share none.
    connected: u64,
}

/// Stands for a policy where each NIC has its own.
const OF_NICS: u32 = u32::MAX;

impl Outline {
    /// What holds for an end that is not in the snapshot.
    pub(super) fn nobody() -> Self {
        Self {
            index: InterfaceIndex::default(),
            network: NetworkIndex::default(),
            policies: [0; 2],
            connected: 0,
        }
    }

    pub(super) fn of(index: InterfaceIndex, network: NetworkIndex, interface: &Interface) -> Self {
        let policy = |policies| match policies {
            Policies::Vpc(policy) => {
                u32::try_from(policy).expect("there are fewer than interfaces times four")
            }
            Policies::Classic { .. } => OF_NICS,
        };
        let groups = interface.interconnecting.iter();
        Self {
            index,
            network,
            policies: [interface.egress, interface.ingress].map(policy),
            connected: groups.fold(0, |bits, group| bits | 1 << (group.get() % 64)),
        }
    }
}

impl Matcher {
    /// Finds what decides about whole packets of IPv4 of which nothing else is
    /// known than their headers. Of ICMP the source port is type and code.
    ///
    /// # Panics
    ///
    /// Panics when the two slices differ in length.
    pub fn find_v4(&self, headers: &[Header<u32>], found: &mut [Found]) {
        self.find(&self.v4, headers, found);
    }

    /// As [`Matcher::find_v4`], of IPv6 and ICMPv6.
    ///
    /// # Panics
    ///
    /// Panics when the two slices differ in length.
    pub fn find_v6(&self, headers: &[Header<u128>], found: &mut [Found]) {
        self.find(&self.v6, headers, found);
    }

    /// Returns the answer about a flow of which this matcher found what decides;
    /// none where it has to be judged otherwise.
    ///
    /// # Panics
    ///
    /// May panic for what another matcher found.
    #[must_use]
    pub fn sides(&self, found: Found, family: Family) -> Option<Sides> {
        match family {
            Family::V4 => self.sides_of(&self.v4, found),
            Family::V6 => self.sides_of(&self.v6, found),
        }
    }

    #[inline]
    fn sides_of<A: Address>(&self, family: &Tables<A>, found: Found) -> Option<Sides> {
        let side = |place: usize, direction| {
            if found.interfaces[place] == NOBODY {
                return None;
            }
            let outline = self.layout.outlines[found.interfaces[place] as usize];
            let policy = family.classified(outline.policies[place] as usize)?;
            let kind = self.layout.interfaces[outline.index.get()].kind;
            let hit = policy.hit(found.filters[place]);
            let (action, by) = self.decided(hit, kind, direction);
            Some(Side {
                interface: outline.index,
                action,
                by,
            })
        };
        (found != Found::OTHERWISE).then(|| Sides {
            egress: side(0, Direction::Egress),
            ingress: side(1, Direction::Ingress),
            contested: false,
        })
    }

    /// Judges at most [`CHUNK`] flows, by their headers where these tell
    /// everything.
    pub(super) fn decide_by_headers(&self, flows: &[Flow], answers: &mut [Answer]) {
        let mut others = [0; CHUNK];
        let mut count = self.decide_some(&self.v4, flows, answers, &mut others, 0);
        let is_v6 = |flow: &Flow| flow.endpoints.family() == Family::V6;
        if flows.iter().any(is_v6) {
            count = self.decide_some(&self.v6, flows, answers, &mut others, count);
        }
        if count == 0 {
            return;
        }
        let others = &others[..count];
        let mut rest = [flows[others[0]]; CHUNK];
        for (own, at) in rest.iter_mut().zip(others) {
            *own = flows[*at];
        }
        let mut judged = [Answer::Judged(Sides::default()); CHUNK];
        batch::decide(self, &rest[..count], &mut judged[..count]);
        for (at, answer) in others.iter().zip(judged) {
            answers[*at] = answer;
        }
    }

    /// Judges the flows of one family by their headers, and appends the places of
    /// those that have to be judged otherwise to the `count` in `others`; returns
    /// how many these are then.
    fn decide_some<A: Address>(
        &self,
        family: &Tables<A>,
        flows: &[Flow],
        answers: &mut [Answer],
        others: &mut [usize; CHUNK],
        mut count: usize,
    ) -> usize {
        let mut headers = [Header::<A>::default(); CHUNK];
        let mut networks = [None; CHUNK];
        let mut places = [0; CHUNK];
        let mut plain = 0;
        for (at, flow) in flows.iter().enumerate() {
            let Some(ends) = A::ends(flow.endpoints) else {
                continue;
            };
            match header(ends, flow) {
                Some((header, network)) => {
                    (headers[plain], places[plain]) = (header, at);
                    networks[plain] = network;
                    plain += 1;
                }
                None => {
                    others[count] = at;
                    count += 1;
                }
            }
        }
        let mut found = [Found::OUTSIDE; CHUNK];
        let headers = headers[..plain].iter().zip(networks);
        self.find_some(family, headers, &mut found[..plain]);
        for (at, found) in places[..plain].iter().zip(found) {
            match self.sides_of(family, found) {
                Some(sides) => answers[*at] = Answer::Judged(sides),
                None => {
                    others[count] = *at;
                    count += 1;
                }
            }
        }
        count
    }

    fn find<A: Address>(&self, family: &Tables<A>, headers: &[Header<A>], found: &mut [Found]) {
        assert_eq!(headers.len(), found.len(), "one answer per header");
        for (headers, found) in headers.chunks(CHUNK).zip(found.chunks_mut(CHUNK)) {
            self.find_some(family, headers.iter().map(|header| (header, None)), found);
        }
    }

    /// As [`Matcher::find`], for at most [`CHUNK`] headers, each perhaps of a
    /// network.
    #[inline]
    fn find_some<'h, A: Address>(
        &self,
        family: &Tables<A>,
        headers: impl Iterator<Item = (&'h Header<A>, Option<NetworkIndex>)>,
        found: &mut [Found],
    ) {
        // The last may be written over by one that does not count.
        let mut places = [(0, 0); 2 * CHUNK + 1];
        let mut asking = [Asking::<A>::default(); 2 * CHUNK + 1];
        let mut count = 0;
        for (at, ((header, network), found)) in headers.zip(&mut *found).enumerate() {
            let owners = &family.owners;
            let mut ends = [owners.end(header.source), owners.end(header.destination)];
            if let Some(network) = network {
                ends = ends.map(|end| self.within(end, network));
            }
            *found = self.ends(ends);
            if (*found == Found::OTHERWISE) | has_a_say(header, &self.semantics) {
                // Who is outside anyway is found as such.
                if *found != Found::OUTSIDE {
                    *found = Found::OTHERWISE;
                }
                continue;
            }
            // PERF: no branches here either: the next one is written over where
            // there is no such end.
            for (end, interface) in ends.into_iter().enumerate() {
                let outlines = &self.layout.outlines;
                let outline = &outlines[(interface as usize).min(outlines.len() - 1)];
                places[count] = (at, end);
                asking[count] = Asking {
                    header: asked(header, end),
                    list: outline.policies[end],
                };
                count += usize::from(interface != NOBODY);
            }
        }
        let mut filters = [NO_MATCH; 2 * CHUNK];
        let (places, asking) = (&places[..count], &asking[..count]);
        let answered = family.find(asking, &mut filters[..count]);
        for ((at, end), filter) in places.iter().zip(filters) {
            if answered {
                found[*at].filters[*end] = filter;
            } else {
                found[*at] = Found::OTHERWISE;
            }
        }
    }

    /// Returns an end if it is in a network or may be.
    #[inline]
    fn within(&self, end: u32, network: NetworkIndex) -> u32 {
        match self.layout.outlines.get(end as usize) {
            Some(outline) if outline.network != network => NOBODY,
            _ => end,
        }
    }

    /// Returns the ends of a flow where their filters decide, and nothing else;
    /// the filters are found later.
    #[inline]
    fn ends(&self, ends: [u32; 2]) -> Found {
        let outlines = &self.layout.outlines;
        // PERF: no branches, as which ends there are nobody can foresee; where
        // none is, the last outline says what holds for none.
        let own = ends.map(|end| outlines[(end as usize).min(outlines.len() - 1)]);
        let [from, to] = own;
        let is_same = (ends[0] == ends[1]) & (ends[0] != NOBODY);
        let is_connected = from.connected & to.connected != 0;
        let of_nics = (from.policies[0] == OF_NICS) | (to.policies[1] == OF_NICS);
        let several = (ends[0] == SEVERAL) | (ends[1] == SEVERAL);
        if is_same | is_connected | of_nics | several {
            return Found::OTHERWISE;
        }
        Found {
            interfaces: ends,
            filters: [NO_MATCH; 2],
        }
    }
}

/// Returns the header of a whole packet and its network, if they tell all that is
/// known about a flow.
#[inline]
fn header<A: Address>(
    (source, destination): (A, A),
    flow: &Flow,
) -> Option<(Header<A>, Option<NetworkIndex>)> {
    let (source_port, destination_port) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => (source, destination),
        Transport::Icmp(IcmpMessage { kind, code }) => (u16::from_be_bytes([kind, code]), 0),
        Transport::Opaque => (0, 0),
        Transport::LaterFragment => return None,
    };
    let network = match flow.scope {
        Scope::Unspecified => None,
        Scope::Network(network) => Some(network),
        Scope::Elsewhere | Scope::Ends { .. } => return None,
    };
    let header = Header {
        source,
        destination,
        source_port,
        destination_port,
        protocol: flow.protocol.0,
        fill: [0; 3],
    };
    let is_plain = flow.nic.is_none() && !flow.via_load_balancer;
    is_plain.then_some((header, network))
}

/// Returns a header as the filters of an end see it, of the sender (0) or the
/// receiver (1): its source is the far end, and what is no port is 0.
#[inline]
fn asked<A: Address>(header: &Header<A>, end: usize) -> Header<A> {
    let (source, destination) = if end == 0 {
        (header.destination, header.source)
    } else {
        (header.source, header.destination)
    };
    let has_ports = Protocol(header.protocol).has_ports();
    let port = |port| if has_ports { port } else { 0 };
    Header {
        source,
        destination,
        source_port: port(header.source_port),
        destination_port: port(header.destination_port),
        protocol: header.protocol,
        fill: [0; 3],
    }
}

impl<A: Address> Tables<A> {
    /// Finds the filters that decide about headers, each of the policy that is
    /// its list; tells whether they are found in this way.
    fn find(&self, asking: &[Asking<A>], filters: &mut [u32]) -> bool {
        if let Some(fleet) = &self.fleet {
            fleet.classify(asking, filters);
            return true;
        }
        let mut headers = [Header::<A>::default(); 2 * CHUNK];
        let mut numbers = [NO_MATCH; 2 * CHUNK];
        let (mut own, mut is_found) = ([0; 2 * CHUNK], [false; 2 * CHUNK]);
        for first in 0..asking.len() {
            if is_found[first] {
                continue;
            }
            // All of the same policy, of which there are few.
            let list = asking[first].list;
            let mut count = 0;
            for at in first..asking.len() {
                if asking[at].list == list {
                    (own[count], headers[count]) = (at, asking[at].header);
                    is_found[at] = true;
                    count += 1;
                }
            }
            let Some(classified) = self.classified(list as usize) else {
                return false;
            };
            classified.classify(&headers[..count], &mut numbers[..count]);
            for (at, number) in own[..count].iter().zip(numbers) {
                filters[*at] = number;
            }
        }
        true
    }
}
