//! New instances with their interfaces: what RunInstances and CreateInstance
//! have in common.
//!
//! What a call asks for is read in [`order`], the numbered names of many
//! instances are made in [`labels`], and vSwitches, groups and addresses are
//! found in [`nics`].

mod labels;
mod nics;
mod order;

use super::Cloud;
use super::error::ApiError;
use super::objects::{
    Instance, InstanceStatus, Interface, InterfaceStatus, InterfaceType, Tags, Time,
};
use super::operation::Call;
use super::tag_parameters::new_tags;

pub(crate) use labels::is_host_name;
use nics::Place;
pub(crate) use order::{Order, required_group};

/// What stands for the id of the instance in its host name.
const ID_IN_NAME: &str = "${instance_id}";

/// Instances to be made.
#[derive(Debug)]
pub(crate) struct Launch {
    instances: Vec<NewInstance>,
    /// Interfaces that exist, to be attached to the first instance.
    attached: Vec<String>,
}

/// An instance to be made, without its ids.
#[derive(Debug)]
struct NewInstance {
    instance: Instance,
    /// Its interfaces, the primary one first.
    interfaces: Vec<Interface>,
}

/// Checks whether the instances of an order can be made.
///
/// # Errors
///
/// See the operations.
pub(crate) fn plan(cloud: &Cloud, call: &Call<'_>, order: &Order<'_>) -> Result<Launch, ApiError> {
    let place = Place::find(cloud, call, order)?;
    let interfaces = place.interfaces(cloud, call, order)?;
    let attached = place.attached(cloud, call, order)?;
    let tags = new_tags(&call.fields)?;
    Cloud::check_room(cloud.instances.len(), order.amount)?;
    let new_interfaces = order.amount * order.nics.len();
    Cloud::check_room(cloud.interfaces.len(), new_interfaces)?;
    let instances = interfaces.into_iter().enumerate();
    let instances = instances.map(|(number, interfaces)| NewInstance {
        instance: instance(call, order, &place, &tags, number),
        interfaces: tagged(interfaces, &tags),
    });
    Ok(Launch {
        instances: instances.collect(),
        attached,
    })
}

/// The tags of a call are those of the instance and its primary interface.
fn tagged(mut interfaces: Vec<Interface>, tags: &Tags) -> Vec<Interface> {
    for interface in &mut interfaces {
        if interface.kind == InterfaceType::Primary {
            interface.tags.clone_from(tags);
        }
    }
    interfaces
}

fn instance(
    call: &Call<'_>,
    order: &Order<'_>,
    place: &Place<'_>,
    tags: &Tags,
    number: usize,
) -> Instance {
    let text = |field| call.fields.text(field).unwrap_or("").to_owned();
    Instance {
        instance_id: String::new(),
        region_id: place.region.to_owned(),
        owner_id: call.account().to_owned(),
        zone_id: place.zone.clone(),
        vpc_id: place.vpc.to_owned(),
        status: order.status,
        instance_name: order.names.get(number).cloned().unwrap_or_default(),
        description: text("Description"),
        host_name: order.host_names.get(number).cloned().unwrap_or_default(),
        instance_type: text("InstanceType"),
        image_id: text("ImageId"),
        resource_group_id: text("ResourceGroupId"),
        deletion_protection: order.deletion_protection,
        locked_for_security: false,
        creation_time: Time(call.request.now),
        tags: tags.clone(),
        changing_since: None,
    }
}

/// Makes the instances, and returns their ids.
pub(crate) fn create(cloud: &mut Cloud, call: &Call<'_>, launch: Launch) -> Vec<String> {
    let now = call.request.now;
    let instances = launch.instances.into_iter();
    let ids: Vec<String> = instances.map(|one| create_one(cloud, one, now)).collect();
    if let Some(first) = ids.first() {
        for interface in &launch.attached {
            cloud.attach(interface, first, now);
        }
    }
    ids
}

fn create_one(cloud: &mut Cloud, new: NewInstance, now: i64) -> String {
    let NewInstance {
        mut instance,
        interfaces,
    } = new;
    let mut names = cloud.names;
    let id = names.next("i", |id| cloud.instances.contains(id));
    cloud.names = names;
    // CreateInstance ends with an instance that was never started.
    let since = match instance.status {
        InstanceStatus::Stopped => None,
        InstanceStatus::Pending
        | InstanceStatus::Starting
        | InstanceStatus::Running
        | InstanceStatus::Stopping => cloud.begin_transition(now),
    };
    if since.is_some() {
        instance.status = InstanceStatus::Pending;
        instance.changing_since = since;
    }
    if instance.instance_name.is_empty() {
        instance.instance_name.clone_from(&id);
    }
    if instance.host_name.is_empty() {
        instance.host_name = usual_host_name(&id);
    }
    instance.host_name = instance.host_name.replace(ID_IN_NAME, &id);
    instance.instance_id.clone_from(&id);
    cloud.instances.insert(&id, instance);
    for mut interface in interfaces {
        interface.instance_id.clone_from(&id);
        interface.changing_since = since;
        interface.status = match since {
            Some(_) => InterfaceStatus::Creating,
            None => InterfaceStatus::InUse,
        };
        cloud.add_interface(interface);
    }
    id
}

/// Returns the host name of a Linux instance that was given none.
fn usual_host_name(id: &str) -> String {
    let rest = id.strip_prefix("i-").unwrap_or(id);
    format!("iZ{rest}Z")
}
