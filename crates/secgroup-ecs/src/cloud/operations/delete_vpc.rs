//! DeleteVpc of the VPC API.
//!
//! Ignored, since it cannot matter here: `ForceDelete`, which deletes IPv4 and
//! IPv6 gateways with the VPC; vSwitches and security groups must be gone first
//! also then.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::networks::end_dry_run;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::request::Product;
use crate::cloud::tokens::TokenUse;

pub(crate) struct DeleteVpc;

impl Operation for DeleteVpc {
    const NAME: &'static str = "DeleteVpc";
    const PRODUCT: Product = Product::Vpc;
    const TOKEN: TokenUse = TokenUse::Parameters(&["RegionId", "VpcId", "ForceDelete", "DryRun"]);
    /// The id.
    type Plan = String;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.fields.required("VpcId").map(|_| ())
    }

    /// What depends on the VPC goes first, also what other accounts have in it.
    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<String, ApiError> {
        let id = call.fields.required("VpcId")?;
        cloud.find_vpc(call, id)?;
        call.fields.boolean("ForceDelete")?;
        let message = "Specified object has dependent resources";
        let refused = |code| Err(ApiError::new(400, code, message));
        if cloud.vswitches_of(id).next().is_some() {
            return refused("DependencyViolation.VSwitch");
        }
        if cloud.groups.values().any(|group| group.vpc_id == id) {
            let message = "Specified object has dependent resources SecurityGroup.";
            let code = "DependencyViolation.SecurityGroup";
            return Err(ApiError::new(400, code, message));
        }
        if cloud.interfaces.values().any(|one| one.vpc_id == id) {
            return refused("DependencyViolation.NetworkInterface");
        }
        if cloud.instances.values().any(|one| one.vpc_id == id) {
            return refused("DependencyViolation.Instance");
        }
        end_dry_run(call)?;
        Ok(id.to_owned())
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, id: String) -> Effect {
        cloud.vpcs.remove(&id);
        Effect::nothing()
    }
}
