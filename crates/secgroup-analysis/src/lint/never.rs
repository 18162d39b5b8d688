//! Rules that match nothing, whatever the other rules are.

use secgroup_model::{Direction, Family, Peer, RuleIndex, Target};

use super::{About, Finding, Lint, Severity, Subject};
use crate::Intervals;
use crate::addresses::Addresses;
use crate::hop::FAMILIES;
use crate::lower::Nics;
use crate::policy::Whole;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "never-matching-rule",
    summary: "a rule that no flow matches: an empty list or group, or an address nobody has",
};

pub(super) fn find(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let addresses = subject.hops().addresses;
    let mut told = std::collections::BTreeSet::new();
    let mut reasons: Vec<(RuleIndex, String)> = Vec::new();
    for set in &subject.sets {
        for whole in &set.rules {
            let is_empty = whole.is_empty() && !whole.unknown;
            if is_empty && !is_of_a_nic(subject, whole.rule) && told.insert(whole.rule) {
                reasons.push((whole.rule, empty(subject, &addresses, whole.rule)));
            }
        }
    }
    let rules: Vec<RuleIndex> = subject.snapshot.rules().map(|(index, _)| index).collect();
    for rule in rules.into_iter().filter(|rule| !told.contains(rule)) {
        if let Some(reason) = nobodys(subject, &addresses, rule) {
            reasons.push((rule, reason));
        }
    }
    for (rule, reason) in reasons {
        found.push(Finding {
            lint: LINT,
            severity: Severity::Warning,
            about: About::Rule(rule),
            message: format!("{} matches nothing: {reason}", subject.words(rule)),
            related: Vec::new(),
            witness: None,
        });
    }
}

/// Tells whether a rule of the classic network is about flows, though about none on
/// the NIC that their peer suggests (9.10): one that names its NIC may match.
fn is_of_a_nic(subject: &Subject<'_>, rule: RuleIndex) -> bool {
    let group = subject.snapshot.rule(rule).group();
    subject.snapshot.group(group).vpc().is_none()
        && !Whole::on(&mut subject.hops(), rule, Nics::Own).is_empty()
}

/// Says why a rule is about no address and port at all.
fn empty(subject: &Subject<'_>, addresses: &Addresses<'_>, rule: RuleIndex) -> String {
    let snapshot = subject.snapshot;
    let placed = snapshot.rule(rule);
    if snapshot
        .destination_ranges(placed)
        .is_some_and(<[_]>::is_empty)
    {
        return "its port list is empty".to_owned();
    }
    match (&placed.rule().peer, snapshot.target(placed)) {
        (Peer::Group(id), Target::Group(group))
            if snapshot.group(group).vpc() != snapshot.group(placed.group()).vpc() =>
        {
            format!("{id} is a group of another VPC")
        }
        (Peer::Group(id), Target::Group(group)) if addresses.members(group).is_empty() => {
            format!("{id} has no members")
        }
        (Peer::PrefixList(id), Target::PrefixList(list)) if list.entries.is_empty() => {
            format!("{id} is empty")
        }
        (peer, _) => {
            format!("{peer} has no address of the family of the rule's protocol or local block")
        }
    }
}

/// Says so when no interface in the rule's group has an address in the rule's
/// local block (3.5.6); a public address never is one (3.5.7).
fn nobodys(subject: &Subject<'_>, addresses: &Addresses<'_>, rule: RuleIndex) -> Option<String> {
    let placed = subject.snapshot.rule(rule);
    let local = placed.rule().local?;
    let members = addresses.members(placed.group());
    if members.is_empty() {
        return None;
    }
    let bounds = crate::space::bounds(local);
    let block = Intervals::between(bounds.0, bounds.1);
    let family: Family = FAMILIES[usize::from(local.family() == Family::V6)];
    let own = members.iter().any(|member| {
        let own = addresses.own(*member, family);
        !own.intersection(&block).is_empty()
    });
    let side = match placed.rule().direction {
        Direction::Ingress => "destination",
        Direction::Egress => "source",
    };
    (!own).then(|| format!("no interface in its group has an address in its {side} {local}"))
}
