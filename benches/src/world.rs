//! Worlds: a snapshot, and the interfaces that receive its traffic.

use secgroup_model::{
    AddressRole, ConnectionTimers, Family, GroupKind, GroupSpec, InnerAccess, InterfaceAddress,
    InterfaceIndex, InterfaceSpec, NetworkInterfaceId, Origin, Prefix, PrefixList, PrefixListId,
    Rule, SecurityGroupId, Semantics, Snapshot, SnapshotBuilder, VpcId,
};
use secgroup_tests::rng::Rng;

use crate::addresses;
use crate::rules::{Peers, Priorities, Rules};

/// How many groups an interface is in.
const GROUPS: usize = 5;

/// How many groups rules may have as peers, and how many members each has.
const PEER_GROUPS: usize = 8;
const PEER_GROUP_MEMBERS: usize = 20;

/// How many prefix lists of each family there are, and their entries.
const PREFIX_LISTS: usize = 4;
const PREFIX_LIST_ENTRIES: usize = 20;

/// Interfaces of the fleet, the group sets they share, and rules of each group.
const FLEET_INTERFACES: usize = 100;
const FLEET_SETS: usize = 10;
const FLEET_GROUP_RULES: usize = 40;

/// One interface in five groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfacePlan {
    /// What everything is drawn from.
    pub seed: u64,
    /// How many rules the groups have in total.
    pub rules: usize,
    /// How many of a hundred rules are about IPv6.
    pub v6_percent: usize,
    /// The priorities of the rules.
    pub priorities: Priorities,
}

/// A snapshot with the interfaces that traffic goes to.
///
/// Peer groups have members with addresses of their own; those receive
/// nothing and only stand for what group references become.
#[derive(Clone, Debug)]
pub struct World {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The flags; the defaults.
    pub semantics: Semantics,
    /// The interfaces that receive and send.
    pub receivers: Vec<InterfaceIndex>,
}

impl World {
    /// Returns a world with one receiving interface.
    ///
    /// # Panics
    ///
    /// Panics when the parts do not fit together, a mistake in the generator.
    #[must_use]
    pub fn interface(plan: InterfacePlan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let mut parts = Parts::new(&mut rng);
        let mut rules = Rules {
            peers: &parts.peers.clone(),
            v6_percent: plan.v6_percent,
            priorities: plan.priorities,
            made: 0,
        };
        let mut groups = Vec::new();
        for number in 0..GROUPS {
            let share = (plan.rules + GROUPS - 1 - number) / GROUPS;
            let own = (0..share).map(|_| rules.next(&mut rng)).collect();
            groups.push(parts.add_group(&format!("sg-own-{number}"), own));
        }
        parts.add_receiver(0, groups);
        parts.build(1)
    }

    /// Returns a world of 100 interfaces that share 10 sets of five groups,
    /// 200 rules in each set.
    ///
    /// # Panics
    ///
    /// Panics when the parts do not fit together, a mistake in the generator.
    #[must_use]
    pub fn fleet(seed: u64, v6_percent: usize) -> Self {
        let mut rng = Rng::new(seed);
        let mut parts = Parts::new(&mut rng);
        let mut rules = Rules {
            peers: &parts.peers.clone(),
            v6_percent,
            priorities: Priorities::Mixed,
            made: 0,
        };
        let mut sets = Vec::new();
        for set in 0..FLEET_SETS {
            let group = |number| {
                let own = (0..FLEET_GROUP_RULES)
                    .map(|_| rules.next(&mut rng))
                    .collect();
                parts.add_group(&format!("sg-set-{set}-{number}"), own)
            };
            sets.push((0..GROUPS).map(group).collect::<Vec<_>>());
        }
        for number in 0..FLEET_INTERFACES {
            parts.add_receiver(number, sets[number % FLEET_SETS].clone());
        }
        parts.build(FLEET_INTERFACES)
    }
}

/// A snapshot in the making.
struct Parts {
    builder: SnapshotBuilder,
    vpc: VpcId,
    peers: Peers,
}

impl Parts {
    /// Begins with what rules refer to.
    fn new(rng: &mut Rng) -> Self {
        let mut parts = Self {
            builder: SnapshotBuilder::new(),
            vpc: VpcId::new("vpc-bench").expect("a short id"),
            peers: Peers {
                groups: Vec::new(),
                lists: Vec::new(),
            },
        };
        for family in [Family::V4, Family::V6] {
            for number in 0..PREFIX_LISTS {
                parts.add_prefix_list(rng, number, family);
            }
        }
        for group in 0..PEER_GROUPS {
            let id = parts.add_group(&format!("sg-peer-{group}"), Vec::new());
            parts.peers.groups.push(id);
        }
        parts
    }

    fn add_prefix_list(&mut self, rng: &mut Rng, number: usize, family: Family) {
        let name = match family {
            Family::V4 => format!("pl-{number}"),
            Family::V6 => format!("pl-v6-{number}"),
        };
        let id = PrefixListId::new(&name).expect("a short id");
        self.peers.lists.push((id.clone(), family));
        self.builder.prefix_list(PrefixList {
            id,
            family: Some(family),
            max_entries: None,
            entries: (0..PREFIX_LIST_ENTRIES)
                .map(|_| addresses::site_prefix(rng, family))
                .collect(),
            origin: Origin::default(),
        });
    }

    fn add_group(&mut self, id: &str, rules: Vec<Rule>) -> SecurityGroupId {
        let id = SecurityGroupId::new(id).expect("a short id");
        self.builder.group(GroupSpec {
            id: id.clone(),
            name: None,
            kind: GroupKind::Basic,
            inner_access: InnerAccess::Accept,
            vpc: Some(self.vpc.clone()),
            managed: false,
            owner: None,
            rules,
            origin: Origin::default(),
        });
        id
    }

    fn add_receiver(&mut self, number: usize, groups: Vec<SecurityGroupId>) {
        let both = [Family::V4, Family::V6].map(|family| addresses::receiver(number, family));
        self.add_interface(&format!("eni-{number}"), both, groups);
    }

    fn add_interface(
        &mut self,
        id: &str,
        [v4, v6]: [std::net::IpAddr; 2],
        groups: Vec<SecurityGroupId>,
    ) {
        let own = |address, role| InterfaceAddress {
            prefix: Prefix::host(address),
            role,
        };
        self.builder.interface(InterfaceSpec {
            id: NetworkInterfaceId::new(id).expect("a short id"),
            instance: None,
            role: None,
            vpc: Some(self.vpc.clone()),
            addresses: vec![
                own(v4, AddressRole::Primary),
                own(v6, AddressRole::Additional),
            ],
            groups,
            timers: ConnectionTimers::default(),
            origin: Origin::default(),
        });
    }

    /// Adds the members of peer groups, behind `receivers` interfaces.
    fn build(mut self, receivers: usize) -> World {
        for (group, id) in self.peers.groups.clone().into_iter().enumerate() {
            for number in 0..PEER_GROUP_MEMBERS {
                let both =
                    [Family::V4, Family::V6].map(|family| addresses::member(group, number, family));
                let name = format!("eni-peer-{group}-{number}");
                self.add_interface(&name, both, vec![id.clone()]);
            }
        }
        let semantics = Semantics::default();
        let built = self.builder.build(&semantics);
        let snapshot = built.expect("generated parts fit together").snapshot;
        let indices = snapshot.interfaces().map(|(index, _)| index);
        let receivers = indices.take(receivers).collect();
        World {
            snapshot,
            semantics,
            receivers,
        }
    }
}
