//! JSON into values with places.

use std::fmt;

use secgroup_ecs::MAX_NESTING;
use secgroup_model::Shown;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::value::{Key, Kind, Position, Value};

/// The greatest size of a JSON document of another program: 256 MiB. As a tree
/// of values it takes several times as much.
pub const MAX_JSON_BYTES: usize = 256 << 20;

/// The keys of a value that is an object, or those of the first item of an
/// array; none of anything else.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) names: Vec<String>,
    /// Whether they are those of an item.
    pub(crate) of_item: bool,
}

/// Why a document is not read, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: Position,
    pub(crate) message: String,
}

/// Reads a slice of a document that is known to be one JSON value and begins
/// at byte `start` of `text`.
pub(crate) fn read(text: &str, start: usize, json: &str) -> Result<Value, Fault> {
    let mut reader = Reader {
        text,
        start: text.as_ptr().addr(),
        cursor: Cursor::default(),
    };
    if json.len() > MAX_JSON_BYTES {
        return Err(Fault {
            at: reader.cursor.position(text, start),
            message: format!("larger than the limit of {} MiB", MAX_JSON_BYTES >> 20),
        });
    }
    reader.value(json, 1)
}

/// Counts lines and columns once, for ascending places.
#[derive(Debug, Default)]
struct Cursor {
    offset: usize,
    lines: usize,
    columns: usize,
}

impl Cursor {
    /// Returns the place of a byte, which is never before the last one.
    fn position(&mut self, text: &str, offset: usize) -> Position {
        let passed = text.get(self.offset..offset).unwrap_or("");
        self.lines += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.columns = match passed.rsplit_once('\n') {
            Some((_, behind)) => behind.chars().count(),
            None => self.columns + passed.chars().count(),
        };
        self.offset += passed.len();
        let count = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Position {
            line: count(self.lines),
            column: count(self.columns),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    start: usize,
    cursor: Cursor,
}

impl<'a> Reader<'a> {
    fn place(&mut self, json: &str) -> Position {
        let offset = json.as_ptr().addr() - self.start;
        self.cursor.position(self.text, offset)
    }

    fn value(&mut self, json: &'a str, depth: usize) -> Result<Value, Fault> {
        let at = self.place(json);
        if depth > MAX_NESTING && json.starts_with(['{', '[']) {
            return Err(Fault {
                at,
                message: format!("nesting deeper than {MAX_NESTING} levels"),
            });
        }
        let fault = |error: serde_json::Error| Fault {
            at,
            message: error.to_string(),
        };
        let kind = match json.as_bytes().first() {
            Some(b'{') => {
                let Entries(entries) = serde_json::from_str(json).map_err(fault)?;
                Kind::Map(self.map(&entries, depth)?)
            }
            Some(b'[') => {
                let Items(items) = serde_json::from_str(json).map_err(fault)?;
                let items = items.into_iter();
                let items = items.map(|item| self.value(item.get(), depth + 1));
                Kind::List(items.collect::<Result<_, Fault>>()?)
            }
            Some(b'"') => Kind::Quoted(text_of(json, at)?),
            Some(b'n') => Kind::Null,
            _ => Kind::Plain(json.to_owned()),
        };
        Ok(Value { at, kind })
    }

    fn map(
        &mut self,
        entries: &[(&'a RawValue, &'a RawValue)],
        depth: usize,
    ) -> Result<Vec<(Key, Value)>, Fault> {
        let mut map: Vec<(Key, Value)> = Vec::with_capacity(entries.len());
        let mut seen = std::collections::HashSet::with_capacity(entries.len());
        for (key, value) in entries {
            let at = self.place(key.get());
            let text = text_of(key.get(), at)?;
            if !seen.insert(text.clone()) {
                return Err(Fault {
                    at,
                    message: twice(&text),
                });
            }
            let value = self.value(value.get(), depth + 1)?;
            map.push((Key { at, text }, value));
        }
        Ok(map)
    }
}

/// Says that a key is there twice: which value counts would be a guess.
pub(crate) fn twice(key: &str) -> String {
    format!(
        "key `{}` occurs twice in one object; keep one of them",
        Shown(key)
    )
}

fn text_of(json: &str, at: Position) -> Result<String, Fault> {
    // The syntax is known to be right, so only an escape can be wrong.
    serde_json::from_str(json).map_err(|_| Fault {
        at,
        message: format!(
            "`{}` holds half a character (a lone surrogate)",
            Shown(json)
        ),
    })
}

/// The entries of an object in input order, keys as they are written.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The items of an array.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Items)
    }
}

/// The keys of an item, none of anything but an object.
struct Item(Vec<String>);

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?;
        if !json.get().starts_with('{') {
            return Ok(Self(Vec::new()));
        }
        let keys = serde_json::from_str(json.get()).unwrap_or_else(|_| Keys::default());
        Ok(Self(keys.names))
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut names = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    names.push(key);
                }
                Ok(Keys {
                    names,
                    of_item: false,
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Keys, A::Error> {
                // Of an item that is an array itself nothing counts.
                let first = items.next_element::<Item>()?;
                while let Some(IgnoredAny) = items.next_element()? {}
                Ok(Keys {
                    names: first.map_or_else(Vec::new, |Item(names)| names),
                    of_item: true,
                })
            }
        }
        deserializer.deserialize_any(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_and_key_has_its_line_and_column() {
        let text = "{\"é\": [1,\n  {\"b\": \"x\"}], \"c\": null}";
        let value = read(text, 0, text).unwrap();
        let place = |value: &Value| (value.at.line, value.at.column);
        let list = value.get("é").unwrap();
        assert_eq!(place(list), (1, 7));
        assert_eq!(place(list.items()[1].get("b").unwrap()), (2, 9));
        assert_eq!(
            value.entries()[1].0.at,
            Position {
                line: 2,
                column: 16
            }
        );
    }

    #[test]
    fn nesting_ends_at_its_limit_and_keys_are_there_once() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let text = nested(MAX_NESTING);
        assert!(read(&text, 0, &text).is_ok());
        let text = nested(MAX_NESTING + 1);
        let fault = read(&text, 0, &text).unwrap_err();
        assert!(fault.message.contains("128 levels"), "{}", fault.message);
        let text = r#"{"a": 1, "\u0061": 2}"#;
        let fault = read(text, 0, text).unwrap_err();
        assert_eq!(
            fault.at,
            Position {
                line: 1,
                column: 10
            }
        );
    }
}
