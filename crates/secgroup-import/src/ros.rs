//! ROS templates in JSON and YAML (6.3).
//!
//! A template says what will be created, so nothing has an id yet: a resource
//! is called by its name in the template. [`value`] resolves what refers to
//! parameters and resources, [`condition`] what only some stacks have;
//! [`permission`] reads rules.

mod condition;
mod permission;
mod value;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use secgroup_model::{MissingReference, Shown};

use crate::findings::{Findings, Origin};
use crate::fleet::{Fleet, Group, Join, Placed, Rule};
use crate::row::{Content, Row};
use crate::value::{Kind, Value};

pub use permission::MAX_BLOCKS;
use value::{Empty, Resolved};
pub use value::{MAX_FUNCTIONS, MAX_TEXT};

/// The version of the template language.
const VERSION: &str = "2015-09-01";

/// Types that put addresses into groups, which only creation decides.
const CARRIERS: [&str; 5] = [
    "ALIYUN::ECS::Instance",
    "ALIYUN::ECS::InstanceGroup",
    "ALIYUN::ECS::InstanceClone",
    "ALIYUN::ECS::InstanceGroupClone",
    "ALIYUN::ECS::NetworkInterface",
];

/// A template on its way into the fleet.
struct Template<'t, 'v> {
    origin: &'t Origin,
    parameters: &'v [(crate::value::Key, Value)],
    conditions: Option<&'v Value>,
    mappings: Option<&'v Value>,
    /// Values of parameters from the command line.
    given: &'t [(String, String)],
    missing: MissingReference,
    /// The ids of the resources, and their types.
    ids: HashMap<&'v str, (String, &'v str)>,
    /// The resources that the stack does not have.
    left_out: HashSet<&'v str>,
    /// How many functions the value at hand took.
    functions: Cell<usize>,
    fleet: &'t mut Fleet,
    findings: &'t mut Findings,
}

/// Properties that decide about traffic, or which list is one.
const DECIDES: [&str; 3] = ["SecurityGroupType", "AddressFamily", "MaxEntries"];

/// A resource of a template.
#[derive(Clone, Copy)]
struct Resource<'v> {
    name: &'v str,
    kind: &'v str,
    value: &'v Value,
    properties: Option<&'v Value>,
}

/// Tells whether a resource that is not modelled may put addresses into groups, or
/// decide about traffic: it says so, or has resources of its own.
fn may_matter(resource: Resource<'_>) -> bool {
    const KINDS: [&str; 5] = [
        "NetworkAcl",
        "::ESS::",
        "::CS::",
        "::ROS::Stack",
        "MODULE::",
    ];
    let properties = resource.properties.map_or(&[][..], Value::entries);
    let has_group = |(key, _): &(crate::value::Key, Value)| key.text.contains("SecurityGroup");
    KINDS.iter().any(|kind| resource.kind.contains(kind)) || properties.iter().any(has_group)
}

/// The types that are read.
const MODELLED: [&str; 8] = [
    "SecurityGroup",
    "SecurityGroupClone",
    "SecurityGroupIngress",
    "SecurityGroupEgress",
    "SecurityGroupIngresses",
    "SecurityGroupEgresses",
    "JoinSecurityGroup",
    "PrefixList",
];

/// Tells whether a resource is of a type that is read.
fn is_modelled(resource: Resource<'_>) -> bool {
    let known = resource.kind.strip_prefix("ALIYUN::ECS::");
    known.is_some_and(|kind| MODELLED.contains(&kind))
}

/// Puts the resources of a template into the fleet.
pub(crate) fn convert(
    root: &Value,
    origin: &Origin,
    given: &[(String, String)],
    missing: MissingReference,
    fleet: &mut Fleet,
    findings: &mut Findings,
) {
    let version = root.get("ROSTemplateFormatVersion");
    if let Some(version) = version
        && version.text() != Some(VERSION)
    {
        let place = origin.part("ROSTemplateFormatVersion", version.at);
        findings.warning(&place, format_args!("expected '{VERSION}'"));
    }
    let resources = root.get("Resources").map_or(&[][..], Value::entries);
    let mut ids = HashMap::with_capacity(resources.len());
    for (name, value) in resources {
        let kind = value.get("Type").and_then(Value::text).unwrap_or_default();
        ids.insert(name.text.as_str(), (fleet.name(&name.text), kind));
    }
    let mut template = Template {
        origin,
        parameters: root.get("Parameters").map_or(&[][..], Value::entries),
        conditions: root.get("Conditions"),
        mappings: root.get("Mappings"),
        given,
        missing,
        ids,
        left_out: HashSet::new(),
        functions: Cell::new(0),
        fleet,
        findings,
    };
    let left_out = resources.iter();
    let left_out = left_out.filter(|(_, value)| template.is_left_out(value));
    template.left_out = left_out.map(|(name, _)| name.text.as_str()).collect();
    for (name, value) in resources {
        if template.left_out.contains(name.text.as_str()) {
            continue;
        }
        let kind = value.get("Type").and_then(Value::text);
        let Some(kind) = kind else {
            let place = template.place(&name.text, value);
            template.findings.problem(&place, "a resource without Type");
            continue;
        };
        let resource = Resource {
            name: &name.text,
            kind,
            value,
            properties: value.get("Properties"),
        };
        if is_modelled(resource) && !template.is_certain(resource) {
            continue;
        }
        template.resource(resource);
    }
}

impl<'v> Template<'_, 'v> {
    fn place(&self, name: &str, value: &Value) -> Origin {
        self.origin.part("Resources", value.at).part(name, value.at)
    }

    /// Returns the place of a property.
    fn property_place(&self, resource: Resource<'_>, name: &str, value: &Value) -> Origin {
        let place = self.place(resource.name, resource.value);
        place.part("Properties", value.at).part(name, value.at)
    }

    fn resource(&mut self, resource: Resource<'v>) {
        let known = resource.kind.strip_prefix("ALIYUN::ECS::");
        match known.unwrap_or_default() {
            "SecurityGroup" => self.group(resource, None),
            "SecurityGroupClone" => {
                let source = self.reference(resource, "SourceSecurityGroupId");
                if source.is_some() {
                    self.group(resource, source);
                }
            }
            "SecurityGroupIngress" => self.rule(resource, "ingress"),
            "SecurityGroupEgress" => self.rule(resource, "egress"),
            "SecurityGroupIngresses" => self.rules(resource, "Permissions", "ingress"),
            "SecurityGroupEgresses" => self.rules(resource, "Permissions", "egress"),
            "JoinSecurityGroup" => self.join(resource),
            "PrefixList" => self.prefix_list(resource),
            _ if CARRIERS.contains(&resource.kind) => {
                let place = self.place(resource.name, resource.value);
                let message = format_args!(
                    "{} is not modelled, because its addresses are known after creation only; \
                     they come from a DescribeNetworkInterfaces answer",
                    Shown(resource.kind)
                );
                self.findings.warning(&place, message);
            }
            other if other.contains("SecurityGroup") || may_matter(resource) => {
                let place = self.place(resource.name, resource.value);
                let message = format_args!("{} is not modelled", Shown(resource.kind));
                self.findings.warning(&place, message);
            }
            _ => {}
        }
    }

    fn group(&mut self, resource: Resource<'v>, clone_of: Option<Placed>) {
        let place = self.place(resource.name, resource.value);
        let id = self.ids[resource.name].0.clone();
        let mut row = Row::new(place.clone());
        row.put("SecurityGroupId", place.clone(), &*id);
        for name in [
            "SecurityGroupName",
            "Description",
            "SecurityGroupType",
            "ResourceGroupId",
        ] {
            self.describe(&mut row, resource, name);
        }
        self.tags(&mut row, resource);
        if let Some((vpc, origin)) = self.vpc(resource) {
            row.put("VpcId", origin, vpc);
        }
        if !row.has("SecurityGroupType") {
            row.put("SecurityGroupType", place.clone(), "normal");
            let message = "SecurityGroupType normal assumed, which is what ECS gives a group that \
                           names none";
            self.findings.warning(&place, message);
        }
        if !row.has("VpcId") {
            row.put("VpcId", place.clone(), "");
            let message = "the classic network assumed, which is where ECS creates a group that \
                           names no VpcId";
            self.findings.warning(&place, message);
        }
        let enterprise = row.text("SecurityGroupType");
        let enterprise = enterprise.is_some_and(|kind| kind.eq_ignore_ascii_case("enterprise"));
        // Templates have no property for it, so it is what ECS gives new groups.
        let access = if enterprise { "Drop" } else { "Accept" };
        row.put("InnerAccessPolicy", place, access);
        self.fleet.groups.push(Group { id, row, clone_of });
        self.rules(resource, "SecurityGroupIngress", "ingress");
        self.rules(resource, "SecurityGroupEgress", "egress");
    }

    /// Copies a property that describes, or says what kind a group is.
    fn describe(&mut self, row: &mut Row, resource: Resource<'v>, name: &'static str) {
        let Some(value) = resource.properties.and_then(|all| all.get(name)) else {
            return;
        };
        let place = self.property_place(resource, name, value);
        match self.resolve(value) {
            Resolved::Text(text) => row.put(name, place, text),
            Resolved::Unknown(what) if DECIDES.contains(&name) => {
                self.unknown(&place, name, &what);
            }
            Resolved::Absent | Resolved::Empty(_) | Resolved::Unknown(_) => {}
        }
    }

    /// Copies the tags of a resource, as far as they are known.
    fn tags(&mut self, row: &mut Row, resource: Resource<'v>) {
        let Some(list) = resource.properties.and_then(|all| all.get("Tags")) else {
            return;
        };
        let place = self.property_place(resource, "Tags", list);
        let tags = list.items().iter().enumerate().filter_map(|(index, item)| {
            let origin = place.item(index, item.at);
            let text = |name| match self.resolve(item.get(name)?) {
                Resolved::Text(text) => Some(text),
                Resolved::Absent | Resolved::Empty(_) | Resolved::Unknown(_) => None,
            };
            let mut tag = Row::new(origin.clone());
            tag.put("TagKey", origin.clone(), text("Key")?);
            tag.put("TagValue", origin, text("Value").unwrap_or_default());
            Some(tag)
        });
        row.add("Tags", place.clone(), Content::Rows(tags.collect()));
    }

    /// The VPC of a group; one that is not known is a VPC of its own, the same
    /// for all that refer to it.
    fn vpc(&mut self, resource: Resource<'v>) -> Option<Placed> {
        let value = resource.properties?.get("VpcId")?;
        let place = self.property_place(resource, "VpcId", value);
        match self.resolve(value) {
            Resolved::Absent | Resolved::Empty(_) => None,
            Resolved::Text(text) => Some((text, place)),
            Resolved::Unknown(what) => {
                let message = format_args!(
                    "VpcId is not known ({}); it is taken for a VPC of its own",
                    Shown(&what)
                );
                self.findings.warning(&place, message);
                let id = what.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                let id = id.trim_matches('-').chars().take(100).collect();
                Some((id, place))
            }
        }
    }

    /// Returns the id that a property holds; one that is absent or not known
    /// is a problem.
    fn reference(&mut self, resource: Resource<'v>, name: &str) -> Option<Placed> {
        let value = resource.properties.and_then(|all| all.get(name));
        let Some(value) = value else {
            let place = self.place(resource.name, resource.value);
            self.findings
                .problem(&place, format_args!("{name} is missing"));
            return None;
        };
        let place = self.property_place(resource, name, value);
        match self.resolve(value) {
            Resolved::Text(text) => Some((text, place)),
            Resolved::Absent => {
                self.findings
                    .problem(&place, format_args!("{name} is missing"));
                None
            }
            Resolved::Empty(empty) => {
                self.empty(&place, name, &empty);
                None
            }
            Resolved::Unknown(what) => {
                self.unknown(&place, name, &what);
                None
            }
        }
    }

    /// A rule that is a resource of its own.
    fn rule(&mut self, resource: Resource<'v>, direction: &'static str) {
        let Some((group, _)) = self.reference(resource, "SecurityGroupId") else {
            return;
        };
        let Some(properties) = resource.properties else {
            return;
        };
        let place = self.place(resource.name, resource.value);
        let place = place.part("Properties", properties.at);
        let id = self.ids[resource.name].0.clone();
        let rows = self.permissions(properties, &place, direction, Some(&id));
        let rules = rows.into_iter();
        self.fleet.rules.extend(rules.map(|row| Rule {
            group: group.clone(),
            row,
        }));
    }

    /// The rules in a list of a resource.
    fn rules(&mut self, resource: Resource<'v>, name: &str, direction: &'static str) {
        let Some(list) = resource.properties.and_then(|all| all.get(name)) else {
            return;
        };
        let group = if name == "Permissions" {
            let group = self.reference(resource, "SecurityGroupId");
            group.map(|(group, _)| group)
        } else {
            Some(self.ids[resource.name].0.clone())
        };
        let Some(group) = group else {
            return;
        };
        let place = self.property_place(resource, name, list);
        for (place, item) in self.items(list, &place, "rules") {
            let rows = self.permissions(item, &place, direction, None);
            let rules = rows.into_iter();
            self.fleet.rules.extend(rules.map(|row| Rule {
                group: group.clone(),
                row,
            }));
        }
    }

    /// Returns the items of a list, each with its place; functions may lead to the
    /// list or to an item. Anything else is a problem.
    fn items(&mut self, list: &'v Value, place: &Origin, what: &str) -> Vec<(Origin, &'v Value)> {
        let written = match self.written(list) {
            Ok(Some(written)) => written,
            Ok(None) => return Vec::new(),
            Err(why) => {
                self.unknown(place, &format!("the list of {what}"), &why);
                return Vec::new();
            }
        };
        let Kind::List(items) = &written.kind else {
            let message = format_args!("expected a list of {what}, found {}", written.what());
            self.findings.problem(place, message);
            return Vec::new();
        };
        let mut found = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = place.item(index, item.at);
            match self.written(item) {
                Ok(Some(written)) => found.push((place, written)),
                Ok(None) => {}
                Err(why) => self.unknown(&place, "this item", &why),
            }
        }
        found
    }

    fn join(&mut self, resource: Resource<'v>) {
        let Some((group, _)) = self.reference(resource, "SecurityGroupId") else {
            return;
        };
        for name in ["InstanceId", "InstanceIdList", "NetworkInterfaceList"] {
            let Some(value) = resource.properties.and_then(|all| all.get(name)) else {
                continue;
            };
            let place = self.property_place(resource, name, value);
            let value = match self.written(value) {
                Ok(Some(written)) => written,
                _ => value,
            };
            let items = match &value.kind {
                Kind::List(items) => items.as_slice(),
                _ => std::slice::from_ref(value),
            };
            for item in items {
                match self.resolve(item) {
                    // A parameter may be a list of commas.
                    Resolved::Text(ids) => {
                        let ids = ids.split(',').map(str::trim);
                        let joins = ids.filter(|id| !id.is_empty()).map(|id| Join {
                            group: group.clone(),
                            member: (id.to_owned(), place.clone()),
                        });
                        self.fleet.joins.extend(joins);
                    }
                    Resolved::Absent | Resolved::Empty(_) => {}
                    Resolved::Unknown(what) => {
                        let message = format_args!("{name} is not known ({})", Shown(&what));
                        self.findings.warning(&place, message);
                    }
                }
            }
        }
    }

    fn prefix_list(&mut self, resource: Resource<'v>) {
        let place = self.place(resource.name, resource.value);
        let mut row = Row::new(place.clone());
        row.put("PrefixListId", place.clone(), &*self.ids[resource.name].0);
        for name in [
            "PrefixListName",
            "AddressFamily",
            "MaxEntries",
            "Description",
            "ResourceGroupId",
        ] {
            self.describe(&mut row, resource, name);
        }
        self.tags(&mut row, resource);
        let list = resource.properties.and_then(|all| all.get("Entries"));
        let items = list.map_or_else(Vec::new, |list| {
            let place = self.property_place(resource, "Entries", list);
            self.items(list, &place, "entries")
        });
        let mut entries = Vec::with_capacity(items.len());
        for (place, item) in items {
            let mut entry = Row::new(place.clone());
            if let Some(cidr) = item.get("Cidr") {
                let place = place.part("Cidr", cidr.at);
                match self.resolve(cidr) {
                    Resolved::Text(text) => entry.put("Cidr", place, text),
                    Resolved::Absent => {}
                    Resolved::Empty(empty) => self.empty(&place, "Cidr", &empty),
                    Resolved::Unknown(what) => self.unknown(&place, "Cidr", &what),
                }
            }
            if let Some(value) = item.get("Description")
                && let Resolved::Text(text) = self.resolve(value)
            {
                entry.put("Description", place.part("Description", value.at), text);
            }
            entries.push(entry);
        }
        row.add("Entries", place, Content::Rows(entries));
        self.fleet.prefix_lists.push(row);
    }

    /// Tells whether the stack certainly does not have a resource.
    fn is_left_out(&self, value: &'v Value) -> bool {
        let unmet = value.get("Condition").map(|one| self.is_met(one)) == Some(Ok(false));
        let count = value.get("Count").map(|count| self.resolve(count));
        unmet || count == Some(Resolved::Text("0".to_owned()))
    }

    /// Tells whether the stack certainly has a resource; else says so.
    fn is_certain(&mut self, resource: Resource<'v>) -> bool {
        let place = self.place(resource.name, resource.value);
        if let Some(value) = resource.value.get("Count") {
            let message = "Count is not evaluated; the resource is read once";
            let place = place.part("Count", value.at);
            self.findings.warning(&place, message);
        }
        let Some(condition) = resource.value.get("Condition") else {
            return true;
        };
        let Err(why) = self.is_met(condition) else {
            return true;
        };
        let message = format_args!(
            "whether the stack has it is not known ({}); give the parameter with --param \
             NAME=VALUE, or take the condition away",
            Shown(&why)
        );
        let place = place.part("Condition", condition.at);
        self.findings.problem(&place, message);
        false
    }

    /// Reports a value that must be there.
    fn empty(&mut self, place: &Origin, name: &str, why: &Empty) {
        let message = format_args!("{name} is empty, because {why}, or write the value");
        self.findings.problem(place, message);
    }

    /// Reports a value that must be known.
    fn unknown(&mut self, place: &Origin, name: &str, what: &str) {
        let message = format_args!(
            "{name} is not known ({}); give the parameter with --param NAME=VALUE, or write the \
             value",
            Shown(what)
        );
        self.findings.problem(place, message);
    }
}
