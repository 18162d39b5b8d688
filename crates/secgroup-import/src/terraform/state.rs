//! Resources in `terraform.tfstate` (version 4), and in what `terraform show
//! -json` prints of a state (6.2.4).

use std::collections::HashMap;
use std::rc::Rc;

use secgroup_model::{Escaped, Shown};

use super::address::Address;
use super::resource::{Resource, Spelling};
use crate::findings::{Findings, Origin};
use crate::value::{Kind, Value};

/// Reads `terraform.tfstate`.
pub(crate) fn read<'v>(
    root: &'v Value,
    origin: &Origin,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    let version = root.get("version").and_then(Value::text);
    if version != Some("4") {
        let found = version.unwrap_or("none");
        let at = root.get("version").map_or(root.at, |version| version.at);
        let message = format_args!(
            "Terraform state version {}; version 4 is read: use the output of terraform show -json",
            Shown(found)
        );
        findings.problem(&origin.part("version", at), message);
        return Vec::new();
    }
    let mut resources = Vec::new();
    let list = root.get("resources").map_or(&[][..], Value::items);
    for (number, resource) in list.iter().enumerate() {
        let place = origin
            .part("resources", resource.at)
            .item(number, resource.at);
        if resource.get("mode").and_then(Value::text) != Some("managed") {
            continue;
        }
        let text = |name| resource.get(name).and_then(Value::text);
        let (Some(kind), Some(name)) = (text("type"), text("name")) else {
            findings.problem(&place, "a resource without type or name");
            continue;
        };
        let module = text("module").map_or_else(String::new, |module| format!("{module}."));
        for instance in resource.get("instances").map_or(&[][..], Value::items) {
            let index = instance.get("index_key").map_or_else(String::new, index);
            let path = format!("{module}{kind}.{name}{index}");
            let address = address(&path, &place, findings);
            let deposed = instance.get("deposed").and_then(Value::text);
            let attributes = instance.given("attributes");
            let (Some(address), Some(attributes)) = (address, attributes) else {
                if attributes.is_none() && instance.has("attributes_flat") {
                    let message = "attributes of an old provider; run terraform refresh";
                    findings.problem(&place, message);
                }
                continue;
            };
            let name = with_deposed(path, deposed);
            let origin = Origin {
                file: origin.file,
                at: instance.at,
                path: Rc::from(Escaped(&name).to_string()),
            };
            note_deposed(&origin, deposed, findings);
            resources.push(Resource {
                address,
                name,
                kind: kind.to_owned(),
                origin,
                attributes,
                unknown: None,
                spelling: Spelling::Snake,
            });
        }
    }
    check_once(&resources, findings);
    resources
}

/// Reads the values of a state or plan in the form of `terraform show -json`:
/// a module with `resources` and `child_modules`.
pub(crate) fn walk<'v>(
    module: &'v Value,
    file: usize,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    let resources = walk_some(module, file, findings, |_| true);
    check_once(&resources, findings);
    resources
}

/// As [`walk`], of some resources; nothing is said of the others, nor of
/// addresses that occur twice.
pub(crate) fn walk_some<'v>(
    module: &'v Value,
    file: usize,
    findings: &mut Findings,
    wanted: impl Fn(&Value) -> bool,
) -> Vec<Resource<'v>> {
    let (mut resources, mut modules) = (Vec::new(), vec![module]);
    while let Some(module) = modules.pop() {
        let all = module.get("resources").map_or(&[][..], Value::items);
        for resource in all.iter().filter(|resource| wanted(resource)) {
            let values = resource.given("values");
            resources.extend(values.and_then(|values| shown(resource, values, file, findings)));
        }
        modules.extend(module.get("child_modules").map_or(&[][..], Value::items));
    }
    resources.sort_by_key(|resource| resource.origin.at);
    resources
}

/// Reads a resource with `address`, `mode` and `type` that has these attributes.
pub(crate) fn shown<'v>(
    resource: &'v Value,
    attributes: &'v Value,
    file: usize,
    findings: &mut Findings,
) -> Option<Resource<'v>> {
    let text = |name| resource.get(name).and_then(Value::text);
    let place = Origin {
        file,
        at: resource.at,
        path: Rc::from(""),
    };
    if text("mode").is_some_and(|mode| mode != "managed") {
        return None;
    }
    let (Some(path), Some(kind)) = (text("address"), text("type")) else {
        findings.problem(&place, "a resource without address or type");
        return None;
    };
    let address = address(path, &place, findings)?;
    if !matches!(attributes.kind, Kind::Map(_)) {
        let message = format_args!("expected an object, found {}", attributes.what());
        findings.problem(&place.part(path, attributes.at), message);
        return None;
    }
    let deposed = deposed(resource);
    let name = with_deposed(path.to_owned(), deposed);
    let origin = place.part(&name, resource.at);
    note_deposed(&origin, deposed, findings);
    Some(Resource {
        address,
        name,
        kind: kind.to_owned(),
        origin,
        attributes,
        unknown: None,
        spelling: Spelling::Snake,
    })
}

/// Reads an address.
fn address(path: &str, place: &Origin, findings: &mut Findings) -> Option<Address> {
    let address = Address::parse(path);
    if address.is_none() {
        let message = format_args!("`{}` is no address of a resource", Shown(path));
        findings.problem(place, message);
    }
    address
}

/// Returns the key of an old object, as values or changes have it.
fn deposed(resource: &Value) -> Option<&str> {
    let text = |name| resource.get(name).and_then(Value::text);
    text("deposed_key").or_else(|| text("deposed"))
}

/// Returns what a value or change is about, as [`shown`] calls it.
pub(crate) fn full_address(resource: &Value) -> Option<String> {
    let address = resource.get("address").and_then(Value::text)?;
    Some(with_deposed(address.to_owned(), deposed(resource)))
}

/// Returns what a resource is called in messages, an old object of it with its key.
fn with_deposed(path: String, deposed: Option<&str>) -> String {
    match deposed {
        Some(key) => format!("{path} (deposed {key})"),
        None => path,
    }
}

fn note_deposed(origin: &Origin, deposed: Option<&str>, findings: &mut Findings) {
    if deposed.is_some() {
        let message = "replaced, but not destroyed yet; it still counts";
        findings.warning(origin, message);
    }
}

/// Writes an index as addresses have it.
fn index(key: &Value) -> String {
    match &key.kind {
        Kind::Plain(number) => format!("[{number}]"),
        Kind::Quoted(text) => format!("[{text:?}]"),
        Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Row(_) => String::new(),
    }
}

/// Reports addresses that occur twice.
pub(crate) fn check_once(resources: &[Resource<'_>], findings: &mut Findings) {
    let mut seen: HashMap<&str, &Origin> = HashMap::new();
    for Resource { name, origin, .. } in resources {
        let first = *seen.entry(name).or_insert(origin);
        if first != origin {
            let message = format!(
                "this address occurs twice, first in {}",
                findings.seen_from(origin, first)
            );
            findings.problem(origin, message);
        }
    }
}
