//! Rules changed a little, to see whether anybody notices.
//!
//! A mutant is a configuration with one small mistake: an action flipped, a
//! port or a prefix length one off, a priority exchanged. One that changes no
//! verdict is none. Tests that catch few of the others say little.

use secgroup_model::{
    Action, DestinationPorts, Direction, Peer, PortRange, Prefix, Priority, Rule, RuleIndex,
    Semantics, Service, Snapshot,
};

use crate::diagram::TooComplex;
use crate::diff::{Diff, Judged};
use crate::edit;

/// A changed configuration.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The rule that is changed.
    pub rule: RuleIndex,
    /// How, such as `action flipped`.
    pub change: String,
    /// What comes out.
    pub snapshot: Snapshot,
}

/// Returns the mutants of a rule that change the verdict of some flow.
///
/// # Errors
///
/// Returns [`TooComplex`] when that cannot be told.
pub fn mutants(
    snapshot: &Snapshot,
    semantics: &Semantics,
    rule: RuleIndex,
) -> Result<Vec<Mutant>, TooComplex> {
    let mut found = Vec::new();
    for (change, mutated) in changed(snapshot, rule) {
        let (group, rules) = edit::rules_with(snapshot, rule, Some(&mutated));
        // What the model refuses is no configuration.
        let Ok(other) = edit::with_rules(snapshot, semantics, group, &rules) else {
            continue;
        };
        if differs(snapshot, &other, semantics, rule)? {
            found.push(Mutant {
                rule,
                change,
                snapshot: other,
            });
        }
    }
    Ok(found)
}

/// Tells whether a change of a rule changes a verdict.
fn differs(
    snapshot: &Snapshot,
    other: &Snapshot,
    semantics: &Semantics,
    rule: RuleIndex,
) -> Result<bool, TooComplex> {
    let judged = |snapshot| Judged {
        snapshot,
        semantics,
    };
    let placed = snapshot.rule(rule);
    let mut diff = Diff::new(judged(snapshot), judged(other));
    for interface in snapshot.members(placed.group()) {
        if !diff.at(interface.id(), placed.rule().direction)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the small changes of a rule.
fn changed(snapshot: &Snapshot, index: RuleIndex) -> Vec<(String, Rule)> {
    let placed = snapshot.rule(index);
    let rule = placed.rule();
    let mut changed = Vec::new();
    let flipped = match rule.action {
        Action::Accept => Action::Drop,
        Action::Drop => Action::Accept,
    };
    changed.push((
        "action flipped".to_owned(),
        Rule {
            action: flipped,
            ..rule.clone()
        },
    ));
    for (what, service) in services(&rule.service) {
        changed.push((
            what,
            Rule {
                service,
                ..rule.clone()
            },
        ));
    }
    if let Peer::Prefix(prefix) = rule.peer {
        for (what, other) in prefixes(prefix) {
            let peer = Peer::Prefix(other);
            changed.push((
                what,
                Rule {
                    peer,
                    ..rule.clone()
                },
            ));
        }
    }
    for priority in priorities(snapshot, index) {
        changed.push((
            format!("priority {priority}"),
            Rule {
                priority,
                ..rule.clone()
            },
        ));
    }
    changed
}

fn services(service: &Service) -> Vec<(String, Service)> {
    let Some((DestinationPorts::Range(range), source)) = service.ports() else {
        return Vec::new();
    };
    let (first, last) = (range.first(), range.last());
    let pairs = [
        (first.checked_sub(1), Some(last)),
        (first.checked_add(1), Some(last)),
        (Some(first), last.checked_sub(1)),
        (Some(first), last.checked_add(1)),
    ];
    let ranges = pairs
        .into_iter()
        .filter_map(|pair| PortRange::new(pair.0?, pair.1?).ok());
    let protocol = service.protocol().expect("what has ports has a protocol");
    let of = |range: PortRange| {
        let service = Service::of(protocol, DestinationPorts::Range(range), source);
        (format!("ports {range}"), service)
    };
    ranges.map(of).collect()
}

fn prefixes(prefix: Prefix) -> Vec<(String, Prefix)> {
    let network = prefix.network();
    let shorter = network.supernet();
    let longer = prefix.length().checked_add(1).and_then(|length| {
        let mut halves = network.subnets(length).ok()?;
        halves.next()
    });
    let all = shorter.into_iter().chain(longer).map(Prefix::new);
    all.map(|other| (format!("peer {other}"), other)).collect()
}

/// Priorities just across the nearest rules of the other action.
fn priorities(snapshot: &Snapshot, index: RuleIndex) -> Vec<Priority> {
    let placed = snapshot.rule(index);
    let own = placed.rule();
    let (mut above, mut below): (Option<u8>, Option<u8>) = (None, None);
    let direction: Direction = own.direction;
    for (_, other) in snapshot.rules_of(placed.group()) {
        let other = other.rule();
        if other.direction != direction || other.action == own.action {
            continue;
        }
        let number = other.priority.get();
        if number <= own.priority.get() {
            above = above.max(Some(number));
        }
        if number >= own.priority.get() {
            below = below.into_iter().chain([number]).min();
        }
    }
    let numbers = [
        above.and_then(|one| one.checked_sub(1)),
        below.and_then(|one| one.checked_add(1)),
    ];
    let numbers = numbers.into_iter().flatten().map(i64::from);
    numbers
        .filter_map(|number| Priority::imported(number).ok())
        .collect()
}
