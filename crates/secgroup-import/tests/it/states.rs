//! Terraform states and exported Pulumi stacks: what is read, warned of, refused.

use serde_json::{Value, json};

use crate::{assert_has, bad, good};

/// A state with these resources.
fn state(resources: &[Value]) -> String {
    let document = json!({
        "version": 4, "terraform_version": "1.9.8", "serial": 1, "lineage": "x",
        "resources": resources,
    });
    document.to_string()
}

/// A resource of the root module with one instance.
fn resource(kind: &str, name: &str, attributes: Value) -> Value {
    json!({"mode": "managed", "type": kind, "name": name,
           "instances": [{"attributes": attributes}]})
}

fn group(id: &str) -> Value {
    resource(
        "alicloud_security_group",
        "web",
        json!({"id": id, "vpc_id": "vpc-1", "security_group_type": "normal",
               "inner_access_policy": "Accept"}),
    )
}

fn rule(fields: Value) -> Value {
    let mut attributes = json!({"id": "x", "security_group_id": "sg-1", "type": "ingress",
        "ip_protocol": "tcp", "port_range": "22/22", "cidr_ip": "10.0.0.0/8"});
    let fields = fields.as_object().unwrap().clone();
    attributes.as_object_mut().unwrap().extend(fields);
    resource("alicloud_security_group_rule", "ssh", attributes)
}

#[test]
fn a_fault_is_told_in_the_words_of_the_provider_6_2() {
    let text = state(&[
        group("sg-1"),
        rule(json!({"port_range": "22", "policy": "allow"})),
    ]);
    let problems = bad("a.tfstate", &text);
    let path = "alicloud_security_group_rule.ssh";
    assert!(
        problems.iter().any(|line| line.contains(&format!(
            "{path}.port_range: port_range `22` is a single port; write 22/22 \
             (InvalidParam.PortRange)"
        ))),
        "{problems:#?}"
    );
    assert!(
        problems
            .iter()
            .any(|line| line.contains(&format!("{path}.policy: policy `allow` is neither"))),
        "{problems:#?}"
    );
    assert_eq!(problems.len(), 2, "{problems:#?}");
}

#[test]
fn values_of_the_wrong_type_are_refused_with_their_path_6_2() {
    let text = state(&[
        group("sg-1"),
        rule(json!({"cidr_ip": ["10.0.0.0/8"], "priority": {"a": 1}})),
    ]);
    let problems = bad("a.tfstate", &text);
    for (field, found) in [("cidr_ip", "a list"), ("priority", "an object")] {
        let wanted = format!("ssh.{field}: expected text, found {found}");
        assert!(
            problems.iter().any(|line| line.ends_with(&wanted)),
            "{wanted}: {problems:#?}"
        );
    }
}

#[test]
fn numbers_beyond_every_range_are_refused_2_3() {
    for priority in [
        json!(0),
        json!(1e300),
        json!("99999999999999999999"),
        json!(-1),
    ] {
        let text = state(&[group("sg-1"), rule(json!({"priority": priority}))]);
        let problems = bad("a.tfstate", &text);
        assert!(problems[0].contains("ssh.priority: "), "{problems:#?}");
    }
}

#[test]
fn an_address_that_occurs_twice_is_refused_6_2_4() {
    let text = state(&[group("sg-1"), group("sg-2")]);
    let problems = bad("a.tfstate", &text);
    assert!(
        problems[0]
            .contains("alicloud_security_group.web: this address occurs twice, first in line 1"),
        "{problems:#?}"
    );
}

#[test]
fn one_group_at_two_addresses_is_refused_6_2_4() {
    let mut second = group("sg-1");
    second["name"] = json!("other");
    let problems = bad("a.tfstate", &state(&[group("sg-1"), second]));
    assert!(
        problems[0]
            .ends_with("alicloud_security_group.other: security group `sg-1` is defined twice"),
        "{problems:#?}"
    );
}

#[test]
fn other_versions_of_states_are_refused_6_2_4() {
    let problems = bad(
        "a.tfstate",
        r#"{"version": 3, "serial": 1, "lineage": "x", "modules": []}"#,
    );
    assert_has(
        &problems,
        "a.tfstate:1:13: version: Terraform state version 3; version 4 is read: use the output of \
         terraform show -json",
    );
}

#[test]
fn what_is_not_modelled_is_listed_6() {
    let acl = resource("alicloud_network_acl", "edge", json!({"id": "nacl-1"}));
    let pool = resource(
        "alicloud_ess_scaling_configuration",
        "pool",
        json!({"id": "asc-1", "security_group_id": "sg-1"}),
    );
    let bucket = resource("alicloud_oss_bucket", "logs", json!({"id": "b"}));
    let (_, warnings) = good("a.tfstate", &state(&[group("sg-1"), acl, pool, bucket]));
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert!(warnings[0].ends_with(
        "alicloud_network_acl.edge: alicloud_network_acl is not modelled: network ACLs filter \
         traffic, too, but are no security groups"
    ));
    assert!(warnings[1].contains("alicloud_ess_scaling_configuration.pool.security_group_id: "));
}

#[test]
fn old_attributes_mean_the_same_6_2() {
    let text = state(&[
        resource(
            "alicloud_security_group",
            "old",
            json!({"id": "sg-1", "name": "old", "vpc_id": "vpc-1", "security_group_type": "normal",
                   "inner_access": false}),
        ),
        resource(
            "alicloud_network_interface",
            "old",
            json!({"id": "eni-1", "security_groups": ["sg-1"], "private_ip": "10.0.0.1",
                   "private_ips": ["10.0.0.2"]}),
        ),
        resource(
            "alicloud_network_interface_attachment",
            "old",
            json!({"network_interface_id": "eni-1", "instance_id": "i-1"}),
        ),
        rule(json!({"nic_type": "<nil>"})),
    ]);
    let (snapshot, warnings) = good("a.tfstate", &text);
    assert_eq!(warnings, Vec::<String>::new());
    let (_, group) = snapshot.groups().next().unwrap();
    assert_eq!(group.inner_access(), secgroup_model::InnerAccess::Drop);
    assert_eq!(group.name(), Some("old"));
    let (_, interface) = snapshot.interfaces().next().unwrap();
    assert_eq!(interface.addresses().len(), 2);
    assert_eq!(interface.primary_address().unwrap().to_string(), "10.0.0.1");
    assert_eq!(interface.instance().unwrap().as_str(), "i-1");
    assert_eq!(snapshot.vpc(interface.network()).unwrap().as_str(), "vpc-1");
}

#[test]
fn rules_find_their_group_in_another_file_6() {
    let network = state(&[group("sg-1")]);
    let service = state(&[rule(json!({}))]);
    let files = [
        ("a.tfstate", network.as_str()),
        ("b.tfstate", service.as_str()),
    ];
    let imported = crate::import(&files, &crate::How::default());
    let snapshot = imported.result.unwrap();
    assert_eq!(imported.warnings, Vec::<String>::new());
    assert_eq!(snapshot.rules().len(), 1);
    let (_, warnings) = good("b.tfstate", &service);
    assert!(
        warnings[0].contains("security group `sg-1` has rules here, but is defined in none"),
        "{warnings:#?}"
    );
}

#[test]
fn what_is_replaced_but_not_destroyed_still_counts_6_2_4() {
    let mut group = group("sg-1");
    let old = json!({"deposed": "0a1b", "attributes": {"id": "sg-0", "vpc_id": "vpc-1",
        "security_group_type": "normal", "inner_access_policy": "Accept"}});
    group["instances"].as_array_mut().unwrap().push(old);
    let (snapshot, warnings) = good("a.tfstate", &state(&[group]));
    assert_eq!(snapshot.groups().len(), 2);
    assert!(
        warnings[0].contains("alicloud_security_group.web (deposed 0a1b): replaced, but not"),
        "{warnings:#?}"
    );
}

#[test]
fn a_fault_in_a_stack_names_the_urn_and_the_property_6_4() {
    let text = crate::sample("shop/stack.json").replace("\"22/22\"", "\"22\"");
    let problems = bad("stack.json", &text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains(
            "urn:pulumi:prod::shop::alicloud:ecs/securityGroupRule:SecurityGroupRule::web-ssh\
             .portRange: "
        ),
        "{problems:#?}"
    );
}

#[test]
fn a_secret_in_a_stack_is_not_known_6_4() {
    let secret = r#"{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"v1:x"}"#;
    let text = crate::sample("shop/stack.json");
    let text = text.replacen(
        "\"cidrIp\": \"10.20.2.0/24\"",
        &format!("\"cidrIp\": {secret}"),
        1,
    );
    let problems = bad("stack.json", &text);
    assert!(
        problems[0].contains("::db_app.cidrIp: known after apply only"),
        "{problems:#?}"
    );
}

#[test]
fn a_group_without_vpc_is_classic_and_that_is_said_1_2() {
    let read = |vpc: Value| {
        let mut attributes = json!({"id": "sg-1", "security_group_type": "normal",
            "inner_access_policy": "Accept"});
        let more = vpc.as_object().unwrap().clone();
        attributes.as_object_mut().unwrap().extend(more);
        let old = resource("alicloud_security_group", "old", attributes);
        let (snapshot, warnings) = good("a.tfstate", &state(&[old]));
        assert_eq!(snapshot.groups().next().unwrap().1.vpc(), None);
        warnings
    };
    // An empty attribute is an absent one (6.1).
    for vpc in [json!({}), json!({"vpc_id": ""})] {
        let warnings = read(vpc);
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert!(
            warnings[0].contains("the classic network (no vpc_id) assumed"),
            "{warnings:#?}"
        );
    }
}
