//! `secgroup check` about one flow: text, JSON, explanations, ends, flags.

use serde_json::{Value, json};

use super::run::{DEMO, Folder, HTTPS, Run, one_group};

/// Asks about the demo fleet.
fn ask(question: &str) -> Run {
    Run::of(&format!("check {DEMO} {question}"))
}

#[test]
fn the_example_of_the_contract_is_answered_to_the_letter() {
    let folder = Folder::new();
    let fleet = folder.file("fleet.json", one_group(HTTPS));
    let answer = Run::of(&format!(
        "check --config {fleet} --from 203.0.113.9 --to i-web --protocol tcp --port 443"
    ));
    let answer = answer.exits(0);
    assert_eq!(
        answer.out,
        "ACCEPT  tcp 203.0.113.9:* -> 10.0.0.1:443
  egress    not judged: 203.0.113.9 is outside the snapshot
  ingress   accept at eni-web, rule sgr-1 of sg-web: priority 10 accept tcp 443/443 from 0.0.0.0/0
"
    );
    assert_eq!(answer.err, "");
}

#[test]
fn both_sides_are_told_and_a_drop_exits_with_1() {
    let answer = ask("--from i-web-1 --to eni-db-1 --protocol tcp --port 3306").exits(1);
    assert_eq!(
        answer.out,
        "DROP  tcp 10.10.1.11:* -> 10.10.3.30:3306
  egress    accept at eni-web-1, default: no rule matches, and a group of type basic allows egress
  ingress   drop at eni-db-1, default: no rule matches, and a group of type advanced denies ingress
"
    );
}

/// A snapshot of two VPCs, each with a group that everything may enter.
fn two_networks(folder: &Folder) -> String {
    let two = ["1", "2"].map(|number| {
        let rule = json!({"SecurityGroupRuleId": format!("sgr-{number}"), "Direction": "ingress",
            "IpProtocol": "ALL", "PortRange": "-1/-1", "SourceCidrIp": "0.0.0.0/0"});
        let group = json!({"SecurityGroupId": format!("sg-{number}"), "SecurityGroupType": "normal",
            "VpcId": format!("vpc-{number}"), "InnerAccessPolicy": "Drop", "Permissions": [rule]});
        let interface = json!({"NetworkInterfaceId": format!("eni-{number}"),
            "VpcId": format!("vpc-{number}"), "PrivateIpAddress": format!("10.{number}.0.1"),
            "SecurityGroupIds": [format!("sg-{number}")]});
        json!({"SecurityGroups": [group], "NetworkInterfaceSets": [interface]})
    });
    folder.file("two.json", json!(two).to_string())
}

#[test]
fn two_ends_in_two_networks_are_judged_each_in_its_own_and_noted_9_18() {
    let folder = Folder::new();
    let line = format!(
        "check --config {} --protocol tcp --port 22",
        two_networks(&folder)
    );
    for ends in ["--from eni-1 --to eni-2", "--from 10.1.0.1 --to 10.2.0.1"] {
        let answer = Run::of(&format!("{line} {ends}")).exits(0);
        for fact in [
            "  egress    accept at eni-1, default",
            "  ingress   accept at eni-2, rule sgr-2 of sg-2",
            "  note      scope:two-networks: the ends are in different networks, which security \
             groups do not connect",
        ] {
            assert!(answer.out.contains(fact), "{fact}: {answer:?}");
        }
        let answer = Run::of(&format!("{line} {ends} --format json")).exits(0);
        assert_eq!(answer.json()["notes"], json!(["scope:two-networks"]));
    }
    // Not where both are in one.
    let answer = ask("--from i-web-1 --to i-web-2 --protocol tcp --port 22 --format json");
    assert!(!answer.out.contains("scope:"), "{answer:?}");
}

#[test]
fn an_address_of_another_network_is_said_to_be_one_9_18() {
    let folder = Folder::new();
    let line = format!(
        "check --config {} --protocol tcp --port 22",
        two_networks(&folder)
    );
    let answer = Run::of(&format!("{line} --from eni-1 --to 10.2.0.1")).exits(0);
    let fact = "  ingress   not judged: 10.2.0.1 is an address of eni-2 in vpc-2, not in vpc-1; \
                name both ends by interface to ask about both networks\n";
    assert!(answer.out.contains(fact), "{answer:?}");
}

#[test]
fn strangers_are_outside_and_that_is_inconclusive() {
    let answer = Run::of(
        "check --config data/demo/fleet.json --from 203.0.113.9 --to 8.8.8.8 --protocol 6 --port 80",
    );
    let answer = answer.exits(6).complains("neither end");
    assert!(
        answer
            .out
            .starts_with("OUTSIDE  tcp 203.0.113.9:* -> 8.8.8.8:80\n")
    );
}

#[test]
fn json_has_the_fields_of_the_contract_with_their_types() {
    let answer = ask("--from 203.0.113.9 --to i-web-1 --protocol tcp --port 443 --format json");
    let answer = answer.exits(0).json();
    assert_eq!(answer["verdict"], "accept");
    assert_eq!(answer["egress"], Value::Null);
    assert_eq!(answer["notes"], json!([]));
    assert_eq!(answer["flow"]["src_port"], Value::Null);
    assert_eq!(answer["flow"]["dst_port"], 443);
    assert!(answer.get("explanation").is_none());
    let side = &answer["ingress"];
    let fields = [
        "interface",
        "action",
        "by",
        "group",
        "rule",
        "priority",
        "policy",
    ];
    let values = fields.map(|field| side[field].clone());
    let expected = json!([
        "eni-web-1",
        "accept",
        "rule",
        "sg-web",
        "sgr-web-https",
        10,
        "accept"
    ]);
    assert_eq!(json!(values), expected);
    assert_eq!(side["also_matched"], json!(["sgr-web-early-access"]));
}

#[test]
fn json_of_a_default_names_no_rule_but_has_its_fields() {
    let answer = ask("--from i-web-1 --to i-db-1 --protocol tcp --port 3306 --format json");
    let answer = answer.exits(1).json();
    assert_eq!(answer["verdict"], "drop");
    for (side, action) in [("egress", "accept"), ("ingress", "drop")] {
        let side = answer[side].as_object().unwrap();
        assert_eq!(side["action"], action);
        assert_eq!(side["by"], "default");
        for field in ["group", "rule", "priority", "policy"] {
            assert_eq!(side.get(field), Some(&Value::Null), "{field}");
        }
        assert_eq!(side["also_matched"], json!([]));
    }
}

#[test]
fn explain_lists_every_rule_and_by_how_much_it_failed() {
    let answer = ask("--from i-web-1 --to i-db-1 --protocol tcp --port 3307 --explain").exits(1);
    let place = |text: &str| {
        answer
            .out
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {answer:?}"))
    };
    let order = [
        "egress rules of eni-web-1 in order of precedence:",
        "sgr-web-no-mail of sg-web",
        "no match: destination port 3307 is not in 25/25 (3282 above)",
        "ingress rules of eni-db-1 in order of precedence:",
        "sgr-db-from-app of sg-db",
        "sgr-db-replication-in of sg-db",
        "sgr-db-backup-check of sg-db",
        "sgr-db-ssh of sg-db",
    ];
    assert!(order.map(place).is_sorted());
    let hit = ask("--from 203.0.113.9 --to i-web-1 --protocol tcp --port 443 --explain");
    assert!(
        hit.exits(0)
            .out
            .contains("> priority 10 accept tcp 443/443 from 0.0.0.0/0")
    );
}

#[test]
fn explain_in_json_lists_the_rules_of_both_sides() {
    let answer = ask("--from i-web-1 --to i-db-1 --protocol tcp --port 1 --explain --format json");
    let answer = answer.exits(1).json();
    assert_eq!(answer["explanation"]["egress"].as_array().unwrap().len(), 1);
    assert_eq!(
        answer["explanation"]["ingress"].as_array().unwrap().len(),
        4
    );
    assert_eq!(
        answer["explanation"]["egress"][0]["field"],
        "destination_port"
    );
}

#[test]
fn an_address_of_two_vpcs_needs_vpc() {
    let question = "--from 203.0.113.9 --to 10.10.2.122 --protocol tcp --port 443";
    ask(question).exits(2).complains("use --vpc");
    let staging = ask(&format!("{question} --vpc vpc-staging")).exits(0);
    assert!(staging.out.contains("accept at eni-staging-app-1"));
    let shop = ask(&format!("{question} --vpc vpc-shop")).exits(1);
    assert!(shop.out.contains("drop at eni-app-2"));
    ask(&format!("{question} --vpc vpc-gone"))
        .exits(2)
        .complains("vpc-shop, vpc-staging");
}

#[test]
fn an_end_named_by_its_interface_is_judged_at_that_interface() {
    let answer = ask("--from eni-staging-app-1 --to 198.51.100.1 --protocol tcp --port 443");
    assert!(answer.exits(0).out.contains("accept at eni-staging-app-1"));
    // Its address is one of eni-app-2 too, in the VPC of the other end.
    let across = ask("--from eni-staging-app-1 --to eni-web-1 --protocol tcp --port 443");
    assert!(!across.out.contains("eni-app-2"), "{}", across.out);
}

#[test]
fn an_end_is_an_address_an_interface_or_an_instance() {
    let rest = "--from 203.0.113.9 --protocol tcp --port 443";
    let [address, interface, instance] = ["10.10.1.11", "eni-web-1", "i-web-1"]
        .map(|end| ask(&format!("{rest} --to {end}")).exits(0).out);
    assert_eq!(address, interface);
    assert_eq!(address, instance);
    ask(&format!("{rest} --to i-gone"))
        .exits(2)
        .complains("`i-gone` is not an address");
}

#[test]
fn ipv6_ends_make_ipv6_flows() {
    let answer = ask("--from 2001:db8::1 --to i-web-1 --protocol tcp --port 443").exits(0);
    assert!(
        answer
            .out
            .starts_with("ACCEPT  tcp [2001:db8::1]:* -> [2001:db8:10:1::11]:443\n")
    );
    assert!(answer.out.contains("rule sgr-web-https-v6"));
    let none = ask("--from 2001:db8::1 --to i-db-1 --protocol tcp --port 443");
    none.exits(2).complains("no address family in common");
}

#[test]
fn icmp_without_a_type_depends_where_path_mtu_discovery_decides_3_5_9() {
    let question = "--from 192.0.2.1 --to i-app-2 --protocol icmp";
    let open = ask(question).exits(6);
    assert!(open.out.starts_with("DEPENDS  icmp "), "{}", open.out);
    assert!(open.out.contains("path MTU discovery"));
    ask(&format!("{question} --icmp-type 8")).exits(1);
    ask(&format!("{question} --icmp-type 3 --icmp-code 4")).exits(0);
    ask(&format!("{question} --port 1"))
        .exits(2)
        .complains("icmp has no ports");
    ask("--from 192.0.2.1 --to i-web-1 --protocol icmp").exits(0);
}

#[test]
fn an_open_source_port_depends_on_the_rule_that_asks_for_some_3_5_9() {
    let folder = Folder::new();
    let rule = HTTPS.replace(
        r#""PortRange""#,
        r#""SourcePortRange":"50000/50010","PortRange""#,
    );
    let fleet = folder.file("fleet.json", one_group(&rule));
    let question =
        format!("check --config {fleet} --from 192.0.2.1 --to i-web --protocol tcp --port 443");
    let open = Run::of(&question).exits(6);
    for part in [
        "depends at eni-web",
        "rule sgr-1 of sg-web",
        "for others default",
    ] {
        assert!(open.out.contains(part), "{}", open.out);
    }
    let json = Run::of(&format!("{question} --format json"))
        .exits(6)
        .json();
    assert_eq!(json["verdict"], "depends");
    assert_eq!(json["ingress"]["action"], "depends");
    assert_eq!(json["ingress"]["rule"], "sgr-1");
    Run::of(&format!("{question} --source-port 50000")).exits(0);
    Run::of(&format!("{question} --source-port 50011")).exits(1);
    // No ephemeral port is 123, so nothing is open.
    ask("--from i-db-2 --to 10.10.0.123 --protocol udp --port 123").exits(1);
    ask("--from i-db-2 --to 10.10.0.123 --protocol udp --port 123 --source-port 123").exits(0);
}

#[test]
fn that_an_interface_is_in_no_group_is_told_3_4_5() {
    let folder = Folder::new();
    let alone = r#"{"NetworkInterfaceSets": [{"NetworkInterfaceId": "eni-a", "VpcId": "vpc-1",
        "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1"}], "SecurityGroupIds": []}]}"#;
    let config = folder.file("alone.json", alone);
    let told = Run::of(&format!(
        "check --config {config} --from 198.51.100.7 --to eni-a --protocol tcp --port 443 \
         --set eval.no_group=deny"
    ));
    let told = told.exits(1).out;
    assert!(
        told.contains("in no security group, so nothing passes"),
        "{told}"
    );
}

#[test]
fn contested_answers_carry_a_note_and_the_flag_changes_them_3_7_6() {
    let question = "--from i-app-1 --to 10.10.2.22 --protocol udp --port 7946 --format json";
    let first = ask(question).exits(0).json();
    assert_eq!(first["notes"], json!(["contested:intra-group-egress"]));
    assert_eq!(first["egress"]["by"], "intra-group");
    assert_eq!(first["egress"]["group"], "sg-app");
    let flag = "--set eval.intra_group_egress=custom_rules";
    let other = ask(&format!("{question} {flag}")).exits(1).json();
    assert_eq!(other["egress"]["rule"], "sgr-app-egress-drop-all");
    ask(&format!("{question} --set eval.gone=1"))
        .exits(2)
        .complains("unknown flag `eval.gone`");
    ask(&format!("{question} --set api.batch=prefix"))
        .exits(2)
        .complains("`api.batch` is about calls of the API, and only serve and apply take it");
    ask(&format!("{question} --set eval"))
        .exits(2)
        .complains("expected NAME=VALUE");
}

#[test]
fn mail_to_the_internet_carries_a_note_or_is_denied_3_9_6() {
    let question = "--from i-mon-1 --to 198.51.100.25 --protocol tcp --port 25 --format json";
    let noted = ask(question).exits(0).json();
    assert_eq!(noted["notes"], json!(["platform:tcp25"]));
    let denied = ask(&format!("{question} --set eval.tcp25=deny"))
        .exits(1)
        .json();
    assert_eq!(denied["egress"]["by"], "platform");
    let off = ask(&format!("{question} --set eval.tcp25=off"))
        .exits(0)
        .json();
    assert_eq!(off["notes"], json!([]));
}

#[test]
fn every_engine_gives_the_same_answer() {
    let question = "--from 198.51.100.7 --to i-web-2 --protocol tcp --port 80 --source-port 40000";
    let first = ask(question);
    for engine in ["compiled", "trie", "scan", "reference"] {
        assert_eq!(ask(&format!("{question} --engine {engine}")).out, first.out);
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    for wrong in [
        "",
        "--from 1.1.1.1 --to 2.2.2.2",
        "--from 1.1.1.1 --to 2.2.2.2 --protocol nonsense",
        "--from 1.1.1.1 --to 2.2.2.2 --protocol tcp --port 65536",
        "--from 1.1.1.1 --to 2.2.2.2 --protocol tcp --format csv",
        "--from 1.1.1.1 --to 2.2.2.2 --protocol tcp --engine fast",
        "--from 1.1.1.1 --to i-web-1 --protocol tcp --icmp-type 8",
    ] {
        let run = ask(wrong).exits(2);
        assert!(
            !run.err.is_empty() && run.out.is_empty(),
            "{wrong}: {run:?}"
        );
    }
    Run::of("").exits(2);
    Run::of("nonsense").exits(2);
}

#[test]
fn flags_that_change_nothing_are_told_and_those_of_calls_refused_8_2() {
    let line = "--config data/demo/fleet.json --limits off";
    let question = "--from 203.0.113.9 --to i-web-1 --protocol tcp --port 443";
    for (command, rest) in [
        ("check", question),
        ("lint", "--fail-on never"),
        ("effective eni-web-1", ""),
        ("convert", ""),
    ] {
        let name = command.split(' ').next().unwrap();
        let session = Run::of(&format!("{command} {line} {rest} --set conntrack.udp=60")).exits(0);
        session.complains(&format!(
            "warning: --set conntrack.udp: without effect, because {name} follows no sessions"
        ));
        let quiet = Run::of(&format!(
            "{command} {line} {rest} --set conntrack.udp=60 -q"
        ));
        assert_eq!(quiet.exits(0).err, "");
    }
    let replay = format!("replay {DEMO} data/demo/traffic.pcap");
    Run::of(&format!("{replay} --set conntrack.udp=60")).exits(0);
    // The sizes of rules are those of files, too.
    Run::of(&format!(
        "check {line} {question} --set limits.two_lists=sum"
    ))
    .exits(0);
    Run::of(&format!(
        "check {line} {question} --set limits.two_lists=both"
    ))
    .exits(2)
    .complains("flag `limits.two_lists` cannot be `both`; it is one of product, sum, max");
    Run::of(&format!("check {line} {question} --set limits=off"))
        .exits(2)
        .complains("--set limits: write --limits seed, current or off");
    Run::of(&format!("check {line} {question} --set api.batch=prefix"))
        .exits(2)
        .complains("the flag `api.batch` is about calls of the API");
    Run::of(&format!("check {line} {question} --set nothing=1"))
        .exits(2)
        .complains("apply_delay, limits.two_lists");
}

#[test]
fn ends_that_are_none_say_what_they_were_meant_to_be() {
    for (ends, fact) in [
        (
            "--from 203.0.113.0/24 --to i-web-1",
            "--from: `203.0.113.0/24` is a block; a flow has one address at each end; secgroup \
             search asks about blocks",
        ),
        (
            "--from 203.0.113.9 --to sg-web",
            "--to: `sg-web` is a security group; name an interface that is in it, such as \
             eni-web-1; secgroup search",
        ),
        (
            "--from internet --to i-web-1",
            "no interface or instance of the snapshot has that id; secgroup search",
        ),
        (
            "--from 203.0.113.9:5000 --to i-web-1",
            "--from: `203.0.113.9:5000` has a port; name 203.0.113.9 alone, and give --source-port",
        ),
        (
            "--from 203.0.113.9 --to [2001:db8::1]:443",
            "has a port; name 2001:db8::1 alone, and give --port",
        ),
    ] {
        ask(&format!("{ends} --protocol tcp --port 443"))
            .exits(2)
            .complains(fact);
    }
    let other = ask("--from 203.0.113.9 --to i-web-9 --protocol tcp --port 443").exits(2);
    assert!(!other.err.contains("search"), "{other:?}");
    // What the standard library says of numbers is put in words.
    Run::of("gen fleet --seed x")
        .exits(2)
        .complains("invalid value 'x' for '--seed <N>': expected a whole number");
    Run::of("serve --listen here")
        .exits(2)
        .complains("expected ADDRESS:PORT, such as 127.0.0.1:8181");
}
