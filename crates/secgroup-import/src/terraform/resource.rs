//! A resource and its attributes, known or not.

use super::address::Address;
use crate::findings::{Findings, Origin};
use crate::fleet::Placed;
use crate::value::{Kind, Value};

/// The text that stands for what is not known in states of Pulumi.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// The key that marks an encrypted value in states of Pulumi.
const SECRET: &str = "4dabf18193072939515e22adb298388d";

/// One instance of a resource.
#[derive(Debug)]
pub(crate) struct Resource<'v> {
    pub(crate) address: Address,
    /// Its address as the file has it, of an old object with its key; in
    /// messages it is escaped.
    pub(crate) name: String,
    /// Its type, such as `alicloud_security_group`.
    pub(crate) kind: String,
    pub(crate) origin: Origin,
    pub(crate) attributes: &'v Value,
    /// What is not known before apply.
    pub(crate) unknown: Option<&'v Value>,
    pub(crate) spelling: Spelling,
}

/// How attributes are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `cidr_ip`.
    Snake,
    /// `cidrIp`.
    Camel,
}

/// What an attribute says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attribute<'v> {
    Absent,
    Known(&'v Value),
    /// It will have a value, which is not known yet, or is kept secret.
    Unknown,
}

impl<'v> Resource<'v> {
    /// Returns an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Attribute<'v> {
        let name = self.spelt(name);
        match self.attributes.get(&name) {
            Some(value) if is_hidden(value) => Attribute::Unknown,
            Some(value) => Attribute::Known(value),
            None if self.is_unknown(&name) => Attribute::Unknown,
            None => Attribute::Absent,
        }
    }

    /// Returns the first of several attributes that says most: one that is
    /// known, or else one that will be.
    pub(crate) fn first(&self, names: &[&'static str]) -> (&'static str, Attribute<'v>) {
        let all = names.iter().map(|name| (*name, self.attribute(name)));
        let rank = |attribute: &Attribute<'_>| match attribute {
            Attribute::Known(_) => 0,
            Attribute::Unknown => 1,
            Attribute::Absent => 2,
        };
        let first = all.min_by_key(|(_, attribute)| rank(attribute));
        first.unwrap_or(("", Attribute::Absent))
    }

    /// Returns the text of an attribute; none of one that is absent or unknown.
    pub(crate) fn text(&self, name: &str, findings: &mut Findings) -> Option<Placed> {
        match self.attribute(name) {
            Attribute::Known(value) => self.text_of(name, value, findings),
            Attribute::Absent | Attribute::Unknown => None,
        }
    }

    /// Returns the text of a value of an attribute; anything else is a problem.
    pub(crate) fn text_of(
        &self,
        name: &str,
        value: &Value,
        findings: &mut Findings,
    ) -> Option<Placed> {
        let origin = self.part(name, value);
        let text = value.text();
        if text.is_none() {
            let message = format_args!("expected text, found {}", value.what());
            findings.problem(&origin, message);
        }
        Some((text?.to_owned(), origin))
    }

    /// Returns the texts of a list, and whether the list, or an item of it, is
    /// not known. A text by itself is a list of one.
    pub(crate) fn texts(&self, name: &str, findings: &mut Findings) -> (Vec<Placed>, bool) {
        let value = match self.attribute(name) {
            Attribute::Absent => return (Vec::new(), false),
            Attribute::Unknown => return (Vec::new(), true),
            Attribute::Known(value) => value,
        };
        let Kind::List(items) = &value.kind else {
            return (
                self.text_of(name, value, findings).into_iter().collect(),
                false,
            );
        };
        let mut unknown = self.is_partly_unknown(name);
        let mut texts = Vec::with_capacity(items.len());
        let list = self.part(name, value);
        for (index, item) in items.iter().enumerate() {
            let origin = list.item(index, item.at);
            match item.text() {
                _ if is_hidden(item) => unknown = true,
                Some("") => {}
                Some(text) => texts.push((text.to_owned(), origin)),
                None if item.is_absent() => {}
                None => {
                    let message = format_args!("expected text, found {}", item.what());
                    findings.problem(&origin, message);
                }
            }
        }
        (texts, unknown)
    }

    /// Returns the place of an attribute.
    pub(crate) fn part(&self, name: &str, value: &Value) -> Origin {
        self.origin.part(&self.spelt(name), value.at)
    }

    /// Returns the place of an attribute that has no place of its own.
    pub(crate) fn place(&self, name: &str) -> Origin {
        self.origin.part(&self.spelt(name), self.origin.at)
    }

    fn is_unknown(&self, name: &str) -> bool {
        self.unknown
            .and_then(|unknown| unknown.get(name))
            .is_some_and(|unknown| unknown.is_true() || !unknown.items().is_empty())
    }

    fn is_partly_unknown(&self, name: &str) -> bool {
        let unknown = self.unknown.and_then(|unknown| unknown.get(name));
        unknown.is_some_and(|unknown| unknown.items().iter().any(Value::is_true))
    }

    /// Returns how many items of a list are not known, where that is known.
    pub(crate) fn unknown_items(&self, name: &str) -> Option<usize> {
        let items = self.unknown?.get(name)?.items();
        let count = items.iter().filter(|item| item.is_true()).count();
        (count > 0).then_some(count)
    }

    fn spelt(&self, name: &str) -> String {
        match self.spelling {
            Spelling::Snake => name.to_owned(),
            Spelling::Camel => camel(name),
        }
    }
}

/// Turns `cidr_ip` into `cidrIp`; the list `entry` has a plural there.
pub(crate) fn camel(name: &str) -> String {
    if name == "entry" {
        return "entries".to_owned();
    }
    let mut camel = String::with_capacity(name.len());
    let mut raise = false;
    for character in name.chars() {
        if character == '_' {
            raise = true;
        } else if raise {
            camel.push(character.to_ascii_uppercase());
            raise = false;
        } else {
            camel.push(character);
        }
    }
    camel
}

/// Tells whether a value stands for one that is not known, or encrypted.
pub(crate) fn is_hidden(value: &Value) -> bool {
    value.text() == Some(UNKNOWN) || value.has(SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_in_camel_case_6_4() {
        assert_eq!(camel("ipv6_cidr_ip"), "ipv6CidrIp");
        assert_eq!(camel("source_security_group_id"), "sourceSecurityGroupId");
        assert_eq!(camel("entry"), "entries");
        assert_eq!(camel("type"), "type");
    }
}
