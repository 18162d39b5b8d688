//! How long a snapshot takes to build: whole, and after one change.
//!
//! An account of 1,000 groups with 200 rules each and 2,000 interfaces. What
//! was built after a change must equal what a whole build gives.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use secgroup_gen::rng::Rng;
use secgroup_model::{
    Action, AddressRole, ConnectionTimers, DestinationPorts, Direction, Family, GroupKind,
    GroupSpec, InnerAccess, InterfaceAddress, InterfaceSpec, NetworkInterfaceId, NicType, Origin,
    Peer, PortRange, Prefix, PrefixList, PrefixListId, Priority, Rule, RuleId, SecurityGroupId,
    Semantics, Service, Snapshot, SnapshotBuilder, SourcePorts, VpcId,
};

const GROUPS: usize = 1_000;
const RULES: usize = 200;
const INTERFACES: usize = 2_000;
const LISTS: usize = 50;
const ENTRIES: usize = 100;

/// Everything that a snapshot is made of.
#[derive(Clone)]
struct Account {
    groups: Vec<GroupSpec>,
    interfaces: Vec<InterfaceSpec>,
    lists: Vec<PrefixList>,
}

/// What happens to an account between two snapshots.
#[derive(Clone, Copy, Debug)]
enum Change {
    Rule,
    GroupAdded,
    GroupRemoved,
    InterfaceAdded,
    InterfaceJoins,
    ListEntry,
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let account = Account::generate();
    let previous = account.clone().whole();
    let mut group = criterion.benchmark_group("snapshot");
    group.bench_function("whole", |bencher| {
        let whole = |account: Account| account.whole();
        bencher.iter_batched(|| account.clone(), whole, BatchSize::PerIteration);
    });
    for (name, change) in [
        ("rule_changed", Change::Rule),
        ("group_added", Change::GroupAdded),
        ("group_removed", Change::GroupRemoved),
        ("interface_added", Change::InterfaceAdded),
        ("interface_joins", Change::InterfaceJoins),
        ("list_entry_added", Change::ListEntry),
    ] {
        let mut changed = account.clone();
        changed.change(change);
        let next = build(changed.after(&previous, change));
        assert_eq!(next, changed.clone().whole(), "{name}");
        group.bench_function(name, |bencher| {
            bencher.iter_with_large_drop(|| build(changed.after(&previous, change)));
        });
    }
    group.finish();
    criterion.final_summary();
}

fn build(builder: SnapshotBuilder) -> Snapshot {
    let built = builder.build(&Semantics::default());
    built.expect("generated parts fit together").snapshot
}

impl Account {
    fn generate() -> Self {
        let mut rng = Rng::new(1);
        let lists = (0..LISTS).map(|number| PrefixList {
            id: list_id(number),
            family: Some(Family::V4),
            max_entries: None,
            entries: (0..ENTRIES)
                .map(|at| block(number * ENTRIES + at))
                .collect(),
            origin: Origin::default(),
        });
        Self {
            groups: (0..GROUPS)
                .map(|number| group(number, RULES, &mut rng))
                .collect(),
            interfaces: (0..INTERFACES)
                .map(|number| interface(number, &mut rng))
                .collect(),
            lists: lists.collect(),
        }
    }

    /// Builds a snapshot to which everything is new.
    fn whole(self) -> Snapshot {
        let mut builder = SnapshotBuilder::new();
        for group in self.groups {
            builder.group(group);
        }
        for interface in self.interfaces {
            builder.interface(interface);
        }
        for list in self.lists {
            builder.prefix_list(list);
        }
        build(builder)
    }

    fn change(&mut self, change: Change) {
        let mut rng = Rng::new(2);
        match change {
            Change::Rule => {
                self.groups[GROUPS / 2].rules[RULES / 2] = rule(GROUPS * RULES, &mut rng);
            }
            Change::GroupAdded => self.groups.push(group(GROUPS, RULES, &mut rng)),
            Change::GroupRemoved => {
                self.groups.remove(GROUPS / 2);
            }
            Change::InterfaceAdded => self.interfaces.push(interface(INTERFACES, &mut rng)),
            Change::InterfaceJoins => {
                let joins = &mut self.interfaces[INTERFACES / 2];
                joins.groups.push(group_id(GROUPS - 1));
            }
            Change::ListEntry => self.lists[LISTS / 2].entries.push(block(LISTS * ENTRIES)),
        }
    }

    /// Returns a builder of the changed account that takes the rest unchanged.
    fn after(&self, previous: &Snapshot, change: Change) -> SnapshotBuilder {
        let mut builder = SnapshotBuilder::after(previous);
        for (at, group) in self.groups.iter().enumerate() {
            let edited = matches!(change, Change::Rule) && at == GROUPS / 2;
            match previous.find_group(&group.id) {
                Some(index) if !edited => builder.unchanged_group(index),
                _ => builder.group(group.clone()),
            };
        }
        for (at, interface) in self.interfaces.iter().enumerate() {
            let edited = matches!(change, Change::InterfaceJoins) && at == INTERFACES / 2;
            match previous.find_interface(&interface.id) {
                Some(index) if !edited => builder.unchanged_interface(index),
                _ => builder.interface(interface.clone()),
            };
        }
        for (at, list) in self.lists.iter().enumerate() {
            let edited = matches!(change, Change::ListEntry) && at == LISTS / 2;
            match previous.find_prefix_list(&list.id) {
                Some(index) if !edited => builder.unchanged_prefix_list(index),
                _ => builder.prefix_list(list.clone()),
            };
        }
        builder
    }
}

fn group(number: usize, rules: usize, rng: &mut Rng) -> GroupSpec {
    GroupSpec {
        id: group_id(number),
        name: None,
        kind: GroupKind::Basic,
        inner_access: InnerAccess::Accept,
        vpc: Some(VpcId::new("vpc-bench").expect("a short id")),
        managed: false,
        owner: None,
        rules: (0..rules)
            .map(|at| rule(number * RULES + at, rng))
            .collect(),
        origin: Origin::default(),
    }
}

/// One rule in ten refers to a group, one in ten to a list.
fn rule(number: usize, rng: &mut Rng) -> Rule {
    let peer = match rng.below(10) {
        // Not its own group, and not the one that is removed.
        0 => Peer::Group(group_id((number / RULES + 1) % 7 + 2 * rng.below(40))),
        1 => Peer::PrefixList(list_id(rng.below(LISTS))),
        _ => Peer::Prefix(block(rng.below(10_000))),
    };
    let port = u16::try_from(1 + number % 60_000).expect("below 60,001");
    let range = PortRange::new(port, port).expect("above 0");
    Rule {
        id: Some(RuleId::new(&format!("sgr-bp{number:016}")).expect("a short id")),
        direction: rng.pick(&[Direction::Ingress, Direction::Egress]),
        action: rng.pick(&[Action::Accept, Action::Drop]),
        priority: Priority::DEFAULT,
        service: Service::Tcp(DestinationPorts::Range(range), SourcePorts::Any),
        peer,
        local: None,
        nic: NicType::Intranet,
        created: Some(1_700_000_000),
        description: None,
        origin: Origin::default(),
    }
}

fn interface(number: usize, rng: &mut Rng) -> InterfaceSpec {
    let number_in_vpc = u32::try_from(number).expect("few interfaces");
    let own = |address, role| InterfaceAddress {
        prefix: Prefix::host(address),
        role,
    };
    let primary = Ipv4Addr::from(0x0a00_0000 | number_in_vpc);
    let v6 = (0x2001_0db8_u128 << 96 | u128::from(rng.next())).into();
    // The group that is removed has no members.
    let groups = (0..3).map(|_| group_id(rng.below(GROUPS / 2))).collect();
    InterfaceSpec {
        id: NetworkInterfaceId::new(&format!("eni-bp{number:016}")).expect("a short id"),
        instance: None,
        role: None,
        vpc: Some(VpcId::new("vpc-bench").expect("a short id")),
        addresses: vec![
            own(IpAddr::V4(primary), AddressRole::Primary),
            own(IpAddr::V6(v6), AddressRole::Additional),
        ],
        groups,
        timers: ConnectionTimers::default(),
        origin: Origin::default(),
    }
}

/// Returns one of the blocks of 256 addresses on the Internet's side.
fn block(number: usize) -> Prefix {
    let [.., high, low] = number.to_be_bytes();
    let parsed = Prefix::parse(&format!("198.{high}.{low}.0/24"));
    parsed.expect("a block").prefix
}

fn group_id(number: usize) -> SecurityGroupId {
    SecurityGroupId::new(&format!("sg-bp{number:016}")).expect("a short id")
}

fn list_id(number: usize) -> PrefixListId {
    PrefixListId::new(&format!("pl-bp{number:016}")).expect("a short id")
}
