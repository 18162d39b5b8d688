//! Filter sets as files, and as what a classifier is made of.

use std::path::Path;

use secgroup_gen::Filter;
use secgroup_matcher::Address;
use secgroup_matcher::classifier;
use secgroup_model::Shown;

use crate::config::bytes;
use crate::failure::Failure;

/// Tells whether a file is a filter set: then it begins with `@`.
pub(crate) fn is_set(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'@')
}

/// Reads a set from a file, or says everything that is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Vec<Filter>, Failure> {
    let name = path.display().to_string();
    let bytes = bytes(path)
        .map_err(|problem| Failure::bad_input(vec![format!("{}: {problem}", Shown(&name))]))?;
    parse(&name, bytes)
}

/// Reads the text of a set, or says everything that is wrong with it.
pub(crate) fn parse(name: &str, bytes: Vec<u8>) -> Result<Vec<Filter>, Failure> {
    let name = Shown(name);
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::bad_input(vec![format!("{name}: is not UTF-8 text")]))?;
    Filter::parse_set(&text).map_err(|problems| {
        let problems = problems.iter();
        let lines = problems.map(|(line, problem)| format!("{name}:{line}: {problem}"));
        Failure::bad_input(lines.collect())
    })
}

/// Returns the filters of a set as a classifier takes them; none when they are
/// of the other family.
pub(crate) fn compiled<A: Address>(filters: &[Filter]) -> Option<Vec<classifier::Filter<A>>> {
    let one = |filter: &Filter| {
        let mut own = classifier::Filter::of(
            (filter.source, filter.destination),
            filter.source_ports,
            filter.destination_ports,
            filter.protocol,
        )?;
        // Without a protocol none of its bits count anyway.
        own.protocol.1 &= filter.protocol_mask;
        Some(own)
    };
    filters.iter().map(one).collect()
}
