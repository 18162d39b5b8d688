//! CreateSecurityGroup (5.1.1).
//!
//! `ServiceManaged` is for cloud products and is ignored, as are `OwnerId` and
//! its like.

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::naming::{check_description, check_name};
use crate::cloud::objects::{Group, GroupType, InnerAccessPolicy, Time, Vpc};
use crate::cloud::operation::{Call, Effect, Operation};
use crate::cloud::tag_parameters::new_tags;
use crate::cloud::tokens::TokenUse;

pub(crate) struct CreateSecurityGroup;

/// The group without its id, and whether its VPC becomes known with it.
pub(crate) struct Plan {
    group: Group,
    adopt: bool,
}

impl Operation for CreateSecurityGroup {
    const NAME: &'static str = "CreateSecurityGroup";
    const TOKEN: TokenUse = TokenUse::Parameters(&[
        "RegionId",
        "VpcId",
        "SecurityGroupName",
        "Description",
        "SecurityGroupType",
        "ResourceGroupId",
        "Tag.N.Key",
        "Tag.N.Value",
    ]);
    type Plan = Plan;

    fn required(call: &Call<'_>) -> Result<(), ApiError> {
        call.required_region().map(|_| ())
    }

    fn check(cloud: &Cloud, call: &Call<'_>) -> Result<Plan, ApiError> {
        let fields = &call.fields;
        let text = |field| fields.text(field).unwrap_or("");
        let kind = kind(call)?;
        let name = text("SecurityGroupName");
        if !name.is_empty() && !check_name(name) {
            let message = "The specified parameter SecurityGroupName is not valid.";
            return Err(ApiError::new(
                400,
                "InvalidSecurityGroupName.Malformed",
                message,
            ));
        }
        let description = text("Description");
        if !description.is_empty() && !check_description(description) {
            let message = "The specified parameter Description is not valid.";
            return Err(ApiError::new(400, "InvalidDescription.Malformed", message));
        }
        let tags = new_tags(fields)?;
        let region_id = call.required_region()?.to_owned();
        let adopt = check_vpc(cloud, call, kind)?;
        Cloud::check_room(cloud.groups.len(), 1).map_err(|_| {
            let message = "The maximum number of security groups is reached.";
            ApiError::new(403, "QuotaExceed.SecurityGroup", message)
        })?;
        let group = Group {
            security_group_id: String::new(),
            region_id,
            owner_id: call.account().to_owned(),
            vpc_id: text("VpcId").to_owned(),
            security_group_name: name.to_owned(),
            description: description.to_owned(),
            security_group_type: kind,
            inner_access_policy: kind.initial_policy(),
            resource_group_id: text("ResourceGroupId").to_owned(),
            service_managed: false,
            deletion_protection: false,
            creation_time: Time(call.request.now),
            tags,
            permissions: Vec::new(),
        };
        Ok(Plan { group, adopt })
    }

    fn apply(cloud: &mut Cloud, call: &Call<'_>, Plan { mut group, adopt }: Plan) -> Effect {
        let mut names = cloud.names;
        let id = names.next("sg", |id| cloud.groups.contains(id));
        cloud.names = names;
        if adopt {
            let vpc = adopted(&group, call);
            cloud.vpcs.insert(&group.vpc_id, vpc);
        }
        id.clone_into(&mut group.security_group_id);
        cloud.groups.insert(&id, group);
        Effect::id("SecurityGroupId", id)
    }
}

impl GroupType {
    /// "Basic groups start with Accept, advanced ones with Drop" (1.3.2).
    pub(crate) const fn initial_policy(self) -> InnerAccessPolicy {
        match self {
            Self::Normal => InnerAccessPolicy::Accept,
            Self::Enterprise => InnerAccessPolicy::Drop,
        }
    }
}

/// `SecurityGroupType`, `normal` by default (1.3.1).
fn kind(call: &Call<'_>) -> Result<GroupType, ApiError> {
    match call.fields.text("SecurityGroupType") {
        None | Some("normal") => Ok(GroupType::Normal),
        Some("enterprise") => Ok(GroupType::Enterprise),
        Some(_) => {
            let message = "The specified security group type is not valid.";
            Err(ApiError::new(400, "InvalidParams.GroupType", message))
        }
    }
}

/// Checks the VPC, and tells whether it becomes known with the group.
///
/// A cloud that was told of no VPC cannot know which ones the account has, so
/// it takes any id on trust. Once one was created or loaded, others do not exist.
fn check_vpc(cloud: &Cloud, call: &Call<'_>, kind: GroupType) -> Result<bool, ApiError> {
    let Some(id) = call.fields.text("VpcId") else {
        if kind == GroupType::Enterprise {
            let message = "Only VPC instance supports enterprise level security group.";
            return Err(ApiError::new(400, "InvalidParams.VpcIdGroupType", message));
        }
        if cloud.flags.classic {
            return Ok(false);
        }
        let message = "The VpcId must not empty when only support vpc vm.";
        return Err(ApiError::new(403, "InvalidVpcId.NotFound", message));
    };
    let own = |vpc: &Vpc| vpc.owner_id == call.account();
    let here = |vpc: &Vpc| own(vpc) && Some(vpc.region_id.as_str()) == call.region();
    if cloud.vpcs.get(id).is_some_and(|vpc| here(vpc)) {
        return Ok(false);
    }
    let well_formed = secgroup_model::VpcId::new(id).is_ok();
    let mut known = cloud.vpcs.values().filter(|vpc| own(vpc));
    if well_formed && !cloud.vpcs.contains(id) && known.all(|vpc| vpc.is_adopted()) {
        return Ok(true);
    }
    let message = "Specified VPC does not exist.";
    Err(ApiError::new(404, "InvalidVpcId.NotFound", message))
}

/// A VPC of which nothing is known but its id.
fn adopted(group: &Group, call: &Call<'_>) -> Vpc {
    Vpc::adopted(
        &group.vpc_id,
        &group.region_id,
        &group.owner_id,
        Time(call.request.now),
    )
}
