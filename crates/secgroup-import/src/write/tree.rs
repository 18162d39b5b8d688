//! A document in the making, its fields in the order in which they are added.

use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_saphyr::{FlowMap, FlowSeq};

/// A value.
#[derive(Debug)]
pub(super) enum Tree {
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<Self>),
    Map(Fields),
    /// A list on one line, where the form has lines.
    Row(Vec<Self>),
    /// A map on one line, where the form has lines.
    Line(Fields),
}

/// The fields of a map.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Tree)>);

impl Fields {
    /// Adds a field.
    pub(super) fn add(&mut self, name: &str, value: Tree) {
        self.0.push((name.to_owned(), value));
    }

    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, text: impl Display) {
        self.add(name, Tree::Text(text.to_string()));
    }

    /// Adds a text that may be absent.
    pub(super) fn optional(&mut self, name: &str, text: Option<impl Display>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// Tells whether there is no field.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(items) => items.serialize(serializer),
            Self::Map(fields) => fields.serialize(serializer),
            Self::Row(items) => FlowSeq(items).serialize(serializer),
            Self::Line(fields) => FlowMap(fields).serialize(serializer),
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
