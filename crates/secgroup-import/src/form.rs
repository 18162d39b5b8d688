//! What a document is, by its keys.

use std::borrow::Cow;

use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::console;
use crate::json::{self, Fault, Keys};
use crate::value::{Position, Value};
use crate::yaml;

/// A format of configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// ECS's own answers, or anything that is not known.
    Ecs,
    /// `terraform.tfstate`.
    State,
    /// A state as `terraform show -json` prints it.
    ShownState,
    /// A plan as `terraform show -json` prints it.
    Plan,
    /// The rules of a group as ECS's console exports them.
    Console,
    /// Terraform's configuration language in JSON.
    Configuration,
    /// What `terraform plan -json` says while it plans.
    PlanLog,
    /// A ROS template.
    Ros,
    /// An exported Pulumi stack.
    Pulumi,
    /// The form for fleets written by hand.
    Own,
}

/// A document that has been taken out of a file.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) form: Form,
    pub(crate) value: Value,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    /// What is to be translated.
    pub(crate) found: Vec<Found>,
    /// ECS's own answers, each where it stands in the file; none where there
    /// are none.
    pub(crate) rest: Option<Cow<'a, [u8]>>,
    /// Why some of it is not read.
    pub(crate) faults: Vec<Fault>,
}

impl Form {
    /// Tells a document by its keys.
    fn of(keys: &[&str]) -> Self {
        let has = |name: &str| keys.contains(&name);
        if has("ROSTemplateFormatVersion") {
            Self::Ros
        } else if has("format_version") && (has("planned_values") || has("resource_changes")) {
            Self::Plan
        } else if has("format_version") {
            Self::ShownState
        } else if has("terraform_version") || has("lineage") || has("serial") && has("resources") {
            Self::State
        } else if has("@level") && has("@message") {
            Self::PlanLog
        } else if has("deployment") {
            Self::Pulumi
        } else if ["groups", "interfaces", "prefix_lists", "port_lists"]
            .iter()
            .any(|key| has(key))
        {
            Self::Own
        } else if ["resource", "terraform", "provider"]
            .iter()
            .any(|key| has(key))
            || !keys.is_empty() && keys.iter().all(|key| BLOCKS.contains(key))
        {
            Self::Configuration
        } else {
            Self::Ecs
        }
    }
}

/// The other blocks of Terraform's configuration.
const BLOCKS: [&str; 10] = [
    "//", "variable", "locals", "module", "data", "output", "moved", "removed", "import", "check",
];

/// How a saved plan of Terraform begins, which is a zip archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// Finds out what a file of that name holds.
pub(crate) fn contents<'a>(name: &str, bytes: &'a [u8]) -> Contents<'a> {
    let whole = || Contents {
        found: Vec::new(),
        rest: Some(Cow::Borrowed(bytes)),
        faults: Vec::new(),
    };
    if bytes.starts_with(ARCHIVE) {
        return fault(
            "a packed file; if it is a saved plan of Terraform, give what terraform show -json \
             prints of it",
        );
    }
    if console::is_table(name) {
        return fault(
            "a table of the ECS console, whose columns are documented nowhere, so it is not read; \
             export JSON instead, or ask DescribeSecurityGroupAttribute",
        );
    }
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(marked) else {
        return whole();
    };
    if text.trim_ascii_start().starts_with(['{', '[']) {
        let json = of_json(text, bytes);
        if json.found.is_empty() && is_yaml(name) && !is_json(text) {
            return of_yaml(text);
        }
        return json;
    }
    if is_terraform(name, text) {
        return fault(
            "this is Terraform's configuration language, which only Terraform can evaluate; give \
             its plan: terraform plan -out=plan.out && terraform show -json plan.out > plan.json",
        );
    }
    if is_yaml(name) || looks_like_yaml(text) {
        return of_yaml(text);
    }
    whole()
}

fn fault<'a>(message: &str) -> Contents<'a> {
    Contents {
        found: Vec::new(),
        rest: None,
        faults: vec![Fault {
            at: Position { line: 1, column: 1 },
            message: message.to_owned(),
        }],
    }
}

fn of_yaml<'a>(text: &str) -> Contents<'a> {
    let documents = match yaml::read(text) {
        Ok(documents) => documents,
        Err(fault) => {
            return Contents {
                found: Vec::new(),
                rest: None,
                faults: vec![fault],
            };
        }
    };
    if documents.is_empty() {
        return fault("the document is empty; expected groups, or SecurityGroups");
    }
    let found = documents.into_iter().map(|value| {
        let keys: Vec<&str> = value
            .entries()
            .iter()
            .map(|(key, _)| key.text.as_str())
            .collect();
        Found {
            form: Form::of(&keys),
            value,
        }
    });
    Contents {
        found: found.collect(),
        rest: None,
        faults: Vec::new(),
    }
}

/// Takes the documents of other forms out of a file of JSON values. What is
/// left keeps its place: the others are blanked.
fn of_json<'a>(text: &str, bytes: &'a [u8]) -> Contents<'a> {
    let mut contents = Contents {
        found: Vec::new(),
        rest: None,
        faults: Vec::new(),
    };
    let mut rest = Cow::Borrowed(bytes);
    let marked = bytes.len() - text.len();
    let mut values = Deserializer::from_str(text).into_iter::<&RawValue>();
    while let Some(Ok(value)) = values.next() {
        let json = value.get();
        let keys = serde_json::from_str(json).unwrap_or_else(|_| Keys::default());
        let form = if keys.of_item {
            let export = console::is_export(&keys.names);
            if export { Form::Console } else { Form::Ecs }
        } else {
            let names = keys.names.iter();
            Form::of(&names.map(String::as_str).collect::<Vec<_>>())
        };
        if form == Form::Ecs {
            continue;
        }
        if form == Form::PlanLog {
            return fault(
                "the log of terraform plan -json, which is no plan; give the output of terraform \
                 plan -out=plan.out && terraform show -json plan.out",
            );
        }
        let start = json.as_ptr().addr() - text.as_ptr().addr();
        match json::read(text, start, json) {
            Ok(value) => contents.found.push(Found { form, value }),
            Err(fault) => contents.faults.push(fault),
        }
        for byte in &mut rest.to_mut()[marked + start..marked + start + json.len()] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    if contents.found.is_empty() && contents.faults.is_empty() || !is_blank(&rest[marked..]) {
        contents.rest = Some(rest);
    }
    contents
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.trim_ascii().is_empty()
}

fn is_json(text: &str) -> bool {
    let mut values = Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    values.all(|value| value.is_ok())
}

fn is_yaml(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["yaml", "yml"]
        .iter()
        .any(|yaml| ending.eq_ignore_ascii_case(yaml))
}

/// Tells whether the first line that says anything is a key of YAML.
fn looks_like_yaml(text: &str) -> bool {
    let lines = text.lines().map(str::trim_end);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with('#'));
    let Some(first) = lines.next() else {
        return false;
    };
    if first == "---" || first.starts_with("--- ") || first.starts_with("%YAML") {
        return true;
    }
    let Some((key, behind)) = first.split_once(':') else {
        return false;
    };
    let key = key.trim_matches(['"', '\'']);
    let word = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
    !key.is_empty() && key.chars().all(word) && (behind.is_empty() || behind.starts_with(' '))
}

/// Tells whether a text is HCL.
fn is_terraform(name: &str, text: &str) -> bool {
    const BLOCKS: [&str; 7] = [
        "resource",
        "terraform",
        "provider",
        "variable",
        "module",
        "data",
        "locals",
    ];
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '/', '*']));
    let first = lines.next().unwrap_or_default();
    let block = first.split([' ', '{']).next().unwrap_or_default();
    let opens = first.contains('{') && BLOCKS.contains(&block);
    opens || name.ends_with(".tf") && !first.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_by_their_keys() {
        for (keys, form) in [
            (
                &["version", "terraform_version", "resources"][..],
                Form::State,
            ),
            (&["format_version", "planned_values"], Form::Plan),
            (&["format_version", "resource_changes"], Form::Plan),
            (&["format_version", "values"], Form::ShownState),
            (&["@level", "@message", "@module"], Form::PlanLog),
            (&["ROSTemplateFormatVersion", "Resources"], Form::Ros),
            (&["version", "deployment"], Form::Pulumi),
            (&["groups"], Form::Own),
            (&["terraform", "resource"], Form::Configuration),
            (&["variable", "locals"], Form::Configuration),
            (&["data", "RequestId"], Form::Ecs),
            (&["SecurityGroups"], Form::Ecs),
            (&["SecurityGroupId", "Permissions"], Form::Ecs),
            (&[], Form::Ecs),
        ] {
            assert_eq!(Form::of(keys), form, "{keys:?}");
        }
    }

    #[test]
    fn answers_beside_other_documents_keep_their_place() {
        let text = "{\"groups\": {}}\n{\"SecurityGroups\": []}\n";
        let contents = contents("all.json", text.as_bytes());
        assert_eq!(contents.found.len(), 1);
        let rest = String::from_utf8(contents.rest.unwrap().into_owned()).unwrap();
        assert_eq!(rest, "              \n{\"SecurityGroups\": []}\n");
    }

    #[test]
    fn yaml_is_told_by_its_first_key_where_the_name_does_not_tell() {
        for yaml in [
            "groups:\n",
            "# a\n\n---\na: 1\n",
            "\"a\": 1\n",
            "%YAML 1.2\n---\na: b\n",
        ] {
            assert!(looks_like_yaml(yaml), "{yaml}");
        }
        for other in ["", "a,b\n", "x\n", "GET / HTTP/1.1: x", "http://x\n"] {
            assert!(!looks_like_yaml(other), "{other}");
        }
        assert!(is_terraform(
            "-",
            "# c\nresource \"alicloud_vpc\" \"x\" {\n"
        ));
        assert!(!is_terraform("-", "resource: {}\n"));
    }
}
