//! Values of a template: literals, parameters, references to resources, and the
//! functions that need nothing else. Conditions are in [`super::condition`].

use std::fmt;

use secgroup_model::Shown;

use super::Template;
use crate::value::{Kind, Value};

/// How many functions one value of a template may lead through.
pub const MAX_FUNCTIONS: usize = 256;

/// The greatest length in bytes of a text that functions put together.
pub const MAX_TEXT: usize = 10_000;

/// The pseudo parameter that takes a property away.
const NO_VALUE: &str = "ALIYUN::NoValue";

/// What a value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Absent,
    /// What is given is empty.
    Empty(Empty),
    Text(String),
    /// Only creation decides; with what it is, for a message.
    Unknown(String),
}

/// What leaves a value empty that is not written as an empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// The parameter of that name.
    Parameter(String),
    /// The function of that name.
    Function(String),
}

impl fmt::Display for Empty {
    /// Says why the value is empty, and how to go on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => {
                let name = Shown(name);
                write!(
                    f,
                    "parameter {name} is; give it a value with --param {name}=VALUE"
                )
            }
            Self::Function(name) => write!(
                f,
                "what {} gives is; give the parameters values with --param NAME=VALUE",
                Shown(name)
            ),
        }
    }
}

/// What a value comes to when its outermost functions are evaluated.
pub(super) enum Evaluated<'v> {
    /// Something that is written in the template.
    Written(&'v Value),
    Text(String),
    /// A parameter of that name, which is empty.
    Empty(&'v str),
    Nothing,
}

/// What a value comes to, or why that is not known.
pub(super) type Evaluation<'v> = Result<Evaluated<'v>, String>;

/// The attributes whose value is the id of their resource, and how its type ends:
/// others have attributes of the same name, which are the ids of something else.
const ID_ATTRIBUTES: [(&str, &[&str]); 3] = [
    (
        "SecurityGroupId",
        &["::SecurityGroup", "::SecurityGroupClone"],
    ),
    ("PrefixListId", &["::PrefixList"]),
    ("VpcId", &["::VPC", "::Vpc"]),
];

impl Evaluated<'_> {
    pub(super) fn into_text(self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Empty(_) => Ok(String::new()),
            Self::Written(value) => match value.text() {
                Some(text) => Ok(text.to_owned()),
                None => Err(format!("{} where text is expected", value.what())),
            },
            Self::Nothing => Err("nothing where text is expected".to_owned()),
        }
    }
}

impl<'v> Template<'_, 'v> {
    /// Resolves a value that should be text.
    pub(super) fn resolve(&self, value: &'v Value) -> Resolved {
        self.functions.set(0);
        match self.evaluate(value) {
            Err(what) => Resolved::Unknown(what),
            Ok(Evaluated::Nothing) => Resolved::Absent,
            Ok(Evaluated::Empty(parameter)) => {
                Resolved::Empty(Empty::Parameter(parameter.to_owned()))
            }
            Ok(Evaluated::Written(found)) if found.is_absent() && std::ptr::eq(found, value) => {
                Resolved::Absent
            }
            Ok(evaluated) => match evaluated.into_text() {
                Ok(text) if text.is_empty() => {
                    let function = value.entries().first().map(|(name, _)| name.text.clone());
                    Resolved::Empty(Empty::Function(function.unwrap_or_default()))
                }
                Ok(text) => Resolved::Text(text),
                Err(what) => Resolved::Unknown(what),
            },
        }
    }

    /// Returns a list or object that is written, where functions lead to one;
    /// none where there is nothing. Otherwise it says why it is not known.
    pub(super) fn written(&self, value: &'v Value) -> Result<Option<&'v Value>, String> {
        self.functions.set(0);
        match self.evaluate(value)? {
            Evaluated::Written(value) => Ok(Some(value).filter(|value| !value.is_absent())),
            Evaluated::Nothing | Evaluated::Empty(_) => Ok(None),
            Evaluated::Text(_) => Err("text where more is expected".to_owned()),
        }
    }

    /// Evaluates the function that a value is, and those that it leads to.
    pub(super) fn evaluate(&self, value: &'v Value) -> Evaluation<'v> {
        let [(function, argument)] = value.entries() else {
            return Ok(Evaluated::Written(value));
        };
        self.count()?;
        match (function.text.as_str(), argument.text()) {
            ("Ref", Some(name)) => self.refer(name),
            ("Fn::GetAtt", _) => self.attribute(argument),
            ("Fn::If", _) => self.choose(argument),
            ("Fn::FindInMap", _) => self.find_in_map(argument),
            ("Fn::Join", _) => self.join_texts(argument),
            ("Fn::Sub", _) => self.substitute(argument),
            (function, _) if function.starts_with("Fn::") => {
                Err(format!("{} is not evaluated", Shown(function)))
            }
            _ => Ok(Evaluated::Written(value)),
        }
    }

    /// Counts a function; too many are an error.
    pub(super) fn count(&self) -> Result<(), String> {
        self.functions.set(self.functions.get() + 1);
        if self.functions.get() > MAX_FUNCTIONS {
            return Err(format!("it takes more than {MAX_FUNCTIONS} functions"));
        }
        Ok(())
    }

    /// Evaluates what should be text, perhaps an empty one.
    fn text(&self, value: &'v Value) -> Result<String, String> {
        self.evaluate(value)?.into_text()
    }

    /// Resolves `{"Ref": "Name"}`: a parameter, or the id of a resource.
    fn refer(&self, name: &'v str) -> Evaluation<'v> {
        let given = self.given.iter().rev().find(|(given, _)| given == name);
        match given {
            Some((_, value)) if value.is_empty() => return Ok(Evaluated::Empty(name)),
            Some((_, value)) => return Ok(Evaluated::Text(value.clone())),
            None => {}
        }
        let parameter = self.parameters.iter().find(|(key, _)| key.text == name);
        if let Some((_, parameter)) = parameter {
            let mut fields = parameter.entries().iter();
            let default = fields.find(|(key, _)| key.text == "Default");
            return match default {
                Some((_, default)) if default.is_null() || default.text() == Some("") => {
                    Ok(Evaluated::Empty(name))
                }
                Some((_, default)) => Ok(Evaluated::Written(default)),
                None => Err(format!("parameter {name} has no default")),
            };
        }
        if name == NO_VALUE {
            return Ok(Evaluated::Nothing);
        }
        match self.id(name) {
            Some(id) => id.map(|id| Evaluated::Text(id.to_owned())),
            None if name.starts_with("ALIYUN::") => Err(name.to_owned()),
            None => Err(format!("there is no parameter or resource {name}")),
        }
    }

    /// Resolves `{"Fn::GetAtt": ["Name", "Attribute"]}`.
    fn attribute(&self, argument: &Value) -> Evaluation<'v> {
        let parts: Vec<&str> = argument.items().iter().filter_map(Value::text).collect();
        let [name, attribute] = parts[..] else {
            return Err("Fn::GetAtt needs a resource and an attribute".to_owned());
        };
        match (self.id(name), self.ids.get(name)) {
            (Some(id), Some((_, kind))) if is_id(attribute, kind) => {
                id.map(|id| Evaluated::Text(id.to_owned()))
            }
            (Some(_), _) => Err(format!("{attribute} of {name}")),
            (None, _) => Err(format!("there is no resource {name}")),
        }
    }

    /// Returns the id of a resource, or why it has none.
    fn id(&self, name: &str) -> Option<Result<&str, String>> {
        let (id, _) = self.ids.get(name)?;
        if self.left_out.contains(name) {
            return Some(Err(format!("resource {name} is not created")));
        }
        Some(Ok(id))
    }

    /// Resolves `{"Fn::FindInMap": ["Map", "Key", "Field"]}`.
    fn find_in_map(&self, argument: &'v Value) -> Evaluation<'v> {
        let [map, key, field] = argument.items() else {
            return Err("Fn::FindInMap needs a map and two keys".to_owned());
        };
        let text = |value: &'v Value| self.text(value);
        let (map, key, field) = (text(map)?, text(key)?, text(field)?);
        let found = self
            .mappings
            .and_then(|maps| maps.get(&map)?.get(&key)?.given(&field));
        found
            .map(Evaluated::Written)
            .ok_or_else(|| format!("there is no {map}.{key}.{field} in Mappings"))
    }

    /// Resolves `{"Fn::Join": ["/", ["10.0.0.0", 8]]}`.
    fn join_texts(&self, argument: &'v Value) -> Evaluation<'v> {
        let [between, list] = argument.items() else {
            return Err("Fn::Join needs a text and a list".to_owned());
        };
        let between = self.text(between)?;
        let list = self.evaluate(list)?;
        let Evaluated::Written(Value {
            kind: Kind::List(list),
            ..
        }) = list
        else {
            return Err("Fn::Join of something that is no list".to_owned());
        };
        let mut whole = String::new();
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                append(&mut whole, &between)?;
            }
            append(&mut whole, &self.text(item)?)?;
        }
        Ok(Evaluated::Text(whole))
    }

    /// Resolves `{"Fn::Sub": "${Name}/24"}`, also with values of its own.
    fn substitute(&self, argument: &'v Value) -> Evaluation<'v> {
        let (text, own) = match argument.items() {
            [text, own] => (text.text(), own.entries()),
            _ => (argument.text(), &[][..]),
        };
        let mut rest = text.ok_or("Fn::Sub needs a text")?;
        let mut whole = String::with_capacity(rest.len());
        while let Some((before, behind)) = rest.split_once("${") {
            append(&mut whole, before)?;
            let (name, behind) = behind.split_once('}').ok_or("Fn::Sub with ${ without }")?;
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                // "${!Name}" stands for "${Name}".
                append(&mut whole, &format!("${{{literal}}}"))?;
                continue;
            }
            let own = own.iter().find(|(key, _)| key.text == name);
            let found = match (own, name.split_once('.')) {
                (Some((_, value)), _) => self.text(value)?,
                (None, None) => self.refer(name)?.into_text()?,
                (None, Some(_)) => return Err(format!("{} in Fn::Sub", Shown(name))),
            };
            append(&mut whole, &found)?;
        }
        append(&mut whole, rest)?;
        Ok(Evaluated::Text(whole))
    }
}

/// Puts a text behind another one, within bounds.
fn append(whole: &mut String, text: &str) -> Result<(), String> {
    if whole.len() + text.len() > MAX_TEXT {
        return Err(format!("it comes to more than {MAX_TEXT} bytes"));
    }
    whole.push_str(text);
    Ok(())
}

/// Tells whether an attribute of a resource of a type is its id.
fn is_id(attribute: &str, kind: &str) -> bool {
    let own = ID_ATTRIBUTES.iter().find(|(name, _)| *name == attribute);
    own.is_some_and(|(_, kinds)| kinds.iter().any(|end| kind.ends_with(end)))
}
