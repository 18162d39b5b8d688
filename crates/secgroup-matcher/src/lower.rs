//! From the rules of some groups to entries of 5-tuple tables.

use secgroup_model::{
    Action, Direction, GroupIndex, NicType, PortRange, Semantics, Service, Snapshot, SourcePorts,
};

use crate::address::Address;
use crate::peers::{PeerSet, Peers};
use crate::precedence::{Order, Precedence};

/// Ports from `first` to `last`; unlike in a rule, port 0 can be among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ports {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl Ports {
    /// Every port, also 0, and the absence of ports.
    pub(crate) const ANY: Self = Self {
        first: 0,
        last: u16::MAX,
    };

    /// Tells whether `port` is among them.
    pub(crate) const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }
}

impl From<PortRange> for Ports {
    fn from(range: PortRange) -> Self {
        Self {
            first: range.first(),
            last: range.last(),
        }
    }
}

/// A rule, by its place in its group: that stays the same when rules of other
/// groups come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RulePlace {
    pub(crate) group: GroupIndex,
    /// Its position among the rules of the group.
    pub(crate) nth: u32,
}

/// One set of peers and one port range of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry<A> {
    /// Its rank; no two entries of a policy share one.
    pub(crate) precedence: u32,
    /// The rule it comes from.
    pub(crate) rule: RulePlace,
    /// What the rule says.
    pub(crate) action: Action,
    /// The far addresses.
    pub(crate) peers: PeerSet,
    /// The near addresses, where the rule restricts them.
    pub(crate) local: Option<(A, A)>,
    /// The source ports.
    pub(crate) sources: Ports,
    /// The destination ports.
    pub(crate) destinations: Ports,
}

impl<A: Address> Entry<A> {
    /// Tells whether everything but the far address fits.
    pub(crate) fn fits(&self, local: A, source: u16, destination: u16) -> bool {
        self.destinations.contains(destination)
            && self.sources.contains(source)
            && self
                .local
                .is_none_or(|(first, last)| first <= local && local <= last)
    }
}

/// Which rules make up a policy; interfaces with equal selections share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    /// The groups, ascending.
    pub(crate) groups: Vec<GroupIndex>,
    /// The direction.
    pub(crate) direction: Direction,
    /// The NIC, in the classic network (2.9.2).
    pub(crate) nic: Option<NicType>,
}

/// The entries of a policy with the services they are for, best first.
#[derive(Debug)]
pub(crate) struct Lowered<'a, A> {
    /// The entries.
    pub(crate) entries: Vec<(&'a Service, Entry<A>)>,
}

/// Lowers the selected rules for one family.
pub(crate) fn lower<'a, A: Address>(
    snapshot: &'a Snapshot,
    semantics: &Semantics,
    selection: &Selection,
    peers: &mut Peers<A>,
) -> Lowered<'a, A> {
    let groups = selection.groups.iter();
    let rules = groups.flat_map(|group| (0..).zip(snapshot.rules_of(*group)));
    let rules = rules.filter(|(_, (_, placed))| {
        let nic = selection.nic.is_none_or(|nic| placed.rule().nic == nic);
        placed.rule().direction == selection.direction && nic
    });
    let mut entries: Vec<(Order<'_>, &Service, Entry<A>)> = Vec::new();
    for (nth, (index, placed)) in rules {
        let written = placed.rule();
        let local = match written.local {
            None => None,
            Some(prefix) => match A::bounds(prefix) {
                Some(bounds) => Some(bounds),
                // A local side of the other family: nothing of this one matches.
                None => continue,
            },
        };
        let sources = match written.service.ports() {
            Some((_, SourcePorts::Range(range))) => range.into(),
            Some((_, SourcePorts::Any)) | None => Ports::ANY,
        };
        let ranges = match snapshot.destination_ranges(placed) {
            None => vec![(Ports::ANY, 65536)],
            Some(ranges) => ranges
                .iter()
                .map(|range| ((*range).into(), u32::from(range.width())))
                .collect(),
        };
        for set in peers.of_rule(snapshot, semantics, placed).to_vec() {
            for (destinations, width) in ranges.iter().copied() {
                let entry = Entry {
                    precedence: Precedence::LAST.0,
                    rule: RulePlace {
                        group: placed.group(),
                        nth,
                    },
                    action: written.action,
                    peers: set,
                    local,
                    sources,
                    destinations,
                };
                let order = Order::new(index, placed, peers.length(set), width);
                entries.push((order, &written.service, entry));
            }
        }
    }
    entries.sort_by_key(|(order, ..)| *order);
    let ranked = entries
        .into_iter()
        .zip(0..)
        .map(|((_, service, entry), precedence)| {
            (
                service,
                Entry {
                    precedence,
                    ..entry
                },
            )
        });
    Lowered {
        entries: ranked.collect(),
    }
}
