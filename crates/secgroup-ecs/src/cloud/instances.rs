//! Instances and interfaces as the operations find them.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::ApiError;
use super::objects::{Instance, Interface, InterfaceType, VSwitch};
use super::operation::Call;
use super::{Cloud, in_region};

/// How many interfaces an instance has at most. Each instance type has its own
/// number, which is not modelled; no type has more than this.
pub(crate) const MAX_INTERFACES: usize = 32;

/// How many ids a call names in a list.
pub(crate) const MAX_IDS: usize = 100;

impl Cloud {
    /// Returns the instance called `id` if it is the caller's, and in the
    /// region the call names, if any.
    pub(crate) fn instance(&self, call: &Call<'_>, id: &str) -> Option<&Arc<Instance>> {
        let instance = self.instances.get(id);
        let own = instance.filter(|one| one.owner_id == call.account());
        own.filter(|one| in_region(call, &one.region_id))
    }

    /// Returns the interface called `id` if it is the caller's, and in the
    /// region the call names, if any.
    pub(crate) fn interface(&self, call: &Call<'_>, id: &str) -> Option<&Arc<Interface>> {
        let interface = self.interfaces.get(id);
        let own = interface.filter(|one| one.owner_id == call.account());
        own.filter(|one| in_region(call, &one.region_id))
    }

    /// Returns the vSwitch called `id` if it is the caller's, and in the region
    /// the call names, if any.
    pub(crate) fn vswitch(&self, call: &Call<'_>, id: &str) -> Option<&Arc<VSwitch>> {
        let vswitch = self.vswitches.get(id);
        let own = vswitch.filter(|one| one.owner_id == call.account());
        own.filter(|one| in_region(call, &one.region_id))
    }

    /// Finds the instance that `InstanceId` names.
    ///
    /// # Errors
    ///
    /// `404 InvalidInstanceId.NotFound`.
    pub(crate) fn named_instance(&self, call: &Call<'_>) -> Result<&Arc<Instance>, ApiError> {
        let id = call.fields.required("InstanceId")?;
        self.instance(call, id).ok_or_else(no_instance)
    }

    /// Finds the interface that `NetworkInterfaceId` names.
    ///
    /// # Errors
    ///
    /// `404 InvalidEniId.NotFound`, and `403 InvalidOperation.EniServiceManaged`
    /// for one that a cloud product owns.
    pub(crate) fn named_interface(&self, call: &Call<'_>) -> Result<&Arc<Interface>, ApiError> {
        let id = call.fields.required("NetworkInterfaceId")?;
        let interface = self.interface(call, id).ok_or_else(|| no_interface(id))?;
        if interface.service_managed {
            return Err(managed_interface(id));
        }
        Ok(interface)
    }

    /// Returns the interfaces of an instance, the primary one first.
    pub(crate) fn interfaces_of(&self, instance: &str) -> Vec<&Arc<Interface>> {
        let attached = self.interfaces.values();
        let mut attached: Vec<_> = attached.filter(|one| one.instance_id == instance).collect();
        attached.sort_by_key(|one| one.kind != InterfaceType::Primary);
        attached
    }

    /// Returns the primary interface of an instance, whose groups are "the
    /// groups of the instance" (1.4). A state file may hold an instance without.
    pub(crate) fn primary_of(&self, instance: &str) -> Option<&Arc<Interface>> {
        let mut attached = self.interfaces.values();
        attached.find(|one| one.instance_id == instance && one.kind == InterfaceType::Primary)
    }

    /// Returns the interfaces of every instance, the primary one first.
    pub(crate) fn attached(&self) -> HashMap<&str, Vec<&Arc<Interface>>> {
        let mut attached: HashMap<&str, Vec<_>> = HashMap::new();
        for one in self
            .interfaces
            .values()
            .filter(|one| !one.instance_id.is_empty())
        {
            attached.entry(&one.instance_id).or_default().push(one);
        }
        for interfaces in attached.values_mut() {
            interfaces.sort_by_key(|one| one.kind != InterfaceType::Primary);
        }
        attached
    }
}

/// An instance does not exist.
pub(crate) fn no_instance() -> ApiError {
    let message = "The specified InstanceId does not exist.";
    ApiError::new(404, "InvalidInstanceId.NotFound", message)
}

/// An interface does not exist.
pub(crate) fn no_interface(id: &str) -> ApiError {
    let message = format!("The specified network interface {id} does not exist.");
    ApiError::new(404, "InvalidEniId.NotFound", message)
}

/// The instance of an interface does not exist.
pub(crate) fn no_attached_instance(id: &str) -> ApiError {
    let message = format!("The specified instance {id} does not exist.");
    ApiError::new(404, "InvalidEcsId.NotFound", message)
}

/// The instance of an interface is in no state for this.
pub(crate) fn wrong_ecs_status(instance: &Instance) -> ApiError {
    let (id, status) = (&instance.instance_id, instance.status.name());
    let message = format!("The instance {id} is {status}, which does not support this operation.");
    ApiError::new(400, "InvalidOperation.InvalidEcsState", message)
}

/// An interface belongs to a cloud product.
pub(crate) fn managed_interface(id: &str) -> ApiError {
    let message = format!("The network interface {id} is managed by a cloud product.");
    ApiError::new(403, "InvalidOperation.EniServiceManaged", message)
}

/// An instance is in no state for this.
pub(crate) fn wrong_status() -> ApiError {
    let message = "The current status of the resource does not support this operation.";
    ApiError::new(403, "IncorrectInstanceStatus", message)
}

/// An instance is locked.
pub(crate) fn locked() -> ApiError {
    let message =
        "The specified operation is denied as your instance is locked for security reasons.";
    ApiError::new(403, "InstanceLockedForSecurity", message)
}

/// Reads a list of ids, at most [`MAX_IDS`].
///
/// # Errors
///
/// `400 InvalidParameter`.
pub(crate) fn ids<'a>(call: &Call<'a>, field: &str) -> Result<Vec<&'a str>, ApiError> {
    let ids = call.fields.list(field);
    if MAX_IDS < ids.len() {
        return Err(ApiError::invalid(field));
    }
    Ok(ids)
}

/// Reads a list that is written as a JSON array, at most [`MAX_IDS`] long;
/// nothing where the call has none (`InstanceIds` of DescribeInstances).
///
/// # Errors
///
/// `400 InvalidParameter`.
pub(crate) fn json_ids(call: &Call<'_>, field: &str) -> Result<Option<Vec<String>>, ApiError> {
    let Some(text) = call.fields.text(field) else {
        return Ok(None);
    };
    let ids: Option<Vec<String>> = serde_json::from_str(text).ok();
    let ids = ids.filter(|ids| ids.len() <= MAX_IDS);
    ids.map(Some).ok_or_else(|| ApiError::invalid(field))
}
