"""Drives a running `secgroup serve` with Alibaba's Python SDK "Tea".

Usage: tea.py 127.0.0.1:PORT KEY_ID SECRET [PROFILE [CA_FILE]]

Every check is made on what the SDK hands to its caller, so it holds for
programs that use the SDK. The first check that fails ends the script with its
message; otherwise the last line says how many checks passed. The server must
know that key and no other, and must have been started just now.
"""

import asyncio
import json
import sys

from alibabacloud_ecs20140526 import models

from checks import AWKWARD, CHINESE, REGION, check, count, is_time, same, types
from tea_api import Api, egress, group_rows, ingress, refused


def paging(api):
    """Lists groups by tokens and by numbers.

    Their VPC is none that was made; where no VPC was, any is taken on trust.
    """
    vpc = "vpc-nobody0made"
    made = {api.new_group(vpc) for _ in range(5)}
    pages, token = [], None
    while token != "":
        page = api.describe_security_groups(vpc_id=vpc, max_results=2, next_token=token)
        same(page.total_count, None, "TotalCount beside a token")
        types(page.to_map(), str, "NextToken", "a page")
        token = page.next_token
        pages.append([one.security_group_id for one in group_rows(page)])
    same([len(page) for page in pages], [2, 2, 1], "the sizes of the pages")
    same(set(sum(pages, [])), made, "the groups of all pages")
    page = api.describe_security_groups(vpc_id=vpc, page_number=2, page_size=2)
    types(page.to_map(), int, "PageNumber PageSize TotalCount", "a numbered page")
    same((page.page_number, page.page_size, page.total_count), (2, 2, 5), "a numbered page")
    same([one.security_group_id for one in group_rows(page)], pages[1], "the second page")
    token = "nonsense"
    refused(400, "InValidParameter.NextToken", api.describe_security_groups, next_token=token)
    for group in made:
        api.delete_security_group(security_group_id=group)


def new_network(api):
    """Makes a VPC and a vSwitch, by parameters in the query and in a form."""
    vpc = {"RegionId": REGION, "CidrBlock": "172.16.0.0/12", "Description": AWKWARD}
    vpc = api.generic("CreateVpc", "2016-04-28", query=vpc)["VpcId"]
    vswitch = {"RegionId": REGION, "VpcId": vpc, "ZoneId": f"{REGION}-h"}
    vswitch |= {"CidrBlock": "172.16.0.0/24", "Description": AWKWARD}
    vswitch = api.generic("CreateVSwitch", "2016-04-28", body=vswitch)["VSwitchId"]
    asked = {"RegionId": REGION, "VSwitchId": vswitch}
    described = api.generic("DescribeVSwitchAttributes", "2016-04-28", query=asked)
    same(described["Description"], AWKWARD, "the description that came in a form")
    same((described["VpcId"], described["Status"]), (vpc, "Available"), "the vSwitch")
    return vpc, vswitch


def groups(api, vpc):
    tag = models.CreateSecurityGroupRequestTag
    tags = [tag(key="team", value="web"), tag(key="empty", value="")]
    group = api.new_group(vpc, security_group_name="web", description=AWKWARD, tag=tags)
    same(api.found_groups(security_group_ids=json.dumps([group])), [group], "found by ids")
    same(api.found_groups(security_group_name="web", vpc_id=vpc), [group], "found by name")
    rows = group_rows(api.describe_security_groups(security_group_id=group))
    same([row.security_group_id for row in rows], [group], "found by id")
    row = rows[0].to_map()
    types(row, str, "CreationTime Description ResourceGroupId SecurityGroupName VpcId", "a group")
    types(row, int, "AvailableInstanceAmount EcsCount RuleCount GroupToGroupRuleCount", "a group")
    types(row, bool, "ServiceManaged", "a group")
    is_time(row["CreationTime"])
    shown = (row["SecurityGroupType"], row["Description"], row["VpcId"])
    same(shown, ("normal", AWKWARD, vpc), "the group")
    own = {tag.tag_key: tag.tag_value for tag in rows[0].tags.tag}
    same(own, {"team": "web", "empty": ""}, "the tags of the group")

    named = {"security_group_id": group, "security_group_name": "site"}
    api.modify_security_group_attribute(**named, description="")
    described = api.describe_security_group_attribute(security_group_id=group)
    shown = (described.security_group_name, described.description)
    same(shown, ("site", AWKWARD), "the group after its name was changed")
    same(described.inner_access_policy, "Accept", "the policy of a new basic group")
    same((described.permissions.permission, described.next_token), ([], ""), "no rules")
    same((described.vpc_id, described.region_id), (vpc, REGION), "where the group is")
    refused(404, "InvalidVpcId.NotFound", api.create_security_group, vpc_id="vpc-nobody")
    return group


def rules(api, group):
    flat = {"ip_protocol": "tcp", "port_range": "22/22", "source_cidr_ip": "10.159.6.18/12"}
    flat |= {"security_group_id": group, "priority": "5"}
    api.authorize_security_group(**flat, description=AWKWARD)
    rule = api.rule(group, "22/22", direction="ingress").to_map()
    same(len(rule), 26, f"the number of fields of {rule}")
    types(rule, str, " ".join(rule), "a rule")
    is_time(rule["CreateTime"])
    check(rule["SecurityGroupRuleId"].startswith("sgr-"), f"a rule is {rule}")
    expected = {"Direction": "ingress", "IpProtocol": "TCP", "Policy": "Accept", "Priority": "5"}
    expected |= {"NicType": "intranet", "PortRange": "22/22", "SourceCidrIp": "10.159.6.18/12"}
    expected |= {"Description": AWKWARD, "SourceGroupId": "", "DestCidrIp": ""}
    same({name: rule[name] for name in expected}, expected, "a rule")
    api.authorize_security_group(**flat, description="again")
    same(api.rule(group, "22/22").description, AWKWARD, "the description of a known rule")

    prefix = "2001:0db8:3c4d:0015:0000:0000:1a2f:1a2b/0"
    ipv6 = {"source_cidr_ip": None, "ipv_6source_cidr_ip": prefix}
    ipv6 |= {"source_port_range": "1024/65535"}
    listed = [ingress("80/80", policy="drop", priority="100"), ingress("443/443", **ipv6)]
    anyone = {"source_cidr_ip": None, "ipv_6source_cidr_ip": "::/0"}
    listed.append(ingress("-1/-1", ip_protocol="ICMPv6", **anyone))
    api.authorize_security_group(security_group_id=group, permissions=listed)
    same(len(api.rules(group)), 4, "the number of rules")
    drop = api.rule(group, "80/80")
    same((drop.policy, drop.priority), ("Drop", "100"), "a rule that drops")
    same(api.rule(group, "-1/-1").ip_protocol, "ICMPv6", "the protocol of the rule for ICMPv6")
    shown = api.rule(group, "443/443")
    expected = ("2001:db8:3c4d:15::1a2f:1a2b/0", "1024/65535")
    same((shown.ipv_6source_cidr_ip, shown.source_port_range), expected, "a rule for IPv6")

    dns = {"ip_protocol": "udp", "port_range": "53/53", "dest_cidr_ip": "10.0.0.53"}
    api.authorize_security_group_egress(security_group_id=group, policy="accept", **dns)
    listed = [egress("443/443"), egress("80/80")]
    api.authorize_security_group_egress(security_group_id=group, permissions=listed)
    shown = api.rule(group, "53/53", direction="egress")
    same((shown.dest_cidr_ip, shown.direction), ("10.0.0.53", "egress"), "an egress rule")
    numbers = [len(api.rules(group, direction=one)) for one in ["ingress", "egress", "all"]]
    same(numbers, [4, 3, 7], "the numbers of rules")

    for _ in range(2):
        api.modify_security_group_rule(**flat, description="changed")
    same(api.rule(group, "22/22").description, "changed", "the description of a rule")
    out = {"ip_protocol": "tcp", "port_range": "80/80", "dest_cidr_ip": "10.0.0.0/8"}
    api.modify_security_group_egress_rule(security_group_id=group, **out, description="外部")
    shown = api.rule(group, "80/80", direction="egress")
    same(shown.description, "外部", "the description of an egress rule")
    modify = api.modify_security_group_rule
    refused(404, "SecurityGroupRule.NotFound", modify, **flat | {"priority": "6"})


def revoking(api, group):
    flat = {"ip_protocol": "TCP", "port_range": "22/22", "source_cidr_ip": "10.159.6.18/12"}
    flat |= {"security_group_id": group}
    refused(400, "InvalidSecurityGroupRule.RuleNotExist", api.revoke_security_group, **flat)
    api.revoke_security_group(**flat, priority="5", description="some other one")
    permission = models.RevokeSecurityGroupRequestPermissions
    http = {"source_cidr_ip": "10.0.0.0/8", "policy": "drop", "priority": "100"}
    listed = [
        permission(ip_protocol="tcp", port_range="80/80", **http),
        permission(ip_protocol="icmpv6", port_range="-1/-1", ipv_6source_cidr_ip="::/0"),
    ]
    api.revoke_security_group(security_group_id=group, permissions=listed)
    left = [rule.port_range for rule in api.rules(group, direction="ingress")]
    same(left, ["443/443"], "what is left of the rules")
    dns = {"ip_protocol": "udp", "port_range": "53/53", "dest_cidr_ip": "10.0.0.53"}
    api.revoke_security_group_egress(security_group_id=group, **dns)
    permission = models.RevokeSecurityGroupEgressRequestPermissions
    tcp = {"ip_protocol": "tcp", "dest_cidr_ip": "10.0.0.0/8"}
    listed = [permission(port_range=ports, **tcp) for ports in ["80/80", "443/443"]]
    api.revoke_security_group_egress(security_group_id=group, permissions=listed)
    same(api.rules(group, direction="egress"), [], "the egress rules after all were revoked")


def changing_by_id(api, vpc):
    """Changes a rule by its id, which `profile=current` offers."""
    group = api.new_group(vpc)
    listed = [ingress("22/22"), ingress("23/23")]
    api.authorize_security_group(security_group_id=group, permissions=listed)
    before = api.rule(group, "22/22")
    rule_id = before.security_group_rule_id
    rule = {"security_group_id": group, "security_group_rule_id": rule_id}
    modify = api.modify_security_group_rule
    change = {"port_range": "1/1024", "policy": "drop", "priority": "7"}
    modify(**rule, **change, source_cidr_ip="10.1.0.0/16", description=AWKWARD)
    after = api.rule(group, "1/1024")
    shown = (after.policy, after.priority, after.source_cidr_ip, after.description)
    same(shown, ("Drop", "7", "10.1.0.0/16", AWKWARD), "a rule that was changed by its id")
    same(after.security_group_rule_id, rule_id, "the id of a rule that was changed")
    same(after.create_time, before.create_time, "the time of a rule that was changed")
    kind = {"ipv_6source_cidr_ip": "::/0"}
    refused(400, "InvalidOperation.ModifySgRuleEntityType", modify, **rule, **kind)
    other = {"port_range": "23/23", "policy": "accept", "priority": "1"}
    other |= {"source_cidr_ip": "10.0.0.0/8"}
    refused(400, "InvalidOperation.RuleDuplicate", modify, **rule, **other)
    nobody = {"security_group_id": group, "security_group_rule_id": "sgr-nobody"}
    refused(404, "InvalidSecurityGroupRuleId.NotFound", modify, **nobody, priority="2")
    api.delete_security_group(security_group_id=group)


def revoking_by_id(api, vpc):
    group = api.new_group(vpc)
    listed = [ingress("22/22"), ingress("23/23")]
    api.authorize_security_group(security_group_id=group, permissions=listed)
    rule_id = api.rule(group, "22/22").security_group_rule_id

    def revoke(*ids, **fields):
        fields = {"security_group_id": group, "security_group_rule_id": list(ids), **fields}
        return api.revoke_security_group(**fields)

    refused(400, "InvalidParam.SecurityGroupRuleId", lambda: revoke("sgr-nobody"))
    refused(400, "InvalidParam.SecurityGroupRuleIdRepeated", lambda: revoke(rule_id, rule_id))
    permission = models.RevokeSecurityGroupRequestPermissions
    both = [permission(ip_protocol="tcp", port_range="23/23", source_cidr_ip="10.0.0.0/8")]
    refused(400, "InvalidParam.Permissions", lambda: revoke(rule_id, permissions=both))
    revoke(*[rule.security_group_rule_id for rule in api.rules(group)])
    same(api.rules(group), [], "the rules after all were revoked by id")
    api.authorize_security_group_egress(security_group_id=group, permissions=[egress("22/22")])
    rule_id = api.rule(group, "22/22").security_group_rule_id
    refused(400, "InvalidParam.SecurityGroupRuleId", lambda: revoke(rule_id))
    api.revoke_security_group_egress(security_group_id=group, security_group_rule_id=[rule_id])
    api.delete_security_group(security_group_id=group)


def a_hundred_rules(api, vpc):
    """Sends a request line of half a megabyte, and reads the rules in pages."""
    group = api.new_group(vpc)
    same(len(CHINESE), 512, "the length of the longest description")
    listed = [ingress(f"{port}/{port}", description=CHINESE) for port in range(1, 101)]
    api.authorize_security_group(security_group_id=group, permissions=listed)
    pages, token = [], None
    asked = {"security_group_id": group, "max_results": 30}
    while token != "":
        page = api.describe_security_group_attribute(**asked, next_token=token)
        types(page.to_map(), str, "NextToken", "a page of rules")
        token = page.next_token
        pages.append(page.permissions.permission)
    same([len(page) for page in pages], [30, 30, 30, 10], "the sizes of the pages")
    seen = sum(pages, [])
    ports = sorted(int(rule.port_range.split("/")[0]) for rule in seen)
    same(ports, list(range(1, 101)), "the ports of all pages")
    same({rule.description for rule in seen}, {CHINESE}, "the descriptions of all pages")
    listed = [ingress(f"{port}/{port}") for port in range(101, 202)]
    many = {"security_group_id": group, "permissions": listed}
    refused(400, "InvalidParameter", api.authorize_security_group, **many)
    same(len(api.rules(group)), 100, "the number of rules after a refused batch")
    api.delete_security_group(security_group_id=group)


def inner_policy(api, group, vpc):
    modify = api.modify_security_group_policy
    describe = api.describe_security_group_attribute
    for value, shown in [("drop", "Drop"), ("ACCEPT", "Accept"), ("Accept", "Accept")]:
        modify(security_group_id=group, inner_access_policy=value)
        stored = describe(security_group_id=group).inner_access_policy
        same(stored, shown, f"the policy after {value}")
    basic = {"security_group_id": group, "inner_access_policy": "Drop"}
    refused(400, "InvalidPolicy.Malformed", modify, **basic | {"inner_access_policy": "allow"})
    # Only this SDK can leave out the region.
    refused(400, "MissingParamter.RegionId", modify, **basic, region_id=None)
    refused(400, "MissingParameter.RegionId", describe, security_group_id=group, region_id=None)
    advanced = api.new_group(vpc, security_group_type="enterprise")
    policy = describe(security_group_id=advanced).inner_access_policy
    same(policy, "Drop", "the policy of a new advanced group")
    change = {"security_group_id": advanced, "inner_access_policy": "Accept"}
    refused(404, "InvalidParameter.InnerAccessPolicy", modify, **change)
    api.delete_security_group(security_group_id=advanced)
    same(api.found_groups(security_group_id=advanced), [], "what is found of a deleted group")


def members(api, group, vpc, vswitch):
    """Lets an instance join and leave."""
    other = api.new_group(vpc)
    image = {"image_id": "aliyun_3_x64_20G_alibase_20240528.vhd", "instance_type": "ecs.g7.large"}
    place = {"security_group_id": group, "v_switch_id": vswitch}
    made = api.run_instances(**image, **place, amount=2, instance_name="web")
    made = made.instance_id_sets.instance_id_set
    same(len(made), 2, "the number of instances")
    page = api.describe_instances(instance_ids=json.dumps(made))
    types(page.to_map(), int, "TotalCount PageSize PageNumber", "a page of instances")
    same({row.instance_id for row in page.instances.instance}, set(made), "found by ids")

    def instance():
        asked = api.describe_instances(instance_ids=json.dumps(made[:1])).instances.instance
        same([row.instance_id for row in asked], made[:1], "found by id")
        return asked[0]

    row = instance()
    types(row.to_map(), str, "Status CreationTime InstanceName ZoneId", "an instance")
    types(row.to_map(), bool, "DeletionProtection", "an instance")
    same(row.security_group_ids.security_group_id, [group], "the groups of an instance")
    same(row.vpc_attributes.vpc_id, vpc, "the VPC of an instance")
    eni = row.network_interfaces.network_interface[0].network_interface_id
    check(eni.startswith("eni-"), f"an interface is called {eni}")

    member = {"security_group_id": other, "instance_id": made[0]}
    api.join_security_group(**member)
    joined = set(instance().security_group_ids.security_group_id)
    same(joined, {group, other}, "the groups of the instance that joined")
    refused(403, "InvalidInstanceId.AlreadyExists", api.join_security_group, **member)
    delete = api.delete_security_group
    why = refused(403, "DependencyViolation", delete, security_group_id=other)
    same(why, "There is still instance(s) in the specified security group.", "why it stays")
    both = {**member, "network_interface_id": eni}
    refused(403, "InvalidParam.EniIdAndInstanceId.Conflict", api.join_security_group, **both)
    nobody = {"security_group_id": other, "instance_id": "i-nobody"}
    refused(404, "InvalidInstanceId.NotFound", api.join_security_group, **nobody)
    leave = api.leave_security_group
    leave(**member)
    same(instance().security_group_ids.security_group_id, [group], "the groups after it left")
    refused(400, "InvalidSecurityGroupAssociation.NotFound", leave, **member)
    last = {"security_group_id": group, "instance_id": made[0]}
    refused(403, "InstanceLastSecurityGroup", leave, **last)
    api.delete_instances(instance_id=made, force=True)
    left = api.describe_instances(instance_ids=json.dumps(made)).instances.instance
    same(left, [], "the instances after they were deleted")
    delete(security_group_id=other)


def interfaces(api, group, vpc, vswitch):
    """Lets an interface join and leave."""
    other = api.new_group(vpc)
    place = {"v_switch_id": vswitch, "security_group_ids": [group, other]}
    made = api.create_network_interface(**place, delete_on_release=False)
    eni = made.network_interface_id
    same(set(made.security_group_ids.security_group_id), {group, other}, "the groups")

    def found(**fields):
        answer = api.describe_network_interfaces(**fields)
        return answer.network_interface_sets.network_interface_set

    def own_groups():
        rows = found(network_interface_id=[eni])
        return set(rows[0].security_group_ids.security_group_id)

    row = found(network_interface_id=[eni])[0].to_map()
    types(row, str, "MacAddress PrivateIpAddress Status Type VSwitchId ZoneId", "an interface")
    types(row, bool, "DeleteOnRelease ServiceManaged", "an interface")
    types(row, int, "QueueNumber", "an interface")
    address = row["PrivateIpSets"]["PrivateIpSet"][0]
    types(address, bool, "Primary", "an address")
    same(address["PrivateIpAddress"], row["PrivateIpAddress"], "the first address")
    for kind in ["Ipv6", "Ipv4Prefix", "Ipv6Prefix"]:
        same(row[f"{kind}Sets"], {f"{kind}Set": []}, "what an interface has none of")
    same(row["Tags"], {"Tag": []}, "the tags of an interface")
    shown = (row["Status"], row["Type"], row["VpcId"])
    same(shown, ("Available", "Secondary", vpc), "an interface")

    member = {"security_group_id": other, "network_interface_id": eni}
    join, leave = api.join_security_group, api.leave_security_group
    leave(**member)
    same(own_groups(), {group}, "the groups after it left")
    last = {"security_group_id": group, "network_interface_id": eni}
    refused(403, "InvalidOperation.AtLeastInOneGroup", leave, **last)
    refused(400, "MissingParameter.RegionId", join, **member, region_id=None)
    join(**member)
    same(own_groups(), {group, other}, "the groups after it joined")
    replaced = {"network_interface_id": eni, "security_group_id": [other]}
    api.modify_network_interface_attribute(**replaced)
    same(own_groups(), {other}, "the groups after they were replaced")
    inside = [row.network_interface_id for row in found(security_group_id=other)]
    same(inside, [eni], "the interfaces of a group")
    api.delete_network_interface(network_interface_id=eni)
    same(found(network_interface_id=[eni]), [], "the interface after it was deleted")
    api.delete_security_group(security_group_id=other)


def references(api, group, vpc):
    other = api.new_group(vpc, security_group_name="clients")
    peer = {"source_cidr_ip": None, "source_group_id": other}
    listed = [ingress("8080/8080", **peer)]
    api.authorize_security_group(security_group_id=group, permissions=listed)
    rule = api.rule(group, "8080/8080")
    same((rule.source_group_id, rule.source_group_name), (other, "clients"), "a group as peer")
    same((rule.source_group_owner_account, rule.source_cidr_ip), ("", ""), "a group as peer")
    answer = api.describe_security_group_references(security_group_id=[other])
    found = answer.security_group_references.security_group_reference
    same([one.security_group_id for one in found], [other], "the groups that are referred to")
    sources = found[0].referencing_security_groups.referencing_security_group
    same([one.security_group_id for one in sources], [group], "the groups that refer to it")
    delete = api.delete_security_group
    why = refused(403, "DependencyViolation", delete, security_group_id=other)
    same(why, "The specified security group has been authorized in another one.", "why it stays")
    rule = {"ip_protocol": "tcp", "port_range": "8080/8080", "source_group_id": other}
    api.revoke_security_group(security_group_id=group, **rule)
    delete(security_group_id=other)


def tags(api, group):
    resource = {"resource_type": "securitygroup", "resource_id": [group]}
    tag = models.TagResourcesRequestTag(key=AWKWARD, value=AWKWARD)
    api.tag_resources(**resource, tag=[tag])
    listed = lambda: api.list_tag_resources(**resource).tag_resources.tag_resource
    types(listed()[0].to_map(), str, "ResourceId ResourceType TagKey TagValue", "a tag")
    own = {tag.tag_key: tag.tag_value for tag in listed()}
    same(own, {"team": "web", "empty": "", AWKWARD: AWKWARD}, "the tags of the group")
    wanted = [models.DescribeSecurityGroupsRequestTag(key=AWKWARD, value=AWKWARD)]
    same(api.found_groups(tag=wanted), [group], "the groups found by tag")
    api.untag_resources(**resource, tag_key=[AWKWARD])
    same({tag.tag_key for tag in listed()}, {"team", "empty"}, "the tags without one")
    same(api.found_groups(tag=wanted), [], "the groups found by a tag that none has")
    api.untag_resources(**resource, all=True)
    same(listed(), [], "the tags without all")


def prefix_lists(api, group):
    entry = models.CreatePrefixListRequestEntry
    entries = [entry(cidr="192.168.1.0/24", description="北京"), entry(cidr="192.168.2.0/24")]
    settings = {"prefix_list_name": "offices", "address_family": "IPv4", "max_entries": 10}
    made = api.create_prefix_list(**settings, description=AWKWARD, entry=entries)
    own = {"prefix_list_id": made.prefix_list_id}
    check(made.prefix_list_id.startswith("pl-"), f"a prefix list is called {own}")

    def described():
        answer = api.describe_prefix_list_attributes(**own)
        types(answer.to_map(), int, "MaxEntries", "a prefix list")
        types(answer.to_map(), str, "AddressFamily CreationTime Description", "a prefix list")
        return {one.cidr: one.description for one in answer.entries.entry}

    same(described(), {"192.168.1.0/24": "北京", "192.168.2.0/24": ""}, "the entries")
    add, remove = models.ModifyPrefixListRequestAddEntry, models.ModifyPrefixListRequestRemoveEntry
    modify = api.modify_prefix_list
    added = [add(cidr="10.0.0.0/8"), add(cidr="192.168.1.0/24", description="上海")]
    removed = [remove(cidr="192.168.2.0/24")]
    modify(**own, prefix_list_name="sites", add_entry=added, remove_entry=removed)
    same(described(), {"192.168.1.0/24": "上海", "10.0.0.0/8": ""}, "the changed entries")
    wrong = [add(cidr="10.0.0.1/8")]
    refused(400, "InvalidParameter.CidrMalformed", modify, **own, add_entry=wrong)
    twice = [add(cidr="10.0.0.1"), add(cidr="10.0.0.1/32")]
    refused(400, "InvalidParameter.CidrDuplicated", modify, **own, add_entry=twice)

    peer = {"source_prefix_list_id": made.prefix_list_id}
    listed = [ingress("9/9", source_cidr_ip=None, **peer)]
    api.authorize_security_group(security_group_id=group, permissions=listed)
    rule = api.rule(group, "9/9")
    expected = (made.prefix_list_id, "sites")
    same((rule.source_prefix_list_id, rule.source_prefix_list_name), expected, "a list as peer")
    uses = api.describe_prefix_list_associations(**own).prefix_list_associations
    uses = [one.resource_id for one in uses.prefix_list_association]
    same(uses, [group], "where the prefix list is used")
    rows = api.describe_prefix_lists(prefix_list_id=[made.prefix_list_id]).prefix_lists
    row = rows.prefix_list[0].to_map()
    types(row, int, "AssociationCount MaxEntries", "a row of prefix lists")
    same((row["AssociationCount"], row["PrefixListName"]), (1, "sites"), "a row of prefix lists")
    refused(400, "NotAllowed.AssociationExist", api.delete_prefix_list, **own)
    rule = {"ip_protocol": "tcp", "port_range": "9/9", **peer}
    api.revoke_security_group(security_group_id=group, **rule)
    api.delete_prefix_list(**own)
    gone = api.describe_prefix_list_attributes
    refused(404, "InvalidPrefixListId.NotFound", gone, **own)


def tokens(api, vpc):
    create, token = api.create_security_group, {"client_token": "token-1"}
    first = api.new_group(vpc, security_group_name="once", **token)
    again = api.new_group(vpc, security_group_name="once", **token)
    same(again, first, "what a token made the second time")
    other = {"vpc_id": vpc, "security_group_name": "twice"}
    refused(400, "IdempotentParameterMismatch", create, **other, **token)
    refused(400, "InvalidClientToken.ValueNotSupported", create, **other, client_token="x" * 65)
    another = api.new_group(vpc, security_group_name="twice", client_token="x" * 64)
    check(another != first, "another token made nothing")
    authorize = api.authorize_security_group
    for _ in range(2):
        authorize(security_group_id=first, permissions=[ingress("22/22")], **token)
    other = {"security_group_id": first, "permissions": [ingress("23/23")]}
    refused(400, "IdempotentParameterMismatch", authorize, **other, **token)
    same([rule.port_range for rule in api.rules(first)], ["22/22"], "what was authorised once")


def errors(api, group):
    nobody = {"security_group_id": "sg-nobody"}
    describe = api.describe_security_group_attribute
    refused(404, "InvalidSecurityGroupId.NotFound", describe, **nobody)
    refused(404, "InvalidSecurityGroup.NotFound", api.delete_security_group, **nobody)
    refused(400, "DryRunOperation", api.describe_security_groups, dry_run=True)
    unknown = {"action": "DescribeNothing", "version": "2014-05-26"}
    refused(404, "InvalidAction.NotFound", api.generic, **unknown)
    unknown = {"action": "DescribeRegions", "version": "2014-05-27"}
    refused(400, "InvalidVersion", api.generic, **unknown)

    def wrong(status, code, *permissions, **fields):
        fields = {"security_group_id": group, "permissions": list(permissions), **fields}
        refused(status, code, api.authorize_security_group, **fields)

    for ports in ["18082", "200/1", "1/65536", "0/65535"]:
        wrong(400, "InvalidParam.PortRange", ingress(ports))
    wrong(400, "OperationDenied", ingress("80/80", ip_protocol="all"))
    wrong(400, "InvalidIpProtocol.ValueNotSupported", ingress("80/80", ip_protocol="sctp"))
    wrong(400, "InvalidPriority.ValueNotSupported", ingress("80/80", priority="101"))
    wrong(400, "MissingParameter.Source", ingress("80/80", source_cidr_ip=None))
    wrong(400, "InvalidParam.SourceIp", ingress("80/80", ipv_6source_cidr_ip="::/0"))
    wrong(400, "InvalidParam.DuplicatePermissions", ingress("80/80"), ingress("80/80"))
    wrong(400, "InvalidParam.Permissions", ingress("80/80"), ip_protocol="tcp", port_range="1/1")
    peer = {"source_cidr_ip": None, "source_group_id": group}
    wrong(403, "InvalidParamter.Conflict", ingress("80/80", **peer))
    peer = {"source_cidr_ip": None, "source_group_id": "sg-nobody"}
    wrong(404, "InvalidSourceGroupId.NotFound", ingress("80/80", **peer))


def signatures(connect, vpc):
    """Makes a few calls in each way the SDK can sign, and with wrong keys."""
    for settings in [{}, {"signature_algorithm": "v2"}]:
        api = connect(**settings)
        group = api.new_group(vpc, description=AWKWARD)
        # More than nine, so that the order of numbers is not that of texts.
        listed = [ingress(f"{port}/{port}", description=AWKWARD) for port in range(1, 13)]
        api.authorize_security_group(security_group_id=group, permissions=listed)
        described = {rule.description for rule in api.rules(group)}
        same(described, {AWKWARD}, f"the descriptions with {settings}")
        api.delete_security_group(security_group_id=group)
        delete = api.delete_security_group
        refused(404, "InvalidSecurityGroup.NotFound", delete, security_group_id=group)

        wrong = connect(secret="wrong", **settings)
        why = refused(400, "SignatureDoesNotMatch", wrong.describe_security_groups)
        start = "Specified signature is not matched with our calculation."
        start += " server string to sign is:POST"
        check(why.startswith(start), f"a wrong secret is reported as {why}")
        unknown = connect(key="nobody", **settings)
        why = refused(404, "InvalidAccessKeyId.NotFound", unknown.describe_security_groups)
        same(why, "Specified access key is not found.", "an unknown key")


def asynchronously(api, vpc):
    """Makes calls side by side; they go through another HTTP library."""
    fields = {"region_id": REGION, "vpc_id": vpc, "description": AWKWARD}
    request = models.CreateSecurityGroupRequest(**fields)

    async def create_all():
        calls = [api.client.create_security_group_async(request) for _ in range(8)]
        return await asyncio.gather(*calls)

    made = {answer.body.security_group_id for answer in asyncio.run(create_all())}
    same(len(made), 8, "the number of groups that were made side by side")
    for group in made:
        described = api.describe_security_group_attribute(security_group_id=group)
        same(described.description, AWKWARD, "the description of such a group")
        api.delete_security_group(security_group_id=group)


def main(endpoint, key, secret, profile="seed", ca_file=None):
    def connect(**settings):
        return Api(endpoint, **{"key": key, "secret": secret, **settings})

    api = connect()
    paging(api)
    vpc, vswitch = new_network(api)
    group = groups(api, vpc)
    rules(api, group)
    revoking(api, group)
    revoking_by_id(api, vpc)
    if profile == "current":
        changing_by_id(api, vpc)
    a_hundred_rules(api, vpc)
    inner_policy(api, group, vpc)
    members(api, group, vpc, vswitch)
    interfaces(api, group, vpc, vswitch)
    references(api, group, vpc)
    tags(api, group)
    prefix_lists(api, group)
    tokens(api, vpc)
    errors(api, group)
    signatures(connect, vpc)
    asynchronously(api, vpc)
    if ca_file:
        secure = connect(protocol="https", ca=ca_file)
        same(secure.found_groups(security_group_id=group), [group], "found over TLS")
    api.delete_security_group(security_group_id=group)
    print(f"{count()} checks passed")


if __name__ == "__main__":
    main(*sys.argv[1:])
