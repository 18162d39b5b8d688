//! `diff --with`: what observed traffic says about changed regions.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use secgroup_tests::program::workspace;
use serde_json::{Value, json};

use super::program::{FLEET, anywhere, configuration, parsed, rule, run};

/// Compares two files of a folder with what was seen.
fn compare(folder: &Path, names: [&str; 2], with: &[&str]) -> (i32, Value, String) {
    let path = |name: &str| {
        let inside = folder.join(name);
        let path = if inside.exists() { inside } else { name.into() };
        path.display().to_string()
    };
    let (old, new) = (path(names[0]), path(names[1]));
    let mut arguments = vec!["diff", &old, &new, "-q", "--format", "json"];
    for one in with {
        arguments.extend(["--with", one]);
    }
    let (code, text, errors) = run(&arguments);
    let document = if text.is_empty() {
        Value::Null
    } else {
        parsed(&text)
    };
    (code, document, errors)
}

/// Adds up a field over some values.
fn sum(values: &Value, field: &str) -> u64 {
    let values = values.as_object().unwrap().values();
    values.map(|one| one[field].as_u64().unwrap()).sum()
}

#[test]
fn regions_are_ranked_by_what_was_seen_in_them_and_silent_ones_stand_apart() {
    let folder = tempfile::tempdir().unwrap();
    let rules = |ports: &[&str]| -> Value {
        let rule = |ports: &&str| rule(&format!("r-{}", &ports[..2]), ports, &anywhere());
        ports.iter().map(rule).collect()
    };
    configuration(folder.path(), "old.json", &rules(&["22/22", "80/80"]));
    configuration(folder.path(), "new.json", &rules(&["22/22", "90/91"]));
    let flows = folder.path().join("flows.csv");
    // Two to 80, which closes; three to 22, which stays; one from 10.0.0.1,
    // whose egress stays; none to 90 and 91, which open.
    let mut text = "src_ip,dst_ip,protocol,src_port,dst_port,packets,bytes\n".to_owned();
    for (port, packets) in [(80, 3), (80, 4), (22, 5), (22, 1), (22, 1)] {
        writeln!(
            text,
            "203.0.113.7,10.0.0.1,tcp,50000,{port},{packets},{packets}00"
        )
        .unwrap();
    }
    text.push_str("10.0.0.1,203.0.113.7,tcp,50000,443,9,900\n");
    fs::write(&flows, &text).unwrap();
    let names = ["old.json", "new.json"];
    let file = flows.display().to_string();
    let (code, document, _) = compare(folder.path(), names, &[&file]);
    assert_eq!(code, 1, "flows change, so the answer is as without traffic");
    let (seen, silent) = (&document["changes"], &document["silent"]);
    assert_eq!(seen.as_array().unwrap().len(), 1, "{document}");
    assert_eq!(seen[0]["flows"]["dst_port"], json!(["80"]));
    let count = &seen[0]["seen"];
    assert_eq!(
        [&count["flows"], &count["packets"], &count["bytes"]],
        [&json!(2), &json!(7), &json!(700)]
    );
    assert_eq!(count["changed_flows"], 2);
    assert_eq!(count["example"]["dst_port"], 80);
    assert_eq!(silent.as_array().unwrap().len(), 1, "{document}");
    assert_eq!(silent[0]["flows"]["dst_port"], json!(["90-91"]));
    assert_eq!(document["traffic"]["outside"]["packets"], 16);

    // One flow to 90 does not outweigh two to 80; three do.
    for (more, first) in [(1, "80"), (2, "90-91")] {
        for _ in 0..more {
            text.push_str("203.0.113.8,10.0.0.1,tcp,50000,90,1,60\n");
        }
        fs::write(&flows, &text).unwrap();
        let (_, document, _) = compare(folder.path(), names, &[&file]);
        let changes = document["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0]["flows"]["dst_port"], json!([first]));
        assert_eq!(document["silent"], json!([]));
    }
    // A directory stands for what is in it.
    let inputs = folder.path().join("inputs");
    fs::create_dir(&inputs).unwrap();
    fs::copy(&flows, inputs.join("flows.csv")).unwrap();
    let of_file = compare(folder.path(), names, &[&file]).1;
    let of_directory = compare(folder.path(), names, &[inputs.to_str().unwrap()]).1;
    assert_eq!(of_directory, of_file);
    let paths = names.map(|name| folder.path().join(name).display().to_string());
    let (_, text, _) = run(&["diff", &paths[0], &paths[1], "-q", "--with", &file]);
    for words in [
        "  seen     3 flows, 3 packets, 180 B; all change from end to end; one is tcp \
         203.0.113.8 -> 10.0.0.1 port 90",
        "traffic in 2, none in 0",
        "  outside   4 flows, 16 packets, 1.56 KiB",
        "  evaluated 9 flows, 26 packets, 2.42 KiB",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// Changes the demo fleet: HTTP closes, the databases open, one host leaves.
fn changed_fleet(folder: &Path) {
    let text = fs::read_to_string(workspace().join(FLEET)).unwrap();
    let text = text.replace("\"80/80\"", "\"81/81\"");
    let text = text.replace("\"10.10.2.0/24\"", "\"10.10.4.0/24\"");
    fs::write(folder.join("new.json"), text).unwrap();
}

/// Writes a configuration in which every fifth rule does the opposite.
fn flip_rules(from: &str, to: &str) {
    let mut document = parsed(&fs::read_to_string(from).unwrap());
    let groups = document["SecurityGroups"]["SecurityGroup"].as_array_mut();
    for group in groups.unwrap() {
        let rules = group["Permissions"]["Permission"].as_array_mut().unwrap();
        for rule in rules.iter_mut().step_by(5) {
            let drops = rule["Policy"]
                .as_str()
                .unwrap()
                .eq_ignore_ascii_case("drop");
            rule["Policy"] = json!(if drops { "Accept" } else { "Drop" });
        }
    }
    fs::write(to, document.to_string()).unwrap();
}

#[test]
fn traffic_in_and_outside_of_regions_is_all_that_replay_judges() {
    let folder = tempfile::tempdir().unwrap();
    changed_fleet(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (new, old_generated, new_generated) = (path("new.json"), path("a.json"), path("b.json"));
    let (flows, summary) = (path("generated.csv"), path("summary.json"));
    let sizes = "--interfaces 30 --sets 8 --rules 60 --rows 20000";
    let generate = [
        "gen",
        "flows",
        "--seed",
        "7",
        "--config",
        &old_generated,
        "--output",
        &flows,
    ];
    let (code, _, errors) = run(&[&generate[..], &sizes.split(' ').collect::<Vec<_>>()].concat());
    assert_eq!(code, 0, "{errors}");
    flip_rules(&old_generated, &new_generated);
    for (old, new, input, mode) in [
        (FLEET, new.as_str(), "data/demo/flows.csv", "packets"),
        (FLEET, &new, "data/demo/traffic.pcap", "packets"),
        (FLEET, &new, "data/demo/traffic.pcap", "sessions"),
        (&old_generated, &new_generated, &flows, "packets"),
    ] {
        let given = ["replay", "-q", "--config", old, input, "--against", new];
        let replay = [&given[..], &["--mode", mode, "--summary", &summary]].concat();
        assert_eq!(run(&replay).0, 0);
        let summary = parsed(&fs::read_to_string(&summary).unwrap());
        let common = ["diff", old, new, "-q", "--format", "json", "--mode", mode];
        let (_, text, _) = run(&[&common[..], &["--with", input]].concat());
        let (_, one_thread, _) = run(&[&common[..], &["--with", input, "--threads", "1"]].concat());
        assert_eq!(text, one_thread);
        let document = parsed(&text);
        let traffic = &document["traffic"];
        let evaluated = &traffic["evaluated"];
        assert_eq!(evaluated["flows"], summary["flows"], "{input} {mode}");
        for field in ["flows", "packets", "bytes"] {
            let wanted = sum(&summary["traffic"], field);
            assert_eq!(evaluated[field], wanted, "{input} {mode} {field}");
            let parts = ["inside", "outside", "apart"];
            let parts = parts.map(|part| traffic[part][field].as_u64().unwrap());
            assert_eq!(parts.iter().sum::<u64>(), wanted, "{input} {mode} {field}");
        }
        assert!(traffic["inside"]["flows"].as_u64().unwrap() > 0, "{input}");
        assert!(traffic["outside"]["flows"].as_u64().unwrap() > 0, "{input}");
        // What changes from end to end is in a region: by each record judged
        // twice, which knows of no region.
        if mode == "packets" {
            let differs = summary["against"]["differs"]["flows"].as_u64().unwrap();
            let inside = traffic["inside"]["changed_flows"].as_u64().unwrap();
            let apart = traffic["apart"]["changed_flows"].as_u64().unwrap();
            assert_eq!(inside + apart, differs, "{input}");
            assert!(differs > 0, "{input}");
        }
        assert_eq!(traffic["outside"]["changed_flows"], 0, "{input} {mode}");
    }
}

#[test]
fn traffic_that_cannot_be_read_is_no_silence_3() {
    let folder = tempfile::tempdir().unwrap();
    changed_fleet(folder.path());
    let names = [FLEET, "new.json"];
    let header = "src_ip,dst_ip,protocol,src_port,dst_port\n";
    let path = folder.path().join("bad.csv");
    let file = path.display().to_string();
    fs::write(&path, format!("{header}10.0.0.1,nobody,tcp,1,2\n")).unwrap();
    let (code, document, errors) = compare(folder.path(), names, &[&file]);
    assert_eq!((code, document), (3, Value::Null));
    assert!(
        errors.contains("bad.csv") && errors.contains("nobody"),
        "{errors}"
    );
    fs::write(
        &path,
        format!("{header}203.0.113.9,10.10.1.11,tcp,1,80\nx,y,tcp,1,2\n"),
    )
    .unwrap();
    let (code, document, _) = compare(folder.path(), names, &[&file]);
    assert_eq!(code, 4, "what came before the damage counts");
    assert_eq!(document["traffic"]["evaluated"]["flows"], 1);
    let (code, _, errors) = run(&["diff", FLEET, FLEET, "--mode", "packets"]);
    assert_eq!(code, 2, "{errors}");
    assert!(errors.contains("--with"), "{errors}");
    let (code, _, errors) = run(&["diff", FLEET, "-", "--with", "-", "-q"]);
    assert_eq!(code, 2);
    assert!(errors.contains("can be read once only"), "{errors}");
}
