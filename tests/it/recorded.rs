//! The calls that Terraform and Ansible made of an endpoint, made again.
//!
//! Each answer must have the status that the clients got, and what the
//! Terraform provider reads of it; where that is missing it ends, waits for
//! minutes, or plans a change that nobody made.

use std::collections::BTreeMap;
use std::fs;

use secgroup_ecs::{ApiFlags, Cloud};
use secgroup_model::Semantics;
use secgroup_tests::api::Endpoint;
use secgroup_tests::program::workspace;
use serde_json::Value;

/// The operations that are those of the VPC API.
const OF_VPC: [&str; 7] = [
    "CreateVpc",
    "DescribeVpcAttribute",
    "DescribeRouteTableList",
    "DeleteVpc",
    "CreateVSwitch",
    "DescribeVSwitchAttributes",
    "DeleteVSwitch",
];

/// A call as it was recorded.
struct Recorded {
    get: bool,
    in_body: bool,
    action: String,
    status: u16,
    parameters: Vec<(String, String)>,
}

fn recorded(name: &str) -> Vec<Recorded> {
    let path = workspace().join("data/recorded").join(name);
    let text = fs::read_to_string(path).unwrap();
    let calls = text.lines().map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let columns: [&str; 6] = columns.try_into().unwrap();
        let [_, method, place, action, status, parameters] = columns;
        let pairs = parameters
            .split('&')
            .map(|pair| pair.split_once('=').unwrap());
        Recorded {
            get: method == "GET",
            in_body: place == "body",
            action: action.to_owned(),
            status: status.parse().unwrap(),
            parameters: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    });
    calls.collect()
}

/// Ids of the recording, and those that stand for them here.
#[derive(Default)]
struct Ids(BTreeMap<String, String>);

impl Ids {
    fn here(&self, text: &str) -> String {
        self.0.get(text).cloned().unwrap_or_else(|| text.to_owned())
    }

    /// Learns that a call made what the next call with an unknown id means.
    fn learn(&mut self, body: &Value, rest: &[Recorded]) {
        for field in [
            "VpcId",
            "VSwitchId",
            "SecurityGroupId",
            "NetworkInterfaceId",
        ] {
            let Some(made) = body[field].as_str().filter(|id| id.contains("-bp1")) else {
                continue;
            };
            let prefix = made.split_once("-bp1").unwrap().0;
            let named = rest
                .iter()
                .flat_map(|call| &call.parameters)
                .map(|(_, value)| value);
            let mut unknown = named
                .filter(|value| value.starts_with(&format!("{prefix}-bp1")))
                .filter(|value| !self.0.contains_key(*value))
                .collect::<Vec<_>>();
            // Ids are counted, so the least is the oldest.
            unknown.sort();
            if let Some(id) = unknown.first() {
                self.0.insert((*id).clone(), made.to_owned());
            }
        }
    }
}

/// Makes all calls again; returns the answers.
fn replay(name: &str) -> Vec<(Recorded, Value)> {
    let endpoint = Endpoint::of(Cloud::new(ApiFlags::default(), Semantics::default()));
    let mut ids = Ids::default();
    let mut rest = recorded(name);
    let mut answers = Vec::new();
    while !rest.is_empty() {
        let call = rest.remove(0);
        let version = if OF_VPC.contains(&call.action.as_str()) {
            "2016-04-28"
        } else {
            "2014-05-26"
        };
        let parameters: Vec<(String, String)> = call
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), ids.here(value)))
            .collect();
        let parameters = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut query = vec![
            ("Action", call.action.as_str()),
            ("Version", version),
            ("Format", "json"),
        ];
        let mut form = Vec::new();
        if call.in_body {
            form.extend(parameters);
        } else {
            query.extend(parameters);
        }
        let (status, body) = endpoint.send(call.get, &query, &form);
        assert_eq!(
            status,
            call.status,
            "call {}, {}: {body:#}",
            answers.len() + 1,
            call.action
        );
        if call.action.starts_with("Create") {
            ids.learn(&body, &rest);
        }
        answers.push((call, body));
    }
    answers
}

/// What the provider reads of an answer: texts (`s`), flags (`b`) and lists
/// (`a`) at JSON pointers.
const READ: [(&str, &str); 7] = [
    (
        "DescribeVpcAttribute",
        "s/VpcName s/CidrBlock s/Description s/RegionId s/VRouterId s/CreationTime b/IsDefault",
    ),
    (
        "DescribeRouteTableList",
        "s/RouterTableList/RouterTableListType/0/VpcId",
    ),
    (
        "DescribeVSwitchAttributes",
        "s/VSwitchId s/VpcId s/CidrBlock s/ZoneId s/VSwitchName s/CreationTime",
    ),
    (
        "DescribeSecurityGroups",
        "s/SecurityGroups/SecurityGroup/0/CreationTime s/SecurityGroups/SecurityGroup/0/VpcId \
         s/SecurityGroups/SecurityGroup/0/SecurityGroupName \
         s/SecurityGroups/SecurityGroup/0/SecurityGroupType \
         s/SecurityGroups/SecurityGroup/0/Description a/SecurityGroups/SecurityGroup/0/Tags/Tag",
    ),
    (
        "DescribeSecurityGroupAttribute",
        "s/InnerAccessPolicy s/VpcId s/SecurityGroupId a/Permissions/Permission",
    ),
    (
        "DescribeNetworkInterfaces",
        "a/NetworkInterfaceSets/NetworkInterfaceSet",
    ),
    ("ListTagResources", "a/TagResources/TagResource"),
];

/// What the provider reads of an interface; it panics where a list is missing.
const INTERFACE: &str = "a/PrivateIpSets/PrivateIpSet b/PrivateIpSets/PrivateIpSet/0/Primary \
                         a/Ipv6Sets/Ipv6Set a/Ipv4PrefixSets/Ipv4PrefixSet \
                         a/SecurityGroupIds/SecurityGroupId s/MacAddress s/PrivateIpAddress s/Type";

/// Checks that everything is there and of its kind.
fn has_all(body: &Value, wanted: &str) {
    for wanted in wanted.split_whitespace() {
        let (kind, pointer) = wanted.split_at(1);
        let found = body.pointer(pointer);
        let right = found.is_some_and(|found| match kind {
            "s" => found.is_string(),
            "b" => found.is_boolean(),
            _ => found.is_array(),
        });
        assert!(right, "{pointer} in {body:#}");
    }
}

/// Checks what the provider reads of an answer.
fn check(call: &Recorded, body: &Value) {
    has_all(body, "s/RequestId");
    if let Some((_, wanted)) = READ.iter().find(|(action, _)| *action == call.action) {
        has_all(body, wanted);
    }
    match call.action.as_str() {
        "DescribeVpcAttribute" | "DescribeVSwitchAttributes" => {
            assert_eq!(body["Status"], "Available");
        }
        "DescribeRouteTableList" => {
            let row = &body["RouterTableList"]["RouterTableListType"][0];
            assert_eq!(row["RouteTableType"], "System");
        }
        "DescribeNetworkInterfaces" => {
            let rows = body["NetworkInterfaceSets"]["NetworkInterfaceSet"].as_array();
            for row in rows.unwrap() {
                has_all(row, INTERFACE);
                assert_eq!(row["Status"], "Available");
            }
        }
        _ => {}
    }
}

/// Tells whether an answer has a rule that the provider finds again: by what
/// was sent, protocol and policy in any case, addresses to the letter.
fn has_rule(body: &Value, wanted: &[(&str, &str)]) -> bool {
    let rules = body["Permissions"]["Permission"].as_array().unwrap();
    rules.iter().any(|rule| {
        let same = |(field, value): &(&str, &str)| {
            rule[*field]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(value))
        };
        let id = rule["SecurityGroupRuleId"]
            .as_str()
            .is_some_and(|id| id.starts_with("sgr-"));
        wanted.iter().all(same) && id && rule["NicType"] == "intranet"
    })
}

#[test]
fn terraform_gets_what_it_reads() {
    let answers = replay("terraform.tsv");
    assert_eq!(answers.len(), 108);
    for (call, body) in answers.iter().filter(|(call, _)| call.status == 200) {
        // After the destruction lists are empty.
        check(call, body);
    }
    let after = |action: &str| {
        answers
            .iter()
            .position(|(call, _)| call.action == action)
            .unwrap()
    };
    let changed = after("ModifySecurityGroupRule");
    let seen = |from: usize, direction: &str, wanted: &[(&str, &str)]| {
        let asks = |call: &Recorded| {
            let asked = ("Direction".to_owned(), direction.to_owned());
            call.action == "DescribeSecurityGroupAttribute" && call.parameters.contains(&asked)
        };
        let (_, body) = answers[from..].iter().find(|(call, _)| asks(call)).unwrap();
        assert!(has_rule(body, wanted), "{wanted:?} in {body:#}");
    };
    let ssh = [
        ("IpProtocol", "tcp"),
        ("PortRange", "22/22"),
        ("SourceCidrIp", "10.159.6.18/12"),
        ("Policy", "accept"),
        ("Priority", "1"),
        ("SourceGroupOwnerAccount", ""),
    ];
    seen(after("DescribeNetworkInterfaces"), "ingress", &ssh);
    seen(
        changed,
        "ingress",
        &[&ssh[..], &[("Description", "ssh, changed")]].concat(),
    );
    let v6 = [
        ("IpProtocol", "tcp"),
        (
            "Ipv6SourceCidrIp",
            "2408:4321:180:1701:94c7:bc38:3bfa:0/128",
        ),
    ];
    seen(changed, "ingress", &v6);
    seen(
        changed,
        "egress",
        &[
            ("PortRange", "3306/3306"),
            ("Policy", "drop"),
            ("Priority", "10"),
        ],
    );
    let last = answers
        .iter()
        .rev()
        .find(|(call, _)| call.action == "DescribeNetworkInterfaces");
    let (_, body) = last.unwrap();
    assert_eq!(
        body["NetworkInterfaceSets"]["NetworkInterfaceSet"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn ansible_gets_what_it_reads() {
    let answers = replay("ansible.tsv");
    assert_eq!(answers.len(), 18);
    let describes = |(call, _): &&(Recorded, Value)| {
        call.action == "DescribeSecurityGroupAttribute" && call.status == 200
    };
    let rules: Vec<usize> = answers
        .iter()
        .filter(describes)
        .map(|(_, body)| body["Permissions"]["Permission"].as_array().unwrap().len())
        .collect();
    assert_eq!(rules, [0, 3, 3, 3, 3]);
}
