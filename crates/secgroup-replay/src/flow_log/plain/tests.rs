//! Plain lines against the general way, which knows nothing of forms.

use std::fmt::Write;

use crate::flow_log::{BriefRow, FlowLog, Options, Row, RowBatch};

/// Numbers that are the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    pub(super) fn byte(&mut self, limit: usize) -> u8 {
        u8::try_from(self.below(limit)).unwrap()
    }

    pub(super) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Returns all that is known about the rows of a text, and how many were read
/// from plain lines.
fn told(text: &[u8], cut: impl Fn(&mut RowBatch)) -> (Vec<String>, usize) {
    let mut log = FlowLog::new(text, &Options::default()).unwrap();
    let mut batch = RowBatch::default();
    let (mut rows, mut plain) = (Vec::new(), 0);
    while log.next_batch(&mut batch).unwrap() {
        cut(&mut batch);
        plain += batch.plain_rows();
        rows.extend(batch.rows().map(|row: Row<'_>| {
            let parsed = match row.parse() {
                Ok(parsed) => format!("{parsed:?}"),
                Err(problem) => problem.to_string(),
            };
            let ids = (row.flow_id(), row.vpc_id());
            format!("{} {:?} {ids:?} {parsed}", row.line(), row.skip())
        }));
    }
    (rows, plain)
}

/// Reads a text both ways; returns how many rows there are, and how many were
/// read from plain lines.
#[track_caller]
fn check(text: &str) -> (usize, usize) {
    let (general, none) = told(text.as_bytes(), RowBatch::cut_all);
    let (found, plain) = told(text.as_bytes(), RowBatch::cut);
    assert_eq!(none, 0);
    for (found, wanted) in found.iter().zip(&general) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found.len(), general.len());
    (found.len(), plain)
}

const ADDRESSES: &[&str] = &[
    "10.0.0.1",
    "10.0.0.1",
    "203.0.113.255",
    "198.51.100.7",
    "0.0.0.0",
];
const ADDRESSES_V6: &[&str] = &[
    "2001:db8::1",
    "2001:db8::1",
    "::",
    "fe80::1:2",
    "2001:DB8:1:2:3:4:5:6",
];
const ODD_ADDRESSES: &[&str] = &[
    "",
    "-",
    "010.0.0.1",
    "10.0.0.256",
    "10.0.0",
    "::ffff:10.0.0.1",
    "fe80::1%eth0",
    " 10.0.0.1",
    "1::2::3",
];

/// Returns a value for a column, mostly a plain one; all addresses of a row are
/// of one family.
fn value(name: &str, six: bool, odd: bool, random: &mut Random) -> String {
    let plain: &[&str] = match name {
        _ if name.contains("addr") || name.ends_with("_ip") || matches!(name, "sa" | "da") => {
            if six { ADDRESSES_V6 } else { ADDRESSES }
        }
        "id.orig_h" | "id.resp_h" => {
            if six {
                ADDRESSES_V6
            } else {
                ADDRESSES
            }
        }
        "protocol" | "proto" | "pr" => &["6", "6", "17", "TCP", "udp", "1", "58", "icmp", "47"],
        "ip_proto" => &["", "6", "17"],
        _ if name.ends_with("port") || matches!(name, "sp" | "dp" | "id.orig_p" | "id.resp_p") => {
            &["443", "53", "65535", "8", "0", "00080", ""]
        }
        "icmp_type" | "icmp_code" => &["", "", "", "0", "8"],
        "timestamp" | "start" | "ts" | "end" | "te" => &[
            "1772452800",
            "1772452860",
            "1772452800.25",
            "2026-03-02T12:00:00Z",
            "2026-03-02 12:00:01.5",
            "",
        ],
        "duration" | "td" => &["0", "60", "0.5", ""],
        "flow.pkts_toserver" | "packets" | "bytes" | "ipkt" | "ibyt" | "opkt" | "obyt"
        | "orig_pkts" | "resp_pkts" => &[
            "0",
            "1",
            "1234567890123",
            "9007199254740993",
            "18446744073709551615",
            "",
        ],
        "tcp_flags" | "flg" => &["", "18", "0x12", "...A..S."],
        "action" => &["ACCEPT", "REJECT", "drop", ""],
        "direction" | "flow-direction" => &["in", "out", "egress", ""],
        "log-status" => &["OK", "OK", "OK", "NODATA", "SKIPDATA"],
        "event_type" => &["flow", "flow", "netflow", "dns"],
        "via" => &["", "", "slb", "SLB"],
        "nic" => &["", "", "internet", "intranet"],
        "vpc_id" | "interface-id" | "flow_id" | "uid" | "version" => {
            &["vpc-1", "eni-2", "", "=1+1", "2"]
        }
        _ => &["", "x", "a b", "Ø", "it's"],
    };
    if odd {
        let all = [
            ODD_ADDRESSES,
            &[
                "x", "-", "", "65536", "-1", "+1", "1e3", " 6 ", "\"6\"", "(empty)", "é", "1.5",
            ],
        ];
        return (*random.of(random_list(&all, name))).to_owned();
    }
    (*random.of(plain)).to_owned()
}

/// Returns odd addresses for addresses, and others for others.
fn random_list<'a>(all: &[&'a [&'a str]; 2], name: &str) -> &'a [&'a str] {
    all[usize::from(!(name.contains("ip") || name.contains("addr") || name.contains("_h")))]
}

/// Changes a byte or two of a line, sometimes.
fn damaged(mut line: String, random: &mut Random) -> String {
    while random.below(6) == 0 {
        let places: Vec<usize> = line.char_indices().map(|(at, _)| at).collect();
        let Some(at) = (!places.is_empty()).then(|| *random.of(&places)) else {
            break;
        };
        let letter = random.of(&[
            ',', '"', '\\', ' ', '\t', '.', ':', '0', 'é', '{', '}', '\r', '\u{1}', '-', '#',
        ]);
        match random.below(3) {
            0 => line.insert(at, *letter),
            1 => drop(line.remove(at)),
            _ => {
                line.remove(at);
                line.insert(at, *letter);
            }
        }
    }
    line
}

/// Writes lines with separators, of which some are odd or damaged.
fn separated(head: &str, names: &[&str], separator: &str, random: &mut Random) -> String {
    let mut text = head.to_owned();
    for _ in 0..4_000 {
        let six = random.below(4) == 0;
        let odd = random.below(8) == 0;
        let values: Vec<String> = names
            .iter()
            .map(|name| {
                let odd = odd && random.below(4) == 0;
                let value = value(name, six, odd, random);
                match (separator, value.as_str()) {
                    (" " | "\t", "") => "-".to_owned(),
                    _ => value,
                }
            })
            .collect();
        let line = damaged(values.join(separator), random);
        let end = random.of(&["\n", "\n", "\n", "\r\n", "\n\n"]);
        let _ = write!(text, "{line}{end}");
    }
    text
}

#[test]
fn plain_lines_with_separators_are_read_as_the_general_way_reads_them() {
    let all: [(&str, &str, &str); 6] = [
        (
            "",
            ",",
            "src_ip,dst_ip,protocol,src_port,dst_port,icmp_type,icmp_code",
        ),
        (
            "",
            ",",
            "flow_id,src_ip,dst_ip,protocol,src_port,dst_port,timestamp,end,duration,packets,bytes,\
             tcp_flags,action,direction,via,nic,vpc_id,note,icmp_type,icmp_code,ip_proto",
        ),
        (
            "",
            ",",
            "version,srcaddr,srcport,dstaddr,dstport,protocol,direction,packets,bytes,start,end,\
             log-status,action",
        ),
        (
            "",
            " ",
            "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end \
             action log-status pkt-srcaddr pkt-dstaddr flow-direction",
        ),
        (
            "#separator \\x09\n#fields\t",
            "\t",
            "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_pkts\tresp_pkts\tip_proto",
        ),
        ("", ",", "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,opkt,obyt"),
    ];
    for (number, (before, separator, names)) in (0_u64..).zip(all) {
        let mut random = Random(number);
        let columns: Vec<&str> = names.split(separator).collect();
        let text = separated(
            &format!("{before}{names}\n"),
            &columns,
            separator,
            &mut random,
        );
        let (rows, plain) = check(&text);
        // A generator that never reaches one of the ways proves nothing.
        assert!(
            plain > rows / 20 && plain < rows,
            "{number}: {plain} of {rows}"
        );
    }
}

/// Writes a value as JSON, often without quotes where it may have none.
fn json(value: &str, random: &mut Random) -> String {
    let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match random.below(40) {
        0 => "null".to_owned(),
        1 => "true".to_owned(),
        2 => "{\"a\":[1,2]}".to_owned(),
        3 => format!("\"\\u0031{value}\""),
        4 => value.to_owned(),
        _ if number && random.below(8) > 0 => value.to_owned(),
        _ => format!("\"{value}\""),
    }
}

#[test]
fn plain_objects_are_read_as_the_general_way_reads_them() {
    let all = [
        "src_ip,dst_ip,protocol,src_port,dst_port",
        "flow_id,src_ip,dst_ip,protocol,src_port,dst_port,timestamp,packets,bytes,tcp_flags,action,vpc_id,note,flow",
        "srcaddr,srcport,dstaddr,dstport,protocol,direction,packets,bytes,start,end,log-status,action,dest_ip",
        "event_type,timestamp,src_ip,src_port,dest_ip,dest_port,proto,flow_id,flow.pkts_toserver",
    ];
    for (number, names) in (0_u64..).zip(all) {
        let mut random = Random(number);
        let first: Vec<String> = names
            .split(',')
            .map(|name| {
                format!(
                    "\"{name}\":\"{}\"",
                    value(name, false, false, &mut Random(0))
                )
            })
            .collect();
        let mut text = format!("{{{}}}\n", first.join(","));
        for _ in 0..4_000 {
            let six = random.below(4) == 0;
            let (colon, comma) = *random.of(&[(":", ","), (":", ","), (":", ","), (": ", ", ")]);
            let few = random.below(10) == 0;
            let style = random.below(4);
            let mut members = Vec::new();
            for name in names.split(',') {
                if few && random.below(6) == 0 {
                    continue;
                }
                let odd = random.below(60) == 0;
                let value = value(name, six, odd, &mut random);
                let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let value = match style {
                    0 if number => value,
                    0..=2 => format!("\"{value}\""),
                    _ => json(&value, &mut random),
                };
                members.push(format!("\"{name}\"{colon}{value}"));
            }
            if few && !members.is_empty() {
                let twice = random.of(&members).clone();
                members.push(twice);
            }
            let line = damaged(format!("{{{}}}", members.join(comma)), &mut random);
            let _ = write!(text, "{line}{}", random.of(&["\n", "\n", "\r\n", " \n"]));
        }
        let (rows, plain) = check(&text);
        assert!(
            plain > rows / 40 && plain < rows,
            "{number}: {plain} of {rows}"
        );
    }
}

#[test]
fn lines_of_other_formats_and_lengths_are_not_mistaken_for_plain_ones() {
    let header = "note,src_ip,dst_ip,protocol,src_port,dst_port";
    let long = "x".repeat(crate::flow_log::MAX_LINE);
    let good = "n,10.0.0.9,10.0.0.1,6,1,2";
    let (rows, plain) = check(&format!(
        "{header}\n{long},10.0.0.9,10.0.0.1,6,1,2\n{good}\n{good}\n{good}"
    ));
    assert_eq!((rows, plain), (4, 1));
    // Zeek may name any byte as separator, one of addresses, too.
    let names = "#separator .\n#fields.id_orig_h.id_resp_h.proto.id_orig_p.id_resp_p\n";
    let row = "::1.::2.6.443.50000\n";
    assert_eq!(check(&format!("{names}{}", row.repeat(9))), (9, 0));
}

/// Reads a list, plain lines in brief; returns what its lines say, and how many
/// were in brief. A line that is no row says nothing.
fn told_in_brief(text: &str) -> (Vec<(u64, String)>, usize) {
    let mut log = FlowLog::new(text.as_bytes(), &Options::default()).unwrap();
    let mut batch = RowBatch::default();
    let (mut lines, mut brief, mut line) = (Vec::new(), 0, 2);
    while log.next_batch(&mut batch).unwrap() {
        assert!(batch.is_list());
        let mut all = Vec::new();
        batch.cut_in_brief(|place, row| {
            let flow = match row {
                BriefRow::Four(brief) => brief.flow(),
                BriefRow::Six(brief) => brief.flow(),
            };
            all.push((place, format!("{flow:?}")));
        });
        brief += all.len();
        all.extend(batch.rows().map(|row| (row.place_among_lines(), what(row))));
        all.sort_by_key(|(place, _)| *place);
        let mut last = 0;
        for (place, says) in all {
            lines.push((line + u64::from(place), says));
            last = place;
        }
        // Where a batch ends lines that are no rows do not matter.
        line += u64::from(last) + 1;
    }
    (lines, brief)
}

/// Returns the flow of a row that says nothing else, or what is wrong with it.
fn what(row: Row<'_>) -> String {
    match row.parse() {
        Ok(parsed) => {
            let others = (parsed.timestamp, parsed.end, parsed.packets, parsed.bytes);
            assert_eq!(others, (None, None, 1, 0));
            format!("{:?}", parsed.flow)
        }
        Err(problem) => problem.to_string(),
    }
}

#[test]
fn lines_in_brief_say_the_flow_that_the_general_way_reads() {
    let all = [
        (
            ",",
            "src_ip,dst_ip,protocol,src_port,dst_port,icmp_type,icmp_code",
        ),
        (",", "src_ip,dst_ip,protocol,src_port,dst_port"),
        (",", "protocol,dst_port,src_port,dst_ip,src_ip"),
        (
            "\t",
            "dst_ip\ticmp_code\ticmp_type\tsrc_port\tprotocol\tdst_port\tsrc_ip",
        ),
        (
            "\t",
            "src_port\tsrc_ip\tprotocol\tdst_ip\tdst_port\ticmp_type",
        ),
    ];
    for (number, (separator, names)) in (70..).zip(all) {
        let mut random = Random(number);
        let columns: Vec<&str> = names.split(separator).collect();
        let mut text = format!("{names}\n");
        for _ in 0..6 {
            // Blank lines are none of those that are counted here.
            let more = separated("", &columns, ",", &mut random);
            text.push_str(&more.replace("\n\n", "\n").replace(',', separator));
        }
        let mut log = FlowLog::new(text.as_bytes(), &Options::default()).unwrap();
        let mut batch = RowBatch::default();
        let mut general = Vec::new();
        while log.next_batch(&mut batch).unwrap() {
            batch.cut_all();
            general.extend(batch.rows().map(|row| (row.line(), what(row))));
        }
        let (found, brief) = told_in_brief(&text);
        let says = |lines: &[(u64, String)]| -> Vec<String> {
            lines.iter().map(|(_, says)| says.clone()).collect()
        };
        assert_eq!(says(&found), says(&general), "{names}");
        assert!(
            brief > found.len() / 10 && brief < found.len(),
            "{names}: {brief} of {}",
            found.len()
        );
    }
}

#[test]
fn lists_with_other_columns_are_not_read_in_brief() {
    for names in [
        "src_ip,dst_ip,protocol,src_port,dst_port,bytes",
        "src_ip,dst_ip,protocol,src_port,dst_port,note",
        "src_ip,dst_ip,protocol,src_port,dst_port,vpc_id",
        "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,opkt,obyt",
    ] {
        let text = format!("{names}\n");
        let mut log = FlowLog::new(text.as_bytes(), &Options::default()).unwrap();
        let mut batch = RowBatch::default();
        assert!(!log.next_batch(&mut batch).unwrap());
        assert!(!batch.is_list(), "{names}");
    }
}
