//! The quotas of membership: groups per interface (4.3), rules per interface
//! (4.4), members of a group (4.7, 4.8).

use std::net::Ipv4Addr;

use secgroup_ecs::{ApiFlags, Cloud, Parameters, Product, Request};
use secgroup_model::{AccountId, Semantics};
use serde_json::Value;

use super::super::stage::{REGION, Stage, groups};
use super::JOIN;

#[test]
fn an_interface_is_in_five_groups_or_in_ten_4_3() {
    for (limits, most) in [("seed", 5), ("current", 10)] {
        let mut stage = Stage::with(&[("limits", limits)]);
        let (instance, interface) = (stage.new_instance(""), stage.new_interface(""));
        for _ in 1..most {
            let group = stage.new_group("");
            let own = format!("SecurityGroupId={group}");
            stage.ok(JOIN, &format!("InstanceId={instance} {own}"));
            stage.ok(
                JOIN,
                &format!("{REGION} NetworkInterfaceId={interface} {own}"),
            );
        }
        let more = format!("SecurityGroupId={}", stage.new_group(""));
        // Row S0 400 InstanceSecurityGroupLimitExceeded, A50.
        let (code, message) = stage.fails(JOIN, &format!("InstanceId={instance} {more}"));
        assert_eq!(code, "400 InstanceSecurityGroupLimitExceeded");
        let expected =
            "Exceeding the allowed amount of security groups that an instance can be in.";
        assert_eq!(message, expected);
        // Row S0 403 InstanceSecurityGroupLimitExceeded.
        let join = format!("{REGION} NetworkInterfaceId={interface} {more}");
        assert_eq!(
            stage.code(JOIN, &join),
            "403 InstanceSecurityGroupLimitExceeded"
        );
        assert_eq!(groups(&stage.instance(&instance)).len(), most);
    }
}

#[test]
fn without_limits_there_is_no_last_group_4_3() {
    let mut stage = Stage::with(&[("limits", "off")]);
    let instance = stage.new_instance("");
    for _ in 0..20 {
        let group = stage.new_group("");
        stage.ok(
            JOIN,
            &format!("InstanceId={instance} SecurityGroupId={group}"),
        );
    }
}

#[test]
fn the_rules_of_an_interface_count_by_size_4_4() {
    let mut stage = Stage::with(&[("limits", "current")]);
    let (instance, interface) = (stage.new_instance(""), stage.new_interface(""));
    let large = stage.new_group("");
    let list = format!("{REGION} PrefixListName=large MaxEntries=200 AddressFamily=IPv4");
    // Five lists of 200: 1,000, and one rule more.
    for _ in 0..5 {
        let list = stage.id("CreatePrefixList", &list, "PrefixListId");
        let rule = format!(
            "{REGION} SecurityGroupId={large} IpProtocol=TCP PortRange=22/22 SourcePrefixListId={list}"
        );
        stage.ok("AuthorizeSecurityGroup", &rule);
    }
    let small = stage.group.clone();
    let rule = format!(
        "{REGION} SecurityGroupId={small} IpProtocol=TCP PortRange=22/22 SourceCidrIp=10.0.0.0/8"
    );
    stage.ok("AuthorizeSecurityGroup", &rule);
    // Row S0 AclLimitExceed.
    let join = format!("InstanceId={instance} SecurityGroupId={large}");
    assert_eq!(stage.code(JOIN, &join), "403 AclLimitExceed");
    let join = format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={large}");
    assert_eq!(stage.code(JOIN, &join), "403 AclLimitExceed");
    let modify = format!(
        "{REGION} NetworkInterfaceId={interface} SecurityGroupId.1={large} SecurityGroupId.2={small}"
    );
    let code = stage.code("ModifyNetworkInterfaceAttribute", &modify);
    assert_eq!(code, "403 AclLimitExceed");
    let modify =
        format!("InstanceId={instance} SecurityGroupIds.1={large} SecurityGroupIds.2={small}");
    assert_eq!(
        stage.code("ModifyInstanceAttribute", &modify),
        "403 AclLimitExceed"
    );
    // Alone it is just small enough.
    stage.new_interface(&format!("SecurityGroupId={large}"));
}

/// Makes calls without looking at the state before and after each, for clouds
/// with very many objects.
struct Fast {
    cloud: Cloud,
    calls: u64,
}

impl Fast {
    fn call(&mut self, action: &str, parameters: &str) -> (u16, Value) {
        self.calls += 1;
        let pairs = parameters.split_whitespace().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        let answer = self.cloud.answer(&Request {
            product: Product::Ecs,
            action: action.to_owned(),
            parameters: pairs.collect::<Parameters>(),
            account: AccountId::new("1234567890").unwrap(),
            now: 1_767_225_600,
            request_id: self.calls.to_string(),
        });
        (answer.status, answer.body)
    }

    fn code(&mut self, action: &str, parameters: &str) -> String {
        let (status, body) = self.call(action, parameters);
        format!("{status} {}", body["Code"].as_str().unwrap_or("-"))
    }

    /// Makes so many instances.
    fn fill(&mut self, launch: &str, count: usize) {
        for _ in 0..count / 100 {
            assert_eq!(
                self.call("RunInstances", &format!("{launch} Amount=100")).0,
                200
            );
        }
        let rest = count % 100;
        if rest != 0 {
            let launch = format!("{launch} Amount={rest}");
            assert_eq!(self.call("RunInstances", &launch).0, 200);
        }
    }
}

#[test]
fn a_basic_group_has_2000_instances_4_7() {
    let mut stage = Stage::new();
    let (instance, interface) = (stage.new_instance(""), stage.new_interface(""));
    let group = stage.new_group("");
    let second = stage.new_interface(&format!("SecurityGroupId={group}"));
    let attach = format!("{REGION} InstanceId={instance} NetworkInterfaceId={second}");
    stage.ok("AttachNetworkInterface", &attach);
    let launch = stage.launch(&format!("SecurityGroupId={group}"));
    let mut fast = Fast {
        cloud: stage.cloud.clone(),
        calls: 0,
    };
    // The instance is one of them already, by its second interface.
    fast.fill(&launch, 1999);
    // Row S0 SecurityGroupInstanceLimitExceeded, both of them.
    let join = format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={group}");
    assert_eq!(
        fast.code(JOIN, &join),
        "403 SecurityGroupInstanceLimitExceeded"
    );
    let (_, body) = fast.call("CreateInstance", &format!("{launch} ImageId=i"));
    assert_eq!(body["Code"], "SecurityGroupInstanceLimitExceed");
    let create = stage.create(&format!("SecurityGroupId={group}"));
    let code = fast.code("CreateNetworkInterface", &create);
    assert_eq!(code, "403 SecurityGroupInstanceLimitExceed");
    let own = format!("SecurityGroupId.1={group}");
    let modify = format!("{REGION} NetworkInterfaceId={interface} {own}");
    let code = fast.code("ModifyNetworkInterfaceAttribute", &modify);
    assert_eq!(code, "403 SecurityGroupInstanceLimitExceed");
    // It counts once, however many of its interfaces are members.
    let join = format!("InstanceId={instance} SecurityGroupId={group}");
    assert_eq!(fast.call(JOIN, &join).0, 200);
    let mut fast = Fast {
        cloud: stage.cloud.clone(),
        calls: 0,
    };
    assert_eq!(fast.call("DetachNetworkInterface", &attach).0, 200);
    fast.fill(&launch, 1999);
    let (status, body) = fast.call(JOIN, &join);
    assert_eq!(
        (status, &body["Code"]),
        (403, &"SecurityGroupInstanceLimitExceeded".into())
    );
    let expected = "The maximum number of instances in a security group is exceeded.";
    assert_eq!(body["Message"], expected);
    let modify = format!("InstanceId={instance} SecurityGroupIds.1={group}");
    let code = fast.code("ModifyInstanceAttribute", &modify);
    assert_eq!(code, "403 SecurityGroupInstanceLimitExceed");
}

#[test]
fn a_classic_group_has_1000_addresses_by_the_current_documents_4_8() {
    let mut stage = Stage::with(&[("limits", "current"), ("api.classic", "on")]);
    let group = stage.id("CreateSecurityGroup", REGION, "SecurityGroupId");
    let launch = format!("{REGION} SecurityGroupId={group}");
    let mut fast = Fast {
        cloud: stage.cloud.clone(),
        calls: 0,
    };
    fast.fill(&launch, 1000);
    let code = fast.code("RunInstances", &launch);
    assert_eq!(code, "403 SecurityGroupInstanceLimitExceed");
}

#[test]
fn a_basic_group_has_6000_addresses_by_the_current_documents_4_7() {
    let mut stage = Stage::with(&[("limits", "current")]);
    let group = stage.new_group("");
    let interface = stage.new_interface("");
    let launch = stage.launch(&format!("SecurityGroupId={group}"));
    let many = stage.create(&format!(
        "SecurityGroupId={group} SecondaryPrivateIpAddressCount=49"
    ));
    let mut fast = Fast {
        cloud: stage.cloud.clone(),
        calls: 0,
    };
    for _ in 0..119 {
        assert_eq!(fast.call("CreateNetworkInterface", &many).0, 200);
    }
    fast.fill(&launch, 49);
    let last = stage.create(&format!("SecurityGroupId={group}"));
    let (status, body) = fast.call("CreateNetworkInterface", &last);
    assert_eq!(status, 200, "{body:#}");
    let last = body["NetworkInterfaceId"].as_str().unwrap();
    let assign = format!("{REGION} NetworkInterfaceId={last} SecondaryPrivateIpAddressCount=1");
    let code = fast.code("AssignPrivateIpAddresses", &assign);
    assert_eq!(code, "403 SecurityGroupInstanceLimitExceed");
    let join = format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={group}");
    assert_eq!(
        fast.code(JOIN, &join),
        "403 SecurityGroupInstanceLimitExceeded"
    );
}

/// Returns a cloud with so many copies of its last interface, each with an
/// address of its own in 10.1.0.0/16 and, then, 10.2.0.0/16.
fn crowded(cloud: &Cloud, count: u32) -> Cloud {
    let mut state: Value = serde_json::from_slice(&cloud.to_state()).unwrap();
    // Without its digest, a state may be edited.
    state.as_object_mut().unwrap().remove("SecgroupDigest");
    let rows = state["NetworkInterfaceSets"].as_array_mut().unwrap();
    let last = rows.last().unwrap().clone();
    for number in 0..count {
        let mut row = last.clone();
        let address = Ipv4Addr::from_bits(0x0a01_0000 + number).to_string();
        row["NetworkInterfaceId"] = format!("eni-copy-{number}").into();
        row["PrivateIpAddress"] = address.as_str().into();
        row["PrivateIpSets"]["PrivateIpSet"][0]["PrivateIpAddress"] = address.into();
        rows.push(row);
    }
    let state = serde_json::to_vec(&state).unwrap();
    Cloud::from_state(&state, ApiFlags::default(), Semantics::default()).unwrap()
}

#[test]
fn an_advanced_group_has_65536_interfaces_4_8() {
    let mut stage = Stage::new();
    let kind = "SecurityGroupType=enterprise";
    let (group, other) = (stage.new_group(kind), stage.new_group(kind));
    let instance = stage.new_instance(&format!("SecurityGroupId={other}"));
    let interface = stage.new_interface(&format!("SecurityGroupId={other}"));
    let launch = stage.launch(&format!("SecurityGroupId={group}"));
    let create = stage.create(&format!("SecurityGroupId={group}"));
    stage.ok("CreateNetworkInterface", &create);
    let mut fast = Fast {
        cloud: crowded(&stage.cloud, 65_534),
        calls: 0,
    };
    assert_eq!(fast.call("CreateNetworkInterface", &create).0, 200);
    // Row S0 InvalidOperation.NetworkInterfaceCountExceeded.
    for join in [
        format!("InstanceId={instance} SecurityGroupId={group}"),
        format!("{REGION} NetworkInterfaceId={interface} SecurityGroupId={group}"),
    ] {
        let (status, body) = fast.call(JOIN, &join);
        let code = "InvalidOperation.NetworkInterfaceCountExceeded";
        assert_eq!((status, &body["Code"]), (403, &code.into()));
        let expected = "The maximum number of NetworkInterface in a enterprise level security \
                        group is exceeded.";
        assert_eq!(body["Message"], expected);
    }
    let code = fast.code("CreateNetworkInterface", &create);
    assert_eq!(code, "403 InvalidOperation.EniCountExceeded");
    let (status, body) = fast.call("RunInstances", &launch);
    let code = "InvalidOperation.NetworkInterfaceCountExceeded";
    assert_eq!((status, &body["Code"]), (403, &code.into()));
}
