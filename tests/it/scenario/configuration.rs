//! `--config`: where snapshots come from, and how their problems are told.

use super::run::{Folder, HTTPS, Run, demo, one_group};

const QUESTION: &str = "--from 203.0.113.9 --to 10.0.0.1 --protocol tcp --port 443";

/// A group with 25 rules, one a line, all of whose ports are wrong.
fn broken() -> String {
    let rules: Vec<String> = (1..=25)
        .map(|port| {
            HTTPS
                .replace("443/443", &format!("{port}/0"))
                .replace("sgr-1", &format!("sgr-{port}"))
        })
        .collect();
    one_group(&rules.join(",\n"))
}

#[test]
fn the_first_20_problems_are_shown_and_the_rest_is_counted() {
    let folder = Folder::new();
    let fleet = folder.file("fleet.json", broken());
    let run = Run::of(&format!("check --config {fleet} {QUESTION}")).exits(3);
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(lines.len(), 21, "{}", run.err);
    for (number, line) in lines[..20].iter().enumerate() {
        // The rules begin on the second line of the file.
        assert!(
            line.starts_with(&format!("error: {fleet}:{}:", number + 2)),
            "{line}"
        );
        assert!(
            line.contains(&format!("Permission[{number}].PortRange")),
            "{line}"
        );
    }
    assert_eq!(lines[20], "error: and 5 more");
    assert_eq!(run.out, "");
}

#[test]
fn a_packed_configuration_is_told_how_to_unpack_it() {
    let folder = Folder::new();
    let name = folder.name("fleet.json.zst");
    let packed = zstd::encode_all(one_group(HTTPS).as_bytes(), 1).unwrap();
    std::fs::write(&name, packed).unwrap();
    let run = Run::of(&format!("check --config {name} {QUESTION}"));
    let wanted = format!("{name}: packed with zstd; unpack it with `zstd -d`");
    run.exits(3).complains(&wanted);
}

#[test]
fn problems_of_all_files_are_told_in_one_run() {
    let folder = Folder::new();
    let one = folder.file("one.json", one_group(&HTTPS.replace("443/443", "0/1")));
    let two = folder.file("two.json", "{\n  \"SecurityGroups\": 7\n}");
    let three = folder.file("three.json", "{");
    let run = Run::of(&format!(
        "check --config {one} --config {two} --config {three} {QUESTION}"
    ));
    let run = run
        .exits(3)
        .complains(&format!("{one}:2:"))
        .complains(&format!("{two}:2:"));
    run.complains(&format!("{three}:1:"));
    let gone = folder.name("gone.json");
    let run = Run::of(&format!("check --config {gone} --config {one} {QUESTION}"));
    run.exits(3)
        .complains("gone.json: no such file")
        .complains(&format!("{one}:2:"));
    let run = Run::of(&format!("check --config {gone} {QUESTION}")).exits(3);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
}

#[test]
fn a_directory_several_files_and_standard_input_are_the_same_snapshot() {
    let folder = Folder::new();
    let whole = one_group(HTTPS);
    let (groups, interfaces) = whole.split_once(",\n \"Network").unwrap();
    let groups_file = folder.file("a.json", format!("{groups}}}"));
    let interfaces = format!("{{\"Network{interfaces}");
    let interfaces_file = folder.file("b.json", &interfaces);
    folder.file("notes.txt", "not read");
    let fleet = Folder::new();
    let expected = Run::of(&format!(
        "check --config {} {QUESTION}",
        fleet.file("f.json", &whole)
    ));
    let expected = expected.exits(0).out;
    for (config, input) in [
        (format!("--config {}", folder.path().display()), ""),
        (
            format!("--config {interfaces_file} --config {groups_file}"),
            "",
        ),
        ("--config -".to_owned(), whole.as_str()),
        (
            format!("--config {groups_file} --config -"),
            interfaces.as_str(),
        ),
    ] {
        let run = Run::fed(&format!("check {config} {QUESTION}"), input.as_bytes());
        assert_eq!(run.exits(0).out, expected, "{config}");
    }
    let empty = Folder::new();
    let run = Run::of(&format!(
        "check --config {} {QUESTION}",
        empty.path().display()
    ));
    run.exits(3).complains("no file named");
}

#[test]
fn standard_input_is_read_once() {
    let flows = Run::of("check --config - --flows -").exits(2);
    flows.complains("standard input");
    Run::of("replay --config - -")
        .exits(2)
        .complains("standard input");
    Run::of("replay --config data/demo/fleet.json - -")
        .exits(2)
        .complains("standard input");
    let twice = Run::fed(
        &format!("check --config - --config - {QUESTION}"),
        one_group(HTTPS).as_bytes(),
    );
    twice.exits(2).complains("standard input");
}

#[test]
fn quotas_follow_limits() {
    let folder = Folder::new();
    let rules: Vec<String> = (1..=201)
        .map(|port| {
            HTTPS
                .replace("443/443", &format!("{port}/{port}"))
                .replace("sgr-1", &format!("sgr-{port}"))
        })
        .collect();
    let fleet = folder.file("fleet.json", one_group(&rules.join(",")));
    let ask =
        |limits: &str| Run::of(&format!("check --config {fleet} {limits} {QUESTION}")).exits(1);
    assert!(ask("").err.contains("has 201 rules; the quota is 200"));
    assert!(ask("--limits seed").err.contains("the quota is 200"));
    assert_eq!(ask("--limits current").err, "");
    assert_eq!(ask("--limits off").err, "");
    assert_eq!(ask("-q").err, "");
}

#[test]
fn warnings_are_told_with_their_place_unless_quiet() {
    let fleet = demo("fleet.json");
    let run = Run::of(&format!(
        "check --config {} --from 192.0.2.1 --to i-web-1 --protocol tcp --port 443",
        fleet.display()
    ));
    let warnings: Vec<&str> = run.err.lines().collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for warning in warnings {
        assert!(
            warning.starts_with(&format!("warning: {}:", fleet.display())),
            "{warning}"
        );
    }
}
