//! Where results go: full disks, closed pipes, files that must stay whole.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use super::run::{DEMO, Folder, Run, demo};
use secgroup_tests::program::{program, workspace};

const ONE: &str = "--from 203.0.113.9 --to i-web-1 --protocol tcp --port 443";

#[test]
fn a_full_disk_exits_with_5_and_says_so() {
    let folder = Folder::new();
    let fleet = demo("fleet.json");
    let (flows, capture) = (demo("flows.csv"), demo("traffic.pcap"));
    let (fleet, flows) = (fleet.display(), flows.display());
    let capture = capture.display();
    for command in [
        "--help".to_owned(),
        "--version".to_owned(),
        "completions bash".to_owned(),
        "man".to_owned(),
        format!("check -q --config {fleet} {ONE}"),
        format!("check -q --config {fleet} {ONE} --format json"),
        format!("check -q --config {fleet} --flows {flows}"),
        format!("replay -q --config {fleet} {capture}"),
        format!("replay -q --config {fleet} {capture} --flows -"),
        format!("replay -q --config {fleet} {capture} --format json"),
    ] {
        let run = Run::shell(folder.path(), &format!("$SECGROUP {command} > /dev/full"));
        let run = run.exits(5);
        assert_eq!(run.err.lines().count(), 1, "{command}: {}", run.err);
        run.complains("error: writing ").complains("no space left");
    }
    let named = Run::of(&format!("check {DEMO} {ONE} --output /dev/full")).exits(5);
    named.complains("`/dev/full`: no space left");
}

#[test]
fn a_limit_of_file_size_exits_with_5_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let (fleet, flows) = (demo("fleet.json"), demo("flows.csv"));
    let (fleet, flows) = (fleet.display(), flows.display());
    for command in [
        format!("convert -q --config {fleet} --output out.json"),
        format!("replay -q --config {fleet} {flows} --flows out.csv"),
    ] {
        let script = format!("ulimit -f 4; $SECGROUP {command}");
        let run = Run::shell(folder.path(), &script).exits(5);
        run.complains("error: writing ").complains("file too large");
        assert_eq!(folder.names(), [""; 0], "{command}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly_within_a_second() {
    let folder = Folder::new();
    // By session as well: the first one never ends, because the capture is
    // repeated and its time with it.
    for mode in ["packets", "sessions"] {
        let script = format!(
            "(cat {0}; while tail -c +25 {0}; do :; done) 2>/dev/null \
             | $SECGROUP replay -q --mode {mode} --config {1} - --flows - | head -1 >/dev/null; echo ${{PIPESTATUS[1]}}",
            demo("traffic.pcap").display(),
            demo("fleet.json").display()
        );
        let start = Instant::now();
        let run = Run::shell(folder.path(), &script).exits(0);
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{mode}: {:?}",
            start.elapsed()
        );
        assert_eq!((run.out.as_str(), run.err.as_str()), ("0\n", ""), "{mode}");
    }
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_reading() {
    let folder = Folder::new();
    let missing = folder.name("gone/out.csv");
    let directory = folder.path().display().to_string();
    for (command, code) in [
        (
            format!("replay --config nowhere.json nowhere.pcap --output {missing}"),
            5,
        ),
        (
            format!("replay --config nowhere.json nowhere.pcap --flows {missing}"),
            5,
        ),
        (
            format!("replay --config nowhere.json nowhere.pcap --summary {directory}"),
            2,
        ),
        (
            format!("check --config nowhere.json {ONE} --output {missing}"),
            5,
        ),
        (
            format!("check --config nowhere.json {ONE} --output {directory}"),
            2,
        ),
    ] {
        let run = Run::of(&command).exits(code);
        assert!(!run.err.contains("nowhere"), "{command}: {}", run.err);
    }
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn what_is_read_is_never_written() {
    let folder = Folder::new();
    let fleet = fs::read(demo("fleet.json")).unwrap();
    let flows = fs::read(demo("flows.csv")).unwrap();
    let (config, table) = (
        folder.file("fleet.json", &fleet),
        folder.file("flows.csv", &flows),
    );
    let through = folder.name("link.csv");
    symlink(&table, &through).unwrap();
    let mut written = Vec::new();
    for command in [
        format!("replay -q --config {config} {table} --output {table}"),
        format!("replay -q --config {config} {table} --flows {through}"),
        format!("replay -q --config {config} {table} --summary {config}"),
        format!("check -q --config {config} --flows {table} --output {table}"),
        format!("check -q --config {config} {ONE} --output {config}"),
    ] {
        let run = Run::of(&command);
        let kept = fs::read(&config).unwrap() == fleet && fs::read(&table).unwrap() == flows;
        if run.code != Some(2) || !kept {
            written.push(format!("{command}: {:?}, kept: {kept}", run.code));
        }
        folder.file("fleet.json", &fleet);
        folder.file("flows.csv", &flows);
    }
    assert!(written.is_empty(), "{written:#?}");
}

#[test]
fn two_results_never_go_to_one_place() {
    let folder = Folder::new();
    let out = folder.name("out.csv");
    let roundabout = format!("{}/../{}", folder.path().display(), {
        let name = folder.path().file_name().unwrap();
        name.to_string_lossy()
    });
    let mut written = Vec::new();
    for results in [
        format!("--flows {out} --summary {out}"),
        format!("--flows {out} --output {out}"),
        format!("--flows {out} --summary {roundabout}/out.csv"),
        "--flows - --summary -".to_owned(),
        "--format csv --summary -".to_owned(),
        "--summary -".to_owned(),
    ] {
        let run = Run::of(&format!("replay {DEMO} data/demo/flows.csv {results}"));
        if run.code != Some(2) {
            written.push(format!("{results}: {:?}", run.code));
        }
    }
    assert!(written.is_empty(), "{written:#?}");
}

#[test]
fn an_old_file_stays_and_nothing_else_remains_when_a_run_fails() {
    let folder = Folder::new();
    let out = folder.file("out.csv", "old\n");
    let empty = folder.file("empty.pcap", "");
    let gone = folder.name("gone.json");
    Run::of(&format!("replay --config {gone} {empty} --output {out}")).exits(3);
    Run::of(&format!(
        "replay {DEMO} data/demo/flows.csv --flows {out} --summary /dev/full"
    ))
    .exits(5);
    Run::of(&format!(
        "check {DEMO} --from nobody --to i-web-1 --protocol tcp --output {out}"
    ))
    .exits(2);
    let script = format!(
        "ulimit -f 8; $SECGROUP replay -q --config {} {} --flows other.csv",
        demo("fleet.json").display(),
        demo("traffic.pcap").display()
    );
    // The file-size limit sends SIGXFSZ unless that is ignored.
    let limited = Run::shell(folder.path(), &format!("trap '' XFSZ; {script}")).exits(5);
    limited.complains("writing");
    assert_eq!(folder.names(), ["empty.pcap", "out.csv"]);
}

#[test]
fn a_new_file_has_the_permissions_the_user_wants() {
    let folder = Folder::new();
    let script = format!(
        "umask 077; $SECGROUP check -q --config {} {ONE} --output new.txt",
        demo("fleet.json").display()
    );
    Run::shell(folder.path(), &script).exits(0);
    let mode = |name: &str| {
        folder
            .path()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("new.txt"), 0o600);
    let old = folder.file("old.txt", "");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
    Run::of(&format!("check {DEMO} {ONE} --output {old}")).exits(0);
    assert_eq!(mode("old.txt"), 0o640);
}

#[test]
fn a_symbolic_link_is_written_through() {
    let folder = Folder::new();
    let target = folder.file("target.txt", "old\n");
    let link = folder.name("link.txt");
    symlink(&target, &link).unwrap();
    Run::of(&format!("check {DEMO} {ONE} --output {link}")).exits(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(folder.text("target.txt").starts_with("ACCEPT"));
}

#[test]
fn a_path_need_not_be_utf_8() {
    let folder = Folder::new();
    let path = |name: &[u8]| folder.path().join(std::ffi::OsStr::from_bytes(name));
    let (input, output) = (path(b"in\xff.csv"), path(b"out\xfe.csv"));
    fs::copy(demo("flows.csv"), &input).unwrap();
    let mut command = Command::new(program());
    command.args(["replay", "-q", "--config", "data/demo/fleet.json"]);
    command
        .arg(&input)
        .arg("--flows")
        .arg(&output)
        .current_dir(workspace());
    Run::ended(command, b"").exits(0);
    let expected = Run::of(&format!("replay {DEMO} data/demo/flows.csv --flows -")).out;
    assert_eq!(fs::read_to_string(output).unwrap(), expected);
}
