//! What interfaces do, what a search finds, what a diff says: equal to brute
//! force on toys.

use std::collections::BTreeMap;

use secgroup_analysis::{
    Change, Decider, Effective, End, Intervals, Judged, Passage, Search, Window, Workers, diff,
    effective, search, witness,
};
use secgroup_model::{Direction, InterfaceIndex, Outcome, Verdict};
use secgroup_tests::toys::Toy;

use super::{judge, seeds};

/// Asserts that a decider is what the reference says, and tells whether a
/// missing list leaves it open.
#[track_caller]
fn same(decider: Option<Decider>, verdict: Option<Verdict>, what: &str) -> bool {
    let found = decider.map(|one| (one.action.into(), one.by));
    assert_eq!(found, verdict.map(|one| (one.decision, one.by)), "{what}");
    decider.is_some_and(|one| one.unless.is_some())
}

/// Asserts that the reference says about the example of a passage what it says.
pub(super) fn confirm(toy: &Toy, passage: &Passage, what: &str) {
    let flow = witness(&passage.flows, Some(passage.network));
    assert!(passage.flows.contains(&flow), "{what}");
    let evaluation = judge(toy, &flow);
    let what = format!("{what}, witness {flow:?}");
    let open = same(passage.egress, evaluation.egress, &what)
        | same(passage.ingress, evaluation.ingress, &what);
    assert!(open || passage.outcome() == evaluation.outcome(), "{what}");
}

/// Asserts that the reference says about the example of a region what is said
/// to decide there.
fn confirm_region(
    toy: &Toy,
    index: InterfaceIndex,
    direction: Direction,
    region: &secgroup_analysis::Region,
    what: &str,
) {
    let network = toy.snapshot.interface(index).network();
    let flow = witness(&region.flows, Some(network));
    assert!(region.flows.contains(&flow), "{what}");
    let evaluation = judge(toy, &flow);
    let side = match direction {
        Direction::Ingress => evaluation.ingress,
        Direction::Egress => evaluation.egress,
    };
    let what = format!("{what}, witness {flow:?}");
    same(Some(region.decider), side, &what);
    assert_eq!(side.map(|side| side.interface), Some(index), "{what}");
}

/// Asserts that the reference says about the example of a change, in both
/// snapshots, what it says.
fn confirm_change(old: &Toy, new: &Toy, change: &Change, what: &str) {
    for (toy, decider) in [(old, change.old), (new, change.new)] {
        let Some(index) = toy.snapshot.find_interface(&change.interface) else {
            assert_eq!(decider, None, "{what}");
            continue;
        };
        let network = toy.snapshot.interface(index).network();
        let flow = witness(&change.flows, Some(network));
        assert!(change.flows.contains(&flow), "{what}");
        let evaluation = judge(toy, &flow);
        let side = match change.direction {
            Direction::Ingress => evaluation.ingress,
            Direction::Egress => evaluation.egress,
        };
        let side = side.filter(|side| side.interface == index);
        same(decider, side, &format!("{what}, witness {flow:?}"));
    }
}

#[test]
fn what_interfaces_do_is_what_the_reference_says_about_every_flow() {
    let mut reached: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..seeds(60) {
        let toy = Toy::generate(seed);
        let all: Vec<(InterfaceIndex, Effective)> = toy
            .snapshot
            .interfaces()
            .map(|(index, _)| {
                let found = effective(&toy.snapshot, &toy.semantics, index, &Window::all());
                (index, found.unwrap())
            })
            .collect();
        for (index, effective) in &all {
            for (direction, side) in [
                (Direction::Ingress, &effective.ingress),
                (Direction::Egress, &effective.egress),
            ] {
                for region in &side.regions {
                    confirm_region(&toy, *index, direction, region, &format!("seed {seed}"));
                    *reached.entry("witness").or_default() += 1;
                }
            }
        }
        for flow in toy.flows() {
            let evaluation = judge(&toy, &flow);
            for (index, effective) in &all {
                for (side, verdict) in [
                    (&effective.ingress, evaluation.ingress),
                    (&effective.egress, evaluation.egress),
                ] {
                    let verdict = verdict.filter(|one| one.interface == *index);
                    let mut holds = side.regions.iter().filter(|one| one.flows.contains(&flow));
                    let found = holds.next().map(|region| region.decider);
                    let what = format!("seed {seed}, {flow:?}, {:?}", toy.semantics);
                    assert!(holds.next().is_none(), "two regions: {what}");
                    if same(found, verdict, &what) {
                        *reached.entry("unknown").or_default() += 1;
                    }
                    let accepted = side.accepted.iter().any(|one| one.contains(&flow));
                    let dropped = side.dropped.iter().any(|one| one.contains(&flow));
                    assert!(!(accepted && dropped), "{what}");
                    assert_eq!(accepted || dropped, verdict.is_some(), "{what}");
                    if let Some(verdict) = verdict {
                        *reached.entry(tier(verdict)).or_default() += 1;
                    }
                }
            }
        }
    }
    for tier in [
        "platform",
        "intra-group",
        "rule",
        "default",
        "unknown",
        "witness",
    ] {
        let count = reached.get(tier).copied().unwrap_or(0);
        assert!(count > 200, "{tier} was reached {count} times");
    }
}

fn tier(verdict: Verdict) -> &'static str {
    match verdict.by {
        secgroup_model::DecidedBy::Session => "session",
        secgroup_model::DecidedBy::Platform(_) => "platform",
        secgroup_model::DecidedBy::OrphanFragment => "orphan",
        secgroup_model::DecidedBy::IntraGroup(_) => "intra-group",
        secgroup_model::DecidedBy::Rule(_) => "rule",
        secgroup_model::DecidedBy::Default(_) => "default",
    }
}

#[test]
fn a_search_finds_every_flow_with_what_decides_at_both_ends() {
    let (mut both, mut outcomes) = (0, BTreeMap::<String, u64>::new());
    for seed in 0..seeds(60) {
        let toy = Toy::generate(seed);
        let question = Search {
            from: End::Any,
            to: End::Any,
            services: Window::all(),
            direction: None,
            network: None,
        };
        let found = search(&toy.snapshot, &toy.semantics, &question).unwrap();
        for flow in toy.flows() {
            let evaluation = judge(&toy, &flow);
            let what = format!("seed {seed}, {flow:?}, {:?}", toy.semantics);
            let mut holds = found.iter().filter(|one| one.flows.contains(&flow));
            let passage = holds.next().unwrap_or_else(|| panic!("not found: {what}"));
            assert!(holds.next().is_none(), "twice: {what}");
            let open = same(passage.egress, evaluation.egress, &what)
                | same(passage.ingress, evaluation.ingress, &what);
            if !open {
                assert_eq!(passage.outcome(), evaluation.outcome(), "{what}");
            }
            both += u64::from(passage.egress.is_some() && passage.ingress.is_some());
            *outcomes.entry(passage.outcome().to_string()).or_default() += 1;
        }
        // Every answer carries a flow that the reference confirms.
        for passage in &found {
            confirm(&toy, passage, &format!("seed {seed}"));
        }
    }
    assert!(both > 1000, "{both} flows between two interfaces");
    for outcome in [Outcome::Accept, Outcome::Drop, Outcome::Depends] {
        let count = outcomes.get(outcome.name()).copied().unwrap_or(0);
        assert!(count > 200, "{outcome} {count} times");
    }
}

/// Returns 10.0.0.0/24 and 2001::/16 in two parts each, without an interface.
fn without(index: InterfaceIndex) -> End {
    let part = |v4: [u128; 2], v6: [u128; 2]| {
        let between = |[first, last]: [u128; 2]| Intervals::between(first, last);
        End::Addresses(between(v4), between(v6))
    };
    let (low, high) = (0x2001 << 112, (0x2002 << 112) - 1);
    End::Set {
        of: vec![
            part([0x0a00_0000, 0x0a00_0005], [low, low + (1 << 100)]),
            part([0x0a00_0003, 0x0a00_00ff], [low + (1 << 99), high]),
        ],
        without: vec![End::Interfaces(vec![index])],
    }
}

#[test]
fn a_narrow_search_finds_what_a_wide_one_finds_there() {
    let mut narrowed = 0;
    for seed in 0..seeds(60) {
        let toy = Toy::generate(seed);
        let (index, _) = toy.snapshot.interfaces().next().unwrap();
        for (from, to) in [
            (End::Interfaces(vec![index]), End::Any),
            (End::Any, End::Interfaces(vec![index])),
            (End::Internet, End::Any),
            (without(index), End::Any),
            (End::Any, without(index)),
        ] {
            let mut boxes = Vec::new();
            for family in [secgroup_model::Family::V4, secgroup_model::Family::V6] {
                let mut flows = secgroup_analysis::FlowBox::all(family);
                flows.protocols = Intervals::between(6, 17);
                flows.destination_ports = Some(Intervals::between(2, 4));
                boxes.push(flows);
            }
            let wide = Search {
                from: End::Any,
                to: End::Any,
                services: Window::all(),
                direction: None,
                network: None,
            };
            let narrow = Search {
                from: from.clone(),
                to: to.clone(),
                services: Window::of(&boxes),
                ..wide.clone()
            };
            let wide = search(&toy.snapshot, &toy.semantics, &wide).unwrap();
            let narrow = search(&toy.snapshot, &toy.semantics, &narrow).unwrap();
            let interface = toy.snapshot.interface(index);
            let within = |address: std::net::IpAddr| match address {
                std::net::IpAddr::V4(address) => address.octets()[..3] == [10, 0, 0],
                std::net::IpAddr::V6(address) => address.segments()[0] == 0x2001,
            };
            for flow in toy.flows() {
                let ends = flow.endpoints;
                let inside = |end: &End, address| match end {
                    End::Internet => {
                        let mut all = toy.snapshot.interfaces();
                        secgroup_model::is_internet(address) && !all.any(|one| one.1.owns(address))
                    }
                    End::Interfaces(_) => interface.owns(address),
                    End::Set { .. } => within(address) && !interface.owns(address),
                    End::Any | End::Addresses(..) => true,
                };
                let wanted = inside(&from, ends.source())
                    && inside(&to, ends.destination())
                    && boxes.iter().any(|one| one.contains(&flow));
                let here = narrow.iter().find(|one| one.flows.contains(&flow));
                let there = wide.iter().find(|one| one.flows.contains(&flow));
                let sides = |one: &Passage| (one.egress, one.ingress);
                assert_eq!(
                    here.map(sides),
                    there.map(sides).filter(|_| wanted),
                    "seed {seed}, {flow:?}"
                );
                narrowed += u64::from(here.is_some());
            }
        }
    }
    assert!(narrowed > 2000, "{narrowed}");
}

#[test]
fn a_diff_has_exactly_the_flows_with_another_verdict() {
    let (mut changed, mut gone) = (0, 0);
    for seed in 0..seeds(60) {
        let [old, new] = Toy::pair(seed);
        let judged = |toy: &'_ Toy| -> (secgroup_model::Snapshot, secgroup_model::Semantics) {
            (toy.snapshot.clone(), toy.semantics)
        };
        let ((a, s), (b, t)) = (judged(&old), judged(&new));
        let changes = diff(
            Judged {
                snapshot: &a,
                semantics: &s,
            },
            Judged {
                snapshot: &b,
                semantics: &t,
            },
            &Workers::default(),
        );
        let changes = changes.unwrap();
        for change in &changes {
            confirm_change(&old, &new, change, &format!("seed {seed}, {change:?}"));
        }
        let mut flows = old.flows();
        flows.extend(new.flows());
        for flow in flows {
            let (before, after) = (judge(&old, &flow), judge(&new, &flow));
            for (direction, before, after) in [
                (Direction::Ingress, before.ingress, after.ingress),
                (Direction::Egress, before.egress, after.egress),
            ] {
                let what = format!("seed {seed}, {direction} {flow:?}");
                let id = |toy: &Toy, side: Option<Verdict>| {
                    side.map(|side| toy.snapshot.interface(side.interface).id().clone())
                };
                let holds = changes
                    .iter()
                    .filter(|one| one.direction == direction && one.flows.contains(&flow));
                let holds: Vec<_> = holds.collect();
                let ids = (id(&old, before), id(&new, after));
                if ids.0.is_some() && ids.1.is_some() && ids.0 != ids.1 {
                    continue;
                }
                assert!(holds.len() <= 1, "{what}");
                match holds.first() {
                    Some(change) => {
                        let open = same(change.old, before, &what) | same(change.new, after, &what);
                        let verdict = |side: Option<Verdict>| side.map(|side| side.decision);
                        assert!(open || verdict(before) != verdict(after), "{what}");
                        changed += 1;
                        gone += u64::from(after.is_none());
                    }
                    None => {
                        let decision = |side: Option<Verdict>| side.map(|side| side.decision);
                        assert_eq!(decision(before), decision(after), "{what}");
                    }
                }
            }
        }
    }
    assert!(changed > 2000 && gone > 100, "{changed} {gone}");
}
