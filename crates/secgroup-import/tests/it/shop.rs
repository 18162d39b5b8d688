//! One fleet, written in every form, answers every question alike.

use std::net::IpAddr;

use secgroup_import::Side;
use secgroup_model::{
    Endpoints, Flow, IcmpMessage, Outcome, Protocol, Query, Semantics, Snapshot, Transport,
    evaluate,
};

use crate::{How, import, sample};

/// The addresses that flows are between: those of the fleet, and strangers
/// inside and outside of every block that a rule names.
const ADDRESSES: [&str; 14] = [
    "10.20.1.10",
    "10.20.2.10",
    "10.20.2.11",
    "10.20.3.10",
    "10.20.2.77",
    "10.21.0.1",
    "192.0.2.5",
    "192.0.2.16",
    "198.51.100.10",
    "198.51.100.70",
    "198.51.100.96",
    "203.0.113.9",
    "2001:db8:20::10",
    "2001:db8:ffff::1",
];

/// The ports at and beside those that rules name.
const PORTS: [u16; 12] = [21, 22, 25, 80, 442, 443, 444, 3306, 3307, 8080, 8089, 8090];

fn read(path: &str, side: Side) -> Snapshot {
    let text = sample(path);
    let how = How {
        side,
        ..How::default()
    };
    let imported = import(&[(path, &text)], &how);
    assert_eq!(imported.warnings, Vec::<String>::new(), "{path}");
    imported
        .result
        .unwrap_or_else(|problems| panic!("{path}: {problems:#?}"))
}

fn template(name: &str) -> Snapshot {
    let files = [
        (name, sample(name)),
        ("shop/machines.yaml", sample("shop/machines.yaml")),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let office = (
        "Office".to_owned(),
        "198.51.100.0/26, 198.51.100.64/27".to_owned(),
    );
    let how = How {
        parameters: vec![office],
        ..How::default()
    };
    let imported = import(&files, &how);
    assert_eq!(imported.warnings, Vec::<String>::new());
    imported
        .result
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Every flow between the addresses, over every protocol that rules name.
fn flows() -> Vec<Flow> {
    let mut flows = Vec::new();
    for source in ADDRESSES {
        for destination in ADDRESSES {
            let ends = [source, destination].map(|text| text.parse::<IpAddr>().unwrap());
            if ends[0].is_ipv4() != ends[1].is_ipv4() {
                continue;
            }
            let endpoints = Endpoints::new(ends[0], ends[1]).unwrap();
            let mut add = |protocol, transport| {
                flows.push(Flow::new(endpoints, protocol, transport));
            };
            for destination in PORTS {
                let source = 40_000;
                let ports = Transport::Ports {
                    source,
                    destination,
                };
                add(Protocol::TCP, ports);
                add(Protocol::UDP, ports);
            }
            let (protocol, kind) = if ends[0].is_ipv4() {
                (Protocol::ICMP, 8)
            } else {
                (Protocol::ICMPV6, 128)
            };
            add(protocol, Transport::Icmp(IcmpMessage { kind, code: 0 }));
        }
    }
    flows
}

/// The outcome of every flow.
fn outcomes(snapshot: &Snapshot) -> Vec<Outcome> {
    let outcome = |flow: &Flow| {
        let query = Query::from(*flow);
        let evaluation = evaluate(snapshot, &Semantics::default(), &query);
        evaluation.unwrap().outcome()
    };
    flows().iter().map(outcome).collect()
}

#[test]
fn one_fleet_answers_alike_in_every_form_6() {
    let wanted = outcomes(&read("shop/answers.json", Side::After));
    for outcome in [Outcome::Accept, Outcome::Drop, Outcome::Outside] {
        let count = wanted.iter().filter(|one| **one == outcome).count();
        assert!(count > 100, "only {count} flows are {outcome:?}");
    }
    for (path, side) in [
        ("shop/fleet.yaml", Side::After),
        ("shop/terraform.tfstate", Side::After),
        ("shop/state.json", Side::After),
        ("shop/plan.json", Side::Before),
        ("shop/stack.json", Side::After),
    ] {
        assert_eq!(outcomes(&read(path, side)), wanted, "{path}");
    }
    for path in ["shop/template.yaml", "shop/template.json"] {
        assert_eq!(outcomes(&template(path)), wanted, "{path}");
    }
}

#[test]
fn the_plan_opens_the_port_of_the_database_and_nothing_else_6_2_5() {
    let before = outcomes(&read("shop/plan.json", Side::Before));
    let after = outcomes(&read("shop/plan.json", Side::After));
    let mut changed = 0;
    for (flow, (before, after)) in flows().iter().zip(before.iter().zip(&after)) {
        if before == after {
            continue;
        }
        changed += 1;
        assert_eq!(
            (*before, *after),
            (Outcome::Drop, Outcome::Accept),
            "{flow:?}"
        );
        let Transport::Ports { destination, .. } = flow.transport else {
            panic!("{flow:?}");
        };
        assert_eq!((flow.protocol, destination), (Protocol::TCP, 3306));
        assert_eq!(flow.endpoints.destination().to_string(), "10.20.3.10");
    }
    assert!(changed >= 8, "{changed}");
}

#[test]
fn the_words_of_every_form_name_the_deciding_rule_6() {
    for path in [
        "shop/answers.json",
        "shop/fleet.yaml",
        "shop/terraform.tfstate",
        "shop/stack.json",
    ] {
        let snapshot = read(path, Side::After);
        let names: Vec<&str> = snapshot.rules().map(|(_, rule)| rule.name()).collect();
        assert!(names.contains(&"sgr-db-rest"), "{path}: {names:?}");
        assert_eq!(names.len(), 9, "{path}: {names:?}");
    }
    let template = template("shop/template.yaml");
    let names: Vec<&str> = template.rules().map(|(_, rule)| rule.name()).collect();
    assert!(names.contains(&"AppFromWeb"), "{names:?}");
    assert!(names.contains(&"Web#5"), "{names:?}");
}
