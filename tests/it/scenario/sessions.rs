//! Sessions as a user asks for them: options, files, exit codes.

use serde_json::{Value, json};

use super::run::{DEMO, Folder, Run};

/// The demo's fleet without the rule that lets HTTPS in.
fn without_https(folder: &Folder) -> String {
    let text = std::fs::read_to_string(super::run::demo("fleet.json")).unwrap();
    let mut fleet: Value = serde_json::from_str(&text).unwrap();
    remove(&mut fleet, "sgr-web-https");
    folder.file("changed.json", fleet.to_string())
}

/// Removes a rule, wherever it is.
fn remove(value: &mut Value, id: &str) {
    match value {
        Value::Array(list) => {
            list.retain(|one| one["SecurityGroupRuleId"] != id);
            list.iter_mut().for_each(|one| remove(one, id));
        }
        Value::Object(fields) => fields.values_mut().for_each(|one| remove(one, id)),
        _ => {}
    }
}

#[test]
fn captures_are_replayed_by_session_and_flow_lists_record_by_record() {
    let line = format!("replay {DEMO} data/demo/traffic.pcap --format json");
    let by_default = Run::of(&line).exits(0).json();
    let sessions = Run::of(&format!("{line} --mode sessions")).exits(0).json();
    let packets = Run::of(&format!("{line} --mode packets")).exits(0).json();
    assert_eq!(by_default["verdicts"], sessions["verdicts"]);
    assert_eq!(by_default["flows"], 696);
    assert_eq!(packets["flows"], 2163);
    assert_eq!(packets["sessions"], Value::Null);
    assert_eq!(packets["session"]["packets"], 0);
    // What sessions let pass is not attributed to rules.
    assert_eq!(by_default["session"]["packets"], 1425);
    let line = format!("replay {DEMO} data/demo/flows.csv --format json");
    let flows = Run::of(&line).exits(0).json();
    assert_eq!(flows["flows"], flows["evaluated"]);
    assert_eq!(flows["sessions"], Value::Null);
}

#[test]
fn a_row_of_several_packets_goes_by_its_ports_and_one_of_a_packet_by_its_flags_6_5_3() {
    let folder = Folder::new();
    // SYN, ACK, PSH and FIN: of a whole session, or, without the last two, of the
    // packet that answers the first one.
    for (packets, flags, sender) in [(8, 27, "203.0.113.9"), (1, 18, "10.10.1.11")] {
        let list = format!(
            "src_ip,src_port,dst_ip,dst_port,protocol,packets,bytes,tcp_flags\n\
             203.0.113.9,39084,10.10.1.11,443,6,{packets},2752,{flags}\n"
        );
        let list = folder.file("list.csv", list);
        let line = format!("replay {DEMO} {list} --mode sessions --format csv");
        let rows = Run::of(&line).exits(0).out;
        let row = rows.lines().nth(1).unwrap();
        assert_eq!(row.split(',').nth(2), Some(sender), "{row}");
    }
}

#[test]
fn windows_after_a_session_expired_or_to_be_guessed_about_are_as_packets_3_8_4() {
    let folder = Folder::new();
    // A session until second 60, and what its answering end sends 911 s later.
    let line = |direction: &str, ends: [&str; 4], flags: u8, start: u64| {
        let [from, from_port, to, to_port] = ends;
        format!(
            r#"{{"protocol":"6","srcaddr":"{from}","srcport":"{from_port}","dstaddr":"{to}","dstport":"{to_port}","direction":"{direction}","packets":"4","bytes":"400","start":"{start}","end":"{}","tcp-flags":"{flags}","log-status":"OK"}}"#,
            start + 60
        )
    };
    let asked = line(
        "in",
        ["203.0.113.9", "40000", "10.10.1.11", "443"],
        27,
        1_772_445_600,
    );
    let answer = |start| {
        line(
            "out",
            ["10.10.1.11", "443", "203.0.113.9", "40000"],
            24,
            start,
        )
    };
    let replayed = |log: String, rest: &str| {
        let log = folder.file("log.jsonl", log);
        let line = format!("replay {DEMO} {log} --mode sessions --format json{rest}");
        Run::of(&line).exits(0).json()
    };
    for (start, flows) in [(1_772_446_570, 1), (1_772_446_571, 2)] {
        let log = format!("{asked}\n{}\n", answer(start));
        assert_eq!(replayed(log, "")["flows"], flows, "{start}");
    }
    // Nothing but ports tells who opened the session of an answer alone.
    let alone = format!("{}\n", answer(1_772_445_600));
    let inferred = replayed(alone.clone(), "");
    assert_eq!(inferred["sessions"]["inferred"], 1);
    let skipped = replayed(alone, " --set conntrack.midstream=skip");
    assert_eq!(
        (&skipped["evaluated"], &skipped["skipped"]),
        (&json!(0), &json!(1))
    );
}

#[test]
fn the_summary_adds_up_by_verdict_and_by_what_decided() {
    let folder = Folder::new();
    let changed = without_https(&folder);
    for options in [
        "",
        "--mode packets",
        "--max-sessions 50",
        &format!("--config-at 2026-03-02T09:05:00Z={changed}"),
    ] {
        let line = format!("replay {DEMO} data/demo/traffic.pcap --format json {options}");
        let summary = Run::of(&line).exits(0).json();
        let number = |value: &Value| value.as_u64().unwrap();
        for field in ["packets", "bytes"] {
            let of = |count: &Value| number(&count[field]);
            let all = |list: &Value| -> u64 { list.as_array().unwrap().iter().map(of).sum() };
            let deciders = all(&summary["rules"])
                + all(&summary["defaults"])
                + all(&summary["intra_group"])
                + of(&summary["platform"])
                + of(&summary["session"]);
            let judged = &summary["judged"];
            assert_eq!(
                deciders,
                of(&judged["egress"]) + of(&judged["ingress"]) - of(&judged["both_ends_alike"]),
                "{field} {options}"
            );
        }
        let traffic = |verdict: &str, field: &str| number(&summary["traffic"][verdict][field]);
        let sum = |field| -> u64 {
            ["accept", "drop", "outside"]
                .iter()
                .map(|verdict| traffic(verdict, field))
                .sum()
        };
        assert_eq!(sum("packets"), number(&summary["evaluated"]), "{options}");
        assert_eq!(sum("flows"), number(&summary["flows"]), "{options}");
    }
}

#[test]
fn rows_add_up_to_the_summary() {
    let folder = Folder::new();
    let rows = folder.name("r.csv");
    let line = format!("replay {DEMO} data/demo/traffic.pcap --format json --flows {rows}");
    let summary = Run::of(&line).exits(0).json();
    let text = folder.text("r.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|own| own == name).unwrap();
    let (packets, bytes, flow) = (column("packets"), column("bytes"), column("flow_id"));
    let (mut sums, mut last, mut count) = ((0, 0), 0, 0_u64);
    for row in reader.records() {
        let row = row.unwrap();
        let number = |at: usize| row[at].parse::<u64>().unwrap();
        sums = (sums.0 + number(packets), sums.1 + number(bytes));
        // In the order of the packets that began them.
        assert!(number(flow) > last);
        last = number(flow);
        count += 1;
        assert!(row[column("first_seen")] <= row[column("last_seen")]);
    }
    let traffic = &summary["traffic"];
    let sum = |field: &str| -> u64 {
        let verdicts = ["accept", "drop", "outside"].iter();
        verdicts
            .map(|verdict| traffic[verdict][field].as_u64().unwrap())
            .sum()
    };
    assert_eq!(sums, (sum("packets"), sum("bytes")));
    assert_eq!(count, summary["flows"].as_u64().unwrap());
}

#[test]
fn a_configuration_in_force_from_a_time_on_judges_what_comes_then() {
    let folder = Folder::new();
    let changed = without_https(&folder);
    let https = |options: &str| {
        let line = format!("replay {DEMO} data/demo/traffic.pcap --format json {options}");
        let summary = Run::of(&line).exits(0).json();
        let rules = summary["rules"].as_array().unwrap().clone();
        let rule = rules.iter().find(|rule| rule["rule"] == "sgr-web-https");
        rule.unwrap()["flows"].as_u64().unwrap()
    };
    let whole = https("");
    let half = https(&format!("--config-at 2026-03-02T09:05:00Z={changed}"));
    let seconds = https(&format!("--config-at 1772442300={changed}"));
    assert!(0 < half && half < whole, "{half} of {whole}");
    assert_eq!(half, seconds);
    let delayed = https(&format!(
        "--set apply_delay=60 --config-at 2026-03-02T09:04:00Z={changed}"
    ));
    assert_eq!(half, delayed);
}

#[test]
fn a_second_configuration_shows_what_it_judges_differently() {
    let folder = Folder::new();
    let changed = without_https(&folder);
    for mode in ["", "--mode packets"] {
        // The rows under each configuration tell the same.
        let rows = |config: &str| -> Vec<(String, String)> {
            let line =
                format!("replay -q --config {config} data/demo/traffic.pcap {mode} --flows -");
            let text = Run::of(&line).exits(0).out;
            let rows = text.lines().skip(1).map(|row| {
                let fields: Vec<&str> = row.split(',').collect();
                (fields[0].to_owned(), fields[7].to_owned())
            });
            rows.collect()
        };
        let then = rows(&changed);
        let differs = |(id, verdict): &(String, String)| {
            then.iter()
                .any(|(other, new)| other == id && new != verdict)
        };
        let now = rows("data/demo/fleet.json");
        let flows = now.iter().filter(|row| differs(row)).count() as u64;
        assert!(flows > 50, "{flows}");
        let line = format!(
            "replay {DEMO} data/demo/traffic.pcap {mode} --against {changed} --format json"
        );
        let summary = Run::of(&line).exits(0).json();
        let against = &summary["against"];
        assert_eq!(against["records"], summary["evaluated"]);
        let pairs = against["pairs"].as_array().unwrap();
        let from = |pair: &Value| pair["from"]["reason"].clone();
        assert!(
            pairs
                .iter()
                .all(|pair| from(pair) == json!("sgr-web-https"))
        );
        let sum =
            |field: &str| -> u64 { pairs.iter().map(|pair| pair[field].as_u64().unwrap()).sum() };
        assert_eq!(sum("flows"), flows, "{mode}");
        assert_eq!(against["differs"]["flows"], sum("flows"));
        assert_eq!(against["differs"]["packets"], sum("packets"));
        let to = &pairs[0]["to"];
        assert_eq!(
            (&to["verdict"], &to["by"]),
            (&json!("drop"), &json!("default"))
        );
    }
    let line = format!("replay {DEMO} data/demo/traffic.pcap --against");
    let changed_exit = Run::of(&format!("{line} {changed} --fail-on change")).exits(1);
    assert!(
        changed_exit
            .out
            .contains("Judged differently under --against")
    );
    let same = Run::of(&format!("{line} data/demo/fleet.json --fail-on change")).exits(0);
    assert!(
        same.out.contains("nothing is judged differently"),
        "{}",
        same.out
    );
}

#[test]
fn what_cannot_be_asked_about_sessions_is_refused_with_what_can() {
    for (options, words) in [
        ("--max-sessions 0", "a number from 1 to"),
        ("--config-at yesterday=x.json", "TIME as RFC 3339"),
        ("--config-at 1772442300", "expected TIME=PATH"),
        ("--fail-on change", "--against names the configuration"),
        ("--set conntrack.udp=0", "seconds from 1 to 65535"),
        ("--set conntrack.midstream=guess", "infer_initiator"),
    ] {
        let line = format!("replay {DEMO} data/demo/traffic.pcap {options}");
        Run::of(&line).exits(2).complains(words);
    }
    let line = format!("replay {DEMO} data/demo/traffic.pcap --against gone.json");
    Run::of(&line).exits(3).complains("gone.json");
}
