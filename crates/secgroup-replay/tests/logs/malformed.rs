//! Damaged logs: what is wrong with which line, and that the others are read.

use crate::reading::sample;

#[test]
fn damaged_objects_are_named_with_their_line() {
    let (format, rows) = sample("malformed/alibaba.jsonl");
    assert_eq!(format, "alibaba");
    assert_eq!(
        rows,
        [
            "1 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-shop from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x1b seen ingress was Accept",
            "line 2: JSON that is cut short, expected one JSON object a line",
            "line 3, column dstport: `70000` is not a port; expected 0 to 65535",
            "line 4, column srcaddr: `203.0.113` is not an address; expected IPv4 or IPv6, such as 10.0.0.1",
            "line 5: JSON, but no object, expected one JSON object a line",
            "line 6: a key twice in one object, expected one JSON object a line",
            "line 7, column action: `MAYBE` is not an action; expected accept, reject or drop",
            "line 8: not JSON at byte 474 of the line, expected one JSON object a line",
            "9 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-shop from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x1b seen ingress was Accept",
        ]
    );
}

#[test]
fn damaged_words_are_named_with_line_and_column() {
    let (format, rows) = sample("malformed/aws-v5.txt");
    assert_eq!(format, "aws");
    assert_eq!(
        rows,
        [
            "2 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-0aa11bb22 from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x03 seen ingress was Accept",
            "line 3: 24 fields, 25 expected, as in the header",
            "line 4, column dstport: `https` is not a port; expected 0 to 65535",
            "line 5, column flow-direction: `sideways` is not a direction; expected in or out",
            "7 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B vpc vpc-0aa11bb22 from 2026-03-02T10:00:00Z to 2026-03-02T10:01:00Z flags 0x03 seen ingress was Accept",
        ]
    );
}

#[test]
fn other_fields_in_the_middle_of_a_zeek_log_are_a_fault() {
    let (format, rows) = sample("malformed/zeek-conn.log");
    assert_eq!(format, "zeek");
    assert_eq!(
        rows,
        [
            "9 tcp 203.0.113.9:40000 -> 10.10.1.11:443 23p 96040B id Cmade1up0of0ours from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
            "line 10, column id.resp_p: `443.5` is not a port; expected 0 to 65535",
            "line 11, column id.orig_p: `256` is not an ICMP type or code; expected 0 to 255",
            "line 12: 24 fields, 22 expected, as in the header",
            "line 13: 21 fields, 22 expected, as in the header",
            "14 tcp 203.0.113.9:40000 -> 10.10.1.11:443 23p 96040B id Cmade1up0of0ours from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
        ]
    );
}

#[test]
fn damaged_events_are_named_with_line_and_key() {
    let (format, rows) = sample("malformed/suricata-eve.json");
    assert_eq!(format, "suricata");
    assert_eq!(
        rows,
        [
            "1 skipped: other-event",
            "line 2, column tcp_flags: `xx` is not a byte of TCP flags; expected 0 to 255 or 0x00 to 0xff",
            "line 3, column packets: `-12` is not a number of packets or bytes; expected 0 to 2^64-1",
            "4 tcp 203.0.113.9:40000 -> 10.10.1.11:443 1p 0B id 1000000000000001 from 2026-03-02T10:00:05Z flags 0x1b",
            "line 5: JSON that is cut short, expected one JSON object a line",
            "6 tcp 203.0.113.9:40000 -> 10.10.1.11:443 23p 96040B id 1000000000000001 from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z flags 0x1b",
        ]
    );
}

#[test]
fn damaged_rows_of_nfdump_are_named_with_line_and_column() {
    let (format, rows) = sample("malformed/nfdump-1.7.5.csv");
    assert_eq!(format, "nfdump");
    assert_eq!(
        rows,
        [
            "line 2, column firstSeen: `yesterday 10:00:00.250` is not a time from 1678 to 2261; expected RFC 3339, or Unix seconds without sign and with at most nine decimals",
            "line 3, column dstPort: `8.256` is not an ICMP type or code; expected 0 to 255",
            "4 icmp 203.0.113.9 -> 10.10.1.11 1p 84B from 2026-03-02T10:00:01Z to 2026-03-02T10:00:01Z",
            "line 5, column proto: `TCPX` is not a protocol; expected a name such as tcp or a number 0 to 255",
            "6 tcp 203.0.113.9:40000 -> 10.10.1.11:443 12p 5040B from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z",
        ]
    );
}
