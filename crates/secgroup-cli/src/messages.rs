//! Problems, warnings and notes on standard error.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use secgroup_model::Escaped;

/// How many messages of one kind are shown.
const MOST: usize = 20;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default();

/// Prints what keeps the program from its work.
pub(crate) fn problems(lines: &[String]) {
    print("error", ERROR, lines);
}

/// Prints what is odd.
pub(crate) fn warnings(lines: &[String]) {
    print("warning", WARNING, lines);
}

/// Prints what is worth knowing.
pub(crate) fn note(line: &str) {
    print("note", NOTE, &[line.to_owned()]);
}

/// Counts things in words: `1 rule`, `2 rules`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{ending}")
}

/// Prints the first lines, each distinct one once, and how many more there are.
fn print(kind: &str, style: Style, lines: &[String]) {
    let mut distinct: Vec<&String> = Vec::new();
    let mut more = 0;
    for line in lines {
        if distinct.len() == MOST {
            more += 1;
        } else if !distinct.contains(&line) {
            distinct.push(line);
        }
    }
    let mut stream = anstream::stderr().lock();
    for line in distinct {
        // Nobody is left to tell when standard error is closed.
        drop(writeln!(
            stream,
            "{style}{kind}{style:#}: {}",
            Escaped(line)
        ));
    }
    if more > 0 {
        drop(writeln!(stream, "{style}{kind}{style:#}: and {more} more"));
    }
}
