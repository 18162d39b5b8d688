//! What exporters write besides the usual: other columns, events, numbers and
//! names, each as its program has it.

use secgroup_replay::flow_log::{LogFormat, Options};

use crate::reading::read;

/// Reads a log: its format, and a line per row.
fn of(text: &str) -> (&'static str, Vec<String>) {
    read(text.as_bytes(), &Options::default()).unwrap()
}

#[test]
fn netflow_events_of_suricata_have_their_counts_and_times_inside() {
    let event = r#"{"timestamp":"2026-03-02T18:00:05.000000+0000","flow_id":1,"event_type":"netflow","src_ip":"198.51.100.7","src_port":40000,"dest_ip":"10.0.0.1","dest_port":443,"proto":"TCP","netflow":{"pkts":12,"bytes":5040,"start":"2026-03-02T18:00:00.250000+0000","end":"2026-03-02T18:00:01.750000+0000","age":1},"tcp":{"tcp_flags":"1b"}}"#;
    // The second one is read as the first was learned.
    let (format, rows) = of(&format!("{event}\n{event}\n"));
    assert_eq!(format, "suricata");
    for (row, number) in rows.iter().zip(1..) {
        assert_eq!(
            *row,
            format!(
                "{number} tcp 198.51.100.7:40000 -> 10.0.0.1:443 12p 5040B id 1 \
                 from 2026-03-02T18:00:00.25Z to 2026-03-02T18:00:01.75Z flags 0x1b"
            )
        );
    }
    assert_eq!(rows.len(), 2);
}

#[test]
fn columns_of_nfdump_have_the_names_that_it_writes() {
    let (format, rows) = of(
        "firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,inPackets,\
         inBytes,outPackets,outBytes,flags,direction,icmpTYpe,icmpCode\n\
         2026-03-02 10:00:00.250,2026-03-02 10:00:01.750,TCP,198.51.100.7,40000,10.0.0.1,443,\
         12,5040,11,91000,...AP.SF,I,0,0\n\
         0000-00-00 00:00:00.000,0000-00-00 00:00:00.000,UDP,198.51.100.7,40000,10.0.0.1,53,\
         1,80,0,0,........,E,0,0\n",
    );
    assert_eq!(format, "nfdump");
    assert_eq!(
        rows,
        [
            "2 tcp 198.51.100.7:40000 -> 10.0.0.1:443 23p 96040B from 2026-03-02T10:00:00.25Z \
             to 2026-03-02T10:00:01.75Z flags 0x1b seen ingress",
            "3 udp 198.51.100.7:40000 -> 10.0.0.1:53 1p 80B flags 0x00 seen egress",
        ]
    );
}

#[test]
fn times_of_csv_fast_are_milliseconds() {
    let (format, rows) = of(
        "cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n\
         1,2,1772445600250,1772445601750,6,198.51.100.7,40000,10.0.0.1,443,12,5040\n",
    );
    assert_eq!(format, "nfdump");
    assert_eq!(
        rows,
        ["2 tcp 198.51.100.7:40000 -> 10.0.0.1:443 12p 5040B \
          from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:01.75Z"]
    );
}

#[test]
fn ports_that_no_rule_looks_at_are_no_fault_and_those_of_gre_are() {
    let row = |protocol: &str| {
        let text = format!(
            "src_ip,dst_ip,protocol,src_port,dst_port\n198.51.100.8,10.0.0.1,{protocol},5000,2905\n"
        );
        of(&text).1.remove(0)
    };
    assert_eq!(row("132"), "2 sctp 198.51.100.8 -> 10.0.0.1 1p 0B");
    assert_eq!(row("sctp"), "2 sctp 198.51.100.8 -> 10.0.0.1 1p 0B");
    for protocol in ["33", "136", "udplite", "dccp"] {
        assert!(
            row(protocol).ends_with("198.51.100.8 -> 10.0.0.1 1p 0B"),
            "{protocol}"
        );
    }
    assert!(row("47").contains("`5000` is a port in a protocol without ports"));
}

#[test]
fn zeek_writes_short_durations_with_an_exponent() {
    let line = r#"{"ts":1772445600.25,"uid":"C1","id.orig_h":"198.51.100.7","id.orig_p":40000,"id.resp_h":"10.0.0.1","id.resp_p":443,"proto":"tcp","duration":9.5367431640625e-7,"conn_state":"REJ","orig_pkts":1,"orig_ip_bytes":60,"resp_pkts":1,"resp_ip_bytes":40}"#;
    let (format, rows) = of(&format!("{line}\n{line}\n"));
    assert_eq!((format, rows.len()), ("zeek", 2));
    for row in rows {
        let times = "from 2026-03-02T10:00:00.25Z to 2026-03-02T10:00:00.250000954Z";
        assert!(row.ends_with(times), "{row}");
    }
}

#[test]
fn the_other_logs_of_zeek_are_no_connections() {
    let text = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\t\
                id.resp_p\tproto\ttrans_id\n1772445600\tC5\t10.0.0.1\t5\t10.0.0.2\t53\tudp\t7\n";
    let json = r#"{"ts":1772445600.25,"uid":"C5","id.orig_h":"10.0.0.1","id.orig_p":5,"id.resp_h":"10.0.0.2","id.resp_p":53,"proto":"udp","trans_id":7,"rtt":0.1}"#;
    for (text, wanted) in [
        (text, "a Zeek log of dns; expected conn.log"),
        (json, "a Zeek log of something else than connections"),
    ] {
        let error = read(text.as_bytes(), &Options::default()).unwrap_err();
        assert!(error.contains(wanted), "{error}");
        let asked = Options {
            format: Some(LogFormat::Zeek),
            ..Options::default()
        };
        assert_eq!(read(text.as_bytes(), &asked).unwrap().1.len(), 1);
    }
    // A part of the log of connections, and ends that somebody picked out of it.
    let part = text.replace("#path\tdns", "#path\tconn_internal");
    assert_eq!(of(&part).1.len(), 1);
    let picked = json.replace(r#""ts":1772445600.25,"uid":"C5","#, "");
    assert_eq!(of(&picked).0, "zeek");
    let bare = json.replace(r#","trans_id":7,"rtt":0.1"#, "");
    assert_eq!(of(&bare).1.len(), 1);
}

#[test]
fn a_byte_order_mark_may_stand_before_any_text() {
    let mark = "\u{feff}";
    let object =
        r#"{"src_ip":"10.0.0.9","dst_ip":"10.0.0.1","protocol":6,"src_port":1,"dst_port":2}"#;
    let rows = |text: &str| of(&format!("{mark}{text}")).1;
    assert_eq!(rows(&format!("{object}\n{object}\n")).len(), 2);
    assert_eq!(rows(object), ["1 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"]);
    assert_eq!(
        rows(&format!("\r\n{object}\n")),
        ["2 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"]
    );
    let list = "src_ip,dst_ip,protocol,src_port,dst_port\n10.0.0.9,10.0.0.1,6,1,2\n";
    assert_eq!(rows(list), ["2 tcp 10.0.0.9:1 -> 10.0.0.1:2 1p 0B"]);
    let aws = "2 1 eni-1 10.0.0.9 10.0.0.1 1 2 6 1 60 1772445600 1772445660 ACCEPT OK\n";
    assert_eq!(rows(aws).len(), 1);
}
