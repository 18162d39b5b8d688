//! What a first-time user stumbles over, and what a tester tried.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::{Duration, Instant};

use super::run::{DEMO, Folder, HTTPS, Run, one_group};
use secgroup_tests::program::program;

const ONE: &str = "--from 203.0.113.9 --to i-web --protocol tcp --port 443";

#[test]
fn files_of_a_config_folder_are_never_overwritten() {
    let folder = Folder::new();
    let file = folder.file("fleet.json", one_group(HTTPS));
    let config = folder.path().display();
    let before = fs::read(&file).unwrap();
    let run = Run::of(&format!("check --config {config} {ONE} --output {file}")).exits(2);
    run.complains("is read, and cannot be written too");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn an_older_result_stays_where_nothing_was_evaluated() {
    let folder = Folder::new();
    let bad = folder.file("bad.csv", "src_ip,dst_ip\n");
    let old = folder.file("old.csv", "OLD\n");
    Run::of(&format!("replay {DEMO} {bad} --flows {old}")).exits(3);
    Run::of(&format!("replay {DEMO} {bad} --output {old}")).exits(3);
    Run::of(&format!(
        "check {DEMO} --flows {bad} --output {old} --format csv"
    ))
    .exits(3);
    assert_eq!(fs::read_to_string(&old).unwrap(), "OLD\n");
}

#[test]
fn icmpv6_between_interfaces_is_asked_over_ipv6() {
    let folder = Folder::new();
    let rule = r#"{"Direction":"ingress","IpProtocol":"icmpv6","PortRange":"-1/-1","Ipv6SourceCidrIp":"::/0"}"#;
    let fleet = one_group(rule).replace(
        r#""Ipv6Sets":{"Ipv6Set":[]}"#,
        r#""Ipv6Sets":{"Ipv6Set":[{"Ipv6Address":"2001:db8::1"}]}"#,
    );
    let fleet = folder.file("fleet.json", fleet);
    let run = Run::of(&format!(
        "check --config {fleet} --from 2001:db8:f::9 --to i-web --protocol icmpv6 --icmp-type 128"
    ));
    run.exits(0);
    let both = Run::of(&format!(
        "check --config {fleet} --from i-web --to i-web --protocol icmpv6"
    ));
    assert!(
        both.out.contains("2001:db8::1 -> 2001:db8::1"),
        "{}",
        both.out
    );
}

#[test]
fn nothing_that_is_typed_steers_the_terminal() {
    let path = std::ffi::OsStr::from_bytes(b"no\x1b[31m\nsuch\rfile");
    let commands: [&[&str]; 3] = [
        &["replay", "--config", "data/demo/fleet.json"],
        &[
            "check",
            "--from=1.2.3.4",
            "--to=1.2.3.5",
            "--protocol=gre",
            "--config",
        ],
        &["check", "--port"],
    ];
    for arguments in commands {
        let output = Command::new(program())
            .current_dir(secgroup_tests::program::workspace())
            .args(arguments)
            .arg(path)
            .output()
            .unwrap();
        let bad = output
            .stderr
            .iter()
            .find(|byte| **byte < 0x20 && **byte != b'\n');
        assert_eq!(bad, None, "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stderr.starts_with(b"such") && !output.status.success());
    }
}

#[test]
fn pages_that_are_missing_are_warned_of() {
    let folder = Folder::new();
    let fleet = one_group(HTTPS).replacen('{', r#"{"TotalCount":6,"#, 1);
    let fleet = folder.file("fleet.json", fleet);
    let run = Run::of(&format!("check --config {fleet} {ONE}")).exits(0);
    run.complains("TotalCount says that there are 6 NetworkInterfaceSets, and 1 are here");
}

#[test]
fn a_list_that_is_not_read_is_warned_of() {
    let folder = Folder::new();
    let fleet = one_group(HTTPS).replace("NetworkInterfaceSets", "NetworkInterfaces");
    let fleet = folder.file("fleet.json", fleet);
    let run = Run::of(&format!(
        "check --config {fleet} --from 203.0.113.9 --to 10.0.0.1 --protocol tcp --port 443"
    ));
    run.exits(6).complains("`NetworkInterfaces` is not read");
}

#[test]
fn an_endless_binary_configuration_is_refused_at_once() {
    let start = Instant::now();
    Run::of(&format!("check --config /dev/urandom {ONE}")).exits(3);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_capture_of_somewhere_else_is_recognised() {
    let folder = Folder::new();
    let header = "src_ip,dst_ip,protocol,src_port,dst_port\n";
    let strangers = "192.0.2.1,192.0.2.2,tcp,1,2\n";
    let visit = "203.0.113.9,10.10.1.11,tcp,40000,443\n";
    let said = |rows: &[&str]| {
        let flows = folder.file("flows.csv", format!("{header}{}", rows.concat()));
        let run = Run::of(&format!("replay {DEMO} {flows}")).exits(0);
        run.out
            .contains("No address of the input belongs to an interface")
    };
    assert!(said(&[strangers]));
    assert!(!said(&[strangers, visit]));
    assert!(!said(&[]));
}
