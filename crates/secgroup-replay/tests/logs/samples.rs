//! A sample of every format, made by this project from the format's
//! documentation, and everything that is read from it.

use crate::reading::sample;

#[test]
fn flow_logs_of_alibaba_cloud_are_read_as_json_6_5() {
    let (format, rows) = sample("alibaba.jsonl");
    assert_eq!(format, "alibaba");
    assert_eq!(
        rows,
        [
            "1 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-shop from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x1b seen ingress was Accept",
            "2 tcp 10.10.1.11:443 -> 203.0.113.9:40000 11p 91000B vpc vpc-shop from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x1b seen egress was Accept",
            "3 tcp 198.51.100.200:51515 -> 10.10.1.11:22 3p 180B vpc vpc-shop from 2026-03-02T10:01:00Z to 2026-03-02T10:02:00Z flags 0x02 seen ingress was Reject",
            "4 skipped: no-data",
            "5 skipped: skip-data",
            "6 icmp 203.0.113.9 -> 10.10.1.11 1p 84B vpc vpc-shop from 2026-03-02T10:02:00Z to 2026-03-02T10:03:00Z flags 0x00 seen ingress was Accept",
        ]
    );
}

#[test]
fn flow_logs_of_alibaba_cloud_are_read_as_csv_6_5() {
    let (format, rows) = sample("alibaba.csv");
    assert_eq!(format, "alibaba");
    assert_eq!(
        rows,
        [
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-shop from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x1b seen ingress was Accept",
            "3 skipped: no-data",
            "4 tcp [2001:db8::9]:40000 -> [2001:db8:10:1::11]:443 4p 400B vpc vpc-shop from 2026-03-02T10:01:00Z to 2026-03-02T10:02:00Z flags 0x1b seen ingress was Accept",
        ]
    );
}

#[test]
fn flow_logs_of_aws_are_read_without_a_header() {
    let (format, rows) = sample("aws-v2.txt");
    assert_eq!(format, "aws");
    assert_eq!(
        rows,
        [
            "1 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z was Accept",
            "2 tcp 198.51.100.200:51515 -> 10.10.1.11:22 3p 180B from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z was Reject",
            "3 skipped: no-data",
            "4 skipped: skip-data",
        ]
    );
}

#[test]
fn flow_logs_of_aws_name_the_packets_addresses_where_they_differ() {
    let (format, rows) = sample("aws-v5.txt");
    assert_eq!(format, "aws");
    assert_eq!(
        rows,
        [
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-0aa11bb22 from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x03 seen ingress was Accept",
            "3 tcp 10.10.1.11:443 -> 203.0.113.9:40000 11p 91000B vpc vpc-0aa11bb22 from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x13 seen egress was Accept",
            "4 skipped: no-data",
        ]
    );
}

#[test]
fn zeek_logs_have_icmp_types_in_place_of_ports_and_both_directions() {
    let (format, rows) = sample("zeek-conn.log");
    assert_eq!(format, "zeek");
    assert_eq!(
        rows,
        [
            "9 tcp 203.0.113.9:40000 -> 10.10.1.11:443 23p 96040B id Cmade1up0of0ours from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
            "10 icmp 203.0.113.9 -> 10.10.1.11 type 8 code 0 2p 168B id Cmade2up0of0ours from 2026-03-02T10:00:01Z to 2026-03-02T10:00:01.0001Z",
            "11 icmpv6 2001:db8::9 -> 2001:db8:10:1::11 type 128 code 0 1p 104B id Cmade3up0of0ours from 2026-03-02T10:00:02Z",
            "12 gre 10.10.1.11 -> 10.10.2.21 1p 60B id Cmade4up0of0ours from 2026-03-02T10:00:03Z",
            "13 skipped: unknown-protocol",
        ]
    );
}

#[test]
fn zeek_logs_may_be_json() {
    let (format, rows) = sample("zeek-conn.json");
    assert_eq!(format, "zeek");
    assert_eq!(
        rows,
        [
            "1 tcp 203.0.113.9:40000 -> 10.10.1.11:443 23p 96040B id Cmade1up0of0ours from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
            "2 icmp 203.0.113.9 -> 10.10.1.11 type 8 code 0 2p 168B id Cmade2up0of0ours from 2026-03-02T10:00:01Z",
        ]
    );
}

#[test]
fn suricata_logs_have_other_events_too() {
    let (format, rows) = sample("suricata-eve.json");
    assert_eq!(format, "suricata");
    assert_eq!(
        rows,
        [
            "1 skipped: other-event",
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 23p 96040B id 1000000000000001 from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z flags 0x1b",
            "3 skipped: other-event",
            "4 icmp 203.0.113.9 -> 10.10.1.11 type 8 code 0 2p 196B id 1000000000000003 from 2026-03-02T10:00:02Z to 2026-03-02T10:00:02.0002Z",
            "5 icmpv6 2001:db8::9 -> 2001:db8:10:1::11 type 128 code 0 1p 118B id 1000000000000004 from 2026-03-02T10:00:03Z to 2026-03-02T10:00:03Z",
        ]
    );
}

#[test]
fn nfdump_prints_two_sets_of_columns_and_a_summary() {
    let (format, rows) = sample("nfdump-1.7.1.csv");
    assert_eq!(format, "nfdump");
    assert_eq!(
        rows,
        [
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B from 2026-03-02T10:00:00Z to 2026-03-02T10:00:02Z flags 0x1b",
            "3 icmp 203.0.113.9 -> 10.10.1.11 type 8 code 0 1p 84B from 2026-03-02T10:00:01Z to 2026-03-02T10:00:01Z flags 0x00",
        ]
    );
    let (format, rows) = sample("nfdump-1.7.5.csv");
    assert_eq!(format, "nfdump");
    assert_eq!(
        rows,
        [
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
            "3 icmp 203.0.113.9 -> 10.10.1.11 type 8 code 0 1p 84B from 2026-03-02T10:00:01Z to 2026-03-02T10:00:01Z",
            "4 icmpv6 2001:db8::9 -> 2001:db8:10:1::11 type 128 code 0 1p 104B from 2026-03-02T10:00:02Z to 2026-03-02T10:00:02Z",
        ]
    );
}

#[test]
fn lists_may_use_other_names_or_be_json() {
    let (format, rows) = sample("list.csv");
    assert_eq!(format, "csv");
    assert_eq!(
        rows,
        [
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 1p 0B from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z seen ingress",
            "3 icmp 203.0.113.9 -> 10.10.1.11 1p 0B from 2026-03-02T10:00:01Z seen ingress",
        ]
    );
    let (format, rows) = sample("list.jsonl");
    assert_eq!(format, "jsonl");
    assert_eq!(
        rows,
        [
            "1 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B id a from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
            "2 icmp 203.0.113.9 -> 10.10.1.11 1p 84B id b/c",
        ]
    );
}
