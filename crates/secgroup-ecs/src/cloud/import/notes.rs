//! What is found while objects are made, with its place in a document.

use std::fmt::{Display, Write as _};
use std::rc::Rc;

use super::sources::text;
use crate::{Document, Located, MAX_FINDINGS};

/// Where an object stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The number of the document.
    pub(super) page: usize,
    /// The byte at which it begins.
    pub(super) offset: usize,
    /// The path of the list it is in, or its own.
    pub(super) parent: Rc<str>,
    /// Its position in the list.
    pub(super) index: Option<usize>,
}

impl Place {
    /// Returns the JSON path.
    pub(super) fn path(&self) -> String {
        let mut path = self.parent.to_string();
        if let Some(index) = self.index {
            write!(path, "[{index}]").expect("writing to a string cannot fail");
        }
        path
    }
}

/// Problems and warnings, at most [`MAX_FINDINGS`] of each.
#[derive(Debug, Default)]
pub(super) struct Notes {
    problems: Vec<(Place, String)>,
    warnings: Vec<(Place, String)>,
}

impl Notes {
    /// Notes what keeps the documents from being a cloud.
    pub(super) fn problem(&mut self, place: &Place, message: impl Display) {
        add(&mut self.problems, place, message);
    }

    /// Notes something odd.
    pub(super) fn warning(&mut self, place: &Place, message: impl Display) {
        add(&mut self.warnings, place, message);
    }

    /// Returns problems and warnings, each by document and position.
    pub(super) fn locate(self, documents: &[Document<'_>]) -> (Vec<Located>, Vec<Located>) {
        (
            located(self.problems, documents),
            located(self.warnings, documents),
        )
    }
}

fn add(notes: &mut Vec<(Place, String)>, place: &Place, message: impl Display) {
    if notes.len() < MAX_FINDINGS {
        notes.push((place.clone(), message.to_string()));
    }
}

/// Finds lines and columns, going once through each document.
fn located(mut notes: Vec<(Place, String)>, documents: &[Document<'_>]) -> Vec<Located> {
    notes.sort_by_key(|(place, _)| (place.page, place.offset));
    let mut notes = notes.into_iter().peekable();
    let mut located = Vec::with_capacity(notes.len());
    for (page, document) in documents.iter().enumerate() {
        let (text, mut at, mut line, mut column) = (text(document), 0, 1, 1);
        while let Some((place, message)) = notes.next_if(|(place, _)| place.page == page) {
            let passed = text.get(at..place.offset).unwrap_or("");
            line += passed.bytes().filter(|byte| *byte == b'\n').count();
            column = match passed.rsplit_once('\n') {
                Some((_, behind)) => 1 + behind.chars().count(),
                None => column + passed.chars().count(),
            };
            at += passed.len();
            located.push(Located {
                name: document.name.to_owned(),
                line,
                column,
                path: place.path(),
                code: None,
                message,
            });
        }
    }
    located
}
