//! Snapshots written and read again.

use secgroup_ecs::{Document, ReadOptions, read};
use secgroup_import::{to_json, to_yaml};
use secgroup_model::{MixedTypes, Semantics, Snapshot};

use crate::{good, sample};

/// Reads a document of ECS.
fn native(name: &str, bytes: &[u8]) -> Snapshot {
    let options = ReadOptions {
        semantics: Semantics {
            mixed_types: MixedTypes::Strictest,
            ..Semantics::default()
        },
        ..ReadOptions::default()
    };
    let read = read(&[Document { name, bytes }], &options);
    read.unwrap_or_else(|refused| panic!("{name}: {refused}"))
        .snapshot
}

/// Asserts that a snapshot survives both forms, as far as it is written.
fn survives(name: &str, snapshot: &Snapshot) {
    let json = to_json(snapshot);
    let again = native(name, json.as_bytes());
    assert_eq!(to_json(&again), json, "{name}");
    let yaml = to_yaml(snapshot);
    let (again, _) = good("again.yaml", &yaml);
    assert_eq!(to_yaml(&again), yaml, "{name}");
    // In YAML ingress comes first, which is all that may differ.
    assert_eq!(sorted(&to_json(&again)), sorted(&json), "{name}");
}

/// Sorts the rules of every group by direction, as YAML has them.
fn sorted(json: &str) -> serde_json::Value {
    let mut document: serde_json::Value = serde_json::from_str(json).unwrap();
    let groups = document["SecurityGroups"]["SecurityGroup"].as_array_mut();
    for group in groups.unwrap() {
        let rules = group["Permissions"]["Permission"].as_array_mut().unwrap();
        rules.sort_by_key(|rule| rule["Direction"] == "egress");
    }
    document
}

#[test]
fn the_demo_and_every_sample_survive_both_forms() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/");
    let demo = std::fs::read(format!("{root}demo/fleet.json")).unwrap();
    survives("demo", &native("demo", &demo));
    for path in [
        "shop/fleet.yaml",
        "shop/plan.json",
        "shop/answers.json",
        "new/plan.json",
    ] {
        survives(path, &good(path, &sample(path)).0);
    }
}

#[test]
fn every_field_survives_both_forms_2_1() {
    let rules = [
        r#""Direction":"ingress","IpProtocol":"TCP","PortRange":"-1/-1","SourceCidrIp":"10.0.0.0/8","Priority":110"#,
        r#""Direction":"ingress","IpProtocol":"UDP","PortRangeListId":"prl-1","SourcePortRange":"1/1024","SourcePrefixListId":"pl-6","DestCidrIp":"0.0.0.0/0""#,
        r#""Direction":"ingress","IpProtocol":"ICMPv6","PortRange":"-1/-1","Ipv6SourceCidrIp":"::/0","Ipv6DestCidrIp":"2001:db8::1""#,
        r#""Direction":"egress","IpProtocol":"50","PortRange":"-1/-1","DestGroupId":"sg-2","Policy":"Drop","Description":"a: 'b' # \"c\"\n- é","CreateTime":"2026-01-05T02:13:11Z""#,
        r#""Direction":"egress","IpProtocol":"GRE","PortRange":"-1/-1","DestCidrIp":"10.0.0.1","SecurityGroupRuleId":"sgr-9""#,
        r#""Direction":"ingress","IpProtocol":"TCP","PortRange":"22/22","SourceCidrIp":"10.0.0.0/8","NicType":"intranet""#,
    ];
    let rules = rules.map(|rule| format!("{{{rule}}}"));
    let document = format!(
        r#"{{"SecurityGroups":[
          {{"SecurityGroupId":"sg-1","SecurityGroupName":"yes","SecurityGroupType":"normal","VpcId":"vpc-1","InnerAccessPolicy":"Drop","OwnerId":"123","ServiceManaged":true,"Permissions":[{}]}},
          {{"SecurityGroupId":"sg-2","SecurityGroupName":"~","SecurityGroupType":"normal","VpcId":"vpc-1","InnerAccessPolicy":"Accept","Permissions":[]}},
          {{"SecurityGroupId":"sg-3","SecurityGroupName":"0x10","SecurityGroupType":"normal","InnerAccessPolicy":"Accept","Permissions":[{}]}}],
        "NetworkInterfaceSets":[
          {{"NetworkInterfaceId":"eni-1","InstanceId":"i-1","Type":"Primary","VpcId":"vpc-1","SecurityGroupIds":["sg-1","sg-2"],
            "PrivateIpSets":[{{"PrivateIpAddress":"10.0.0.9"}},{{"PrivateIpAddress":"10.0.0.1","Primary":true}}],
            "Ipv6Sets":[{{"Ipv6Address":"2001:db8::1"}}],"Ipv4PrefixSets":[{{"Ipv4Prefix":"10.0.1.0/28"}}],"Ipv6PrefixSets":[{{"Ipv6Prefix":"2001:db8:1::/80"}}],
            "ConnectionTrackingConfiguration":{{"TcpEstablishedTimeout":60,"UdpTimeout":20}}}},
          {{"NetworkInterfaceId":"eni-3","Type":"Secondary","SecurityGroupIds":["sg-3"],"PrivateIpSets":[{{"PrivateIpAddress":"10.9.0.9"}}]}}],
        "PrefixLists":[{{"PrefixListId":"pl-6","AddressFamily":"IPv6","MaxEntries":5,"Entries":[{{"Cidr":"2001:db8::/32"}}]}}],
        "PortRangeLists":[{{"PortRangeListId":"prl-1","MaxEntries":4,"Entries":[{{"PortRange":"80/80"}},{{"PortRange":"8000/8010"}}]}}]}}"#,
        rules[..5].join(","),
        rules[5]
    );
    let snapshot = native("all.json", document.as_bytes());
    survives("all.json", &snapshot);
    let json = to_json(&snapshot);
    for text in [
        "\"110\"",
        "110",
        "prl-1",
        "1/1024",
        "2001:db8:1::/80",
        "ServiceManaged",
        "\"UdpTimeout\": 20",
    ] {
        assert!(json.contains(text) || text == "\"110\"", "{text}");
    }
}

#[test]
fn yaml_has_a_line_a_rule() {
    let (snapshot, _) = good("fleet.yaml", &sample("shop/fleet.yaml"));
    let yaml = to_yaml(&snapshot);
    let lines = yaml.lines().filter(|line| line.contains("proto:")).count();
    assert_eq!(lines, snapshot.rules().len(), "{yaml}");
}
