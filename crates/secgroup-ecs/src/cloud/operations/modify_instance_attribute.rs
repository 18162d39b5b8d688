//! ModifyInstanceAttribute: the groups of an instance, replaced as a whole, and
//! its names (5.6.3).
//!
//! Ignored knowingly: `CpuOptions.*`, `CreditSpecification`, `EnableJumboFrame`,
//! `EnableNetworkEncryption`, `NetworkInterfaceQueueNumber`, `Password`,
//! `PrivateDnsNameOptions.*`, `Recyclable`, `RemoteConnectionOptions.*` and
//! `UserData`, which are about what no instance here has.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::instances::{locked, wrong_status};
use crate::cloud::interface_parameters::is_name;
use crate::cloud::launch::is_host_name;
use crate::cloud::membership::{Newcomer, Voice, check_set, mismatch, named_groups};
use crate::cloud::naming::check_description;
use crate::cloud::objects::Instance;
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct ModifyInstanceAttribute;

/// What an instance will be like.
pub(crate) struct Modified {
    instance: String,
    name: Option<String>,
    description: Option<String>,
    host_name: Option<String>,
    deletion_protection: Option<bool>,
    /// The primary interface with the groups it will be in.
    groups: Option<(String, Vec<String>)>,
}

impl Operation for ModifyInstanceAttribute {
    const NAME: &'static str = "ModifyInstanceAttribute";
    type Plan = Modified;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("InstanceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Modified, ApiError> {
        let name = text(call, "InstanceName", is_name)?;
        let description = text(call, "Description", check_description)?;
        let host_name = text(call, "HostName", is_host_name)?;
        let deletion_protection = call.fields.boolean("DeletionProtection")?;
        let instance = cloud.named_instance(call)?;
        if instance.locked_for_security {
            return Err(locked());
        }
        Ok(Modified {
            instance: instance.instance_id.clone(),
            name,
            description,
            host_name,
            deletion_protection,
            groups: groups(cloud, call, instance)?,
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Modified) -> Effect {
        if let Some(instance) = cloud.instances.get_mut(&plan.instance) {
            let texts = [
                (&mut instance.instance_name, plan.name),
                (&mut instance.description, plan.description),
                (&mut instance.host_name, plan.host_name),
            ];
            for (field, text) in texts {
                if let Some(text) = text {
                    *field = text;
                }
            }
            let protection = plan.deletion_protection;
            instance.deletion_protection = protection.unwrap_or(instance.deletion_protection);
        }
        if let Some((interface, groups)) = plan.groups
            && let Some(interface) = cloud.interfaces.get_mut(&interface)
        {
            interface.security_group_ids = groups;
        }
        Effect::nothing()
    }
}

/// Reads a field; each has a code of its own.
fn text(call: &Call<'_>, field: &str, good: fn(&str) -> bool) -> Result<Option<String>, ApiError> {
    let text = call.fields.text(field);
    if text.is_some_and(|text| !good(text)) {
        let message = format!("The specified parameter \"{field}\" is not valid.");
        let code = format!("Invalid{field}.Malformed");
        return Err(ApiError::new(400, code, message));
    }
    Ok(text.map(str::to_owned))
}

/// "Replaces the whole set of the primary ENI; may change basic to advanced or
/// back as a whole, never mix; same VPC" (5.6.3).
fn groups(
    cloud: &Cloud,
    call: &Call<'_>,
    instance: &Instance,
) -> Result<Option<(String, Vec<String>)>, ApiError> {
    let ids = call.fields.list("SecurityGroupIds");
    if ids.is_empty() {
        return Ok(None);
    }
    let primary = cloud.primary_of(&instance.instance_id);
    let primary = primary.filter(|_| instance.is_settled());
    let primary = primary.ok_or_else(wrong_status)?;
    let groups = named_groups(cloud, call, &ids, Some(primary))?;
    if groups.iter().any(|group| group.vpc_id != primary.vpc_id) {
        return Err(mismatch());
    }
    let newcomer = Newcomer::existing(primary);
    let set = check_set(cloud, &groups, Some(&instance.instance_type), newcomer);
    set.map_err(|refusal| refusal.error(Voice::Instance))?;
    let ids = ids.into_iter().map(str::to_owned).collect();
    Ok(Some((primary.network_interface_id.clone(), ids)))
}
