//! Hostile files where they are at hand, and damage at random.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::read;

/// Random damage never panics, loses no line and never names a wrong one.
#[test]
fn damage_anywhere_is_survived() {
    let mut good = String::from(
        "\u{feff}flow_id,vpc_id,src_ip,dst_ip,protocol,src_port,dst_port,icmp_type,timestamp,action\r\n",
    );
    for id in 0..6 {
        writeln!(
            good,
            "{id},\"vpc-é\",10.0.0.{id},10.0.0.1,6,1,80,,1772442000.5,ACCEPT"
        )
        .unwrap();
        writeln!(good, "{id},,2001:db8::{id},2001:db8::1,icmpv6,,,128,,drop").unwrap();
    }
    let nasty = b"\"\",\n\r\0\xff\xfe%-+.:0x9\xc3";
    let mut state: u64 = 0x5ec9_6209_2026_0302;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut read_well, mut faulty, mut refused) = (0, 0, 0);
    for _ in 0..20_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = nasty[random(nasty.len())],
                1 => bytes.insert(at, nasty[random(nasty.len())]),
                _ => bytes.truncate(at + 1),
            }
        }
        let text = bytes.strip_prefix("\u{feff}".as_bytes());
        let lines = text.unwrap_or(&bytes).split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !matches!(line, [] | [b'\r'])).count();
        match read(&bytes[..]) {
            Ok(rows) => {
                assert_eq!(rows.len() + 1, lines);
                read_well += rows.iter().filter(|row| row.is_ok()).count();
                for problem in rows.iter().filter_map(|row| row.as_ref().err()) {
                    faulty += 1;
                    let line = bytes
                        .split(|byte| *byte == b'\n')
                        .nth(usize::try_from(problem.line).unwrap() - 1);
                    assert!(line.is_some_and(|line| !line.is_empty()), "{problem}");
                }
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        read_well > 10_000 && faulty > 10_000 && refused > 1_000,
        "{read_well} {faulty} {refused}"
    );
}

/// The hostile files that lie beside the checkout, where they do.
#[test]
fn hostile_files_get_what_they_should() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/abuse");
    let Ok(expected) = std::fs::read_to_string(folder.join("expected.tsv")) else {
        return;
    };
    let mut seen = 0;
    for case in expected.lines().filter(|line| line.starts_with("csv_")) {
        let columns: Vec<&str> = case.split('\t').collect();
        let (name, want) = (columns[0], columns[2]);
        seen += 1;
        let result = read(std::fs::File::open(folder.join(name)).unwrap());
        let problem = match &result {
            Err(error) => Some(error.clone()),
            Ok(rows) => rows
                .iter()
                .find_map(|row| row.as_ref().err().map(ToString::to_string)),
        };
        match (want, problem) {
            ("ok", None) => {
                let flows = usize::from(name != "csv_header_only.csv");
                assert_eq!(result.unwrap().len(), flows, "{name}");
            }
            ("bad" | "refuse", Some(problem)) => {
                for fact in facts(name) {
                    assert!(problem.contains(fact), "{name}: {problem}");
                }
            }
            (_, problem) => panic!("{name}: {problem:?}"),
        }
    }
    assert_eq!(seen, 26);
}

/// The facts of `must_say`, in our words.
fn facts(name: &str) -> &'static [&'static str] {
    match name {
        "csv_empty.csv" => &["no header"],
        "csv_missing_column.csv" => &["dst_ip", "missing; found: flow_id, src_ip, protocol"],
        "csv_dup_column.csv" => &["column src_ip twice"],
        "csv_ragged_short.csv" => &["line 2: 6 fields, 7 expected"],
        "csv_ragged_long.csv" => &["line 2: 8 fields"],
        "csv_open_quote.csv" => &["line 2: unclosed quote"],
        "csv_port_65536.csv" => &["line 2, column dst_port: `65536`"],
        "csv_port_negative.csv" => &["line 2, column src_port: `-1`"],
        "csv_port_float.csv" => &["column src_port: `1.0`"],
        "csv_proto_name_unknown.csv" => &["column protocol: `sctpx`"],
        "csv_proto_256.csv" => &["column protocol: `256`"],
        "csv_ip_leading_zero.csv" => &["`010.0.0.1` has a leading zero"],
        "csv_ip_zone.csv" => &["zone id"],
        "csv_ip_mixed_family.csv" => &["families differ"],
        "csv_bad_utf8_id.csv" => &["line 2, column flow_id", "invalid UTF-8"],
        "csv_utf16.csv" => &["UTF-16"],
        "csv_line_10MB.csv" => &["line 2 longer than the limit"],
        other => panic!("{other} has no facts"),
    }
}
