//! JSON objects, opened one level deep.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use secgroup_model::Shown;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::findings::Findings;
use super::node::{Node, Path};

/// The greatest number of keys in an object that is read. The objects of ECS
/// have fewer than a hundred.
pub const MAX_KEYS: usize = 1000;

/// An opened object, each key once.
#[derive(Debug)]
pub(super) struct Object<'a, 'p> {
    /// The object, unopened.
    pub(super) node: Node<'a, 'p>,
    fields: Vec<Field<'a>>,
}

#[derive(Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    key: &'a str,
    value: &'a str,
}

impl<'a, 'p> Object<'a, 'p> {
    /// Opens an object; repeated keys and keys that are no text are problems.
    pub(super) fn open(node: Node<'a, 'p>, findings: &mut Findings) -> Option<Self> {
        let Fields(raw) = match serde_json::from_str(node.json()) {
            Ok(fields) => fields,
            Err(error) => {
                findings.problem(node, error);
                return None;
            }
        };
        if raw.len() > MAX_KEYS {
            let message = format_args!("an object with more than {MAX_KEYS} keys");
            findings.problem(node, message);
            return None;
        }
        let mut fields = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let (key, value) = (key.get(), value.get());
            let name = node.child(key, node.path).decoded(findings)?;
            fields.push(Field { name, key, value });
        }
        let object = Self { node, fields };
        object.check_keys(findings);
        Some(object)
    }

    /// Returns a field that is present and stands for something.
    pub(super) fn field<'s>(&'s self, name: &'s str) -> Option<Node<'a, 's>> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        let path = Path::Field(&self.node.path, name);
        let node = self.node.child(field.value, path);
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
            let path = Path::Field(&self.node.path, &field.name);
            (field.name.as_ref(), self.node.child(field.key, path))
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
        let path = Path::Field(&self.node.path, &second.name);
        let key = self.node.child(second.key, path);
        let name = Shown(&second.name);
        let message = format_args!("key `{name}` occurs twice in one object; keep one of them");
        findings.problem(key, message);
        findings.lose_definition();
    }
}

/// The fields of an object in input order, keys as they are written; of too
/// many only one more than [`MAX_KEYS`].
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
                    if fields.len() <= MAX_KEYS {
                        fields.push(field);
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
