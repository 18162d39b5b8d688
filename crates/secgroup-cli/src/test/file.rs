//! The files of `secgroup test`: assertions in YAML.

use std::path::Path;

use secgroup_analysis::{Assertion, Expected, Search};
use secgroup_model::{Direction, Shown, Snapshot};
use serde::Deserialize;

use crate::ends;
use crate::failure::Failure;
use crate::yaml;

/// How many assertions a file may have.
const MOST: usize = 10_000;

/// How many pairs of ends one assertion may have.
const MOST_PAIRS: usize = 1_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tests: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    from: Option<Words>,
    #[serde(default)]
    to: Option<Words>,
    #[serde(default)]
    protocol: Option<Word>,
    #[serde(default)]
    ports: Option<Word>,
    #[serde(default)]
    source_ports: Option<Word>,
    #[serde(default)]
    direction: Option<Side>,
    #[serde(default)]
    vpc: Option<String>,
    #[serde(default)]
    platform: bool,
    expect: Expect,
}

/// A text, or a number that stands for one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Number(u64),
    Text(String),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// One text or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Side {
    Ingress,
    Egress,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expect {
    AllAccepted,
    AllDropped,
    SomeAccepted,
    SomeDropped,
}

/// An assertion with its name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) assertion: Assertion,
}

/// Reads a file, or says everything that is wrong with it.
pub(super) fn read(path: &Path, snapshot: &Snapshot) -> Result<Vec<Named>, Failure> {
    let name = path.display();
    let bad = |what: String| Failure::bad_input(vec![format!("{name}: {what}")]);
    let file: File = yaml::read(path)?;
    if file.tests.is_empty() || file.tests.len() > MOST {
        return Err(bad(format!(
            "has {} tests; expected 1 to {MOST}",
            file.tests.len()
        )));
    }
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for (number, entry) in (1..).zip(file.tests) {
        match assertion(snapshot, &entry) {
            Ok(assertion) => all.push(Named {
                name: entry.name,
                assertion,
            }),
            Err(what) => {
                problems.push(format!(
                    "{name}: test {number} (`{}`): {what}",
                    Shown(&entry.name)
                ));
            }
        }
    }
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(Failure::bad_input(problems))
    }
}

fn assertion(snapshot: &Snapshot, entry: &Entry) -> Result<Assertion, String> {
    let told = |name: &'static str| move |what: String| format!("{name}: {what}");
    let protocol = entry
        .protocol
        .as_ref()
        .map(|word| ends::protocol(&word.text()));
    let ports = |word: &Option<Word>| {
        word.as_ref()
            .map(|word| ends::ports(&word.text()))
            .transpose()
    };
    let services = ends::services(
        protocol.transpose().map_err(told("protocol"))?,
        ports(&entry.ports).map_err(told("ports"))?.as_ref(),
        ports(&entry.source_ports)
            .map_err(told("source_ports"))?
            .as_ref(),
    )?;
    let network = entry
        .vpc
        .as_deref()
        .map(|text| ends::network(snapshot, text));
    let network = network.transpose().map_err(told("vpc"))?;
    let direction = entry.direction.as_ref().map(|side| match side {
        Side::Ingress => Direction::Ingress,
        Side::Egress => Direction::Egress,
    });
    let (from, to) = (names(&entry.from), names(&entry.to));
    if from.len() * to.len() > MOST_PAIRS {
        return Err(format!("more than {MOST_PAIRS} pairs of from and to"));
    }
    let mut questions = Vec::new();
    for from in &from {
        for to in &to {
            questions.push(Search {
                from: ends::end(snapshot, from).map_err(told("from"))?,
                to: ends::end(snapshot, to).map_err(told("to"))?,
                services: services.clone(),
                direction,
                network,
            });
        }
    }
    let expected = match entry.expect {
        Expect::AllAccepted => Expected::AllAccepted,
        Expect::AllDropped => Expected::AllDropped,
        Expect::SomeAccepted => Expected::SomeAccepted,
        Expect::SomeDropped => Expected::SomeDropped,
    };
    Ok(Assertion {
        questions,
        expected,
        platform: entry.platform,
    })
}

fn names(words: &Option<Words>) -> Vec<&str> {
    match words {
        None => vec!["any"],
        Some(Words::One(one)) => vec![one],
        Some(Words::Several(all)) => all.iter().map(String::as_str).collect(),
    }
}
