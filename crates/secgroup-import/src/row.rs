//! Rows as ECS would answer them, each field with the place it comes from.
//!
//! What another format says is put into the fields of ECS's answers and then
//! read as those are (section 2), so that there is one grammar of permissions.
//! [`Answers`] are such rows as JSON, and find the place of a field again by
//! the path that a message names.

use std::collections::HashSet;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::findings::Origin;
use crate::value::{Kind, Value};

/// An object of ECS's answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) origin: Origin,
    pub(crate) fields: Vec<Field>,
}

/// A field of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) origin: Origin,
    pub(crate) content: Content,
    /// What is written there, where the text is another way to say it.
    pub(crate) written: Option<String>,
}

/// What is in a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Text(String),
    Texts(Vec<(String, Origin)>),
    Rows(Vec<Row>),
    Row(Row),
}

/// One value of the document that is read instead of the given ones.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Row(Row),
    /// What is in ECS's form already, but not in JSON.
    Value(Origin, Value),
}

/// All of them: one array.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(pub(crate) Vec<Answer>);

impl Row {
    /// Makes a row without fields.
    pub(crate) const fn new(origin: Origin) -> Self {
        Self {
            origin,
            fields: Vec::new(),
        }
    }

    /// Adds a field.
    pub(crate) fn put(&mut self, name: &'static str, origin: Origin, text: impl Into<String>) {
        self.add(name, origin, Content::Text(text.into()));
    }

    /// Adds a field of any kind.
    pub(crate) fn add(&mut self, name: &'static str, origin: Origin, content: Content) {
        self.fields.push(Field {
            name,
            origin,
            content,
            written: None,
        });
    }

    /// Adds a text that is written in another way.
    pub(crate) fn put_for(
        &mut self,
        name: &'static str,
        origin: Origin,
        text: String,
        written: String,
    ) {
        let written = Some(written).filter(|written| *written != text);
        self.fields.push(Field {
            name,
            origin,
            content: Content::Text(text),
            written,
        });
    }

    /// Returns the text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        match &field.content {
            Content::Text(text) => Some(text),
            Content::Texts(_) | Content::Rows(_) | Content::Row(_) => None,
        }
    }

    /// Tells whether there is such a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

impl Answers {
    /// Returns the document.
    pub(crate) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("maps with text keys and texts are JSON")
    }

    /// Returns the place of what a path such as
    /// `[0].SecurityGroups[1].Permissions[0].PortRange` names, or of the
    /// innermost part of it whose place is known.
    pub(crate) fn origin(&self, path: &str) -> Option<Origin> {
        let mut steps = steps(path).into_iter();
        let Some(Step::Item(first)) = steps.next() else {
            return None;
        };
        match self.0.get(first)? {
            Answer::Row(row) => Some(in_row(row, steps)),
            Answer::Value(origin, value) => Some(in_value(origin, value, steps)),
        }
    }

    /// Returns a text and what is written instead of it, if that is what a path
    /// names.
    pub(crate) fn written(&self, path: &str) -> Option<(&str, &str)> {
        let mut steps = steps(path).into_iter();
        let Some(Step::Item(first)) = steps.next() else {
            return None;
        };
        let Answer::Row(root) = self.0.get(first)? else {
            return None;
        };
        let mut row = root;
        loop {
            let Some(Step::Field(name)) = steps.next() else {
                return None;
            };
            let field = row.fields.iter().find(|field| field.name == name)?;
            match (&field.content, steps.next()) {
                (Content::Text(text), None) => return Some((text, field.written.as_deref()?)),
                (Content::Rows(rows), Some(Step::Item(index))) => row = rows.get(index)?,
                _ => return None,
            }
        }
    }
}

/// A step of a path.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let parts = path.split(['.', '[']).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let index = part.strip_suffix(']').and_then(|index| index.parse().ok());
            index.map_or(Step::Field(part), Step::Item)
        })
        .collect()
}

fn in_row<'a>(row: &Row, mut steps: std::vec::IntoIter<Step<'a>>) -> Origin {
    let Some(Step::Field(name)) = steps.next() else {
        return row.origin.clone();
    };
    let Some(field) = row.fields.iter().find(|field| field.name == name) else {
        return row.origin.clone();
    };
    if let Content::Row(inner) = &field.content {
        return in_row(inner, steps);
    }
    match (&field.content, steps.next()) {
        (Content::Rows(rows), Some(Step::Item(index))) => rows
            .get(index)
            .map_or_else(|| field.origin.clone(), |row| in_row(row, steps)),
        (Content::Texts(texts), Some(Step::Item(index))) => texts
            .get(index)
            .map_or_else(|| field.origin.clone(), |(_, origin)| origin.clone()),
        _ => field.origin.clone(),
    }
}

fn in_value<'a>(origin: &Origin, value: &Value, mut steps: std::vec::IntoIter<Step<'a>>) -> Origin {
    let (mut origin, mut value) = (origin.clone(), value);
    while let Some(step) = steps.next() {
        let next = match step {
            Step::Field(name) => {
                let found = value.entries().iter().find(|(key, _)| key.text == name);
                found.map(|(_, inner)| (origin.part(name, inner.at), inner))
            }
            Step::Item(index) => {
                let found = value.items().get(index);
                found.map(|inner| (origin.item(index, inner.at), inner))
            }
        };
        let Some(next) = next else {
            break;
        };
        (origin, value) = next;
        if let Kind::Row(row) = &value.kind {
            return in_row(row, steps);
        }
    }
    origin
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for answer in &self.0 {
            match answer {
                Answer::Row(row) => list.serialize_element(row)?,
                Answer::Value(_, value) => list.serialize_element(value)?,
            }
        }
        list.end()
    }
}

impl Serialize for Row {
    /// Writes each field once: of two, the first.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut seen = HashSet::new();
        for field in &self.fields {
            if !seen.insert(field.name) {
                continue;
            }
            match &field.content {
                Content::Text(text) => map.serialize_entry(field.name, text)?,
                Content::Row(row) => map.serialize_entry(field.name, row)?,
                Content::Rows(rows) => map.serialize_entry(field.name, rows)?,
                Content::Texts(texts) => {
                    let texts: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
                    map.serialize_entry(field.name, &texts)?;
                }
            }
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Null => serializer.serialize_unit(),
            Kind::Row(row) => row.serialize(serializer),
            Kind::Plain(text) | Kind::Quoted(text) => serializer.serialize_str(text),
            Kind::List(items) => serializer.collect_seq(items),
            Kind::Map(entries) => {
                let entries = entries.iter();
                serializer.collect_map(entries.map(|(key, value)| (&key.text, value)))
            }
        }
    }
}
