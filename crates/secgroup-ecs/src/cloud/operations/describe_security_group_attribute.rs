//! DescribeSecurityGroupAttribute: a group with its rules (5.7.1).
//!
//! `NicType` filters in the classic network only: "VPC: coerced to intranet".
//! Values that are no NIC are ignored, because Terraform sends `<nil>`. There
//! are no snapshot policies here, so `Attribute=snapshotPolicyIds` adds none.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::flags::WirePriority;
use crate::cloud::objects::{Group, Permission, StoredRule, Time};
use crate::cloud::operation::{Body, Call, Question};
use crate::cloud::paging::{Order, Outside, Paging, Size};
use crate::cloud::permissions::check_group_id;

pub(crate) struct DescribeSecurityGroupAttribute;

/// "MaxResults (10..1000, default 500)"; "newest first" (5.7.1).
const PAGING: Paging = Paging {
    results: Some(Size {
        least: 10,
        usual: 500,
        most: 1000,
        outside: Outside::Moved,
    }),
    pages: None,
    order: Order::NewestFirst,
};

impl Question for DescribeSecurityGroupAttribute {
    const NAME: &'static str = "DescribeSecurityGroupAttribute";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        if call.region().is_none() {
            let message = "The parameter RegionId is missing.";
            return Err(ApiError::new(400, "MissingParameter.RegionId", message));
        }
        let id = call.fields.required("SecurityGroupId")?;
        check_group_id(id, "The specified parameter SecurityGroupId is not valid.")?;
        if call
            .fields
            .text("Attribute")
            .is_some_and(|asked| asked != "snapshotPolicyIds")
        {
            let message = "The specified value for parameter Attribute is not supported. Valid \
                           values: snapshotPolicyIds.";
            let code = "InvalidParameter.AttributeNotSupported";
            return Err(ApiError::new(400, code, message));
        }
        let direction = direction(call)?;
        let page = PAGING.read(call, Self::NAME)?;
        let group = cloud.existing_group(call, id)?;
        let nic = nic_type(call, group);
        let shown = group.permissions.iter().filter(|stored| {
            direction.is_none_or(|asked| stored.row.direction == asked)
                && nic.is_none_or(|asked| stored.row.nic_type == asked)
        });
        let cut = page.cut(&PAGING, shown.collect(), |stored: &&Arc<StoredRule>| {
            let created = Time(stored.rule.created.unwrap_or_default());
            (created, stored.row.security_group_rule_id.as_str())
        });
        let rows: Vec<Value> = cut
            .rows
            .iter()
            .map(|stored| cloud.shown(&stored.row))
            .collect();
        let mut body = Body::new();
        let mut set = |field: &str, value: Value| body.insert(field.to_owned(), value);
        set("Description", json!(group.description));
        set("InnerAccessPolicy", json!(group.inner_access_policy));
        set("Permissions", json!({"Permission": rows}));
        set("RegionId", json!(group.region_id));
        set("SecurityGroupId", json!(group.security_group_id));
        set("SecurityGroupName", json!(group.security_group_name));
        set("SnapshotPolicyIds", json!({"SnapshotPolicyId": []}));
        set("VpcId", json!(group.vpc_id));
        cut.footer.write(&mut body);
        Ok(body)
    }
}

/// `Direction`: `egress`, `ingress`, or all.
fn direction(call: &Call<'_>) -> Result<Option<&'static str>, ApiError> {
    match call
        .fields
        .text("Direction")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        None | Some("all") => Ok(None),
        Some("ingress") => Ok(Some("ingress")),
        Some("egress") => Ok(Some("egress")),
        Some(_) => Err(ApiError::new(400, "InvalidParamter", "Invalid Parameter.")),
    }
}

/// "NicType (VPC: coerced to intranet; classic: internet default)" (5.7.1).
fn nic_type(call: &Call<'_>, group: &Group) -> Option<&'static str> {
    let asked = call.fields.text("NicType").map(str::to_ascii_lowercase);
    match asked.as_deref() {
        _ if !group.is_classic() => None,
        Some("intranet") => Some("intranet"),
        None | Some("internet") => Some("internet"),
        Some(_) => None,
    }
}

impl Cloud {
    /// Returns a rule as answers show it: with the names that what it refers to
    /// has now.
    pub(crate) fn shown(&self, row: &Permission) -> Value {
        let mut row = row.clone();
        let group = |id: &str| {
            let group = self.groups.get(id);
            group
                .map(|group| group.security_group_name.clone())
                .unwrap_or_default()
        };
        let list = |id: &str| {
            let list = self.prefix_lists.get(id);
            list.map(|list| list.prefix_list_name.clone())
                .unwrap_or_default()
        };
        row.source_group_name = group(&row.source_group_id);
        row.dest_group_name = group(&row.dest_group_id);
        row.source_prefix_list_name = list(&row.source_prefix_list_id);
        row.dest_prefix_list_name = list(&row.dest_prefix_list_id);
        let ports = self.port_lists.get(&row.port_range_list_id);
        row.port_range_list_name = ports
            .map(|list| list.port_range_list_name.clone())
            .unwrap_or_default();
        let number = row.priority.parse::<u8>().ok();
        let mut shown = json!(row);
        if let (WirePriority::Number, Some(number)) = (self.flags.wire_priority, number) {
            shown["Priority"] = json!(number);
        }
        shown
    }
}
