//! Terraform and what is bridged from it: states, plans, configurations that are
//! plain, Pulumi (6.2, 6.4).
//!
//! [`state`], [`plan`] and [`configuration`] find the resources in a document, [`resource`] gives
//! access to their attributes, [`reference`] finds out what an attribute will
//! be that is not known yet, and [`convert`] puts resources into the fleet.
//! [`crate::pulumi`] finds resources, too, and leaves the rest to these.

pub(crate) mod address;
pub(crate) mod configuration;
pub(crate) mod convert;
pub(crate) mod instances;
pub(crate) mod plan;
pub(crate) mod reference;
pub(crate) mod resource;
pub(crate) mod state;

/// The names of the provider, where ECS has others.
pub(crate) const WORDS: [(&str, &str); 20] = [
    ("SecurityGroupType", "security_group_type"),
    ("InnerAccessPolicy", "inner_access_policy"),
    ("SecurityGroupRuleId", "security_group_rule_id"),
    ("SecurityGroupId", "security_group_id"),
    ("SecurityGroupIds", "security_group_ids"),
    ("VpcId", "vpc_id"),
    ("Direction", "type"),
    ("IpProtocol", "ip_protocol"),
    ("PortRange", "port_range"),
    ("Policy", "policy"),
    ("Priority", "priority"),
    ("NicType", "nic_type"),
    ("SourceCidrIp", "cidr_ip"),
    ("DestCidrIp", "cidr_ip"),
    ("Ipv6SourceCidrIp", "ipv6_cidr_ip"),
    ("Ipv6DestCidrIp", "ipv6_cidr_ip"),
    ("SourceGroupId", "source_security_group_id"),
    ("DestGroupId", "source_security_group_id"),
    ("SourcePrefixListId", "prefix_list_id"),
    ("DestPrefixListId", "prefix_list_id"),
];

pub use configuration::MAX_VALUES;
pub use reference::MAX_REFERENCE_STEPS;
