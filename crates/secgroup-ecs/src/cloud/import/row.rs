//! Objects of a document, opened without complaint.
//!
//! What is absent, and what has a shape that nobody expects, is simply not
//! there: whether it may be so was decided by [`crate::read()`], whose idea of
//! absent values and of lists this is (section 6).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::cloud::objects::Tags;

/// An object, opened one level deep.
#[derive(Debug)]
pub(super) struct Row<'a> {
    fields: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Row<'a> {
    /// Opens an object.
    pub(super) fn open(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Tells whether the key is there, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(key, _)| key == name)
    }

    /// Returns the value of a field that stands for something.
    fn value(&self, name: &str) -> Option<&'a str> {
        let field = self.fields.iter().find(|(key, _)| key == name);
        field
            .map(|(_, value)| *value)
            .filter(|json| !is_absent(json))
    }

    /// Returns the text of a field, or a number or boolean as it is written.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let json = self.value(name)?;
        match json.as_bytes().first() {
            Some(b'"') => decoded(json),
            Some(b'{' | b'[') => None,
            _ => Some(Cow::Borrowed(json)),
        }
    }

    /// Returns a field that is an object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::open(self.value(name)?)
    }

    /// Returns the items of a list, plain or nested as ECS does it, and whether
    /// it is nested.
    pub(super) fn list(&self, plural: &str, singular: &str) -> (Vec<&'a str>, bool) {
        let Some(json) = self.value(plural) else {
            return (Vec::new(), false);
        };
        if json.starts_with('[') {
            return (items(json), false);
        }
        let inner = Self::open(json).and_then(|wrapper| wrapper.value(singular));
        (inner.map(items).unwrap_or_default(), true)
    }

    /// Returns the texts of a list.
    pub(super) fn texts(&self, plural: &str, singular: &str) -> Vec<Cow<'a, str>> {
        let (items, _) = self.list(plural, singular);
        items.into_iter().filter_map(decoded).collect()
    }

    /// Returns the tags.
    pub(super) fn tags(&self) -> Tags {
        let (items, _) = self.list("Tags", "Tag");
        let rows = items.into_iter().filter_map(Row::open);
        let tags = rows.filter_map(|row| {
            let value = row.text("TagValue").unwrap_or_default();
            Some((row.text("TagKey")?.into_owned(), value.into_owned()))
        });
        Tags(tags.collect())
    }
}

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Row<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    if let Some(key) = decoded(key.get()) {
                        fields.push((key, value.get()));
                    }
                }
                Ok(Row { fields })
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Returns the items of an array.
pub(super) fn items(json: &str) -> Vec<&str> {
    let items: Result<Vec<&RawValue>, _> = serde_json::from_str(json);
    items
        .unwrap_or_default()
        .into_iter()
        .map(RawValue::get)
        .collect()
}

/// Tells whether a value stands for nothing: `null`, `""`, `{}`, `[]`.
fn is_absent(json: &str) -> bool {
    let inside = |open: char, close: char| {
        let inner = json.strip_prefix(open)?.strip_suffix(close)?;
        inner.trim_ascii().is_empty().then_some(())
    };
    matches!(json, "null" | r#""""#) || inside('{', '}').is_some() || inside('[', ']').is_some()
}

/// Returns the text of a JSON string.
fn decoded(json: &str) -> Option<Cow<'_, str>> {
    let plain = json.strip_prefix('"')?.strip_suffix('"')?;
    if plain.contains('\\') {
        return serde_json::from_str(json).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_there_when_it_says_something_6_1() {
        let json = r#"{"a": "x", "b": 7, "c": true, "d": "", "e": null, "f": { }, "g": [],
                       "h": {"i": 1}, "j\u006b": "l\"m", "n": "\ud800"}"#;
        let row = Row::open(json).unwrap();
        let text = |name| row.text(name).map(Cow::into_owned);
        assert_eq!(text("a").as_deref(), Some("x"));
        assert_eq!(text("b").as_deref(), Some("7"));
        assert_eq!(text("c").as_deref(), Some("true"));
        assert_eq!(text("jk").as_deref(), Some("l\"m"));
        for absent in ["d", "e", "f", "g", "h", "n", "z"] {
            assert_eq!(text(absent), None, "{absent}");
        }
        assert!(row.has("d") && !row.has("z"));
        assert!(row.object("h").is_some_and(|inner| inner.has("i")));
        assert!(Row::open("[]").is_none() && Row::open("7").is_none());
    }

    #[test]
    fn lists_are_plain_or_nested_6_1() {
        let of = |json| {
            let row = Row::open(json).unwrap();
            let texts: Vec<String> = row
                .texts("Xs", "X")
                .into_iter()
                .map(Cow::into_owned)
                .collect();
            texts.join(" ")
        };
        assert_eq!(of(r#"{"Xs": ["a", "b"]}"#), "a b");
        assert_eq!(of(r#"{"Xs": {"Y": 1, "X": ["a", 2, {}]}}"#), "a");
        for nothing in [
            r#"{"Xs": {"X": null}}"#,
            r#"{"Xs": 3}"#,
            r#"{"Xs": {"X": "a"}}"#,
        ] {
            assert_eq!(of(nothing), "", "{nothing}");
        }
    }
}
