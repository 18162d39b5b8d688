//! Port lists (1.7).

use serde::{Deserialize, Serialize};

use super::{Tags, Time};

/// One entry: a port range and a description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PortListEntry {
    pub(crate) port_range: String,
    #[serde(default)]
    pub(crate) description: String,
}

/// A port list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PortList {
    pub(crate) port_range_list_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    #[serde(default)]
    pub(crate) port_range_list_name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) max_entries: u32,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
    /// A plain array, unlike the entries of a prefix list (5.8.5).
    #[serde(default)]
    pub(crate) entries: Vec<PortListEntry>,
}
