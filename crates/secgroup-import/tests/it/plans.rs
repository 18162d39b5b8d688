//! Plans: both sides, and ids that only apply will tell.

use serde_json::{Value, json};

use crate::{How, assert_has, assert_says, bad, good, import, sample};
use secgroup_import::Side;
use secgroup_model::{MissingReference, Peer};

/// Changes a copy of the plan in which everything is new.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut plan: Value = serde_json::from_str(&sample("new/plan.json")).unwrap();
    change(&mut plan);
    plan.to_string()
}

/// The configuration of a resource of the root module.
fn expressions<'p>(plan: &'p mut Value, address: &str) -> &'p mut Value {
    let resources = plan["configuration"]["root_module"]["resources"].as_array_mut();
    let mut found = resources
        .unwrap()
        .iter_mut()
        .filter(|one| one["address"] == address);
    &mut found.next().unwrap()["expressions"]
}

#[test]
fn ids_that_are_not_known_are_joined_through_modules_6_2_5() {
    let (snapshot, warnings) = good("plan.json", &sample("new/plan.json"));
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    let web = "module-service-web-module-guard-alicloud_security_group-this";
    let rules: Vec<(&str, &str)> = snapshot
        .rules()
        .map(|(_, rule)| (snapshot.group(rule.group()).id().as_str(), rule.name()))
        .collect();
    let app = "module-service-app-module-guard-alicloud_security_group-this";
    assert!(
        rules.contains(&(app, "alicloud_security_group_rule-web_to_app")),
        "{rules:?}"
    );
    assert!(
        rules.contains(&(app, "alicloud_security_group_rule-app_ssh")),
        "{rules:?}"
    );
    assert_eq!(rules.len(), 3);
    let joined = snapshot.rules().any(|(_, rule)| match &rule.rule().peer {
        Peer::Group(group) => group.as_str() == web,
        _ => false,
    });
    assert!(joined, "no rule refers to {web}");
    for (_, interface) in snapshot.interfaces() {
        let group = snapshot.group(interface.groups()[0]).id().as_str();
        let of_web = interface.id().as_str().contains("-web-");
        assert_eq!(group, if of_web { web } else { app });
        assert!(interface.instance().is_some(), "{}", interface.id());
        let vpc = snapshot.vpc(interface.network()).unwrap();
        assert_eq!(vpc.as_str(), "module-network-alicloud_vpc-this");
    }
    assert_eq!(snapshot.interfaces().len(), 4);
}

#[test]
fn an_address_that_is_shown_escaped_is_the_same_everywhere_in_a_plan_6_2_5() {
    let address = "alicloud_security_group_rule.app_ssh\",";
    // A key of `for_each` that would steer a terminal; what configures it has no key.
    let odd = r#"alicloud_security_group_rule.app_ssh[\"a\u202eb\"]","#;
    let (snapshot, _) = good(
        "plan.json",
        &sample("new/plan.json").replacen(address, odd, 2),
    );
    assert_eq!(snapshot.rules().len(), 3);
}

#[test]
fn an_account_that_is_not_known_decides_nothing_2_8_4() {
    let text = changed(|plan| {
        let changes = plan["resource_changes"].as_array_mut().unwrap().iter_mut();
        for change in changes.filter(|one| one["type"] == "alicloud_security_group_rule") {
            change["change"]["after_unknown"]["source_group_owner_id"] = json!(true);
        }
    });
    assert_eq!(good("plan.json", &text).0.rules().len(), 3);
}

#[test]
fn before_a_plan_that_creates_everything_there_is_nothing_6_2_5() {
    let how = How {
        side: Side::Before,
        ..How::default()
    };
    let imported = import(&[("plan.json", &sample("new/plan.json"))], &how);
    assert_eq!(imported.result.unwrap().groups().len(), 0);
}

#[test]
fn references_in_a_circle_end_with_a_message_6_2_5() {
    let text = changed(|plan| {
        let outputs =
            &mut plan["configuration"]["root_module"]["module_calls"]["service"]["module"];
        outputs["outputs"]["group_id"]["expression"]["references"] = json!(["var.name"]);
        let call = &mut plan["configuration"]["root_module"]["module_calls"]["service"];
        call["expressions"]["name"]["references"] = json!(["module.service.group_id"]);
    });
    let problems = bad("plan.json", &text);
    assert!(
        problems.iter().any(|line| line.contains(
            "alicloud_security_group_rule.app_ssh.security_group_id: the value is not known, and \
             `module.service[\"app\"].group_id` leads to no one resource of this file"
        )),
        "{problems:#?}"
    );
}

/// A plan with one group and one rule, which finds it through that many
/// modules beside each other: each hands on what its variable is given.
fn with_modules(count: usize) -> String {
    let refers = |to: String| json!({"references": [to]});
    let mut calls = serde_json::Map::new();
    for number in 1..=count {
        let next = if number == count {
            "alicloud_security_group.g.id".to_owned()
        } else {
            format!("module.m{}.out", number + 1)
        };
        let outputs = json!({"out": {"expression": refers("var.in".to_owned())}});
        let call = json!({"expressions": {"in": refers(next)}, "module": {"outputs": outputs}});
        calls.insert(format!("m{number}"), call);
    }
    let group = json!({"address": "alicloud_security_group.g", "mode": "managed",
        "type": "alicloud_security_group", "values": {"vpc_id": "vpc-1"}});
    let rule = json!({"address": "alicloud_security_group_rule.r", "mode": "managed",
        "type": "alicloud_security_group_rule", "values": {"type": "ingress",
        "ip_protocol": "all", "port_range": "-1/-1", "cidr_ip": "10.0.0.0/8"}});
    let plan = json!({
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [group, rule]}},
        "resource_changes": [{"address": "alicloud_security_group_rule.r",
            "change": {"after_unknown": {"security_group_id": true}}}],
        "configuration": {"root_module": {
            "resources": [{"address": "alicloud_security_group_rule.r",
                "expressions": {"security_group_id": refers("module.m1.out".to_owned())}}],
            "module_calls": calls}}
    });
    plan.to_string()
}

#[test]
fn references_are_followed_up_to_their_limit_6_2_5() {
    // An output and a variable are two steps.
    let most = secgroup_import::MAX_REFERENCE_STEPS / 2;
    let (snapshot, _) = good("plan.json", &with_modules(most));
    assert_eq!(snapshot.rules().len(), 1);
    let problems = bad("plan.json", &with_modules(most + 1));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("leads to no one resource"),
        "{problems:#?}"
    );
}

#[test]
fn a_reference_that_may_be_either_of_two_groups_is_no_guess_6_2_5() {
    let text = changed(|plan| {
        let rule = expressions(plan, "alicloud_security_group_rule.app_ssh");
        rule["security_group_id"]["references"] = json!([
            "module.service[\"app\"].group_id",
            "module.service[\"web\"].group_id"
        ]);
    });
    let problems = bad("plan.json", &text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("app_ssh.security_group_id: "),
        "{problems:#?}"
    );
}

#[test]
fn a_reference_to_something_else_is_no_group_6_2_5() {
    let text = changed(|plan| {
        let rule = expressions(plan, "alicloud_security_group_rule.app_ssh");
        rule["security_group_id"]["references"] = json!(["module.network.vpc_id"]);
    });
    assert_eq!(bad("plan.json", &text).len(), 1);
}

/// Makes the block of a rule one that only apply will tell.
fn with_unknown_block() -> String {
    changed(|plan| {
        for change in plan["resource_changes"].as_array_mut().unwrap() {
            if change["address"] == "alicloud_security_group_rule.app_ssh" {
                change["change"]["after_unknown"]["cidr_ip"] = json!(true);
            }
        }
        let resources = plan["planned_values"]["root_module"]["resources"].as_array_mut();
        for resource in resources.unwrap() {
            if resource["address"] == "alicloud_security_group_rule.app_ssh" {
                resource["values"]["cidr_ip"] = Value::Null;
            }
        }
        let rule = expressions(plan, "alicloud_security_group_rule.app_ssh");
        rule["cidr_ip"] =
            json!({"references": ["alicloud_eip.nat.ip_address", "alicloud_eip.nat"]});
    })
}

#[test]
fn a_block_that_is_not_known_is_refused_or_matches_nothing_3_6_5() {
    let text = with_unknown_block();
    let problems = bad("plan.json", &text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].ends_with(
            "alicloud_security_group_rule.app_ssh.cidr_ip: known after apply only (from \
             `alicloud_eip.nat.ip_address`), so what the rule matches is not known; give a value, \
             or use --set eval.missing_ref=nomatch"
        ),
        "{problems:#?}"
    );
    let how = How {
        missing: MissingReference::NoMatch,
        ..How::default()
    };
    let imported = import(&[("plan.json", &text)], &how);
    let snapshot = imported.result.unwrap();
    assert_eq!(snapshot.rules().len(), 3);
    assert!(
        imported
            .warnings
            .iter()
            .any(|line| line.contains("the rule matches nothing")),
        "{:#?}",
        imported.warnings
    );
}

#[test]
fn a_plan_that_is_not_whole_says_so_6_2_5() {
    let text = changed(|plan| plan["errored"] = json!(true));
    let (_, warnings) = good("plan.json", &text);
    assert_has(
        &warnings,
        &format!(
            "plan.json:1:{}: errored: the plan ended with an error, so it may lack changes",
            text.find("\"errored\":true").unwrap() + "\"errored\":".len() + 1
        ),
    );
}

#[test]
fn what_is_no_plan_is_sent_to_terraform_6_2() {
    let line = "{\"@level\":\"info\",\"@message\":\"Terraform 1.9.8\"}\n";
    for (name, text) in [
        ("plan.json", &*line.repeat(3)),
        ("plan.out", "PK\u{3}\u{4}\0\0"),
        ("main.tf", "resource \"alicloud_vpc\" \"a\" {\n}\n"),
    ] {
        let problems = bad(name, text);
        assert!(
            problems.len() == 1 && problems[0].contains("terraform show -json"),
            "{problems:#?}"
        );
    }
}

/// A plan whose resources are planned, with what is not known of each, and its
/// expressions: `(address, values, after_unknown)` and `(address, expressions)`.
fn plan_of(planned: &[(&str, Value, Value)], configured: &[(&str, Value)]) -> Value {
    let kind = |address: &str| address.split('.').next().unwrap().to_owned();
    let resource = |address: &str, values: &Value| json!({"address": address, "mode": "managed", "type": kind(address), "values": values});
    let change = |(address, values, unknown): &(&str, Value, Value)| {
        json!({"address": address, "mode": "managed", "type": kind(address), "change": {
            "actions": ["create"], "before": null, "after": values, "after_unknown": unknown}})
    };
    let planned_values: Vec<Value> = planned
        .iter()
        .map(|(address, values, _)| resource(address, values))
        .collect();
    let configured: Vec<Value> = configured
        .iter()
        .map(|(address, expressions)| json!({"address": address, "expressions": expressions}))
        .collect();
    json!({
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": planned_values}},
        "resource_changes": planned.iter().map(change).collect::<Vec<Value>>(),
        "configuration": {"root_module": {"resources": configured}},
    })
}

/// Two groups of one resource, and one by itself.
fn groups() -> Vec<(&'static str, Value, Value)> {
    let group =
        json!({"security_group_type": "normal", "inner_access_policy": "Drop", "vpc_id": "vpc-1"});
    let all = [
        r#"alicloud_security_group.app["app"]"#,
        r#"alicloud_security_group.app["db"]"#,
        "alicloud_security_group.one",
    ];
    all.map(|address| (address, group.clone(), json!({"id": true})))
        .to_vec()
}

/// Imports the groups and a machine `m["db"]` whose groups are not known; tells the
/// names of its groups.
fn groups_of_machine(
    given: Value,
    unknown: Value,
    references: &[&str],
) -> Result<Vec<String>, Vec<String>> {
    let mut planned = groups();
    planned.push((
        r#"alicloud_instance.m["db"]"#,
        json!({"private_ip": "10.0.0.1", "security_groups": given}),
        json!({"security_groups": unknown}),
    ));
    let expressions = json!({"security_groups": {"references": references}});
    let plan = plan_of(&planned, &[("alicloud_instance.m", expressions)]);
    let imported = import(&[("plan.json", &plan.to_string())], &How::default());
    let snapshot = imported.result.map_err(|problems| {
        let problems = problems.iter().map(ToString::to_string);
        problems.collect::<Vec<String>>()
    })?;
    let (_, interface) = snapshot.interfaces().next().unwrap();
    let name = |group: &secgroup_model::GroupIndex| snapshot.group(*group).id().to_string();
    Ok(interface.groups().iter().map(name).collect())
}

#[test]
fn groups_that_are_not_known_are_those_that_are_meant_or_a_fault_6_2_5() {
    let app = "alicloud_security_group.app";
    let id = |key: &str| format!("alicloud_security_group-{key}");
    // One of several instances, by the key of the machine.
    for unknown in [json!([true]), json!(true)] {
        let found = groups_of_machine(json!(null), unknown, &[app, "each.key"]);
        assert_eq!(found.unwrap(), [id("app-db")]);
    }
    // All of them.
    for unknown in [json!([true, true]), json!(true)] {
        let found = groups_of_machine(json!(null), unknown, &[app]);
        assert_eq!(found.unwrap(), [id("app-app"), id("app-db")]);
    }
    // One of them by something that is not in the plan, fewer or more than are
    // known, something beside that is not, and one twice.
    let one = "alicloud_security_group.one";
    for (given, unknown, references) in [
        (json!(null), json!([true]), &[app, "each.value"][..]),
        (json!(null), json!(true), &[app, "var.key"]),
        (json!(null), json!([true]), &[app]),
        (json!(null), json!([true, true]), &[one, "local.extra"]),
        (json!(null), json!(true), &[one, "local.extra"]),
        (
            json!(null),
            json!(true),
            &["data.alicloud_security_groups.all"],
        ),
        (
            json!(["alicloud_security_group-one", null]),
            json!([false, true]),
            &[one],
        ),
    ] {
        let found = groups_of_machine(given, unknown, references);
        let problems = found.expect_err(&format!("{references:?}"));
        assert_says(&problems, "the security groups are not known");
    }
}

#[test]
fn one_of_several_instances_is_no_guess_6_2_5() {
    let rule = |references: &[&str]| {
        let mut planned = groups();
        let values = json!({"type": "ingress", "ip_protocol": "tcp", "port_range": "22/22",
            "cidr_ip": "10.0.0.0/8", "policy": "accept", "priority": 1});
        let address = r#"alicloud_security_group_rule.r["app"]"#;
        planned.push((address, values, json!({"security_group_id": true})));
        let expressions = json!({"security_group_id": {"references": references}});
        let plan = plan_of(&planned, &[("alicloud_security_group_rule.r", expressions)]);
        import(&[("plan.json", &plan.to_string())], &How::default()).result
    };
    let app = "alicloud_security_group.app";
    let snapshot = rule(&[app, "each.key"]).unwrap();
    let (_, placed) = snapshot.rules().next().unwrap();
    let group = snapshot.group(placed.group()).id().as_str();
    assert_eq!(group, "alicloud_security_group-app-app");
    let literal = r#"alicloud_security_group.app["db"].id"#;
    let snapshot = rule(&[literal, r#"alicloud_security_group.app["db"]"#, app]).unwrap();
    let (_, placed) = snapshot.rules().next().unwrap();
    let group = snapshot.group(placed.group()).id().as_str();
    assert_eq!(group, "alicloud_security_group-app-db");
    for references in [
        &[app, "each.value"][..],
        &[app],
        &[app, "each.key", "each.value"],
    ] {
        assert!(rule(references).is_err(), "{references:?}");
    }
}

#[test]
fn what_a_plan_leaves_alone_or_forgets_goes_on_being_there_6_2_5() {
    let mut planned = groups();
    let mut plan = plan_of(&planned.split_off(2), &[]);
    let group = |name: &str, key: Value| {
        json!({"address": format!("alicloud_security_group.{name}"), "mode": "managed",
            "type": "alicloud_security_group", "deposed_key": key,
            "values": {"id": format!("sg-{name}"), "security_group_type": "normal",
                "inner_access_policy": "Drop", "vpc_id": "vpc-1"}})
    };
    plan["prior_state"]["values"]["root_module"]["resources"] = json!([
        group("untouched", json!(null)),
        group("forgotten", json!(null)),
        group("gone", json!(null)),
    ]);
    let change = |name: &str, action: &str| {
        json!({"address": format!("alicloud_security_group.{name}"), "mode": "managed",
            "type": "alicloud_security_group",
            "change": {"actions": [action], "before": group(name, json!(null))["values"], "after": null}})
    };
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    changes.push(change("forgotten", "forget"));
    changes.push(change("gone", "delete"));
    let names = |side| {
        let how = How {
            side,
            ..How::default()
        };
        let snapshot = import(&[("plan.json", &plan.to_string())], &how)
            .result
            .unwrap();
        let mut names: Vec<String> = snapshot
            .groups()
            .map(|(_, one)| one.id().to_string())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names(Side::Before),
        ["sg-forgotten", "sg-gone", "sg-untouched"]
    );
    let after = [
        "alicloud_security_group-one",
        "sg-forgotten",
        "sg-untouched",
    ];
    assert_eq!(names(Side::After), after);
}

#[test]
fn an_object_that_was_replaced_and_not_destroyed_is_there_once_6_2_5() {
    let old = json!({"id": "sg-old", "security_group_type": "normal",
        "inner_access_policy": "Drop", "vpc_id": "vpc-1"});
    let mut plan = plan_of(&[], &[]);
    let address = "alicloud_security_group.g";
    plan["prior_state"]["values"]["root_module"]["resources"] = json!([
        {"address": address, "mode": "managed", "type": "alicloud_security_group",
            "deposed_key": "abc", "values": old},
    ]);
    plan["resource_changes"] = json!([
        {"address": address, "mode": "managed", "type": "alicloud_security_group", "deposed": "abc",
            "change": {"actions": ["delete"], "before": old, "after": null}},
    ]);
    let how = How {
        side: Side::Before,
        ..How::default()
    };
    let snapshot = import(&[("plan.json", &plan.to_string())], &how)
        .result
        .unwrap();
    assert_eq!(snapshot.groups().len(), 1);
    // Once it is destroyed, nothing is said of it.
    let after = import(&[("plan.json", &plan.to_string())], &How::default());
    assert_eq!(after.result.unwrap().groups().len(), 0);
    let counts = |line: &String| line.contains("it still counts");
    assert!(!after.warnings.iter().any(counts), "{:#?}", after.warnings);
}
