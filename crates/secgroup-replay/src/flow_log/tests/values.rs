//! What values mean: every rule by a row or two.

use secgroup_model::{IcmpMessage, NicType, Query, Transport};

use super::{HEADER, parse_one as row};
use crate::flow_log::Recorded;

/// The five required columns.
fn flow(values: &str) -> Result<String, String> {
    row("src_ip,dst_ip,protocol,src_port,dst_port", values)
        .map(|row| Query::from(row.flow).to_string())
}

#[test]
fn flows_of_every_protocol_and_family_are_read() {
    for (values, wanted) in [
        (
            "203.0.113.9,10.0.0.1,6,40000,443",
            "tcp 203.0.113.9:40000 -> 10.0.0.1:443",
        ),
        (
            "203.0.113.9,10.0.0.1,Udp,0,65535",
            "udp 203.0.113.9:0 -> 10.0.0.1:65535",
        ),
        (
            "2001:DB8::9,2001:db8::1,TCP,1,2",
            "tcp [2001:db8::9]:1 -> [2001:db8::1]:2",
        ),
        // 3.5.4: an IPv4-mapped address is IPv6.
        (
            "::ffff:10.0.0.9,::ffff:10.0.0.1,17,1,2",
            "udp [::ffff:10.0.0.9]:1 -> [::ffff:10.0.0.1]:2",
        ),
        ("10.0.0.9,10.0.0.1,gre,,", "gre 10.0.0.9 -> 10.0.0.1"),
        ("10.0.0.9,10.0.0.1,0,0,0", "protocol 0 10.0.0.9 -> 10.0.0.1"),
        (
            "10.0.0.9,10.0.0.1,255,,0",
            "protocol 255 10.0.0.9 -> 10.0.0.1",
        ),
        ("10.0.0.9,10.0.0.1,icmp,0,", "icmp 10.0.0.9 -> 10.0.0.1"),
        (
            " 10.0.0.9 ,\t10.0.0.1,\"tcp\", 1 ,\" 2\"",
            "tcp 10.0.0.9:1 -> 10.0.0.1:2",
        ),
    ] {
        assert_eq!(flow(values).as_deref(), Ok(wanted), "{values}");
    }
}

/// Checks that each row is refused with these words.
#[track_caller]
fn refused(rows: &[(&str, &str)]) {
    for (values, wanted) in rows {
        let problem = flow(values).unwrap_err();
        assert!(problem.starts_with("line 2"), "{problem}");
        assert!(problem.contains(wanted), "{values}: {problem}");
    }
}

#[test]
fn ports_and_protocols_that_mean_nothing_are_named_with_line_and_column() {
    refused(&[
        (
            "10.0.0.9,10.0.0.1,6,1,65536",
            "line 2, column dst_port: `65536` is not a port; expected 0 to 65535",
        ),
        (
            "10.0.0.9,10.0.0.1,6,-1,80",
            "column src_port: `-1` is not a port",
        ),
        (
            "10.0.0.9,10.0.0.1,6,1.0,80",
            "column src_port: `1.0` is not a port",
        ),
        (
            "10.0.0.9,10.0.0.1,6,+1,80",
            "column src_port: `+1` is not a port",
        ),
        (
            "10.0.0.9,10.0.0.1,6,,80",
            "column src_port is empty; TCP and UDP have ports",
        ),
        ("10.0.0.9,10.0.0.1,udp,1, ", "column dst_port is empty"),
        (
            "10.0.0.9,10.0.0.1,1,8,0",
            "column src_port: `8` is a port in a protocol without",
        ),
        (
            "10.0.0.9,10.0.0.1,47,,2048",
            "column dst_port: `2048` is a port in a protocol",
        ),
        (
            "10.0.0.9,10.0.0.1,47,,x",
            "column dst_port: `x` is not a port",
        ),
        (
            "10.0.0.9,10.0.0.1,256,,",
            "column protocol: `256` is not a protocol",
        ),
        (
            "10.0.0.9,10.0.0.1,sctpx,,",
            "column protocol: `sctpx` is not a protocol",
        ),
        (
            "10.0.0.9,10.0.0.1,,,",
            "column protocol: `` is not a protocol",
        ),
    ]);
}

#[test]
fn addresses_that_mean_nothing_are_named_with_line_and_column() {
    refused(&[
        (
            "010.0.0.9,10.0.0.1,6,1,2",
            "column src_ip: `010.0.0.9` has a leading zero",
        ),
        (
            "fe80::1,fe80::2%eth0,58,,",
            "column dst_ip: `fe80::2%eth0` has a zone id",
        ),
        (
            "10.0.0,10.0.0.1,6,1,2",
            "column src_ip: `10.0.0` is not an address",
        ),
        (",10.0.0.1,6,1,2", "column src_ip: `` is not an address"),
        (
            "10.0.0.9/32,10.0.0.1,6,1,2",
            "column src_ip: `10.0.0.9/32` is not an address",
        ),
        (
            "10.0.0.9,2001:db8::1,6,1,2",
            "line 2: address families differ: 10.0.0.9 and 2001:db8::1",
        ),
        (
            "\u{1b}[31m,10.0.0.1,6,1,2",
            "`\\u{1b}[31m` is not an address",
        ),
    ]);
}

#[test]
fn icmp_types_are_read_where_there_can_be_some() {
    let header = "src_ip,dst_ip,protocol,src_port,dst_port,icmp_type,icmp_code";
    let message = |kind, code| Ok(Transport::Icmp(IcmpMessage { kind, code }));
    for (values, wanted) in [
        ("10.0.0.9,10.0.0.1,icmp,,,8,0", message(8, 0)),
        ("10.0.0.9,10.0.0.1,icmp,0,0,3,4", message(3, 4)),
        ("10.0.0.9,10.0.0.1,1,,,8,", message(8, 0)),
        ("2001:db8::9,2001:db8::1,58,,,128,", message(128, 0)),
        // Without a type it is a message of which nothing is known.
        ("10.0.0.9,10.0.0.1,icmp,,,,", Ok(Transport::Opaque)),
        ("10.0.0.9,10.0.0.1,icmp,,,,0", Ok(Transport::Opaque)),
        // ICMP of the other family is a protocol like any other (3.5.3).
        ("10.0.0.9,10.0.0.1,58,,,,", Ok(Transport::Opaque)),
        ("10.0.0.9,10.0.0.1,gre,,,0,0", Ok(Transport::Opaque)),
        (
            "10.0.0.9,10.0.0.1,icmp,,,,4",
            Err("column icmp_code: `4` fits neither"),
        ),
        (
            "10.0.0.9,10.0.0.1,58,,,128,",
            Err("column icmp_type: `128` fits neither"),
        ),
        (
            "2001:db8::9,2001:db8::1,1,,,8,",
            Err("column icmp_type: `8` fits neither"),
        ),
        (
            "10.0.0.9,10.0.0.1,tcp,1,2,8,",
            Err("column icmp_type: `8` fits neither"),
        ),
        (
            "10.0.0.9,10.0.0.1,tcp,1,2,,8",
            Err("column icmp_code: `8` fits neither"),
        ),
        (
            "10.0.0.9,10.0.0.1,icmp,,,256,",
            Err("`256` is not an ICMP type or code"),
        ),
        (
            "10.0.0.9,10.0.0.1,icmp,,,8,x",
            Err("`x` is not an ICMP type or code"),
        ),
    ] {
        match (row(header, values), wanted) {
            (Ok(row), Ok(wanted)) => assert_eq!(row.flow.transport, wanted, "{values}"),
            (Err(problem), Err(wanted)) => {
                assert!(problem.contains(wanted), "{values}: {problem}");
            }
            (found, wanted) => panic!("{values}: {found:?}, wanted {wanted:?}"),
        }
    }
}

#[test]
fn optional_columns_are_read_and_may_be_empty() {
    let header = "Action,NIC, via ,tcp_flags,bytes,packets,TIMESTAMP,vpc_id,flow_id,\
                  src_ip,dst_ip,protocol,src_port,dst_port";
    let tail = "10.0.0.9,10.0.0.1,6,1,2";
    let full = format!("REJECT,internet,SLB,0x12,120,2,2026-03-02T09:00:00Z,vpc-1,f 1,{tail}");
    let parsed = row(header, &full).unwrap();
    assert_eq!(parsed.flow_id.as_deref(), Some("f 1"));
    assert_eq!(parsed.vpc_id.as_deref(), Some("vpc-1"));
    assert!(parsed.flow.via_load_balancer);
    assert_eq!(parsed.flow.nic, Some(NicType::Internet));
    assert_eq!(
        parsed.rest,
        (
            Some(1_772_442_000_000_000_000),
            2,
            120,
            Some(0x12),
            Some(Recorded::Reject)
        )
    );
    let empty = row(header, &format!(",,,,,,,,,{tail}")).unwrap();
    assert_eq!((&empty.flow_id, &empty.vpc_id), (&None, &None));
    assert!(!empty.flow.via_load_balancer);
    assert_eq!(empty.flow.nic, None);
    assert_eq!(empty.rest, (None, 1, 0, None, None));
    let absent = row("src_ip,dst_ip,protocol,src_port,dst_port", tail).unwrap();
    assert_eq!(absent, empty);
    for (action, wanted) in [
        ("accept", Recorded::Accept),
        ("ACCEPT", Recorded::Accept),
        ("drop", Recorded::Reject),
        ("Reject", Recorded::Reject),
    ] {
        let parsed = row(header, &format!("{action},,,,,,,,,{tail}")).unwrap();
        assert_eq!(parsed.rest.4, Some(wanted));
    }
    let zero = row(header, &format!(",intranet,,0,0,0,0,,,{tail}")).unwrap();
    assert_eq!(zero.rest, (Some(0), 0, 0, Some(0), None));
    assert_eq!(zero.flow.nic, Some(NicType::Intranet));
}

#[test]
fn optional_columns_are_as_strict_as_the_others() {
    for (column, value, wanted) in [
        ("timestamp", "1772442000123", "is not a time"),
        ("packets", "-1", "is not a number of packets or bytes"),
        (
            "bytes",
            "18446744073709551616",
            "is not a number of packets or bytes",
        ),
        ("tcp_flags", "256", "is not a byte of TCP flags"),
        ("action", "permit", "is not an action"),
        ("via", "nat", "is not a way to come"),
        ("nic", "eth0", "is not a NIC type"),
    ] {
        let header = format!("src_ip,dst_ip,protocol,src_port,dst_port,{column}");
        let problem = row(&header, &format!("10.0.0.9,10.0.0.1,6,1,2,{value}")).unwrap_err();
        let start = format!("line 2, column {column}: `{value}` {wanted}");
        assert!(problem.starts_with(&start), "{problem}");
    }
}

#[test]
fn ids_are_echoed_unchanged() {
    for (written, wanted) in [
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        (" 1 ", " 1 "),
        ("1\0", "1\0"),
        ("\"a,\"\"b\"\"\"", "a,\"b\""),
        ("\u{feff}1", "\u{feff}1"),
    ] {
        let parsed = row(HEADER, &format!("{written},10.0.0.9,10.0.0.1,6,1,2")).unwrap();
        assert_eq!(parsed.flow_id.as_deref(), Some(wanted));
    }
}
