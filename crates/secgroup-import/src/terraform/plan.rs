//! Resources in what `terraform show -json` prints of a plan (6.2.5).
//!
//! A plan holds two configurations: what is there before, and what will be
//! there after it is applied. Values that only apply will tell are marked, and
//! found by the references of the plan's `configuration`.

use std::collections::{HashMap, HashSet};

use super::resource::Resource;
use super::state::{check_once, full_address, shown, walk_some};
use crate::Side;
use crate::findings::{Findings, Origin};
use crate::value::Value;

/// Reads one side of a plan.
pub(crate) fn read<'v>(
    root: &'v Value,
    side: Side,
    origin: &Origin,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    note_incomplete(root, origin, findings);
    let changes = root.get("resource_changes");
    let changes = changes.map_or(&[][..], Value::items);
    let resources = match side {
        Side::Before => before(root, changes, origin.file, findings),
        Side::After => after(root, changes, origin.file, findings),
    };
    check_once(&resources, findings);
    resources
}

/// What is there now: what each change begins with, and what nothing changes.
fn before<'v>(
    root: &'v Value,
    changes: &'v [Value],
    file: usize,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    let mut resources = Vec::new();
    for change in changes {
        let values = change
            .get("change")
            .and_then(|change| change.given("before"));
        resources.extend(values.and_then(|values| shown(change, values, file, findings)));
    }
    resources.extend(untouched(root, changes, file, findings));
    resources
}

/// Returns what is there and nothing changes.
fn untouched<'v>(
    root: &'v Value,
    changes: &'v [Value],
    file: usize,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    let listed: HashSet<String> = changes.iter().filter_map(full_address).collect();
    let prior = root
        .get("prior_state")
        .and_then(|state| state.get("values"));
    let Some(module) = prior.and_then(|values| values.get("root_module")) else {
        return Vec::new();
    };
    walk_some(module, file, findings, |resource| {
        full_address(resource).is_none_or(|address| !listed.contains(&address))
    })
}

/// What will be there: the planned values, and the end of changes without.
fn after<'v>(
    root: &'v Value,
    changes: &'v [Value],
    file: usize,
    findings: &mut Findings,
) -> Vec<Resource<'v>> {
    let planned = root.get("planned_values");
    let planned = planned.and_then(|values| values.get("root_module"));
    let mut resources = planned.map_or_else(Vec::new, |module| {
        walk_some(module, file, findings, |_| true)
    });
    let known: HashSet<String> = resources
        .iter()
        .map(|resource| resource.name.clone())
        .collect();
    let mut unknown: HashMap<&str, &Value> = HashMap::new();
    // What was replaced earlier has the address of what replaced it.
    let current = |change: &&Value| change.get("deposed").is_none();
    for change in changes.iter().filter(current) {
        let Some(address) = change.get("address").and_then(Value::text) else {
            continue;
        };
        let Some(change_of) = change.get("change") else {
            continue;
        };
        if let Some(value) = change_of.get("after_unknown") {
            unknown.insert(address, value);
        }
        // What Terraform only forgets goes on being there.
        let actions = change_of.get("actions").map_or(&[][..], Value::items);
        let is_forgotten = actions.iter().any(|action| action.text() == Some("forget"));
        let values = if is_forgotten { "before" } else { "after" };
        if !known.contains(address)
            && let Some(values) = change_of.given(values)
        {
            resources.extend(shown(change, values, file, findings));
        }
    }
    // A plan of a part (`-target`) says nothing of the rest, which stays.
    let mut rest = untouched(root, changes, file, findings);
    rest.retain(|resource| !known.contains(&resource.name));
    resources.extend(rest);
    for resource in &mut resources {
        resource.unknown = unknown.get(resource.name.as_str()).copied();
    }
    resources
}

/// Says when Terraform itself calls the plan incomplete.
fn note_incomplete(root: &Value, origin: &Origin, findings: &mut Findings) {
    if let Some(errored) = root.get("errored").filter(|errored| errored.is_true()) {
        let message = "the plan ended with an error, so it may lack changes";
        findings.warning(&origin.part("errored", errored.at), message);
    }
    if let Some(deferred) = root.get("deferred_changes") {
        let message = "changes that Terraform defers to a later plan are not in this one";
        findings.warning(&origin.part("deferred_changes", deferred.at), message);
    }
}
