//! A value of a document, whatever its syntax, with its place.
//!
//! JSON and YAML are read into the same tree, so that what is written in it is
//! understood once. Numbers and plain words stay as they are written: a port
//! `022` is not turned into 18 here.

use crate::row::Row;

/// Where something stands, both counting from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: u32,
    /// In characters.
    pub(crate) column: u32,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) at: Position,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Nothing, as `null` or `~`.
    Null,
    /// A number, a boolean, or a word without quotes, as it is written.
    Plain(String),
    /// A text in quotes.
    Quoted(String),
    /// A list.
    List(Vec<Value>),
    /// A map in input order, each key once.
    Map(Vec<(Key, Value)>),
    /// What another file adds to a list.
    Row(Box<Row>),
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) at: Position,
    pub(crate) text: String,
}

/// Two values are the same when they say the same, wherever they stand.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Value {
    /// Returns the value of a key that stands for something.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.given(name).filter(|value| !value.is_absent())
    }

    /// Returns the value of a key, also one that stands for nothing, but for
    /// `null`.
    pub(crate) fn given(&self, name: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|(key, _)| key.text == name);
        let found = found.map(|(_, value)| value);
        found.filter(|value| value.kind != Kind::Null)
    }

    /// Tells whether there is such a key, whatever its value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries().iter().any(|(key, _)| key.text == name)
    }

    /// Returns the entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[(Key, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Plain(text) | Kind::Quoted(text) => Some(text),
            Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Row(_) => None,
        }
    }

    /// Tells whether the value stands for nothing: `null`, `""`, `{}`, `[]`
    /// (section 6).
    pub(crate) fn is_absent(&self) -> bool {
        match &self.kind {
            Kind::Null => true,
            Kind::Plain(text) | Kind::Quoted(text) => text.is_empty(),
            Kind::List(items) => items.is_empty(),
            Kind::Map(entries) => entries.is_empty(),
            Kind::Row(_) => false,
        }
    }

    /// Tells whether the value is `null`.
    pub(crate) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// Tells whether the value is `true`.
    pub(crate) fn is_true(&self) -> bool {
        self.text()
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Returns what the value is, for a message.
    pub(crate) const fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Plain(_) | Kind::Quoted(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) | Kind::Row(_) => "an object",
        }
    }
}
