//! Where the parts of a snapshot stand in the documents they were read from.

use secgroup_model::Origin;

use super::document::Page;
use super::findings::{Cursor, Findings};
use super::site::Sites;
use super::{Document, Located};

/// The places of groups, rules, interfaces and lists, by what the model calls
/// their origin.
#[derive(Clone, Debug)]
pub struct Places(Sites);

impl Places {
    pub(super) const fn new(sites: Sites) -> Self {
        Self(sites)
    }

    /// Returns the place of each of some parts, without a message. `documents`
    /// are those that were read.
    #[must_use]
    pub fn locate(&self, documents: &[Document<'_>], origins: &[Origin]) -> Vec<Located> {
        // They were read, so nothing can be wrong with them.
        let mut nothing = Findings::default();
        let numbered = documents.iter().enumerate();
        let pages: Vec<Page<'_>> = numbered
            .map(|(number, document)| Page::open(number, document, &mut nothing))
            .collect();
        let places = origins.iter().map(|origin| self.0.place(*origin));
        let mut places: Vec<_> = places.enumerate().collect();
        places.sort_by_key(|(_, place)| (place.page, place.offset));
        let mut cursor = Cursor::default();
        let mut located: Vec<(usize, Located)> = Vec::with_capacity(places.len());
        for (number, place) in places {
            let text = pages.get(place.page).map_or("", |page| page.text());
            cursor.advance(place.page, text, place.offset);
            let document = documents.get(place.page);
            let one = Located {
                name: document
                    .map_or("input", |document| document.name)
                    .to_owned(),
                line: cursor.line,
                column: cursor.column,
                path: place.path,
                code: None,
                message: String::new(),
            };
            located.push((number, one));
        }
        located.sort_by_key(|(number, _)| *number);
        located.into_iter().map(|(_, one)| one).collect()
    }
}
