//! Rules as conditions, in the order in which they decide and are reported.
//!
//! A rule is taken apart by the lengths of its peer prefixes and the widths of
//! its port ranges, so that the first condition that holds belongs to the rule
//! that the reference names (3.3.5).

use std::cmp::Reverse;
use std::sync::Arc;

use secgroup_model::{
    Action, AllMeans, Direction, Family, NicType, PlacedRule, PortRange, RuleIndex, Semantics,
    Service, Snapshot, SourcePorts,
};

use crate::Intervals;
use crate::addresses::{Addresses, Peers};
use crate::diagram::Condition;
use crate::space;

/// The width of any port, as the reference counts it.
const ANY_PORT: u32 = 65536;

/// A part of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The rule.
    pub(crate) rule: RuleIndex,
    /// What it does.
    pub(crate) action: Action,
    /// When it holds, for flows of one family.
    pub(crate) condition: Condition,
    /// Whether it may not hold even then, because what it refers to is missing.
    pub(crate) unknown: bool,
    order: Order,
}

/// The order of parts: the least that holds decides (3.3.4, 3.3.5).
type Order = (
    (u8, bool),
    Reverse<u8>,
    u32,
    (bool, Option<i64>),
    (bool, Option<String>),
    RuleIndex,
);

/// Destination ports of one width; none for any.
type Ports = (u32, Option<Arc<Intervals>>);

/// Which flows rules of the classic network are looked at with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nics {
    /// Those on the NIC that their peer suggests (9.10).
    Suggested,
    /// Those on the NIC of each rule, whatever their peer is: what flows that name
    /// their NIC can be (2.9.2). Rules of one NIC only have a meaning together.
    Own,
}

/// Returns the parts of rules for flows of a family, in order of precedence.
pub(crate) fn parts<'a>(
    snapshot: &'a Snapshot,
    semantics: &Semantics,
    addresses: &mut Addresses<'a>,
    rules: impl Iterator<Item = RuleIndex>,
    family: Family,
    nics: Nics,
) -> Vec<Part> {
    let mut parts = Vec::new();
    for index in rules {
        let placed = snapshot.rule(index);
        let Some(protocol) = protocols(semantics, placed, family) else {
            continue;
        };
        let peers = addresses.peers(placed, family);
        let lowering = Lowering {
            snapshot,
            index,
            placed,
            family,
            nics,
            protocol,
        };
        lowering.add(&peers, &mut parts);
    }
    parts.sort_by(|one, other| one.order.cmp(&other.order));
    parts
}

/// Returns the protocols of a rule over a family: none where it cannot match,
/// an absent set for all (3.5.2 to 3.5.5).
#[expect(
    clippy::option_option,
    reason = "no protocol and every protocol are different answers"
)]
fn protocols(
    semantics: &Semantics,
    placed: PlacedRule<'_>,
    family: Family,
) -> Option<Option<Intervals>> {
    let one = |number: u8| Some(Some(Intervals::one(u128::from(number))));
    match (&placed.rule().service, family) {
        (Service::All, _) => Some(match semantics.all_means {
            AllMeans::Any => None,
            AllMeans::Four => Some([1, 6, 17, 47, 58].map(|n| (n, n)).into_iter().collect()),
        }),
        (Service::Icmp, Family::V6) | (Service::Icmpv6, Family::V4) => None,
        (service, _) => one(service.protocol().expect("only ALL has none").0),
    }
}

struct Lowering<'a> {
    snapshot: &'a Snapshot,
    index: RuleIndex,
    placed: PlacedRule<'a>,
    family: Family,
    nics: Nics,
    protocol: Option<Intervals>,
}

impl Lowering<'_> {
    fn add(&self, peers: &Peers, parts: &mut Vec<Part>) {
        let rule = self.placed.rule();
        let local = match rule.local {
            None => None,
            Some(local) if local.family() != self.family => return,
            Some(local) => {
                let (first, last) = space::bounds(local);
                Some(Arc::new(Intervals::between(first, last)))
            }
        };
        let (ports, missing_ports) = self.ports();
        let any = Arc::from([(0, self.everywhere())]);
        let (remotes, missing_peer) = match peers {
            Peers::Known(remotes) => (remotes, false),
            Peers::Unknown => (&any, true),
        };
        for (length, remote) in remotes.iter() {
            let remote = self.remote(remote);
            let whole = remote.as_slice() == self.everywhere().as_slice();
            let remote = (!whole).then(|| Arc::new(remote));
            for (width, destination_port) in &ports {
                let condition = self.condition(&local, &remote, destination_port.as_ref());
                let order = self.order(*length, *width);
                parts.push(Part {
                    rule: self.index,
                    action: rule.action,
                    condition,
                    unknown: missing_peer || missing_ports,
                    order,
                });
            }
        }
    }

    fn everywhere(&self) -> Arc<Intervals> {
        Arc::new(Intervals::between(0, space::greatest_address(self.family)))
    }

    /// Keeps a classic rule to the peers of its NIC (2.9.2, 9.10).
    fn remote(&self, remote: &Intervals) -> Intervals {
        let group = self.snapshot.group(self.placed.group());
        if group.vpc().is_some() || self.nics == Nics::Own {
            return remote.clone();
        }
        let internet = space::internet(self.family);
        match self.placed.rule().nic {
            NicType::Internet => remote.intersection(&internet),
            NicType::Intranet => remote.difference(&internet),
        }
    }

    fn condition(
        &self,
        local: &Option<Arc<Intervals>>,
        remote: &Option<Arc<Intervals>>,
        destination_port: Option<&Arc<Intervals>>,
    ) -> Condition {
        let rule = self.placed.rule();
        let (source, destination) = match rule.direction {
            Direction::Ingress => (remote, local),
            Direction::Egress => (local, remote),
        };
        let source_port = match rule.service.ports() {
            Some((_, SourcePorts::Range(range))) => Some(Arc::new(interval(range))),
            Some((_, SourcePorts::Any)) | None => None,
        };
        Condition {
            source: source.clone(),
            destination: destination.clone(),
            protocol: self.protocol.clone().map(Arc::new),
            destination_port: destination_port.cloned(),
            source_port,
        }
    }

    /// Returns the destination ports by width, and whether nobody knows them.
    fn ports(&self) -> (Vec<Ports>, bool) {
        let any = || vec![(ANY_PORT, None)];
        let Some(ranges) = self.snapshot.destination_ranges(self.placed) else {
            return (any(), false);
        };
        if let Some((secgroup_model::DestinationPorts::List(id), _)) =
            self.placed.rule().service.ports()
            && self.snapshot.find_port_list(id).is_none()
        {
            return (any(), true);
        }
        let mut ports: Vec<(u32, Vec<(u128, u128)>)> = Vec::new();
        for range in ranges {
            let width = u32::from(range.width());
            let bounds = (u128::from(range.first()), u128::from(range.last()));
            match ports.iter_mut().find(|(known, _)| *known == width) {
                Some((_, same)) => same.push(bounds),
                None => ports.push((width, vec![bounds])),
            }
        }
        let sets = ports.into_iter();
        let sets =
            sets.map(|(width, bounds)| (width, Some(Arc::new(bounds.into_iter().collect()))));
        (sets.collect(), false)
    }

    fn order(&self, length: u8, width: u32) -> Order {
        let rule = self.placed.rule();
        // A rule without time or id comes behind those that have one.
        let created = (rule.created.is_none(), rule.created);
        let id = rule.id.as_ref().map(|id| id.as_str().to_owned());
        (
            (rule.priority.get(), rule.action == Action::Accept),
            Reverse(length),
            width,
            created,
            (id.is_none(), id),
            self.index,
        )
    }
}

/// Returns the ports of a range.
pub(crate) fn interval(range: PortRange) -> Intervals {
    Intervals::between(u128::from(range.first()), u128::from(range.last()))
}
