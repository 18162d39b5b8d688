//! Terraform's configuration in its JSON form, as far as it is plain (6.2.6).
//!
//! What is written out, or refers to a resource, local or variable of the same
//! directory, is read; everything else only Terraform can evaluate, and is
//! refused with its place and reason. Files of one directory are one
//! configuration, as for Terraform. Other forms of Terraform are in
//! [`super::plan`] and [`super::state`].

mod evaluate;
mod template;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use secgroup_model::{MissingReference, Shown};

use super::address::Address;
use super::convert::{self, GROUP};
use super::resource::{Resource, Spelling};
use super::state::check_once;
use crate::findings::{Findings, Origin};
use crate::fleet::Fleet;
use crate::slip;
use crate::value::{Key, Kind, Value};
use evaluate::Names;

pub use evaluate::MAX_VALUES;

/// How to get what Terraform alone can evaluate.
pub(crate) const PLAN: &str = "give its plan: terraform plan -out=plan.out && terraform show -json \
                               plan.out > plan.json";

/// The key of a comment.
const COMMENT: &str = "//";

/// What is said of a name that two files or blocks define.
const TWICE: &str = "defined twice in this directory; keep one of them";

/// The type of rules.
const RULE: &str = "alicloud_security_group_rule";

/// The blocks of a file that say nothing about security groups.
const ELSEWHERE: [&str; 9] = [
    "//",
    "terraform",
    "provider",
    "output",
    "data",
    "moved",
    "removed",
    "import",
    "check",
];

/// What every resource may have besides its own attributes.
const META: [&str; 7] = [
    "//",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
    "connection",
    "timeouts",
];

/// What decides how many there are of a resource, or what is in it.
const REPEATS: [&str; 3] = ["count", "for_each", "dynamic"];

/// Attributes that give addresses which only apply will tell.
const COUNTS: [&str; 4] = [
    "ipv6_address_count",
    "secondary_private_ip_address_count",
    "private_ips_count",
    "ipv4_prefix_count",
];

/// The attributes of a type that are read.
struct Attributes {
    /// Those that decide about traffic.
    needed: &'static [&'static str],
    /// Those that describe.
    described: &'static [&'static str],
}

/// One file.
pub(crate) struct File {
    /// Its number among all files.
    pub(crate) number: usize,
    pub(crate) root: Value,
}

/// A resource as it is written.
struct Block<'v> {
    kind: &'v str,
    address: String,
    origin: Origin,
    body: &'v Value,
}

/// Returns what is read of a type; none of types that are not modelled.
fn attributes(kind: &str) -> Option<Attributes> {
    let (needed, described): (&[&str], &[&str]) = match kind {
        GROUP => (
            &[
                "vpc_id",
                "security_group_type",
                "inner_access_policy",
                "inner_access",
            ],
            &["security_group_name", "name", "description"],
        ),
        RULE => (
            &[
                "security_group_id",
                "type",
                "ip_protocol",
                "policy",
                "priority",
                "port_range",
                "nic_type",
                "cidr_ip",
                "ipv6_cidr_ip",
                "source_security_group_id",
                "source_group_owner_id",
                "source_group_owner_account",
                "prefix_list_id",
            ],
            &["description"],
        ),
        "alicloud_ecs_prefix_list" => (
            &["address_family", "max_entries", "entry"],
            &["prefix_list_name", "description"],
        ),
        "alicloud_ecs_network_interface" | "alicloud_network_interface" => (
            &[
                "vswitch_id",
                "security_group_ids",
                "security_groups",
                "primary_ip_address",
                "private_ip",
                "private_ip_addresses",
                "private_ips",
                "ipv6_addresses",
                "ipv4_prefixes",
                "instance_type",
            ],
            &[],
        ),
        "alicloud_ecs_network_interface_attachment" | "alicloud_network_interface_attachment" => {
            (&["network_interface_id", "instance_id"], &[])
        }
        "alicloud_instance" => (
            &[
                "security_groups",
                "vswitch_id",
                "primary_ip_address",
                "private_ip",
                "secondary_private_ips",
                "ipv6_addresses",
                "network_interfaces",
            ],
            &[],
        ),
        "alicloud_vswitch" => (&["vpc_id"], &[]),
        "alicloud_vpc" => (&[], &[]),
        _ => return None,
    };
    Some(Attributes { needed, described })
}

/// Puts the configuration of one directory into the fleet.
pub(crate) fn convert(
    files: &[File],
    missing: MissingReference,
    fleet: &mut Fleet,
    findings: &mut Findings,
) {
    let mut names = Names::default();
    let mut blocks = Vec::new();
    for file in files {
        gather(file, &mut blocks, &mut names, findings);
    }
    for block in &blocks {
        let repeated = REPEATS[..2].iter().any(|name| block.body.has(name));
        if names.resources.contains_key(block.address.as_str()) {
            // The first one counts, and the others are told below.
            continue;
        }
        let id = (!repeated).then(|| match block.kind {
            // Its name comes about with the rule.
            RULE => block.address.clone(),
            _ => fleet.name(&block.address),
        });
        names.resources.insert(&block.address, (block.body, id));
    }
    let read = blocks.iter().map(|block| read(block, &names, findings));
    let read: Vec<Option<Read>> = read.collect();
    names.report_defaults(findings);
    let nothing = Value {
        at: files[0].root.at,
        kind: Kind::Null,
    };
    let mut resources = Vec::new();
    for (block, read) in blocks.iter().zip(&read) {
        let Some(Read {
            attributes,
            unknown,
        }) = read
        else {
            continue;
        };
        if let Some(address) = Address::parse(&block.address) {
            resources.push(Resource {
                address,
                name: block.address.clone(),
                kind: block.kind.to_owned(),
                origin: block.origin.clone(),
                attributes,
                unknown: unknown.as_ref(),
                spelling: Spelling::Snake,
            });
        }
    }
    check_once(&resources, findings);
    let mut seen = HashSet::new();
    resources.retain(|resource| seen.insert(resource.name.clone()));
    convert::convert(&nothing, &resources, missing, fleet, findings);
}

/// Takes the blocks of a file.
fn gather<'v>(
    file: &'v File,
    blocks: &mut Vec<Block<'v>>,
    names: &mut Names<'v>,
    findings: &mut Findings,
) {
    let place = |path: String, at| Origin {
        file: file.number,
        at,
        path: Rc::from(secgroup_model::Escaped(&path).to_string()),
    };
    for (key, value) in file.root.entries() {
        match key.text.as_str() {
            "resource" => {
                for (kind, name, body) in labelled(value) {
                    let address = format!("{kind}.{name}");
                    let origin = place(address.clone(), body.at);
                    if !matches!(body.kind, Kind::Map(_)) {
                        let message = format_args!("expected a resource, found {}", body.what());
                        findings.problem(&origin, message);
                        continue;
                    }
                    blocks.push(Block {
                        kind,
                        address,
                        origin,
                        body,
                    });
                }
            }
            "locals" => {
                for (key, value) in objects(value).into_iter().flat_map(Value::entries) {
                    if names.locals.insert(&*key.text, value).is_some() {
                        let origin = place(format!("local.{}", key.text), key.at);
                        findings.problem(&origin, TWICE);
                    }
                }
            }
            "variable" => {
                for (name, body) in objects(value).into_iter().flat_map(Value::entries) {
                    for body in objects(body) {
                        let origin = place(format!("variable.{}", name.text), body.at);
                        let variable = (body, origin.clone());
                        if names.variables.insert(&name.text, variable).is_some() {
                            findings.problem(&origin, TWICE);
                        }
                    }
                }
            }
            "module" => {
                for (name, body) in objects(value).into_iter().flat_map(Value::entries) {
                    let message = format_args!(
                        "a module may hold groups and rules, and only Terraform reads it; {PLAN}"
                    );
                    let path = format!("module.{}", name.text);
                    findings.problem(&place(path, body.at), message);
                }
            }
            name if ELSEWHERE.contains(&name) => {}
            other => {
                let message = format_args!("`{}` is no block of Terraform", Shown(other));
                findings.problem(&place(other.to_owned(), key.at), message);
            }
        }
    }
}

/// Returns the blocks with two labels; at each level there may be a list.
fn labelled(value: &Value) -> Vec<(&str, &str, &Value)> {
    let mut all = Vec::new();
    let is_said = |(key, _): &&(Key, Value)| key.text != COMMENT;
    let labels = |value| {
        objects(value)
            .into_iter()
            .flat_map(Value::entries)
            .filter(is_said)
    };
    for (kind, named) in labels(value) {
        for (name, body) in labels(named) {
            let bodies = objects(body).into_iter();
            all.extend(bodies.map(|body| (&*kind.text, &*name.text, body)));
        }
    }
    all
}

/// Returns an object, or the objects of a list.
fn objects(value: &Value) -> Vec<&Value> {
    match &value.kind {
        Kind::List(items) => items.iter().collect(),
        _ => vec![value],
    }
}

/// What a resource comes to.
struct Read {
    attributes: Value,
    /// What only apply will tell.
    unknown: Option<Value>,
}

/// Evaluates what is needed of a resource; none where how many there are of it
/// is not known, which is a problem.
fn read(block: &Block<'_>, names: &Names<'_>, findings: &mut Findings) -> Option<Read> {
    let body = block.body;
    let Some(Attributes { needed, described }) = attributes(block.kind) else {
        // Of others only whether they are about groups at all is looked at.
        return Some(Read {
            attributes: body.clone(),
            unknown: None,
        });
    };
    for name in REPEATS {
        if let Some(value) = body.given(name) {
            let message = format_args!("only Terraform can tell what `{name}` makes of it; {PLAN}");
            findings.problem(&block.origin.part(name, value.at), message);
            return None;
        }
    }
    let mut entries: Vec<(Key, Value)> = Vec::new();
    let problems = findings.problems();
    for (key, value) in body.entries() {
        let name = key.text.as_str();
        let origin = block.origin.part(name, value.at);
        let is_needed = needed.contains(&name);
        if is_needed || described.contains(&name) {
            match names.evaluate(value) {
                Ok(value) => entries.push((key.clone(), listed(name, value))),
                Err(reason) if is_needed => {
                    let message = format_args!("{reason}, so the value is not known; {PLAN}");
                    findings.problem(&origin, message);
                }
                // What describes decides nothing.
                Err(_) => {}
            }
        } else if COUNTS.contains(&name) {
            let message = "its addresses are known after apply only, so no flow can name them";
            findings.warning(&origin, message);
        } else if block.kind == RULE && !META.contains(&name) {
            // A slip must not make a rule wider than it was meant.
            let known = needed.iter().chain(described).copied();
            let meant = slip::meant(name, known);
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}"));
            let message = format_args!("`{}` is no attribute of a rule{meant}", Shown(name));
            findings.problem(&origin, message);
        }
    }
    if block.kind == RULE && findings.problems() > problems {
        // What is wrong was said, and would only be said again as missing.
        return None;
    }
    let id = names.id(&block.address);
    if let Some(id) = id.filter(|_| block.kind != RULE) {
        entries.push(entry("id", Kind::Quoted(id), body));
    }
    Some(Read {
        unknown: unknown(block, &entries),
        attributes: Value {
            at: body.at,
            kind: Kind::Map(entries),
        },
    })
}

/// Turns a block that may be there several times into a list.
fn listed(name: &str, value: Value) -> Value {
    let at = value.at;
    match value.kind {
        Kind::Map(_) if ["entry", "network_interfaces"].contains(&name) => Value {
            at,
            kind: Kind::List(vec![value]),
        },
        _ => value,
    }
}

/// Marks the primary address of an interface that does not say it.
fn unknown(block: &Block<'_>, entries: &[(Key, Value)]) -> Option<Value> {
    let has = |name: &str| entries.iter().any(|(key, _)| key.text == name);
    let addressed = ["primary_ip_address", "private_ip"];
    let carries = block.kind.ends_with("network_interface") || block.kind == "alicloud_instance";
    let missing = carries && !addressed.into_iter().any(has);
    missing.then(|| Value {
        at: block.body.at,
        kind: Kind::Map(vec![entry(
            addressed[0],
            Kind::Plain("true".to_owned()),
            block.body,
        )]),
    })
}

fn entry(name: &str, kind: Kind, body: &Value) -> (Key, Value) {
    let key = Key {
        at: body.at,
        text: name.to_owned(),
    };
    (key, Value { at: body.at, kind })
}

/// Sorts files by the directory they are in; each is a configuration.
pub(crate) fn directories(files: Vec<File>, names: &[&str]) -> Vec<Vec<File>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Vec<File>> = Vec::new();
    for file in files {
        let name = names.get(file.number).copied().unwrap_or_default();
        let directory = name
            .rsplit_once(['/', '\\'])
            .map_or("", |(directory, _)| directory);
        let at = *places.entry(directory.to_owned()).or_insert(all.len());
        match all.get_mut(at) {
            Some(known) => known.push(file),
            None => all.push(vec![file]),
        }
    }
    all
}
