//! What changes between two configurations, in words.

use std::fmt::Write as _;

use indicatif::{HumanBytes, HumanCount};
use secgroup_analysis::{Change, Decider, witness};
use secgroup_model::{
    Action, DecidedBy, Direction, Flow, Outcome, PlacedRule, Query, Snapshot, evaluate,
};
use secgroup_report::protocol_name;

use super::traffic::{Seen, Traffic};
use crate::config::Config;
use crate::regions::{self, Known};

/// Up to how many regions the text shows.
const MOST: usize = 200;

/// Two configurations, to tell what changes between them.
pub(crate) struct Compared<'a> {
    pub(crate) old: &'a Config,
    pub(crate) new: &'a Config,
    /// What was seen in the regions, where somebody looked.
    pub(crate) traffic: Option<&'a Traffic>,
}

impl Compared<'_> {
    /// Returns a flow of a region, and what becomes of it from end to end.
    pub(super) fn example(&self, change: &Change) -> (Flow, [Outcome; 2]) {
        let of = |config: &Config| {
            let snapshot = &config.snapshot;
            let interface = snapshot.find_interface(&change.interface);
            let network = interface.map(|index| snapshot.interface(index).network());
            network.map(|network| witness(&change.flows, Some(network)))
        };
        let judge = |config: &Config, flow: Option<Flow>| {
            let query = Query::from(flow?);
            let judged = evaluate(&config.snapshot, &config.semantics, &query);
            judged.ok().map(|judged| judged.outcome())
        };
        // A snapshot without the interface knows nothing of the flow.
        let judge = |config, flow| judge(config, flow).unwrap_or(Outcome::Outside);
        let (before, after) = (of(self.old), of(self.new));
        let outcomes = [judge(self.old, before), judge(self.new, after)];
        let flow = after
            .or(before)
            .unwrap_or_else(|| witness(&change.flows, None));
        (flow, outcomes)
    }

    /// Returns the changes in the order in which they are told: all of them, or
    /// those with traffic before those without.
    pub(super) fn told(&self, changes: &[Change]) -> (Vec<usize>, Vec<usize>) {
        let Some(traffic) = self.traffic else {
            return ((0..changes.len()).collect(), Vec::new());
        };
        let silent = (0..changes.len()).filter(|at| !traffic.regions.contains_key(at));
        (traffic.ranked(), silent.collect())
    }

    /// Writes changes for people.
    pub(crate) fn text(&self, changes: &[Change]) -> String {
        let mut text = String::new();
        let (told, silent) = self.told(changes);
        for at in told.iter().take(MOST) {
            self.change(&mut text, &changes[*at], self.seen(*at));
        }
        // Writing to a string cannot fail.
        if !silent.is_empty() {
            let _ = writeln!(text, "without traffic:");
        }
        for at in silent.iter().take(MOST) {
            self.change(&mut text, &changes[*at], None);
        }
        if changes.is_empty() {
            text.push_str("no flow gets another verdict\n");
        } else {
            let more = if told.len().max(silent.len()) > MOST {
                "; --format json has them all"
            } else {
                ""
            };
            let words = if changes.len() == 1 {
                "region of flows changes"
            } else {
                "regions of flows change"
            };
            let _ = writeln!(text, "{} {words}{more}", changes.len());
        }
        if let Some(traffic) = self.traffic {
            text.push_str(&sums(traffic, (told.len(), silent.len())));
        }
        text
    }

    /// Returns what was seen in a region.
    pub(super) fn seen(&self, at: usize) -> Option<&Seen> {
        self.traffic.and_then(|traffic| traffic.regions.get(&at))
    }

    /// Writes one change for people.
    fn change(&self, text: &mut String, change: &Change, seen: Option<&Seen>) {
        let Change {
            interface,
            direction,
            flows,
            ..
        } = change;
        let known = match direction {
            Direction::Ingress => Known::Destination,
            Direction::Egress => Known::Source,
        };
        let action = |side: &Option<Decider>| match side {
            None => "nothing".to_owned(),
            Some(one) if one.unless.is_some() => Outcome::Depends.to_string(),
            Some(one) => one.action.to_string(),
        };
        let words = format!("{} -> {}", action(&change.old), action(&change.new));
        let why = self
            .why(change)
            .map(|why| format!(" ({why})"))
            .unwrap_or_default();
        let snapshot = self.snapshot(change);
        let index = snapshot.find_interface(interface);
        let network = index.map(|index| snapshot.interface(index).network());
        let flows = match network {
            Some(network) => regions::phrase(snapshot, network, flows, known),
            None => flows.to_string(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{interface} {direction}: {words}{why}  {flows}");
        if let Some(seen) = seen {
            let _ = writeln!(text, "  {:<8} {}", "seen", in_words(seen));
        }
        for (word, config, side) in [
            ("before", self.old, &change.old),
            ("after", self.new, &change.new),
        ] {
            let by = match side {
                None => "the flow does not cross the interface".to_owned(),
                Some(side) => regions::decider(&config.snapshot, *direction, side),
            };
            let _ = writeln!(text, "  {word:<8} {by}");
        }
        let (flow, outcomes) = self.example(change);
        let _ = writeln!(
            text,
            "  example  {}  from end to end {} -> {}",
            Query::from(flow),
            outcomes[0].name(),
            outcomes[1].name()
        );
    }

    /// Says what is special about a change, if something is.
    pub(super) fn why(&self, change: &Change) -> Option<&'static str> {
        fn rule<'c>(config: &'c Config, side: &Option<Decider>) -> Option<PlacedRule<'c>> {
            match side.as_ref()?.by {
                DecidedBy::Rule(rule) => Some(config.snapshot.rule(rule)),
                _ => None,
            }
        }
        // A rule is known again by its group and name.
        let is_same = |one: PlacedRule<'_>, other: PlacedRule<'_>| {
            let group = |config: &Config, rule: PlacedRule<'_>| {
                config.snapshot.group(rule.group()).id().clone()
            };
            one.name() == other.name() && group(self.old, one) == group(self.new, other)
        };
        let intra = |side: &Option<Decider>| {
            side.is_some_and(|side| matches!(side.by, DecidedBy::IntraGroup(_)))
        };
        let (old, new) = (rule(self.old, &change.old), rule(self.new, &change.new));
        match (old, new) {
            _ if intra(&change.new) && !intra(&change.old) => Some("intra-group access gained"),
            _ if intra(&change.old) && !intra(&change.new) => Some("intra-group access lost"),
            (Some(old), Some(new)) if is_same(old, new) => {
                let changed = old.rule().action != new.rule().action;
                changed.then_some("policy of the rule changed")
            }
            (Some(old), Some(new)) => {
                let is_tie = old.rule().priority == new.rule().priority;
                let won = (old.rule().action, new.rule().action) == (Action::Accept, Action::Drop);
                (is_tie && won && self.stays(old)).then_some("tie won by a drop")
            }
            _ => None,
        }
    }

    /// Tells whether a rule of the old configuration is in the new one, with the
    /// same policy and priority.
    fn stays(&self, old: PlacedRule<'_>) -> bool {
        let id = self.old.snapshot.group(old.group()).id();
        let new = &self.new.snapshot;
        let is = |rule: PlacedRule<'_>| {
            let (own, other) = (old.rule(), rule.rule());
            rule.name() == old.name()
                && (own.action, own.priority) == (other.action, other.priority)
        };
        let group = new.find_group(id);
        group.is_some_and(|group| new.rules_of(group).any(|(_, rule)| is(rule)))
    }

    /// Returns the snapshot that has the interface of a change.
    pub(super) fn snapshot(&self, change: &Change) -> &Snapshot {
        let new = &self.new.snapshot;
        if new.find_interface(&change.interface).is_some() {
            new
        } else {
            &self.old.snapshot
        }
    }
}

/// Says how much was seen.
fn in_words(seen: &Seen) -> String {
    let count = &seen.count;
    let words = |number: u64, noun: &str| {
        let ending = if number == 1 { "" } else { "s" };
        format!("{} {noun}{ending}", HumanCount(number))
    };
    let mut text = format!(
        "{}, {}, {}",
        words(count.flows, "flow"),
        words(count.packets, "packet"),
        HumanBytes(count.bytes)
    );
    if let Some(example) = &seen.example {
        let _ = write!(text, "; {} from end to end", changed(seen));
        let port = example.port.map(|port| format!(" port {port}"));
        let _ = write!(
            text,
            "; one is {} {} -> {}{}",
            protocol_name(example.protocol),
            example.source,
            example.destination,
            port.unwrap_or_default()
        );
    }
    text
}

/// Says how many flows get another verdict.
fn changed(seen: &Seen) -> String {
    match (seen.changed, seen.count.flows) {
        (0, _) => "none changes".to_owned(),
        (some, all) if some == all => "all change".to_owned(),
        (1, _) => "1 changes".to_owned(),
        (some, _) => format!("{} change", HumanCount(some)),
    }
}

/// Says where all traffic went.
fn sums(traffic: &Traffic, (seen, silent): (usize, usize)) -> String {
    let part = |part: &Seen| {
        let count = part.count;
        format!(
            "{} flows, {} packets, {}",
            HumanCount(count.flows),
            HumanCount(count.packets),
            HumanBytes(count.bytes)
        )
    };
    let mut text = format!(
        "traffic in {seen}, none in {silent}\n  in them   {}\n  outside   {}\n",
        part(&traffic.inside),
        part(&traffic.outside)
    );
    // Writing to a string cannot fail.
    if traffic.apart.count.flows > 0 {
        let _ = writeln!(
            text,
            "  apart     {}, of later fragments without a first and behind load balancers",
            part(&traffic.apart)
        );
    }
    let _ = writeln!(text, "  evaluated {}", part(&traffic.evaluated()));
    if traffic.skipped > 0 {
        let _ = writeln!(text, "  skipped   {} records", HumanCount(traffic.skipped));
    }
    text
}
