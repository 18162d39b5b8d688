//! VPCs and vSwitches: as much of them as clients need to work with groups.
//!
//! Of a VPC's router and its system route table nothing is kept: they come and
//! go with the VPC and are called after it.

use secgroup_model::Prefix;
use serde::{Deserialize, Serialize};

use super::{Tags, Time};

/// A virtual private cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Vpc {
    pub(crate) vpc_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    #[serde(default)]
    pub(crate) vpc_name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) cidr_block: String,
    /// A /56, or empty where IPv6 is not enabled.
    #[serde(default)]
    pub(crate) ipv6_cidr_block: String,
    /// Whose lines the IPv6 block is on: `BGP`, `ChinaMobile` and the like.
    #[serde(default)]
    pub(crate) ipv6_isp: String,
    /// Blocks outside that are routed by the VPC's tables.
    #[serde(default)]
    pub(crate) user_cidrs: Vec<String>,
    #[serde(default)]
    pub(crate) enable_dns_hostname: bool,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
}

impl Vpc {
    /// Returns a VPC of which nothing is known but its id.
    pub(crate) fn adopted(id: &str, region: &str, owner: &str, created: Time) -> Self {
        Self {
            vpc_id: id.to_owned(),
            region_id: region.to_owned(),
            owner_id: owner.to_owned(),
            vpc_name: String::new(),
            description: String::new(),
            cidr_block: String::new(),
            ipv6_cidr_block: String::new(),
            ipv6_isp: String::new(),
            user_cidrs: Vec::new(),
            enable_dns_hostname: false,
            resource_group_id: String::new(),
            creation_time: created,
            tags: Tags::default(),
        }
    }

    /// Tells whether nothing is known of the VPC but its id.
    pub(crate) fn is_adopted(&self) -> bool {
        self.cidr_block.is_empty()
    }

    /// Returns the id of the VPC's router.
    pub(crate) fn router_id(&self) -> String {
        format!("vrt-{}", self.own_part())
    }

    /// Returns the id of the VPC's system route table.
    pub(crate) fn route_table_id(&self) -> String {
        format!("vtb-{}", self.own_part())
    }

    /// Returns the IPv4 block, if it is known.
    pub(crate) fn block(&self) -> Option<Prefix> {
        block(&self.cidr_block)
    }

    /// Returns the IPv6 block, if the VPC has one.
    pub(crate) fn ipv6_block(&self) -> Option<Prefix> {
        block(&self.ipv6_cidr_block)
    }

    /// Returns the id without what says that it is one of a VPC.
    fn own_part(&self) -> &str {
        self.vpc_id.strip_prefix("vpc-").unwrap_or(&self.vpc_id)
    }
}

/// A vSwitch: one network of a VPC in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VSwitch {
    pub(crate) v_switch_id: String,
    pub(crate) vpc_id: String,
    pub(crate) region_id: String,
    pub(crate) owner_id: String,
    pub(crate) zone_id: String,
    #[serde(default)]
    pub(crate) v_switch_name: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) cidr_block: String,
    /// A /64 of the VPC's block, or empty.
    #[serde(default)]
    pub(crate) ipv6_cidr_block: String,
    #[serde(default)]
    pub(crate) resource_group_id: String,
    pub(crate) creation_time: Time,
    #[serde(default)]
    pub(crate) tags: Tags,
}

impl VSwitch {
    /// Returns the IPv4 block; nothing where a state file has none.
    pub(crate) fn block(&self) -> Option<Prefix> {
        block(&self.cidr_block)
    }

    /// Returns the IPv6 block, if the vSwitch has one.
    pub(crate) fn ipv6_block(&self) -> Option<Prefix> {
        block(&self.ipv6_cidr_block)
    }
}

fn block(text: &str) -> Option<Prefix> {
    Prefix::parse(text).ok().map(|parsed| parsed.prefix)
}
