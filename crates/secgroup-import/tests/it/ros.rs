//! ROS templates: functions, parameters, and what a template leaves open.

use crate::{How, assert_has, assert_says, bad, good, import, sample};
use secgroup_model::MissingReference;

/// A template with a group `Web`, this in its ingress.
fn with_ingress(rule: &str) -> String {
    format!(
        "ROSTemplateFormatVersion: '2015-09-01'\n\
         Parameters:\n  \
           Net: {{Type: String}}\n  \
           Port: {{Type: String, Default: 22/22}}\n\
         Resources:\n  \
           Web:\n    \
             Type: ALIYUN::ECS::SecurityGroup\n    \
             Properties:\n      \
               VpcId: vpc-1\n      \
               SecurityGroupType: normal\n      \
               SecurityGroupIngress:\n        \
                 - {rule}\n"
    )
}

#[test]
fn a_rule_of_several_blocks_is_one_rule_each_6_3() {
    let rule =
        "{IpProtocol: tcp, PortRange: {Ref: Port}, SourceCidrIp: '10.0.0.0/8, 172.16.0.0/12'}";
    let (snapshot, warnings) = good("a.yaml", &with_ingress(rule));
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(snapshot.rules().len(), 2);
    let blocks = |count: usize| {
        let blocks: Vec<String> = (0..count)
            .map(|number| format!("10.{number}.0.0/16"))
            .collect();
        format!(
            "{{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: '{}'}}",
            blocks.join(",")
        )
    };
    assert_eq!(
        good("a.yaml", &with_ingress(&blocks(10))).0.rules().len(),
        10
    );
    let problems = bad("a.yaml", &with_ingress(&blocks(11)));
    assert!(
        problems[0].ends_with("11 blocks in one rule; at most 10 are allowed"),
        "{problems:#?}"
    );
}

#[test]
fn a_rule_without_peer_has_the_default_of_templates_with_a_warning_6_3() {
    let (snapshot, warnings) = good(
        "a.yaml",
        &with_ingress("{IpProtocol: all, PortRange: -1/-1}"),
    );
    assert_eq!(
        snapshot.rules().next().unwrap().1.rule().peer.to_string(),
        "0.0.0.0/0"
    );
    assert_has(
        &warnings,
        "a.yaml:12:11: Resources.Web.Properties.SecurityGroupIngress[0]: no peer is given; \
         0.0.0.0/0 is taken, the default of templates",
    );
}

#[test]
fn parameters_come_from_the_command_line_or_their_default_6_3() {
    let text = with_ingress("{IpProtocol: tcp, PortRange: {Ref: Port}, SourceCidrIp: {Ref: Net}}");
    let problems = bad("a.yaml", &text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("not known (parameter Net has no default)"),
        "{problems:#?}"
    );
    let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let how = How {
        parameters: vec![parameter("Net", "10.0.0.0/8"), parameter("Port", "80/80")],
        ..How::default()
    };
    let snapshot = import(&[("a.yaml", &text)], &how).result.unwrap();
    let rule = snapshot
        .rules()
        .next()
        .unwrap()
        .1
        .rule()
        .service
        .to_string();
    assert_eq!(rule, "tcp 80/80");
    let how = How {
        missing: MissingReference::NoMatch,
        ..How::default()
    };
    assert!(import(&[("a.yaml", &text)], &how).result.is_ok());
}

#[test]
fn functions_that_are_not_evaluated_are_named_6_3() {
    let rule =
        "{IpProtocol: tcp, PortRange: !Select [0, [22/22]], SourceCidrIp: !GetAtt Eip.Address}";
    let problems = bad("a.yaml", &with_ingress(rule));
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].contains("PortRange is not known (Fn::Select is not evaluated)"));
    assert!(problems[1].contains("there is no resource Eip"));
}

#[test]
fn a_slip_of_the_keyboard_does_not_widen_a_rule_6_3() {
    let rule = "{IpProtocol: all, PortRange: -1/-1, SourceCidrIP: 10.0.0.0/8}";
    let problems = bad("a.yaml", &with_ingress(rule));
    assert!(
        problems[0].ends_with("SourceCidrIP: not known: did you mean SourceCidrIp"),
        "{problems:#?}"
    );
    let rule = "{IpProtocol: tcp, PortRange: '22', SourceCidrIp: 10.0.0.0/8}";
    let problems = bad("a.yaml", &with_ingress(rule));
    assert_eq!(
        problems,
        [
            "a.yaml:12:40: Resources.Web.Properties.SecurityGroupIngress[0].PortRange: PortRange `22` \
          is a single port; write 22/22 (InvalidParam.PortRange)"
        ]
    );
}

#[test]
fn the_near_end_of_a_rule_is_kept_6_3() {
    let rule =
        "{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: 10.0.0.0/8, DestCidrIp: 10.9.0.1}";
    let (snapshot, _) = good("a.yaml", &with_ingress(rule));
    let local = snapshot.rules().next().unwrap().1.rule().local;
    assert_eq!(local.unwrap().to_string(), "10.9.0.1/32");
}

#[test]
fn a_vpc_that_is_not_known_is_one_for_all_that_name_it_6_3() {
    let text = "ROSTemplateFormatVersion: '2015-09-01'\n\
        Parameters: {Vpc: {Type: String}}\n\
        Resources:\n  \
          A: {Type: ALIYUN::ECS::SecurityGroup, Properties: {VpcId: !Ref Vpc, SecurityGroupType: normal}}\n  \
          B: {Type: ALIYUN::ECS::SecurityGroup, Properties: {VpcId: !Ref Vpc, SecurityGroupType: normal}}\n";
    let (snapshot, warnings) = good("a.yaml", text);
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert_eq!(
        snapshot.networks().filter(|(_, vpc)| vpc.is_some()).count(),
        1
    );
}

#[test]
fn clones_have_the_rules_of_their_source_6_3() {
    let clone = "  Copy:\n    Type: ALIYUN::ECS::SecurityGroupClone\n    Properties: \
                 {SourceSecurityGroupId: !Ref Web, VpcId: vpc-1, SecurityGroupType: normal}\n";
    let rule = "{IpProtocol: tcp, PortRange: 22/22, SourceCidrIp: 10.0.0.0/8, Priority: 110}";
    let text = with_ingress(rule) + clone;
    let (snapshot, _) = good("a.yaml", &text);
    let priorities: Vec<u8> = snapshot
        .rules()
        .map(|(_, rule)| rule.rule().priority.get())
        .collect();
    assert_eq!(priorities, [110, 100]);
    let problems = bad("a.yaml", &text.replace("!Ref Web", "sg-elsewhere"));
    assert!(
        problems[0].contains("the rules of this clone are not known"),
        "{problems:#?}"
    );
}

#[test]
fn interfaces_join_groups_of_a_template_6_3() {
    let join = "  Join:\n    Type: ALIYUN::ECS::JoinSecurityGroup\n    Properties: \
                {SecurityGroupId: !Ref Web, InstanceIdList: [i-1, i-2]}\n";
    let rule = "{IpProtocol: tcp, PortRange: 22/22, SourceCidrIp: 10.0.0.0/8}";
    let text = with_ingress(rule) + join;
    let machines = "vpc: vpc-1\ninterfaces:\n  eni-1: {instance: i-1, addresses: 10.0.0.1}\n";
    let imported = import(&[("a.yaml", &text), ("b.yaml", machines)], &How::default());
    let snapshot = imported.result.unwrap();
    assert_eq!(snapshot.interfaces().next().unwrap().1.groups().len(), 1);
    assert_eq!(imported.warnings.len(), 1, "{:#?}", imported.warnings);
    assert!(imported.warnings[0].contains("`i-2` joins security group `Web`"));
}

#[test]
fn machines_of_a_template_are_listed_as_not_modelled_6_3() {
    let text = sample("shop/template.yaml").replace(
        "  DbRules:",
        "  Host: {Type: 'ALIYUN::ECS::Instance', Condition: Big}\n  DbRules:",
    );
    let parameter = ("Office".to_owned(), "198.51.100.0/26".to_owned());
    let how = How {
        parameters: vec![parameter],
        ..How::default()
    };
    let imported = import(&[("a.yaml", &text)], &how);
    assert!(imported.result.is_ok());
    assert_eq!(imported.warnings.len(), 1, "{:#?}", imported.warnings);
    assert!(imported.warnings[0].contains("Resources.Host: ALIYUN::ECS::Instance is not modelled"));
}

#[test]
fn a_group_without_vpc_is_classic_and_that_is_said_1_2() {
    let rule = "{IpProtocol: tcp, PortRange: 22/22, SourceCidrIp: 10.0.0.0/8}";
    let text = with_ingress(rule).replace("VpcId: vpc-1\n", "Description: x\n");
    let (snapshot, warnings) = good("a.yaml", &text);
    assert_eq!(snapshot.groups().next().unwrap().1.vpc(), None);
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(
        warnings[0].contains("the classic network assumed"),
        "{warnings:#?}"
    );
}

#[test]
fn entries_of_a_list_that_only_a_function_gives_are_not_none_6_3() {
    let template = |entries: &str, family: &str| {
        format!(
            "ROSTemplateFormatVersion: '2015-09-01'\n\
             Parameters: {{Blocks: {{Type: Json, Default: [{{Cidr: 198.51.100.0/24}}]}}}}\n\
             Resources:\n  \
               List:\n    \
                 Type: ALIYUN::ECS::PrefixList\n    \
                 Properties: {{PrefixListName: a, AddressFamily: {family}, MaxEntries: 10, Entries: {entries}}}\n"
        )
    };
    good("a.yaml", &template("[{Cidr: 198.51.100.0/24}]", "IPv4"));
    good("a.yaml", &template("[]", "IPv4"));
    // The default of the parameter is a list.
    good("a.yaml", &template("{Ref: Blocks}", "IPv4"));
    assert_says(
        &bad("a.yaml", &template("!ListMerge [!Ref Blocks]", "IPv4")),
        "Entries: the list of entries is not known (Fn::ListMerge is not evaluated)",
    );
    assert_says(
        &bad(
            "a.yaml",
            &template("[{Cidr: 198.51.100.0/24}]", "{Ref: Nothing}"),
        ),
        "AddressFamily is not known",
    );
}

#[test]
fn clones_of_clones_have_the_rules_wherever_they_stand_6_3() {
    let group = "Type: ALIYUN::ECS::SecurityGroup, Properties: {VpcId: vpc-1, \
                 SecurityGroupType: normal, SecurityGroupIngress: [{IpProtocol: tcp, \
                 PortRange: 22/22, SourceCidrIp: 10.0.0.0/8}]}";
    let clone = |source: &str| {
        format!(
            "Type: ALIYUN::ECS::SecurityGroupClone, Properties: {{SourceSecurityGroupId: \
             {{Ref: {source}}}, SecurityGroupType: normal, VpcId: vpc-1}}"
        )
    };
    let template = |parts: &[(&str, String)]| {
        let parts: String = parts
            .iter()
            .map(|(name, what)| format!("  {name}: {{{what}}}\n"))
            .collect();
        format!("ROSTemplateFormatVersion: '2015-09-01'\nResources:\n{parts}")
    };
    let parts = [
        ("Second", clone("First")),
        ("First", clone("Web")),
        ("Web", group.to_owned()),
    ];
    let (snapshot, _) = good("a.yaml", &template(&parts));
    for (group, _) in snapshot.groups() {
        assert_eq!(snapshot.rules_of(group).len(), 1);
    }
    let circle = [("One", clone("Two")), ("Two", clone("One"))];
    assert_says(
        &bad("a.yaml", &template(&circle)),
        "is a clone of itself, through others",
    );
}

#[test]
fn the_vpc_of_something_else_is_not_its_own_name_6_3() {
    let template = |kind: &str| {
        format!(
            "ROSTemplateFormatVersion: '2015-09-01'\n\
             Resources:\n  \
               Net: {{Type: '{kind}', Properties: {{}}}}\n  \
               Web:\n    \
                 Type: ALIYUN::ECS::SecurityGroup\n    \
                 Properties: {{VpcId: {{'Fn::GetAtt': [Net, VpcId]}}, SecurityGroupType: normal}}\n"
        )
    };
    let (_, warnings) = good("a.yaml", &template("ALIYUN::ECS::VPC"));
    assert!(
        !warnings.iter().any(|one| one.contains("is not known")),
        "{warnings:#?}"
    );
    let (_, warnings) = good("a.yaml", &template("DATASOURCE::VPC::VSwitch"));
    assert_says(&warnings, "VpcId is not known (VpcId of Net)");
}

#[test]
fn what_may_put_addresses_into_groups_is_listed_6_3() {
    let rule = "{IpProtocol: tcp, PortRange: 22/22, SourceCidrIp: 10.0.0.0/8}";
    let kinds = [
        "ALIYUN::ESS::ScalingConfiguration",
        "ALIYUN::CS::ManagedKubernetesCluster",
        "ALIYUN::ROS::Stack",
        "MODULE::Own::Group",
    ];
    for kind in kinds {
        let text = format!("{}  Other: {{Type: '{kind}'}}\n", with_ingress(rule));
        let (_, warnings) = good("a.yaml", &text);
        assert_says(&warnings, &format!("{kind} is not modelled"));
    }
    let function = "ALIYUN::FC::Service, Properties: {VpcConfig: {}, SecurityGroupId: sg-1}";
    let text = format!("{}  Other: {{Type: {function}}}\n", with_ingress(rule));
    assert_says(
        &good("a.yaml", &text).1,
        "ALIYUN::FC::Service is not modelled",
    );
    let text = format!(
        "{}  Other: {{Type: 'ALIYUN::OSS::Bucket'}}\n",
        with_ingress(rule)
    );
    assert_eq!(good("a.yaml", &text).1, Vec::<String>::new());
}

#[test]
fn a_block_that_an_empty_parameter_leaves_out_is_not_everybody_6_3() {
    let rule = "{IpProtocol: tcp, PortRange: 22/22, SourceCidrIp: !Ref Net}";
    for default in ["''", "null", ""] {
        let default = format!("Net: {{Type: String, Default: {default}}}");
        let text = with_ingress(rule).replace("Net: {Type: String}", &default);
        assert_eq!(
            bad("a.yaml", &text),
            [
                "a.yaml:12:66: Resources.Web.Properties.SecurityGroupIngress[0].SourceCidrIp: \
                 SourceCidrIp is empty, because parameter Net is; give it a value with --param \
                 Net=VALUE, or write the value"
            ]
        );
    }
    let how = How {
        parameters: vec![("Net".to_owned(), String::new())],
        ..How::default()
    };
    let problems = import(&[("a.yaml", &with_ingress(rule))], &how).result;
    assert_says(&problems.unwrap_err(), "because parameter Net is; give it");
    let text = with_ingress(&rule.replace("!Ref Net", "!Sub '${Net}'"));
    assert_says(
        &import(&[("a.yaml", &text)], &how).result.unwrap_err(),
        "SourceCidrIp is empty, because what Fn::Sub gives is; give the parameters values",
    );
    // Beside another peer it is as if it were not there.
    let rule =
        "{IpProtocol: tcp, PortRange: 22/22, SourceCidrIp: !Ref Net, SourceGroupId: !Ref Web}";
    let snapshot = import(&[("a.yaml", &with_ingress(rule))], &how)
        .result
        .unwrap();
    assert_eq!(
        snapshot.rules().next().unwrap().1.rule().peer.to_string(),
        "Web"
    );
    let rule = "{IpProtocol: tcp, PortRange: !Ref Net, SourceCidrIp: 10.0.0.0/8}";
    let problems = import(&[("a.yaml", &with_ingress(rule))], &how).result;
    assert_says(
        &problems.unwrap_err(),
        "PortRange is empty, because parameter Net is",
    );
}

#[test]
fn blocks_of_both_families_in_one_rule_are_refused_as_ecs_does_2_5_5() {
    let rule =
        "{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: 10.0.0.0/8, Ipv6SourceCidrIp: '::/0'}";
    assert_eq!(
        bad("a.yaml", &with_ingress(rule)),
        [
            "a.yaml:12:91: Resources.Web.Properties.SecurityGroupIngress[0].Ipv6SourceCidrIp: \
          SourceCidrIp and Ipv6SourceCidrIp exclude each other; make it two rules, one of each \
          (InvalidParam.SourceIp)"
        ]
    );
}

/// A template with conditions about a parameter `Env`, by default `dev`, and a
/// group `Web` with this in its ingress.
fn conditional(ingress: &str, others: &str) -> String {
    format!(
        "ROSTemplateFormatVersion: '2015-09-01'\n\
         Parameters:\n  \
           Env: {{Type: String, Default: dev}}\n  \
           Open: {{Type: Boolean}}\n\
         Conditions:\n  \
           Prod: !Equals [prod, !Ref Env]\n  \
           NotProd: !Not [Prod]\n  \
           Open: !Equals [true, !Ref Open]\n  \
           OpenProd: !And [Open, Prod]\n  \
           Some: !Or [!Condition NotProd, Open]\n\
         Mappings: {{Nets: {{prod: {{block: 10.0.0.0/8}}, dev: {{block: 10.9.0.0/16}}}}}}\n\
         Resources:\n  \
           Web:\n    \
             Type: ALIYUN::ECS::SecurityGroup\n    \
             Properties:\n      \
               VpcId: vpc-1\n      \
               SecurityGroupType: normal\n      \
               SecurityGroupIngress: {ingress}\n{others}"
    )
}

/// The peers of all rules under values of parameters.
fn peers(text: &str, parameters: &[(&str, &str)]) -> Result<Vec<String>, Vec<String>> {
    let parameters = parameters.iter();
    let how = How {
        parameters: parameters
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..How::default()
    };
    let snapshot = import(&[("a.yaml", text)], &how).result?;
    Ok(snapshot
        .rules()
        .map(|(_, placed)| placed.rule().peer.to_string())
        .collect())
}

#[test]
fn conditions_decide_by_the_values_of_parameters_6_3() {
    let rule =
        |block: &str| format!("{{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: {block}}}");
    let item = format!(
        "[!If [Prod, {}, !Ref 'ALIYUN::NoValue'], {}]",
        rule("10.1.0.0/16"),
        rule("!If [Prod, 10.2.0.0/16, 10.3.0.0/16]"),
    );
    let text = conditional(&item, "");
    assert_eq!(peers(&text, &[]).unwrap(), ["10.3.0.0/16"]);
    assert_eq!(
        peers(&text, &[("Env", "prod")]).unwrap(),
        ["10.1.0.0/16", "10.2.0.0/16"]
    );
    // A whole list, or none.
    let list = format!("!If [Some, [{}], []]", rule("10.4.0.0/16"));
    let text = conditional(&list, "");
    assert_eq!(peers(&text, &[]).unwrap(), ["10.4.0.0/16"]);
    let closed = [("Env", "prod"), ("Open", "False")];
    assert_eq!(peers(&text, &closed).unwrap(), Vec::<String>::new());
    // What is known may be enough, and what is not is a fault.
    let list = format!("!If [OpenProd, [{}], []]", rule("10.4.0.0/16"));
    let text = conditional(&list, "");
    assert_eq!(peers(&text, &[]).unwrap(), Vec::<String>::new());
    assert_says(
        &peers(&text, &[("Env", "prod")]).unwrap_err(),
        "SecurityGroupIngress: the list of rules is not known (parameter Open has no default); give",
    );
    let text = conditional("[!If [None, {}, {}]]", "");
    assert_says(
        &peers(&text, &[]).unwrap_err(),
        "SecurityGroupIngress[0]: this item is not known (there is no condition None); give",
    );
}

#[test]
fn what_a_stack_does_not_have_is_not_read_6_3() {
    let others = |condition: &str| {
        format!(
            "  More:\n    Type: ALIYUN::ECS::SecurityGroupIngress\n    {condition}\n    Properties: \
         {{SecurityGroupId: !Ref Web, IpProtocol: all, PortRange: -1/-1, SourceCidrIp: 10.0.0.0/8}}\n"
        )
    };
    let text = conditional("[]", &others("Condition: Prod"));
    assert_eq!(peers(&text, &[]).unwrap(), Vec::<String>::new());
    assert_eq!(peers(&text, &[("Env", "prod")]).unwrap(), ["10.0.0.0/8"]);
    assert_eq!(
        peers(&conditional("[]", &others("Count: 0")), &[]).unwrap(),
        Vec::<String>::new()
    );
    let text = conditional("[]", &others("Condition: Open"));
    assert_says(
        &peers(&text, &[]).unwrap_err(),
        "Resources.More.Condition: whether the stack has it is not known (parameter Open has no \
         default); give the parameter",
    );
    assert_eq!(peers(&text, &[("Open", "true")]).unwrap(), ["10.0.0.0/8"]);
    // Nothing refers to what is not there.
    let text = conditional(
        "[]",
        &others("DependsOn: Web").replace("!Ref Web", "!Ref Gone"),
    ) + "  Gone: {Type: 'ALIYUN::ECS::SecurityGroup', Condition: Prod, Properties: {VpcId: vpc-1}}\n";
    assert_says(
        &peers(&text, &[]).unwrap_err(),
        "resource Gone is not created",
    );
}

#[test]
fn functions_put_texts_together_6_3() {
    for (block, wanted) in [
        ("!FindInMap [Nets, !Ref Env, block]", "10.9.0.0/16"),
        ("!Join ['', [10.7.0., 0/24]]", "10.7.0.0/24"),
        ("!Join ['/', ['10.8.0.0', 16]]", "10.8.0.0/16"),
        ("!Sub '10.6.0.0/${Env}'", "10.6.0.0/24"),
        (
            "!Sub ['${Net}/8', {Net: !Join [., [10, 0, 0, 0]]}]",
            "10.0.0.0/8",
        ),
    ] {
        let rule = format!("[{{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: {block}}}]");
        let text = conditional(&rule, "")
            .replace("dev", if wanted.ends_with("24") { "24" } else { "dev" });
        assert_eq!(peers(&text, &[]).unwrap(), [wanted], "{block}");
    }
    for (block, wanted) in [
        (
            "!FindInMap [Nets, test, block]",
            "there is no Nets.test.block in Mappings",
        ),
        ("!Sub '${Web.Id}'", "Web.Id in Fn::Sub"),
        ("!Sub '${Env'", "Fn::Sub with ${ without }"),
        (
            "!Join [',', !Ref Env]",
            "Fn::Join of something that is no list",
        ),
    ] {
        let rule = format!("[{{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: {block}}}]");
        assert_says(&peers(&conditional(&rule, ""), &[]).unwrap_err(), wanted);
    }
}

#[test]
fn conditions_that_lead_to_each_other_come_to_an_end_6_3() {
    let template = |levels: usize| {
        let conditions: String = (0..levels)
            .map(|level| format!("  C{level}: !And [C{0}, C{0}]\n", level + 1))
            .collect();
        let text = conditional(
            "[]",
            "  More: {Type: 'ALIYUN::ECS::JoinSecurityGroup', Condition: C0, Properties: {SecurityGroupId: sg-1}}\n",
        );
        text.replace(
            "Conditions:\n",
            &format!("Conditions:\n{conditions}  C{levels}: !Equals [a, a]\n"),
        )
    };
    assert!(peers(&template(4), &[]).is_ok());
    assert_says(
        &peers(&template(40), &[]).unwrap_err(),
        "it takes more than 256 functions",
    );
    let circle = template(4).replace("!Equals [a, a]", "!Not [C0]");
    assert_says(
        &peers(&circle, &[]).unwrap_err(),
        "it takes more than 256 functions",
    );
}

#[test]
fn texts_that_functions_put_together_have_a_greatest_length_6_3() {
    let name = |length: usize| {
        let half = "x".repeat(length / 2);
        let rule = format!(
            "[{{IpProtocol: all, PortRange: -1/-1, SourceCidrIp: !Join ['', [{half}, {half}]]}}]"
        );
        peers(&conditional(&rule, ""), &[]).unwrap_err()
    };
    let most = secgroup_import::MAX_TEXT;
    assert!(!name(most)[0].contains("bytes"));
    assert_says(&name(most + 2), "it comes to more than 10000 bytes");
}
