//! Help, its examples, completions and manual pages.

use super::run::Run;

/// All commands but `serve`, which does not end by itself.
const COMMANDS: [&str; 7] = [
    "check",
    "replay",
    "apply",
    "bench",
    "gen",
    "completions",
    "man",
];

/// Returns the lines that a reader of a help text would copy.
fn examples(command: &str) -> Vec<String> {
    let help = Run::of(&format!("{command} --help")).exits(0).out;
    let Some((_, examples)) = help.split_once("Examples:\n") else {
        return Vec::new();
    };
    let examples = examples
        .lines()
        .filter_map(|line| line.trim().strip_prefix("secgroup "));
    examples.map(str::to_owned).collect()
}

#[test]
fn the_help_of_each_command_ends_with_two_examples_that_work() {
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let examples = examples(command);
        if examples.len() != 2 {
            wrong.push(format!("{command} has {} examples", examples.len()));
        }
        for example in examples {
            let run = Run::of(&example);
            if !matches!(run.code, Some(0 | 1)) || run.out.is_empty() {
                wrong.push(format!("{example}: {:?} {}", run.code, run.err));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pages_of_commands_inside_of_others_are_printed_by_either_name() {
    for name in ["gen trace", "gen-trace", "secgroup-gen-trace"] {
        let page = Run::of(&format!("man {name}")).exits(0).out;
        assert!(page.contains("\\-\\-headers"), "{name}: {page}");
    }
    let page = Run::of("man what-if join").exits(0).out;
    assert!(page.contains("secgroup\\-what\\-if\\-join"), "{page}");
    Run::of("man gen nothing")
        .exits(2)
        .complains("there is no command `gen nothing`");
}

#[test]
fn help_names_the_exit_codes() {
    let help = Run::of("--help").exits(0).out;
    for code in ["0  ", "1  ", "2  ", "3  ", "4  ", "5  ", "6  ", "130, 143"] {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(code)),
            "{code}"
        );
    }
}

#[test]
fn completions_exist_for_the_common_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let script = Run::of(&format!("completions {shell}")).exits(0);
        assert!(
            script.out.contains("secgroup") && script.out.contains("fail-on"),
            "{shell}"
        );
        assert_eq!(script.err, "");
    }
    Run::of("completions csh").exits(2);
}

#[test]
fn manual_pages_exist_for_the_program_and_each_command() {
    assert!(Run::of("man").exits(0).out.contains(".TH secgroup 1"));
    for command in COMMANDS {
        let page = Run::of(&format!("man {command}")).exits(0).out;
        assert!(
            page.contains(&format!(".TH secgroup-{command} 1")),
            "{page:.300}"
        );
    }
    Run::of("man nonsense")
        .exits(2)
        .complains("no command `nonsense`");
}

#[test]
fn the_version_is_told() {
    let version = Run::of("--version").exits(0).out;
    assert_eq!(
        version,
        concat!("secgroup ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
