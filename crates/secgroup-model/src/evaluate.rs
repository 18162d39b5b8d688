//! The reference: what the documentation says about a flow, in its order.
//!
//! Written to be read beside section 3 of `docs/semantics.md`. It does not
//! sort, index or cache; the engines of `secgroup-matcher` do, and are
//! compared with this one. Sessions (3.8) are not judged here.

mod completions;
mod notes;
mod open_question;
mod owners;
mod platform_traffic;

use std::cmp::{Ordering, Reverse};

use crate::rule_match::{RuleMatch, Specificity, rule_match};
use crate::{
    Action, Ambiguous, DecidedBy, Decision, Direction, Evaluation, GroupIndex, GroupKind,
    InterfaceIndex, IntraGroupEgress, NetworkInterface, OrphanFragments, Outcome, PartialTransport,
    PlacedRule, Query, RuleIndex, Semantics, Snapshot, Verdict,
};

/// Judges a flow at both of its ends.
///
/// "A flow between two managed ENIs passes when the source ENI's egress and
/// the destination ENI's ingress allow its first packet. With one managed end
/// only that side is judged." (3.10.1)
///
/// # Errors
///
/// Returns [`Ambiguous`] when an address of the flow exists in several
/// networks of the snapshot and nothing says which one is meant.
pub fn evaluate(
    snapshot: &Snapshot,
    semantics: &Semantics,
    query: &Query,
) -> Result<Evaluation, Ambiguous> {
    let owners = owners::find(snapshot, query)?;
    let mut evaluation = owners.judge(snapshot, semantics, query);
    evaluation.notes = notes::of(snapshot, semantics, query, &owners, &evaluation);
    Ok(evaluation)
}

impl owners::Owners {
    /// Judges the sides that are known, without notes.
    fn judge(&self, snapshot: &Snapshot, semantics: &Semantics, query: &Query) -> Evaluation {
        let hop = |interface, remote, direction| Hop {
            snapshot,
            semantics,
            query,
            interface,
            remote,
            direction,
        };
        let (source, destination) = (self.source, self.destination);
        let egress = source.map(|own| hop(own, destination, Direction::Egress));
        let ingress = destination.map(|own| hop(own, source, Direction::Ingress));
        let judge = |hop: Hop<'_>| hop.judge();
        let mut evaluation = Evaluation {
            egress: egress.map(judge),
            ingress: ingress.map(judge),
            settled: None,
            notes: Vec::new(),
        };
        if let (Some(egress), Some(ingress), Outcome::Depends) =
            (egress, ingress, evaluation.outcome())
        {
            evaluation.settled = open_question::together(query, egress, ingress);
        }
        evaluation
    }
}

/// One interface that a flow crosses.
#[derive(Clone, Copy)]
struct Hop<'a> {
    snapshot: &'a Snapshot,
    semantics: &'a Semantics,
    query: &'a Query,
    interface: InterfaceIndex,
    remote: Option<InterfaceIndex>,
    direction: Direction,
}

impl Hop<'_> {
    /// "The first stage that answers decides" (3.1).
    fn judge_known(&self) -> Verdict {
        match self.platform_traffic() {
            Some((exception, action)) => {
                self.verdict(action.into(), DecidedBy::Platform(exception), None)
            }
            None => self.by_groups(),
        }
    }

    /// Stages 3 to 5 of 3.1: intra-group access, custom rules, default.
    fn by_groups(&self) -> Verdict {
        if let Some(group) = self.shared_group() {
            return self.verdict(Decision::Accept, DecidedBy::IntraGroup(group), None);
        }
        // "An orphan later fragment": by rules unless a flag says otherwise (3.5.11).
        // Who is in no group lets nothing pass (3.4.5), whatever the flag.
        let has_groups = !self.snapshot.interface(self.interface).groups().is_empty();
        if self.query.transport == PartialTransport::LaterFragment && has_groups {
            let by = DecidedBy::OrphanFragment;
            match self.semantics.orphan_fragments {
                OrphanFragments::Rules => {}
                OrphanFragments::Allow => return self.verdict(Decision::Accept, by, None),
                OrphanFragments::Deny => return self.verdict(Decision::Drop, by, None),
            }
        }
        self.by_rules()
    }

    /// "If peer and local ENI share a basic group whose policy is Accept, the
    /// packet is allowed whatever the custom rules say" (3.7.1). "Any one
    /// shared Accept group suffices" (3.7.4); the first one listed is named.
    fn shared_group(&self) -> Option<GroupIndex> {
        // Whether that holds for egress too is contested (3.7.6).
        if self.direction == Direction::Egress
            && self.semantics.intra_group_egress == IntraGroupEgress::CustomRules
        {
            return None;
        }
        let own = self.snapshot.interface(self.interface);
        let remote = self.snapshot.interface(self.remote?);
        // "Both addresses must be addresses of the ENIs (3.6.2)" (3.7.5).
        let (source, destination) = (
            self.query.endpoints.source(),
            self.query.endpoints.destination(),
        );
        let (local, peer) = match self.direction {
            Direction::Ingress => (destination, source),
            Direction::Egress => (source, destination),
        };
        let has = |interface: &NetworkInterface, address| {
            let mut members = interface.member_addresses(self.semantics.group_members);
            members.any(|prefix| prefix.contains(address))
        };
        if !has(own, local) || !has(remote, peer) {
            return None;
        }
        let mut shared = own
            .groups()
            .iter()
            .filter(|group| remote.groups().contains(group));
        shared
            .find(|group| self.snapshot.group(**group).interconnects())
            .copied()
    }

    /// Custom rules of all groups of the interface, then the default.
    fn by_rules(&self) -> Verdict {
        // "All rules of the direction, from all groups of the ENI, form one
        // list; group order is irrelevant." (3.2.1)
        let matches = self.matches();

        // "Ascending priority number" (3.3.1); "equal priority: drop before
        // accept" (3.3.2); "nothing else" decides (3.3.3).
        let highest = matches.iter().map(Match::priority).min();
        let first = matches
            .iter()
            .filter(|found| Some(found.priority()) == highest);
        let drops = first.clone().filter(|found| found.action() == Action::Drop);
        let winner = drops.min_by(|a, b| a.reported_before(b));
        let winner = winner.or_else(|| first.min_by(|a, b| a.reported_before(b)));

        match winner {
            Some(found) => self.verdict(found.action().into(), DecidedBy::Rule(found.index), None),
            None => {
                let (action, by) = self.default();
                self.verdict(action.into(), by, None)
            }
        }
    }

    /// "Basic: ingress deny, egress allow" (3.4.1). "Advanced: ingress deny,
    /// egress deny" (3.4.2).
    fn default(&self) -> (Action, DecidedBy) {
        let kind = self
            .snapshot
            .kind_of(self.snapshot.interface(self.interface));
        let action = match (kind, self.direction) {
            (GroupKind::Basic, Direction::Egress) => Action::Accept,
            (GroupKind::Basic, Direction::Ingress) | (GroupKind::Advanced, _) => Action::Drop,
        };
        (action, DecidedBy::Default(kind))
    }

    /// Returns the rules of the interface in this direction.
    fn rules(&self) -> impl Iterator<Item = (RuleIndex, PlacedRule<'_>)> {
        let groups = self.snapshot.interface(self.interface).groups().iter();
        let rules = groups.flat_map(|group| self.snapshot.rules_of(*group));
        rules.filter(|(_, placed)| placed.rule.direction == self.direction)
    }

    /// Returns those of them that match.
    fn matches(&self) -> Vec<Match<'_>> {
        let matches = self.rules().filter_map(|(index, placed)| {
            match rule_match(self.snapshot, self.semantics, placed, self.query) {
                RuleMatch::Yes(fits) => Some(Match {
                    index,
                    placed,
                    fits,
                }),
                RuleMatch::Maybe(..) | RuleMatch::No(_) => None,
            }
        });
        matches.collect()
    }

    const fn verdict(
        &self,
        decision: Decision,
        by: DecidedBy,
        otherwise: Option<DecidedBy>,
    ) -> Verdict {
        Verdict {
            interface: self.interface,
            decision,
            by,
            otherwise,
        }
    }
}

/// A rule that matches.
struct Match<'a> {
    index: RuleIndex,
    placed: PlacedRule<'a>,
    fits: Specificity,
}

impl Match<'_> {
    fn priority(&self) -> u8 {
        self.placed.rule.priority.get()
    }

    fn action(&self) -> Action {
        self.placed.rule.action
    }

    /// Which of several rules of one priority and action is reported: "longer
    /// peer prefix, then narrower destination ports, then earlier CreateTime,
    /// then smaller SecurityGroupRuleId, then input order" (3.3.5). A rule
    /// without time or id comes behind those that have one.
    fn reported_before(&self, other: &Self) -> Ordering {
        let present_first = |a: bool, b: bool| b.cmp(&a);
        let (rule, that) = (&self.placed.rule, &other.placed.rule);
        Reverse(self.fits.peer_length)
            .cmp(&Reverse(other.fits.peer_length))
            .then(self.fits.port_width.cmp(&other.fits.port_width))
            .then(present_first(
                rule.created.is_some(),
                that.created.is_some(),
            ))
            .then(rule.created.cmp(&that.created))
            .then(present_first(rule.id.is_some(), that.id.is_some()))
            .then(rule.id.cmp(&that.id))
            .then(self.index.cmp(&other.index))
    }
}
