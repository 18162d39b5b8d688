//! RevokeSecurityGroupEgress: removes rules for outbound traffic (5.3).
//!
//! By `SecurityGroupRuleId.N`, or by what the rules say: `Permissions.N.…` or
//! the older flat parameters. `Description` is accepted and does not count;
//! `OwnerId` and its like are accepted and ignored.

use secgroup_model::Direction;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::permissions;
use crate::cloud::revoke::{self, Plan};
use crate::cloud::tokens::TokenUse;

pub(crate) struct RevokeSecurityGroupEgress;

impl Operation for RevokeSecurityGroupEgress {
    const NAME: &'static str = "RevokeSecurityGroupEgress";
    const TOKEN: TokenUse = TokenUse::Parameters(permissions::PARAMETERS_WITH_IDS);
    type Plan = Plan;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        permissions::required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        revoke::check(cloud, call, Direction::Egress)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Plan) -> Effect {
        revoke::apply(cloud, &plan)
    }
}
