//! SecgroupSetAttributes, an extension of this program: makes an object what
//! the API cannot make it, to rehearse what would happen then.
//!
//! `ResourceId` names a group, interface or instance; any of `ServiceManaged`,
//! `DeletionProtection`, `LockedForSecurity`, `Status`, `OwnerId` and `VpcId`
//! (`-` for the classic network) is set. What would contradict itself is refused.

use secgroup_model::AccountId;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct SecgroupSetAttributes;

/// The attributes that can be set.
const ATTRIBUTES: [&str; 6] = [
    "ServiceManaged",
    "DeletionProtection",
    "LockedForSecurity",
    "Status",
    "OwnerId",
    "VpcId",
];

impl Operation for SecgroupSetAttributes {
    const NAME: &'static str = "SecgroupSetAttributes";
    /// The cloud as it would be.
    type Plan = Box<Cloud>;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("ResourceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Box<Cloud>, ApiError> {
        let mut changed = Box::new(cloud.clone());
        set(&mut changed, call)?;
        changed.revision += 1;
        match changed.refresh() {
            Ok(()) => Ok(changed),
            Err(problem) => Err(ApiError::new(400, "InvalidParameter", problem)),
        }
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, mut changed: Box<Cloud>) -> Effect {
        changed.revision = cloud.revision;
        *cloud = *changed;
        Effect::nothing()
    }
}

/// Sets every attribute that the call has.
fn set(cloud: &mut Cloud, call: &Call<'_>) -> Result<(), ApiError> {
    let id = call.fields.required("ResourceId")?;
    let mut known = 0;
    for name in ATTRIBUTES {
        let Some(value) = call.fields.text(name) else {
            continue;
        };
        known += 1;
        let fits = if let Some(group) = cloud.groups.get_mut(id) {
            match name {
                "ServiceManaged" => put(&mut group.service_managed, flag(value)),
                "DeletionProtection" => put(&mut group.deletion_protection, flag(value)),
                "OwnerId" => put(&mut group.owner_id, account(value)),
                "VpcId" => put(&mut group.vpc_id, network(value)),
                _ => false,
            }
        } else if let Some(interface) = cloud.interfaces.get_mut(id) {
            match name {
                "ServiceManaged" => put(&mut interface.service_managed, flag(value)),
                "Status" => put(&mut interface.status, variant(value)),
                "OwnerId" => put(&mut interface.owner_id, account(value)),
                "VpcId" => put(&mut interface.vpc_id, network(value)),
                _ => false,
            }
        } else if let Some(instance) = cloud.instances.get_mut(id) {
            match name {
                "LockedForSecurity" => put(&mut instance.locked_for_security, flag(value)),
                "Status" => put(&mut instance.status, variant(value)),
                "OwnerId" => put(&mut instance.owner_id, account(value)),
                "VpcId" => put(&mut instance.vpc_id, network(value)),
                _ => false,
            }
        } else {
            let message = format!("The specified ResourceId {id} does not exist.");
            return Err(ApiError::new(404, "InvalidResourceId.NotFound", message));
        };
        if !fits {
            return Err(ApiError::invalid(name));
        }
    }
    if known == 0 {
        return Err(ApiError::missing(&ATTRIBUTES.join(", ")));
    }
    Ok(())
}

/// Sets a field, if the value is one; tells whether it was.
fn put<T>(field: &mut T, value: Option<T>) -> bool {
    let fits = value.is_some();
    if let Some(value) = value {
        *field = value;
    }
    fits
}

fn flag(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

fn account(text: &str) -> Option<String> {
    AccountId::new(text).ok().map(|id| id.to_string())
}

/// Reads a VPC; `-` is the classic network.
fn network(text: &str) -> Option<String> {
    Some(if text == "-" { "" } else { text }.to_owned())
}

/// Reads a value by the name that it has in answers.
fn variant<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}
