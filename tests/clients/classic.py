"""Drives a running `secgroup serve` with Alibaba's older SDK for Python.

Usage: classic.py 127.0.0.1:PORT KEY_ID SECRET [PROFILE [CA_FILE]]

This SDK signs in the first of the two ways, names the region in every call, and
hands the JSON of an answer to its caller as it came, so the shape of answers is
checked here. The first check that fails ends the script with its message;
otherwise the last line says how many checks passed. The server must know that
key and no other, and must have been started just now.
"""

import importlib
import json
import logging
import sys

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from checks import AWKWARD, CHINESE, REGION, check, count, is_request_id, is_time, same, types

VPC = "2016-04-28"

# All fields of a rule, each of which is a text.
RULE = """CreateTime Description DestCidrIp DestGroupId DestGroupName DestGroupOwnerAccount
    DestPrefixListId DestPrefixListName Direction IpProtocol Ipv6DestCidrIp Ipv6SourceCidrIp
    NicType Policy PortRange PortRangeListId PortRangeListName Priority SecurityGroupRuleId
    SourceCidrIp SourceGroupId SourceGroupName SourceGroupOwnerAccount SourcePortRange
    SourcePrefixListId SourcePrefixListName"""


class Api:
    """The operations by their names, with fields as the SDK calls its setters.

    `api.DescribeSecurityGroups(VpcId=...)` returns the answer, once it looks
    like a success.
    """

    def __init__(self, endpoint, key, secret, protocol="http", verify=None):
        self.host, port = endpoint.split(":")
        self.protocol = protocol
        self.client = AcsClient(key, secret, REGION, port=int(port), timeout=30, verify=verify)
        self.client.add_endpoint(REGION, "Ecs", self.host)

    def __getattr__(self, action):
        module = importlib.import_module(f"aliyunsdkecs.request.v20140526.{action}Request")

        def call(**fields):
            request = getattr(module, f"{action}Request")()
            request.set_protocol_type(self.protocol)
            for name, value in fields.items():
                getattr(request, f"set_{name}")(value)
            return self.send(request)

        return call

    def raw(self, action, version, method="POST", query=None, form=None):
        """Makes a call that this SDK has no class for."""
        request = CommonRequest(domain=self.host, version=version, action_name=action)
        request.set_method(method)
        request.set_protocol_type(self.protocol)
        # The last of these calls, which knows what it signed.
        self.common = request
        for name, value in (query or {}).items():
            request.add_query_param(name, value)
        for name, value in (form or {}).items():
            request.add_body_params(name, value)
        return self.send(request)

    def send(self, request):
        answer = json.loads(self.client.do_action_with_exception(request))
        is_request_id(answer.get("RequestId"))
        return answer

    def new_group(self, vpc, **fields):
        group = self.CreateSecurityGroup(VpcId=vpc, **fields)["SecurityGroupId"]
        check(group.startswith("sg-"), f"a group is called {group}")
        return group

    def found_groups(self, **fields):
        rows = self.DescribeSecurityGroups(**fields)["SecurityGroups"]["SecurityGroup"]
        return [row["SecurityGroupId"] for row in rows]

    def rules(self, group, **fields):
        answer = self.DescribeSecurityGroupAttribute(SecurityGroupId=group, **fields)
        return answer["Permissions"]["Permission"]

    def rule(self, group, ports, **fields):
        """Returns the only rule of a group about some ports."""
        rules = [rule for rule in self.rules(group, **fields) if rule["PortRange"] == ports]
        same(len(rules), 1, f"the number of rules about {ports}")
        return rules[0]


def refused(status, code, call, **fields):
    """Checks that a call fails as it should; returns the message of the server."""
    try:
        answer = call(**fields)
    except ServerException as error:
        actual = (error.get_http_status(), error.get_error_code())
        same(actual, (status, code), f"the error `{error.get_error_msg()}`")
        is_request_id(error.get_request_id())
        return error.get_error_msg()
    raise AssertionError(f"expected {status} {code}, but {fields} succeeded: {answer}")


def tcp(ports, **fields):
    """A rule for TCP from one network, unless told otherwise."""
    return {"IpProtocol": "tcp", "PortRange": ports, "SourceCidrIp": "10.0.0.0/8", **fields}


def tcp_out(ports):
    return {"IpProtocol": "tcp", "PortRange": ports, "DestCidrIp": "10.0.0.0/8"}


def paging(api):
    """Lists groups by tokens and by numbers.

    Their VPC is none that was made; where no VPC was, any is taken on trust.
    """
    vpc = "vpc-nobody0made"
    made = {api.new_group(vpc) for _ in range(5)}
    pages, more = [], {}
    while True:
        page = api.DescribeSecurityGroups(VpcId=vpc, MaxResults=2, **more)
        check("TotalCount" not in page, "a page by token has a TotalCount")
        types(page, str, "NextToken RegionId", "a page")
        pages.append([row["SecurityGroupId"] for row in page["SecurityGroups"]["SecurityGroup"]])
        if not page["NextToken"]:
            break
        more = {"NextToken": page["NextToken"]}
    same([len(page) for page in pages], [2, 2, 1], "the sizes of the pages")
    same(set(sum(pages, [])), made, "the groups of all pages")
    page = api.DescribeSecurityGroups(VpcId=vpc, PageNumber=3, PageSize=2)
    types(page, int, "PageNumber PageSize TotalCount", "a numbered page")
    shown = (page["PageNumber"], page["PageSize"], page["TotalCount"])
    same(shown, (3, 2, 5), "a numbered page")
    rows = [row["SecurityGroupId"] for row in page["SecurityGroups"]["SecurityGroup"]]
    same(rows, pages[2], "the third page")
    for group in made:
        api.DeleteSecurityGroup(SecurityGroupId=group)


def new_network(api):
    """Makes a VPC by GET, and a vSwitch by POST with one half in a form."""
    fields = {"CidrBlock": "172.16.0.0/12", "Description": AWKWARD}
    vpc = api.raw("CreateVpc", VPC, "GET", query=fields)["VpcId"]
    described = api.raw("DescribeVpcAttribute", VPC, "GET", query={"VpcId": vpc})
    same(described["Description"], AWKWARD, "the description that came with GET")
    fields = {"CidrBlock": "172.16.0.0/24", "Description": AWKWARD, "ZoneId": f"{REGION}-h"}
    vswitch = api.raw("CreateVSwitch", VPC, query={"VpcId": vpc}, form=fields)["VSwitchId"]
    described = api.raw("DescribeVSwitchAttributes", VPC, query={"VSwitchId": vswitch})
    same(described["Description"], AWKWARD, "the description that came in a form")
    return vpc, vswitch


def groups(api, vpc):
    own = [{"Key": "team", "Value": "web"}, {"Key": "empty", "Value": ""}]
    # Parameters that nearly all operations have, and that mean nothing here.
    ignored = {"OwnerId": 1, "ResourceOwnerAccount": "someone", "ResourceOwnerId": 1}
    fields = {"SecurityGroupName": "web", "Description": AWKWARD, "Tags": own}
    group = api.new_group(vpc, **fields, **ignored)
    same(api.found_groups(SecurityGroupIds=json.dumps([group])), [group], "found by ids")
    same(api.found_groups(SecurityGroupId=group, **ignored), [group], "found by id")
    answer = api.DescribeSecurityGroups(SecurityGroupName="web", IsQueryEcsCount=True)
    row = answer["SecurityGroups"]["SecurityGroup"][0]
    types(row, str, "Description ResourceGroupId SecurityGroupName VpcId", "a group")
    types(row, int, "AvailableInstanceAmount EcsCount RuleCount GroupToGroupRuleCount", "a group")
    types(row, bool, "ServiceManaged", "a group")
    is_time(row["CreationTime"])
    shown = (row["SecurityGroupId"], row["SecurityGroupType"], row["Description"])
    same(shown, (group, "normal", AWKWARD), "the group")
    tags = {tag["TagKey"]: tag["TagValue"] for tag in row["Tags"]["Tag"]}
    same(tags, {"team": "web", "empty": ""}, "the tags of the group")
    change = {"SecurityGroupName": "site", "Description": ""}
    api.ModifySecurityGroupAttribute(SecurityGroupId=group, **change)
    answer = api.DescribeSecurityGroupAttribute(SecurityGroupId=group)
    expected = {"SecurityGroupName": "site", "Description": AWKWARD, "VpcId": vpc}
    expected |= {"SecurityGroupId": group, "RegionId": REGION, "InnerAccessPolicy": "Accept"}
    expected |= {"NextToken": "", "Permissions": {"Permission": []}}
    same({name: answer[name] for name in expected}, expected, "a group without rules")
    refused(404, "InvalidVpcId.NotFound", api.CreateSecurityGroup, VpcId="vpc-nobody")
    return group


def rules(api, group):
    flat = tcp("22/22", SourceCidrIp="10.159.6.18/12", Priority="5", SecurityGroupId=group)
    answer = api.AuthorizeSecurityGroup(**flat, Description=AWKWARD)
    same(list(answer), ["RequestId"], "the answer to a change")
    rule = api.rule(group, "22/22", Direction="ingress")
    same(sorted(rule), sorted(RULE.split()), "the fields of a rule")
    types(rule, str, RULE, "a rule")
    is_time(rule["CreateTime"])
    expected = {"Direction": "ingress", "IpProtocol": "TCP", "Policy": "Accept", "Priority": "5"}
    expected |= {"NicType": "intranet", "PortRange": "22/22", "SourceCidrIp": "10.159.6.18/12"}
    expected |= {"Description": AWKWARD, "SourceGroupId": "", "SourcePrefixListId": ""}
    same({name: rule[name] for name in expected}, expected, "a rule")
    api.AuthorizeSecurityGroup(**flat, Description="again", NicType="internet")
    same(api.rule(group, "22/22")["Description"], AWKWARD, "the description of a known rule")

    # More than nine, so that the order of numbers is not that of texts.
    listed = [tcp(f"{port}/{port}", Description=str(port)) for port in range(101, 111)]
    listed.append({"IpProtocol": "icmpv6", "PortRange": "-1/-1", "Ipv6SourceCidrIp": "::/0"})
    listed.append(tcp("200/200", Policy="drop", Priority="100", Description=CHINESE))
    api.AuthorizeSecurityGroup(SecurityGroupId=group, Permissions=listed)
    same(len(api.rules(group)), 13, "the number of rules")
    for port in range(101, 111):
        same(api.rule(group, f"{port}/{port}")["Description"], str(port), "a description")
    rule = api.rule(group, "200/200")
    shown = (rule["Policy"], rule["Priority"], rule["Description"])
    same(shown, ("Drop", "100", CHINESE), "a rule that drops")
    rule = api.rule(group, "-1/-1")
    same((rule["IpProtocol"], rule["Ipv6SourceCidrIp"]), ("ICMPv6", "::/0"), "a rule for IPv6")

    api.AuthorizeSecurityGroupEgress(SecurityGroupId=group, **tcp_out("25/25"), Policy="drop")
    listed = [tcp_out("443/443"), tcp_out("80/80")]
    api.AuthorizeSecurityGroupEgress(SecurityGroupId=group, Permissions=listed)
    rule = api.rule(group, "25/25", Direction="egress")
    shown = (rule["Direction"], rule["DestCidrIp"], rule["Policy"])
    same(shown, ("egress", "10.0.0.0/8", "Drop"), "an egress rule")
    numbers = [len(api.rules(group, Direction=one)) for one in ["ingress", "egress", "all"]]
    same(numbers, [13, 3, 16], "the numbers of rules")
    pages = api.DescribeSecurityGroupAttribute(SecurityGroupId=group, MaxResults=10)
    rest = api.rules(group, MaxResults=10, NextToken=pages["NextToken"])
    same((len(pages["Permissions"]["Permission"]), len(rest)), (10, 6), "the pages of rules")

    for _ in range(2):
        api.ModifySecurityGroupRule(**flat, Description="外部")
    same(api.rule(group, "22/22")["Description"], "外部", "the description of a rule")
    change = {"SecurityGroupId": group, "Description": "changed"}
    api.ModifySecurityGroupEgressRule(**tcp_out("80/80"), **change)
    rule = api.rule(group, "80/80", Direction="egress")
    same(rule["Description"], "changed", "the description of an egress rule")
    wrong = flat | {"PortRange": "23/23"}
    refused(404, "SecurityGroupRule.NotFound", api.ModifySecurityGroupRule, **wrong)


def revoking(api, group):
    flat = tcp("22/22", SourceCidrIp="10.159.6.18/12", SecurityGroupId=group)
    refused(400, "InvalidSecurityGroupRule.RuleNotExist", api.RevokeSecurityGroup, **flat)
    api.RevokeSecurityGroup(**flat, Priority="5", Description="some other one")
    listed = [tcp(f"{port}/{port}") for port in range(101, 111)]
    listed.append({"IpProtocol": "ICMPv6", "PortRange": "-1/-1", "Ipv6SourceCidrIp": "::/0"})
    api.RevokeSecurityGroup(SecurityGroupId=group, Permissions=listed)
    left = [rule["PortRange"] for rule in api.rules(group, Direction="ingress")]
    same(left, ["200/200"], "what is left of the rules")
    api.RevokeSecurityGroupEgress(SecurityGroupId=group, **tcp_out("25/25"), Policy="drop")
    listed = [tcp_out("443/443"), tcp_out("80/80")]
    api.RevokeSecurityGroupEgress(SecurityGroupId=group, Permissions=listed)
    same(api.rules(group, Direction="egress"), [], "the egress rules after all were revoked")


def rules_by_id(api, vpc, profile):
    """Removes rules by their ids, and changes one, which `profile=current` offers."""
    group = api.new_group(vpc)
    api.AuthorizeSecurityGroup(SecurityGroupId=group, Permissions=[tcp("22/22"), tcp("23/23")])
    before = api.rule(group, "22/22")
    rule = {"SecurityGroupId": group, "SecurityGroupRuleId": before["SecurityGroupRuleId"]}
    change = {"PortRange": "1/1024", "Policy": "drop", "Priority": "7", "Description": AWKWARD}
    modify = api.ModifySecurityGroupRule
    if profile == "current":
        modify(**rule, **change)
        expected = before | change | {"Policy": "Drop"}
        same(api.rule(group, "1/1024"), expected, "a rule that was changed by its id")
        nobody = rule | {"SecurityGroupRuleId": "sgr-nobody"}
        refused(404, "InvalidSecurityGroupRuleId.NotFound", modify, **nobody, Priority="2")
    revoke = api.RevokeSecurityGroup
    ids = {"SecurityGroupId": group, "SecurityGroupRuleIds": ["sgr-nobody"]}
    refused(400, "InvalidParam.SecurityGroupRuleId", revoke, **ids)
    ids["SecurityGroupRuleIds"] = [rule["SecurityGroupRuleId"] for rule in api.rules(group)]
    refused(400, "InvalidParam.Permissions", revoke, **ids, Permissions=[tcp("22/22")])
    revoke(**ids)
    same(api.rules(group), [], "the rules after all were revoked by id")
    api.DeleteSecurityGroup(SecurityGroupId=group)


def inner_policy(api, group, vpc):
    modify = api.ModifySecurityGroupPolicy
    for value, shown in [("DROP", "Drop"), ("accept", "Accept")]:
        modify(SecurityGroupId=group, InnerAccessPolicy=value)
        stored = api.DescribeSecurityGroupAttribute(SecurityGroupId=group)["InnerAccessPolicy"]
        same(stored, shown, f"the policy after {value}")
    wrong = {"SecurityGroupId": group, "InnerAccessPolicy": "allow"}
    refused(400, "InvalidPolicy.Malformed", modify, **wrong)
    advanced = api.new_group(vpc, SecurityGroupType="enterprise")
    fixed = {"SecurityGroupId": advanced, "InnerAccessPolicy": "Drop"}
    refused(404, "InvalidParameter.InnerAccessPolicy", modify, **fixed)
    api.DeleteSecurityGroup(SecurityGroupId=advanced)


def members(api, group, vpc, vswitch):
    """Lets an instance join and leave."""
    other = api.new_group(vpc)
    image = {"ImageId": "aliyun_3_x64_20G_alibase_20240528.vhd", "InstanceType": "ecs.g7.large"}
    made = api.RunInstances(**image, SecurityGroupId=group, VSwitchId=vswitch, DryRun=False)
    made = made["InstanceIdSets"]["InstanceIdSet"]
    same(len(made), 1, "the number of instances")

    def found():
        answer = api.DescribeInstances(InstanceIds=json.dumps(made))
        types(answer, int, "TotalCount PageSize PageNumber", "a page of instances")
        return answer["Instances"]["Instance"]

    def own_groups():
        return set(found()[0]["SecurityGroupIds"]["SecurityGroupId"])

    row = found()[0]
    types(row, str, "InstanceId Status CreationTime RegionId ZoneId", "an instance")
    types(row, bool, "DeletionProtection", "an instance")
    same((row["InstanceId"], row["Status"]), (made[0], "Running"), "an instance")
    same(own_groups(), {group}, "the groups of an instance")
    member = {"SecurityGroupId": other, "InstanceId": made[0]}
    api.JoinSecurityGroup(**member)
    same(own_groups(), {group, other}, "the groups of the instance that joined")
    refused(403, "InvalidInstanceId.AlreadyExists", api.JoinSecurityGroup, **member)
    delete = api.DeleteSecurityGroup
    why = refused(403, "DependencyViolation", delete, SecurityGroupId=other)
    same(why, "There is still instance(s) in the specified security group.", "why it stays")
    leave = api.LeaveSecurityGroup
    leave(**member)
    same(own_groups(), {group}, "the groups of the instance that left")
    refused(400, "InvalidSecurityGroupAssociation.NotFound", leave, **member)
    last = {"SecurityGroupId": group, "InstanceId": made[0]}
    refused(403, "InstanceLastSecurityGroup", leave, **last)
    api.DeleteInstance(InstanceId=made[0], Force=True)
    same(found(), [], "the instance after it was deleted")
    delete(SecurityGroupId=other)


def interfaces(api, group, vpc, vswitch):
    """Lets an interface leave, and replaces its groups."""
    other = api.new_group(vpc)
    made = api.CreateNetworkInterface(VSwitchId=vswitch, SecurityGroupIdss=[group, other])
    eni = {"NetworkInterfaceId": made["NetworkInterfaceId"]}

    def found(**fields):
        answer = api.DescribeNetworkInterfaces(**fields)
        return answer["NetworkInterfaceSets"]["NetworkInterfaceSet"]

    def row():
        return found(NetworkInterfaceIds=list(eni.values()))[0]

    def own_groups():
        return set(row()["SecurityGroupIds"]["SecurityGroupId"])

    types(row(), str, "MacAddress PrivateIpAddress Status Type VSwitchId ZoneId", "an interface")
    types(row(), bool, "DeleteOnRelease ServiceManaged", "an interface")
    types(row(), int, "QueueNumber", "an interface")
    types(row()["PrivateIpSets"]["PrivateIpSet"][0], bool, "Primary", "an address")
    for kind in ["Ipv6", "Ipv4Prefix", "Ipv6Prefix"]:
        same(row()[f"{kind}Sets"], {f"{kind}Set": []}, "what an interface has none of")
    same(own_groups(), {group, other}, "the groups of a new interface")
    api.LeaveSecurityGroup(SecurityGroupId=other, **eni)
    same(own_groups(), {group}, "the groups after it left")
    # This class has no setter for a region; the client adds its own.
    api.JoinSecurityGroup(SecurityGroupId=other, **eni)
    same(own_groups(), {group, other}, "the groups after it joined")
    api.ModifyNetworkInterfaceAttribute(SecurityGroupIds=[other], **eni)
    same(own_groups(), {other}, "the groups after they were replaced")
    leave = api.LeaveSecurityGroup
    last = {"SecurityGroupId": other, **eni}
    refused(403, "InvalidOperation.AtLeastInOneGroup", leave, **last)
    api.DeleteNetworkInterface(**eni)
    same(found(SecurityGroupId=other), [], "the interfaces of a group without any")
    api.DeleteSecurityGroup(SecurityGroupId=other)


def references(api, group, vpc):
    other = api.new_group(vpc, SecurityGroupName="clients")
    rule = {"IpProtocol": "tcp", "PortRange": "8080/8080", "SourceGroupId": other}
    api.AuthorizeSecurityGroup(SecurityGroupId=group, Permissions=[rule])
    shown = api.rule(group, "8080/8080")
    same((shown["SourceGroupId"], shown["SourceGroupName"]), (other, "clients"), "a group as peer")
    same((shown["SourceGroupOwnerAccount"], shown["SourceCidrIp"]), ("", ""), "a group as peer")
    answer = api.DescribeSecurityGroupReferences(SecurityGroupIds=[other])
    found = answer["SecurityGroupReferences"]["SecurityGroupReference"]
    same([one["SecurityGroupId"] for one in found], [other], "the groups that are referred to")
    sources = found[0]["ReferencingSecurityGroups"]["ReferencingSecurityGroup"]
    same([one["SecurityGroupId"] for one in sources], [group], "the groups that refer to it")
    delete = api.DeleteSecurityGroup
    why = refused(403, "DependencyViolation", delete, SecurityGroupId=other)
    same(why, "The specified security group has been authorized in another one.", "why it stays")
    api.RevokeSecurityGroup(SecurityGroupId=group, **rule)
    delete(SecurityGroupId=other)


def tags(api, group):
    resource = {"ResourceType": "securitygroup", "ResourceIds": [group]}
    api.TagResources(**resource, Tags=[{"Key": AWKWARD, "Value": AWKWARD}])
    listed = lambda: api.ListTagResources(**resource)["TagResources"]["TagResource"]
    types(listed()[0], str, "ResourceId ResourceType TagKey TagValue", "a tag")
    own = {tag["TagKey"]: tag["TagValue"] for tag in listed()}
    same(own, {"team": "web", "empty": "", AWKWARD: AWKWARD}, "the tags of the group")
    wanted = [{"Key": "team", "Value": "web"}]
    same(api.found_groups(Tags=wanted), [group], "the groups found by tag")
    api.UntagResources(**resource, TagKeys=["team", AWKWARD])
    same([tag["TagKey"] for tag in listed()], ["empty"], "the tags without two")
    api.UntagResources(**resource, All=True)
    same(listed(), [], "the tags without all")


def prefix_lists(api, group):
    entries = [{"Cidr": "192.168.1.0/24", "Description": "北京"}, {"Cidr": "192.168.2.0/24"}]
    fields = {"PrefixListName": "offices", "AddressFamily": "IPv4", "MaxEntries": 10}
    own = api.CreatePrefixList(**fields, Description=AWKWARD, Entrys=entries)
    own = {"PrefixListId": own["PrefixListId"]}

    def described():
        answer = api.DescribePrefixListAttributes(**own)
        types(answer, int, "MaxEntries", "a prefix list")
        types(answer, str, "AddressFamily CreationTime Description", "a prefix list")
        return {one["Cidr"]: one["Description"] for one in answer["Entries"]["Entry"]}

    same(described(), {"192.168.1.0/24": "北京", "192.168.2.0/24": ""}, "the entries")
    added, removed = [{"Cidr": "10.0.0.0/8"}], [{"Cidr": "192.168.2.0/24"}]
    modify = api.ModifyPrefixList
    modify(**own, PrefixListName="sites", AddEntrys=added, RemoveEntrys=removed)
    same(described(), {"192.168.1.0/24": "北京", "10.0.0.0/8": ""}, "the changed entries")
    wrong = {"AddEntrys": [{"Cidr": "10.0.0.1/8"}]}
    refused(400, "InvalidParameter.CidrMalformed", modify, **own, **wrong)
    rule = {"IpProtocol": "tcp", "PortRange": "9/9", "SourcePrefixListId": own["PrefixListId"]}
    api.AuthorizeSecurityGroup(SecurityGroupId=group, **rule)
    same(api.rule(group, "9/9")["SourcePrefixListName"], "sites", "a list as peer")
    uses = api.DescribePrefixListAssociations(**own)
    uses = uses["PrefixListAssociations"]["PrefixListAssociation"]
    same([one["ResourceId"] for one in uses], [group], "where the prefix list is used")
    rows = api.DescribePrefixLists(PrefixListName="sites")["PrefixLists"]["PrefixList"]
    types(rows[0], int, "AssociationCount MaxEntries", "a row of prefix lists")
    same([row["PrefixListId"] for row in rows], list(own.values()), "found by name")
    refused(400, "NotAllowed.AssociationExist", api.DeletePrefixList, **own)
    api.RevokeSecurityGroup(SecurityGroupId=group, **rule)
    api.DeletePrefixList(**own)
    gone = api.DescribePrefixListAttributes
    refused(404, "InvalidPrefixListId.NotFound", gone, **own)


def tokens(api, vpc):
    create, token = api.CreateSecurityGroup, {"ClientToken": "token-1"}
    first = api.new_group(vpc, SecurityGroupName="once", **token)
    again = api.new_group(vpc, SecurityGroupName="once", **token)
    same(again, first, "what a token made the second time")
    other = {"VpcId": vpc, "SecurityGroupName": "twice"}
    refused(400, "IdempotentParameterMismatch", create, **other, **token)
    refused(400, "InvalidClientToken.ValueNotSupported", create, **other, ClientToken="x" * 65)
    api.DeleteSecurityGroup(SecurityGroupId=first)


def errors(api, group):
    authorize, nobody = api.AuthorizeSecurityGroup, {"SecurityGroupId": "sg-nobody"}
    describe = api.DescribeSecurityGroupAttribute
    refused(404, "InvalidSecurityGroupId.NotFound", describe, **nobody)
    refused(404, "InvalidSecurityGroup.NotFound", api.DeleteSecurityGroup, **nobody)
    for ports in ["18082", "200/1", "1/65536"]:
        wrong = tcp(ports, SecurityGroupId=group)
        refused(400, "InvalidParam.PortRange", authorize, **wrong)
        wrong = {"SecurityGroupId": group, "Permissions": [tcp(ports)]}
        refused(400, "InvalidParam.PortRange", authorize, **wrong)
    wrong = {"SecurityGroupId": group, "IpProtocol": "tcp", "PortRange": "80/80"}
    refused(400, "MissingParameter.Source", authorize, **wrong)
    both = tcp("80/80", SecurityGroupId=group, Permissions=[tcp("81/81")])
    refused(400, "InvalidParam.Permissions", authorize, **both)
    unknown = {"action": "DescribeNothing", "version": "2014-05-26"}
    refused(404, "InvalidAction.NotFound", api.raw, **unknown)
    unknown = {"action": "DescribeVpcs", "version": "2016-04-29"}
    refused(400, "InvalidVersion", api.raw, **unknown)


def keys(connect):
    """Calls with wrong keys, with parameters in the query and in a form."""
    wrong, unknown = connect(secret="wrong"), connect(key="nobody")
    form = {"action": "DescribeVpcs", "version": VPC, "form": {"VpcName": AWKWARD}}
    for fields in [form, form | {"method": "GET", "query": form["form"], "form": {}}]:
        same(connect().raw(**fields)["TotalCount"], 0, "the number of VPCs of a name")
        why = refused(400, "SignatureDoesNotMatch", wrong.raw, **fields)
        signed = wrong.common.request.string_to_sign
        same(why.split(":")[1], signed, "what the server would have signed")
        refused(404, "InvalidAccessKeyId.NotFound", unknown.raw, **fields)
    # Where the SDK has a class for the call, it compares the two itself, and then
    # does not blame its own signing but the secret.
    fields = {"SecurityGroupName": AWKWARD}
    refused(400, "InvalidAccessKeySecret", wrong.DescribeSecurityGroups, **fields)
    refused(404, "InvalidAccessKeyId.NotFound", unknown.DescribeSecurityGroups, **fields)


def main(endpoint, key, secret, profile="seed", ca_file=None):
    # Its errors are raised as well.
    logging.getLogger("aliyunsdkcore").addHandler(logging.NullHandler())

    def connect(**settings):
        return Api(endpoint, **{"key": key, "secret": secret, **settings})

    api = connect()
    paging(api)
    vpc, vswitch = new_network(api)
    group = groups(api, vpc)
    rules(api, group)
    revoking(api, group)
    rules_by_id(api, vpc, profile)
    inner_policy(api, group, vpc)
    members(api, group, vpc, vswitch)
    interfaces(api, group, vpc, vswitch)
    references(api, group, vpc)
    tags(api, group)
    prefix_lists(api, group)
    tokens(api, vpc)
    errors(api, group)
    keys(connect)
    if ca_file:
        secure = connect(protocol="https", verify=ca_file)
        same(secure.found_groups(SecurityGroupId=group), [group], "found over TLS")
    api.DeleteSecurityGroup(SecurityGroupId=group)
    print(f"{count()} checks passed")


if __name__ == "__main__":
    main(*sys.argv[1:])
