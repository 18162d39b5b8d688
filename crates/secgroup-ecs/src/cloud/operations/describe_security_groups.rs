//! DescribeSecurityGroups (5.7.2).
//!
//! `IsQueryEcsCount` and `FuzzyQuery` are accepted: the counts are always there,
//! and names are compared whole. `OwnerId` and its like are ignored.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::error::ApiError;
use crate::cloud::membership::CLASSIC_ADDRESSES;
use crate::cloud::objects::Group;
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::permissions::check_group_id;
use crate::cloud::quota::group_references;
use crate::cloud::tag_parameters::TagFilter;
use crate::cloud::{Cloud, MAX_OBJECTS};
use crate::limits::{Limits, Members};

pub(crate) struct DescribeSecurityGroups;

/// "MaxResults default 10, max 100; PageSize max 50" (5.7.2).
const PAGING: Paging = Paging {
    results: Some(Size {
        least: 1,
        usual: 10,
        most: 100,
        outside: Outside::Moved,
    }),
    pages: Some(Size {
        least: 1,
        usual: 10,
        most: 50,
        outside: Outside::Moved,
    }),
    order: Order::NewestFirst,
};

/// How many ids `SecurityGroupIds` may have (5.7.2).
const MAX_IDS: usize = 100;

/// The message about ids that none can have (4.13).
const MALFORMED: &str = "The specified parameter SecurityGroupId is not valid.";

/// What the groups of an answer have in common.
struct Filter<'a> {
    ids: Option<Vec<String>>,
    id: Option<&'a str>,
    name: Option<&'a str>,
    kind: Option<&'a str>,
    vpc: Option<&'a str>,
    resource_group: Option<&'a str>,
    classic: Option<bool>,
    managed: Option<bool>,
    tags: TagFilter<'a>,
}

impl Question for DescribeSecurityGroups {
    const NAME: &'static str = "DescribeSecurityGroups";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        let Some(region) = call.region() else {
            let message = "The input parameter RegionId that is mandatory for processing this \
                           request is not supplied.";
            return Err(ApiError::new(400, "MissingParameter.RegionId", message));
        };
        let filter = Filter::read(call)?;
        let page = PAGING.read(call, Self::NAME)?;
        if call.fields.boolean("DryRun")? == Some(true) {
            return Err(ApiError::dry_run());
        }
        let groups = cloud.groups.values().filter(|group| {
            group.owner_id == call.account() && group.region_id == region && filter.matches(group)
        });
        let cut = page.cut(&PAGING, groups.collect(), |group: &&Arc<Group>| {
            (group.creation_time, group.security_group_id.as_str())
        });
        let (limits, members) = (cloud.flags.limits, members(cloud));
        let rows: Vec<Value> = cut
            .rows
            .iter()
            .map(|group| row(limits, group, &members))
            .collect();
        let mut body = Body::new();
        body.insert("RegionId".to_owned(), json!(region));
        body.insert("SecurityGroups".to_owned(), json!({"SecurityGroup": rows}));
        cut.footer.write(&mut body);
        Ok(body)
    }
}

impl<'a> Filter<'a> {
    fn read(call: &Call<'a>) -> Result<Self, ApiError> {
        let fields = &call.fields;
        let classic = match fields.text("NetworkType") {
            None => None,
            Some("vpc") => Some(false),
            Some("classic") => Some(true),
            Some(_) => return Err(ApiError::invalid("NetworkType")),
        };
        let kind = fields.text("SecurityGroupType");
        if kind.is_some_and(|kind| !matches!(kind, "normal" | "enterprise")) {
            let message = "The specified SecurityGroupType is not valid.";
            return Err(ApiError::new(
                400,
                "InvalidParameter.SecurityGroupType",
                message,
            ));
        }
        let ids = fields.text("SecurityGroupIds").map(ids).transpose()?;
        let id = fields.text("SecurityGroupId");
        let all = ids.iter().flatten().map(String::as_str).chain(id);
        for id in all.filter(|id| !id.is_empty()) {
            check_group_id(id, MALFORMED)?;
        }
        Ok(Self {
            ids,
            id,
            name: fields.text("SecurityGroupName"),
            kind,
            vpc: fields.text("VpcId"),
            resource_group: fields.text("ResourceGroupId"),
            classic,
            managed: fields.boolean("ServiceManaged")?,
            tags: TagFilter::read(fields)?,
        })
    }

    fn matches(&self, group: &Group) -> bool {
        let is = |asked: Option<&str>, own: &str| asked.is_none_or(|asked| asked == own);
        let kind = if group.is_advanced() {
            "enterprise"
        } else {
            "normal"
        };
        let id = &group.security_group_id;
        self.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && is(self.id, id)
            && is(self.name, &group.security_group_name)
            && is(self.kind, kind)
            && is(self.vpc, &group.vpc_id)
            && is(self.resource_group, &group.resource_group_id)
            && self
                .classic
                .is_none_or(|classic| classic == group.is_classic())
            && self
                .managed
                .is_none_or(|managed| managed == group.service_managed)
            && self.tags.matches(&group.tags)
    }
}

/// Reads `SecurityGroupIds`, "a JSON array text, up to 100" (5.7.2).
fn ids(text: &str) -> Result<Vec<String>, ApiError> {
    let ids = serde_json::from_str::<Vec<String>>(text).ok();
    ids.filter(|ids| ids.len() <= MAX_IDS)
        .ok_or_else(|| ApiError::new(400, "InvalidSecurityGroupId.Malformed", MALFORMED))
}

/// What is in a group.
#[derive(Default)]
struct Inside<'c> {
    instances: HashSet<&'c str>,
    /// Interfaces that are attached to no instance.
    alone: usize,
    interfaces: usize,
    addresses: usize,
}

/// Counts what is in each group.
fn members(cloud: &Cloud) -> HashMap<&str, Inside<'_>> {
    let mut groups: HashMap<&str, Inside<'_>> = HashMap::new();
    for interface in cloud.interfaces.values() {
        for group in &interface.security_group_ids {
            let inside = groups.entry(group.as_str()).or_default();
            if interface.instance_id.is_empty() {
                inside.alone += 1;
            } else {
                inside.instances.insert(&interface.instance_id);
            }
            inside.interfaces += 1;
            inside.addresses += interface.address_count();
        }
    }
    groups
}

/// Returns how many more members a group can take, counted as its quota counts
/// (4.7, 4.8); where nothing is limited, how many objects there can be.
fn available(limits: Limits, group: &Group, inside: &Inside<'_>) -> usize {
    let Some(quotas) = limits.quotas() else {
        return MAX_OBJECTS.saturating_sub(inside.interfaces);
    };
    if group.is_advanced() {
        let most = quotas.interfaces_per_advanced_group;
        return most.saturating_sub(inside.interfaces);
    }
    match quotas.members {
        Members::Instances(most) => most.saturating_sub(inside.instances.len() + inside.alone),
        Members::Addresses(_) if group.is_classic() => {
            CLASSIC_ADDRESSES.saturating_sub(inside.addresses)
        }
        Members::Addresses(most) => most.saturating_sub(inside.addresses),
    }
}

fn row(limits: Limits, group: &Group, members: &HashMap<&str, Inside<'_>>) -> Value {
    let nothing = Inside::default();
    let inside = members
        .get(group.security_group_id.as_str())
        .unwrap_or(&nothing);
    json!({
        "AvailableInstanceAmount": available(limits, group, inside),
        "CreationTime": group.creation_time,
        "Description": group.description,
        "EcsCount": inside.instances.len(),
        "GroupToGroupRuleCount": group_references(group),
        "ResourceGroupId": group.resource_group_id,
        "RuleCount": group.permissions.len(),
        "SecurityGroupId": group.security_group_id,
        "SecurityGroupName": group.security_group_name,
        "SecurityGroupType": group.security_group_type,
        "ServiceID": 0,
        "ServiceManaged": group.service_managed,
        "Tags": group.tags,
        "VpcId": group.vpc_id,
    })
}
