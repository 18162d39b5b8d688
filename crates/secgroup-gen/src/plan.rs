//! Plans of snapshots, and the parts they lead to.

use std::num::{NonZeroU8, NonZeroU16};

use secgroup_model::{
    AddressRole, ConnectionTimers, Family, GroupKind, GroupSpec, InnerAccess, InterfaceAddress,
    InterfaceSpec, NetworkInterfaceId, Origin, Prefix, PrefixList, PrefixListId, Rule,
    SecurityGroupId, VpcId,
};

use crate::addresses;
use crate::rng::Rng;
use crate::rules::{Peers, Priorities, Rules};

/// How many groups rules may have as peers, and how many members each has.
const PEER_GROUPS: usize = 8;
const PEER_GROUP_MEMBERS: usize = 20;

/// How many prefix lists of each family there are, and their entries.
const PREFIX_LISTS: usize = 4;
const PREFIX_LIST_ENTRIES: usize = 20;

/// Interfaces in sets of groups, the rules of which refer to blocks, to groups
/// with members of their own, and to prefix lists.
///
/// Every field may hold any value of its type, so all of them are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What everything is drawn from.
    pub seed: u64,
    /// How many interfaces receive and send.
    pub interfaces: NonZeroU16,
    /// How many different sets of groups they have, in turn.
    pub sets: NonZeroU16,
    /// How many groups a set has.
    pub groups: NonZeroU8,
    /// How many rules the groups of a set have in total.
    pub rules: usize,
    /// How many of a hundred rules are about IPv6.
    pub v6_percent: usize,
    /// The priorities of the rules.
    pub priorities: Priorities,
}

/// What a snapshot is made of.
#[derive(Clone, Debug)]
pub enum Part {
    /// Addresses that rules refer to by name.
    PrefixList(PrefixList),
    /// A group with its rules.
    Group(GroupSpec),
    /// An interface in groups that came before.
    Interface(InterfaceSpec),
}

impl Plan {
    /// How many of a hundred rules or flows are about IPv6 where nothing else
    /// is said.
    pub const V6_PERCENT: usize = 20;

    /// Returns the plan of one interface in five groups.
    #[must_use]
    pub const fn interface(seed: u64, rules: usize, v6_percent: usize) -> Self {
        Self {
            seed,
            interfaces: NonZeroU16::MIN,
            sets: NonZeroU16::MIN,
            groups: NonZeroU8::new(5).expect("5 is not 0"),
            rules,
            v6_percent,
            priorities: Priorities::Mixed,
        }
    }

    /// Hands the parts of the snapshot over, one after the other: prefix lists,
    /// then groups, then interfaces, those that receive before the members of
    /// peer groups. One group with its rules is in memory at a time.
    ///
    /// # Errors
    ///
    /// Returns the first error of `take`, and ends there.
    pub fn parts<E>(&self, mut take: impl FnMut(Part) -> Result<(), E>) -> Result<(), E> {
        let mut rng = Rng::new(self.seed);
        let vpc = VpcId::new("vpc-bench").expect("a short id");
        let mut peers = Peers {
            groups: (0..PEER_GROUPS)
                .map(|number| group_id(&format!("sg-peer-{number}")))
                .collect(),
            lists: Vec::new(),
        };
        for family in [Family::V4, Family::V6] {
            for number in 0..PREFIX_LISTS {
                let list = prefix_list(&mut rng, number, family);
                peers.lists.push((list.id.clone(), family));
                take(Part::PrefixList(list))?;
            }
        }
        for id in &peers.groups {
            take(group(id.clone(), &vpc, Vec::new()))?;
        }
        let mut rules = Rules {
            peers: &peers,
            v6_percent: self.v6_percent,
            priorities: self.priorities,
            receivers: self.interfaces.get(),
            made: 0,
        };
        for set in 0..self.sets.get() {
            for (number, share) in self.shares().enumerate() {
                let own = (0..share).map(|_| rules.next(&mut rng)).collect();
                take(group(self.group_id(set, number), &vpc, own))?;
            }
        }
        for number in 0..self.interfaces.get() {
            let set = number % self.sets;
            let groups = (0..usize::from(self.groups.get()))
                .map(|number| self.group_id(set, number))
                .collect();
            let both = addresses::FAMILIES.map(|family| addresses::receiver(number, family));
            take(interface(&format!("eni-{number}"), both, &vpc, groups))?;
        }
        for (number, id) in peers.groups.iter().enumerate() {
            for member in 0..PEER_GROUP_MEMBERS {
                let both =
                    addresses::FAMILIES.map(|family| addresses::member(number, member, family));
                let name = format!("eni-peer-{number}-{member}");
                take(interface(&name, both, &vpc, vec![id.clone()]))?;
            }
        }
        Ok(())
    }

    /// Returns how many rules each group of a set has.
    fn shares(&self) -> impl Iterator<Item = usize> {
        let groups = usize::from(self.groups.get());
        let rules = self.rules;
        (0..groups).map(move |number| rules / groups + usize::from(number < rules % groups))
    }

    /// Returns the id of a group of a set.
    fn group_id(&self, set: u16, number: usize) -> SecurityGroupId {
        if self.sets == NonZeroU16::MIN {
            group_id(&format!("sg-own-{number}"))
        } else {
            group_id(&format!("sg-set-{set}-{number}"))
        }
    }
}

fn group_id(name: &str) -> SecurityGroupId {
    SecurityGroupId::new(name).expect("a short id")
}

fn prefix_list(rng: &mut Rng, number: usize, family: Family) -> PrefixList {
    let name = match family {
        Family::V4 => format!("pl-{number}"),
        Family::V6 => format!("pl-v6-{number}"),
    };
    PrefixList {
        id: PrefixListId::new(&name).expect("a short id"),
        family: Some(family),
        max_entries: None,
        entries: (0..PREFIX_LIST_ENTRIES)
            .map(|_| addresses::site_prefix(rng, family))
            .collect(),
        origin: Origin::default(),
    }
}

fn group(id: SecurityGroupId, vpc: &VpcId, rules: Vec<Rule>) -> Part {
    Part::Group(GroupSpec {
        id,
        name: None,
        kind: GroupKind::Basic,
        inner_access: InnerAccess::Accept,
        vpc: Some(vpc.clone()),
        managed: false,
        owner: None,
        rules,
        origin: Origin::default(),
    })
}

fn interface(
    id: &str,
    [v4, v6]: [std::net::IpAddr; 2],
    vpc: &VpcId,
    groups: Vec<SecurityGroupId>,
) -> Part {
    let own = |address, role| InterfaceAddress {
        prefix: Prefix::host(address),
        role,
    };
    Part::Interface(InterfaceSpec {
        id: NetworkInterfaceId::new(id).expect("a short id"),
        instance: None,
        role: None,
        vpc: Some(vpc.clone()),
        addresses: vec![
            own(v4, AddressRole::Primary),
            own(v6, AddressRole::Additional),
        ],
        groups,
        timers: ConnectionTimers::default(),
        origin: Origin::default(),
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn sizes(plan: &Plan) -> Vec<usize> {
        let mut sizes = Vec::new();
        let ended = plan.parts(|part| {
            if let Part::Group(group) = part
                && !group.id.as_str().starts_with("sg-peer")
            {
                sizes.push(group.rules.len());
            }
            Ok::<(), Infallible>(())
        });
        ended.unwrap();
        sizes
    }

    #[test]
    fn groups_share_the_rules_of_their_set_evenly() {
        assert_eq!(sizes(&Plan::interface(1, 13, 0)), [3, 3, 3, 2, 2]);
        assert_eq!(sizes(&Plan::interface(1, 0, 0)), [0; 5]);
        let fleet = Plan {
            interfaces: NonZeroU16::new(7).unwrap(),
            sets: NonZeroU16::new(3).unwrap(),
            groups: NonZeroU8::new(2).unwrap(),
            ..Plan::interface(1, 5, 0)
        };
        assert_eq!(sizes(&fleet), [3, 2, 3, 2, 3, 2]);
    }
}
