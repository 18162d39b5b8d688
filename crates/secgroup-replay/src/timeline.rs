//! Which snapshot decides when.
//!
//! A replay has one snapshot, or several that follow each other
//! (`--config-at`), and perhaps another one to compare with (`--against`). Each
//! is a [`Part`]. Interfaces and VPCs get numbers here that hold in all parts,
//! because their indices are those of one snapshot only.

use foldhash::{HashMap, HashMapExt as _};
use secgroup_matcher::Answer;
use secgroup_model::{
    ConnectionTimers, Direction, Endpoints, Flow, InterfaceIndex, NetworkIndex, NetworkInterfaceId,
    Scope, Snapshot,
};

use crate::flow_log::FlowRow;
use crate::{Judge, Timestamp};

/// A snapshot that is in force from a time on.
#[derive(Debug)]
pub struct Change<'a> {
    /// From when; a record at that very time is judged by it.
    pub from: Timestamp,
    /// What decides from then on.
    pub under: Under<'a>,
}

/// A snapshot, and who judges by it.
#[derive(Debug)]
pub struct Under<'a> {
    /// What decides.
    pub snapshot: &'a Snapshot,
    /// Who judges.
    pub judge: Judge<'a>,
}

/// The name of a VPC in an input, as a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct VpcNumber(u32);

impl VpcNumber {
    /// The input names none.
    pub(crate) const NONE: Self = Self(0);
    /// The input names one that no snapshot has.
    const UNKNOWN: Self = Self(1);
    /// The first one that a snapshot has.
    const FIRST: u32 = 2;
}

/// An interface, known in all snapshots by the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InterfaceNumber(pub(crate) u32);

/// One snapshot of a replay.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) judge: &'a Judge<'a>,
    /// From when it is in force, in nanoseconds; the first one always is.
    from: i64,
    /// By the number of the VPC, from [`VpcNumber::FIRST`] on.
    networks: Vec<Option<NetworkIndex>>,
    interfaces: Vec<InterfaceNumber>,
    /// All interfaces by id.
    by_id: HashMap<&'a str, InterfaceIndex>,
}

/// All snapshots of a replay.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    /// Those that follow each other, then the one to compare with.
    parts: Vec<Part<'a>>,
    names: HashMap<String, VpcNumber>,
    /// Whether all snapshots have one network and the same. Then it does not matter
    /// whether an input names it, and records that do meet those that do not.
    is_one_network: bool,
    /// How many follow each other.
    following: usize,
    /// When the later ones come into force, ascending.
    changes: Vec<Timestamp>,
}

impl<'a> Timeline<'a> {
    /// Numbers what the snapshots have.
    pub(crate) fn new(
        first: (&'a Snapshot, &'a Judge<'a>),
        changes: &'a [Change<'a>],
        against: Option<&'a Under<'a>>,
    ) -> Self {
        let mut changes: Vec<&Change<'_>> = changes.iter().collect();
        changes.sort_by_key(|change| change.from);
        let under = |under: &'a Under<'a>| (under.snapshot, &under.judge);
        let mut all = vec![(i64::MIN, first)];
        all.extend(
            changes
                .iter()
                .map(|change| (change.from.0, under(&change.under))),
        );
        let following = all.len();
        all.extend(against.map(|other| (i64::MIN, under(other))));

        let times = changes.iter().map(|change| change.from).collect();
        let mut names = HashMap::new();
        for (_, (snapshot, _)) in &all {
            for (_, vpc) in snapshot.networks() {
                let Some(vpc) = vpc else { continue };
                let next = VpcNumber(VpcNumber::FIRST + number(names.len()));
                names.entry(vpc.to_string()).or_insert(next);
            }
        }
        let mut interfaces = HashMap::new();
        let is_one = |(_, (snapshot, _)): &(i64, (&Snapshot, _))| snapshot.networks().len() <= 1;
        let is_one_network = names.len() <= 1 && all.iter().all(is_one);
        let parts = all.into_iter().map(|(from, (snapshot, judge))| Part {
            snapshot,
            judge,
            from,
            networks: networks(snapshot, &names),
            interfaces: numbered(snapshot, &mut interfaces),
            by_id: by_id(snapshot),
        });
        Self {
            parts: parts.collect(),
            names,
            is_one_network,
            following,
            changes: times,
        }
    }

    /// Returns when rules changed, ascending.
    pub(crate) fn changes(&self) -> &[Timestamp] {
        &self.changes
    }

    /// Tells whether one snapshot decides all the time and none is compared.
    pub(crate) const fn is_single(&self) -> bool {
        self.parts.len() == 1
    }

    /// Returns the number of the snapshot in force at a time; what has no time
    /// is judged by the first one.
    #[inline]
    pub(crate) fn at(&self, time: Option<Timestamp>) -> u16 {
        if self.following == 1 {
            return 0;
        }
        let Some(Timestamp(time)) = time else {
            return 0;
        };
        let begun = self.parts[1..self.following].partition_point(|part| part.from <= time);
        u16::try_from(begun).expect("a command line names fewer snapshots")
    }

    /// Returns a snapshot by its number.
    pub(crate) fn part(&self, number: u16) -> &Part<'a> {
        &self.parts[usize::from(number)]
    }

    /// Returns the number of the snapshot to compare with.
    pub(crate) fn against(&self) -> Option<u16> {
        let last = u16::try_from(self.following).expect("a command line names fewer snapshots");
        (self.parts.len() > self.following).then_some(last)
    }

    /// Returns the snapshots, that to compare with last.
    pub(crate) fn snapshots(&self) -> impl Iterator<Item = &'a Snapshot> {
        self.parts.iter().map(|part| part.snapshot)
    }

    /// Returns the VPC that the addresses of a row belong to, and the direction in which
    /// it was seen: what the row says, else what the interface tells at which it was
    /// recorded.
    pub(crate) fn seen(&self, part: u16, row: &FlowRow<'_>) -> (VpcNumber, Option<Direction>) {
        let (vpc, direction) = (self.vpc(row.vpc_id), row.direction);
        if row.vpc_id.is_some() && direction.is_some() {
            return (vpc, direction);
        }
        let interface = row.interface.and_then(|id| {
            let endpoints = row.flow.endpoints;
            self.part(part).at_interface(id, endpoints)
        });
        let Some((own, seen)) = interface else {
            return (vpc, direction);
        };
        let vpc = row.vpc_id.map_or_else(|| self.in_network(own), |_| vpc);
        (vpc, direction.or(seen))
    }

    /// Returns a VPC as records have it.
    const fn in_network(&self, vpc: VpcNumber) -> VpcNumber {
        if self.is_one_network {
            VpcNumber::NONE
        } else {
            vpc
        }
    }

    /// Returns the number of a VPC that an input names.
    fn vpc(&self, name: Option<&str>) -> VpcNumber {
        match name {
            None => VpcNumber::NONE,
            Some(name) => match self.names.get(name) {
                None => VpcNumber::UNKNOWN,
                Some(known) => self.in_network(*known),
            },
        }
    }
}

impl Part<'_> {
    /// Returns the network that a VPC of an input is here.
    pub(crate) fn scope(&self, vpc: VpcNumber) -> Scope {
        if vpc == VpcNumber::NONE {
            return Scope::Unspecified;
        }
        let place = vpc.0.checked_sub(VpcNumber::FIRST);
        let network = place.and_then(|place| self.networks.get(place as usize).copied().flatten());
        network.map_or(Scope::Elsewhere, Scope::Network)
    }

    /// Returns the VPC of an interface, and the direction in which it sees a flow, if
    /// it has one of the addresses.
    fn at_interface(
        &self,
        id: &str,
        endpoints: Endpoints,
    ) -> Option<(VpcNumber, Option<Direction>)> {
        let interface = self.snapshot.interface(*self.by_id.get(id)?);
        let network = interface.network();
        let vpc = (VpcNumber::FIRST..).zip(&self.networks);
        let vpc = vpc
            .filter(|(_, own)| **own == Some(network))
            .map(|(number, _)| VpcNumber(number));
        let has = |address| {
            interface
                .addresses()
                .iter()
                .any(|own| own.prefix.contains(address))
        };
        let direction = match (has(endpoints.source()), has(endpoints.destination())) {
            (true, false) => Some(Direction::Egress),
            (false, true) => Some(Direction::Ingress),
            (true, true) | (false, false) => None,
        };
        Some((vpc.into_iter().next().unwrap_or(VpcNumber::NONE), direction))
    }

    /// Judges some flows.
    pub(crate) fn decide(&self, flows: &[Flow], answers: &mut [Answer]) {
        self.judge.decide(flows, answers);
    }

    /// Judges one flow, whose addresses belong to a VPC of the input.
    pub(crate) fn decide_one(&self, flow: &Flow, vpc: VpcNumber) -> Answer {
        self.judge.decide_one(&Flow {
            scope: self.scope(vpc),
            ..*flow
        })
    }

    /// Returns the number that an interface has in all snapshots.
    pub(crate) fn interface(&self, index: InterfaceIndex) -> InterfaceNumber {
        self.interfaces[index.get()]
    }

    /// Returns the idle limits of an interface.
    pub(crate) fn timers(&self, index: InterfaceIndex) -> ConnectionTimers {
        self.snapshot.interface(index).timers()
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a snapshot has fewer than 2^31 of each")
}

fn networks(snapshot: &Snapshot, names: &HashMap<String, VpcNumber>) -> Vec<Option<NetworkIndex>> {
    let mut networks = vec![None; names.len()];
    for (index, vpc) in snapshot.networks() {
        let place = vpc.and_then(|vpc| names.get(vpc.as_str()));
        if let Some(VpcNumber(place)) = place {
            networks[(place - VpcNumber::FIRST) as usize] = Some(index);
        }
    }
    networks
}

fn by_id(snapshot: &Snapshot) -> HashMap<&str, InterfaceIndex> {
    let all = snapshot.interfaces();
    all.map(|(index, interface)| (interface.id().as_str(), index))
        .collect()
}

fn numbered<'a>(
    snapshot: &'a Snapshot,
    known: &mut HashMap<&'a NetworkInterfaceId, InterfaceNumber>,
) -> Vec<InterfaceNumber> {
    let mut numbers = Vec::with_capacity(snapshot.interfaces().len());
    for (_, interface) in snapshot.interfaces() {
        let next = InterfaceNumber(number(known.len()));
        numbers.push(*known.entry(interface.id()).or_insert(next));
    }
    numbers
}
