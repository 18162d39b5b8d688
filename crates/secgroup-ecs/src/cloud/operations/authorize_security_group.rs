//! AuthorizeSecurityGroup: adds rules for inbound traffic (5.2).
//!
//! `Permissions.N.…` or the older flat parameters, not both; the fields are
//! those of section 2. `OwnerId` and its like are accepted and ignored.

use secgroup_model::Direction;

use crate::cloud::Cloud;
use crate::cloud::authorize::{self, Plan};
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::permissions;
use crate::cloud::tokens::TokenUse;

pub(crate) struct AuthorizeSecurityGroup;

impl Operation for AuthorizeSecurityGroup {
    const NAME: &'static str = "AuthorizeSecurityGroup";
    const TOKEN: TokenUse = TokenUse::Parameters(permissions::PARAMETERS);
    type Plan = Plan;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        permissions::required(call)
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        authorize::check(cloud, call, Direction::Ingress)
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, plan: Plan) -> Effect {
        authorize::apply(cloud, call, plan)
    }
}
