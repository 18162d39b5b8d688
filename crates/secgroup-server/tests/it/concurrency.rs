//! Many clients at the same time.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use crate::client::{call, create_group};
use crate::running::start;

const CLIENTS: usize = 64;

/// Runs a client in each of [`CLIENTS`] threads, all beginning together.
fn together<T: Send>(client: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(CLIENTS);
    thread::scope(|scope| {
        let run = |number| {
            barrier.wait();
            client(number)
        };
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || run(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn rules_of_one_group_never_exceed_their_quota_and_ids_are_never_given_twice() {
    let server = start(|_| {});
    let group = create_group(server.address);
    let statuses = together(|client| {
        let authorize = |port: usize| {
            let rule = format!(
                "SecurityGroupId={group}&IpProtocol=tcp&PortRange={port}/{port}&SourceCidrIp=10.0.0.{client}/32"
            );
            call(server.address, "AuthorizeSecurityGroup", &rule).status
        };
        (1..=5).map(authorize).collect::<Vec<_>>()
    });
    let accepted = statuses
        .iter()
        .flatten()
        .filter(|status| **status == 200)
        .count();
    assert!(
        statuses
            .iter()
            .flatten()
            .all(|status| [200, 403].contains(status)),
        "{statuses:?}"
    );
    let parameters = format!("SecurityGroupId={group}&MaxResults=1000");
    let body = call(
        server.address,
        "DescribeSecurityGroupAttribute",
        &parameters,
    )
    .json();
    let rules = body["Permissions"]["Permission"].as_array().unwrap();
    assert_eq!(rules.len(), accepted);
    assert!((1..=200).contains(&accepted), "{accepted}");
    let ids: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule["SecurityGroupRuleId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), rules.len());
}

#[test]
fn one_client_token_makes_one_group_5_0_5() {
    let server = start(|_| {});
    let made = together(|_| {
        let reply = call(
            server.address,
            "CreateSecurityGroup",
            "VpcId=vpc-1&ClientToken=once",
        );
        reply.json()["SecurityGroupId"].as_str().unwrap().to_owned()
    });
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 1);
    let groups: BTreeSet<String> = together(|_| create_group(server.address))
        .into_iter()
        .collect();
    assert_eq!(groups.len(), CLIENTS);
}

/// What a client did to one of its rules, and whether it worked.
type Steps = Vec<(usize, bool, u16)>;

/// Authorises and revokes rules of its own in one group, in an order that
/// differs from client to client.
fn toggle(address: std::net::SocketAddr, group: &str, client: usize) -> Steps {
    let mut number = u32::try_from(client).unwrap() + 1;
    let mut steps = Steps::new();
    for _ in 0..24 {
        // A linear congruence: no two clients take the same way.
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (port, adds) = ((number >> 16) as usize % 5 + 1, number >> 30 != 0);
        let action = if adds {
            "AuthorizeSecurityGroup"
        } else {
            "RevokeSecurityGroup"
        };
        let rule = format!(
            "SecurityGroupId={group}&IpProtocol=tcp&PortRange={port}/{port}&SourceCidrIp=10.0.0.{client}/32"
        );
        steps.push((port, adds, call(address, action, &rule).status));
    }
    steps
}

#[test]
fn clients_that_authorise_and_revoke_leave_what_some_order_of_their_calls_leaves() {
    let server = start(|_| {});
    let group = create_group(server.address);
    let all = together(|client| toggle(server.address, &group, client));
    let (mut expected, mut refused) = (BTreeSet::new(), 0);
    for (client, steps) in all.into_iter().enumerate() {
        // Only its own client changes a rule, so its calls alone decide about it.
        let mut there = BTreeSet::new();
        for (port, adds, status) in steps {
            match (adds, status) {
                (true, 200) => drop(there.insert(port)),
                // The group is full; a rule that is there needs no room (5.2.2).
                (true, 403) => {
                    refused += 1;
                    assert!(!there.contains(&port), "client {client}: port {port}");
                }
                (false, status) => {
                    let expected = if there.remove(&port) { 200 } else { 400 };
                    assert_eq!(status, expected, "client {client}: port {port}");
                }
                (true, status) => panic!("client {client}: {status}"),
            }
        }
        let rows = there.into_iter();
        expected.extend(rows.map(|port| (format!("10.0.0.{client}/32"), format!("{port}/{port}"))));
    }
    assert!(refused > 0, "the quota was never reached");
    let parameters = format!("SecurityGroupId={group}&MaxResults=1000");
    let body = call(
        server.address,
        "DescribeSecurityGroupAttribute",
        &parameters,
    )
    .json();
    let rules = body["Permissions"]["Permission"].as_array().unwrap();
    let text = |rule: &serde_json::Value, field: &str| rule[field].as_str().unwrap().to_owned();
    let found = rules
        .iter()
        .map(|rule| (text(rule, "SourceCidrIp"), text(rule, "PortRange")));
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    assert!(rules.len() <= 200);
}
