//! Lints: what is wrong, dangerous or useless in a configuration.
//!
//! One file a lint. Each is a function from a [`Subject`] to findings; what
//! they share is what was found out about policies (`crate::policy`). Where a
//! finding is about flows it carries one, and what the reference says about it.

mod conflict;
mod exposure;
mod families;
mod missing;
mod never;
mod quota;
mod self_reference;
mod shadow;
mod unused;
mod wide_egress;

use std::fmt;
use std::sync::Arc;

use secgroup_model::{
    DecidedBy, Decision, Direction, Family, Flow, GroupIndex, InterfaceIndex, RuleIndex, Semantics,
    Snapshot,
};

use crate::decider::{Decider, Deciders};
use crate::diagram::{Diagrams, Node, TooComplex};
use crate::flow_box::{self, FlowBox};
use crate::hop::{FAMILIES, Hops, Window};
use crate::policy::{Families, Policy, Whole, first_of, order, policies};
use crate::workers::Workers;

pub use quota::Quotas;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not meant.
    Warning,
    /// Dangerous, or surely not meant.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lint {
    /// Its name, which does not change.
    pub code: &'static str,
    /// What it finds, in a few words.
    pub summary: &'static str,
}

/// All lints, in the order of their findings.
pub const LINTS: [Lint; 13] = [
    shadow::SHADOWED,
    shadow::REDUNDANT,
    conflict::LINT,
    never::LINT,
    missing::LINT,
    self_reference::LINT,
    exposure::LINT,
    families::LINT,
    wide_egress::LINT,
    quota::LINT,
    unused::GROUP,
    unused::PREFIX_LIST,
    unused::PORT_LIST,
];

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A rule.
    Rule(RuleIndex),
    /// A group.
    Group(GroupIndex),
    /// An interface.
    Interface(InterfaceIndex),
    /// A prefix list or port list, by its id.
    List(String),
}

/// A flow that shows what a finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The flow.
    pub flow: Flow,
    /// The interface that judges it.
    pub interface: InterfaceIndex,
    /// In which direction.
    pub direction: Direction,
    /// What the reference decides there.
    pub decision: Decision,
    /// By what.
    pub by: DecidedBy,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The lint that found it.
    pub lint: Lint,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub about: About,
    /// What it is, in a sentence.
    pub message: String,
    /// The other rules that it is about: what blocks, covers, contradicts.
    pub related: Vec<RuleIndex>,
    /// A flow that shows it; none where no flow can, or no interface is there
    /// to judge one.
    pub witness: Option<Witness>,
}

/// What lints look at.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) snapshot: &'a Snapshot,
    semantics: &'a Semantics,
    pub(crate) policies: Vec<Policy>,
    /// All rules, by index.
    rules: Vec<Arc<Whole>>,
    /// Two for each policy: ingress, egress.
    pub(crate) sets: Vec<RuleSet>,
}

/// The rules of a policy in one direction.
#[derive(Debug)]
pub(crate) struct RuleSet {
    pub(crate) policy: Policy,
    pub(crate) direction: Direction,
    /// The families that the policy judges flows of.
    pub(crate) families: Families,
    /// In an order in which the earlier one decides.
    pub(crate) rules: Vec<Arc<Whole>>,
    /// Which of them is first for some flow of those families, by place.
    pub(crate) decides: Vec<bool>,
    /// The accept rules that lose flows to drops of the same priority, with
    /// those.
    pub(crate) ties: Vec<(RuleIndex, Vec<RuleIndex>)>,
}

/// Finds everything, ordered by what it is about.
///
/// # Errors
///
/// Returns [`TooComplex`] when a policy is too large to be judged whole.
pub fn lint(
    snapshot: &Snapshot,
    semantics: &Semantics,
    quotas: &Quotas,
    workers: &Workers<'_>,
) -> Result<Vec<Finding>, TooComplex> {
    /// How often each policy is looked at: which of its rules decide, what of
    /// it is exposed, how wide its egress is.
    const LOOKS: usize = 3;
    let policies = policies(snapshot);
    workers.begin(snapshot.groups().len() + policies.len() * LOOKS);
    let subject = Subject::new(snapshot, semantics, policies, workers)?;
    let mut found = Vec::new();
    shadow::find(&subject, workers, &mut found)?;
    conflict::find(&subject, workers, &mut found)?;
    never::find(&subject, &mut found);
    missing::find(&subject, &mut found);
    self_reference::find(&subject, &mut found);
    let exposed = exposure::all(&subject, workers)?;
    exposure::find(&subject, &exposed, workers, &mut found)?;
    families::find(&subject, &exposed, workers, &mut found)?;
    wide_egress::find(&subject, workers, &mut found)?;
    quota::find(snapshot, quotas, &mut found);
    unused::find(&subject, &mut found);
    let place = |finding: &Finding| LINTS.iter().position(|lint| *lint == finding.lint);
    found.sort_by(|one, other| {
        let key = |one: &Finding| (one.about.clone(), place(one));
        key(one).cmp(&key(other))
    });
    Ok(found)
}

impl<'a> Subject<'a> {
    fn new(
        snapshot: &'a Snapshot,
        semantics: &'a Semantics,
        policies: Vec<Policy>,
        workers: &Workers<'_>,
    ) -> Result<Self, TooComplex> {
        let start = || Hops::new(snapshot, semantics);
        // A rule is lowered once, in however many policies it is.
        let groups: Vec<GroupIndex> = snapshot.groups().map(|(index, _)| index).collect();
        let rules = workers.each(&groups, start, |hops, group| {
            let rules = snapshot.rules_of(*group);
            let whole = rules.map(|(rule, _)| Arc::new(Whole::new(hops, rule)));
            Ok(whole.collect::<Vec<_>>())
        })?;
        let rules = rules.concat();
        let sets = workers.each(
            &policies,
            || (),
            |(), policy| {
                let set = |direction| RuleSet::new(snapshot, &rules, policy, direction);
                let both: Result<Vec<RuleSet>, _> = [Direction::Ingress, Direction::Egress]
                    .map(set)
                    .into_iter()
                    .collect();
                both
            },
        )?;
        Ok(Self {
            snapshot,
            semantics,
            policies,
            rules,
            sets: sets.into_iter().flatten().collect(),
        })
    }

    /// Returns what is found out about the snapshot on the way; each thread
    /// has its own.
    pub(crate) fn hops(&self) -> Hops<'a> {
        Hops::new(self.snapshot, self.semantics)
    }

    /// Adds what is found about each piece, in the order of the pieces.
    pub(crate) fn find_each<T: Sync, F>(
        &self,
        workers: &Workers<'_>,
        pieces: &[T],
        policy: impl Fn(&T) -> &Policy,
        found: &mut Vec<Finding>,
        find: impl Fn(&mut Hops<'a>, &T) -> Result<F, TooComplex> + Sync + Send,
    ) -> Result<(), TooComplex>
    where
        F: IntoIterator<Item = Finding> + Send,
    {
        // PERF: rules are lowered once where pieces about one policy follow
        // each other.
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|at| &policy(&pieces[*at]).groups);
        let find_at = |hops: &mut Hops<'a>, at: &usize| find(hops, &pieces[*at]);
        let findings = workers.each(&order, || self.hops(), find_at)?;
        let mut findings: Vec<_> = order.into_iter().zip(findings).collect();
        findings.sort_by_key(|(at, _)| *at);
        found.extend(findings.into_iter().flat_map(|(_, own)| own));
        Ok(())
    }

    /// Returns what a rule matches in a family; none where that is nothing.
    pub(crate) fn matched(&self, rule: RuleIndex, family: Family) -> Option<&FlowBox> {
        self.rules[rule.get()].flows[family as usize].as_ref()
    }

    /// Returns `priority 10 accept tcp … (sgr-1 of sg-web)`.
    pub(crate) fn words(&self, rule: RuleIndex) -> String {
        words(self.snapshot, rule)
    }

    /// Finds a flow in some boxes that an interface decides about as wanted,
    /// or else in any way; the first interface that has one.
    pub(crate) fn witness(
        &self,
        hops: &mut Hops<'_>,
        interfaces: &[InterfaceIndex],
        direction: Direction,
        boxes: &[FlowBox],
        wanted: &dyn Fn(Decider) -> bool,
    ) -> Result<Option<Witness>, TooComplex> {
        /// How many interfaces are asked.
        const MOST: usize = 8;
        let mut any = None;
        for interface in interfaces.iter().take(MOST) {
            let (mut diagrams, mut deciders) = (Diagrams::new(), Deciders::new());
            let window = Window::of(boxes);
            let node = hops.decide(&mut diagrams, &mut deciders, *interface, direction, &window)?;
            for value in diagrams.values(node) {
                let Some(decider) = deciders.get(value) else {
                    continue;
                };
                let fits = wanted(decider);
                if !fits && any.is_some() {
                    continue;
                }
                let found = self.first(&diagrams, node, value, *interface, direction, decider)?;
                if fits {
                    return Ok(found);
                }
                any = found;
            }
        }
        Ok(any)
    }

    fn first(
        &self,
        diagrams: &Diagrams,
        node: Node,
        value: u32,
        interface: InterfaceIndex,
        direction: Direction,
        decider: Decider,
    ) -> Result<Option<Witness>, TooComplex> {
        let network = self.snapshot.interface(interface).network();
        let boxes = flow_box::boxes(diagrams, node, value)?;
        Ok(boxes.first().map(|flows| Witness {
            flow: crate::witness(flows, Some(network)),
            interface,
            direction,
            decision: decider.action.into(),
            by: decider.by,
        }))
    }
}

impl RuleSet {
    /// `all` are the rules of the snapshot, by index.
    fn new(
        snapshot: &Snapshot,
        all: &[Arc<Whole>],
        policy: &Policy,
        direction: Direction,
    ) -> Result<Self, TooComplex> {
        let own = policy.rules(snapshot, direction).into_iter();
        let mut rules: Vec<_> = own.map(|rule| Arc::clone(&all[rule.get()])).collect();
        order(snapshot, &mut rules);
        let mut diagrams = Diagrams::new();
        let node = first_of(&mut diagrams, &rules)?;
        let families = policy.families(snapshot);
        let mut decides = vec![false; rules.len()];
        let there = FAMILIES.into_iter().zip(families);
        for (family, _) in there.filter(|(_, is_there)| *is_there) {
            for place in diagrams.values(diagrams.branch(node, family)) {
                if let Some(place) = place.checked_sub(1) {
                    decides[place as usize] = true;
                }
            }
        }
        let ties = conflict::ties(snapshot, &rules, &diagrams, node);
        Ok(Self {
            policy: policy.clone(),
            direction,
            families,
            rules,
            decides,
            ties,
        })
    }
}

/// Returns a rule in words, with its name and group.
pub(crate) fn words(snapshot: &Snapshot, rule: RuleIndex) -> String {
    let placed = snapshot.rule(rule);
    let group = snapshot.group(placed.group()).id();
    let says = snapshot.rule_text(placed.group(), placed.rule());
    format!("{says} ({} of {group})", placed.name())
}

/// Returns the boxes of a rule.
pub(crate) fn boxes(rule: &Whole) -> Vec<FlowBox> {
    rule.flows.iter().flatten().cloned().collect()
}
