//! What people read: errors and one-line forms, word for word.

use secgroup_model::{
    ConnectionTimers, Endpoints, PartialTransport, PlatformSet, PortRange, PortSpan, Priority,
    Protocol, Semantics,
};

use crate::situation::{icmp, query, rule, tcp, to_port};

#[test]
fn errors_about_values_say_what_was_found_and_what_is_expected() {
    let mixed = Endpoints::new("10.0.0.1".parse().unwrap(), "::1".parse().unwrap());
    let flag = |name, value| {
        Semantics::default()
            .set(name, value)
            .unwrap_err()
            .to_string()
    };
    for (text, expected) in [
        (
            mixed.unwrap_err().to_string(),
            "address families differ: 10.0.0.1 and ::1",
        ),
        (
            ConnectionTimers::new(Some(31), None, None)
                .unwrap_err()
                .to_string(),
            "TcpEstablishedTimeout is 31; ECS allows 30, 60, 80, 100, 200, 300, 500, 700 and 910",
        ),
        (
            ConnectionTimers::new(None, Some(16), None)
                .unwrap_err()
                .to_string(),
            "TcpClosedAndTimeWaitTimeout is 16; ECS allows 3 to 15",
        ),
        (
            ConnectionTimers::new(None, None, Some(-1))
                .unwrap_err()
                .to_string(),
            "UdpTimeout is -1; ECS allows 10, 20, 30, 60, 80 and 100",
        ),
        (
            Priority::new(101).unwrap_err().to_string(),
            "priority must be between 1 and 100, got 101",
        ),
        (
            Priority::imported(111).unwrap_err().to_string(),
            "priority 111 is not in 1..100, nor one of the imported legacy priorities 101..110",
        ),
        (
            PortRange::new(200, 1).unwrap_err().to_string(),
            "`200/1` has its first port behind its last",
        ),
        (
            PortRange::parse("18082").unwrap_err().to_string(),
            "`18082` is a single port; write 18082/18082",
        ),
        (
            flag("eval.tcp25", "no\u{1b}"),
            "flag `eval.tcp25` cannot be `no\\u{1b}`; it is one of note, deny, off",
        ),
        (
            flag("eval.implicit_allow", "tcp25"),
            "flag `eval.implicit_allow` cannot be `tcp25`; it is one of doc, none, or a \
             comma-separated list of local, nd, pmtud, metaserver, dhcp, slb",
        ),
    ] {
        assert_eq!(text, expected);
    }
    let unknown = flag("eval.nothing", "x");
    assert!(
        unknown.starts_with("unknown flag `eval.nothing`; the flags are eval."),
        "{unknown}"
    );
    assert_eq!(PlatformSet::parse("dhcp,dhcp"), PlatformSet::parse("dhcp"));
}

#[test]
fn rules_and_flows_read_as_one_line() {
    for (text, expected) in [
        (
            "in 10 accept tcp 443/443 0.0.0.0/0",
            "priority 10 accept tcp 443/443 from 0.0.0.0/0",
        ),
        (
            "out 1 drop all sg-b at 10.0.0.0/8",
            "priority 1 drop all to sg-b at 10.0.0.0/8",
        ),
        ("in 110 accept 50 pl-a", "priority 110 accept esp from pl-a"),
        (
            "out 2 drop udp prl-a ::/0 from-port 1/9",
            "priority 2 drop udp prl-a source ports 1/9 to ::/0",
        ),
    ] {
        assert_eq!(rule(text).to_string(), expected);
    }
    let fragment = query(
        Protocol::UDP,
        "10.0.0.1",
        "10.0.0.2",
        PartialTransport::LaterFragment,
    );
    for (flow, expected) in [
        (
            to_port("10.0.0.1", "10.0.0.2", 22),
            "tcp 10.0.0.1:40000 -> 10.0.0.2:22",
        ),
        (to_port("::1", "::2", 22), "tcp [::1]:40000 -> [::2]:22"),
        (
            tcp("10.0.0.1", PortSpan::ANY, "10.0.0.2", PortSpan::one(22)),
            "tcp 10.0.0.1:* -> 10.0.0.2:22",
        ),
        (
            icmp("10.0.0.1", "10.0.0.2", Some((3, 4))),
            "icmp 10.0.0.1 -> 10.0.0.2 type 3 code 4",
        ),
        (icmp("::1", "::2", None), "icmpv6 ::1 -> ::2"),
        (fragment, "udp 10.0.0.1 -> 10.0.0.2 (later fragment)"),
    ] {
        assert_eq!(flow.to_string(), expected);
    }
}
