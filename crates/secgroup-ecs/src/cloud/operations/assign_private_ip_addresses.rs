//! AssignPrivateIpAddresses (1.5).

use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::addresses::Shares;
use crate::cloud::error::ApiError;
use crate::cloud::interface_addresses::{Assigned, assign};
use crate::cloud::operation::{Body, Call, Effect, Operation};
use crate::cloud::tokens::TokenUse;

pub(crate) struct AssignPrivateIpAddresses;

impl Operation for AssignPrivateIpAddresses {
    const NAME: &'static str = "AssignPrivateIpAddresses";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "NetworkInterfaceId",
        "PrivateIpAddress.N",
        "SecondaryPrivateIpAddressCount",
        "Ipv4Prefix.N",
        "Ipv4PrefixCount",
    ]);
    type Plan = Assigned;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Assigned, ApiError> {
        let shares = Shares::of_ipv4(&call.fields)?;
        if shares.is_empty() {
            return Err(ApiError::missing("PrivateIpAddress.N"));
        }
        assign(cloud, call, &shares)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Assigned) -> Effect {
        let addresses: Vec<_> = plan.taken.ipv4.iter().map(ToString::to_string).collect();
        let assigned = json!({
            "NetworkInterfaceId": plan.interface,
            "PrivateIpSet": { "PrivateIpAddress": addresses },
            "Ipv4PrefixSet": { "Ipv4Prefixes": plan.taken.ipv4_prefixes },
        });
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            plan.taken.add_to(interface);
        }
        let mut body = Body::new();
        body.insert("AssignedPrivateIpAddressesSet".to_owned(), assigned);
        Effect::Done(body)
    }
}
