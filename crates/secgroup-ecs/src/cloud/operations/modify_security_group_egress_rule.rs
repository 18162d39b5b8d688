//! ModifySecurityGroupEgressRule: changes a rule for outbound traffic (5.4).
//!
//! `OwnerId` and its like are accepted and ignored.

use secgroup_model::Direction;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::modify_rule::{self, Plan};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::permissions;
use crate::cloud::tokens::TokenUse;

pub(crate) struct ModifySecurityGroupEgressRule;

impl Operation for ModifySecurityGroupEgressRule {
    const NAME: &'static str = "ModifySecurityGroupEgressRule";
    const TOKEN: TokenUse = TokenUse::ParametersWithEmpty(permissions::PARAMETERS_WITH_IDS);
    type Plan = Plan;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        modify_rule::required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        modify_rule::check(cloud, call, Direction::Egress)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Plan) -> Effect {
        modify_rule::apply(cloud, plan)
    }
}
