//! Prefix lists (1.6).

use serde::{Deserialize, Serialize};

use super::{Tags, Time};

/// One entry: a canonical CIDR block and a description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PrefixListEntry {
    pub(crate) cidr: String,
    #[serde(default)]
    pub(crate) description: String,
}

/// A prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PrefixList {
    pub(crate) prefix_list_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    #[serde(default)]
    pub(crate) prefix_list_name: String,
    #[serde(default)]
    pub(crate) description: String,
    /// `IPv4` or `IPv6`.
    pub(crate) address_family: String,
    pub(crate) max_entries: u32,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
    #[serde(default)]
    pub(crate) entries: Entries,
}

/// The entries, written `{"Entry": […]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Entries {
    #[serde(default)]
    pub(crate) entry: Vec<PrefixListEntry>,
}
