//! Terraform's configuration in its JSON form: what is plain is read, all else
//! is refused with its reason.

use serde_json::{Value, json};

use crate::{How, assert_has, assert_says, bad, good, import};

/// A configuration of two groups, one interface and a list.
fn plain() -> Value {
    json!({
        "terraform": {"required_version": ">= 1.0"},
        "provider": {"alicloud": {"region": "cn-hangzhou"}},
        "variable": {"office": {"default": "203.0.113.0/24"}, "secret": {}},
        "locals": {"vpc": "${alicloud_vpc.main.id}", "ports": "443/443"},
        "resource": {
            "alicloud_vpc": {"main": {"vpc_name": "${var.secret}"}},
            "alicloud_security_group": {
                "web": {"vpc_id": "${local.vpc}", "security_group_type": "normal",
                    "inner_access_policy": "Drop", "description": "${upper(var.secret)}"},
                "app": [{"vpc_id": "${alicloud_security_group.web.vpc_id}",
                    "security_group_type": "normal", "inner_access_policy": "Drop"}]
            },
            "alicloud_security_group_rule": {
                "office": {"security_group_id": "${alicloud_security_group.web.id}",
                    "type": "ingress", "ip_protocol": "tcp", "port_range": "${local.ports}",
                    "cidr_ip": "${var.office}", "priority": 10},
                "web": {"security_group_id": "${ alicloud_security_group.app.id }",
                    "type": "ingress", "ip_protocol": "tcp", "port_range": "8080/8080",
                    "source_security_group_id": "${alicloud_security_group.web.id}"},
                "list": {"security_group_id": "${alicloud_security_group.app.id}",
                    "type": "egress", "ip_protocol": "all", "policy": "drop",
                    "prefix_list_id": "${alicloud_ecs_prefix_list.far.id}"}
            },
            "alicloud_ecs_prefix_list": {"far": {"address_family": "IPv4", "max_entries": 2,
                "entry": {"cidr": "198.51.100.0/24"}}},
            "alicloud_ecs_network_interface": {"one": {"vswitch_id": "vsw-1",
                "primary_ip_address": "10.0.0.1",
                "security_group_ids": ["${alicloud_security_group.web.id}"]}}
        }
    })
}

#[test]
fn literals_and_references_of_one_directory_are_read_6_2_6() {
    let (snapshot, warnings) = good("main.tf.json", &plain().to_string());
    let rules: Vec<String> = snapshot
        .rules()
        .map(|(_, placed)| {
            let group = snapshot.group(placed.group()).id();
            format!("{group}: {} {}", placed.rule().direction, placed.rule())
        })
        .collect();
    let (web, app) = ("alicloud_security_group-web", "alicloud_security_group-app");
    for wanted in [
        format!("{web}: ingress priority 10 accept tcp 443/443 from 203.0.113.0/24"),
        format!("{app}: ingress priority 1 accept tcp 8080/8080 from {web}"),
    ] {
        assert!(rules.contains(&wanted), "{wanted}: {rules:#?}");
    }
    assert_eq!(rules.len(), 3, "{rules:#?}");
    assert_eq!(snapshot.prefix_lists()[0].entries.len(), 1);
    let interface = snapshot.interfaces().next().unwrap().1;
    assert_eq!(snapshot.group(interface.groups()[0]).id().as_str(), web);
    let vpc = snapshot.vpc(interface.network()).unwrap();
    assert_eq!(vpc.as_str(), "alicloud_vpc-main");
    assert!(
        warnings.len() == 1 && warnings[0].contains("variable.office: taken for its default"),
        "{warnings:#?}"
    );
}

#[test]
fn files_of_one_directory_are_one_configuration_and_others_another_6_2_6() {
    let mut first = plain();
    let rules = first["resource"]["alicloud_security_group_rule"].take();
    first["resource"]
        .as_object_mut()
        .unwrap()
        .remove("alicloud_security_group_rule");
    let second = json!({"resource": [{"alicloud_security_group_rule": [rules]}]});
    let files = [
        ("a/x.tf.json", first.to_string()),
        ("a/y.tf.json", second.to_string()),
    ];
    let given = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let snapshot = import(&given, &How::default()).result.unwrap();
    assert_eq!(snapshot.rules().len(), 3);
    let apart = [("a/x.tf.json", given[0].1), ("b/y.tf.json", given[1].1)];
    let problems = import(&apart, &How::default()).result.unwrap_err();
    let wanted = "there is no `alicloud_security_group.web` in this directory";
    assert!(problems.iter().all(|one| one.starts_with("b/y.tf.json:1:")));
    assert!(
        problems.iter().any(|one| one.contains(wanted)),
        "{problems:#?}"
    );
}

#[test]
fn an_address_in_two_files_names_the_first_6_2_6() {
    let second = json!({"resource": {"alicloud_security_group": {"web": {
        "vpc_id": "vpc-1", "security_group_type": "normal"}}}});
    let files = [
        ("x/a.tf.json", plain().to_string()),
        ("x/b.tf.json", format!("\n\n{second}")),
    ];
    let given = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let problems = import(&given, &How::default()).result.unwrap_err();
    assert_eq!(
        problems,
        [
            "x/b.tf.json:3:47: alicloud_security_group.web: this address occurs twice, first in \
             line 1 of x/a.tf.json"
        ]
    );
}

#[test]
fn a_comment_is_no_resource_6_2_6() {
    let mut changed = plain();
    changed["resource"]["//"] = json!("all of them");
    changed["resource"]["alicloud_security_group"]["//"] = json!("two groups");
    let (snapshot, _) = good("main.tf.json", &changed.to_string());
    assert_eq!(snapshot.groups().len(), 2);
    changed["resource"]["alicloud_security_group"]["third"] = json!("nothing");
    assert_says(
        &bad("main.tf.json", &changed.to_string()),
        "alicloud_security_group.third: expected a resource, found text",
    );
}

#[test]
fn names_that_are_defined_twice_are_refused_6_2_6() {
    let second = json!({"locals": {"vpc": "vpc-2", "other": 1}, "variable": {"office": {"default": "0.0.0.0/0"}}});
    let files = [
        ("a.tf.json", plain().to_string()),
        ("b.tf.json", second.to_string()),
    ];
    let given = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let problems = import(&given, &How::default()).result.unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert_says(
        &problems,
        "local.vpc: defined twice in this directory; keep one of them",
    );
    assert_says(
        &problems,
        "variable.office: defined twice in this directory",
    );
}

#[test]
fn a_variable_whose_default_is_null_is_as_if_it_were_not_given_6_2_6() {
    let mut changed = plain();
    changed["variable"]["office"]["default"] = Value::Null;
    let rule = &mut changed["resource"]["alicloud_security_group_rule"]["office"];
    rule["source_security_group_id"] = json!("${alicloud_security_group.app.id}");
    let (snapshot, warnings) = good("main.tf.json", &changed.to_string());
    let mut peers = snapshot
        .rules()
        .map(|(_, placed)| placed.rule().to_string());
    let wanted = "priority 10 accept tcp 443/443 from alicloud_security_group-app";
    assert!(peers.any(|peer| peer == wanted));
    assert_says(&warnings, "variable.office: taken for its default");
}

/// Changes one thing about the configuration, which must then be refused.
fn refused(pointer: &str, value: Value, wanted: &str) {
    let mut changed = plain();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    changed.pointer_mut(parent).unwrap()[key] = value;
    let problems = bad("main.tf.json", &changed.to_string());
    assert!(
        problems.iter().any(|one| {
            one.starts_with("main.tf.json:1:")
                && one.contains(wanted)
                && one.contains("terraform show -json")
        }),
        "{wanted}: {problems:#?}"
    );
}

#[test]
fn what_only_terraform_can_evaluate_is_refused_with_its_reason_6_2_6() {
    let rule = "/resource/alicloud_security_group_rule/office";
    for (key, value, wanted) in [
        (
            "count",
            json!(2),
            "count: only Terraform can tell what `count` makes of it",
        ),
        (
            "for_each",
            json!("${var.all}"),
            "what `for_each` makes of it",
        ),
        (
            "cidr_ip",
            json!("${var.secret}"),
            "cidr_ip: variable `secret` has no default",
        ),
        (
            "cidr_ip",
            json!("${var.none}"),
            "there is no variable `none` here",
        ),
        (
            "cidr_ip",
            json!("${local.none}"),
            "there is no local `none` here",
        ),
        (
            "cidr_ip",
            json!("${cidrsubnet(\"a\", 1, 2)}"),
            "only Terraform can evaluate `cidrsubnet(",
        ),
        (
            "cidr_ip",
            json!("${data.http.ip.body}/32"),
            "only Terraform can evaluate `data.http.ip.body`",
        ),
        (
            "cidr_ip",
            json!("%{ if true }10.0.0.0/8%{ endif }"),
            "only Terraform can evaluate `%{",
        ),
        (
            "cidr_ip",
            json!("${alicloud_vpc.main.cidr_block}"),
            "is known after apply only",
        ),
        (
            "cidr_ip",
            json!("${alicloud_vpc.gone.id}"),
            "there is no `alicloud_vpc.gone` in this",
        ),
        (
            "cidr_ip",
            json!("${each.value}"),
            "only Terraform can evaluate `each.value`",
        ),
        (
            "policy",
            json!("${var.x ? 1 : 2}"),
            "policy: only Terraform can evaluate",
        ),
        (
            "cidr_ip",
            json!("${alicloud_security_group_rule.office.cidr_ip}"),
            "more than 64 references",
        ),
    ] {
        refused(&format!("{rule}/{key}"), value, wanted);
    }
}

#[test]
fn blocks_that_only_terraform_can_evaluate_are_refused_6_2_6() {
    let path = "alicloud_security_group_rule.office";
    refused(
        "/resource/alicloud_security_group/web/count",
        json!(1),
        "there may be several of `alicloud_security_group.web`",
    );
    refused(
        "/module",
        json!({"net": {"source": "./net"}}),
        "module.net: a module may hold groups",
    );
    let problems = bad("x/override.tf.json", &plain().to_string());
    assert!(problems[0].contains("what it overrides"), "{problems:#?}");

    let mut changed = plain();
    changed["resource"]["alicloud_security_group_rule"]["office"]["cidr_ipp"] = json!("::/0");
    changed["resuorce"] = json!({});
    let problems = bad("main.tf.json", &changed.to_string());
    let has = |wanted: &str| problems.iter().any(|one| one.contains(wanted));
    assert!(
        has(&format!(
            "{path}.cidr_ipp: `cidr_ipp` is no attribute of a rule"
        )),
        "{problems:#?}"
    );
    assert!(has("`resuorce` is no block of Terraform"), "{problems:#?}");
}

#[test]
fn what_apply_will_add_is_said_6_2_6() {
    let mut changed = plain();
    let interface = &mut changed["resource"]["alicloud_ecs_network_interface"]["one"];
    interface
        .as_object_mut()
        .unwrap()
        .remove("primary_ip_address");
    interface["ipv6_address_count"] = json!(1);
    changed["resource"]["alicloud_network_acl"] = json!({"a": {"count": 3}});
    let (_, warnings) = good("main.tf.json", &changed.to_string());
    let wanted = [
        "primary_ip_address: the address is known after apply only, so no flow can name it",
        "ipv6_address_count: its addresses are known after apply only",
        "alicloud_network_acl is not modelled: network ACLs filter traffic",
    ];
    for wanted in wanted {
        assert!(
            warnings.iter().any(|one| one.contains(wanted)),
            "{wanted}: {warnings:#?}"
        );
    }
}

#[test]
fn locals_that_repeat_each_other_come_to_an_end_6_2_6() {
    let mut changed = plain();
    let locals = changed["locals"].as_object_mut().unwrap();
    for level in 0..40 {
        let next = format!("${{local.l{}}}", level + 1);
        locals.insert(format!("l{level}"), json!([next, next]));
    }
    locals.insert("l40".to_owned(), json!("10.0.0.0/8"));
    changed["resource"]["alicloud_security_group_rule"]["office"]["cidr_ip"] = json!("${local.l0}");
    let problems = bad("main.tf.json", &changed.to_string());
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("more than 100000 values"),
        "{problems:#?}"
    );
    let line = "main.tf.json:1:1: the document ends early";
    assert!(
        bad("main.tf.json", "{\"resource\": {")[0].contains("ends early"),
        "{line}"
    );
    assert_has(
        &bad("main.tf.json", "{\"resource\": {}, \"resource\": {}}"),
        "main.tf.json:1:18: key `resource` occurs twice in one object; keep one of them",
    );
}
