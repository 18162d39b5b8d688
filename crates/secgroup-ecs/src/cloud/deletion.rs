//! Deleting instances (1.4): what DeleteInstance and DeleteInstances have in
//! common.
//!
//! Both ignore `ForceStop` and `TerminateSubscription`: no instance here needs
//! time to stop, and none is paid for in advance.

use super::Cloud;
use super::error::ApiError;
use super::instances::{locked, no_instance, wrong_status};
use super::objects::{Instance, InstanceStatus, InterfaceType};
use super::operation::Call;

/// Finds an instance that may be deleted.
///
/// # Errors
///
/// `404 InvalidInstanceId.NotFound`, `403 InvalidOperation.DeletionProtection`,
/// `403 InstanceLockedForSecurity`, `403 IncorrectInstanceStatus.Initializing`,
/// and `403 IncorrectInstanceStatus` for one that is not stopped, unless the
/// call has `Force=true` and it runs.
pub(crate) fn deletable<'c>(
    cloud: &'c Cloud,
    call: &Call<'_>,
    id: &str,
) -> Result<&'c Instance, ApiError> {
    let instance = cloud.instance(call, id).ok_or_else(no_instance)?;
    if instance.deletion_protection {
        let message = format!("The instance {id} is protected against deletion.");
        let code = "InvalidOperation.DeletionProtection";
        return Err(ApiError::new(403, code, message));
    }
    if instance.locked_for_security {
        return Err(locked());
    }
    let force = call.fields.boolean("Force")? == Some(true);
    match instance.status {
        InstanceStatus::Stopped => Ok(instance),
        InstanceStatus::Running if force => Ok(instance),
        InstanceStatus::Pending => {
            let message = "The specified instance status does not support this operation.";
            let code = "IncorrectInstanceStatus.Initializing";
            Err(ApiError::new(403, code, message))
        }
        InstanceStatus::Running | InstanceStatus::Starting | InstanceStatus::Stopping => {
            Err(wrong_status())
        }
    }
}

impl Cloud {
    /// Deletes an instance with its primary interface. The other ones are deleted
    /// with it or detached, as their `DeleteOnRelease` says.
    pub(crate) fn delete_instance(&mut self, id: &str) {
        let interfaces = self.interfaces_of(id).into_iter();
        let interfaces = interfaces.map(|one| {
            let goes = one.kind == InterfaceType::Primary || one.delete_on_release;
            (one.network_interface_id.clone(), goes)
        });
        let interfaces: Vec<(String, bool)> = interfaces.collect();
        for (interface, goes) in interfaces {
            if goes {
                self.interfaces.remove(&interface);
            } else {
                self.release(&interface);
            }
        }
        self.instances.remove(id);
    }
}
