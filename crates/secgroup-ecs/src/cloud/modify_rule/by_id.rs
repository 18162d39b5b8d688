//! The current form: a rule by its id, and any of its fields changed (5.4.3).

use secgroup_model::Direction;

use crate::cloud::Cloud;
use crate::cloud::authorize::{check_associations, check_size};
use crate::cloud::error::ApiError;
use crate::cloud::fields::Fields;
use crate::cloud::objects::{Group, Permission, StoredRule};
use crate::cloud::operation::Call;
use crate::cloud::permission::{self, Context, Page};
use crate::cloud::permissions::rule;
use crate::cloud::quota::rule_size;
use crate::cloud::request::Parameters;

/// The fields that may change, or must not.
const FIELDS: [&str; 18] = [
    "IpProtocol",
    "PortRange",
    "PortRangeListId",
    "SourcePortRange",
    "SourceCidrIp",
    "Ipv6SourceCidrIp",
    "SourceGroupId",
    "SourceGroupOwnerAccount",
    "SourcePrefixListId",
    "DestCidrIp",
    "Ipv6DestCidrIp",
    "DestGroupId",
    "DestGroupOwnerAccount",
    "DestPrefixListId",
    "Policy",
    "Priority",
    "NicType",
    "Description",
];

/// Returns the rule `id` with the fields that were sent, and where it is. "The
/// rule keeps its id and CreateTime" (5.4.4).
pub(super) fn changed(
    cloud: &Cloud,
    call: &Call<'_>,
    group: &Group,
    direction: Direction,
    id: &str,
) -> Result<(usize, StoredRule), ApiError> {
    let mut rules = group.permissions.iter();
    let position = rules.position(|stored| {
        stored.row.security_group_rule_id == id && stored.rule.direction == direction
    });
    let Some(position) = position else {
        let message = "The specified SecurityGroupRuleId is not exists.";
        return Err(ApiError::new(
            404,
            "InvalidSecurityGroupRuleId.NotFound",
            message,
        ));
    };
    let old = &group.permissions[position];
    check_request(call, &old.row, direction)?;
    let merged = merge(call, &old.row);
    let context = Context {
        cloud,
        group,
        direction,
        page: Page::ById,
    };
    let read = permission::read(&context, &Fields::new(&merged)).map_err(reword)?;
    let Ok([row]) = <[Permission; 1]>::try_from(read) else {
        return Err(illegal());
    };
    let mut new = rule(row)?;
    new.keep_identity_of(old);
    let mut others = group.permissions.iter().enumerate();
    let twin = others.find(|(at, other)| *at != position && cloud.identical(other, &new));
    if let Some((_, twin)) = twin {
        let message = format!(
            "The rule would be the same as {}.",
            twin.row.security_group_rule_id
        );
        return Err(ApiError::new(
            400,
            "InvalidOperation.RuleDuplicate",
            message,
        ));
    }
    let (before, after) = (rule_size(cloud, &old.row), rule_size(cloud, &new.row));
    check_size(cloud, group, after.saturating_sub(before)).map_err(|()| {
        let message = "The limit of authorization records in the security group reaches.";
        ApiError::new(400, "AuthorizationLimitExceed", message)
    })?;
    if let Some(quotas) = cloud.flags.limits.quotas() {
        check_associations(cloud, group, &new, quotas.groups_per_prefix_list)?;
    }
    Ok((position, new))
}

/// Refuses what the form does not allow (5.4.3).
fn check_request(call: &Call<'_>, old: &Permission, direction: Direction) -> Result<(), ApiError> {
    let foreign = match direction {
        Direction::Ingress => ["DestGroupId", "DestPrefixListId"],
        Direction::Egress => ["SourceGroupId", "SourcePrefixListId"],
    };
    if foreign
        .iter()
        .any(|field| call.fields.text(field).is_some())
    {
        let message =
            "The specified SourceGroupId or DestGroupId does not match the direction of the rule.";
        let code = "InvalidSourceOrDestGroupId.DirectionMissmatch";
        return Err(ApiError::new(400, code, message));
    }
    let emptied = FIELDS.iter().any(|field| {
        call.fields.raw(field) == Some("")
            && field_of(old, field).is_some_and(|own| !own.is_empty())
    });
    if emptied {
        return Err(illegal());
    }
    if call
        .fields
        .text("NicType")
        .is_some_and(|nic| !nic.eq_ignore_ascii_case(&old.nic_type))
    {
        let message = "NicType is not allowed to modify.";
        return Err(ApiError::new(
            400,
            "InvalidOperation.ModifyNicType",
            message,
        ));
    }
    let (range, list) = (
        call.fields.text("PortRange"),
        call.fields.text("PortRangeListId"),
    );
    let has_list = !old.port_range_list_id.is_empty();
    if (has_list && range.is_some()) || (!has_list && list.is_some()) {
        let message = "The PortRange type is not allowed to be modified. You cannot modify a rule \
                       from using the port list to not using it, and vice versa.";
        return Err(ApiError::new(
            400,
            "InvalidOperation.ModifyPortRangeType",
            message,
        ));
    }
    check_peer_kind(call, old, direction)
}

/// "The kind of peer cannot change (IPv4, IPv6, group, prefix list are four
/// kinds)" (5.4.3).
fn check_peer_kind(
    call: &Call<'_>,
    old: &Permission,
    direction: Direction,
) -> Result<(), ApiError> {
    let kinds = match direction {
        Direction::Ingress => [
            "SourceCidrIp",
            "Ipv6SourceCidrIp",
            "SourceGroupId",
            "SourcePrefixListId",
        ],
        Direction::Egress => [
            "DestCidrIp",
            "Ipv6DestCidrIp",
            "DestGroupId",
            "DestPrefixListId",
        ],
    };
    let changes = kinds.iter().any(|kind| {
        call.fields.text(kind).is_some() && field_of(old, kind).is_none_or(str::is_empty)
    });
    if changes {
        let message = "The source or destination type of the rules cannot be modified.";
        return Err(ApiError::new(
            400,
            "InvalidOperation.ModifySgRuleEntityType",
            message,
        ));
    }
    Ok(())
}

/// "Fields not sent stay" (5.4.3).
fn merge(call: &Call<'_>, old: &Permission) -> Parameters {
    let mut merged = Parameters::new();
    for field in FIELDS {
        let sent = call.fields.text(field);
        if let Some(value) = sent.or_else(|| field_of(old, field)) {
            merged.insert(field, value);
        }
    }
    for field in ["SourceGroupOwnerId", "DestGroupOwnerId"] {
        if let Some(value) = call.fields.text(field) {
            merged.insert(field, value);
        }
    }
    merged
}

/// Returns a field of a row by the name that it has in a request.
fn field_of<'a>(row: &'a Permission, field: &str) -> Option<&'a str> {
    let value = match field {
        "IpProtocol" => &row.ip_protocol,
        "PortRange" => &row.port_range,
        "PortRangeListId" => &row.port_range_list_id,
        "SourcePortRange" => &row.source_port_range,
        "SourceCidrIp" => &row.source_cidr_ip,
        "Ipv6SourceCidrIp" => &row.ipv6_source_cidr_ip,
        "SourceGroupId" => &row.source_group_id,
        "SourceGroupOwnerAccount" => &row.source_group_owner_account,
        "SourcePrefixListId" => &row.source_prefix_list_id,
        "DestCidrIp" => &row.dest_cidr_ip,
        "Ipv6DestCidrIp" => &row.ipv6_dest_cidr_ip,
        "DestGroupId" => &row.dest_group_id,
        "DestGroupOwnerAccount" => &row.dest_group_owner_account,
        "DestPrefixListId" => &row.dest_prefix_list_id,
        "Policy" => &row.policy,
        "Priority" => &row.priority,
        "NicType" => &row.nic_type,
        "Description" => &row.description,
        _ => return None,
    };
    Some(value)
}

/// Two mismatches have codes of their own here (5.4.3).
fn reword(error: ApiError) -> ApiError {
    match error.code.as_ref() {
        "OperationDenied" => {
            let message = "The specified Protocol and PortRange do not match.";
            ApiError::new(400, "InvalidParam.ProtocolAndPortRangeMismatch", message)
        }
        "InvalidParam.Ipv4ProtocolConflictWithIpv6Address"
        | "InvalidParam.Ipv6ProtocolConflictWithIpv4Address" => {
            let message = "The specified Protocol and address family do not match.";
            ApiError::new(
                400,
                "InvalidParam.ProtocolAndAddressFamilyMismatch",
                message,
            )
        }
        _ => error,
    }
}

/// "A non-empty field cannot become empty" (5.4.3).
fn illegal() -> ApiError {
    let message = "The request parameters are illegal.";
    ApiError::new(400, "InvalidParam.InvalidModifyRuleRequest", message)
}
