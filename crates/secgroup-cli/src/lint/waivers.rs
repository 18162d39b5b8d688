//! Findings that are meant: a file of them, with reasons and last days.

use std::path::Path;

use jiff::civil::Date;
use secgroup_model::Shown;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::failure::Failure;
use crate::yaml;

/// How many waivers a file may have.
const MOST: usize = 10_000;

/// A waiver file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    waivers: Vec<Spanned<Waiver>>,
}

/// The same, where something is wrong.
#[derive(Debug, Deserialize)]
struct Loose {
    waivers: Vec<Spanned<serde_json::Value>>,
}

impl yaml::Loose for Loose {
    type Item = Waiver;

    fn items(self) -> Vec<Spanned<serde_json::Value>> {
        self.waivers
    }
}

/// One finding that is meant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiver {
    /// The lint.
    pub(super) code: String,
    /// The rule it is about; one of these four is given.
    rule: Option<String>,
    /// The group it is about.
    group: Option<String>,
    /// The interface it is about.
    interface: Option<String>,
    /// The list it is about.
    list: Option<String>,
    /// Why it is meant.
    pub(super) reason: String,
    /// The last day on which it is.
    expires: Option<String>,
    /// Its line and column in the file.
    #[serde(skip)]
    pub(super) at: (usize, usize),
}

impl Waiver {
    /// Returns what it is about: the kind of thing and its name.
    pub(super) fn about(&self) -> (&'static str, &str) {
        let kinds = [
            ("rule", &self.rule),
            ("group", &self.group),
            ("interface", &self.interface),
            ("list", &self.list),
        ];
        let mut given = kinds
            .into_iter()
            .filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
        given.next().unwrap_or(("rule", ""))
    }

    /// Returns the last day, if there is one.
    pub(super) fn last_day(&self) -> Option<Date> {
        self.expires.as_ref().and_then(|text| text.parse().ok())
    }
}

/// Reads a waiver file, or says everything that is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<Waiver>, Failure> {
    let name = path.display();
    let file: File = yaml::read::<_, Loose>(path)?;
    let mut problems = Vec::new();
    if file.waivers.len() > MOST {
        problems.push(format!("{name}: more than {MOST} waivers"));
    }
    let mut waivers = Vec::with_capacity(file.waivers.len().min(MOST));
    for (number, spanned) in (1..).zip(file.waivers) {
        let at = yaml::place(spanned.referenced);
        let waiver = Waiver {
            at,
            ..spanned.value
        };
        let (line, column) = at;
        let mut tell = |what: String| {
            problems.push(format!("{name}:{line}:{column}: waiver {number}: {what}"));
        };
        let known = secgroup_analysis::LINTS
            .iter()
            .any(|lint| lint.code == waiver.code);
        if !known {
            tell(format!(
                "there is no lint `{}`; see docs/lints.md",
                Shown(&waiver.code)
            ));
        }
        let given = [&waiver.rule, &waiver.group, &waiver.interface, &waiver.list];
        if given.into_iter().flatten().count() != 1 {
            tell("name one of rule, group, interface and list".to_owned());
        }
        if waiver.reason.trim().is_empty() {
            tell("say a reason".to_owned());
        }
        if waiver.expires.is_some() && waiver.last_day().is_none() {
            tell("expires is no date, such as 2027-06-30".to_owned());
        }
        waivers.push(waiver);
    }
    if problems.is_empty() {
        Ok(waivers)
    } else {
        Err(Failure::bad_input(problems))
    }
}
