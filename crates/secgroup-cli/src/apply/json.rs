//! A call as a JSON object: `{"Action": "JoinSecurityGroup", …}`.
//!
//! `Action` is the operation, `Version` the API and `As` a name for later
//! lines; everything else is a parameter. Lists and objects are spread as on
//! the wire: `{"Permissions": [{"Policy": "drop"}]}` is `Permissions.1.Policy`.
//! Numbers and booleans are sent as they are written, and `null`, like an empty
//! list, sends nothing.

use std::collections::HashSet;
use std::fmt;

use secgroup_model::Shown;
use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::draft::{Draft, check_name};
use super::shell::Fault;
use super::template::{Names, Template};

/// How deep lists and objects may lie in each other.
pub(super) const MAX_NESTING: usize = 16;

/// Reads a line.
///
/// # Errors
///
/// Returns the first fault.
pub(super) fn read(line: &str, names: &Names) -> Result<Draft, Fault> {
    let whole: &RawValue = serde_json::from_str(line).map_err(|error| syntax(line, &error))?;
    let mut reader = Reader {
        line,
        names,
        draft: Draft::default(),
    };
    let end = reader.at(whole.get()) + whole.get().len();
    let mut seen = HashSet::new();
    for (name, value) in reader.members(whole.get())? {
        reader.member(&name, value)?;
        if let Some(twice) = seen.replace(name) {
            let message = format!("`{}` is there twice", Shown(&twice));
            return Err(reader.fault(value, message));
        }
    }
    if reader.draft.action.is_empty() {
        let message = "the call has no `Action`, such as \"Action\":\"JoinSecurityGroup\"";
        return Err(Fault::new(end.saturating_sub(1), message));
    }
    Ok(reader.draft)
}

struct Reader<'a, 'n> {
    line: &'a str,
    names: &'n Names,
    draft: Draft,
}

impl<'a> Reader<'a, '_> {
    /// Returns the byte of the line at which a part of it begins.
    fn at(&self, part: &str) -> usize {
        part.as_ptr().addr() - self.line.as_ptr().addr()
    }

    fn fault(&self, part: &str, message: impl Into<String>) -> Fault {
        Fault::new(self.at(part), message)
    }

    fn member(&mut self, name: &str, value: &'a str) -> Result<(), Fault> {
        match name {
            "Action" => self.draft.action = self.required(name, value)?,
            "Version" => {
                let version = self.required(name, value)?;
                let set = self.draft.set_version(&version);
                set.map_err(|message| self.fault(value, message))?;
            }
            "As" => {
                let name = self.required(name, value)?;
                let checked = self.names.check_new(&name);
                checked.map_err(|message| self.fault(value, message))?;
                self.draft.name = Some(name);
            }
            _ => self.spread(name, value, 1)?,
        }
        Ok(())
    }

    /// Reads a member that is part of the call itself.
    fn required(&self, name: &str, value: &'a str) -> Result<String, Fault> {
        let text = if value.starts_with('"') {
            self.text(value)?
        } else {
            String::new()
        };
        if text.is_empty() {
            let message = format!("`{name}`: expected text, found `{}`", Shown(value));
            return Err(self.fault(value, message));
        }
        Ok(text)
    }

    /// Adds the parameters that a value stands for.
    fn spread(&mut self, name: &str, value: &'a str, depth: usize) -> Result<(), Fault> {
        // Before it gets longer and longer.
        check_name(name).map_err(|message| self.fault(value, message))?;
        match value.as_bytes().first() {
            Some(b'{' | b'[') if depth > MAX_NESTING => {
                let message = format!("more than {MAX_NESTING} lists and objects in each other");
                Err(self.fault(value, message))
            }
            Some(b'{') => {
                for (member, inner) in self.members(value)? {
                    self.spread(&format!("{name}.{member}"), inner, depth + 1)?;
                }
                Ok(())
            }
            Some(b'[') => {
                for (number, inner) in (1_usize..).zip(self.items(value)?) {
                    self.spread(&format!("{name}.{number}"), inner, depth + 1)?;
                }
                Ok(())
            }
            Some(b'n') => Ok(()),
            Some(b'"') => {
                let text = Template::read(&self.text(value)?, self.names);
                let text = text.map_err(|message| self.fault(value, message))?;
                self.add(name, text, value)
            }
            _ => self.add(name, Template::from(value), value),
        }
    }

    fn add(&mut self, name: &str, text: Template, value: &str) -> Result<(), Fault> {
        let added = self.draft.add(name, text);
        added.map_err(|message| self.fault(value, message))
    }

    /// Decodes a string.
    fn text(&self, value: &str) -> Result<String, Fault> {
        // The syntax is known to be right, so only an escape can be wrong.
        serde_json::from_str(value).map_err(|_| {
            let message = format!(
                "`{}` holds half a character (a lone surrogate)",
                Shown(value)
            );
            self.fault(value, message)
        })
    }

    /// Opens an object.
    fn members(&self, value: &'a str) -> Result<Vec<(String, &'a str)>, Fault> {
        let read = Deserializer::from_str(value).deserialize_map(Members);
        read.map_err(|error| inner(self.at(value), value, &error))
    }

    /// Opens a list.
    fn items(&self, value: &'a str) -> Result<Vec<&'a str>, Fault> {
        let read = Deserializer::from_str(value).deserialize_seq(Items);
        read.map_err(|error| inner(self.at(value), value, &error))
    }
}

/// Returns what `serde_json` says, without the place, which goes in front.
fn syntax(line: &str, error: &serde_json::Error) -> Fault {
    inner(0, line, error)
}

fn inner(begin: usize, text: &str, error: &serde_json::Error) -> Fault {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    // A column counts the bytes that were read, the wrong one included.
    let mut at = error.column().saturating_sub(1).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Fault::new(begin + at, format!("not a call in JSON: {said}"))
}

/// Collects the members of an object in their order, also those that have the
/// same name.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some((name, value)) = members.next_entry::<String, &'de RawValue>()? {
            read.push((name, value.get()));
        }
        Ok(read)
    }
}

/// Collects the items of a list.
struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(value) = items.next_element::<&'de RawValue>()? {
            read.push(value.get());
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use secgroup_ecs::Product;

    use super::*;
    use crate::apply::draft::{MAX_NAME, MAX_PARAMETERS};

    fn names() -> Names {
        let mut names = Names::default();
        names.add_call(Some("web".to_owned()));
        names
    }

    fn parameters(line: &str) -> Vec<(String, String)> {
        let draft = read(line, &Names::default()).unwrap();
        let parameters = draft.parameters.into_iter();
        parameters
            .map(|(name, value)| (name, value.literal().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn lists_and_objects_are_spread_as_on_the_wire() {
        let found = parameters(
            r#" {"Action":"A","Permissions":[{"IpProtocol":"TCP","Priority":1},{"Policy":"drop"}],
            "Tag":[{"Key":"a"}],"B":true,"N":-1.50e3,"L":["x",["y"]],"Gone":null,"E":[],"F":{},"T":"\u00e9\n"} "#,
        );
        let expected = [
            ("B", "true"),
            ("L.1", "x"),
            ("L.2.1", "y"),
            ("N", "-1.50e3"),
            ("Permissions.1.IpProtocol", "TCP"),
            ("Permissions.1.Priority", "1"),
            ("Permissions.2.Policy", "drop"),
            ("T", "\u{e9}\n"),
            ("Tag.1.Key", "a"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn action_version_and_name_are_no_parameters() {
        let line = r#"{"Action":"CreateVpc","Version":"2016-04-28","As":"net","A":"${web.Id}"}"#;
        let draft = read(line, &names()).unwrap();
        assert_eq!(draft.action, "CreateVpc");
        assert_eq!(draft.product, Some(Product::Vpc));
        assert_eq!(draft.name.as_deref(), Some("net"));
        assert_eq!(draft.parameters["A"].needs().collect::<Vec<_>>(), [0]);
        assert_eq!(draft.parameters.len(), 1);
    }

    #[test]
    fn faults_have_their_place() {
        for (line, at, says) in [
            (
                r#"{"Action":"A""#,
                12,
                "not a call in JSON: EOF while parsing an object",
            ),
            (r#"{"Action":"A",}"#, 14, "key must be a string"),
            (r#"{"Action":"A"} x"#, 15, "trailing characters"),
            (r#"{"A":"é"x}"#, 9, "expected `,` or `}`"),
            (r#"{"B":1}"#, 6, "no `Action`"),
            (r#"{"Action":1}"#, 10, "expected text, found `1`"),
            (r#"{"Action":""}"#, 10, "expected text"),
            (
                r#"{"Action":"A","Action":"B"}"#,
                23,
                "`Action` is there twice",
            ),
            (r#"{"Action":"A","B":1,"B":2}"#, 24, "`B` is there twice"),
            (
                r#"{"Action":"A","B.1":1,"B":[2]}"#,
                27,
                "`B.1` is there twice",
            ),
            (
                r#"{"Action":"A","Version":"2015"}"#,
                24,
                "`2015` is not simulated",
            ),
            (
                r#"{"Action":"A","As":"web"}"#,
                19,
                "has the name `web` already",
            ),
            (r#"{"Action":"A","As":"1"}"#, 19, "cannot be the name"),
            (
                r#"{"Action":"A","B":[{"C":"${db.Id}"}]}"#,
                24,
                "is called `db`",
            ),
            (r#"{"Action":"A","B":"\ud800"}"#, 18, "lone surrogate"),
        ] {
            let fault = read(line, &names()).unwrap_err();
            assert_eq!(fault.at, at, "{line}: {fault:?}");
            assert!(fault.message.contains(says), "{line}: {fault:?}");
        }
    }

    #[test]
    fn nesting_names_and_parameters_have_limits_that_hold_on_both_sides() {
        let nested = |depth: usize| {
            let line = format!(
                "{{\"Action\":\"A\",\"B\":{}1{}}}",
                "[".repeat(depth),
                "]".repeat(depth)
            );
            read(&line, &Names::default())
        };
        assert!(nested(MAX_NESTING).is_ok());
        assert!(
            nested(MAX_NESTING + 1)
                .unwrap_err()
                .message
                .contains("more than 16")
        );
        assert!(nested(100_000).is_err());

        let named = |length: usize| {
            let line = format!("{{\"Action\":\"A\",\"{}\":1}}", "n".repeat(length));
            read(&line, &Names::default())
        };
        assert!(named(MAX_NAME).is_ok());
        assert!(
            named(MAX_NAME + 1)
                .unwrap_err()
                .message
                .contains("1000 bytes")
        );

        let many = |count: usize| {
            let items = vec!["1"; count].join(",");
            read(
                &format!("{{\"Action\":\"A\",\"B\":[{items}]}}"),
                &Names::default(),
            )
        };
        assert!(many(MAX_PARAMETERS).is_ok());
        assert!(
            many(MAX_PARAMETERS + 1)
                .unwrap_err()
                .message
                .contains("20000 parameters")
        );
    }
}
