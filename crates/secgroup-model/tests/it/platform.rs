//! Traffic that passes whatever the rules say, and what is next to it (3.9).

use secgroup_model::{
    DecidedBy, Evaluation, IcmpMessage, PartialTransport, PlatformException, PortSpan, Protocol,
    Query, Snapshot,
};

use crate::situation::{Parts, flags, group, icmp, interface, judge, query, to_port};

/// 10.0.0.1 and 2001:db8::1, closed in both directions.
fn closed() -> Snapshot {
    let rules = ["out 1 drop all 0.0.0.0/0", "out 1 drop all ::/0"];
    Parts::new(
        &[group("sg-a", &rules)],
        &[interface(
            "eni-a",
            &["10.0.0.1", "2001:db8::1", "10.0.0.2"],
            &["sg-a"],
        )],
    )
    .snapshot()
}

/// The exceptions by which both sides are decided.
fn exceptions(evaluation: &Evaluation) -> Vec<PlatformException> {
    let sides = evaluation.egress.iter().chain(&evaluation.ingress);
    let by = sides.filter_map(|side| match side.by {
        DecidedBy::Platform(exception) => Some(exception),
        _ => None,
    });
    by.collect()
}

#[track_caller]
fn check(query: &Query, expected: &[PlatformException]) {
    let evaluation = judge(&closed(), query);
    assert_eq!(exceptions(&evaluation), expected, "{query}");
}

#[test]
fn only_egress_to_the_metadata_service_passes_3_9_4() {
    let meta = "100.100.100.200";
    check(
        &to_port("10.0.0.1", meta, 80),
        &[PlatformException::Metaserver],
    );
    check(&to_port(meta, "10.0.0.1", 80), &[]);
    check(&to_port("10.0.0.1", "100.100.100.201", 80), &[]);
    let own = Parts::new(
        &[group("sg-a", &[])],
        &[interface("eni-a", &[meta], &["sg-a"])],
    );
    let inbound = judge(&own.snapshot(), &to_port("8.8.8.8", meta, 80));
    assert_eq!(exceptions(&inbound), []);
}

#[test]
fn only_what_a_load_balancer_forwards_to_its_backend_passes_3_9_3() {
    let forwarded = |from, to| Query {
        via_load_balancer: true,
        ..to_port(from, to, 80)
    };
    check(
        &forwarded("8.8.8.8", "10.0.0.1"),
        &[PlatformException::LoadBalancer],
    );
    check(&forwarded("10.0.0.1", "8.8.8.8"), &[]);
}

#[test]
fn only_dhcp_between_its_own_ports_passes_3_9_5() {
    let ports = |source, destination| PartialTransport::Ports {
        source: PortSpan::one(source),
        destination: PortSpan::one(destination),
    };
    let dhcp = [PlatformException::Dhcp];
    for (own, server, client_port, server_port) in [
        ("10.0.0.1", "10.0.0.254", 68, 67),
        ("10.0.0.1", "255.255.255.255", 68, 67),
        ("2001:db8::1", "ff02::1:2", 546, 547),
        ("2001:db8::1", "fe80::1", 546, 547),
    ] {
        let asks = ports(client_port, server_port);
        let answers = ports(server_port, client_port);
        let (udp, tcp) = (Protocol::UDP, Protocol::TCP);
        check(&query(udp, own, server, asks), &dhcp);
        check(&query(udp, server, own, answers), &dhcp);
        // A server on the instance, another protocol, another port.
        check(&query(udp, own, server, answers), &[]);
        check(&query(udp, server, own, asks), &[]);
        check(&query(tcp, own, server, asks), &[]);
        check(
            &query(udp, own, server, ports(client_port + 1, server_port)),
            &[],
        );
        check(
            &query(udp, own, server, ports(client_port, server_port - 2)),
            &[],
        );
    }
    // Neither over the Internet.
    for (own, far, client_port, server_port) in [
        ("10.0.0.1", "8.8.8.8", 68, 67),
        ("2001:db8::1", "2001:db8:f::9", 546, 547),
    ] {
        check(
            &query(Protocol::UDP, own, far, ports(client_port, server_port)),
            &[],
        );
        check(
            &query(Protocol::UDP, far, own, ports(server_port, client_port)),
            &[],
        );
    }
}

/// Nothing is an ICMP message of the other family (3.5.3).
#[test]
fn an_icmp_message_of_the_other_family_is_no_exception() {
    let carried = |from, to, protocol, kind, code| {
        let message = IcmpMessage { kind, code };
        query(protocol, from, to, PartialTransport::Icmp(Some(message)))
    };
    for (from, to, protocol, kind, code) in [
        ("8.8.8.8", "10.0.0.1", Protocol::ICMPV6, 2, 0),
        ("8.8.8.8", "10.0.0.1", Protocol::ICMPV6, 135, 0),
        ("2001:db8:f::9", "2001:db8::1", Protocol::ICMP, 3, 4),
        ("8.8.8.8", "10.0.0.1", Protocol::TCP, 3, 4),
    ] {
        check(&carried(from, to, protocol, kind, code), &[]);
    }
    check(
        &carried("8.8.8.8", "10.0.0.1", Protocol::ICMP, 3, 4),
        &[PlatformException::Pmtud],
    );
}

#[test]
fn what_never_leaves_the_interface_passes_both_ways_3_1() {
    check(
        &to_port("10.0.0.1", "10.0.0.2", 22),
        &[PlatformException::Local, PlatformException::Local],
    );
}

#[test]
fn each_exception_can_be_taken_away_by_its_flag_8_2() {
    let parts = Parts::new(
        &[group("sg-a", &["out 1 drop all 0.0.0.0/0"])],
        &[interface("eni-a", &["10.0.0.1", "10.0.0.2"], &["sg-a"])],
    );
    for (flow, name) in [
        (to_port("10.0.0.1", "10.0.0.2", 22), "local"),
        (icmp("8.8.8.8", "10.0.0.1", Some((3, 4))), "pmtud"),
        (to_port("10.0.0.1", "100.100.100.200", 80), "metaserver"),
    ] {
        for (value, passes) in [(name, true), ("slb", false), ("none", false), ("doc", true)] {
            let semantics = flags(&[("eval.implicit_allow", value)]);
            let snapshot = parts.build(&semantics).unwrap().snapshot;
            let evaluation = secgroup_model::evaluate(&snapshot, &semantics, &flow).unwrap();
            assert_eq!(
                exceptions(&evaluation).is_empty(),
                !passes,
                "{flow} {value}"
            );
        }
    }
}
