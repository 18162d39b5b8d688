//! Small YAML files: waivers and assertions.

use std::path::Path;

use secgroup_model::Escaped;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

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

/// What is looked at of a file that is not as it should be: a list, whose items are
/// anything.
pub(crate) trait Loose: DeserializeOwned {
    /// What an item should be.
    type Item: DeserializeOwned;

    /// Returns the items.
    fn items(self) -> Vec<Spanned<serde_json::Value>>;
}

/// Reads a file with a list of items, or says everything that is wrong with it,
/// and where.
pub(crate) fn read<T: DeserializeOwned, L: Loose>(path: &Path) -> Result<T, Failure> {
    let name = path.display();
    let bad = |what: String| Failure::bad_input(vec![format!("{name}: {what}")]);
    let bytes = config::bytes(path).map_err(bad)?;
    let text = String::from_utf8(bytes).map_err(|_| bad("is no UTF-8 text".to_owned()))?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let plain = error.without_snippet();
        let what = plain.to_string();
        let at = plain.location().map(place);
        // The place is told as everywhere else, not twice.
        let first = what.lines().next().unwrap_or("is no YAML");
        let first = first.split(" at line ").next().unwrap_or(first);
        let mut plainer = PLAINER.into_iter();
        let plainer = plainer.find(|(parser, _)| first.starts_with(parser));
        let first = plainer.map_or(first, |(_, plainer)| plainer).to_owned();
        // The parser ends at the first fault; other items have their own.
        let mut faults = faults::<L>(&text, at);
        faults.push((at, first));
        faults.sort();
        let lines = faults.into_iter().map(|(at, what)| match at {
            Some((line, column)) => format!("{name}:{line}:{column}: {}", Escaped(&what)),
            None => format!("{name}: {}", Escaped(&what)),
        });
        Failure::bad_input(lines.collect())
    })
}

/// A place in a file, where it is known.
type Place = Option<(usize, usize)>;

/// Returns what is wrong with the items of a list, each by itself, without the one
/// that the place of a known fault is in.
fn faults<L: Loose>(text: &str, known: Place) -> Vec<(Place, String)> {
    let Ok(items) = serde_saphyr::from_str::<L>(text).map(L::items) else {
        return Vec::new();
    };
    let place_of = |item: &Spanned<serde_json::Value>| Some(place(item.referenced));
    let mut behind = items.iter().skip(1).map(place_of).collect::<Vec<_>>();
    behind.push(None);
    let others = items.iter().zip(behind).filter(|(item, next)| {
        let is_before = next.is_none_or(|next| known < Some(next));
        !(place_of(item) <= known && is_before)
    });
    let faults = others.filter_map(|(item, _)| {
        let fault = L::Item::deserialize(&item.value).err()?.to_string();
        // What a value is taken for depends on what is expected, and nothing was.
        let is_form = !fault.starts_with("invalid type");
        is_form.then(|| (place_of(item), fault))
    });
    faults.collect()
}

/// Returns a place as line and column, both from 1.
pub(crate) fn place(location: Location) -> (usize, usize) {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    (number(location.line()), number(location.column()))
}
