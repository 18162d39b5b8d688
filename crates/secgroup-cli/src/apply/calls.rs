//! The file of calls: one a line, in JSON or as a command line.
//!
//! All lines are read before any call is made, and every fault is reported
//! with its place. Empty lines and lines that begin with `#` say nothing; a
//! line `NAME=VALUE` sets a variable of the command lines behind it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secgroup_ecs::Product;
use secgroup_model::Shown;

use super::draft::Draft;
use super::shell::{Cut, Fault, cut, is_variable};
use super::template::{Names, Template};
use super::{command, json};
use crate::config::read_some;
use crate::failure::Failure;

/// How many bytes a line has at most, also one that was joined of several.
pub(super) const MAX_LINE: usize = 1 << 20;

/// How many lines there are at most, in all files together.
pub(super) const MAX_LINES: usize = 1_000_000;

/// How many faults are collected at most.
const MAX_FAULTS: usize = 10_000;

/// A call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedCall {
    /// The file, by its place among the files.
    pub(super) file: usize,
    /// The line at which it begins.
    pub(super) line: usize,
    /// The API, where the line says so.
    pub(super) product: Option<Product>,
    /// The action.
    pub(super) action: String,
    /// The parameters, named as on the wire.
    pub(super) parameters: BTreeMap<String, Template>,
}

/// Reads all files, or says everything that is wrong with them.
pub(super) fn read(paths: &[PathBuf], region: &str) -> Result<Vec<PlannedCall>, Failure> {
    if let Some(directory) = paths.iter().find(|path| path.is_dir()) {
        let message = format!(
            "{}: is a directory; name a file of calls",
            directory.display()
        );
        return Err(Failure::bad_input(vec![message]));
    }
    let (files, unread) = read_some(paths);
    let mut reader = Reader::new(region);
    reader.faults = unread;
    for (number, file) in files.iter().enumerate() {
        if reader.file(number, &file.name, &file.bytes).is_break() {
            break;
        }
    }
    if reader.faults.is_empty() && reader.calls.is_empty() {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        reader.faults.push(format!(
            "{}: no call in it; expected lines such as {{\"Action\":\"JoinSecurityGroup\",…}} or `aliyun ecs …`",
            names.join(", ")
        ));
    }
    if reader.faults.is_empty() {
        Ok(reader.calls)
    } else {
        Err(Failure::bad_input(reader.faults))
    }
}

/// Whether reading goes on.
type Flow = std::ops::ControlFlow<()>;

struct Reader<'r> {
    region: &'r str,
    names: Names,
    calls: Vec<PlannedCall>,
    lines: usize,
    faults: Vec<String>,
}

/// A line, perhaps joined of several.
struct Line<'a> {
    /// The number of the first.
    number: usize,
    /// Without the last line end.
    text: &'a str,
}

impl<'r> Reader<'r> {
    fn new(region: &'r str) -> Self {
        Self {
            region,
            names: Names::default(),
            calls: Vec::new(),
            lines: 0,
            faults: Vec::new(),
        }
    }

    fn file(&mut self, file: usize, name: &str, bytes: &[u8]) -> Flow {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                let (before, _) = bytes.split_at(error.valid_up_to());
                let before = String::from_utf8_lossy(before);
                let (line, column) = place(&before, before.len());
                let message = format!("{}:{line}:{column}: not UTF-8 text", Shown(name));
                self.faults.push(message);
                return Flow::Continue(());
            }
        };
        for line in Lines::of(text) {
            self.lines += 1 + line.text.matches('\n').count();
            if self.lines > MAX_LINES {
                let message = format!(
                    "{}:{}:1: more than {MAX_LINES} lines",
                    Shown(name),
                    line.number
                );
                self.faults.push(message);
                return Flow::Break(());
            }
            if let Err(fault) = self.line(file, &line) {
                let (more, column) = place(line.text, fault.at);
                let number = line.number + more - 1;
                let message = format!("{}:{number}:{column}: {}", Shown(name), fault.message);
                self.faults.push(message);
            }
            if self.faults.len() == MAX_FAULTS {
                return Flow::Break(());
            }
        }
        Flow::Continue(())
    }

    fn line(&mut self, file: usize, line: &Line<'_>) -> Result<(), Fault> {
        if line.text.len() > MAX_LINE {
            return Err(Fault::new(
                0,
                format!("longer than the limit of {} MiB", MAX_LINE >> 20),
            ));
        }
        let begin = line.text.trim_start();
        if begin.is_empty() || begin.starts_with('#') {
            return Ok(());
        }
        let draft = if begin.starts_with('{') {
            json::read(line.text, &self.names)?
        } else {
            let cut = cut(line.text, &self.names)?;
            match first_word(&cut) {
                "aliyun" => command::read(&cut, &self.names, self.region)?,
                _ => return self.assignment(&cut),
            }
        };
        let Draft {
            name,
            product,
            action,
            parameters,
        } = draft;
        self.names.add_call(name);
        self.calls.push(PlannedCall {
            file,
            line: line.number,
            product,
            action,
            parameters,
        });
        Ok(())
    }

    /// Reads `NAME=VALUE`, also behind `export`.
    fn assignment(&mut self, cut: &Cut<'_>) -> Result<(), Fault> {
        let words = match first_word(cut) {
            "export" => &cut.words[1..],
            _ => &cut.words[..],
        };
        let assigned = words.first().and_then(|word| {
            let (name, _) = word.text.head().split_once('=')?;
            let value = word.text.without(name.len() + 1);
            is_variable(name).then(|| (name.to_owned(), value))
        });
        match (assigned, words) {
            (Some((name, value)), [_]) => {
                self.names.set(&name, value);
                Ok(())
            }
            (Some(_), [_, second, ..]) => {
                let message = "one variable is set in a line, and nothing else";
                Err(Fault::new(second.at, message))
            }
            (_, words) => {
                let at = words.first().map_or(0, |word| word.at);
                let message = format!(
                    "expected a JSON object or a command line `aliyun ecs …`, found `{}`",
                    Shown(first_word(cut))
                );
                Err(Fault::new(at, message))
            }
        }
    }
}

fn first_word<'c>(cut: &'c Cut<'_>) -> &'c str {
    cut.words.first().map_or("", |word| word.text.head())
}

/// Returns line and column, from 1, of a byte of a text; a column counts
/// characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    (line, before[begin..].chars().count() + 1)
}

/// The lines of a text, those that end with a backslash joined with the next,
/// unless they are JSON or comments.
struct Lines<'a> {
    rest: Option<&'a str>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            rest: Some(text),
            number: 1,
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let text = self.rest.filter(|rest| !rest.is_empty())?;
        let number = self.number;
        let joins = !text.trim_start_matches([' ', '\t']).starts_with(['{', '#']);
        let mut end = 0;
        loop {
            let Some(length) = text[end..].find('\n') else {
                self.rest = None;
                return Some(Line { number, text });
            };
            end += length;
            self.number += 1;
            let backslashes = text[..end]
                .bytes()
                .rev()
                .take_while(|byte| *byte == b'\\')
                .count();
            if joins && backslashes % 2 == 1 {
                end += 1;
                continue;
            }
            self.rest = Some(&text[end + 1..]);
            let text = &text[..end];
            let text = text.strip_suffix('\r').unwrap_or(text);
            return Some(Line { number, text });
        }
    }
}
