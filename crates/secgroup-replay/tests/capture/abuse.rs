//! The hostile captures of the shared folder: class and facts of each.

use secgroup_replay::capture::CaptureFormat;
use secgroup_replay::input::{Format, Input};

use crate::outcome::{Outcome, shared};

/// Rows whose `must_say` compares with another file or describes the inside:
/// the facts to look for instead.
const FACTS: &[(&str, &str)] = &[
    ("cap_be_us.pcap", "1 packets; ports 40000,80"),
    ("cap_le_ns.pcap", ".999999999"),
    ("cap_be_ns.pcap", "ports 40000,80"),
    ("cap_us_over_1e6.pcap", "microseconds 1500000 >= 1000000"),
    ("cap_snap_zero.pcap", "1 packets; ports 40000,80"),
    ("cap_snapped_ip_no_l4.pcap", "1 undecodable; ports unknown"),
    ("cap_trailing_zeros_4k.pcap", "1 packets; 256 empty records"),
    (
        "cap_linktype_unknown.pcap",
        "link type 147 (USER0) not supported; supported 1 (ETHERNET) 276 (LINUX_SLL2)",
    ),
    ("cap_linktype_fcs.pcap", "ports 40000,80"),
    (
        "cap_null_be_in_le_file.pcap",
        "2 packets; 10.0.0.1; 2001 db8 ports 40000,80",
    ),
    ("cap_vlan1.pcap", "ports 40000,80"),
    ("cap_qinq.pcap", "ports 40000,80"),
    ("cap_totlen_0.pcap", "ports 40000,80"),
    ("cap_totlen_hides_ports.pcap", "ports unknown padding"),
    ("cap_frag_later.pcap", "later no ports"),
    ("cap_ip6_ext_chain.pcap", "protocol 6 ports 40000,80"),
    ("cap_ip6_atomic_frag.pcap", "whole ports 40000,80"),
    ("cap_ip6_jumbogram.pcap", "ports 40000,80"),
    ("cap_port_zero.pcap", "ports 0,0"),
    ("cap_same_src_dst.pcap", "1 evaluated"),
    (
        "cap_protocols_all.pcap",
        "256 packets, 256 evaluated; 0 undecodable",
    ),
    ("cap_mixed_gz.pcap.gz", "10 packets"),
    ("cap_gz_bomb_152MB.pcap.gz", "2000000 undecodable"),
    (
        "cap_ng_sections_le_be.pcapng",
        "2 packets; packet 2 2001-09-09 ports 40000,80",
    ),
    ("cap_ng_2if_linktypes.pcapng", "2 packets, 2 evaluated"),
    ("cap_ng_unknown_block.pcapng", "packet 1 1 packets"),
    ("cap_ng_tsresol_0.pcapng", "00 00 05z"),
    ("cap_ng_badutf8_ifname.pcapng", "1 packets"),
    ("cap_ng_100k_interfaces.pcapng", "1 packets"),
];

/// Words of `must_say` that are grammar, not facts.
const GRAMMAR: &[&str] = &["and", "the", "not", "must", "be"];

#[test]
fn every_hostile_capture_gets_its_class_and_its_facts() {
    let Some(folder) = shared("abuse") else {
        return;
    };
    let expected = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in expected.lines().filter(|line| line.starts_with("cap_")) {
        let mut columns = line.split('\t');
        let (file, _, want) = (
            columns.next().unwrap(),
            columns.next(),
            columns.next().unwrap(),
        );
        let must_say = columns.next().unwrap();
        rows += 1;
        let path = folder.join(file);
        // Text is an input of its own; only asked for as a capture it is none.
        let format = (file == "cap_text.pcap").then_some(Format::Capture(CaptureFormat::Pcap));
        let outcome = Outcome::of_input(Input::open(&path, format));
        if outcome.class() != want {
            wrong.push(format!(
                "{file}: {} instead of {want}: {}",
                outcome.class(),
                outcome.report()
            ));
        }
        let facts = FACTS
            .iter()
            .find(|(name, _)| *name == file)
            .map_or(must_say, |(_, facts)| facts);
        let report = outcome.report();
        for fact in missing(facts, &report) {
            wrong.push(format!("{file}: no `{fact}` of `{facts}` in:\n{report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(rows, 87);
}

/// Returns the words and numbers of `facts` that `report` does not contain.
fn missing<'a>(facts: &'a str, report: &str) -> Vec<&'a str> {
    facts
        .split(|letter: char| !letter.is_alphanumeric() && !".-^,>=".contains(letter))
        .map(|word| word.trim_matches(['.', ',']))
        .filter(|word| !word.is_empty() && !GRAMMAR.contains(word))
        .filter(|word| !report.contains(word.to_lowercase().trim_end_matches('s')))
        .collect()
}
