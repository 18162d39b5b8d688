//! Broken, hostile and odd files: right answer, right words, little time and
//! memory. The files lie in the shared material; without it nothing is tested.
//!
//! Memory is the peak resident set (`VmHWM`) that the kernel shows while the
//! program runs, read every millisecond; growth in the last one is missed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::scenario::run::Folder;
use secgroup_tests::program::{program, shared};

/// How many files there are.
const FILES: usize = 169;

/// The promise is 2 s in a release build; a debug build has five times that.
const TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 2 });

/// The promise about memory, in KiB.
const MEMORY: u64 = 256 * 1024;

/// What became of one file.
struct Outcome {
    code: Option<i32>,
    /// Rows or answer, summary and messages.
    said: String,
    /// Standard error alone.
    err: String,
    time: Duration,
    /// Peak resident memory in KiB, 0 where the kernel does not show it.
    memory: u64,
}

#[test]
fn every_abuse_file_gets_its_answer_in_time_and_memory() {
    let Some(folder) = shared("data/abuse") else {
        return;
    };
    let expected = fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut wrong = Vec::new();
    let (mut tested, mut slowest, mut largest) = (0, Duration::ZERO, 0);
    for line in expected.lines().skip(1) {
        let mut fields = line.split('\t');
        let (name, want) = (fields.next().unwrap(), fields.nth(1).unwrap());
        let outcome = run(&folder, name);
        wrong.extend(verdict(name, want, &outcome));
        tested += 1;
        slowest = slowest.max(outcome.time);
        largest = largest.max(outcome.memory);
    }
    println!("{tested} files; slowest {slowest:?}, largest {largest} KiB");
    assert_eq!((tested, FACTS.len()), (FILES, FILES));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Says what is wrong with an outcome.
fn verdict(name: &str, want: &str, outcome: &Outcome) -> Vec<String> {
    let codes: &[i32] = match want {
        "ok" | "warn" => &[0, 1],
        "partial" => &[4],
        "bad" | "refuse" => &[3],
        other => unreachable!("expected.tsv wants `{other}`"),
    };
    let mut wrong = Vec::new();
    if !outcome.code.is_some_and(|code| codes.contains(&code)) {
        wrong.push(format!("{name}: {want}, but exit {:?}", outcome.code));
    }
    // Nothing to complain about is said by silence.
    if (want == "ok") != outcome.err.is_empty() {
        wrong.push(format!("{name}: {want}, but said {:?}", outcome.err));
    }
    if outcome
        .err
        .chars()
        .any(|letter| letter.is_control() && letter != '\n')
    {
        wrong.push(format!("{name}: control characters in {:?}", outcome.err));
    }
    if outcome.time > TIME || outcome.memory > MEMORY {
        wrong.push(format!(
            "{name}: {:?}, {} KiB",
            outcome.time, outcome.memory
        ));
    }
    let facts = FACTS.iter().find(|(file, _)| *file == name);
    let said = outcome.said.to_lowercase();
    for fact in facts.map_or(&[][..], |(_, facts)| facts) {
        if !said.contains(&fact.to_lowercase()) {
            wrong.push(format!("{name}: `{fact}` is not in {:.2000}", outcome.said));
        }
    }
    if facts.is_none() {
        wrong.push(format!("{name}: no facts are known"));
    }
    wrong
}

/// Runs the program on one file.
fn run(folder: &Path, name: &str) -> Outcome {
    let results = Folder::new();
    let results_file = |name: &str| File::create(results.path().join(name)).expect("a file");
    let mut command = Command::new(program());
    if name.starts_with("cfg_") {
        command.args(["check", "--from", "203.0.113.9", "--to", "10.0.0.1"]);
        command.args(["--protocol", "tcp", "--port", "80", "--config"]);
    } else {
        // The first case of configurations is a small valid one.
        command.args([
            "replay",
            "--format",
            "csv",
            "--summary",
            "summary",
            "--config",
        ]);
        command.arg(folder.join("cfg_ok.json"));
    }
    command.arg(folder.join(name)).current_dir(results.path());
    command
        .stdin(Stdio::null())
        .stdout(results_file("out"))
        .stderr(results_file("err"));
    let child = command.spawn().expect("the program starts");
    let (code, time, memory) = watch(child, TIME);
    let err = results.text("err");
    let mut said = results.text("out") + &err;
    if results.names().iter().any(|file| file == "summary") {
        said += &results.text("summary");
    }
    Outcome {
        code,
        said,
        err,
        time,
        memory,
    }
}

/// Measures a program until it ends, and kills it when it takes too long;
/// returns its exit code, its time, and its peak memory in KiB.
pub(crate) fn watch(mut child: Child, limit: Duration) -> (Option<i32>, Duration, u64) {
    let start = Instant::now();
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    loop {
        if let Some(ended) = child.try_wait().expect("it can be waited for") {
            return (ended.code(), start.elapsed(), memory);
        }
        if start.elapsed() > limit {
            child.kill().expect("it can be killed");
        }
        let peak = fs::read_to_string(&status).unwrap_or_default();
        let peak = peak.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.split_whitespace().next()?.parse().ok());
        memory = memory.max(peak.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What must be said about each file, in any case of letters: the facts of the
/// column `must_say`, found in rows, summary, answer or messages.
const FACTS: [(&str, &[&str]); FILES] = [
    ("cap_empty.pcap", &["empty file"]),
    ("cap_4bytes.pcap", &["file header", "4 of 24 bytes"]),
    ("cap_23bytes.pcap", &["file header", "23 of 24"]),
    ("cap_no_packets.pcap", &["\"records\": 0,"]),
    ("cap_bad_magic.pcap", &["not a capture", "de ad be ef"]),
    ("cap_text.pcap", &["not a capture", "looks like text/csv"]),
    ("cap_pdf_elf.pcap", &["not a capture"]),
    (
        "cap_le_us.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_be_us.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_le_ns.pcap",
        &["10.0.0.1,10.0.0.2,tcp,40000,80", ".999999999"],
    ),
    (
        "cap_be_ns.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_us_over_1e6.pcap",
        &["1500000", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_version_1_2.pcap", &["version 1.2"]),
    (
        "cap_version_2_99.pcap",
        &["version 2.99 read as 2.4", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_snap_zero.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_snap_huge.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_cap_gt_snap.pcap", &["capture length", "above snaplen"]),
    (
        "cap_cap_gt_len.pcap",
        &["captured length", "original length"],
    ),
    (
        "cap_cut_in_header.pcap",
        &["\"evaluated\": 1,", "truncated record header", "byte 94"],
    ),
    (
        "cap_cut_in_data.pcap",
        &["\"evaluated\": 1,", "truncated record"],
    ),
    ("cap_len_4gb.pcap", &["record length 4294967280"]),
    ("cap_len_256k_plus1.pcap", &["record length 262145"]),
    (
        "cap_zero_length_packet.pcap",
        &["too short", "\"evaluated\": 1,", "\n2,vpc-0,"],
    ),
    (
        "cap_snapped_14.pcap",
        &["1 packet skipped", "\"evaluated\": 1,"],
    ),
    (
        "cap_snapped_ip_no_l4.pcap",
        &["ports unknown", "\"evaluated\": 0,"],
    ),
    (
        "cap_snapped_2_port_bytes.pcap",
        &["ports unknown", "\"evaluated\": 0,"],
    ),
    ("cap_time_back.pcap", &["time goes back 1000 s at packet 2"]),
    ("cap_time_max.pcap", &["2106-02-07"]),
    (
        "cap_trailing_garbage.pcap",
        &["5 trailing bytes", "\"evaluated\": 1,"],
    ),
    (
        "cap_trailing_zeros_4k.pcap",
        &["256 empty records", "\"evaluated\": 1,"],
    ),
    (
        "cap_linktype_unknown.pcap",
        &["link type 147 (user0) not supported", "1 (ethernet)"],
    ),
    ("cap_linktype_80211.pcap", &["link type 105"]),
    (
        "cap_linktype_fcs.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_raw101.pcap",
        &[
            "\"evaluated\": 2,",
            "10.0.0.1,10.0.0.2,tcp,40000,80",
            "2001:db8::1,2001:db8::2,tcp,40000,80",
        ],
    ),
    (
        "cap_null_le.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_null_be_in_le_file.pcap",
        &["\"evaluated\": 2,", "2001:db8::1,2001:db8::2,tcp"],
    ),
    (
        "cap_sll.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_sll2.pcap", &["\"evaluated\": 1,"]),
    (
        "cap_vlan1.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_qinq.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_vlan_200.pcap", &["tag depth above limit"]),
    (
        "cap_vlan_cut.pcap",
        &["1 packet skipped", "\"evaluated\": 0,"],
    ),
    (
        "cap_ethertype_v6_nibble4.pcap",
        &["ethertype and ip version disagree"],
    ),
    ("cap_ihl_4.pcap", &["ipv4 header length"]),
    ("cap_ihl_15_cut.pcap", &["ipv4 options beyond packet"]),
    (
        "cap_totlen_0.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_totlen_gt_frame.pcap",
        &["length beyond frame", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_totlen_lt_ihl.pcap", &["malformed"]),
    (
        "cap_totlen_hides_ports.pcap",
        &["ports", "padding", "\"evaluated\": 0,"],
    ),
    (
        "cap_frag_first.pcap",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_frag_later.pcap", &["10.0.0.1,10.0.0.2,tcp,,,"]),
    ("cap_frag_tiny_offset1.pcap", &["rfc 1858", "1 packet:"]),
    ("cap_ip6_ext_chain.pcap", &["tcp,40000,80"]),
    ("cap_ip6_ext_1000.pcap", &["extension chain above limit"]),
    ("cap_ip6_ext_cut.pcap", &["extension header beyond packet"]),
    ("cap_ip6_frag_later.pcap", &["2001:db8::2,tcp,,,"]),
    ("cap_ip6_atomic_frag.pcap", &["tcp,40000,80"]),
    ("cap_ip6_nonext_59.pcap", &["2001:db8::2,59,,,"]),
    (
        "cap_ip6_jumbogram.pcap",
        &["\"evaluated\": 1,", "tcp,40000,80"],
    ),
    ("cap_port_zero.pcap", &["10.0.0.1,10.0.0.2,tcp,0,0,"]),
    ("cap_same_src_dst.pcap", &["10.0.0.1,10.0.0.1,tcp,40000,80"]),
    ("cap_special_addrs.pcap", &["\"evaluated\": 4,"]),
    (
        "cap_protocols_all.pcap",
        &["\"evaluated\": 256,", "\"skipped\": 0,"],
    ),
    (
        "cap_mixed_gz.pcap.gz",
        &["\"evaluated\": 10,", "\"compression\": \"gzip\""],
    ),
    ("cap_gz_cut.pcap.gz", &["gzip stream ends early"]),
    ("cap_gz_crc.pcap.gz", &["gzip checksum"]),
    ("cap_gz_bomb_152MB.pcap.gz", &["2000000 packets skipped"]),
    (
        "cap_gz_of_gz.pcap.gz",
        &["not a capture after decompression", "gzip inside gzip"],
    ),
    (
        "cap_ng_ok.pcapng",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_ng_be.pcapng",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    ("cap_ng_sections_le_be.pcapng", &["\"evaluated\": 2,"]),
    ("cap_ng_2if_linktypes.pcapng", &["\"evaluated\": 2,"]),
    (
        "cap_ng_no_idb.pcapng",
        &["packet for interface 0, none described"],
    ),
    ("cap_ng_if_99.pcapng", &["interface 99 of 1"]),
    ("cap_ng_spb.pcapng", &["\"evaluated\": 1,", ",1,54,,\n"]),
    (
        "cap_ng_unknown_block.pcapng",
        &["\"evaluated\": 1,", "\n1,vpc-0,"],
    ),
    ("cap_ng_len_mismatch.pcapng", &["block lengths disagree"]),
    ("cap_ng_len_0.pcapng", &["block length 0"]),
    (
        "cap_ng_len_unaligned.pcapng",
        &["block length 37 not a multiple of 4"],
    ),
    ("cap_ng_len_4gb.pcapng", &["block length 4294967292"]),
    (
        "cap_ng_cap_gt_block.pcapng",
        &["captured length", "beyond block"],
    ),
    ("cap_ng_tsresol_0.pcapng", &["1970-01-01T00:00:05Z"]),
    ("cap_ng_tsresol_2_127.pcapng", &["resolution 2^-127"]),
    (
        "cap_ng_tsoffset_min.pcapng",
        &["timestamp offset out of range"],
    ),
    ("cap_ng_option_overrun.pcapng", &["option beyond block"]),
    (
        "cap_ng_badutf8_ifname.pcapng",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "cap_ng_100k_interfaces.pcapng",
        &["\"evaluated\": 1,", "10.0.0.1,10.0.0.2,tcp,40000,80"],
    ),
    (
        "csv_ok.csv",
        &["\"evaluated\": 1,", "1.1.1.1,10.0.0.1,tcp,1,80"],
    ),
    ("csv_empty.csv", &["empty file"]),
    ("csv_header_only.csv", &["\"records\": 0,"]),
    (
        "csv_bom_crlf.csv",
        &["\"evaluated\": 1,", "1.1.1.1,10.0.0.1,tcp,1,80"],
    ),
    (
        "csv_no_final_newline.csv",
        &["\"evaluated\": 1,", "1.1.1.1,10.0.0.1,tcp,1,80"],
    ),
    (
        "csv_missing_column.csv",
        &["dst_ip", "missing", "found: flow_id, src_ip, protocol"],
    ),
    ("csv_dup_column.csv", &["column src_ip twice"]),
    (
        "csv_reordered_extra.csv",
        &["\"evaluated\": 1,", "1.1.1.1,10.0.0.1,tcp,1,80"],
    ),
    ("csv_ragged_short.csv", &["line 2", "6 fields, 7 expected"]),
    ("csv_ragged_long.csv", &["line 2", "8 fields"]),
    (
        "csv_quotes.csv",
        &["\"evaluated\": 1,", "1.1.1.1,10.0.0.1,tcp,1,80"],
    ),
    ("csv_open_quote.csv", &["line 2", "unclosed quote"]),
    ("csv_port_65536.csv", &["line 2", "dst_port", "65536"]),
    ("csv_port_negative.csv", &["line 2", "src_port", "-1"]),
    ("csv_port_float.csv", &["src_port", "1.0"]),
    ("csv_proto_name_unknown.csv", &["protocol", "sctpx"]),
    ("csv_proto_256.csv", &["protocol", "256"]),
    ("csv_ip_leading_zero.csv", &["010.0.0.1", "leading zero"]),
    ("csv_ip_v4_in_v6.csv", &["::ffff:1.1.1.1,::ffff:10.0.0.1"]),
    ("csv_ip_zone.csv", &["zone id"]),
    ("csv_ip_mixed_family.csv", &["families differ"]),
    ("csv_nul_byte.csv", &["\"evaluated\": 1,", "\0"]),
    (
        "csv_bad_utf8_id.csv",
        &["line 2", "flow_id", "invalid utf-8"],
    ),
    ("csv_utf16.csv", &["utf-16"]),
    ("csv_formula_id.csv", &["=cmd|' /C calc'!A0"]),
    ("csv_line_10MB.csv", &["line 2 longer than", "limit"]),
    ("cfg_ok.json", &["ACCEPT  tcp", "rule sgr-1 of sg-a"]),
    ("cfg_port_0.json", &["PortRange", "0/80"]),
    ("cfg_port_reversed.json", &["200/1"]),
    ("cfg_port_65536.json", &["1/65536"]),
    ("cfg_port_single.json", &["`80`", "write 80/80"]),
    ("cfg_port_minus_half.json", &["-1/80"]),
    ("cfg_port_icmp_80.json", &["ICMP needs -1/-1"]),
    ("cfg_port_spaces.json", &["` 80 / 80 `"]),
    ("cfg_proto_unknown.json", &["IpProtocol `sctp`"]),
    (
        "cfg_proto_case.json",
        &["ACCEPT  tcp", "rule sgr-1 of sg-a"],
    ),
    ("cfg_priority_0.json", &["priority 0", "1..100"]),
    (
        "cfg_priority_101.json",
        &["priority 101", "legacy priority"],
    ),
    (
        "cfg_priority_text.json",
        &["ACCEPT  tcp", "rule sgr-1 of sg-a"],
    ),
    ("cfg_priority_float.json", &["1.5"]),
    ("cfg_priority_100_0.json", &["100.0", "not an integer"]),
    (
        "cfg_cidr_host_bits.json",
        &["10.0.0.1/8 has host bits", "used as 10.0.0.0/8"],
    ),
    ("cfg_cidr_33.json", &["prefix length 33"]),
    ("cfg_cidr_neg.json", &["prefix length -1"]),
    ("cfg_cidr_mask.json", &["10.0.0.0/255.0.0.0"]),
    ("cfg_cidr_short.json", &["10.0/16"]),
    ("cfg_cidr_lead0.json", &["010.0.0.0/8"]),
    (
        "cfg_cidr_v6_in_v4_field.json",
        &["SourceCidrIp holds an IPv6 block"],
    ),
    (
        "cfg_cidr_v4_in_v6_field.json",
        &["Ipv6SourceCidrIp holds IPv4"],
    ),
    (
        "cfg_no_peer.json",
        &[
            "SourceCidrIp",
            "Ipv6SourceCidrIp",
            "SourceGroupId",
            "SourcePrefixListId",
        ],
    ),
    ("cfg_dangling_group.json", &["sg-gone", "not defined"]),
    ("cfg_dangling_pl.json", &["pl-gone", "not defined"]),
    (
        "cfg_policy_allow.json",
        &["Policy `Allow`", "accept", "drop"],
    ),
    ("cfg_unknown_field.json", &["field Foo ignored"]),
    (
        "cfg_field_typo.json",
        &["SourceCidrIP", "did you mean SourceCidrIp"],
    ),
    ("cfg_proto_missing.json", &["IpProtocol is missing"]),
    ("cfg_dup_rule_id.json", &["sgr-1", "twice"]),
    ("cfg_dup_rule_same.json", &["sgr-2", "repeats", "sgr-1"]),
    ("cfg_dup_group.json", &["sg-a", "twice"]),
    (
        "cfg_dup_json_key.json",
        &["key", "SecurityGroups", "twice", ":1:"],
    ),
    ("cfg_mixed_types.json", &["InvalidOperation.MultiGroupType"]),
    ("cfg_eni_dup_ip.json", &["10.0.0.1", "eni-1", "eni-2"]),
    ("cfg_rules_201.json", &["201 rules", "200"]),
    ("cfg_empty_object.json", &["no SecurityGroups"]),
    ("cfg_array_root.json", &["no SecurityGroups"]),
    ("cfg_trailing_comma.json", &["trailing comma", ":1:2"]),
    ("cfg_trailing_garbage.json", &["trailing characters"]),
    ("cfg_truncated.json", &["ends early"]),
    ("cfg_nan.json", &["NaN is not JSON"]),
    ("cfg_huge_number.json", &["Priority", "out of range"]),
    ("cfg_deep_100k.json", &["nesting deeper than 128"]),
    ("cfg_bom_crlf.json", &["ACCEPT  tcp", "rule sgr-1 of sg-a"]),
    ("cfg_utf16.json", &["utf-16"]),
    ("cfg_bad_utf8.json", &["invalid UTF-8 at byte"]),
    ("cfg_lone_surrogate.json", &["lone surrogate"]),
    ("cfg_control_in_id.json", &["\\u{1b}"]),
    ("cfg_id_huge.json", &["longer than 100"]),
    ("cfg_path_id.json", &["../../etc/passwd", "ids consist of"]),
    ("cfg_pl_cycle.json", &["entry without Cidr", "do not nest"]),
    ("cfg_pl_201.json", &["201 entries", "limit is 200"]),
    ("cfg_pl_mixed_family.json", &["::/0", "IPv4"]),
    ("cfg_yaml_bomb.yaml", &["aliases"]),
];
