//! What the objects of all kinds have in common, and how one is found by its
//! `ResourceType` and id, as the calls about tags and resource groups name it.

use super::error::ApiError;
use super::objects::{Group, Instance, Interface, PortList, PrefixList, Tags, Time, VSwitch, Vpc};
use super::operation::Call;
use super::request::Product;
use super::{Cloud, in_region};

/// An object with an owner, a region, tags and a resource group.
pub(crate) trait Resource {
    fn id(&self) -> &str;
    fn region(&self) -> &str;
    fn owner(&self) -> &str;
    fn created(&self) -> Time;
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
    fn resource_group(&self) -> &str;
    fn resource_group_mut(&mut self) -> &mut String;

    /// Tells whether the object is the caller's and in the region the call
    /// names.
    fn is_asked(&self, call: &Call<'_>) -> bool {
        self.owner() == call.account() && in_region(call, self.region())
    }
}

macro_rules! resources {
    ($($object:ty: $id:ident,)*) => {$(
        impl Resource for $object {
            fn id(&self) -> &str {
                &self.$id
            }

            fn region(&self) -> &str {
                &self.region_id
            }

            fn owner(&self) -> &str {
                &self.owner_id
            }

            fn created(&self) -> Time {
                self.creation_time
            }

            fn tags(&self) -> &Tags {
                &self.tags
            }

            fn tags_mut(&mut self) -> &mut Tags {
                &mut self.tags
            }

            fn resource_group(&self) -> &str {
                &self.resource_group_id
            }

            fn resource_group_mut(&mut self) -> &mut String {
                &mut self.resource_group_id
            }
        }
    )*};
}

resources! {
    Group: security_group_id,
    Instance: instance_id,
    Interface: network_interface_id,
    PortList: port_range_list_id,
    PrefixList: prefix_list_id,
    VSwitch: v_switch_id,
    Vpc: vpc_id,
}

/// A kind of object, as `ResourceType` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Group,
    Instance,
    Interface,
    PortList,
    PrefixList,
    VSwitch,
    Vpc,
    /// A kind that the API has and this simulation has not: there are none.
    Other(&'static str),
}

/// The kinds of the ECS API.
const ECS: [(&str, Kind); 19] = [
    ("securitygroup", Kind::Group),
    ("instance", Kind::Instance),
    ("eni", Kind::Interface),
    ("portrangelist", Kind::PortList),
    ("prefixlist", Kind::PrefixList),
    ("capacityreservation", Kind::Other("capacityreservation")),
    ("command", Kind::Other("command")),
    ("ddh", Kind::Other("ddh")),
    ("ddhcluster", Kind::Other("ddhcluster")),
    ("disk", Kind::Other("disk")),
    ("elasticityassurance", Kind::Other("elasticityassurance")),
    ("image", Kind::Other("image")),
    ("invocation", Kind::Other("invocation")),
    ("keypair", Kind::Other("keypair")),
    ("launchtemplate", Kind::Other("launchtemplate")),
    ("reservedinstance", Kind::Other("reservedinstance")),
    ("snapshot", Kind::Other("snapshot")),
    ("snapshotpolicy", Kind::Other("snapshotpolicy")),
    ("volume", Kind::Other("volume")),
];

/// The kinds of the VPC API.
const VPC: [(&str, Kind); 7] = [
    ("vpc", Kind::Vpc),
    ("vswitch", Kind::VSwitch),
    (
        "commonbandwidthpackage",
        Kind::Other("commonbandwidthpackage"),
    ),
    ("eip", Kind::Other("eip")),
    ("natgateway", Kind::Other("natgateway")),
    ("routetable", Kind::Other("routetable")),
    ("vpngateway", Kind::Other("vpngateway")),
];

impl Kind {
    /// Returns the kind that an API calls `text`; the ECS API writes kinds in
    /// small letters and the VPC API in capitals, and both take either.
    pub(crate) fn of(product: Product, text: &str) -> Option<Self> {
        let kinds: &[_] = match product {
            Product::Ecs => &ECS,
            Product::Vpc => &VPC,
        };
        let mut kinds = kinds.iter();
        let named = kinds.find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, kind)| *kind)
    }

    /// Returns the `ResourceType` of answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Group => "securitygroup",
            Self::Instance => "instance",
            Self::Interface => "eni",
            Self::PortList => "portrangelist",
            Self::PrefixList => "prefixlist",
            Self::VSwitch => "vswitch",
            Self::Vpc => "vpc",
            Self::Other(name) => name,
        }
    }
}

/// The greatest length of the id of a resource group.
const MAX_RESOURCE_GROUP: usize = 100;

/// Reads `ResourceGroupId`, empty where it is not given. Resource groups are
/// not simulated: every id that one could have is one.
///
/// # Errors
///
/// `404 InvalidResourceGroup.NotFound` with `message` for anything else.
pub(crate) fn resource_group(call: &Call<'_>, message: &str) -> Result<String, ApiError> {
    let id = call.fields.text("ResourceGroupId").unwrap_or("");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.len() <= MAX_RESOURCE_GROUP && id.bytes().all(allowed) {
        return Ok(id.to_owned());
    }
    Err(ApiError::new(404, "InvalidResourceGroup.NotFound", message))
}

impl Cloud {
    /// Returns the object of a kind called `id`, if it is the caller's and in
    /// the region the call names.
    pub(crate) fn resource(&self, call: &Call<'_>, kind: Kind, id: &str) -> Option<&dyn Resource> {
        fn object<T: Resource>(object: &std::sync::Arc<T>) -> &dyn Resource {
            object.as_ref()
        }
        let object = match kind {
            Kind::Group => self.groups.get(id).map(object),
            Kind::Instance => self.instances.get(id).map(object),
            Kind::Interface => self.interfaces.get(id).map(object),
            Kind::PortList => self.port_lists.get(id).map(object),
            Kind::PrefixList => self.prefix_lists.get(id).map(object),
            Kind::VSwitch => self.vswitches.get(id).map(object),
            Kind::Vpc => self.vpcs.get(id).map(object),
            Kind::Other(_) => None,
        };
        object.filter(|object| object.is_asked(call))
    }

    /// Returns the caller's objects of a kind in the region the call names.
    pub(crate) fn resources(&self, call: &Call<'_>, kind: Kind) -> Vec<&dyn Resource> {
        let objects: Box<dyn Iterator<Item = &dyn Resource>> = match kind {
            Kind::Group => Box::new(self.groups.values().map(|one| one.as_ref() as _)),
            Kind::Instance => Box::new(self.instances.values().map(|one| one.as_ref() as _)),
            Kind::Interface => Box::new(self.interfaces.values().map(|one| one.as_ref() as _)),
            Kind::PortList => Box::new(self.port_lists.values().map(|one| one.as_ref() as _)),
            Kind::PrefixList => Box::new(self.prefix_lists.values().map(|one| one.as_ref() as _)),
            Kind::VSwitch => Box::new(self.vswitches.values().map(|one| one.as_ref() as _)),
            Kind::Vpc => Box::new(self.vpcs.values().map(|one| one.as_ref() as _)),
            Kind::Other(_) => return Vec::new(),
        };
        objects.filter(|object| object.is_asked(call)).collect()
    }

    /// Refuses to change a group that a cloud product owns (1.3.3).
    pub(crate) fn check_managed(&self, kind: Kind, id: &str) -> Result<(), ApiError> {
        let group = self.groups.get(id).filter(|_| kind == Kind::Group);
        if group.is_some_and(|group| group.service_managed) {
            return Err(ApiError::managed(id));
        }
        Ok(())
    }

    /// Returns the object of a kind called `id` to be changed.
    pub(crate) fn resource_mut(&mut self, kind: Kind, id: &str) -> Option<&mut dyn Resource> {
        match kind {
            Kind::Group => self.groups.get_mut(id).map(|one| one as _),
            Kind::Instance => self.instances.get_mut(id).map(|one| one as _),
            Kind::Interface => self.interfaces.get_mut(id).map(|one| one as _),
            Kind::PortList => self.port_lists.get_mut(id).map(|one| one as _),
            Kind::PrefixList => self.prefix_lists.get_mut(id).map(|one| one as _),
            Kind::VSwitch => self.vswitches.get_mut(id).map(|one| one as _),
            Kind::Vpc => self.vpcs.get_mut(id).map(|one| one as _),
            Kind::Other(_) => None,
        }
    }
}
