//! Shapes that generated worlds do not have, judged by every engine and by the
//! reference.
//!
//! What every world has is compared in `tests/it/differential.rs` of the
//! workspace.

#![expect(
    clippy::unwrap_used,
    reason = "what fails in a helper fails the test that called it"
)]

use secgroup_matcher::{Answer, Engine, Matcher};
use secgroup_model::{
    Action, AddressRole, ConnectionTimers, DecidedBy, DestinationPorts, Direction, Endpoints, Flow,
    GroupKind, GroupSpec, InnerAccess, InterfaceAddress, InterfaceSpec, NetworkInterfaceId,
    NicType, Origin, Peer, PortRange, Prefix, Priority, Protocol, Rule, SecurityGroupId, Semantics,
    Service, Snapshot, SnapshotBuilder, SourcePorts, Transport, VpcId, evaluate,
};

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap().prefix
}

/// One VPC.
fn snapshot(rules: Vec<Rule>, interfaces: &[&[&str]], semantics: &Semantics) -> Snapshot {
    let mut builder = SnapshotBuilder::new();
    add_vpc(&mut builder, "a", rules, interfaces);
    builder.build(semantics).unwrap().snapshot
}

/// Adds a VPC with one interconnected group; the first address of each of its
/// members is the primary one.
fn add_vpc(builder: &mut SnapshotBuilder, name: &str, rules: Vec<Rule>, interfaces: &[&[&str]]) {
    let group = SecurityGroupId::new(&format!("sg-{name}")).unwrap();
    builder.group(GroupSpec {
        id: group.clone(),
        name: None,
        kind: GroupKind::Basic,
        inner_access: InnerAccess::Accept,
        vpc: Some(VpcId::new(&format!("vpc-{name}")).unwrap()),
        managed: false,
        owner: None,
        rules,
        origin: Origin::default(),
    });
    for (at, addresses) in interfaces.iter().enumerate() {
        let role = |(at, text): (usize, &&str)| InterfaceAddress {
            prefix: prefix(text),
            role: match at {
                0 => AddressRole::Primary,
                _ if text.contains('/') => AddressRole::Delegated,
                1.. => AddressRole::Additional,
            },
        };
        builder.interface(InterfaceSpec {
            id: NetworkInterfaceId::new(&format!("eni-{name}-{at}")).unwrap(),
            instance: None,
            role: None,
            vpc: None,
            addresses: addresses.iter().enumerate().map(role).collect(),
            groups: vec![group.clone()],
            timers: ConnectionTimers::default(),
            origin: Origin::default(),
        });
    }
}

/// Every engine decides as the reference; returns what decided on the way in.
#[track_caller]
fn ingress(
    snapshot: &Snapshot,
    semantics: &Semantics,
    matchers: &[Matcher],
    flow: Flow,
) -> (Action, DecidedBy) {
    let reference = evaluate(snapshot, semantics, &flow.into()).unwrap();
    let expected = reference.ingress.unwrap();
    for matcher in matchers {
        let Answer::Judged(sides) = matcher.decide_one(&flow) else {
            unreachable!("one network leaves nothing ambiguous")
        };
        let side = sides.ingress.unwrap();
        assert_eq!(side.by, expected.by, "{matcher:?} {flow:?}");
        assert_eq!(
            secgroup_model::Decision::from(side.action),
            expected.decision
        );
    }
    let accepts = expected.decision == secgroup_model::Decision::Accept;
    (
        if accepts {
            Action::Accept
        } else {
            Action::Drop
        },
        expected.by,
    )
}

fn compile(snapshot: &Snapshot, semantics: &Semantics) -> Vec<Matcher> {
    let engines = Engine::ALL.into_iter();
    engines
        .map(|engine| Matcher::compile(snapshot, semantics, engine))
        .collect()
}

fn tcp(from: &str, to: &str, source: u16, destination: u16) -> Flow {
    let endpoints = Endpoints::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
    let transport = Transport::Ports {
        source,
        destination,
    };
    Flow::new(endpoints, Protocol::TCP, transport)
}

/// A primary address stays one where a delegated prefix holds it, too (3.6.2).
#[test]
fn an_address_that_is_there_twice_is_a_member_when_either_is() {
    let mut semantics = Semantics::default();
    semantics.set("eval.group_members", "primary").unwrap();
    for own in [["10.0.0.16", "10.0.0.16/28"], ["10.0.0.20", "10.0.0.16/28"]] {
        let snapshot = snapshot(Vec::new(), &[&own, &["10.0.0.2"]], &semantics);
        let matchers = compile(&snapshot, &semantics);
        for (from, member) in [(own[0], true), ("10.0.0.17", false), ("10.0.0.31", false)] {
            let flow = tcp(from, "10.0.0.2", 40000, 22);
            let (_, by) = ingress(&snapshot, &semantics, &matchers, flow);
            assert_eq!(matches!(by, DecidedBy::IntraGroup(_)), member, "{from}");
        }
    }
}

/// An address of one VPC at the bounds of a block of another is in both.
#[test]
fn the_bounds_of_a_block_of_another_vpc_are_ambiguous_3_2_3() {
    let semantics = Semantics::default();
    let mut builder = SnapshotBuilder::new();
    add_vpc(
        &mut builder,
        "a",
        Vec::new(),
        &[&["10.0.0.1", "10.0.0.16/28"]],
    );
    let hosts = [
        "10.0.0.15",
        "10.0.0.16",
        "10.0.0.20",
        "10.0.0.31",
        "10.0.0.32",
    ];
    add_vpc(&mut builder, "b", Vec::new(), &[&hosts]);
    let snapshot = builder.build(&semantics).unwrap().snapshot;
    for (address, ambiguous) in hosts.into_iter().zip([false, true, true, true, false]) {
        let flow = tcp("198.51.100.7", address, 40000, 22);
        let reference = evaluate(&snapshot, &semantics, &flow.into());
        assert_eq!(reference.is_err(), ambiguous, "{address}");
        for matcher in compile(&snapshot, &semantics) {
            let answer = matcher.decide_one(&flow);
            assert_eq!(
                matches!(answer, Answer::Ambiguous(_)),
                ambiguous,
                "{address}"
            );
        }
    }
}

/// Rules that ask for a source port end no list of the compiled engine, so
/// nested ranges make the lists longer than it allows, and it cuts no ports.
#[test]
fn many_nested_port_ranges_with_source_ports_are_decided_alike() {
    for count in [1_u16, 2, 24, 25, 200] {
        let rule = |at: u16| Rule {
            id: None,
            direction: Direction::Ingress,
            action: if at.is_multiple_of(2) {
                Action::Accept
            } else {
                Action::Drop
            },
            priority: Priority::imported(i64::from(at % 100 + 1)).unwrap(),
            service: Service::Tcp(
                DestinationPorts::Range(PortRange::new(at + 1, 65535 - at).unwrap()),
                SourcePorts::Range(PortRange::new(at + 1, at + 3).unwrap()),
            ),
            peer: Peer::Prefix(prefix("198.51.100.0/24")),
            local: None,
            nic: NicType::Intranet,
            created: None,
            description: None,
            origin: Origin::default(),
        };
        let semantics = Semantics::default();
        let rules = (0..count).map(rule).collect();
        let snapshot = snapshot(rules, &[&["10.0.0.1"]], &semantics);
        let matchers = compile(&snapshot, &semantics);
        let mut reached = [0, 0, 0];
        for source in 0..=count + 3 {
            let near = [source.saturating_sub(2), source, source + 1];
            let far = near.map(|port| 65535 - port);
            for destination in near.into_iter().chain(far) {
                let flow = tcp("198.51.100.7", "10.0.0.1", source, destination);
                match ingress(&snapshot, &semantics, &matchers, flow) {
                    (Action::Accept, _) => reached[0] += 1,
                    (Action::Drop, DecidedBy::Rule(_)) => reached[1] += 1,
                    (Action::Drop, _) => reached[2] += 1,
                }
            }
        }
        let [accepted, dropped, unmatched] = reached;
        assert!(accepted > 0 && unmatched > 0, "{count}: {reached:?}");
        assert!(dropped > 0 || count == 1, "{count}: {reached:?}");
    }
}

#[test]
fn interfaces_in_the_same_groups_share_their_policies() {
    let semantics = Semantics::default();
    let interfaces: [&[&str]; 3] = [&["10.0.0.1"], &["10.0.0.2"], &["10.0.0.3"]];
    let snapshot = snapshot(Vec::new(), &interfaces, &semantics);
    for matcher in compile(&snapshot, &semantics) {
        // One for each direction.
        assert_eq!(matcher.policies(), 2);
    }
}
