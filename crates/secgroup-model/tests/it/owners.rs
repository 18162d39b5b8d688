//! Which interfaces a flow is judged at (3.2.3).

use secgroup_model::{Query, Scope, Semantics, Snapshot, evaluate};

use crate::situation::{Parts, group, id, interface, to_port, within};

/// 10.0.0.1 and 10.0.0.3 in both VPCs, 10.0.0.2 in `vpc-a` only, 10.0.0.4 in
/// `vpc-b` only.
fn two_vpcs() -> Snapshot {
    Parts::new(
        &[
            group("sg-a", &[]),
            within(Some("vpc-b"), group("sg-b", &[])),
        ],
        &[
            interface("eni-a1", &["10.0.0.1"], &["sg-a"]),
            interface("eni-a2", &["10.0.0.2"], &["sg-a"]),
            interface("eni-a3", &["10.0.0.3"], &["sg-a"]),
            interface("eni-b1", &["10.0.0.1"], &["sg-b"]),
            interface("eni-b3", &["10.0.0.3"], &["sg-b"]),
            interface("eni-b4", &["10.0.0.4"], &["sg-b"]),
        ],
    )
    .snapshot()
}

/// The interfaces at both ends, `-` for none, or what is ambiguous.
fn ends(snapshot: &Snapshot, query: &Query) -> String {
    match evaluate(snapshot, &Semantics::default(), query) {
        Err(ambiguous) => ambiguous.to_string(),
        Ok(evaluation) => {
            let name = |side: Option<secgroup_model::Verdict>| {
                side.map_or_else(
                    || "-".to_owned(),
                    |side| snapshot.interface(side.interface).id().to_string(),
                )
            };
            format!("{} {}", name(evaluation.egress), name(evaluation.ingress))
        }
    }
}

#[test]
fn an_address_of_two_vpcs_is_settled_by_the_other_end_or_ambiguous() {
    let snapshot = two_vpcs();
    let ambiguous = |address| {
        format!("address {address} exists in several VPCs of the snapshot; say which one is meant")
    };
    for (from, to, expected) in [
        ("10.0.0.1", "10.0.0.2", "eni-a1 eni-a2".to_owned()),
        ("10.0.0.2", "10.0.0.1", "eni-a2 eni-a1".to_owned()),
        ("10.0.0.1", "10.0.0.4", "eni-b1 eni-b4".to_owned()),
        ("10.0.0.4", "10.0.0.1", "eni-b4 eni-b1".to_owned()),
        // Each end is known, in different VPCs.
        ("10.0.0.2", "10.0.0.4", "eni-a2 eni-b4".to_owned()),
        ("10.0.0.2", "8.8.8.8", "eni-a2 -".to_owned()),
        ("8.8.8.8", "9.9.9.9", "- -".to_owned()),
        ("10.0.0.1", "10.0.0.3", ambiguous("10.0.0.1")),
        ("10.0.0.1", "8.8.8.8", ambiguous("10.0.0.1")),
        ("8.8.8.8", "10.0.0.1", ambiguous("10.0.0.1")),
    ] {
        let query = to_port(from, to, 22);
        assert_eq!(ends(&snapshot, &query), expected, "{query}");
    }
}

#[test]
fn the_scope_says_which_vpc_is_meant() {
    let snapshot = two_vpcs();
    let network = |name| Scope::Network(snapshot.find_vpc(&id!(VpcId, name)).unwrap());
    for (scope, from, to, expected) in [
        (network("vpc-a"), "10.0.0.1", "10.0.0.3", "eni-a1 eni-a3"),
        (network("vpc-b"), "10.0.0.1", "10.0.0.3", "eni-b1 eni-b3"),
        (network("vpc-b"), "10.0.0.1", "8.8.8.8", "eni-b1 -"),
        // What another VPC has is not at that end.
        (network("vpc-b"), "10.0.0.1", "10.0.0.2", "eni-b1 -"),
        (network("vpc-b"), "10.0.0.2", "8.8.8.8", "- -"),
        (Scope::Elsewhere, "10.0.0.1", "10.0.0.2", "- -"),
        (Scope::Elsewhere, "10.0.0.2", "8.8.8.8", "- -"),
    ] {
        let query = Query {
            scope,
            ..to_port(from, to, 22)
        };
        assert_eq!(ends(&snapshot, &query), expected, "{query} {scope:?}");
    }
}

#[test]
fn an_address_in_three_networks_is_settled_only_by_one_common_network() {
    let snapshot = Parts::new(
        &[
            group("sg-a", &[]),
            within(Some("vpc-b"), group("sg-b", &[])),
            within(None, group("sg-c", &[])),
        ],
        &[
            interface("eni-a", &["10.0.0.1"], &["sg-a"]),
            interface("eni-b", &["10.0.0.1", "10.0.0.2"], &["sg-b"]),
            interface("eni-c", &["10.0.0.2", "10.0.0.3"], &["sg-c"]),
        ],
    )
    .snapshot();
    // {a, b} and {b, c} have only b in common; {a, b} and {c} nothing.
    assert_eq!(
        ends(&snapshot, &to_port("10.0.0.1", "10.0.0.2", 1)),
        "eni-b eni-b"
    );
    assert!(ends(&snapshot, &to_port("10.0.0.1", "10.0.0.3", 1)).contains("10.0.0.1 exists"));
    assert!(ends(&snapshot, &to_port("10.0.0.3", "10.0.0.1", 1)).contains("10.0.0.1 exists"));
}

#[test]
fn the_two_families_have_owners_of_their_own() {
    let snapshot = Parts::new(
        &[group("sg-a", &[])],
        &[interface(
            "eni-a",
            &["10.0.0.1", "2001:db8::/80"],
            &["sg-a"],
        )],
    )
    .snapshot();
    for (address, expected) in [
        ("2001:db8::", "- eni-a"),
        ("2001:db8::ffff:ffff:ffff", "- eni-a"),
        ("2001:db8:0:0:1::", "- -"),
        ("::ffff:10.0.0.1", "- -"),
    ] {
        let query = to_port("2001:db8:f::9", address, 22);
        assert_eq!(ends(&snapshot, &query), expected, "{query}");
    }
}
