//! JSON values with their places.
//!
//! A [`Node`] is a slice of the document that `serde_json` has found to be one
//! value, with the path that leads to it. Objects and arrays are opened one
//! level at a time.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use secgroup_model::Shown;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::document::Page;
use super::findings::{Findings, Place};

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
    /// The JSON text; a slice of the page.
    json: &'a str,
    pub(super) path: Path<'p>,
}

/// An opened object, each key once.
#[derive(Debug)]
pub(super) struct Object<'a, 'p> {
    pub(super) node: Node<'a, 'p>,
    fields: Vec<Field<'a>>,
}

#[derive(Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    key: &'a str,
    value: &'a str,
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

    /// Returns the number of the document.
    pub(super) const fn page_number(&self) -> usize {
        self.page.number()
    }

    /// Returns the byte of the document at which the value begins.
    pub(super) fn offset(&self) -> usize {
        offset_in(self.page, self.json)
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

    /// Opens an object; anything else and repeated keys are problems.
    pub(super) fn object(self, findings: &mut Findings) -> Option<Object<'a, 'p>> {
        if !self.is_object() {
            findings.problem(
                self,
                format_args!("expected an object, found `{}`", self.shown()),
            );
            return None;
        }
        let Fields(raw) = self.opened(findings)?;
        let mut fields = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let (key, value) = (key.get(), value.get());
            let name = self.part(key).decoded(findings)?;
            fields.push(Field { name, key, value });
        }
        let object = Object { node: self, fields };
        object.check_keys(findings);
        Some(object)
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
        let items: Vec<&'a RawValue> = self.opened(findings).unwrap_or_default();
        for (index, item) in items.into_iter().enumerate() {
            let node = Node {
                json: item.get(),
                path: Path::Item(&self.path, index),
                ..self
            };
            each(node, findings);
        }
    }

    /// Returns the text of a JSON string.
    fn decoded(&self, findings: &mut Findings) -> Option<Cow<'a, str>> {
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

    /// Opens a value one level deep. Its syntax is known to be right.
    fn opened<T: Deserialize<'a>>(&self, findings: &mut Findings) -> Option<T> {
        serde_json::from_str(self.json)
            .map_err(|error| findings.problem(*self, error))
            .ok()
    }

    /// Returns another slice of the document, in the same place.
    const fn part(&self, json: &'a str) -> Self {
        Self { json, ..*self }
    }
}

impl<'a> Object<'a, '_> {
    /// Returns a field that is present and stands for something.
    pub(super) fn field<'s>(&'s self, name: &'s str) -> Option<Node<'a, 's>> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        let node = Node {
            page: self.node.page,
            json: field.value,
            path: Path::Field(&self.node.path, name),
        };
        (!node.is_absent()).then_some(node)
    }

    /// Returns the text of a field that is present.
    pub(super) fn text(&self, name: &str, findings: &mut Findings) -> Option<Cow<'a, str>> {
        self.field(name)?.text(findings)
    }

    /// Tells whether the key is there, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Returns all keys, each with its place.
    pub(super) fn keys<'s>(&'s self) -> impl Iterator<Item = (&'s str, Node<'a, 's>)> {
        self.fields.iter().map(|field| {
            let node = Node {
                page: self.node.page,
                json: field.key,
                path: Path::Field(&self.node.path, &field.name),
            };
            (field.name.as_ref(), node)
        })
    }

    /// Reports keys that occur twice: which value counts would be a guess.
    fn check_keys(&self, findings: &mut Findings) {
        /// Below this many keys, comparing all pairs beats hashing.
        const FEW: usize = 32;
        let fields = &self.fields;
        if fields.len() <= FEW {
            for (at, field) in fields.iter().enumerate() {
                if fields[..at].iter().any(|first| first.name == field.name) {
                    self.report_twice(field, findings);
                }
            }
            return;
        }
        let mut seen = HashSet::new();
        for field in fields {
            if !seen.insert(&field.name) {
                self.report_twice(field, findings);
            }
        }
    }

    fn report_twice(&self, second: &Field<'a>, findings: &mut Findings) {
        let node = Node {
            page: self.node.page,
            json: second.key,
            path: Path::Field(&self.node.path, &second.name),
        };
        let name = Shown(&second.name);
        findings.problem(
            node,
            format_args!("key `{name}` occurs twice in one object; keep one of them"),
        );
        findings.lose_definition();
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

/// The fields of an object in input order, keys as they are written.
struct Fields<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Returns where `part`, a slice of the page, begins in it.
fn offset_in(page: Page<'_>, part: &str) -> usize {
    part.as_ptr().addr() - page.text().as_ptr().addr()
}
