//! UnassignPrivateIpAddresses (1.5).
//!
//! The primary address stays: an interface is never without.

use std::net::Ipv4Addr;

use crate::cloud::Cloud;
use crate::cloud::addresses::{MAX_PREFIXES, MAX_SECONDARY};
use crate::cloud::error::ApiError;
use crate::cloud::interface_addresses::{canonical, named, owned};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct UnassignPrivateIpAddresses;

/// What an interface loses.
pub(crate) struct Unassigned {
    interface: String,
    addresses: Vec<Ipv4Addr>,
    prefixes: Vec<String>,
}

impl Operation for UnassignPrivateIpAddresses {
    const NAME: &'static str = "UnassignPrivateIpAddresses";
    type Plan = Unassigned;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Unassigned, ApiError> {
        let addresses = call.fields.list("PrivateIpAddress");
        let prefixes = call.fields.list("Ipv4Prefix");
        if addresses.is_empty() && prefixes.is_empty() {
            return Err(ApiError::missing("PrivateIpAddress.N"));
        }
        if MAX_SECONDARY < addresses.len() {
            return Err(ApiError::invalid("PrivateIpAddress"));
        }
        if MAX_PREFIXES < prefixes.len() {
            return Err(ApiError::invalid("Ipv4Prefix"));
        }
        let interface = named(cloud, call)?;
        let read = |text: &str| text.parse().ok();
        Ok(Unassigned {
            interface: interface.network_interface_id.clone(),
            addresses: owned(&addresses, &interface.secondary_ips, read)?,
            prefixes: owned(&prefixes, &interface.ipv4_prefixes, canonical)?,
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Unassigned) -> Effect {
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            let (addresses, prefixes) = (&plan.addresses, &plan.prefixes);
            interface
                .secondary_ips
                .retain(|own| !addresses.contains(own));
            interface
                .ipv4_prefixes
                .retain(|own| !prefixes.contains(own));
        }
        Effect::nothing()
    }
}
