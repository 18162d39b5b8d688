//! What ECS's own answers define, for the files that refer to it (section 6).
//!
//! A template may put an interface into a group, or clone a group, that only an
//! answer of ECS knows. Such answers are opened here, and what the others say
//! is added where they define its object, each addition with its own place.
//! Everything else about them the reader of [`secgroup_ecs`] understands.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use secgroup_ecs::DECIDING_FIELDS;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::findings::Origin;
use crate::fleet::Placed;
use crate::json;
use crate::row::{Answer, Row};
use crate::value::{Key, Kind, Value};

/// An object of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    Group,
    Interface,
    Instance,
}

/// The lists of an answer, with the key of their items.
const LISTS: [(&str, &str, Object); 3] = [
    ("SecurityGroups", "SecurityGroup", Object::Group),
    (
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
        Object::Interface,
    ),
    ("Instances", "Instance", Object::Instance),
];

/// The fields of a permission that decide nothing, and that a clone of its group
/// takes over with those that do.
const COPIED_TOO: [&str; 7] = [
    "SourceGroupOwnerId",
    "SourceGroupOwnerAccount",
    "DestGroupOwnerId",
    "DestGroupOwnerAccount",
    "SecurityGroupRuleId",
    "CreateTime",
    "Description",
];

/// Opens the answers in a file of JSON values; none where something about it is
/// wrong, which the reader tells.
pub(crate) fn open(bytes: &[u8], file: usize) -> Option<Vec<Answer>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).ok()?;
    let mut answers = Vec::new();
    for root in Deserializer::from_str(text).into_iter::<&RawValue>() {
        let json = root.ok()?.get();
        let start = json.as_ptr().addr() - text.as_ptr().addr();
        let value = json::read(text, start, json).ok()?;
        let origin = Origin {
            file,
            at: value.at,
            path: Rc::from(""),
        };
        match value.kind {
            Kind::List(items) => {
                let items = items.into_iter().enumerate();
                answers.extend(
                    items.map(|(index, item)| Answer::Value(origin.item(index, item.at), item)),
                );
            }
            _ => answers.push(Answer::Value(origin, value)),
        }
    }
    (!answers.is_empty()).then_some(answers)
}

/// Puts interfaces into groups: by the id of an interface, or of an instance, of
/// which it is the primary one (1.4). Returns the ids that are found.
pub(crate) fn join(
    answers: &mut [Answer],
    groups: &HashMap<String, Vec<Placed>>,
) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut put = |value: &mut Value, id: Option<String>| {
        if let Some(id) = id
            && let Some(groups) = groups.get(&id)
        {
            add_groups(value, groups);
            found.insert(id);
        }
    };
    each(answers, |object, value| match object {
        Object::Group => {}
        Object::Interface => {
            put(value, text(value, "NetworkInterfaceId"));
            let role = text(value, "Type");
            if role.is_none_or(|role| role.eq_ignore_ascii_case("primary")) {
                put(value, text(value, "InstanceId"));
            }
        }
        Object::Instance => {
            put(value, text(value, "InstanceId"));
            let primary = primary(value);
            put(value, primary);
        }
    });
    found
}

/// Attaches interfaces to instances, where their answers do not say to which.
/// Returns the ids of the interfaces that are found.
pub(crate) fn attach(answers: &mut [Answer], instance_of: &HashMap<&str, &str>) -> HashSet<String> {
    let mut found = HashSet::new();
    each(answers, |object, value| {
        let id = text(value, "NetworkInterfaceId").filter(|_| object == Object::Interface);
        if let Some(id) = id
            && let Some(instance) = instance_of.get(id.as_str())
        {
            if text(value, "InstanceId").is_none() {
                set(value, "InstanceId", (*instance).to_owned());
            }
            found.insert(id);
        }
    });
    found
}

/// Returns the rules that answers have of some groups, each rule that has an id
/// once. A group without an entry is in none of them.
pub(crate) fn rules(answers: &mut [Answer], wanted: &HashSet<String>) -> HashMap<String, Vec<Row>> {
    let mut rules: HashMap<String, Vec<Row>> = HashMap::new();
    let mut seen = HashSet::new();
    each(answers, |object, value| {
        let id = text(value, "SecurityGroupId").filter(|_| object == Object::Group);
        let Some(id) = id.filter(|id| wanted.contains(id)) else {
            return;
        };
        let Some(list) = list(value, "Permissions", "Permission") else {
            return;
        };
        let of_group = rules.entry(id.clone()).or_default();
        for permission in list {
            let rule = text(permission, "SecurityGroupRuleId");
            if rule.is_none_or(|rule| seen.insert((id.clone(), rule))) {
                of_group.push(copied(permission));
            }
        }
    });
    rules
}

/// Adds rules to groups of which an answer has rules, but for those that it has
/// by their id. What is left belongs to groups of which none has any.
pub(crate) fn add_rules(answers: &mut [Answer], rules: &mut HashMap<String, Vec<Row>>) {
    let wanted: HashSet<String> = rules.keys().cloned().collect();
    let mut known = HashSet::new();
    each(answers, |object, value| {
        let id = text(value, "SecurityGroupId").filter(|_| object == Object::Group);
        if id.is_some_and(|id| wanted.contains(&id)) {
            let list = list(value, "Permissions", "Permission")
                .into_iter()
                .flatten();
            known.extend(list.filter_map(|one| text(one, "SecurityGroupRuleId")));
        }
    });
    each(answers, |object, value| {
        let id = text(value, "SecurityGroupId").filter(|_| object == Object::Group);
        let Some(id) = id.filter(|_| value.has("Permissions")) else {
            return;
        };
        let at = value.at;
        if let Some(list) = list_or_new(value, "Permissions", "Permission")
            && let Some(rules) = rules.remove(&id)
        {
            let is_new = |row: &Row| {
                row.text("SecurityGroupRuleId")
                    .is_none_or(|id| !known.contains(id))
            };
            let rules = rules.into_iter().filter(is_new);
            list.extend(rules.map(|row| Value {
                at,
                kind: Kind::Row(Box::new(row)),
            }));
        }
    });
}

/// Looks at every group, interface and instance of the answers.
fn each(answers: &mut [Answer], mut look: impl FnMut(Object, &mut Value)) {
    for answer in answers {
        let Answer::Value(_, answer) = answer else {
            continue;
        };
        let mut known = false;
        for (plural, singular, object) in LISTS {
            known |= answer.has(plural);
            for item in list(answer, plural, singular).into_iter().flatten() {
                look(object, item);
            }
        }
        // An interface may name its group, so it is looked for first.
        if known {
        } else if answer.has("NetworkInterfaceId") {
            look(Object::Interface, answer);
        } else if answer.has("SecurityGroupId") {
            look(Object::Group, answer);
        }
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::text).map(str::to_owned)
}

fn field<'v>(value: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    let Kind::Map(entries) = &mut value.kind else {
        return None;
    };
    let found = entries.iter_mut().find(|(key, _)| key.text == name);
    found.map(|(_, value)| value)
}

/// Returns the items of a list, which may be nested as ECS nests it.
fn list<'v>(value: &'v mut Value, plural: &str, singular: &str) -> Option<&'v mut Vec<Value>> {
    let outer = field(value, plural)?;
    let inner = match outer.kind {
        Kind::Map(_) => field(outer, singular)?,
        _ => outer,
    };
    match &mut inner.kind {
        Kind::List(items) => Some(items),
        _ => None,
    }
}

/// As [`list`]; where there is nothing, an empty one is made. None of what is
/// something else.
fn list_or_new<'v>(
    value: &'v mut Value,
    plural: &str,
    singular: &str,
) -> Option<&'v mut Vec<Value>> {
    if value
        .get(plural)
        .is_none_or(|outer| matches!(outer.kind, Kind::Map(_)) && outer.get(singular).is_none())
    {
        put(value, plural, Kind::List(Vec::new()));
    }
    list(value, plural, singular)
}

/// Sets a field to a text.
fn set(value: &mut Value, name: &str, text: String) {
    put(value, name, Kind::Quoted(text));
}

fn put(value: &mut Value, name: &str, kind: Kind) {
    let at = value.at;
    if let Some(field) = field(value, name) {
        field.kind = kind;
        return;
    }
    if let Kind::Map(entries) = &mut value.kind {
        let key = Key {
            at,
            text: name.to_owned(),
        };
        entries.push((key, Value { at, kind }));
    }
}

fn add_groups(value: &mut Value, groups: &[Placed]) {
    let at = value.at;
    let Some(list) = list_or_new(value, "SecurityGroupIds", "SecurityGroupId") else {
        return;
    };
    for (group, _) in groups {
        if !list.iter().any(|one| one.text() == Some(group)) {
            let kind = Kind::Quoted(group.clone());
            list.push(Value { at, kind });
        }
    }
}

/// Returns the primary interface of an instance, where that is told.
fn primary(instance: &mut Value) -> Option<String> {
    let list = list(instance, "NetworkInterfaces", "NetworkInterface")?;
    let is_only = list.len() == 1;
    let mut all = list.iter().filter(|one| {
        let role = text(one, "Type");
        role.map_or(is_only, |role| role.eq_ignore_ascii_case("primary"))
    });
    text(all.next()?, "NetworkInterfaceId")
}

/// Copies a permission field by field.
fn copied(permission: &Value) -> Row {
    let mut row = Row::default();
    for name in DECIDING_FIELDS.into_iter().chain(COPIED_TOO) {
        if let Some(text) = text(permission, name) {
            row.put(name, Origin::default(), text);
        }
    }
    row
}
