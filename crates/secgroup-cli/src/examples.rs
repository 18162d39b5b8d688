//! Examples of what a command tells, judged once more by an engine.
//!
//! Commands about all flows at once work with regions; each region has a flow
//! that stands for it. An engine that judges that flow shares no algorithm with
//! the regions, so that either both are right or one shows that the other is not.

use secgroup_analysis::{Change, Decider, Effective, Passage, witness};
use secgroup_matcher::{Answer, Sides};
use secgroup_model::{
    Action, DecidedBy, Direction, Flow, InterfaceIndex, Outcome, Query, Snapshot,
};

use crate::args::EngineName;
use crate::config::Config;
use crate::failure::Failure;

/// Flows, and what was told of them. What hangs on something missing is told of
/// none.
#[derive(Debug, Default)]
pub(crate) struct Examples {
    flows: Vec<Flow>,
    told: Vec<Told>,
}

/// What was told of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// What becomes of it from end to end.
    Whole(Outcome),
    /// What an interface does in one direction; nothing if the flow does not cross
    /// it.
    Side(InterfaceIndex, Direction, Option<Does>),
}

/// What is done, and why where that was told, too.
type Does = (Action, Option<DecidedBy>);

impl Examples {
    /// Adds what becomes of a flow from end to end.
    pub(crate) fn whole(&mut self, flow: Flow, outcome: Outcome) {
        if outcome != Outcome::Depends {
            self.add(flow, Told::Whole(outcome));
        }
    }

    /// Adds what an interface does with a flow.
    pub(crate) fn side(
        &mut self,
        flow: Flow,
        interface: InterfaceIndex,
        direction: Direction,
        does: Option<Does>,
    ) {
        self.add(flow, Told::Side(interface, direction, does));
    }

    /// Adds the regions of an interface, with what decides or without.
    pub(crate) fn effective(
        &mut self,
        snapshot: &Snapshot,
        interface: InterfaceIndex,
        found: &Effective,
        with_deciders: bool,
    ) {
        let network = snapshot.interface(interface).network();
        for (direction, side) in [
            (Direction::Ingress, &found.ingress),
            (Direction::Egress, &found.egress),
        ] {
            for region in side.regions.iter().filter(|one| is_certain(&one.decider)) {
                let flow = witness(&region.flows, Some(network));
                let Decider { action, by, .. } = region.decider;
                let does = (action, with_deciders.then_some(by));
                self.side(flow, interface, direction, Some(does));
            }
        }
    }

    /// Adds flows between two ends.
    pub(crate) fn passages<'p>(&mut self, passages: impl IntoIterator<Item = &'p Passage>) {
        for one in passages {
            self.whole(witness(&one.flows, Some(one.network)), one.outcome());
        }
    }

    /// Adds what changes between two configurations, as one of them has it.
    pub(crate) fn changes(
        &mut self,
        snapshot: &Snapshot,
        changes: &[Change],
        own: impl Fn(&Change) -> Option<Decider>,
    ) {
        for change in changes {
            // A snapshot without the interface knows nothing of the flow.
            let Some(interface) = snapshot.find_interface(&change.interface) else {
                continue;
            };
            let decider = own(change);
            if decider.as_ref().is_none_or(is_certain) {
                let network = snapshot.interface(interface).network();
                let flow = witness(&change.flows, Some(network));
                let does = decider.map(|one| (one.action, Some(one.by)));
                self.side(flow, interface, change.direction, does);
            }
        }
    }

    fn add(&mut self, flow: Flow, told: Told) {
        self.flows.push(flow);
        self.told.push(told);
    }

    /// Judges all of them.
    ///
    /// # Errors
    ///
    /// Names the first one that the engine says something else about.
    pub(crate) fn confirm(&self, config: &Config, engine: EngineName) -> Result<(), Failure> {
        let judge = engine.judge(&config.snapshot, &config.semantics);
        let mut answers = vec![Answer::Judged(Sides::default()); self.flows.len()];
        judge.decide(&self.flows, &mut answers);
        for ((flow, told), answer) in self.flows.iter().zip(&self.told).zip(answers) {
            if !told.agrees(&answer) {
                let query = Query::from(*flow);
                return Err(Failure::system(format!(
                    "the engine `{}` and the regions disagree about {query}; this is a bug of \
                     secgroup, please report it with the configuration",
                    engine
                        .matcher()
                        .map_or_else(|| "reference".to_owned(), |one| one.to_string())
                )));
            }
        }
        Ok(())
    }
}

impl Told {
    fn agrees(&self, answer: &Answer) -> bool {
        let Answer::Judged(sides) = answer else {
            return false;
        };
        match self {
            Self::Whole(outcome) => sides.outcome() == *outcome,
            Self::Side(interface, direction, does) => {
                let side = match direction {
                    Direction::Ingress => sides.ingress,
                    Direction::Egress => sides.egress,
                };
                let side = side.filter(|side| side.interface == *interface);
                match (side, does) {
                    (Some(side), Some((action, by))) => {
                        side.action == *action && by.is_none_or(|by| side.by == by)
                    }
                    (side, does) => side.is_none() && does.is_none(),
                }
            }
        }
    }
}

/// Tells whether nothing missing may make it otherwise.
fn is_certain(decider: &Decider) -> bool {
    decider.unless.is_none()
}

#[cfg(test)]
mod tests {
    use secgroup_model::{Endpoints, Protocol, Semantics, SnapshotBuilder, Transport};

    use super::*;

    #[test]
    fn what_an_engine_says_otherwise_is_named_and_what_is_open_is_not_asked() {
        let semantics = Semantics::default();
        let empty = SnapshotBuilder::new().build(&semantics).unwrap();
        let config = Config::of(empty.snapshot, semantics);
        let [source, destination] = [[203, 0, 113, 9], [10, 0, 0, 1]].map(std::net::IpAddr::from);
        let endpoints = Endpoints::new(source, destination).unwrap();
        let ports = Transport::Ports {
            source: 49152,
            destination: 443,
        };
        let flow = Flow::new(endpoints, Protocol::TCP, ports);
        let confirm = |outcome, engine| {
            let mut examples = Examples::default();
            examples.whole(flow, outcome);
            examples.confirm(&config, engine)
        };
        for engine in [EngineName::Compiled, EngineName::Reference] {
            // Nobody has either address.
            assert!(confirm(Outcome::Outside, engine).is_ok());
            assert!(confirm(Outcome::Depends, engine).is_ok());
            let failure = confirm(Outcome::Accept, engine).unwrap_err();
            assert!(format!("{failure:?}").contains("disagree about tcp 203.0.113.9:49152"));
        }
        let mut examples = Examples::default();
        let interface = InterfaceIndex::default();
        examples.side(flow, interface, Direction::Ingress, None);
        assert!(examples.confirm(&config, EngineName::Scan).is_ok());
        examples.side(
            flow,
            interface,
            Direction::Ingress,
            Some((Action::Drop, None)),
        );
        assert!(examples.confirm(&config, EngineName::Scan).is_err());
    }
}
