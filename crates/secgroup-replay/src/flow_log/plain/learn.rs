//! What an object looks like, learned from one.
//!
//! The parser of JSON has read the line before, so it is an object in good
//! order, without a key of a column twice; here only its words are told from
//! its values.

use super::super::column::{Column, ColumnNames, Rank};
use super::super::layout::MAX_COLUMNS;
use super::values::Value;
use super::{Form, Part, Repeated, Words};
use crate::flow_log::LogFormat;

/// Returns the form of an object, nothing if some value has no plain form.
pub(super) fn form(line: &[u8], names: &ColumnNames) -> Option<Form> {
    let mut parts: Vec<Part> = Vec::new();
    let mut best: [Option<(Rank, usize)>; Column::COUNT] = [None; Column::COUNT];
    let (mut begun, mut at) = (0, 0);
    at += skip(line, at, b"{")?;
    loop {
        at += blanks(line, at);
        let key = quoted(line, at)?;
        at += key.len() + 2;
        at += blanks(line, at);
        at += skip(line, at, b":")?;
        at += blanks(line, at);
        let (value, bare) = match quoted(line, at) {
            Some(value) => (value, false),
            None => (number_or_truth(line, at)?, true),
        };
        at += usize::from(!bare);
        let before = Words::new(line.get(begun..at)?);
        at += value.len();
        begun = at;
        let end = *line.get(at)?;
        at += usize::from(!bare);
        let column = match names.ranked(str::from_utf8(key).ok()?) {
            Some((column, rank)) => {
                let known = &mut best[column as usize];
                let better = known.is_none_or(|(other, _)| rank < other);
                if better && let Some((_, place)) = known.replace((rank, parts.len())) {
                    // What is called less well does not count.
                    parts.get_mut(place)?.column = None;
                }
                better.then_some(column)
            }
            None => None,
        };
        parts.push(Part {
            before,
            column,
            end,
            bare,
            repeated: Repeated::none(),
        });
        at += blanks(line, at);
        match line.get(at)? {
            b',' => at += 1,
            b'}' if at + 1 == line.len() && parts.len() <= MAX_COLUMNS => break,
            _ => return None,
        }
    }
    Some(Form::new(parts, line.get(begun..)?, false))
}

fn skip(line: &[u8], at: usize, wanted: &[u8]) -> Option<usize> {
    let there = line.get(at..)?.starts_with(wanted);
    there.then_some(wanted.len())
}

fn blanks(line: &[u8], at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| **byte == b' ').count()
}

/// Returns the plain text between the quotes that begin here.
fn quoted(line: &[u8], at: usize) -> Option<&[u8]> {
    let inside = line.get(at..)?.strip_prefix(b"\"")?;
    let length = inside.iter().position(|byte| *byte == b'"')?;
    let text = inside.get(..length)?;
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'\\';
    text.iter().all(plain).then_some(text)
}

fn number_or_truth(line: &[u8], at: usize) -> Option<&[u8]> {
    let rest = line.get(at..)?;
    let length = rest
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b' '))?;
    let value = Value {
        bytes: rest,
        line,
        end: *rest.get(length)?,
        dialect: LogFormat::JsonLines.dialect(),
    };
    (is_number(value) || is_truth(value)).then(|| rest.get(..length))?
}

/// Tells whether a value is a number of JSON without sign and exponent.
pub(super) fn is_number(value: Value<'_>) -> bool {
    let digits = |from: usize| {
        let rest = value.bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let plain = whole == 1 || whole > 1 && value.bytes.first() != Some(&b'0');
    let length = match value.bytes.get(whole) {
        Some(b'.') => match digits(whole + 1) {
            0 => return false,
            decimals => whole + 1 + decimals,
        },
        _ => whole,
    };
    plain && value.bytes.get(length) == Some(&value.end)
}

/// Tells whether a value is a truth value of JSON.
pub(super) fn is_truth(value: Value<'_>) -> bool {
    let is = |word: &[u8]| {
        let rest = value.bytes.strip_prefix(word);
        rest.is_some_and(|rest| rest.first() == Some(&value.end))
    };
    is(b"true") || is(b"false")
}
