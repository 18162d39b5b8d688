//! AssignIpv6Addresses (1.5).

use serde_json::json;

use crate::cloud::Cloud;
use crate::cloud::addresses::Shares;
use crate::cloud::error::ApiError;
use crate::cloud::interface_addresses::{Assigned, assign};
use crate::cloud::operation::{Body, Call, Effect, Operation};
use crate::cloud::tokens::TokenUse;

pub(crate) struct AssignIpv6Addresses;

impl Operation for AssignIpv6Addresses {
    const NAME: &'static str = "AssignIpv6Addresses";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "NetworkInterfaceId",
        "Ipv6Address.N",
        "Ipv6AddressCount",
        "Ipv6Prefix.N",
        "Ipv6PrefixCount",
    ]);
    type Plan = Assigned;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region()?;
        call.fields.required("NetworkInterfaceId").map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Assigned, ApiError> {
        let shares = Shares::of_ipv6(&call.fields)?;
        if shares.is_empty() {
            return Err(ApiError::missing("Ipv6Address.N"));
        }
        assign(cloud, call, &shares)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Assigned) -> Effect {
        let addresses: Vec<_> = plan.taken.ipv6.iter().map(ToString::to_string).collect();
        let mut body = Body::new();
        let mut set = |name: &str, value| body.insert(name.to_owned(), value);
        set("NetworkInterfaceId", json!(plan.interface));
        set("Ipv6Sets", json!({ "Ipv6Address": addresses }));
        let prefixes = json!({ "Ipv6Prefix": plan.taken.ipv6_prefixes });
        set("Ipv6PrefixSets", prefixes);
        if let Some(interface) = cloud.interfaces.get_mut(&plan.interface) {
            plan.taken.add_to(interface);
        }
        Effect::Done(body)
    }
}
