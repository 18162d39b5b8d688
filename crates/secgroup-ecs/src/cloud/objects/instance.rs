//! Instances: what has a primary network interface to join groups with (1.4).

use serde::{Deserialize, Serialize};

use super::{Tags, Time};

/// The states of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InstanceStatus {
    /// Being created.
    Pending,
    Starting,
    Running,
    Stopping,
    Stopped,
}

impl InstanceStatus {
    /// The names of answers.
    pub(crate) const NAMES: [&'static str; 5] =
        ["Pending", "Starting", "Running", "Stopping", "Stopped"];

    /// Returns the name of answers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }
}

/// An instance. Its network interfaces are objects of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Instance {
    pub(crate) instance_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    pub(crate) zone_id: String,
    /// Empty in the classic network.
    #[serde(default)]
    pub(crate) vpc_id: String,
    pub(crate) status: InstanceStatus,
    #[serde(default)]
    pub(crate) instance_name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) host_name: String,
    #[serde(default)]
    pub(crate) instance_type: String,
    #[serde(default)]
    pub(crate) image_id: String,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    /// Whether deleting it is forbidden.
    #[serde(default)]
    pub(crate) deletion_protection: bool,
    /// Whether it is locked for security reasons, so that it can join nothing.
    #[serde(default)]
    pub(crate) locked_for_security: bool,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
    /// When a transition began that ends by itself, under `api.async=on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changing_since: Option<Time>,
}

impl Instance {
    /// Tells whether the instance can join and leave groups, and interfaces be
    /// attached to it: "`Running`, `Stopped` accept join/leave" (1.4).
    pub(crate) fn is_settled(&self) -> bool {
        matches!(
            self.status,
            InstanceStatus::Running | InstanceStatus::Stopped
        )
    }
}
