//! Values of a template: literals, parameters, references to resources.

use super::Template;
use crate::value::Value;

/// What a value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Absent,
    Text(String),
    /// Only creation decides; with what it is, for a message.
    Unknown(String),
}

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

impl Template<'_, '_> {
    /// Resolves a value that should be text.
    pub(super) fn resolve(&self, value: &Value) -> Resolved {
        if value.is_absent() {
            return Resolved::Absent;
        }
        if let Some(text) = value.text() {
            return Resolved::Text(text.to_owned());
        }
        let [(function, argument)] = value.entries() else {
            return Resolved::Unknown(format!("{} where text is expected", value.what()));
        };
        match (function.text.as_str(), argument.text()) {
            ("Ref", Some(name)) => self.refer(name),
            ("Fn::GetAtt", _) => self.attribute(argument),
            (function, _) => Resolved::Unknown(format!("{function} is not evaluated")),
        }
    }

    /// Resolves `{"Ref": "Name"}`: a parameter, or the id of a resource.
    fn refer(&self, name: &str) -> Resolved {
        let given = self.given.iter().rev().find(|(given, _)| given == name);
        if let Some((_, value)) = given {
            return Resolved::Text(value.clone());
        }
        let parameter = self.parameters.iter().find(|(key, _)| key.text == name);
        if let Some((_, parameter)) = parameter {
            return match parameter.get("Default") {
                Some(default) => match default.text() {
                    Some(text) => Resolved::Text(text.to_owned()),
                    None => Resolved::Unknown(format!("the default of {name} is no text")),
                },
                None if parameter.has("Default") => Resolved::Absent,
                None => Resolved::Unknown(format!("parameter {name} has no default")),
            };
        }
        match self.ids.get(name) {
            Some((id, _)) => Resolved::Text(id.clone()),
            None if name.starts_with("ALIYUN::") => Resolved::Unknown(name.to_owned()),
            None => Resolved::Unknown(format!("there is no parameter or resource {name}")),
        }
    }

    /// Resolves `{"Fn::GetAtt": ["Name", "Attribute"]}`.
    fn attribute(&self, argument: &Value) -> Resolved {
        let parts: Vec<&str> = argument.items().iter().filter_map(Value::text).collect();
        let [name, attribute] = parts[..] else {
            return Resolved::Unknown("Fn::GetAtt needs a resource and an attribute".to_owned());
        };
        match self.ids.get(name) {
            Some((id, kind)) if is_id(attribute, kind) => Resolved::Text(id.clone()),
            Some(_) => Resolved::Unknown(format!("{attribute} of {name}")),
            None => Resolved::Unknown(format!("there is no resource {name}")),
        }
    }
}

/// Tells whether an attribute of a resource of a type is its id.
fn is_id(attribute: &str, kind: &str) -> bool {
    let own = ID_ATTRIBUTES.iter().find(|(name, _)| *name == attribute);
    own.is_some_and(|(_, kinds)| kinds.iter().any(|end| kind.ends_with(end)))
}
