//! Exact answers about all flows of ECS security groups at once.
//!
//! Which rule can never decide, who reaches port 3306 from the Internet, what
//! a change changes: nothing here is sampled, and every answer carries a flow
//! that the reference evaluator of `secgroup-model` confirms. This crate knows
//! no file, prints nothing, and never asks the matcher; it lowers rules by
//! itself and shares with the reference only the model's types.
//!
//! A set of flows is a diagram over intervals (`diagram`), which makes
//! equality a comparison of numbers. What an interface does with every flow is
//! such a diagram, too (`hop`), with what decides at its ends. Everything else
//! combines and reads those.

mod addresses;
mod assertion;
mod decider;
mod diagram;
mod diff;
mod edit;
mod flip;
mod flow_box;
mod flow_set;
mod hop;
mod interval;
mod lint;
mod lower;
mod minimize;
mod mutant;
mod policy;
mod port_class;
mod search;
mod sides;
mod space;
mod witness;
mod workers;

pub use assertion::{Assertion, Expected, Held, Tried, assert};
pub use decider::Decider;
pub use diagram::{MOST_EDGES, TooComplex};
pub use diff::{Change, Diff, Judged, diff};
pub use edit::{with_membership, with_rules};
pub use flip::{FlowField, JudgedFlow, OtherFlow, RuleEdit};
pub use flow_box::{FlowBox, address_texts, number_texts, protocol_texts, shortened};
pub use flow_set::{FlowSet, FlowSets};
pub use hop::Window;
pub use interval::Intervals;
pub use lint::{About, Finding, LINTS, Lint, Quotas, Severity, Witness, lint};
pub use minimize::{Minimized, NotMinimized, minimize};
pub use mutant::{Mutant, mutants};
pub use search::{End, Passage, Search, search};
pub use sides::{Effective, Region, Side, effective};
pub use space::{address, internet, number};
pub use witness::witness;
pub use workers::{MOST_WORKERS, Workers};
