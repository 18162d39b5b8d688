//! Security groups: what cannot be written as single calls (4.10, 5.0.5, 5.2,
//! 5.7). The rest is in the API corpus.

use std::collections::BTreeSet;

use secgroup_ecs::Product;
use serde_json::Value;

use super::World;

/// Makes `count` groups in one VPC without comparing states on the way.
fn groups(world: &mut World, count: usize) -> Vec<String> {
    let made = (0..count).map(|_| {
        let parameters = "RegionId=cn-hangzhou VpcId=vpc-1";
        let answer = world.quick("CreateSecurityGroup", parameters);
        answer["SecurityGroupId"].as_str().unwrap().to_owned()
    });
    made.collect()
}

#[test]
fn a_prefix_list_is_used_by_1000_groups_4_10() {
    let mut world = World::new();
    let list = world.id(
        "CreatePrefixList",
        "RegionId=cn-hangzhou PrefixListName=list AddressFamily=IPv4 MaxEntries=1",
        "PrefixListId",
    );
    let ids = groups(&mut world, 1001);
    let rule = |id: &str, side: &str| {
        format!(
            "RegionId=cn-hangzhou SecurityGroupId={id} IpProtocol=tcp PortRange=22/22 \
             {side}PrefixListId={list}"
        )
    };
    for id in &ids[..1000] {
        world.quick("AuthorizeSecurityGroup", &rule(id, "Source"));
    }
    // Rows S1 and S4 LimitExceed.PrefixListAssociationResource.
    let code = "403 LimitExceed.PrefixListAssociationResource";
    assert_eq!(
        world.code("AuthorizeSecurityGroup", &rule(&ids[1000], "Source")),
        code
    );
    assert_eq!(
        world.code("AuthorizeSecurityGroupEgress", &rule(&ids[1000], "Dest")),
        code
    );
    // A group that uses it already may use it more.
    world.ok("AuthorizeSecurityGroupEgress", &rule(&ids[0], "Dest"));
}

#[test]
fn a_hundred_permissions_come_in_one_call_and_no_more_4_2() {
    let mut world = World::new();
    let group = groups(&mut world, 1).remove(0);
    let batch = |count: usize| {
        let permissions = (1..=count).map(|n| {
            format!(
                "Permissions.{n}.IpProtocol=tcp Permissions.{n}.PortRange={n}/{n} \
                 Permissions.{n}.SourceCidrIp=10.0.0.0/8"
            )
        });
        let permissions: Vec<String> = permissions.collect();
        format!(
            "RegionId=cn-hangzhou SecurityGroupId={group} {}",
            permissions.join(" ")
        )
    };
    assert_eq!(
        world.code("AuthorizeSecurityGroup", &batch(101)),
        "400 InvalidParameter"
    );
    world.ok("AuthorizeSecurityGroup", &batch(100));
    let about = format!("RegionId=cn-hangzhou SecurityGroupId={group}");
    assert_eq!(
        world.ok("DescribeSecurityGroupAttribute", &about)["NextToken"],
        ""
    );
}

/// Follows `NextToken` to the end and returns the values of a field.
fn pages(
    world: &mut World,
    action: &str,
    parameters: &str,
    list: &str,
    field: &str,
) -> Vec<String> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let body = world.ok(action, &format!("{parameters} NextToken={token}"));
        let rows = body.pointer(list).and_then(Value::as_array).unwrap();
        found.extend(
            rows.iter()
                .map(|row| row[field].as_str().unwrap().to_owned()),
        );
        token = body["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return found;
        }
    }
}

#[test]
fn pages_have_every_group_and_every_rule_once_5_7_1() {
    let mut world = World::new();
    let ids = groups(&mut world, 25);
    let list = "/SecurityGroups/SecurityGroup";
    let parameters = "RegionId=cn-hangzhou MaxResults=10";
    let found = pages(
        &mut world,
        "DescribeSecurityGroups",
        parameters,
        list,
        "SecurityGroupId",
    );
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(found, newest_first);
    for port in 1..=35 {
        let rule = format!(
            "RegionId=cn-hangzhou SecurityGroupId={} IpProtocol=tcp PortRange={port}/{port} \
             SourceCidrIp=10.0.0.0/8",
            ids[0]
        );
        world.ok("AuthorizeSecurityGroup", &rule);
    }
    let parameters = format!(
        "RegionId=cn-hangzhou MaxResults=10 SecurityGroupId={}",
        ids[0]
    );
    let action = "DescribeSecurityGroupAttribute";
    let list = "/Permissions/Permission";
    let found = pages(&mut world, action, &parameters, list, "SecurityGroupRuleId");
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!((found.len(), distinct.len()), (35, 35));
}

#[test]
fn a_failed_call_does_not_use_up_its_token_5_0_5() {
    let mut world = World::new();
    let group = groups(&mut world, 1).remove(0);
    let about =
        format!("RegionId=cn-hangzhou SecurityGroupId={group} ClientToken=t IpProtocol=tcp");
    let fails = format!("{about} PortRange=x SourceCidrIp=10.0.0.0/8");
    assert_eq!(
        world.code("AuthorizeSecurityGroup", &fails),
        "400 InvalidParam.PortRange"
    );
    world.ok(
        "AuthorizeSecurityGroup",
        &format!("{about} PortRange=1/1 SourceCidrIp=10.0.0.0/8"),
    );
}

#[test]
fn what_an_operation_does_not_have_may_differ_under_one_token_5_0_8() {
    let mut world = World::new();
    let group = groups(&mut world, 1).remove(0);
    let first = format!(
        "RegionId=cn-hangzhou SecurityGroupId={group} ClientToken=t Permissions.1.IpProtocol=tcp \
         Permissions.1.PortRange=1/1 Permissions.1.SourceCidrIp=10.0.0.0/8 OwnerId=1 New=a"
    );
    let answer = world.ok("AuthorizeSecurityGroup", &first);
    for same in [
        first.replace("OwnerId=1", "OwnerId=2 OwnerAccount=b"),
        first.replace("OwnerId=1", "ResourceOwnerId=3 ResourceOwnerAccount=c"),
        first.replace(
            "New=a",
            "New=b Permissions.1.New=c Permissions.01.Policy=drop",
        ),
    ] {
        assert_eq!(world.ok("AuthorizeSecurityGroup", &same), answer, "{same}");
    }
    for more in [
        "Permissions.1.Policy=drop",
        "Permissions.1.SourceGroupId=sg-x",
        "Permissions.2.IpProtocol=udp",
    ] {
        assert_eq!(
            world.code("AuthorizeSecurityGroup", &format!("{first} {more}")),
            "400 IdempotentParameterMismatch",
            "{more}"
        );
    }
}

#[test]
fn an_empty_description_is_another_change_than_none_5_4_1() {
    let mut world = World::new();
    let group = groups(&mut world, 1).remove(0);
    let rule = format!(
        "RegionId=cn-hangzhou SecurityGroupId={group} IpProtocol=tcp PortRange=1/1 \
         SourceCidrIp=10.0.0.0/8"
    );
    world.ok("AuthorizeSecurityGroup", &rule);
    world.ok("ModifySecurityGroupRule", &format!("{rule} ClientToken=t"));
    assert_eq!(
        world.code(
            "ModifySecurityGroupRule",
            &format!("{rule} ClientToken=t Description=")
        ),
        "400 IdempotentParameterMismatch"
    );
}

#[test]
fn a_token_belongs_to_its_account_and_action_5_0_5() {
    let mut world = World::new();
    let create = "RegionId=cn-hangzhou VpcId=vpc-1 ClientToken=t";
    let first = world.ok("CreateSecurityGroup", create);
    assert_eq!(
        world.ok("CreateSecurityGroup", create),
        first,
        "the first answer again"
    );
    let rule = format!(
        "RegionId=cn-hangzhou SecurityGroupId={} ClientToken=t IpProtocol=tcp PortRange=1/1 \
         SourceCidrIp=10.0.0.0/8",
        first["SecurityGroupId"].as_str().unwrap()
    );
    world.ok("AuthorizeSecurityGroup", &rule);
    world.ok("RevokeSecurityGroup", &rule);
    "9876543210".clone_into(&mut world.account);
    let other = world.ok(
        "CreateSecurityGroup",
        "RegionId=cn-hangzhou VpcId=vpc-2 ClientToken=t",
    );
    assert_ne!(other["SecurityGroupId"], first["SecurityGroupId"]);
}

#[test]
fn groups_of_other_accounts_and_regions_do_not_exist_5_0_9() {
    let mut world = World::new();
    let id = groups(&mut world, 1).remove(0);
    let describe = |region: &str| format!("RegionId={region} SecurityGroupId={id}");
    let action = "DescribeSecurityGroupAttribute";
    let (code, message) = world.fails(action, &describe("cn-beijing"));
    assert_eq!(code, "404 InvalidSecurityGroupId.NotFound");
    assert_eq!(message, "The specified SecurityGroupId does not exist.");
    // Its page alone has a message that the service fills in.
    let (code, message) = world.fails("AuthorizeSecurityGroup", &describe("cn-beijing"));
    assert_eq!(code, "404 InvalidSecurityGroupId.NotFound");
    assert!(message.contains("it is in cn-hangzhou"), "{message}");
    "9876543210".clone_into(&mut world.account);
    let (code, message) = world.fails(action, &describe("cn-hangzhou"));
    assert_eq!(code, "404 InvalidSecurityGroupId.NotFound");
    assert_eq!(message, "The specified SecurityGroupId does not exist.");
}

#[test]
fn a_flow_question_sees_every_change_at_once_3_1() {
    let mut world = World::new();
    let vpc = world.send_to(
        Product::Vpc,
        "CreateVpc",
        "RegionId=cn-hangzhou CidrBlock=10.0.0.0/8",
    );
    let vpc = vpc["VpcId"].as_str().unwrap().to_owned();
    let switch =
        format!("RegionId=cn-hangzhou VpcId={vpc} CidrBlock=10.1.0.0/24 ZoneId=cn-hangzhou-h");
    let switch = world.send_to(Product::Vpc, "CreateVSwitch", &switch);
    let switch = switch["VSwitchId"].as_str().unwrap().to_owned();
    let group = world.id(
        "CreateSecurityGroup",
        &format!("RegionId=cn-hangzhou VpcId={vpc}"),
        "SecurityGroupId",
    );
    let create = format!(
        "RegionId=cn-hangzhou VSwitchId={switch} SecurityGroupId={group} PrimaryIpAddress=10.1.0.10"
    );
    let interface = world.id("CreateNetworkInterface", &create, "NetworkInterfaceId");
    let ask = format!("From=203.0.113.9 To={interface} Protocol=tcp Port=443");
    let verdict = |world: &mut World| {
        let answer = world.ok("SecgroupCheckFlow", &ask);
        (
            answer["verdict"].as_str().unwrap().to_owned(),
            answer["ingress"]["by"].clone(),
        )
    };
    assert_eq!(verdict(&mut world), ("drop".to_owned(), "default".into()));
    let rule = format!(
        "RegionId=cn-hangzhou SecurityGroupId={group} IpProtocol=tcp PortRange=443/443 \
         SourceCidrIp=0.0.0.0/0"
    );
    world.ok("AuthorizeSecurityGroup", &rule);
    assert_eq!(verdict(&mut world), ("accept".to_owned(), "rule".into()));
    world.ok("AuthorizeSecurityGroup", &format!("{rule} Policy=drop"));
    assert_eq!(verdict(&mut world), ("drop".to_owned(), "rule".into()));
    world.ok("RevokeSecurityGroup", &format!("{rule} Policy=drop"));
    assert_eq!(verdict(&mut world), ("accept".to_owned(), "rule".into()));
    let explained = world.ok("SecgroupCheckFlow", &format!("{ask} Explain=True"));
    assert_eq!(explained["explanation"]["ingress"][0]["result"], "match");
    assert_eq!(
        world.code(
            "SecgroupCheckFlow",
            "From=203.0.113.9 To=eni-none Protocol=tcp"
        ),
        "400 InvalidParameter"
    );
    assert_eq!(
        world.code("SecgroupCheckFlow", "From=203.0.113.9 Protocol=tcp"),
        "400 MissingParameter"
    );
}
