//! YAML into values with places.
//!
//! The parser's events are used, not its values: every word keeps its place
//! and its spelling, tags such as `!Ref` stay visible, and nothing is expanded
//! before it is counted. Merge keys (`<<`) and keys that are no words are
//! refused.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use secgroup_ecs::MAX_NESTING;

use crate::json::{Fault, twice};
use crate::value::{Key, Kind, Position, Value};

/// The greatest size of a YAML document: 64 MiB.
pub const MAX_YAML_BYTES: usize = 64 << 20;

/// The greatest number of values in the documents of a YAML file, those that
/// aliases repeat counted as often as they are repeated.
pub const MAX_YAML_VALUES: usize = 2_000_000;

/// Reads every document of a text.
pub(crate) fn read(text: &str) -> Result<Vec<Value>, Fault> {
    if text.len() > MAX_YAML_BYTES {
        return Err(Fault {
            at: Position::default(),
            message: format!("larger than the limit of {} MiB", MAX_YAML_BYTES >> 20),
        });
    }
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Fault {
            at: position(error.marker()),
            message: format!("not valid YAML: {}", error.info()),
        })?;
        reader.take(event, position(&span.start))?;
    }
    Ok(reader.documents)
}

/// A list or map that is not complete yet.
#[derive(Debug)]
enum Open {
    List(Vec<Value>),
    Map {
        entries: Vec<(Key, Value)>,
        keys: HashSet<String>,
        key: Option<Key>,
    },
}

#[derive(Debug)]
struct Level {
    open: Open,
    at: Position,
    anchor: usize,
    tag: Option<String>,
}

/// A value that others may repeat, with its number of values.
#[derive(Debug)]
struct Anchor {
    value: Value,
    values: usize,
}

#[derive(Debug, Default)]
struct Reader {
    documents: Vec<Value>,
    levels: Vec<Level>,
    anchors: HashMap<usize, Anchor>,
    values: usize,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let kind = match &*text {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Kind::Null,
                    _ if plain => Kind::Plain(text.into_owned()),
                    _ => Kind::Quoted(text.into_owned()),
                };
                self.finish(Value { at, kind }, anchor, own_tag(tag.as_deref()))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(Open::List(Vec::new()), at, anchor, tag.as_deref())
            }
            Event::MappingStart(_, anchor, tag) => {
                let map = Open::Map {
                    entries: Vec::new(),
                    keys: HashSet::new(),
                    key: None,
                };
                self.open(map, at, anchor, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.repeat(anchor, at),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        open: Open,
        at: Position,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), Fault> {
        if self.levels.len() == MAX_NESTING {
            let message = format!("nesting deeper than {MAX_NESTING} levels");
            return Err(Fault { at, message });
        }
        let tag = own_tag(tag);
        self.levels.push(Level {
            open,
            at,
            anchor,
            tag,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(level) = self.levels.pop() else {
            return Ok(());
        };
        let kind = match level.open {
            Open::List(items) => Kind::List(items),
            Open::Map { entries, .. } => Kind::Map(entries),
        };
        let value = Value { at: level.at, kind };
        self.finish(value, level.anchor, level.tag)
    }

    fn repeat(&mut self, anchor: usize, at: Position) -> Result<(), Fault> {
        let Some(anchor) = self.anchors.get(&anchor) else {
            let message = "an alias inside of what it repeats".to_owned();
            return Err(Fault { at, message });
        };
        if self.values + anchor.values > MAX_YAML_VALUES {
            let message = format!("aliases repeat more than {MAX_YAML_VALUES} values");
            return Err(Fault { at, message });
        }
        self.values += anchor.values;
        let value = Value {
            at,
            kind: anchor.value.kind.clone(),
        };
        self.place(value)
    }

    /// Puts a whole value where it belongs.
    fn finish(&mut self, value: Value, anchor: usize, tag: Option<String>) -> Result<(), Fault> {
        let at = value.at;
        self.values += 1;
        if self.values > MAX_YAML_VALUES {
            let message = format!("more than {MAX_YAML_VALUES} values");
            return Err(Fault { at, message });
        }
        let value = match tag {
            None => value,
            Some(tag) => tagged(&tag, value)?,
        };
        if anchor != 0 {
            let anchored = Anchor {
                value: value.clone(),
                values: count(&value),
            };
            self.anchors.insert(anchor, anchored);
        }
        self.place(value)
    }

    fn place(&mut self, value: Value) -> Result<(), Fault> {
        match self.levels.last_mut().map(|level| &mut level.open) {
            None => self.documents.push(value),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map { entries, keys, key }) => match key.take() {
                Some(key) => entries.push((key, value)),
                None => *key = Some(self::key(value, keys)?),
            },
        }
        Ok(())
    }
}

fn count(value: &Value) -> usize {
    let inside = match &value.kind {
        Kind::List(items) => items.iter().map(count).sum(),
        Kind::Map(entries) => entries.iter().map(|(_, value)| count(value)).sum(),
        Kind::Null | Kind::Plain(_) | Kind::Quoted(_) | Kind::Row(_) => 0,
    };
    1 + inside
}

/// Reads a key.
fn key(value: Value, keys: &mut HashSet<String>) -> Result<Key, Fault> {
    let at = value.at;
    let fault = |message: String| Err(Fault { at, message });
    let (Kind::Plain(text) | Kind::Quoted(text)) = value.kind else {
        return fault("a key that is no word".to_owned());
    };
    if text == "<<" {
        return fault("merge keys (`<<`) are not read; repeat the fields".to_owned());
    }
    if !keys.insert(text.clone()) {
        return fault(twice(&text));
    }
    Ok(Key { at, text })
}

/// Returns a tag that is not one of YAML's own types.
fn own_tag(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    (!tag.is_yaml_core_schema() && tag.suffix() != "!").then(|| tag.suffix().to_owned())
}

/// Writes the short forms of ROS out: `!Ref X` is `{"Ref": "X"}`, and
/// `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`.
fn tagged(tag: &str, value: Value) -> Result<Value, Fault> {
    let at = value.at;
    let tag = tag.trim_start_matches('!');
    if tag.is_empty() || !tag.chars().all(|c| c.is_ascii_alphanumeric()) {
        let message = "a tag that is not known".to_owned();
        return Err(Fault { at, message });
    }
    let (name, value) = match (tag, value.text()) {
        ("Ref" | "Condition", _) => (tag.to_owned(), value),
        ("GetAtt", Some(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((text, ""));
            let part = |text: &str| Value {
                at,
                kind: Kind::Quoted(text.to_owned()),
            };
            let kind = Kind::List(vec![part(resource), part(attribute)]);
            ("Fn::GetAtt".to_owned(), Value { at, kind })
        }
        _ => (format!("Fn::{tag}"), value),
    };
    let kind = Kind::Map(vec![(Key { at, text: name }, value)]);
    Ok(Value { at, kind })
}

fn position(marker: &Marker) -> Position {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position {
        line: count(marker.line()),
        column: count(marker.col() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Value {
        read(text).unwrap().remove(0)
    }

    fn fault(text: &str) -> String {
        let fault = read(text).unwrap_err();
        format!("{}:{}: {}", fault.at.line, fault.at.column, fault.message)
    }

    #[test]
    fn words_keep_their_spelling_and_place() {
        let value = one("a: 022 # a port\nb: [1_0, no, '~', ~, ::/0]\n");
        let a = value.get("a").unwrap();
        assert_eq!(a.text(), Some("022"));
        assert_eq!((a.at.line, a.at.column), (1, 4));
        let texts: Vec<_> = value
            .get("b")
            .unwrap()
            .items()
            .iter()
            .map(Value::text)
            .collect();
        assert_eq!(
            texts,
            [Some("1_0"), Some("no"), Some("~"), None, Some("::/0")]
        );
    }

    #[test]
    fn aliases_repeat_values_up_to_the_limit() {
        let value = one("a: &x [1, 2]\nb: *x\n");
        assert_eq!(value.get("a"), value.get("b"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(", ");
            bomb += &format!("a{level}: &a{level} [{items}]\n");
        }
        assert!(fault(&bomb).contains("aliases repeat more than 2000000 values"));
        assert!(fault("a: &x [*x]\n").contains("alias"));
    }

    #[test]
    fn size_and_number_of_values_end_at_their_limits() {
        let list = |values: usize| format!("[{}]", "1,".repeat(values - 1));
        assert!(read(&list(MAX_YAML_VALUES)).is_ok());
        assert!(fault(&list(MAX_YAML_VALUES + 1)).contains("more than 2000000 values"));
        let comment = "#".repeat(MAX_YAML_BYTES);
        assert!(read(&comment).is_ok());
        assert!(fault(&(comment + "#")).contains("larger than the limit of 64 MiB"));
    }

    #[test]
    fn what_would_be_a_guess_is_refused() {
        assert_eq!(
            fault("a: 1\na: 2\n"),
            "2:1: key `a` occurs twice in one object; keep one of them"
        );
        assert!(fault("a: &x {b: 1}\nc:\n  <<: *x\n").starts_with("3:3: merge keys"));
        assert!(fault("? [a]\n: b\n").contains("no word"));
        assert!(fault("a: [1\n").contains("not valid YAML"));
    }

    #[test]
    fn nesting_ends_at_its_limit() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(MAX_NESTING)).is_ok());
        assert!(fault(&nested(MAX_NESTING + 1)).contains("128 levels"));
        assert!(read(&nested(100_000)).is_err());
    }

    #[test]
    fn short_forms_of_functions_are_written_out_6_3() {
        let value = one("a: !Ref X\nb: !GetAtt A.B\nc: !Sub '${x}'\n");
        assert_eq!(
            value.get("a").unwrap().get("Ref").unwrap().text(),
            Some("X")
        );
        let parts = value.get("b").unwrap().get("Fn::GetAtt").unwrap();
        assert_eq!(parts.items()[1].text(), Some("B"));
        assert!(value.get("c").unwrap().has("Fn::Sub"));
    }
}
