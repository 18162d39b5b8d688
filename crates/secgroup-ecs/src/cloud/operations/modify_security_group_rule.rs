//! ModifySecurityGroupRule: changes a rule for inbound traffic (5.4).
//!
//! `OwnerId` and its like are accepted and ignored.

use secgroup_model::Direction;

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::modify_rule::{self, Plan};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::permissions;
use crate::cloud::tokens::TokenUse;

pub(crate) struct ModifySecurityGroupRule;

impl Operation for ModifySecurityGroupRule {
    const NAME: &'static str = "ModifySecurityGroupRule";
    const TOKEN: TokenUse = TokenUse::ParametersWithEmpty(permissions::PARAMETERS_WITH_IDS);
    type Plan = Plan;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        modify_rule::required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        modify_rule::check(cloud, call, Direction::Ingress)
    }

    fn apply(cloud: &mut Cloud, _: &Call<'_>, plan: Plan) -> Effect {
        modify_rule::apply(cloud, plan)
    }
}
