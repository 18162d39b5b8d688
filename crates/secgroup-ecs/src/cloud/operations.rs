//! The operations, one file each.

use super::operation::Entry;

mod assign_ipv6_addresses;
mod assign_private_ip_addresses;
mod attach_network_interface;
mod authorize_security_group;
mod authorize_security_group_egress;
mod create_instance;
mod create_network_interface;
mod create_port_range_list;
mod create_prefix_list;
mod create_security_group;
mod create_vpc;
mod create_vswitch;
mod delete_instance;
mod delete_instances;
mod delete_network_interface;
mod delete_port_range_list;
mod delete_prefix_list;
mod delete_security_group;
mod delete_vpc;
mod delete_vswitch;
mod describe_account_attributes;
mod describe_instance_attribute;
mod describe_instance_status;
mod describe_instances;
mod describe_network_interface_attribute;
mod describe_network_interfaces;
mod describe_port_range_list_associations;
mod describe_port_range_list_entries;
mod describe_port_range_lists;
mod describe_prefix_list_associations;
mod describe_prefix_list_attributes;
mod describe_prefix_lists;
mod describe_regions;
mod describe_route_table_list;
mod describe_route_tables;
mod describe_security_group_attribute;
mod describe_security_group_references;
mod describe_security_groups;
mod describe_tags;
mod describe_vpc_attribute;
mod describe_vpcs;
mod describe_vswitch_attributes;
mod describe_vswitches;
mod describe_zones;
mod detach_network_interface;
mod join_resource_group;
mod join_security_group;
mod leave_security_group;
mod list_tag_resources;
mod modify_instance_attribute;
mod modify_instance_vpc_attribute;
mod modify_network_interface_attribute;
mod modify_port_range_list;
mod modify_prefix_list;
mod modify_security_group_attribute;
mod modify_security_group_egress_rule;
mod modify_security_group_policy;
mod modify_security_group_rule;
mod modify_vpc_attribute;
mod modify_vswitch_attribute;
mod revoke_security_group;
mod revoke_security_group_egress;
mod run_instances;
mod secgroup_check_flow;
mod secgroup_set_attributes;
mod start_instance;
mod stop_instance;
mod tag_resources;
mod unassign_ipv6_addresses;
mod unassign_private_ip_addresses;
mod untag_resources;
mod vpc_list_tag_resources;
mod vpc_tag_resources;
mod vpc_untag_resources;

/// All operations.
pub(crate) const ALL: &[Entry] = &[
    Entry::change::<assign_ipv6_addresses::AssignIpv6Addresses>(),
    Entry::change::<assign_private_ip_addresses::AssignPrivateIpAddresses>(),
    Entry::change::<attach_network_interface::AttachNetworkInterface>(),
    Entry::change::<authorize_security_group::AuthorizeSecurityGroup>(),
    Entry::change::<authorize_security_group_egress::AuthorizeSecurityGroupEgress>(),
    Entry::change::<create_instance::CreateInstance>(),
    Entry::change::<create_network_interface::CreateNetworkInterface>(),
    Entry::change::<create_port_range_list::CreatePortRangeList>(),
    Entry::change::<create_prefix_list::CreatePrefixList>(),
    Entry::change::<create_security_group::CreateSecurityGroup>(),
    Entry::change::<create_vpc::CreateVpc>(),
    Entry::change::<create_vswitch::CreateVSwitch>(),
    Entry::change::<delete_instance::DeleteInstance>(),
    Entry::change::<delete_instances::DeleteInstances>(),
    Entry::change::<delete_network_interface::DeleteNetworkInterface>(),
    Entry::change::<delete_port_range_list::DeletePortRangeList>(),
    Entry::change::<delete_prefix_list::DeletePrefixList>(),
    Entry::change::<delete_security_group::DeleteSecurityGroup>(),
    Entry::change::<delete_vpc::DeleteVpc>(),
    Entry::change::<delete_vswitch::DeleteVSwitch>(),
    Entry::question::<describe_account_attributes::DescribeAccountAttributes>(),
    Entry::question::<describe_instance_attribute::DescribeInstanceAttribute>(),
    Entry::question::<describe_instance_status::DescribeInstanceStatus>(),
    Entry::question::<describe_instances::DescribeInstances>(),
    Entry::question::<describe_network_interface_attribute::DescribeNetworkInterfaceAttribute>(),
    Entry::question::<describe_network_interfaces::DescribeNetworkInterfaces>(),
    Entry::question::<describe_port_range_list_associations::DescribePortRangeListAssociations>(),
    Entry::question::<describe_port_range_list_entries::DescribePortRangeListEntries>(),
    Entry::question::<describe_port_range_lists::DescribePortRangeLists>(),
    Entry::question::<describe_prefix_list_associations::DescribePrefixListAssociations>(),
    Entry::question::<describe_prefix_list_attributes::DescribePrefixListAttributes>(),
    Entry::question::<describe_prefix_lists::DescribePrefixLists>(),
    Entry::question::<describe_regions::DescribeRegions>(),
    Entry::question::<describe_route_table_list::DescribeRouteTableList>(),
    Entry::question::<describe_route_tables::DescribeRouteTables>(),
    Entry::question::<describe_security_group_attribute::DescribeSecurityGroupAttribute>(),
    Entry::question::<describe_security_group_references::DescribeSecurityGroupReferences>(),
    Entry::question::<describe_security_groups::DescribeSecurityGroups>(),
    Entry::question::<describe_tags::DescribeTags>(),
    Entry::question::<describe_vpc_attribute::DescribeVpcAttribute>(),
    Entry::question::<describe_vpcs::DescribeVpcs>(),
    Entry::question::<describe_vswitch_attributes::DescribeVSwitchAttributes>(),
    Entry::question::<describe_vswitches::DescribeVSwitches>(),
    Entry::question::<describe_zones::DescribeZones>(),
    Entry::change::<detach_network_interface::DetachNetworkInterface>(),
    Entry::change::<join_resource_group::JoinResourceGroup>(),
    Entry::change::<join_security_group::JoinSecurityGroup>(),
    Entry::change::<leave_security_group::LeaveSecurityGroup>(),
    Entry::question::<list_tag_resources::ListTagResources>(),
    Entry::change::<modify_instance_attribute::ModifyInstanceAttribute>(),
    Entry::change::<modify_instance_vpc_attribute::ModifyInstanceVpcAttribute>(),
    Entry::change::<modify_network_interface_attribute::ModifyNetworkInterfaceAttribute>(),
    Entry::change::<modify_port_range_list::ModifyPortRangeList>(),
    Entry::change::<modify_prefix_list::ModifyPrefixList>(),
    Entry::change::<modify_security_group_attribute::ModifySecurityGroupAttribute>(),
    Entry::change::<modify_security_group_egress_rule::ModifySecurityGroupEgressRule>(),
    Entry::change::<modify_security_group_policy::ModifySecurityGroupPolicy>(),
    Entry::change::<modify_security_group_rule::ModifySecurityGroupRule>(),
    Entry::change::<modify_vpc_attribute::ModifyVpcAttribute>(),
    Entry::change::<modify_vswitch_attribute::ModifyVSwitchAttribute>(),
    Entry::change::<revoke_security_group::RevokeSecurityGroup>(),
    Entry::change::<revoke_security_group_egress::RevokeSecurityGroupEgress>(),
    Entry::change::<run_instances::RunInstances>(),
    Entry::change::<tag_resources::TagResources>(),
    Entry::change::<unassign_ipv6_addresses::UnassignIpv6Addresses>(),
    Entry::change::<unassign_private_ip_addresses::UnassignPrivateIpAddresses>(),
    Entry::change::<untag_resources::UntagResources>(),
    Entry::question::<vpc_list_tag_resources::VpcListTagResources>(),
    Entry::change::<vpc_tag_resources::VpcTagResources>(),
    Entry::change::<vpc_untag_resources::VpcUntagResources>(),
    secgroup_check_flow::ENTRY,
    Entry::change::<secgroup_set_attributes::SecgroupSetAttributes>(),
    Entry::change::<start_instance::StartInstance>(),
    Entry::change::<stop_instance::StopInstance>(),
];
