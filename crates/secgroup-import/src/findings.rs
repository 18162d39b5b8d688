//! What is found on the way, with its place.

use std::fmt::Display;
use std::rc::Rc;

use secgroup_ecs::{Located, MAX_FINDINGS};
use secgroup_model::Escaped;

use crate::value::Position;

/// Where something was said: a file, a place in it, and its path there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The number of the file.
    pub(crate) file: usize,
    pub(crate) at: Position,
    /// In the words of the file, such as `module.web.alicloud_vpc.main`.
    pub(crate) path: Rc<str>,
}

/// Problems and warnings, at most [`MAX_FINDINGS`] of each; the rest is counted.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The names of the files.
    names: Vec<String>,
    problems: Kept,
    warnings: Kept,
}

#[derive(Debug, Default)]
struct Kept {
    found: Vec<(Origin, String)>,
    omitted: usize,
}

impl Origin {
    /// Returns the place of a part of what stands here.
    pub(crate) fn part(&self, name: &str, at: Position) -> Self {
        // Whatever a file calls its things must not steer a terminal.
        let name = Escaped(name);
        let path = if self.path.is_empty() {
            Rc::from(name.to_string())
        } else {
            Rc::from(format!("{}.{name}", self.path))
        };
        Self {
            file: self.file,
            at,
            path,
        }
    }

    /// Returns the place of an item of a list that stands here.
    pub(crate) fn item(&self, index: usize, at: Position) -> Self {
        Self {
            file: self.file,
            at,
            path: Rc::from(format!("{}[{index}]", self.path)),
        }
    }
}

impl Findings {
    /// Begins with nothing found in files of these names.
    pub(crate) fn of(names: &[&str]) -> Self {
        Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Says where something stands, for a message about another place.
    pub(crate) fn seen_from(&self, place: &Origin, other: &Origin) -> String {
        let line = other.at.line;
        match self.names.get(other.file) {
            Some(name) if other.file != place.file => format!("line {line} of {}", Escaped(name)),
            _ => format!("line {line}"),
        }
    }

    /// Notes something that makes the input unusable.
    pub(crate) fn problem(&mut self, origin: &Origin, message: impl Display) {
        self.problems.add(origin, message);
    }

    /// Notes something odd, or something that cannot be modelled.
    pub(crate) fn warning(&mut self, origin: &Origin, message: impl Display) {
        self.warnings.add(origin, message);
    }

    /// Returns how many problems there are.
    pub(crate) const fn problems(&self) -> usize {
        self.problems.found.len() + self.problems.omitted
    }

    /// Returns problems and warnings, each by file and position.
    pub(crate) fn locate(self) -> (Vec<Located>, Vec<Located>) {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        (
            self.problems.locate(&names, "problems"),
            self.warnings.locate(&names, "warnings"),
        )
    }
}

impl Kept {
    fn add(&mut self, origin: &Origin, message: impl Display) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push((origin.clone(), message.to_string()));
        } else {
            self.omitted += 1;
        }
    }

    fn locate(mut self, names: &[&str], what: &str) -> Vec<Located> {
        self.found
            .sort_by_key(|(origin, _)| (origin.file, origin.at));
        let found = self.found.into_iter();
        let mut located: Vec<Located> = found
            .map(|(origin, message)| located(&origin, message, names))
            .collect();
        if self.omitted > 0
            && let Some(last) = located.last().cloned()
        {
            located.push(Located {
                path: String::new(),
                message: format!(
                    "{} more {what} after the first {MAX_FINDINGS}",
                    self.omitted
                ),
                ..last
            });
        }
        located
    }
}

/// Gives a message its place.
pub(crate) fn located(origin: &Origin, message: String, names: &[&str]) -> Located {
    Located {
        name: names
            .get(origin.file)
            .map_or_else(|| "input".to_owned(), |name| (*name).to_owned()),
        line: (origin.at.line as usize).max(1),
        column: (origin.at.column as usize).max(1),
        path: origin.path.to_string(),
        code: None,
        message,
    }
}
