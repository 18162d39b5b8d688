//! The filters of an interface: the first that a flow meets is from the rule
//! that decides.

use secgroup_gen::{Plan, Traffic, World};
use secgroup_matcher::{Answer, Engine, ListedFilter, Matcher, Side, Sides, filter_list};
use secgroup_model::{DecidedBy, Direction, Family, Flow, RuleIndex, Transport};

const SEED: u64 = 20_261_129;

/// Returns the rule of the first filter that a flow meets.
fn first(list: &[ListedFilter], flow: &Flow) -> Option<RuleIndex> {
    let (source_port, destination_port) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => (source, destination),
        Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => (0, 0),
    };
    let meets = |one: &&ListedFilter| {
        one.source.contains(flow.endpoints.source())
            && one.destination.contains(flow.endpoints.destination())
            && one.source_ports.contains(source_port)
            && one.destination_ports.contains(destination_port)
            && one.protocol.is_none_or(|own| own == flow.protocol)
    };
    list.iter().find(meets).map(|one| one.rule)
}

#[test]
fn the_first_filter_that_a_flow_meets_is_from_the_deciding_rule() {
    let (mut by_rule, mut by_default) = (0, 0);
    for family in [Family::V4, Family::V6] {
        let world = World::new(&Plan::interface(SEED, 500, 50));
        let (snapshot, own) = (&world.snapshot, world.receivers[0]);
        let matcher = Matcher::compile(snapshot, &world.semantics, Engine::Scan);
        let [ingress, egress] = [Direction::Ingress, Direction::Egress]
            .map(|direction| filter_list(snapshot, &world.semantics, own, direction, None, family));
        assert!(ingress.len() > 200 && egress.len() > 20, "{family}");
        let flows = world.flows(Traffic::Mixed, family, 4_000, SEED);
        let mut answers = vec![Answer::Judged(Sides::default()); flows.len()];
        matcher.decide(&flows, &mut answers);
        for (flow, answer) in flows.iter().zip(answers) {
            let Answer::Judged(sides) = answer else {
                unreachable!("there is one VPC");
            };
            for (side, list) in [(sides.ingress, &ingress), (sides.egress, &egress)] {
                let wanted = match side.filter(|side| side.interface == own) {
                    Some(Side {
                        by: DecidedBy::Rule(rule),
                        ..
                    }) => Some(rule),
                    Some(Side {
                        by: DecidedBy::Default(_),
                        ..
                    }) => None,
                    // Rules were not asked.
                    _ => continue,
                };
                assert_eq!(first(list, flow), wanted, "{flow:?}");
                *(if wanted.is_some() {
                    &mut by_rule
                } else {
                    &mut by_default
                }) += 1;
            }
        }
    }
    assert!(
        by_rule > 2_000 && by_default > 500,
        "{by_rule} {by_default}"
    );
}
