//! The files of `secgroup test`: assertions in YAML.

use std::collections::BTreeMap;
use std::path::Path;

use secgroup_analysis::{Assertion, End, Expected, Search};
use secgroup_model::{Direction, Shown, Snapshot};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::args::FamilyName;
use crate::ends::{self, Names, Services};
use crate::failure::Failure;
use crate::yaml;

/// How many assertions a file may have.
const MOST: usize = 10_000;

/// A file of assertions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    sets: BTreeMap<String, Words>,
    tests: Vec<Spanned<Entry>>,
}

/// The same, where something is wrong.
#[derive(Debug, Deserialize)]
struct Loose {
    tests: Vec<Spanned<serde_json::Value>>,
}

impl yaml::Loose for Loose {
    type Item = Entry;

    fn items(self) -> Vec<Spanned<serde_json::Value>> {
        self.tests
    }
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
    family: Option<FamilyName>,
    #[serde(default)]
    protocol: Option<Words>,
    #[serde(default)]
    ports: Option<Words>,
    #[serde(default)]
    source_ports: Option<Words>,
    #[serde(default)]
    icmp_type: Option<Words>,
    #[serde(default)]
    icmp_code: Option<Words>,
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
#[serde(untagged, expecting = "expected a text, or a number of 0 or more")]
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
#[serde(
    untagged,
    expecting = "expected a text, a number of 0 or more, or a list of them"
)]
enum Words {
    One(Word),
    Several(Vec<Word>),
}

impl Words {
    fn texts(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.text()],
            Self::Several(all) => all.iter().map(Word::text).collect(),
        }
    }

    /// Returns numbers or names as one text.
    fn joined(&self) -> Result<String, String> {
        let texts = self.texts();
        if texts.len() > 1 && texts.iter().any(|text| text.contains(ends::EXCEPT)) {
            let what = "`except` goes into one text, as in `any except 80,443`, not into a list";
            return Err(what.to_owned());
        }
        Ok(texts.join(","))
    }
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
    /// Its line and column in the file.
    pub(super) at: (usize, usize),
    pub(super) assertion: Assertion,
}

/// Reads a file, or says everything that is wrong with its form.
pub(super) fn read(path: &Path) -> Result<File, Failure> {
    let file: File = yaml::read::<_, Loose>(path)?;
    if file.tests.is_empty() || file.tests.len() > MOST {
        return Err(Failure::bad_input(vec![format!(
            "{}: has {} tests; expected 1 to {MOST}",
            path.display(),
            file.tests.len()
        )]));
    }
    Ok(file)
}

/// Returns the assertions of a file about a snapshot, or says everything that is
/// wrong with them.
pub(super) fn assertions(
    file: File,
    path: &Path,
    snapshot: &Snapshot,
) -> Result<Vec<Named>, Failure> {
    let name = path.display();
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    let mut names = Names::of(snapshot);
    let mut sets = Vec::new();
    for (set, words) in &file.sets {
        let tell = |what| format!("{name}: set `{}`: {what}", Shown(set));
        match end(&names, Some(words)) {
            Ok(end) => sets.push((set, end)),
            Err(what) => problems.push(tell(what)),
        }
    }
    // Sets are of what the snapshot has, not of each other.
    for (set, end) in sets {
        if let Err(what) = names.name(set, end) {
            problems.push(format!("{name}: set `{}`: {what}", Shown(set)));
        }
    }
    for (number, spanned) in (1..).zip(file.tests) {
        let (at, entry) = (yaml::place(spanned.referenced), spanned.value);
        match assertion(&names, snapshot, &entry) {
            Ok(assertion) => all.push(Named {
                name: entry.name,
                at,
                assertion,
            }),
            Err(what) => {
                let (line, column) = at;
                problems.push(format!(
                    "{name}:{line}:{column}: test {number} (`{}`): {what}",
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

fn assertion(names: &Names<'_>, snapshot: &Snapshot, entry: &Entry) -> Result<Assertion, String> {
    let told = |name: &'static str| move |what: String| format!("{name}: {what}");
    let joined = |words: &Option<Words>| words.as_ref().map(Words::joined).transpose();
    let (protocol, ports) = (joined(&entry.protocol)?, joined(&entry.ports)?);
    let source_ports = joined(&entry.source_ports)?;
    let (icmp_type, icmp_code) = (joined(&entry.icmp_type)?, joined(&entry.icmp_code)?);
    let services = Services {
        family: entry.family.map(Into::into),
        protocol: protocol.as_deref(),
        ports: ports.as_deref(),
        source_ports: source_ports.as_deref(),
        icmp_type: icmp_type.as_deref(),
        icmp_code: icmp_code.as_deref(),
    };
    let services = services.window();
    let services = services.map_err(|(field, what)| format!("{}: {what}", field.key()))?;
    let network = entry
        .vpc
        .as_deref()
        .map(|text| ends::network(snapshot, text));
    let question = Search {
        from: end(names, entry.from.as_ref()).map_err(told("from"))?,
        to: end(names, entry.to.as_ref()).map_err(told("to"))?,
        services,
        direction: entry.direction.as_ref().map(|side| match side {
            Side::Ingress => Direction::Ingress,
            Side::Egress => Direction::Egress,
        }),
        network: network.transpose().map_err(told("vpc"))?,
    };
    let expected = match entry.expect {
        Expect::AllAccepted => Expected::AllAccepted,
        Expect::AllDropped => Expected::AllDropped,
        Expect::SomeAccepted => Expected::SomeAccepted,
        Expect::SomeDropped => Expected::SomeDropped,
    };
    Ok(Assertion {
        questions: vec![question],
        expected,
        platform: entry.platform,
    })
}

/// Reads one end, or all of a list as one.
fn end(names: &Names<'_>, words: Option<&Words>) -> Result<End, String> {
    let texts = words.map_or_else(|| vec!["any".to_owned()], Words::texts);
    let all: Result<Vec<End>, String> = texts.iter().map(|text| names.end(text)).collect();
    match <[End; 1]>::try_from(all?) {
        Ok([one]) => Ok(one),
        Err(of) if of.is_empty() => Err("names no end".to_owned()),
        Err(of) => Ok(End::Set {
            of,
            without: Vec::new(),
        }),
    }
}
