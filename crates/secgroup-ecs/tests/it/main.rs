//! What reading ECS's JSON gives: rules, snapshots, and every problem in its place.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a helper fails the test that called it"
)]

mod abuse;
mod answers;
mod cloud;
mod documents;
mod grammar;
mod interfaces;
mod lists;
mod mutations;
mod peers;
mod quotas;

use secgroup_ecs::{Document, Limits, Read, ReadOptions, Refused, read};
use serde_json::{Value, json};

/// Reads documents called `1.json`, `2.json` and so on.
fn read_all(texts: &[&str], options: &ReadOptions) -> Result<Read, Refused> {
    let names = (1..=texts.len())
        .map(|number| format!("{number}.json"))
        .collect::<Vec<_>>();
    let documents = names.iter().zip(texts).map(|(name, text)| Document {
        name,
        bytes: text.as_bytes(),
    });
    read(&documents.collect::<Vec<_>>(), options)
}

/// Reads documents, which must make a snapshot.
fn good(texts: &[&str]) -> Read {
    read_all(texts, &ReadOptions::default()).unwrap_or_else(|refused| {
        panic!("{:#?}", lines(&refused.problems));
    })
}

/// Reads documents, which must not make a snapshot, and returns the problems.
fn bad(texts: &[&str]) -> Vec<String> {
    match read_all(texts, &ReadOptions::default()) {
        Ok(read) => panic!("accepted with {:#?}", lines(&read.warnings)),
        Err(refused) => lines(&refused.problems),
    }
}

fn lines(located: &[secgroup_ecs::Located]) -> Vec<String> {
    located.iter().map(ToString::to_string).collect()
}

/// Returns a snapshot of group `sg-a` with these rules, beside group `sg-b`,
/// prefix list `pl-a` and port list `prl-a`, all in `vpc-1`.
fn with_rules(rules: &[Value]) -> Value {
    json!({
        "SecurityGroups": [
            {"SecurityGroupId": "sg-a", "SecurityGroupType": "normal", "VpcId": "vpc-1",
             "InnerAccessPolicy": "Accept", "Permissions": rules},
            {"SecurityGroupId": "sg-b", "SecurityGroupType": "normal", "VpcId": "vpc-1",
             "InnerAccessPolicy": "Accept", "Permissions": []},
        ],
        "PrefixLists": [
            {"PrefixListId": "pl-a", "AddressFamily": "IPv4", "MaxEntries": 30,
             "Entries": [{"Cidr": "198.51.100.0/24"}]},
        ],
        "PortRangeLists": [
            {"PortRangeListId": "prl-a", "MaxEntries": 5, "Entries": [{"PortRange": "80/80"}]},
        ],
    })
}

/// Reads a snapshot, with the limits of a profile.
fn with_limits(snapshot: &Value, limits: Limits) -> Read {
    let options = ReadOptions {
        limits,
        ..ReadOptions::default()
    };
    read_all(&[&snapshot.to_string()], &options).unwrap()
}

/// Returns an ingress rule with some fields changed; `null` is the same as absent.
fn ingress(changes: Value) -> Value {
    changed(
        json!({"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "80/80",
               "SourceCidrIp": "10.0.0.0/8", "Policy": "Accept", "Priority": 1}),
        changes,
    )
}

/// Returns an egress rule with some fields changed.
fn egress(changes: Value) -> Value {
    changed(
        json!({"Direction": "egress", "IpProtocol": "TCP", "PortRange": "80/80",
               "DestCidrIp": "10.0.0.0/8", "Policy": "Accept", "Priority": 1}),
        changes,
    )
}

fn changed(rule: Value, changes: Value) -> Value {
    let (Value::Object(mut rule), Value::Object(changes)) = (rule, changes) else {
        panic!("both are objects");
    };
    for (name, value) in changes {
        rule.insert(name, value);
    }
    Value::Object(rule)
}
