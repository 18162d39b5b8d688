//! What is noted beside an answer (3.5.5, 3.7.6, 3.9.6).

use secgroup_model::{
    DecidedBy, Decision, Evaluation, Note, Outcome, PartialTransport, PlatformException, PortSpan,
    Protocol, Query, Semantics, evaluate,
};

use crate::situation::{
    Parts, advanced, flags, group, interconnected, interface, query, tcp, to_port,
};

#[track_caller]
fn ask(parts: &Parts, semantics: &Semantics, query: &Query) -> Evaluation {
    let snapshot = parts.build(semantics).unwrap().snapshot;
    evaluate(&snapshot, semantics, query).unwrap()
}

/// Two members of one group, one of them with an address outside it.
fn pair(member: secgroup_model::GroupSpec) -> Parts {
    Parts::new(
        &[member],
        &[
            interface("eni-a", &["10.0.0.1"], &["sg-a"]),
            interface("eni-b", &["10.0.0.2"], &["sg-a"]),
        ],
    )
}

#[test]
fn egress_between_members_is_contested_when_the_readings_differ_3_7_6() {
    const DROPS: &str = "out 1 drop tcp 22/22 10.0.0.0/8";
    let flow = to_port("10.0.0.1", "10.0.0.2", 22);
    let contested = vec![Note::ContestedIntraGroupEgress];
    let drops = pair(interconnected("sg-a", &[DROPS]));
    let bypass = ask(&drops, &flags(&[]), &flow);
    assert_eq!(
        (bypass.outcome(), &bypass.notes),
        (Outcome::Accept, &contested)
    );
    let custom = flags(&[("eval.intra_group_egress", "custom_rules")]);
    let by_rules = ask(&drops, &custom, &flow);
    assert_eq!(
        (by_rules.outcome(), &by_rules.notes),
        (Outcome::Drop, &contested)
    );
    assert!(matches!(by_rules.egress.unwrap().by, DecidedBy::Rule(_)));
    assert!(matches!(
        by_rules.ingress.unwrap().by,
        DecidedBy::IntraGroup(_)
    ));

    // Where both readings let it pass, or no group is shared, nothing is noted.
    for (parts, flow) in [
        (&drops, to_port("10.0.0.1", "10.0.0.2", 23)),
        (&drops, to_port("10.0.0.1", "8.8.8.8", 22)),
        (&pair(group("sg-a", &[DROPS])), flow),
        (&pair(advanced("sg-a", &[])), flow),
    ] {
        for semantics in [flags(&[]), custom] {
            assert_eq!(ask(parts, &semantics, &flow).notes, [], "{flow}");
        }
    }
}

#[test]
fn an_open_question_is_contested_when_one_reading_depends_3_7_6() {
    let parts = pair(interconnected("sg-a", &["out 1 drop tcp 22/22 10.0.0.0/8"]));
    let open = tcp(
        "10.0.0.1",
        PortSpan::one(40000),
        "10.0.0.2",
        PortSpan::between(0, u16::MAX),
    );
    for (reading, outcome) in [
        ("bypass", Outcome::Accept),
        ("custom_rules", Outcome::Depends),
    ] {
        let semantics = flags(&[("eval.intra_group_egress", reading)]);
        let evaluation = ask(&parts, &semantics, &open);
        assert_eq!(evaluation.outcome(), outcome);
        assert_eq!(evaluation.notes, [Note::ContestedIntraGroupEgress]);
    }
}

#[test]
fn all_is_contested_when_the_protocol_is_none_of_the_four_3_5_5() {
    let parts = Parts::new(
        &[group("sg-a", &["in 1 accept all 0.0.0.0/0"])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    let flow = |protocol, transport| query(Protocol(protocol), "8.8.8.8", "10.0.0.1", transport);
    let one = PortSpan::one(1);
    let ports = PartialTransport::Ports {
        source: one,
        destination: one,
    };
    let opaque = PartialTransport::Opaque;
    for (protocol, transport, four, notes) in [
        (50, opaque, Outcome::Drop, vec![Note::ContestedAllMeans]),
        (132, opaque, Outcome::Drop, vec![Note::ContestedAllMeans]),
        (0, opaque, Outcome::Drop, vec![Note::ContestedAllMeans]),
        (1, opaque, Outcome::Accept, vec![]),
        (6, ports, Outcome::Accept, vec![]),
        (17, ports, Outcome::Accept, vec![]),
        (47, opaque, Outcome::Accept, vec![]),
        (58, opaque, Outcome::Accept, vec![]),
    ] {
        let flow = flow(protocol, transport);
        let any = ask(&parts, &flags(&[]), &flow);
        assert_eq!((any.outcome(), any.notes), (Outcome::Accept, notes.clone()));
        let narrow = ask(&parts, &flags(&[("eval.all_means", "four")]), &flow);
        assert_eq!((narrow.outcome(), narrow.notes), (four, notes));
    }
}

/// Egress to `to` under `eval.tcp25=VALUE`.
fn mail(value: &str, to: &str, span: PortSpan) -> Evaluation {
    let parts = Parts::new(
        &[group("sg-a", &["out 5 drop tcp 25/25 198.51.100.0/24"])],
        &[
            interface("eni-a", &["10.0.0.1"], &["sg-a"]),
            interface("eni-b", &["203.0.113.7"], &["sg-a"]),
        ],
    );
    let flow = tcp("10.0.0.1", PortSpan::one(40000), to, span);
    ask(&parts, &flags(&[("eval.tcp25", value)]), &flow)
}

#[test]
fn outbound_mail_to_the_internet_is_noted_denied_or_neither_3_9_6() {
    let port = PortSpan::one(25);
    let noted = mail("note", "8.8.8.8", port);
    assert_eq!(noted.outcome(), Outcome::Accept);
    assert_eq!(noted.notes, [Note::PlatformTcp25]);
    let denied = mail("deny", "8.8.8.8", port);
    assert_eq!(denied.outcome(), Outcome::Drop);
    let platform = DecidedBy::Platform(PlatformException::Tcp25);
    assert_eq!(denied.egress.unwrap().by, platform);
    assert_eq!(denied.notes, []);
    let off = mail("off", "8.8.8.8", port);
    assert_eq!((off.outcome(), off.notes), (Outcome::Accept, vec![]));

    for value in ["note", "deny", "off"] {
        // Other ports, private addresses, and interfaces of the snapshot.
        for (to, port) in [
            ("8.8.8.8", 24),
            ("8.8.8.8", 26),
            ("10.9.9.9", 25),
            ("203.0.113.7", 25),
        ] {
            let other = mail(value, to, PortSpan::one(port));
            assert_eq!(
                other.egress.unwrap().decision,
                Decision::Accept,
                "{to} {port}"
            );
            assert_eq!(other.notes, [], "{to} {port}");
        }
    }
}

#[test]
fn mail_that_arrives_is_neither_noted_nor_denied_3_9_6() {
    let parts = Parts::new(
        &[group("sg-a", &["in 1 accept tcp 25/25 0.0.0.0/0"])],
        &[interface("eni-a", &["10.0.0.1"], &["sg-a"])],
    );
    for value in ["note", "deny"] {
        for (from, to) in [("8.8.8.8", "10.0.0.1"), ("10.9.9.9", "8.8.8.8")] {
            let evaluation = ask(
                &parts,
                &flags(&[("eval.tcp25", value)]),
                &to_port(from, to, 25),
            );
            assert_eq!(evaluation.notes, []);
            assert_ne!(evaluation.outcome(), Outcome::Drop);
        }
    }
}

#[test]
fn an_open_port_that_may_be_25_depends_on_it_3_5_9() {
    let span = |first, last| PortSpan::between(first, last);
    for (ports, depends) in [
        (span(1, 24), false),
        (span(1, 25), true),
        (span(25, 30), true),
        (span(26, 30), false),
    ] {
        let noted = mail("note", "8.8.8.8", ports);
        assert_eq!(noted.notes.contains(&Note::PlatformTcp25), depends);
        assert_eq!(noted.outcome(), Outcome::Accept);
        let denied = mail("deny", "8.8.8.8", ports).egress.unwrap();
        if depends {
            assert_eq!(denied.decision, Decision::Depends);
            assert_eq!(denied.by, DecidedBy::Platform(PlatformException::Tcp25));
            let default = DecidedBy::Default(secgroup_model::GroupKind::Basic);
            assert_eq!(denied.otherwise, Some(default));
        } else {
            assert_eq!(denied.decision, Decision::Accept);
        }
    }
    // A rule that says the same as the platform settles it.
    let settled = mail("deny", "198.51.100.9", PortSpan::one(25))
        .egress
        .unwrap();
    assert_eq!(settled.by, DecidedBy::Platform(PlatformException::Tcp25));
    // A rule that also waits for the port leaves it open.
    let both = mail("deny", "198.51.100.9", span(20, 30)).egress.unwrap();
    assert_eq!(both.decision, Decision::Depends);
    // What decides otherwise is what decides when neither applies.
    let default = DecidedBy::Default(secgroup_model::GroupKind::Basic);
    assert_eq!(both.otherwise, Some(default));
}

#[test]
fn notes_are_spelt_as_the_documentation_does() {
    let spelt = [
        Note::ContestedIntraGroupEgress,
        Note::ContestedAllMeans,
        Note::PlatformTcp25,
        Note::TwoNetworks,
    ]
    .map(|note| note.to_string());
    assert_eq!(
        spelt,
        [
            "contested:intra-group-egress",
            "contested:all-means",
            "platform:tcp25",
            "scope:two-networks"
        ]
    );
}
