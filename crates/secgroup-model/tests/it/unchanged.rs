//! Parts taken unchanged from an earlier snapshot make the same snapshot as
//! new ones, with the same warnings, or the same problems.

use std::collections::BTreeMap;

use secgroup_model::{Built, Semantics, SnapshotBuilder};

use crate::edits::{Account, EDITS, HARMLESS, Rng};
use crate::situation::{Parts, flags, group, id, interface, port_list, prefix_list};

/// How many accounts, and how often each is built.
const ACCOUNTS: u64 = 400;
const BUILDS: usize = 50;

/// How often everything must have happened.
const LEAST: usize = 40;

/// What happened, by name.
#[derive(Default)]
struct Counts(BTreeMap<String, usize>);

impl Counts {
    fn add(&mut self, name: &str) {
        *self.0.entry(name.to_owned()).or_default() += 1;
    }

    /// Counts the variant of a problem or warning.
    fn add_variant(&mut self, kind: &impl std::fmt::Debug) {
        let text = format!("{kind:?}");
        let name = text.split(|c: char| !c.is_alphanumeric()).next();
        self.add(name.unwrap());
    }
}

#[test]
fn unchanged_parts_make_the_same_snapshot_as_new_ones() {
    let mut counts = Counts::default();
    for seed in 0..ACCOUNTS {
        let mut rng = Rng::new(seed);
        let mut account = Account::new(&mut rng);
        let mut last_good = account.clone();
        for number in 0..BUILDS {
            for _ in 0..=rng.below(3) {
                let choices = if rng.chance(60) {
                    HARMLESS
                } else {
                    EDITS.len()
                };
                let (name, edit) = EDITS[rng.below(choices)];
                if edit(&mut account, &mut rng) {
                    counts.add(name);
                }
            }
            let (built, whole) = (account.build(), account.build_whole());
            let context = format!("seed {seed}, build {number}");
            match (built, whole) {
                (Ok(built), Ok(whole)) => {
                    compare(&built, &whole, &context);
                    count_good(&account, &built, &mut counts);
                    // Sometimes the base is older than the last one built.
                    if rng.chance(75) {
                        account.goes_on_from(built.snapshot);
                    }
                    last_good = account.clone();
                }
                (Err(problems), Err(expected)) => {
                    assert_eq!(problems, expected, "{context}");
                    for problem in &problems {
                        counts.add_variant(&problem.kind);
                    }
                    // Sometimes it gets worse before it gets better.
                    if rng.chance(70) {
                        account = last_good.clone();
                    }
                }
                (built, whole) => panic!("{context}: {built:?}, but as a whole {whole:?}"),
            }
        }
    }
    let rare: Vec<_> = expected_names()
        .filter(|name| counts.0.get(*name).copied().unwrap_or_default() < LEAST)
        .collect();
    assert_eq!(rare, [""; 0], "of {:#?}", counts.0);
}

#[track_caller]
fn compare(built: &Built, whole: &Built, context: &str) {
    assert_eq!(built.warnings, whole.warnings, "{context}");
    assert_eq!(built.snapshot, whole.snapshot, "{context}");
    let rules = built.snapshot.rules();
    assert!(rules.eq(whole.snapshot.rules()), "{context}");
}

fn count_good(account: &Account, built: &Built, counts: &mut Counts) {
    for warning in &built.warnings {
        counts.add_variant(&warning.kind);
    }
    let [parts, unchanged] = account.sizes();
    let most = 2 * unchanged > parts;
    counts.add(if unchanged == 0 {
        "all new"
    } else if most {
        "mostly unchanged"
    } else {
        "mostly new"
    });
}

/// Every edit, every problem but one that nobody can build, every warning.
fn expected_names() -> impl Iterator<Item = &'static str> {
    let edits = EDITS.iter().map(|(name, _)| *name);
    edits.chain([
        "DuplicateGroup",
        "DuplicateRule",
        "DuplicateInterface",
        "DuplicatePrefixList",
        "DuplicatePortList",
        "MissingGroup",
        "MissingPrefixList",
        "MissingPortList",
        "UnknownMembership",
        "NoGroups",
        "MixedKinds",
        "OtherNetwork",
        "SharedAddress",
        "ProtocolFamily",
        "LocalFamily",
        "EntryFamily",
        "TooManyEntries",
        "TooManyPorts",
        "RepeatedRule",
        "SelfReference",
        "AdvancedReference",
        "OtherNetworkReference",
        "MissingReference",
        "LegacyPriority",
        "RepeatedEntry",
        "NoAddress",
        "mostly unchanged",
        "mostly new",
        "all new",
    ])
}

/// Takes everything from a snapshot that was built under one set of flags,
/// and builds it under another.
#[track_caller]
fn again(parts: &Parts, before: &Semantics, after: &Semantics) -> Vec<String> {
    let previous = parts.build(before).unwrap().snapshot;
    let mut builder = SnapshotBuilder::after(&previous);
    for (index, _) in previous.groups() {
        builder.unchanged_group(index);
    }
    for (index, _) in previous.interfaces() {
        builder.unchanged_interface(index);
    }
    for at in 0..previous.prefix_lists().len() {
        builder.unchanged_prefix_list(at);
    }
    for at in 0..previous.port_lists().len() {
        builder.unchanged_port_list(at);
    }
    match builder.build(after) {
        Ok(built) => {
            assert_eq!(built.snapshot, previous);
            Vec::new()
        }
        Err(problems) => {
            assert_eq!(problems, parts.build(after).unwrap_err());
            problems.iter().map(ToString::to_string).collect()
        }
    }
}

#[test]
fn what_another_flag_allowed_is_a_problem_in_unchanged_parts_too_8_2() {
    let strict = Semantics::default();
    for (flag, value, parts) in [
        (
            "eval.missing_ref",
            "nomatch",
            Parts::new(&[group("sg-a", &["in 1 accept all sg-x"])], &[]),
        ),
        (
            "eval.no_group",
            "deny",
            Parts::new(&[], &[interface("eni-a", &["10.0.0.1"], &[])]),
        ),
        (
            "eval.mixed_types",
            "strictest",
            Parts::new(
                &[group("sg-a", &[]), crate::situation::advanced("sg-b", &[])],
                &[interface("eni-a", &["10.0.0.1"], &["sg-a", "sg-b"])],
            ),
        ),
    ] {
        let lenient = flags(&[(flag, value)]);
        assert_eq!(again(&parts, &lenient, &lenient), [""; 0], "{flag}");
        assert_eq!(again(&parts, &lenient, &strict).len(), 1, "{flag}");
    }
}

#[test]
fn unchanged_rules_lead_to_what_is_there_now_3_6() {
    let mut parts = Parts::new(
        &[
            group("sg-a", &["in 1 accept all pl-a"]),
            group("sg-b", &["in 1 accept tcp prl-a sg-c"]),
            group("sg-c", &[]),
        ],
        &[],
    );
    parts.prefix_lists = vec![prefix_list("pl-a", &["10.0.0.0/8"])];
    parts.port_lists = vec![port_list("prl-a", &["22/22"])];
    let previous = parts.snapshot();
    let mut builder = SnapshotBuilder::after(&previous);
    for name in ["sg-c", "sg-b"] {
        let index = previous.find_group(&id!(SecurityGroupId, name)).unwrap();
        builder.unchanged_group(index);
    }
    builder.port_list(port_list("prl-b", &[]));
    builder.port_list(port_list("prl-a", &["80/80", "443/443"]));
    let next = builder.build(&Semantics::default()).unwrap().snapshot;
    let (index, rule) = next.rules().next().unwrap();
    assert_eq!((index.get(), rule.name()), (0, "sg-b#1"));
    assert_eq!(next.group(rule.group()).id().as_str(), "sg-b");
    let target = next.find_group(&id!(SecurityGroupId, "sg-c")).unwrap();
    assert_eq!(target.get(), 0);
    assert_eq!(next.target(rule), secgroup_model::Target::Group(target));
    assert_eq!(next.destination_ranges(rule).unwrap().len(), 2);
    let port_list = next.find_port_list(&id!(PortListId, "prl-a"));
    assert_eq!(port_list, Some(1));
    assert_eq!(next.find_prefix_list(&id!(PrefixListId, "pl-a")), None);
}

#[test]
#[should_panic(expected = "part 0 of a snapshot that has only 0")]
fn a_part_of_nothing_cannot_be_taken_unchanged() {
    SnapshotBuilder::new().unchanged_prefix_list(0);
}
