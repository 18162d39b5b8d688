//! Many inputs: directories, and inputs merged by time.

use std::fmt::Write as _;
use std::fs;

use super::run::{DEMO, Folder, HTTPS, Run, demo, one_group};

/// A list of one flow at a second.
fn list(second: u32) -> String {
    format!(
        "flow_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port\n\
         at-{second},{second},203.0.113.9,10.10.1.11,tcp,40000,443\n"
    )
}

/// The ids of the rows that a replay prints.
fn ids(run: &Run) -> Vec<&str> {
    let rows = run.out.lines().skip(1);
    rows.map(|row| row.split(',').next().unwrap_or_default())
        .collect()
}

#[test]
fn a_directory_is_all_files_in_it_and_below_sorted_by_path() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("logs/2026/03")).unwrap();
    fs::create_dir_all(folder.path().join("logs/.hidden")).unwrap();
    folder.file("logs/b.csv", list(30));
    folder.file("logs/2026/03/z", list(20));
    folder.file("logs/2026/a.csv", list(40));
    folder.file("logs/.c.csv", list(50));
    folder.file("logs/.hidden/d.csv", list(60));
    folder.file("logs/README.md", "Flow logs of March.\n");
    folder.file("logs/_SUCCESS", "");
    let logs = folder.name("logs");
    let run = Run::of(&format!(
        "replay --config data/demo/fleet.json {logs} --flows -"
    ));
    let run = run.exits(0);
    assert_eq!(ids(&run), ["at-20", "at-40", "at-30"]);
    let run = run.complains("logs/README.md: no input, passed over: ");
    run.complains("logs/_SUCCESS: no input, passed over: empty file");
    // The times decide, where that is asked for.
    let merged = Run::of(&format!("replay {DEMO} --merge {logs} --flows -")).exits(0);
    assert_eq!(ids(&merged), ["at-20", "at-30", "at-40"]);
    let summary = Run::of(&format!("replay {DEMO} {logs} --format json"))
        .exits(0)
        .json();
    let passed: Vec<bool> = (summary["inputs"].as_array().unwrap().iter())
        .map(|input| input["passed_over"].is_string())
        .collect();
    assert_eq!(passed, [false, false, true, true, false]);
}

#[test]
fn a_file_that_is_named_is_never_passed_over() {
    let folder = Folder::new();
    let readme = folder.file("README.md", "Flow logs of March.\n");
    let flows = folder.file("flows.csv", list(1));
    Run::of(&format!("replay {DEMO} {readme} {flows}")).exits(4);
    // Neither is one whose format is told, nor one that is damaged.
    let told = folder.path().display();
    Run::of(&format!("replay {DEMO} --input-format csv {told}")).exits(4);
    fs::remove_file(&readme).unwrap();
    folder.file("cut.pcap", [0xd4, 0xc3, 0xb2, 0xa1, 2, 0]);
    Run::of(&format!("replay {DEMO} {told}")).exits(4);
}

#[test]
fn a_directory_without_input_is_refused() {
    let folder = Folder::new();
    folder.file(".hidden.csv", list(1));
    let directory = folder.path().display().to_string();
    let empty = Run::of(&format!("replay {DEMO} {directory}")).exits(3);
    empty.complains("no file in it or below");
    folder.file("notes.txt", "nothing\n");
    let none = Run::of(&format!("replay {DEMO} {directory}")).exits(3);
    none.complains("no file that was found is an input");
}

#[test]
fn the_demo_cut_in_two_and_merged_is_the_demo() {
    let folder = Folder::new();
    let whole = fs::read(demo("traffic.pcap")).unwrap();
    let (header, mut rest) = whole.split_at(24);
    let mut parts = [header.to_vec(), header.to_vec()];
    let mut turn = 0;
    while let Some(length) = rest.get(8..12) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize + 16;
        parts[turn].extend(&rest[..length]);
        rest = &rest[length..];
        turn = 1 - turn;
    }
    let [one, other] = parts;
    let (one, other) = (
        folder.file("one.pcap", one),
        folder.file("other.pcap", other),
    );
    let body = |run: Run| -> String {
        let text = run.exits(0).out;
        text[text.find("\n\n").unwrap()..].to_owned()
    };
    let wanted = body(Run::of(&format!("replay {DEMO} data/demo/traffic.pcap")));
    for threads in [1, 3] {
        let line = format!("replay {DEMO} --merge {one} {other} --threads {threads}");
        assert_eq!(body(Run::of(&line)), wanted);
    }
    // A pipe may be one of them.
    let script = format!(
        "mkfifo pipe; cat {one} > pipe & $SECGROUP replay -q --config {} --merge pipe {other}",
        demo("fleet.json").display()
    );
    assert_eq!(body(Run::shell(folder.path(), &script)), wanted);
}

#[test]
fn captures_and_lists_are_merged_only_when_it_is_said_how_to_judge_them() {
    let both = "--merge data/demo/traffic.pcap data/demo/flows.csv";
    let refused = Run::of(&format!("replay {DEMO} {both}")).exits(2);
    refused.complains("--mode sessions or --mode packets");
    Run::of(&format!("replay {DEMO} {both} --mode packets")).exits(0);
}

#[test]
fn many_inputs_need_few_open_files_unless_they_overlap() {
    let folder = Folder::new();
    folder.file("fleet.json", one_group(HTTPS));
    for name in ["apart", "overlapping"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for number in 0..40 {
        folder.file(&format!("apart/{number:02}.csv"), list(1000 + number));
    }
    // More than is read ahead, so they stay open.
    let mut long = list(1000);
    for second in 0..12_000 {
        let row = "203.0.113.9,10.10.1.11,tcp,40000,443";
        writeln!(long, "long,{},{row}", 1001 + second).unwrap();
    }
    for number in 0..14 {
        folder.file(&format!("overlapping/{number:02}.csv"), &long);
    }
    let script = |name| {
        format!("ulimit -n 16; $SECGROUP replay -q --config fleet.json --merge {name} --flows -")
    };
    let apart = Run::shell(folder.path(), &script("apart")).exits(0);
    assert_eq!(apart.out.lines().count(), 41);
    let overlapping = Run::shell(folder.path(), &script("overlapping")).exits(5);
    overlapping
        .complains("overlap in time and are open")
        .complains("ulimit -n");
}
