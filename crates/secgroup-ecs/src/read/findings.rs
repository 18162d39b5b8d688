//! What reading finds: problems and warnings, and their lines and columns.

use std::fmt::Display;

use secgroup_model::Shown;

use super::document::Page;
use super::{Document, Located};

/// The number of problems, and of warnings, that are kept; the rest is counted.
pub const MAX_FINDINGS: usize = 10_000;

/// A place in a document; its line and column are found when all is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the document.
    pub(super) page: usize,
    /// The byte in the document's text.
    pub(super) offset: usize,
    /// The JSON path.
    pub(super) path: String,
}

/// One problem or warning.
#[derive(Clone, Debug)]
struct Finding {
    place: Place,
    /// Another place it is about, in another document.
    first: Option<Place>,
    code: Option<&'static str>,
    message: String,
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: Kept,
    warnings: Kept,
    /// Whether something that others may refer to could not be read.
    lost_definitions: bool,
}

/// The first [`MAX_FINDINGS`] of their kind.
#[derive(Debug, Default)]
struct Kept {
    findings: Vec<Finding>,
    omitted: usize,
}

impl Findings {
    /// Notes something that makes the input unusable.
    pub(super) fn problem(&mut self, place: impl Into<Place>, message: impl Display) {
        self.problems.add(place, None, message);
    }

    /// Notes a problem of what an earlier place says, too; that one is named
    /// where it is in another document.
    pub(super) fn problem_again(&mut self, place: Place, first: Place, message: impl Display) {
        let first = (first.page != place.page).then_some(first);
        self.problems.push(Finding {
            place,
            first,
            code: None,
            message: message.to_string(),
        });
    }

    /// Notes a problem that the ECS API has a code for.
    pub(super) fn coded(
        &mut self,
        place: impl Into<Place>,
        code: impl Into<Option<&'static str>>,
        message: impl Display,
    ) {
        self.problems.add(place, code.into(), message);
    }

    /// Notes something odd.
    pub(super) fn warning(&mut self, place: impl Into<Place>, message: impl Display) {
        self.warnings.add(place, None, message);
    }

    /// Notes something odd that the ECS API has a code for.
    pub(super) fn coded_warning(
        &mut self,
        place: impl Into<Place>,
        code: &'static str,
        message: impl Display,
    ) {
        self.warnings.add(place, Some(code), message);
    }

    /// Notes that a group, list or interface could not be read at all, so
    /// that references to it must not be reported as leading nowhere.
    pub(super) const fn lose_definition(&mut self) {
        self.lost_definitions = true;
    }

    /// Tells whether a definition was lost.
    pub(super) const fn lost_definitions(&self) -> bool {
        self.lost_definitions
    }

    /// Tells whether nothing makes the input unusable so far.
    pub(super) fn is_fine(&self) -> bool {
        self.problems.findings.is_empty()
    }

    /// Returns how many problems were found so far.
    pub(super) const fn problems(&self) -> usize {
        self.problems.findings.len() + self.problems.omitted
    }

    /// Returns problems and warnings, each in order of document and position.
    pub(super) fn locate(
        self,
        documents: &[Document<'_>],
        pages: &[Page<'_>],
    ) -> (Vec<Located>, Vec<Located>) {
        (
            self.problems.locate(documents, pages, "problems"),
            self.warnings.locate(documents, pages, "warnings"),
        )
    }
}

impl Kept {
    fn add(&mut self, place: impl Into<Place>, code: Option<&'static str>, message: impl Display) {
        self.push(Finding {
            place: place.into(),
            first: None,
            code,
            message: message.to_string(),
        });
    }

    fn push(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.omitted += 1;
        }
    }

    fn locate(
        mut self,
        documents: &[Document<'_>],
        pages: &[Page<'_>],
        what: &str,
    ) -> Vec<Located> {
        self.name_first_places(documents, pages);
        self.findings
            .sort_by_key(|finding| (finding.place.page, finding.place.offset));
        let mut cursor = Cursor::default();
        let mut located = Vec::with_capacity(self.findings.len() + 1);
        for finding in self.findings {
            let Finding {
                place,
                first: _,
                code,
                message,
            } = finding;
            let text = pages.get(place.page).map_or("", |page| page.text());
            cursor.advance(place.page, text, place.offset);
            located.push(Located {
                name: documents
                    .get(place.page)
                    .map_or_else(|| "input".to_owned(), |document| document.name.to_owned()),
                line: cursor.line,
                column: cursor.column,
                path: place.path,
                code,
                message,
            });
        }
        if self.omitted > 0
            && let Some(last) = located.last().cloned()
        {
            let omitted = self.omitted;
            located.push(Located {
                code: None,
                path: String::new(),
                message: format!("{omitted} more {what} after the first {MAX_FINDINGS}"),
                ..last
            });
        }
        located
    }

    /// Writes the places in other documents behind the messages.
    fn name_first_places(&mut self, documents: &[Document<'_>], pages: &[Page<'_>]) {
        let about_two = self.findings.iter_mut();
        let mut about_two: Vec<(Place, &mut String)> = about_two
            .filter_map(|finding| Some((finding.first.take()?, &mut finding.message)))
            .collect();
        about_two.sort_by_key(|(first, _)| (first.page, first.offset));
        let mut cursor = Cursor::default();
        for (first, message) in about_two {
            let text = pages.get(first.page).map_or("", |page| page.text());
            cursor.advance(first.page, text, first.offset);
            let name = documents
                .get(first.page)
                .map_or("input", |found| found.name);
            let (line, column) = (cursor.line, cursor.column);
            let place = format!(" (the first is at {}:{line}:{column})", Shown(name));
            message.push_str(&place);
        }
    }
}

/// Counts lines and columns once, for ascending places.
#[derive(Debug)]
pub(super) struct Cursor {
    page: usize,
    offset: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            page: 0,
            offset: 0,
            line: 1,
            column: 1,
        }
    }
}

impl Cursor {
    /// Moves on to byte `offset` of `text`, never back within one page.
    pub(super) fn advance(&mut self, page: usize, text: &str, offset: usize) {
        if self.page != page {
            *self = Self {
                page,
                ..Self::default()
            };
        }
        let passed = text.get(self.offset..offset).unwrap_or("");
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.column = match passed.rsplit_once('\n') {
            Some((_, behind)) => 1 + behind.chars().count(),
            None => self.column + passed.chars().count(),
        };
        self.offset += passed.len();
    }
}
