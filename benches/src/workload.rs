//! Workloads: a world with flows, and the answers they must get.

use std::num::NonZeroU16;

use secgroup_gen::{Plan, Priorities, Traffic, World};
use secgroup_matcher::{Answer, Sides};
use secgroup_model::{Family, Flow};

use crate::{SEED, checksum, expected};

/// How many flows a lookup benchmark judges in a round.
const FLOWS: usize = 16_384;

/// How many of them the reference judges, which is slow.
const REFERENCE_FLOWS: usize = 256;

/// A world with flows.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name in reports, such as `v4/1000/mixed`.
    pub name: String,
    /// Who decides.
    pub world: World,
    /// What is asked.
    pub flows: Vec<Flow>,
}

impl Workload {
    /// Returns one interface with rules and flows of one family.
    #[must_use]
    pub fn interface(family: Family, rules: usize, traffic: Traffic) -> Self {
        let kind = match traffic {
            Traffic::HitFirst => "hit_first",
            Traffic::DeepMiss => "deep_miss",
            Traffic::Mixed => "mixed",
        };
        Self::of_interface(family, rules, traffic, Priorities::Mixed, kind)
    }

    /// Returns one interface whose rules all have the same priority.
    #[must_use]
    pub fn all_priorities_equal(family: Family, rules: usize) -> Self {
        let (traffic, priorities) = (Traffic::Mixed, Priorities::Equal);
        Self::of_interface(family, rules, traffic, priorities, "all_priorities_equal")
    }

    /// Returns the fleet, 100 interfaces that share 10 sets of five groups with
    /// 200 rules, every flow at one of them.
    #[must_use]
    pub fn fleet(family: Family) -> Self {
        let world = World::new(&Plan {
            interfaces: const { NonZeroU16::new(100).expect("not 0") },
            sets: const { NonZeroU16::new(10).expect("not 0") },
            ..Plan::interface(SEED, 200, v6_percent(family))
        });
        let name = format!("{}/fleet/mixed", short(family));
        Self::new(name, world, family, Traffic::Mixed)
    }

    fn of_interface(
        family: Family,
        rules: usize,
        traffic: Traffic,
        priorities: Priorities,
        kind: &str,
    ) -> Self {
        let world = World::new(&Plan {
            priorities,
            ..Plan::interface(SEED, rules, v6_percent(family))
        });
        let name = format!("{}/{rules}/{kind}", short(family));
        Self::new(name, world, family, traffic)
    }

    fn new(name: String, world: World, family: Family, traffic: Traffic) -> Self {
        let flows = world.flows(traffic, family, FLOWS, SEED);
        Self { name, world, flows }
    }

    /// Returns the flows for the reference: the first few.
    #[must_use]
    pub fn reference_flows(&self) -> &[Flow] {
        &self.flows[..REFERENCE_FLOWS]
    }

    /// Checks that `decide` gives the committed answers about all flows, and
    /// returns those about the [`Workload::reference_flows`].
    ///
    /// # Panics
    ///
    /// Panics when it does not.
    pub fn check(&self, decide: impl Fn(&[Flow], &mut [Answer])) -> Vec<Answer> {
        let mut answers = no_answers(self.flows.len());
        decide(&self.flows, &mut answers);
        let sum = checksum::of_answers(&answers);
        assert_eq!(
            format!("{sum:#018x}"),
            format!("{:#018x}", expected(&self.name)),
            "checksum of {}",
            self.name
        );
        answers.truncate(REFERENCE_FLOWS);
        answers
    }
}

/// Returns room for answers.
#[must_use]
pub fn no_answers(count: usize) -> Vec<Answer> {
    vec![Answer::Judged(Sides::default()); count]
}

fn short(family: Family) -> &'static str {
    match family {
        Family::V4 => "v4",
        Family::V6 => "v6",
    }
}

fn v6_percent(family: Family) -> usize {
    match family {
        Family::V4 => 0,
        Family::V6 => 100,
    }
}

#[cfg(test)]
mod tests {
    use secgroup_matcher::{Engine, Matcher};
    use secgroup_replay::Judge;

    use super::*;
    use crate::RULE_COUNTS;

    #[test]
    fn every_engine_and_the_reference_give_the_committed_answers() {
        for family in [Family::V4, Family::V6] {
            let mut workloads: Vec<Workload> = RULE_COUNTS
                .iter()
                .map(|rules| Workload::interface(family, *rules, Traffic::Mixed))
                .collect();
            workloads.push(Workload::interface(family, 1_000, Traffic::HitFirst));
            workloads.push(Workload::interface(family, 1_000, Traffic::DeepMiss));
            workloads.push(Workload::all_priorities_equal(family, 1_000));
            workloads.push(Workload::fleet(family));
            for workload in workloads {
                let World {
                    snapshot,
                    semantics,
                    ..
                } = &workload.world;
                let reference = Judge::Reference {
                    snapshot,
                    semantics: *semantics,
                };
                let mut wanted = no_answers(REFERENCE_FLOWS);
                reference.decide(workload.reference_flows(), &mut wanted);
                for engine in Engine::ALL {
                    let matcher = Matcher::compile(snapshot, semantics, engine);
                    let answers = workload.check(|flows, answers| matcher.decide(flows, answers));
                    assert!(answers == wanted, "{engine} on {}", workload.name);
                }
            }
        }
    }
}
