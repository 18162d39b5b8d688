//! ModifyInstanceVpcAttribute: moves a stopped instance to another address,
//! vSwitch or VPC.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::cloud::Cloud;
use crate::cloud::addresses::{Fault, Pool, Speaker};
use crate::cloud::error::ApiError;
use crate::cloud::instances::locked;
use crate::cloud::membership::{Newcomer, Voice, check_set, mismatch, named_groups};
use crate::cloud::objects::{Instance, InstanceStatus, Interface, VSwitch};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct ModifyInstanceVpcAttribute;

/// Where an instance moves to.
pub(crate) struct Move {
    instance: String,
    interface: String,
    vpc: String,
    vswitch: String,
    address: Ipv4Addr,
    /// Its groups in another VPC.
    groups: Option<Vec<String>>,
}

impl Operation for ModifyInstanceVpcAttribute {
    const NAME: &'static str = "ModifyInstanceVpcAttribute";
    type Plan = Move;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("InstanceId")?;
        call.fields.required("VSwitchId")?;
        // "Required only when the VpcId parameter is specified."
        let groups = call.fields.list("SecurityGroupId");
        if call.fields.text("VpcId").is_some() && groups.is_empty() {
            return Err(ApiError::missing("SecurityGroupId.N"));
        }
        Ok(())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Move, ApiError> {
        let instance = cloud.named_instance(call)?;
        let primary = check_state(cloud, instance)?;
        let vswitch = vswitch(cloud, call, instance)?;
        let groups = if call.fields.text("VpcId").is_some() {
            check_alone(cloud, instance, primary)?;
            Some(groups(cloud, call, instance, primary, vswitch)?)
        } else {
            None
        };
        Ok(Move {
            instance: instance.instance_id.clone(),
            interface: primary.network_interface_id.clone(),
            vpc: vswitch.vpc_id.clone(),
            vswitch: vswitch.v_switch_id.clone(),
            address: address(cloud, call, primary, vswitch)?,
            groups,
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Move) -> Effect {
        if let Some(instance) = cloud.instances.get_mut(&plan.instance) {
            instance.vpc_id.clone_from(&plan.vpc);
        }
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            interface.vpc_id = plan.vpc;
            interface.v_switch_id = plan.vswitch;
            interface.primary_ip = plan.address;
            if let Some(groups) = plan.groups {
                interface.security_group_ids = groups;
            }
        }
        Effect::nothing()
    }
}

/// "The instance must be in the Stopped state."
fn check_state<'c>(cloud: &'c Cloud, instance: &Instance) -> Result<&'c Arc<Interface>, ApiError> {
    if instance.locked_for_security {
        return Err(locked());
    }
    if instance.vpc_id.is_empty() {
        let message = "Specified operation is denied as your instance is not in VPC.";
        return Err(ApiError::new(400, "OperationDenied", message));
    }
    let primary = cloud.primary_of(&instance.instance_id);
    let primary = primary.filter(|_| instance.status == InstanceStatus::Stopped);
    primary.ok_or_else(|| {
        let message = "The current status of instance does not support this operation.";
        ApiError::new(400, "IncorrectInstanceStatus", message)
    })
}

/// Finds the vSwitch: of the VPC that is named, or else of that of the instance,
/// and in any case in its zone.
fn vswitch<'c>(
    cloud: &'c Cloud,
    call: &Call<'_>,
    instance: &Instance,
) -> Result<&'c Arc<VSwitch>, ApiError> {
    let id = call.fields.required("VSwitchId")?;
    let not_found = |message| ApiError::new(404, "InvalidVSwitchId.NotFound", message);
    let vswitch = cloud.vswitch(call, id);
    let vswitch = vswitch.filter(|one| one.region_id == instance.region_id);
    let vswitch = vswitch.ok_or_else(|| not_found("Specified virtual switch does not exist."))?;
    let vpc = call.fields.text("VpcId").unwrap_or(&instance.vpc_id);
    if vswitch.vpc_id != vpc {
        return Err(not_found(
            "Specified virtual switch is not found in current VPC.",
        ));
    }
    if vswitch.zone_id != instance.zone_id {
        let message = "Specified instance and virtual switch are not in the same zone.";
        return Err(ApiError::new(400, "InvalidVSwitchId.Mismatch", message));
    }
    Ok(vswitch)
}

/// Only an instance with one interface and one address can go to another VPC.
fn check_alone(cloud: &Cloud, instance: &Instance, primary: &Interface) -> Result<(), ApiError> {
    let interfaces = cloud.interfaces_of(&instance.instance_id).len();
    if interfaces == 1 && primary.address_count() == 1 {
        return Ok(());
    }
    let id = &instance.instance_id;
    let message = format!(
        "The instance {id} has secondary network interfaces, or more than one address; it cannot \
         be moved to another VPC."
    );
    Err(ApiError::new(403, "OperationDenied", message))
}

/// Checks the groups that the instance joins in another VPC.
fn groups(
    cloud: &Cloud,
    call: &Call<'_>,
    instance: &Instance,
    primary: &Interface,
    vswitch: &VSwitch,
) -> Result<Vec<String>, ApiError> {
    let ids = call.fields.list("SecurityGroupId");
    let groups = named_groups(cloud, call, &ids, Some(primary))?;
    if groups.iter().any(|group| group.vpc_id != vswitch.vpc_id) {
        return Err(mismatch());
    }
    let newcomer = Newcomer::existing(primary);
    let set = check_set(cloud, &groups, Some(&instance.instance_type), newcomer);
    set.map_err(|refusal| refusal.error(Voice::Instance))?;
    Ok(ids.into_iter().map(str::to_owned).collect())
}

fn address(
    cloud: &Cloud,
    call: &Call<'_>,
    primary: &Interface,
    vswitch: &VSwitch,
) -> Result<Ipv4Addr, ApiError> {
    let asked = call.fields.text("PrivateIpAddress");
    let own = primary.primary_ip.to_string();
    if asked == Some(own.as_str()) && vswitch.v_switch_id == primary.v_switch_id {
        let message = "error new ip is the same with old ip";
        let code = "InvalidPrivateIpAddress.Duplicated";
        return Err(ApiError::new(400, code, message));
    }
    let address = Pool::of(cloud, vswitch).primary(asked);
    address.map_err(|fault: Fault| fault.error(Speaker::Move))
}
