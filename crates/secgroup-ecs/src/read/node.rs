//! JSON values with their places.
//!
//! A [`Node`] is a slice of the document that `serde_json` has found to be one
//! value, with the path that leads to it. Objects and arrays are opened one
//! level at a time; opened objects are in `object`.

use std::borrow::Cow;
use std::fmt;

use secgroup_model::Shown;
use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::document::Page;
use super::findings::{Findings, Place};
use super::object::Object;

/// The steps from the root of a document to a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'p> {
    /// The document.
    Root,
    /// A field of an object.
    Field(&'p Self, &'p str),
    /// An item of an array.
    Item(&'p Self, usize),
}

/// One JSON value in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a, 'p> {
    page: Page<'a>,
    // INVARIANT: one whole JSON value, a slice of the page's text.
    json: &'a str,
    pub(super) path: Path<'p>,
}

impl<'a, 'p> Node<'a, 'p> {
    /// Returns the value `json` of a document.
    pub(super) const fn root(page: Page<'a>, json: &'a str) -> Node<'a, 'static> {
        Node {
            page,
            json,
            path: Path::Root,
        }
    }

    /// Returns another slice of the same document.
    pub(super) const fn child<'c>(&self, json: &'a str, path: Path<'c>) -> Node<'a, 'c> {
        Node {
            page: self.page,
            json,
            path,
        }
    }

    /// Returns the number of the document.
    pub(super) const fn page_number(&self) -> usize {
        self.page.number()
    }

    /// Returns the byte of the document at which the value begins.
    pub(super) fn offset(&self) -> usize {
        self.json.as_ptr().addr() - self.page.text().as_ptr().addr()
    }

    /// Tells whether the value stands for nothing: `null`, `""`, `{}`, `[]` (section 6).
    pub(super) fn is_absent(&self) -> bool {
        let inside = |open: char, close: char| {
            let inner = self.json.strip_prefix(open)?.strip_suffix(close)?;
            inner.trim_ascii().is_empty().then_some(())
        };
        matches!(self.json, "null" | r#""""#)
            || inside('{', '}').is_some()
            || inside('[', ']').is_some()
    }

    /// Tells whether the value is an object.
    pub(super) fn is_object(&self) -> bool {
        self.json.starts_with('{')
    }

    /// Tells whether the value is an array.
    pub(super) fn is_array(&self) -> bool {
        self.json.starts_with('[')
    }

    /// Returns the JSON text for a message.
    pub(super) const fn shown(&self) -> Shown<'a> {
        Shown(self.json)
    }

    /// Returns the text of a string, or a number or boolean as it is written.
    pub(super) fn text(&self, findings: &mut Findings) -> Option<Cow<'a, str>> {
        match self.json.as_bytes().first() {
            Some(b'"') => self.decoded(findings),
            Some(b'{' | b'[') => {
                findings.problem(
                    *self,
                    format_args!("expected text, found `{}`", self.shown()),
                );
                None
            }
            _ => Some(Cow::Borrowed(self.json)),
        }
    }

    /// Returns a whole number, written as a number or as text.
    pub(super) fn integer(&self, findings: &mut Findings) -> Option<i64> {
        let text = self.text(findings)?;
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        if number.is_none() {
            let message = format_args!("expected a whole number, found `{}`", Shown(&text));
            findings.problem(*self, message);
        }
        number
    }

    /// Returns `true` or `false`, written as a boolean or as text in any case.
    pub(super) fn boolean(&self, findings: &mut Findings) -> Option<bool> {
        let text = self.text(findings)?;
        let value = text.to_ascii_lowercase().parse().ok();
        if value.is_none() {
            let message = format_args!("expected true or false, found `{}`", Shown(&text));
            findings.problem(*self, message);
        }
        value
    }

    /// Opens an object; anything else is a problem.
    pub(super) fn object(self, findings: &mut Findings) -> Option<Object<'a, 'p>> {
        if self.is_object() {
            return Object::open(self, findings);
        }
        let message = format_args!("expected an object, found `{}`", self.shown());
        findings.problem(self, message);
        None
    }

    /// Calls `each` with every item of an array, nested as ECS does it
    /// (`{"SecurityGroup": […]}`) or plain (section 6). Anything else is a
    /// problem, and what it should have defined is lost.
    pub(super) fn for_each(
        self,
        singular: &'static str,
        findings: &mut Findings,
        each: impl FnMut(Node<'a, '_>, &mut Findings),
    ) {
        if self.is_absent() {
            return;
        }
        if self.is_array() {
            return self.for_each_item(findings, each);
        }
        if !self.is_object() {
            return self.reject_list(singular, findings);
        }
        let Some(wrapper) = self.object(findings) else {
            return;
        };
        match wrapper.field(singular) {
            Some(list) if list.is_array() => list.for_each_item(findings, each),
            Some(other) => other.reject_list(singular, findings),
            None if wrapper.has(singular) => {}
            None => self.reject_list(singular, findings),
        }
    }

    /// Reports a value where a list belongs.
    fn reject_list(self, singular: &str, findings: &mut Findings) {
        let found = self.shown();
        let message =
            format_args!("expected an array, or one inside {{\"{singular}\": …}}, found `{found}`");
        findings.problem(self, message);
        findings.lose_definition();
    }

    /// Calls `each` with every item of a plain array.
    pub(super) fn for_each_item(
        self,
        findings: &mut Findings,
        mut each: impl FnMut(Node<'a, '_>, &mut Findings),
    ) {
        let mut index = 0;
        let items = Items(|item: &'a RawValue| {
            each(
                self.child(item.get(), Path::Item(&self.path, index)),
                findings,
            );
            index += 1;
        });
        let read = Deserializer::from_str(self.json).deserialize_seq(items);
        if let Err(error) = read {
            findings.problem(self, error);
        }
    }

    /// Returns the JSON text.
    pub(super) const fn json(&self) -> &'a str {
        self.json
    }

    /// Returns the text of a JSON string.
    pub(super) fn decoded(&self, findings: &mut Findings) -> Option<Cow<'a, str>> {
        let plain = self
            .json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'));
        match plain {
            Some(text) if !text.contains('\\') => Some(Cow::Borrowed(text)),
            _ => match serde_json::from_str(self.json) {
                Ok(text) => Some(Cow::Owned(text)),
                Err(_) => {
                    // The syntax is known to be right, so only an escape can be wrong.
                    let message = format_args!(
                        "`{}` holds half a character (a lone surrogate)",
                        self.shown()
                    );
                    findings.problem(*self, message);
                    None
                }
            },
        }
    }
}

impl From<Node<'_, '_>> for Place {
    fn from(node: Node<'_, '_>) -> Self {
        Self {
            page: node.page_number(),
            offset: node.offset(),
            path: node.path.to_string(),
        }
    }
}

impl fmt::Display for Path<'_> {
    /// Writes `SecurityGroups.SecurityGroup[0].VpcId`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => Shown(name).fmt(f),
            Self::Field(parent, name) => write!(f, "{parent}.{}", Shown(name)),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Calls a function with every item of an array, so that none is kept.
struct Items<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Items<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item);
        }
        Ok(())
    }
}
