//! Results as SARIF, the part of it that scanners of code read.

use serde::Serialize;

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
}

/// Puts results into a document; `artifact` is the file they are about.
pub(crate) fn document(kinds: &[Kind], found: &[Found], artifact: &str) -> impl Serialize + use<> {
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
            results: found
                .iter()
                .map(|one| result(kinds, one, artifact))
                .collect(),
        }],
    }
}

fn result(kinds: &[Kind], one: &Found, artifact: &str) -> Outcome {
    let suppressions = one.waived.as_ref().map(|reason| {
        vec![Suppression {
            kind: "external",
            justification: reason.clone(),
        }]
    });
    Outcome {
        rule_id: one.kind.clone(),
        rule_index: kinds.iter().position(|kind| kind.id == one.kind),
        level: one.level.clone(),
        message: Text {
            text: one.message.clone(),
        },
        locations: vec![Location {
            physical_location: Physical {
                artifact_location: Artifact {
                    uri: artifact.to_owned(),
                },
            },
            logical_locations: vec![Logical {
                fully_qualified_name: one.about.clone(),
                kind: one.about_kind.clone(),
            }],
        }],
        suppressions,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    logical_locations: Vec<Logical>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
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
