//! Snapshots written and read again.

use secgroup_ecs::{Document, Read, ReadOptions, read};
use secgroup_import::{File, Options, Side, to_json, to_yaml, translate};
use secgroup_model::{MissingReference, MixedTypes, Semantics};

use crate::{assert_says, bad, good, sample};

/// Reads a document of ECS.
fn native(name: &str, bytes: &[u8]) -> Read {
    let options = ReadOptions {
        semantics: Semantics {
            mixed_types: MixedTypes::Strictest,
            missing_reference: MissingReference::NoMatch,
            ..Semantics::default()
        },
        ..ReadOptions::default()
    };
    let read = read(&[Document { name, bytes }], &options);
    read.unwrap_or_else(|refused| panic!("{name}: {refused}"))
}

/// Reads a file of another form.
fn translated(name: &str, text: &str) -> Read {
    let file = File {
        name,
        bytes: text.as_bytes(),
        side: Side::After,
    };
    let options = Options {
        missing_reference: MissingReference::NoMatch,
        ..Options::default()
    };
    let translated = translate(&[file], &options);
    assert!(translated.problems.is_empty(), "{:#?}", translated.problems);
    let documents = translated.documents();
    let [document] = documents[..] else {
        panic!("{name}: {} documents", documents.len());
    };
    native(name, document.bytes)
}

/// Asserts that a snapshot survives both forms, as far as it is written.
fn survives(
    name: &str,
    Read {
        snapshot, labels, ..
    }: &Read,
) {
    let json = to_json(snapshot, labels);
    let again = native(name, json.as_bytes());
    assert_eq!(to_json(&again.snapshot, &again.labels), json, "{name}");
    let yaml = to_yaml(snapshot, labels);
    let again = translated("again.yaml", &yaml);
    assert_eq!(to_yaml(&again.snapshot, &again.labels), yaml, "{name}");
    // In YAML ingress comes first, which is all that may differ.
    let json_again = to_json(&again.snapshot, &again.labels);
    assert_eq!(sorted(&json_again), sorted(&json), "{name}");
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
        survives(path, &translated(path, &sample(path)));
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
    let read = native("all.json", document.as_bytes());
    survives("all.json", &read);
    let json = to_json(&read.snapshot, &read.labels);
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
    let Read {
        snapshot, labels, ..
    } = translated("fleet.yaml", &sample("shop/fleet.yaml"));
    let yaml = to_yaml(&snapshot, &labels);
    let lines = yaml.lines().filter(|line| line.contains("proto:")).count();
    assert_eq!(lines, snapshot.rules().len(), "{yaml}");
}

#[test]
fn peers_and_names_survive_whatever_they_are_called_3_6_5() {
    let rule = |field: &str| {
        format!(r#"{{"Direction":"ingress","IpProtocol":"ALL","PortRange":"-1/-1",{field}}}"#)
    };
    let rules = [
        rule(r#""SourcePrefixListId":"unknown-net""#),
        rule(r#""SourcePrefixListId":"sg-both""#),
        rule(r#""SourceGroupId":"sg-both","SourceGroupOwnerAccount":"1234567890123456""#),
        rule(r#""SourceGroupId":"pl-group""#),
        rule(r#""SourceGroupId":"10","SourceGroupOwnerId":"other@example""#),
        rule(r#""SourceGroupId":"sg-gone""#),
        rule(r#""SourcePrefixListId":"pl-gone""#),
    ];
    let document = format!(
        r#"{{"SecurityGroups":[
          {{"SecurityGroupId":"web","SecurityGroupType":"normal","VpcId":"vpc-1","InnerAccessPolicy":"Accept","Permissions":[{}]}},
          {{"SecurityGroupId":"sg-both","SecurityGroupType":"normal","VpcId":"vpc-1","InnerAccessPolicy":"Accept","Permissions":[{}]}},
          {{"SecurityGroupId":"pl-group","SecurityGroupType":"normal","VpcId":"vpc-1","InnerAccessPolicy":"Accept","Permissions":[]}}],
        "PrefixLists":[{{"PrefixListId":"sg-both","PrefixListName":"an office","AddressFamily":"IPv4","MaxEntries":5,"Entries":[]}}],
        "PortRangeLists":[{{"PortRangeListId":"prl-1","PortRangeListName":"web: ports","MaxEntries":4,"Entries":[]}}]}}"#,
        rules.join(","),
        rule(r#""SourceGroupId":"web""#),
    );
    let read = native("all.json", document.as_bytes());
    survives("all.json", &read);
    let yaml = to_yaml(&read.snapshot, &read.labels);
    for line in [
        "from: {prefix_list: unknown-net}",
        "from: sg-both}",
        "from: {group: sg-both}, account: ",
        "from: pl-group}",
        "from: {group: ",
        "from: sg-gone}",
        "from: pl-gone}",
        "from: web}",
        "name: an office",
    ] {
        assert!(yaml.contains(line), "{line}: {yaml}");
    }
    // Without the flag what is missing is missing, by its name.
    let problems = bad("a.yaml", &yaml);
    assert_says(&problems, "prefix list `unknown-net`");
}

#[test]
fn a_far_end_may_say_what_it_is() {
    let file =
        |peer: &str| format!("groups:\n  web: {{ingress: [{{proto: all, from: {peer}}}]}}\n");
    let (snapshot, _) = good("a.yaml", &file("{group: web}"));
    assert_eq!(
        snapshot.rules().next().unwrap().1.rule().peer.to_string(),
        "web"
    );
    for (peer, wanted) in [
        (
            "{group: web, prefix_list: web}",
            "expected one group or one prefix_list",
        ),
        ("{}", "the rule has no `from`"),
        ("{grup: web}", "unknown field `grup`: did you mean group"),
        ("{prefix_list: web}", "prefix list `web`"),
        (
            "db",
            "what another file defines is {group: ID} or {prefix_list: ID}",
        ),
    ] {
        assert_says(&bad("a.yaml", &file(peer)), wanted);
    }
}
