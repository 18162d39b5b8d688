//! DescribeSecurityGroupReferences: whose rules refer to a group (5.7.3).

use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::cloud::error::ApiError;
use crate::cloud::operation::{Body, Call, Question};

pub(crate) struct DescribeSecurityGroupReferences;

/// How many groups a call may ask about (5.7.3).
const MAX_GROUPS: usize = 10;

impl Question for DescribeSecurityGroupReferences {
    const NAME: &'static str = "DescribeSecurityGroupReferences";

    fn answer(cloud: &Cloud, call: &Call<'_>) -> Result<Body, ApiError> {
        call.required_region()?;
        let ids = call.fields.list("SecurityGroupId");
        if ids.is_empty() || ids.len() > MAX_GROUPS {
            let message = "The specified parameter SecurityGroupId is essential and size should \
                           less than 10";
            return Err(ApiError::new(
                400,
                "InvalidSecurityGroupId.Malformed",
                message,
            ));
        }
        let mut references: Vec<Value> = Vec::new();
        for id in ids {
            if cloud.group(call, id).is_none() {
                let message = "The SecurityGroupId provided does not exist in our records.";
                return Err(ApiError::new(
                    404,
                    "InvalidSecurityGroupId.NotFound",
                    message,
                ));
            }
            let referring = cloud
                .groups
                .values()
                .filter(|group| group.security_group_id != id && group.refers_to_group(id));
            let rows: Vec<Value> = referring
                .map(|group| {
                    json!({
                        "AliUid": group.owner_id,
                        "SecurityGroupId": group.security_group_id,
                    })
                })
                .collect();
            // As elsewhere, a group to which nobody refers has no row.
            if !rows.is_empty() {
                references.push(json!({
                    "SecurityGroupId": id,
                    "ReferencingSecurityGroups": {"ReferencingSecurityGroup": rows},
                }));
            }
        }
        let mut body = Body::new();
        let references = json!({"SecurityGroupReference": references});
        body.insert("SecurityGroupReferences".to_owned(), references);
        Ok(body)
    }
}
