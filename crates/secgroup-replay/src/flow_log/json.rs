//! Lines that are JSON objects, cut into values.
//!
//! Only the values that are read are looked at; of nested objects those that
//! [`NESTED`] names. A value stays where it is in the text, without its
//! quotes, unless escapes have to be taken away.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::column::{Column, ColumnNames, Rank, plain_name};
use super::fields::Fields;
use super::format::Names;
use super::layout::Layout;
use super::problem::{JsonFault, RowFault};

/// The objects inside of an object that are looked into.
const NESTED: [&str; 3] = ["flow", "netflow", "tcp"];

/// How many keys are remembered with their meaning.
const MOST_KEYS: usize = 256;

/// Cuts objects; it remembers what keys mean.
#[derive(Debug, Default)]
pub(super) struct Objects {
    keys: Vec<Key>,
    /// Which key is expected next: logs have the same ones in each object.
    next: usize,
    /// Per column: how well its key is called so, and where its value lies.
    found: [Option<(Rank, Place)>; Column::COUNT],
    /// Values that had escapes.
    unescaped: Vec<String>,
}

#[derive(Debug)]
struct Key {
    inside: Option<usize>,
    text: String,
    meaning: Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Column(Column, Rank),
    Nested(usize),
    Nothing,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// In the text, so many bytes after the beginning of the line.
    Text(usize, usize),
    /// Among the values that had escapes.
    Unescaped(usize),
}

impl Objects {
    /// Cuts the line at `from..to` of the text into the values of all columns.
    pub(super) fn cut(
        &mut self,
        fields: &mut Fields,
        (from, to): (usize, usize),
        layout: &Layout,
    ) -> Result<(), RowFault> {
        self.next = 0;
        self.found = [None; Column::COUNT];
        self.unescaped.clear();
        let line = &fields.text()[from..to];
        let mut object = serde_json::Deserializer::from_slice(line);
        let mut twice = false;
        let seed = Object {
            objects: self,
            names: &layout.names,
            inside: None,
            base: line.as_ptr().addr(),
            twice: &mut twice,
        };
        let read = object.deserialize_map(seed).and_then(|()| object.end());
        read.map_err(|error| RowFault::Json(JsonFault::of(&error)))?;
        if twice {
            return Err(RowFault::Json(JsonFault::KeyTwice));
        }
        for found in self.found {
            match found {
                None => fields.push(0, 0),
                Some((_, Place::Text(start, end))) => fields.push(from + start, from + end),
                Some((_, Place::Unescaped(index))) => {
                    fields.push_copy(self.unescaped[index].as_bytes());
                }
            }
        }
        Ok(())
    }

    /// Returns what a key means.
    fn meaning(&mut self, inside: Option<usize>, text: &str, names: &ColumnNames) -> Meaning {
        let same = |key: &Key| key.text == text && key.inside == inside;
        if let Some(key) = self.keys.get(self.next)
            && same(key)
        {
            self.next += 1;
            return key.meaning;
        }
        if let Some(at) = self.keys.iter().position(same) {
            self.next = at + 1;
            return self.keys[at].meaning;
        }
        let meaning = meaning(inside, text, names);
        if self.keys.len() < MOST_KEYS {
            self.next = self.keys.len() + 1;
            self.keys.push(Key {
                inside,
                text: text.to_owned(),
                meaning,
            });
        }
        meaning
    }

    /// Takes a value for a column; tells whether it is there twice.
    fn take(&mut self, column: Column, rank: Rank, raw: &str, base: usize) -> bool {
        let slot = &mut self.found[column as usize];
        match slot {
            Some((known, _)) if *known == rank => return true,
            Some((known, _)) if *known < rank => return false,
            Some(_) | None => {}
        }
        if raw == "null" {
            return false;
        }
        let start = raw.as_ptr().addr() - base;
        let quoted = raw.len() >= 2 && raw.starts_with('"');
        let place = if !quoted {
            Place::Text(start, start + raw.len())
        } else if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
            Place::Text(start + 1, start + raw.len() - 1)
        } else {
            // It was parsed before, so only a lone surrogate fails; it is no
            // value of any column.
            self.unescaped
                .push(serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned()));
            Place::Unescaped(self.unescaped.len() - 1)
        };
        *slot = Some((rank, place));
        false
    }
}

fn meaning(inside: Option<usize>, text: &str, names: &ColumnNames) -> Meaning {
    let column = match inside {
        None => names.ranked(text),
        Some(nested) => names.ranked(&format!("{}.{text}", NESTED[nested])),
    };
    if let Some((column, rank)) = column {
        return Meaning::Column(column, rank);
    }
    let nested = NESTED.iter().position(|known| *known == text);
    match (inside, nested) {
        (None, Some(nested)) => Meaning::Nested(nested),
        _ => Meaning::Nothing,
    }
}

/// Returns the keys of the object in a line, nested ones with their path.
pub(super) fn keys(line: &[u8]) -> Result<Vec<String>, JsonFault> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(line).map_err(|error| JsonFault::of(&error))?;
    let mut keys = Vec::new();
    for (key, value) in object {
        if let (true, Some(nested)) = (NESTED.contains(&key.as_str()), value.as_object()) {
            keys.extend(nested.keys().map(|inner| format!("{key}.{inner}")));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// Returns keys in the form by which formats are recognised.
pub(super) fn names(keys: &[String]) -> Names {
    Names(keys.iter().map(|key| plain_name(key)).collect())
}

impl JsonFault {
    fn of(error: &serde_json::Error) -> Self {
        let byte = u32::try_from(error.column()).unwrap_or(u32::MAX);
        match error.classify() {
            Category::Eof => Self::CutShort,
            Category::Data => Self::NoObject,
            Category::Syntax | Category::Io => Self::Syntax { byte },
        }
    }
}

/// Reads one object.
struct Object<'a> {
    objects: &'a mut Objects,
    names: &'a ColumnNames,
    inside: Option<usize>,
    /// Where the line begins in memory.
    base: usize,
    twice: &'a mut bool,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        loop {
            let seed = KeySeed {
                objects: &mut *self.objects,
                names: self.names,
                inside: self.inside,
            };
            let Some(meaning) = map.next_key_seed(seed)? else {
                return Ok(());
            };
            match meaning {
                Meaning::Nothing => {
                    map.next_value::<IgnoredAny>()?;
                }
                Meaning::Column(column, rank) => {
                    let raw: &RawValue = map.next_value()?;
                    *self.twice |= self.objects.take(column, rank, raw.get(), self.base);
                }
                Meaning::Nested(nested) => map.next_value_seed(Object {
                    objects: &mut *self.objects,
                    names: self.names,
                    inside: Some(nested),
                    base: self.base,
                    twice: &mut *self.twice,
                })?,
            }
        }
    }

    // What is no object there has no values for us.

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reads a key.
struct KeySeed<'a> {
    objects: &'a mut Objects,
    names: &'a ColumnNames,
    inside: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Meaning;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Meaning, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Meaning;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Meaning, E> {
        Ok(self.objects.meaning(self.inside, key, self.names))
    }
}
