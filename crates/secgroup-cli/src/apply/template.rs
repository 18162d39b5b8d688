//! Texts that may hold what an earlier call returned: `${web.SecurityGroupId}`.
//!
//! A reference names a call, by the name it was given or by its number, and
//! the way to a value in its answer: members by name, items of a list by
//! number from 1, as parameters are numbered. [`Names`] are what a line may
//! refer to; a reference to anything else is found before a call is made.

use std::collections::{BTreeMap, HashMap};

use secgroup_model::Shown;
use serde_json::Value;

/// A text, complete once the answers it refers to are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Answer(Reference),
}

/// A value in the answer of an earlier call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The call, counted from 0.
    call: usize,
    path: Vec<String>,
}

/// What a line may refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// How many calls there are before this line.
    calls: usize,
    named: HashMap<String, usize>,
    variables: HashMap<String, Template>,
}

/// The answers that later calls refer to; nothing for calls that failed.
pub(super) type Answers = BTreeMap<usize, Option<Value>>;

impl Template {
    /// Reads a text in which `${NAME.FIELD}` is a reference and `$${` stands
    /// for `${`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with a reference.
    pub(super) fn read(text: &str, names: &Names) -> Result<Self, String> {
        let mut read = Self::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                read.push_str(before);
                read.push_str("${");
                rest = after;
                continue;
            }
            read.push_str(before);
            let (inside, after) = after.split_once('}').ok_or("`${` is not closed with `}`")?;
            read.push(names.reference(inside)?);
            rest = after;
        }
        read.push_str(rest);
        Ok(read)
    }

    /// Appends a text without references.
    pub(super) fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Literal(last)) => last.push_str(text),
            _ => self.0.push(Piece::Literal(text.to_owned())),
        }
    }

    /// Appends a reference.
    pub(super) fn push(&mut self, reference: Reference) {
        self.0.push(Piece::Answer(reference));
    }

    /// Appends another text.
    pub(super) fn append(&mut self, other: &Self) {
        for piece in &other.0 {
            match piece {
                Piece::Literal(text) => self.push_str(text),
                Piece::Answer(reference) => self.push(reference.clone()),
            }
        }
    }

    /// Returns the text, if it holds no reference.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns what stands before the first reference.
    pub(super) fn head(&self) -> &str {
        match self.0.first() {
            Some(Piece::Literal(text)) => text,
            Some(Piece::Answer(_)) | None => "",
        }
    }

    /// Returns the text without its first `bytes`, which are in its head.
    pub(super) fn without(&self, bytes: usize) -> Self {
        let mut rest = Self::from(self.head().get(bytes..).unwrap_or_default());
        let head = usize::from(!self.head().is_empty());
        rest.0.extend(self.0.iter().skip(head).cloned());
        rest
    }

    /// Returns the numbers of the calls whose answers are needed.
    pub(super) fn needs(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Answer(reference) => Some(reference.call),
        })
    }

    /// Completes the text.
    ///
    /// # Errors
    ///
    /// Says which answer is missing, or does not have what is asked for.
    pub(super) fn complete(&self, answers: &Answers) -> Result<String, String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Answer(reference) => text.push_str(&reference.find(answers)?),
            }
        }
        Ok(text)
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        let mut read = Self::default();
        read.push_str(text);
        read
    }
}

impl Reference {
    fn find(&self, answers: &Answers) -> Result<String, String> {
        let number = self.call + 1;
        let Some(Some(body)) = answers.get(&self.call) else {
            return Err(format!(
                "it needs the answer of call {number}, which failed"
            ));
        };
        let mut found = Some(body);
        for step in &self.path {
            found = found.and_then(|value| match value {
                Value::Object(members) => members.get(step),
                Value::Array(items) => {
                    let place = step.parse::<usize>().ok()?.checked_sub(1)?;
                    items.get(place)
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
            });
        }
        let path = self.path.join(".");
        match found {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            Some(Value::Array(_)) => Err(format!(
                "`{path}` of call {number} is a list; name one item by its number, from 1"
            )),
            Some(Value::Object(_)) => Err(format!(
                "`{path}` of call {number} is an object; name one of its members"
            )),
            Some(Value::Null) | None => Err(format!("the answer of call {number} has no `{path}`")),
        }
    }
}

impl Names {
    /// Counts a call, and remembers its name.
    pub(super) fn add_call(&mut self, name: Option<String>) {
        if let Some(name) = name {
            self.named.insert(name, self.calls);
        }
        self.calls += 1;
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, variable: &str, value: Template) {
        self.variables.insert(variable.to_owned(), value);
    }

    /// Returns the value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&Template> {
        self.variables.get(name)
    }

    /// Checks the name for a new call.
    ///
    /// # Errors
    ///
    /// Says why it cannot have the name.
    pub(super) fn check_new(&self, name: &str) -> Result<(), String> {
        if !is_name(name) {
            return Err(format!(
                "`{}` cannot be the name of a call; expected a letter, then letters, digits, `_` and `-`",
                Shown(name)
            ));
        }
        match self.named.get(name) {
            Some(call) => Err(format!("call {} has the name `{name}` already", call + 1)),
            None => Ok(()),
        }
    }

    /// Reads what stands between `${` and `}`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub(super) fn reference(&self, inside: &str) -> Result<Reference, String> {
        let (name, path) = inside.split_once('.').unwrap_or((inside, ""));
        let call = match name.parse::<usize>() {
            Ok(number) => number.checked_sub(1).filter(|call| *call < self.calls),
            Err(_) => self.named.get(name).copied(),
        };
        let Some(call) = call else {
            return Err(format!(
                "`${{{}}}`: no call before this line is called `{}`; {}",
                Shown(inside),
                Shown(name),
                "name it with \"As\" in JSON, or with a comment `# as NAME` behind a command line"
            ));
        };
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let step = |step: &String| {
            !step.is_empty() && step.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !path.iter().all(step) {
            return Err(format!(
                "`${{{}}}` names no value of the answer; write for example `${{{name}.SecurityGroupId}}`",
                Shown(inside)
            ));
        }
        Ok(Reference { call, path })
    }
}

/// Tells whether a text can be the name of a call.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.add_call(Some("web".to_owned()));
        names.add_call(None);
        names
    }

    fn completed(text: &str, answers: &Answers) -> Result<String, String> {
        Template::read(text, &names())?.complete(answers)
    }

    #[test]
    fn a_reference_finds_members_and_items() {
        let body = json!({"SecurityGroupId": "sg-1", "TotalCount": 2, "Done": true,
            "InstanceIdSets": {"InstanceIdSet": ["i-1", "i-2"]}});
        let answers = Answers::from([(0, Some(body)), (1, None)]);
        for (text, expected) in [
            ("${web.SecurityGroupId}", "sg-1"),
            ("a ${1.TotalCount}, ${web.Done} z", "a 2, true z"),
            ("${web.InstanceIdSets.InstanceIdSet.2}", "i-2"),
            ("$${web} $5 $", "${web} $5 $"),
            ("", ""),
        ] {
            assert_eq!(completed(text, &answers).as_deref(), Ok(expected), "{text}");
        }
        for (text, says) in [
            ("${web.Name}", "call 1 has no `Name`"),
            ("${web.InstanceIdSets.InstanceIdSet.0}", "has no"),
            ("${web.InstanceIdSets.InstanceIdSet.3}", "has no"),
            ("${web.InstanceIdSets.InstanceIdSet}", "is a list"),
            ("${web.InstanceIdSets}", "is an object"),
            (
                "${2.SecurityGroupId}",
                "needs the answer of call 2, which failed",
            ),
        ] {
            let error = completed(text, &answers).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_found_before_a_call_is_made() {
        for (text, says) in [
            ("${db.Id}", "no call before this line is called `db`"),
            ("${3.Id}", "called `3`"),
            ("${0.Id}", "called `0`"),
            ("${web}", "names no value"),
            ("${web.}", "names no value"),
            ("${web.a b}", "names no value"),
            ("${web.Id", "not closed"),
        ] {
            let error = Template::read(text, &names()).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        for (name, says) in [
            ("web", "already"),
            ("1a", "cannot"),
            ("", "cannot"),
            ("a.b", "cannot"),
        ] {
            let error = names().check_new(name).unwrap_err();
            assert!(error.contains(says), "{name}: {error}");
        }
        assert_eq!(names().check_new("db-1_a"), Ok(()));
    }

    #[test]
    fn a_text_is_cut_in_its_head_only() {
        let text = Template::read("--A=b${web.Id}c", &names()).unwrap();
        assert_eq!((text.head(), text.literal()), ("--A=b", None));
        let rest = text.without(4);
        let answers = Answers::from([(0, Some(json!({"Id": "7"})))]);
        assert_eq!(rest.complete(&answers).unwrap(), "b7c");
        let all = text.without(5);
        assert_eq!(
            (all.head(), all.complete(&answers).unwrap().as_str()),
            ("", "7c")
        );
        assert_eq!(Template::from("x").without(1).literal(), Some(""));
    }
}
