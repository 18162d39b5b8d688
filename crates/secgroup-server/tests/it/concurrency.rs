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
