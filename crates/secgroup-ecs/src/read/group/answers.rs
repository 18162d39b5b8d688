//! The rules of one group from several DescribeSecurityGroupAttribute answers:
//! pages, an answer for each direction, and the same answer again (6.1.6).

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use secgroup_model::{Direction, NicType, Origin, Rule, RuleId, SecurityGroupId};

use super::super::findings::Findings;
use super::super::site::Sites;

/// What one place says about the rules of a group.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) rules: Vec<Rule>,
    /// Where it says that another page follows.
    pub(super) next: Option<Origin>,
    pub(super) origin: Origin,
}

/// What a call can ask for by itself: a direction, and in the classic network
/// the rules of one NIC (5.7.1).
type Part = (Direction, NicType);

const PARTS: [Part; 4] = [
    (Direction::Ingress, NicType::Intranet),
    (Direction::Ingress, NicType::Internet),
    (Direction::Egress, NicType::Intranet),
    (Direction::Egress, NicType::Internet),
];

/// Why answers cannot be joined, and where.
struct Contradiction {
    origin: Origin,
    why: String,
}

/// Joins the rules of all answers about a group, in input order and each once.
///
/// Answers to different questions have no part in common, and of the pages of
/// one answer only one is the last. A part that several last pages have was
/// asked for several times; the answers must then agree about every rule of it.
pub(super) fn join(
    group: &SecurityGroupId,
    answers: Vec<Answer>,
    sites: &Sites,
    findings: &mut Findings,
) -> Vec<Rule> {
    let mut repeated = Vec::new();
    for asked in PARTS {
        let times = times_asked(&answers, asked);
        if times < 2 {
            continue;
        }
        repeated.push(asked);
        if let Err(Contradiction { origin, why }) = agree(&answers, asked, times) {
            let (direction, _) = asked;
            let message = format_args!(
                "security group `{group}` has several answers about its {direction} rules that \
                 contradict each other: {why}; keep the newest answer and leave the others out"
            );
            findings.problem(sites.place(origin), message);
        }
    }
    let mut seen = HashSet::new();
    let all = answers.into_iter().flat_map(|answer| answer.rules);
    let each_once = all.filter(|rule| match &rule.id {
        Some(id) if repeated.contains(&part(rule)) => seen.insert(id.clone()),
        _ => true,
    });
    each_once.collect()
}

const fn part(rule: &Rule) -> Part {
    (rule.direction, rule.nic)
}

/// Returns how many answers have rules of a part on their last page.
fn times_asked(answers: &[Answer], asked: Part) -> usize {
    let last = answers.iter().filter(|answer| answer.next.is_none());
    last.filter(|answer| answer.rules.iter().any(|rule| part(rule) == asked))
        .count()
}

/// Checks that each rule of a part is there as often as it was asked for, and
/// the same every time.
fn agree(answers: &[Answer], asked: Part, times: usize) -> Result<(), Contradiction> {
    let mut known: HashMap<&RuleId, (&Rule, usize)> = HashMap::new();
    let last = answers
        .last()
        .map_or_else(Origin::default, |answer| answer.origin);
    let rules = answers.iter().flat_map(|answer| &answer.rules);
    for rule in rules.filter(|rule| part(rule) == asked) {
        let Some(id) = &rule.id else {
            return Err(Contradiction {
                origin: last,
                why: "rules without SecurityGroupRuleId are in more than one of them, and nobody \
                      can tell which are the same"
                    .to_owned(),
            });
        };
        match known.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert((rule, 1));
            }
            Entry::Occupied(mut entry) => {
                let (first, count) = entry.get_mut();
                *count += 1;
                if !same(first, rule) {
                    let why = format!("rule `{id}` is not the same in all of them");
                    let origin = rule.origin;
                    return Err(Contradiction { origin, why });
                }
            }
        }
    }
    let missing = known.values().filter(|(_, count)| *count != times);
    match missing
        .map(|(rule, _)| *rule)
        .min_by_key(|rule| rule.origin)
    {
        None => Ok(()),
        Some(rule) => {
            let id = rule.id.as_ref().map(ToString::to_string);
            let why = format!("rule `{}` is not in all of them", id.unwrap_or_default());
            let origin = rule.origin;
            Err(Contradiction { origin, why })
        }
    }
}

/// Tells whether two places say the same about a rule.
fn same(one: &Rule, other: &Rule) -> bool {
    let moved = Rule {
        origin: one.origin,
        ..other.clone()
    };
    *one == moved
}
