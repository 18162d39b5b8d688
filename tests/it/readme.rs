//! The examples of `README.md`, run and compared to the letter.
//!
//! In a block marked `console` a line `$ secgroup …` is a command, and the lines
//! up to the next one are what it prints: messages first, then results, as on a
//! terminal. `; echo $?` at its end prints the exit code, too. In a block
//! marked `sh` each line is a cargo command; what follows ` -- ` in a `cargo
//! run` is run here, and `cargo test` is what runs this.

use std::fs;
use std::process::{Command, Output};

use secgroup_tests::program::{program, workspace};

/// What a block of the document shows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Example {
    command: String,
    output: String,
}

/// Returns the lines of the blocks of a language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut lines = document.lines();
    let fence = format!("```{language}");
    while lines.any(|line| line == fence) {
        found.push(lines.by_ref().take_while(|line| *line != "```").collect());
    }
    found
}

/// Returns the examples of all `console` blocks.
fn examples(document: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    for line in blocks(document, "console").into_iter().flatten() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Example {
                command: command.to_owned(),
                output: String::new(),
            });
        } else {
            let example = found
                .last_mut()
                .expect("a console block begins with a command");
            example.output.push_str(line);
            example.output.push('\n');
        }
    }
    found
}

/// Runs the program from the root of the repository.
fn run(arguments: &str) -> Output {
    assert!(
        !arguments.contains(['"', '\'', '|', '>']),
        "no shell runs this: {arguments}"
    );
    let words = arguments.split_whitespace();
    Command::new(program())
        .args(words)
        .current_dir(workspace())
        .output()
        .unwrap()
}

/// Returns what a command of an example prints.
fn printed(command: &str) -> String {
    let (command, code) = match command.strip_suffix("; echo $?") {
        Some(command) => (command, true),
        None => (command, false),
    };
    let arguments = command
        .strip_prefix("secgroup ")
        .expect("examples run secgroup");
    let output = run(arguments);
    let mut text = String::from_utf8(output.stderr).unwrap();
    text.push_str(&String::from_utf8(output.stdout).unwrap());
    if code {
        let code = output.status.code().expect("the program was not killed");
        text.push_str(&format!("{code}\n"));
    }
    text
}

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).unwrap()
}

#[test]
fn every_example_of_the_readme_prints_what_it_shows() {
    let planted = "```console\n$ secgroup --version\nsecgroup 0\n$ secgroup x; echo $?\n2\n```\n";
    let planted = examples(planted);
    assert_eq!(planted.len(), 2);
    assert_ne!(
        printed(&planted[0].command),
        planted[0].output,
        "a wrong output is not seen"
    );

    let examples = examples(&readme());
    assert!(examples.len() >= 3, "only {} examples", examples.len());
    for Example { command, output } in examples {
        let got = printed(&command);
        assert!(
            got == output,
            "$ {command}\nprints\n{got}\nand README.md shows\n{output}"
        );
    }
}

#[test]
fn the_two_commands_of_the_readme_work() {
    let readme = readme();
    let commands: Vec<&str> = blocks(&readme, "sh").into_iter().flatten().collect();
    let [replay, test] = commands[..] else {
        panic!("expected two commands, found {commands:?}");
    };
    let arguments = replay
        .strip_prefix("cargo run --bin secgroup -- ")
        .expect("the first command runs the program");
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("records"));
    assert_eq!(test, "cargo test --workspace --exclude secgroup-benches");
}
