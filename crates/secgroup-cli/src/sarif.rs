//! Results as SARIF, the part of it that scanners of code read.

use std::path::{MAIN_SEPARATOR, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secgroup_ecs::Located;
use serde::Serialize;

/// What the name of a file must not hold in a URI.
const NOT_IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a result is an instance of.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name, which does not change.
    pub(crate) id: String,
    /// What it finds.
    pub(crate) summary: String,
}

/// One result.
#[derive(Debug)]
pub(crate) struct Found {
    /// The name of its kind.
    pub(crate) kind: String,
    /// `error`, `warning` or `note`.
    pub(crate) level: String,
    /// What it is.
    pub(crate) message: String,
    /// What it is about, by the names of the configuration.
    pub(crate) about: String,
    /// What the name stands for, such as `rule`.
    pub(crate) about_kind: String,
    /// Why it does not count, where it is waived.
    pub(crate) waived: Option<String>,
    /// Where it is.
    pub(crate) place: Place,
    /// What else has to do with it, and where.
    pub(crate) related: Vec<(String, Place)>,
}

/// A place in a file; without a line where it is the file as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The name of the file.
    pub(crate) file: String,
    /// The line and column, both from 1, in characters.
    pub(crate) at: Option<(usize, usize)>,
}

impl From<&Located> for Place {
    fn from(found: &Located) -> Self {
        Self {
            file: found.name.clone(),
            at: Some((found.line, found.column)),
        }
    }
}

/// Puts results into a document.
pub(crate) fn document(kinds: &[Kind], found: &[Found]) -> impl Serialize + use<> {
    let rules = kinds.iter().map(|kind| Rule {
        id: kind.id.clone(),
        short_description: Text {
            text: kind.summary.clone(),
        },
    });
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "secgroup",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: rules.collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: found.iter().map(|one| result(kinds, one)).collect(),
        }],
    }
}

fn result(kinds: &[Kind], one: &Found) -> Outcome {
    let suppressions = one.waived.as_ref().map(|reason| {
        vec![Suppression {
            kind: "external",
            justification: reason.clone(),
        }]
    });
    let related = (1..).zip(&one.related);
    Outcome {
        rule_id: one.kind.clone(),
        rule_index: kinds.iter().position(|kind| kind.id == one.kind),
        level: one.level.clone(),
        message: Text {
            text: one.message.clone(),
        },
        locations: vec![Location {
            id: None,
            physical_location: Physical::new(&one.place),
            logical_locations: vec![Logical {
                fully_qualified_name: one.about.clone(),
                kind: one.about_kind.clone(),
            }],
            message: None,
        }],
        related_locations: related
            .map(|(id, (name, place))| Location {
                id: Some(id),
                physical_location: Physical::new(place),
                logical_locations: Vec::new(),
                message: Some(Text { text: name.clone() }),
            })
            .collect(),
        partial_fingerprints: Fingerprints {
            about: format!("{} {} {}", one.kind, one.about_kind, one.about),
        },
        suppressions,
    }
}

/// Returns the name of a file as a URI: relative to the current directory where
/// it is in it, else with the whole path.
fn uri(name: &str) -> String {
    let path = Path::new(name);
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok());
    let path = inside.unwrap_or_else(|| path.strip_prefix(".").unwrap_or(path));
    let text = path.to_string_lossy().replace(MAIN_SEPARATOR, "/");
    let scheme = if path.is_absolute() { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(&text, NOT_IN_PATHS))
}

impl Physical {
    fn new(place: &Place) -> Self {
        Self {
            artifact_location: Artifact {
                uri: uri(&place.file),
            },
            region: place.at.map(|(start_line, start_column)| Region {
                start_line,
                start_column,
            }),
        }
    }
}

#[derive(Debug, Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Text,
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: String,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

/// What makes two results the same, wherever they have moved.
#[derive(Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "about/v1")]
    about: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
}

#[derive(Debug, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: String,
}

#[derive(Debug, Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_uris_relative_where_they_can_be() {
        assert_eq!(uri("data/demo/fleet.json"), "data/demo/fleet.json");
        assert_eq!(uri("./a b.json"), "a%20b.json");
        assert_eq!(uri("../c:d.json"), "../c%3Ad.json");
        assert_eq!(uri("/no/such/%.json"), "file:///no/such/%25.json");
        let here = std::env::current_dir().unwrap().join("x/y.json");
        assert_eq!(uri(here.to_str().unwrap()), "x/y.json");
    }
}
