//! Sessions told as stories (3.8), whose whole outcome is compared.

mod apart;
mod changes;
mod errors;
mod flow_lists;
mod lifetime;
mod linux;
mod midstream;
mod model;
mod seen;
mod slow;

use secgroup_ecs::{Document, ReadOptions};
use secgroup_model::Snapshot;
use secgroup_tests::packets::packets;
use secgroup_tests::replayed::Setup;

/// Reads a configuration.
pub(crate) fn snapshot(text: &str) -> Snapshot {
    let document = Document {
        name: "fleet.json",
        bytes: text.as_bytes(),
    };
    secgroup_ecs::read(&[document], &ReadOptions::default())
        .unwrap()
        .snapshot
}

/// Writes a rule of a group: `ingress accept tcp 22/22 0.0.0.0/0`.
fn rule(id: &str, text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let [direction, policy, protocol, ports, peer] = words.try_into().unwrap();
    let far = if direction == "ingress" {
        "Source"
    } else {
        "Dest"
    };
    let field = if peer.contains(':') {
        format!("Ipv6{far}CidrIp")
    } else {
        format!("{far}CidrIp")
    };
    format!(
        r#"{{"SecurityGroupRuleId": "{id}", "Direction": "{direction}", "Policy": "{policy}",
            "IpProtocol": "{protocol}", "PortRange": "{ports}", "{field}": "{peer}"}}"#
    )
}

/// A server at 10.0.0.1 whose group is advanced, so that it sends nothing that
/// no rule or session lets out, and a client of a basic group at 10.0.0.2. Both
/// have an IPv6 address. `timers` are the client's own.
fn two(rules: &[&str], timers: &str) -> Snapshot {
    let numbered = (1..).zip(rules);
    let rules: Vec<String> = numbered
        .map(|(number, text)| rule(&format!("rule-{number}"), text))
        .collect();
    snapshot(&format!(
        r#"{{"SecurityGroups": [
            {{"SecurityGroupId": "sg-server", "SecurityGroupType": "enterprise", "VpcId": "vpc-1",
              "Permissions": [{}]}},
            {{"SecurityGroupId": "sg-client", "SecurityGroupType": "normal", "VpcId": "vpc-1"}}],
           "NetworkInterfaceSets": [
            {{"NetworkInterfaceId": "server", "PrivateIpSets": [{{"PrivateIpAddress": "10.0.0.1"}}],
              "Ipv6Sets": [{{"Ipv6Address": "2001:db8::1"}}], "SecurityGroupIds": ["sg-server"]}},
            {{"NetworkInterfaceId": "client", "PrivateIpSets": [{{"PrivateIpAddress": "10.0.0.2"}}],
              "Ipv6Sets": [{{"Ipv6Address": "2001:db8::2"}}], "SecurityGroupIds": ["sg-client"],
              "ConnectionTrackingConfiguration": {{{timers}}}}}]}}"#,
        rules.join(",")
    ))
}

/// Replays lines, with one, two and eight threads, and compares all that came
/// of them: the rows, and every count.
#[track_caller]
fn story(setup: &Setup, lines: &str, rows: &[&str], tally: &str) {
    let lines = packets(lines);
    for threads in [1, 2, 8] {
        let replayed = setup.replay(&lines, threads);
        assert_eq!(replayed.short_rows(), rows, "{threads} threads");
        let wanted = tally.lines().map(str::trim).filter(|line| !line.is_empty());
        let told: Vec<&str> = replayed.tally.lines().collect();
        assert_eq!(told, wanted.collect::<Vec<_>>(), "{threads} threads");
    }
}
