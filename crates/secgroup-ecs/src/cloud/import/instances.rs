//! Instances: those that documents describe, and those that only interfaces name.

use std::sync::Arc;

use super::Context;
use super::notes::Notes;
use super::sources::Known;
use crate::cloud::Cloud;
use crate::cloud::objects::{Instance, InstanceStatus, Interface, Time};
use crate::cloud::regions::usual_zone;

/// The states that documents name; what they say nothing of is running.
const STATES: [(&str, InstanceStatus); 5] = [
    ("Running", InstanceStatus::Running),
    ("Stopped", InstanceStatus::Stopped),
    ("Pending", InstanceStatus::Pending),
    ("Starting", InstanceStatus::Starting),
    ("Stopping", InstanceStatus::Stopping),
];

/// Adds the instances; there must be all interfaces.
///
/// One that no interface is attached to is left out, with a warning: it could
/// belong to no group (1.5.1).
pub(super) fn add(context: &Context<'_>, cloud: &mut Cloud, notes: &mut Notes) {
    let interfaces: Vec<Arc<Interface>> = cloud.interfaces.values().cloned().collect();
    for interface in interfaces {
        let id = &interface.instance_id;
        if id.is_empty() || cloud.instances.contains(id) {
            continue;
        }
        let known = context.sources.instances.get(id);
        let instance = row(context, &interface, known, notes);
        cloud.instances.insert(id, instance);
    }
    for (id, known) in context.sources.instances.iter() {
        if !cloud.instances.contains(id) {
            let message =
                "the instance is left out, because no network interface is attached to it";
            notes.warning(&known.place(), message);
        }
    }
}

fn row(
    context: &Context<'_>,
    interface: &Interface,
    known: &Known<'_>,
    notes: &mut Notes,
) -> Instance {
    let region = known
        .region()
        .map_or_else(|| interface.region_id.clone(), |one| one.into_owned());
    let zone = known.text("ZoneId").map(|zone| zone.into_owned());
    let zone = zone.or_else(|| Some(interface.zone_id.clone()).filter(|zone| !zone.is_empty()));
    Instance {
        instance_id: interface.instance_id.clone(),
        owner_id: known
            .account()
            .unwrap_or_else(|| interface.owner_id.clone()),
        zone_id: zone.unwrap_or_else(|| usual_zone(&region)),
        region_id: region,
        vpc_id: interface.vpc_id.clone(),
        status: known.word("Status", &STATES, 0, notes),
        instance_name: known.string("InstanceName"),
        description: known.string("Description"),
        host_name: known.string("HostName"),
        instance_type: known.string("InstanceType"),
        image_id: known.string("ImageId"),
        resource_group_id: known.string("ResourceGroupId"),
        deletion_protection: known.flag("DeletionProtection"),
        locked_for_security: known.flag("LockedForSecurity") || is_locked(known),
        creation_time: known.created(notes).unwrap_or(Time(context.options.now)),
        tags: known.tags(),
        changing_since: known
            .text("ChangingSince")
            .and_then(|text| text.parse().ok()),
    }
}

/// Tells whether an answer of DescribeInstances says that the instance is
/// locked for security reasons: `OperationLocks` names them.
fn is_locked(known: &Known<'_>) -> bool {
    let locks = known.items("OperationLocks", "LockReason");
    let rows = locks.into_iter().filter_map(super::row::Row::open);
    let mut reasons = rows.filter_map(|row| row.text("LockReason"));
    reasons.any(|reason| reason == "security")
}
