//! Small YAML files: waivers and assertions.

use std::path::Path;

use secgroup_model::Escaped;
use serde::de::DeserializeOwned;
use serde_saphyr::Location;

use crate::config;
use crate::failure::Failure;

/// What the parser says, and what that means to somebody who knows no parser.
const PLAINER: [(&str, &str); 3] = [
    (
        "unexpected end of input",
        "the file is empty, or ends early",
    ),
    (
        "expected mapping start",
        "expected keys with values, as in `key: value`",
    ),
    ("expected sequence start", "expected a list, as in `[a, b]`"),
];

/// Reads a file into a value, or says what is wrong and where.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let name = path.display();
    let bad = |what: String| Failure::bad_input(vec![format!("{name}: {what}")]);
    let bytes = config::bytes(path).map_err(bad)?;
    let text = String::from_utf8(bytes).map_err(|_| bad("is no UTF-8 text".to_owned()))?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let plain = error.without_snippet();
        let what = plain.to_string();
        let place = plain
            .location()
            .map(|at| format!("{name}:{}:{}", at.line(), at.column()));
        // The place is told as everywhere else, not twice.
        let first = what.lines().next().unwrap_or("is no YAML");
        let first = first.split(" at line ").next().unwrap_or(first);
        let mut plainer = PLAINER.into_iter();
        let plainer = plainer.find(|(parser, _)| first.starts_with(parser));
        let first = plainer.map_or(first, |(_, plainer)| plainer);
        let place = place.unwrap_or_else(|| name.to_string());
        Failure::bad_input(vec![format!("{place}: {}", Escaped(first))])
    })
}

/// Returns a place as line and column, both from 1.
pub(crate) fn place(location: Location) -> (usize, usize) {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    (number(location.line()), number(location.column()))
}
