//! `secgroup apply`: calls from a file, and what they change.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::run::Run;

const DEMO: &str = "data/demo/fleet.json";

fn run(arguments: &[&str]) -> Run {
    Run::of(&arguments.join(" "))
}

/// Writes a file of calls and applies it to the demo fleet.
fn apply(folder: &Path, calls: &str, more: &[&str]) -> Run {
    let file = folder.join("calls.txt");
    fs::write(&file, calls).unwrap();
    let mut arguments = vec!["apply", "--config", DEMO, file.to_str().unwrap()];
    arguments.extend(more);
    run(&arguments)
}

fn lines(run: &Run) -> Vec<Value> {
    let lines = run.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A rule that keeps the demo's visitors away from the web servers.
const CLOSE: &str = r#"{"Action":"AuthorizeSecurityGroup","RegionId":"cn-hangzhou","SecurityGroupId":"sg-web","IpProtocol":"TCP","PortRange":"443/443","SourceCidrIp":"203.0.113.0/24","Policy":"drop","Priority":1}"#;

#[test]
fn later_calls_use_what_earlier_ones_returned() {
    let folder = tempfile::tempdir().unwrap();
    let calls = r#"
# Both forms, and a variable.
REGION=cn-hangzhou
aliyun ecs CreateSecurityGroup --RegionId $REGION --VpcId vpc-shop  # as new
{"Action":"AuthorizeSecurityGroup","As":"open","RegionId":"cn-hangzhou","SecurityGroupId":"${new.SecurityGroupId}","Permissions":[{"IpProtocol":"TCP","PortRange":"22/22","SourceCidrIp":"192.0.2.0/24"}]}
aliyun ecs JoinSecurityGroup --SecurityGroupId ${1.SecurityGroupId} \
    --InstanceId i-web-1
"#;
    let done = apply(folder.path(), calls, &["--format=jsonl", "--quiet"]);
    assert_eq!(
        (done.code.unwrap(), done.err.as_str()),
        (0, ""),
        "{}",
        done.out
    );
    let answers = lines(&done);
    let statuses: Vec<_> = answers.iter().map(|one| one["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(200); 3]);
    assert_eq!(answers[2]["line"], 6);
}

#[test]
fn files_of_flows_are_looked_at_before_any_call_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let state = state.to_str().unwrap();
    let list = folder.path().join("list.csv");
    let list = list.to_str().unwrap();
    fs::write(list, "src,dst\n").unwrap();
    let done = apply(
        folder.path(),
        CLOSE,
        &[
            "--state",
            state,
            "--then-check",
            "no.csv",
            "--then-replay",
            list,
        ],
    );
    let done = done.exits(3).complains("no.csv: cannot open: no such file");
    done.complains("list.csv: columns protocol");
    assert!(!Path::new(state).exists());
    // A fault further on comes too late: the call was made, and is kept.
    fs::write(
        list,
        "src_ip,dst_ip,protocol,src_port,dst_port\n1,2,3,4,5\n",
    )
    .unwrap();
    let more = ["--state", state, "--then-check", list];
    apply(folder.path(), CLOSE, &more)
        .exits(4)
        .complains("list.csv: line 2");
    assert!(Path::new(state).exists());
}

#[test]
fn all_files_of_calls_tell_their_faults_and_a_state_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let done = apply(folder.path(), "not json\n{\"x\":1}\n", &["gone.jsonl"]);
    let done = done.exits(3).complains("gone.jsonl: no such file");
    done.complains("calls.txt:1:").complains("calls.txt:2:");
    let done = apply(folder.path(), CLOSE, &["--state", "-"]);
    done.exits(2).complains("--state -");
    let done = apply(folder.path(), CLOSE, &["--format", "csv"]);
    done.exits(2)
        .complains("[possible values: text, json, jsonl]");
}

#[test]
fn a_call_that_fails_says_why_and_the_others_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let calls = format!(
        "aliyun ecs DeleteSecurityGroup --SecurityGroupId sg-none  # as gone\n{CLOSE}\n\
         aliyun ecs DeleteSecurityGroup --SecurityGroupId ${{gone.Id}}\n"
    );
    let done = apply(folder.path(), &calls, &[]);
    assert_eq!(done.code.unwrap(), 1);
    let lines: Vec<&str> = done.out.lines().collect();
    assert!(
        lines[0].contains("404  InvalidSecurityGroup.NotFound: "),
        "{}",
        lines[0]
    );
    assert!(lines[1].ends_with("200  done"), "{}", lines[1]);
    assert!(
        lines[2].contains("---  not made: `SecurityGroupId`: "),
        "{}",
        lines[2]
    );
    assert!(
        done.err.contains("2 of 3 calls failed; nothing was kept"),
        "{}",
        done.err
    );
    let done = apply(folder.path(), &calls, &["--fail-fast"]);
    assert_eq!((done.code.unwrap(), done.out.lines().count()), (1, 1));
    assert!(
        done.err.contains("2 of 3 calls were not made"),
        "{}",
        done.err
    );
}

#[test]
fn every_line_that_is_no_call_is_reported_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let calls =
        "{\"Action\":}\nrm -rf x\naliyun oss ls\n{\"RegionId\":\"x\"}\naliyun ecs X --A $B\n";
    let done = apply(folder.path(), calls, &[]);
    assert_eq!((done.code.unwrap(), done.out.as_str()), (3, ""));
    for place in [
        "calls.txt:1:11: ",
        "calls.txt:2:1: ",
        "calls.txt:3:8: ",
        "calls.txt:4:",
        "calls.txt:5:18: ",
    ] {
        assert!(done.err.contains(place), "{place} in {}", done.err);
    }
}

#[test]
fn what_changes_for_flows_is_shown_with_what_decides() {
    let folder = tempfile::tempdir().unwrap();
    let changes = [
        "--then-check",
        "data/demo/flows.csv",
        "--then-replay",
        "data/demo/traffic.pcap",
    ];
    let done = apply(folder.path(), CLOSE, &changes);
    assert_eq!(done.code.unwrap(), 0, "{}", done.err);
    let flow = "tcp 203.0.113.163:44692 -> 10.10.1.12:443  accept (sgr-web-https) -> drop (sgr-bp1";
    assert!(done.out.contains(flow), "{}", done.out);
    assert!(
        done.out.contains("\n5 of 60 flows change\n"),
        "{}",
        done.out
    );
    assert!(
        done.out.ends_with("\n215 of 2163 records change\n"),
        "{}",
        done.out
    );
    let more = [&changes[..], &["--format", "json"]].concat();
    let done = apply(folder.path(), CLOSE, &more);
    let document: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(document["calls"].as_array().unwrap().len(), 1);
    assert_eq!(document["changed"].as_array().unwrap().len(), 5);
    assert_eq!(document["replayed"][0]["flows"], 215);
    assert_eq!(
        (&document["made"], &document["failed"]),
        (&1.into(), &0.into())
    );
    // Nothing changes where no call is made.
    let nothing = "aliyun ecs DescribeRegions\n";
    let done = apply(folder.path(), nothing, &changes);
    assert!(
        done.out
            .contains("\n0 of 60 flows change\n0 of 2163 records change\n")
    );
}

#[test]
fn a_state_is_changed_in_place_and_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let state = state.to_str().unwrap();
    let done = apply(folder.path(), CLOSE, &["--state", state, "--dry-run"]);
    assert_eq!(done.code.unwrap(), 0, "{}", done.err);
    assert!(!Path::new(state).exists(), "a dry run keeps nothing");
    let done = apply(
        folder.path(),
        CLOSE,
        &["--state", state, "--at", "2026-01-01T00:00:00Z"],
    );
    assert_eq!(done.code.unwrap(), 0, "{}", done.err);
    let first = fs::read(state).unwrap();
    let flow = [
        "--from",
        "203.0.113.9",
        "--to",
        "i-web-1",
        "--protocol",
        "tcp",
        "--port",
        "443",
    ];
    let check = |config| {
        run(&[&["check", "--config", config][..], &flow].concat())
            .code
            .unwrap()
    };
    assert_eq!((check(DEMO), check(state)), (0, 1));
    // The same calls at the same time give the same bytes.
    let other = folder.path().join("other.json");
    let other = other.to_str().unwrap();
    apply(
        folder.path(),
        CLOSE,
        &["--save", other, "--at", "2026-01-01T00:00:00Z"],
    );
    assert!(fs::read(other).unwrap() == first, "the states differ");
    // A second time the state is what the calls begin with, not the configuration.
    let revoke = CLOSE.replace("Authorize", "Revoke");
    let done = apply(folder.path(), &revoke, &["--state", state]);
    assert_eq!((done.code.unwrap(), check(state)), (0, 0), "{}", done.err);
    fs::write(state, &first[..first.len() / 2]).unwrap();
    let done = apply(folder.path(), CLOSE, &["--state", state]);
    assert_eq!(done.code.unwrap(), 3);
    assert!(
        done.err.contains("it was left as it is: move it aside"),
        "{}",
        done.err
    );
    assert!(
        fs::read(state).unwrap() == first[..first.len() / 2],
        "it was changed"
    );
}

#[test]
fn standard_input_and_outputs_are_used_once() {
    for arguments in [
        &["apply", "-", "--config", "-"][..],
        &["apply", "-", "--then-check", "-"],
        &["apply", DEMO, "--output", DEMO],
        &["apply", DEMO, "--state", "x", "--save", "x"],
        &["apply", DEMO, "--format", "csv"],
        &["apply", DEMO, "--at", "yesterday"],
        &["apply"],
    ] {
        let done = run(arguments);
        assert_eq!(
            (done.code.unwrap(), done.out.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            done.err
        );
    }
}
