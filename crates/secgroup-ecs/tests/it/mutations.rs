//! Damaged documents: never a panic, and the same answer every time.

use secgroup_ecs::{Document, ReadOptions, read};
use serde_json::json;

use crate::{ingress, with_rules};

/// A small generator of numbers (xorshift), so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// What is put into a document: syntax, numbers at edges, escapes, wrong bytes.
const SNIPPETS: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"\\",
    b"null",
    b"\"\"",
    b"-1",
    b"1e400",
    b"\\ud800",
    b"\xFF",
    b"\0",
    b"\xEF\xBB\xBF",
    b"{}",
    b"[]",
    b"\"Direction\":1,",
    b"\n",
    b"999999999999999999999999",
    b"{\"SecurityGroups\":[{",
];

#[test]
fn damaged_documents_never_panic_and_give_the_same_answer_twice() {
    const SEED: u64 = 0x5EC6_0001;
    const ROUNDS: usize = 20_000;
    let mut snapshot = with_rules(&[
        ingress(json!({"SecurityGroupRuleId": "sgr-1", "Description": "a\\u00e9\n"})),
        ingress(json!({"SourceCidrIp": "", "SourceGroupId": "sg-b", "Priority": "7"})),
        ingress(json!({"SourceCidrIp": "", "SourcePrefixListId": "pl-a",
                       "CreateTime": "2021-02-20T07:11Z"})),
    ]);
    snapshot["NetworkInterfaceSets"] = json!({"NetworkInterfaceSet": [{
        "NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SecurityGroupIds": ["sg-a"],
        "PrivateIpSets": [{"PrivateIpAddress": "10.0.0.1", "Primary": true}],
        "Ipv6Sets": [{"Ipv6Address": "2001:db8::1"}],
        "ConnectionTrackingConfiguration": {"UdpTimeout": 30}}]});
    snapshot["Instances"] = json!([{"InstanceId": "i-1", "SecurityGroupIds": ["sg-a"],
        "NetworkInterfaces": [{"NetworkInterfaceId": "eni-2", "PrimaryIpAddress": "10.0.0.2"}]}]);
    let whole = serde_json::to_string_pretty(&snapshot)
        .unwrap()
        .into_bytes();
    let mut numbers = Numbers(SEED);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let mut bytes = whole.clone();
        for _ in 0..=numbers.below(3) {
            damage(&mut bytes, &mut numbers);
        }
        let judge = || {
            let document = Document {
                name: "damaged.json",
                bytes: &bytes,
            };
            read(&[document], &ReadOptions::default()).map(|read| (read.snapshot, read.warnings))
        };
        let first = judge();
        match &first {
            Ok(_) => accepted += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.problems.is_empty(), "seed {SEED:#x} round {round}");
                let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
                let inside = error.problems.iter().all(|problem| problem.line <= lines);
                assert!(inside, "seed {SEED:#x} round {round}");
            }
        }
        assert!(first == judge(), "seed {SEED:#x} round {round}");
    }
    // Both kinds must occur, or nothing was tested.
    assert!(
        accepted > ROUNDS / 100 && refused > ROUNDS / 2,
        "{accepted} {refused}"
    );
}

/// Changes, inserts, removes or repeats a little of the document.
fn damage(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    if bytes.is_empty() {
        return;
    }
    let at = numbers.below(bytes.len());
    let end = (at + 1 + numbers.below(20)).min(bytes.len());
    match numbers.below(5) {
        0 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
        1 => {
            let snippet = SNIPPETS[numbers.below(SNIPPETS.len())];
            bytes.splice(at..at, snippet.iter().copied());
        }
        2 => {
            bytes.drain(at..end);
        }
        3 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        _ => {
            let snippet = SNIPPETS[numbers.below(SNIPPETS.len())];
            bytes.splice(at..end, snippet.iter().copied());
        }
    }
}
