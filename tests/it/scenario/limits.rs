//! Odd inputs and scarce resources: pipes, devices, memory, threads, files.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use super::run::{DEMO, Folder, Run, demo};

/// Runs a script in which `$FLEET`, `$CAPTURE` and `$FLOWS` are demo files.
fn script(text: &str) -> Run {
    let folder = Folder::new();
    let [fleet, capture, flows] =
        ["fleet.json", "traffic.pcap", "flows.csv"].map(|name| demo(name).display().to_string());
    let names = format!("FLEET={fleet} CAPTURE={capture} FLOWS={flows}");
    Run::shell(folder.path(), &format!("{names}\n{text}"))
}

fn rows() -> String {
    Run::of(&format!("replay {DEMO} data/demo/traffic.pcap --flows -"))
        .exits(0)
        .out
}

#[test]
fn a_named_pipe_is_read_as_a_stream() {
    let run = script(
        "mkfifo pipe; cat $CAPTURE > pipe & $SECGROUP replay -q --config $FLEET pipe --flows -",
    );
    assert_eq!(run.exits(0).out, rows());
}

#[test]
fn endless_zeros_are_refused_at_once() {
    let start = Instant::now();
    let mut wrong = Vec::new();
    for command in [
        "replay -q --config $FLEET /dev/zero",
        "replay -q --config $FLEET --input-format pcap /dev/zero",
        "replay -q --config $FLEET --input-format csv /dev/zero",
        "check -q --config /dev/zero --from 1.1.1.1 --to 2.2.2.2 --protocol tcp",
        "check -q --config $FLEET --flows /dev/zero",
    ] {
        let run = script(&format!("timeout 2 $SECGROUP {command}"));
        if run.code != Some(3) {
            wrong.push(format!("{command}: {:?} {}", run.code, run.err));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_first_line_without_end_is_refused_as_any_other() {
    let run = script(
        "yes aaaaaaaa | tr -d '\\n' 2>/dev/null \
         | timeout 3 $SECGROUP replay -q --config $FLEET --input-format csv -",
    );
    run.exits(3).complains("limit");
}

#[test]
fn an_input_that_shrinks_or_grows_while_it_is_read_does_no_harm() {
    let folder = Folder::new();
    let capture = std::fs::read(demo("traffic.pcap")).unwrap();
    let path = folder.file("moving.pcap", &capture);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    for _ in 0..100 {
        file.write_all(&capture[24..]).unwrap();
    }
    let run = std::thread::spawn(move || Run::of(&format!("replay {DEMO} {path} --threads 1")));
    for length in [15_000_000, 5_000_000, 1_000_000, 1_000_001] {
        std::thread::sleep(Duration::from_millis(15));
        file.set_len(length).unwrap();
    }
    let run = run.join().unwrap();
    assert!(matches!(run.code, Some(0 | 4)), "{run:?}");
}

#[test]
fn any_number_of_threads_gives_the_same_rows() {
    let rows = rows();
    for threads in ["0", "1", "1000"] {
        let run = Run::of(&format!(
            "replay {DEMO} data/demo/traffic.pcap --flows - --threads {threads}"
        ));
        assert_eq!(run.exits(0).out, rows, "{threads}");
    }
}

#[test]
fn little_memory_is_enough_for_any_number_of_threads() {
    let run = script("ulimit -v 262144; $SECGROUP replay -q --config $FLEET $CAPTURE --flows -");
    assert_eq!(run.exits(0).out, rows());
    // There are as many threads then as there is room for.
    let many = script(
        "ulimit -v 262144; $SECGROUP replay -q --config $FLEET $CAPTURE --threads 1000 --flows -",
    );
    assert_eq!(many.exits(0).out, rows());
    let run = "ulimit -v 262144; $SECGROUP diff -q $FLEET $FLEET --threads 1000";
    script(run).exits(0);
    let run = "ulimit -v 262144; $SECGROUP lint -q --config $FLEET --threads 1000";
    script(run).exits(1);
}

#[test]
fn few_processes_and_few_open_files_are_enough() {
    // As root the limit of processes does not bind; then this proves little.
    let run = script("ulimit -u 1; exec $SECGROUP replay -q --config $FLEET $CAPTURE --flows -");
    assert_eq!(run.exits(0).out, rows());
    let run = script(
        "ulimit -n 16; inputs=$(yes $FLOWS | head -200); \
         $SECGROUP replay -q --config $FLEET $inputs --format json",
    );
    assert_eq!(run.exits(0).json()["evaluated"], 12_000);
}

#[test]
fn the_environment_changes_nothing() {
    for change in [
        "env -i",
        "env LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo HOME=/nowhere",
    ] {
        let run = script(&format!(
            "{change} $SECGROUP replay -q --config $FLEET $CAPTURE --flows -"
        ));
        assert_eq!(run.exits(0).out, rows(), "{change}");
        let text = script(&format!(
            "{change} $SECGROUP check -q --config $FLEET --flows $FLOWS"
        ));
        let plain = Run::of(&format!("check {DEMO} --flows data/demo/flows.csv")).exits(1);
        assert_eq!(text.exits(1).out, plain.out, "{change}");
    }
}
