//! The interface that JoinSecurityGroup and LeaveSecurityGroup are about
//! (5.6.1, 5.6.2): named itself, or by its instance, whose primary interface
//! is meant (1.4).

use std::sync::Arc;

use crate::cloud::error::ApiError;
use crate::cloud::instances::{locked, managed_interface, no_instance, no_interface, wrong_status};
use crate::cloud::objects::{
    Group, Instance, InstanceStatus, Interface, InterfaceStatus, InterfaceType,
};
use crate::cloud::operation::Call;
use crate::cloud::{Cloud, in_region};

/// The greatest length of an id (4.13).
const MAX_ID: usize = 100;

/// What a call names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    Instance(&'a str),
    Interface(&'a str),
}

/// What it means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'c> {
    /// An instance, with its primary interface.
    Instance(&'c Arc<Instance>, &'c Arc<Interface>),
    /// An interface, with the instance it is attached to.
    Interface(&'c Arc<Interface>, Option<&'c Arc<Instance>>),
}

impl<'a> Asked<'a> {
    /// Reads what a call names: checks 1 to 4 of 5.6.1.
    pub(crate) fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        let instance = call.fields.text("InstanceId");
        let interface = call.fields.text("NetworkInterfaceId");
        match (instance, interface) {
            (Some(_), Some(_)) => {
                let message = "The parameters InstanceId and NetworkInterfaceId cannot be set at the same \
                     time.";
                let code = "InvalidParam.EniIdAndInstanceId.Conflict";
                Err(ApiError::new(403, code, message))
            }
            (None, None) => {
                let message =
                    "One of the parameters InstanceId and NetworkInterfaceId must be specified.";
                Err(ApiError::new(403, "InvalidParam.Malformed", message))
            }
            (None, Some(id)) => {
                call.required_region()?;
                Ok(Self::Interface(id))
            }
            (Some(id), None) if is_id(id) => Ok(Self::Instance(id)),
            (Some(_), None) => {
                let message = "The specified parameter \"InstanceId\" is not valid.";
                Err(ApiError::new(400, "InvalidInstanceId.Malformed", message))
            }
        }
    }

    /// Finds what is named, whoever owns it: an owner that differs is a later
    /// check of 5.6.1 with a code of its own.
    pub(crate) fn find<'c>(
        self,
        cloud: &'c Cloud,
        call: &Call<'_>,
    ) -> Result<Target<'c>, ApiError> {
        match self {
            Self::Instance(id) => {
                let instance = cloud.instances.get(id);
                let instance = instance.filter(|one| in_region(call, &one.region_id));
                let instance = instance.ok_or_else(no_instance)?;
                // Only an instance of a broken state file has no primary interface.
                let primary = cloud.primary_of(id).ok_or_else(wrong_status)?;
                Ok(Target::Instance(instance, primary))
            }
            Self::Interface(id) => {
                let interface = cloud.interfaces.get(id);
                let interface = interface.filter(|one| in_region(call, &one.region_id));
                let interface = interface.ok_or_else(|| no_interface(id))?;
                let instance = cloud.instances.get(&interface.instance_id);
                Ok(Target::Interface(interface, instance))
            }
        }
    }

    /// Finds what is named among what the caller has.
    pub(crate) fn find_own<'c>(
        self,
        cloud: &'c Cloud,
        call: &Call<'_>,
    ) -> Result<Target<'c>, ApiError> {
        let target = self.find(cloud, call)?;
        if target.owner() == call.account() {
            return Ok(target);
        }
        Err(match self {
            Self::Instance(_) => no_instance(),
            Self::Interface(id) => no_interface(id),
        })
    }
}

impl<'c> Target<'c> {
    /// Returns the interface that is meant.
    pub(crate) const fn interface(self) -> &'c Arc<Interface> {
        match self {
            Self::Instance(_, interface) | Self::Interface(interface, _) => interface,
        }
    }

    /// Returns the instance, if there is one.
    pub(crate) const fn instance(self) -> Option<&'c Arc<Instance>> {
        match self {
            Self::Instance(instance, _) => Some(instance),
            Self::Interface(_, instance) => instance,
        }
    }

    /// Returns the account that what is named belongs to.
    pub(crate) fn owner(self) -> &'c str {
        match self {
            Self::Instance(instance, _) => &instance.owner_id,
            Self::Interface(interface, _) => &interface.owner_id,
        }
    }

    /// Refuses what is being created: check 6 of 5.6.1.
    pub(crate) fn check_created(self) -> Result<(), ApiError> {
        let pending = self
            .instance()
            .is_some_and(|instance| instance.status == InstanceStatus::Pending);
        match self {
            Self::Instance(..) if pending => {
                let message = "The specified instance is being created.";
                let code = "Forbidden.InstanceIsBeingCreated";
                Err(ApiError::new(403, code, message))
            }
            Self::Interface(interface, _)
                if pending || interface.status == InterfaceStatus::Creating =>
            {
                let id = &interface.network_interface_id;
                let message =
                    format!("The network interface {id} or its instance is being created.");
                let code = "InvalidStatus.EniOrInstanceIsBeingCreated";
                Err(ApiError::new(400, code, message))
            }
            Self::Instance(..) | Self::Interface(..) => Ok(()),
        }
    }

    /// Refuses what is in no state to join or leave: check 7 of 5.6.1.
    pub(crate) fn check_state(self) -> Result<(), ApiError> {
        match self {
            Self::Instance(instance, _) if !instance.is_settled() => return Err(wrong_status()),
            Self::Interface(interface, _)
                if !matches!(
                    interface.status,
                    InterfaceStatus::Available | InterfaceStatus::InUse
                ) =>
            {
                return Err(wrong_interface_status(interface));
            }
            Self::Instance(..) | Self::Interface(..) => {}
        }
        let instance = self.instance();
        if instance.is_some_and(|instance| instance.locked_for_security) {
            return Err(locked());
        }
        Ok(())
    }

    /// Refuses what a cloud product owns, and a primary interface that is named
    /// itself: check 8 of 5.6.1.
    pub(crate) fn check_managed(self, group: &Group) -> Result<(), ApiError> {
        if group.service_managed {
            return Err(ApiError::managed(&group.security_group_id));
        }
        let interface = self.interface();
        let id = &interface.network_interface_id;
        if interface.service_managed {
            return Err(managed_interface(id));
        }
        let named = matches!(self, Self::Interface(..));
        if named && interface.kind == InterfaceType::Primary {
            let message = format!(
                "The network interface {id} is a primary one; name its instance, or a secondary \
                 network interface."
            );
            return Err(ApiError::new(
                403,
                "InvalidOperation.InvalidEniType",
                message,
            ));
        }
        Ok(())
    }
}

/// An interface is in no state for this.
pub(crate) fn wrong_interface_status(interface: &Interface) -> ApiError {
    let (id, status) = (&interface.network_interface_id, interface.status.name());
    let message =
        format!("The network interface {id} is {status}, which does not support this operation.");
    ApiError::new(400, "InvalidOperation.InvalidEniState", message)
}

/// Tells whether `text` has the form of an id (4.13).
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(allowed)
}
