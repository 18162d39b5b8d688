//! UnassignIpv6Addresses (1.5).

use std::net::Ipv6Addr;

use crate::cloud::Cloud;
use crate::cloud::addresses::{MAX_IPV6, MAX_PREFIXES};
use crate::cloud::error::ApiError;
use crate::cloud::interface_addresses::{canonical, named, owned};
use crate::cloud::operation::{Call, Effect, Operation};

pub(crate) struct UnassignIpv6Addresses;

/// What an interface loses.
pub(crate) struct Unassigned {
    interface: String,
    addresses: Vec<Ipv6Addr>,
    prefixes: Vec<String>,
}

impl Operation for UnassignIpv6Addresses {
    const NAME: &'static str = "UnassignIpv6Addresses";
    type Plan = Unassigned;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Unassigned, ApiError> {
        let addresses = call.fields.list("Ipv6Address");
        let prefixes = call.fields.list("Ipv6Prefix");
        if addresses.is_empty() && prefixes.is_empty() {
            return Err(ApiError::missing("Ipv6Address.N"));
        }
        if MAX_IPV6 < addresses.len() {
            return Err(ApiError::invalid("Ipv6Address"));
        }
        if MAX_PREFIXES < prefixes.len() {
            return Err(ApiError::invalid("Ipv6Prefix"));
        }
        let interface = named(cloud, call)?;
        let read = |text: &str| text.parse().ok();
        Ok(Unassigned {
            interface: interface.network_interface_id.clone(),
            addresses: owned(&addresses, &interface.ipv6_addresses, read)?,
            prefixes: owned(&prefixes, &interface.ipv6_prefixes, canonical)?,
        })
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Unassigned) -> Effect {
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            let (addresses, prefixes) = (&plan.addresses, &plan.prefixes);
            interface
                .ipv6_addresses
                .retain(|own| !addresses.contains(own));
            interface
                .ipv6_prefixes
                .retain(|own| !prefixes.contains(own));
        }
        Effect::nothing()
    }
}
