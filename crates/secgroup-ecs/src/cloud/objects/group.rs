//! Security groups.

use std::sync::Arc;

use secgroup_model::Peer;
use serde::{Deserialize, Serialize};

use super::{StoredRule, Tags, Time};

/// `SecurityGroupType` (1.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GroupType {
    /// Basic.
    Normal,
    /// Advanced.
    Enterprise,
}

/// `InnerAccessPolicy` (1.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InnerAccessPolicy {
    Accept,
    Drop,
}

/// A security group with its rules (1.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Group {
    pub(crate) security_group_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    /// Empty in the classic network.
    #[serde(default)]
    pub(crate) vpc_id: String,
    #[serde(default)]
    pub(crate) security_group_name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) security_group_type: GroupType,
    pub(crate) inner_access_policy: InnerAccessPolicy,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    /// Whether a cloud product owns it, so that its owner may only look (1.3.3).
    #[serde(default)]
    pub(crate) service_managed: bool,
    /// Whether deleting it is forbidden, as for the groups of ACK (5.1.2).
    #[serde(default)]
    pub(crate) deletion_protection: bool,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
    /// The rules, the oldest first.
    #[serde(default, with = "rows")]
    pub(crate) permissions: Vec<Arc<StoredRule>>,
}

impl Group {
    /// Tells whether the group is of the classic network (1.2).
    pub(crate) fn is_classic(&self) -> bool {
        self.vpc_id.is_empty()
    }

    /// Tells whether a rule of the group has the group `id` as its peer.
    pub(crate) fn refers_to_group(&self, id: &str) -> bool {
        self.permissions
            .iter()
            .any(|stored| matches!(&stored.rule.peer, Peer::Group(group) if group.as_str() == id))
    }

    /// Tells whether the group is advanced (1.3.1).
    pub(crate) fn is_advanced(&self) -> bool {
        self.security_group_type == GroupType::Enterprise
    }
}

/// Writes rules as `{"Permission": […]}`.
mod rows {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::StoredRule;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Written<'a> {
        permission: Vec<&'a StoredRule>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Read {
        #[serde(default)]
        permission: Vec<StoredRule>,
    }

    pub(super) fn serialize<S: Serializer>(
        rules: &[Arc<StoredRule>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let permission = rules.iter().map(Arc::as_ref).collect();
        Written { permission }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Arc<StoredRule>>, D::Error> {
        let read = Read::deserialize(deserializer)?;
        Ok(read.permission.into_iter().map(Arc::new).collect())
    }
}
