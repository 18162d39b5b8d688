//! What observed traffic says about the regions of a diff.
//!
//! Records are judged under the old configuration, as `replay` does; each is
//! then looked up in the regions of the interfaces at its ends, under either
//! configuration. What is counted here is input of the ranking only: which
//! flows change is known without it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Mutex;

use secgroup_analysis::Change;
use secgroup_matcher::{Answer, Engine, Matcher, Sides};
use secgroup_model::{
    Direction, Family, Flow, IcmpMessage, NetworkInterfaceId, Protocol, Scope, Snapshot, Transport,
    VpcId,
};
use secgroup_replay::{Conversation, Count, Mode, Row, Sink, Source};

use crate::args::{self, CommonArguments, InputFormat, ObservedArguments};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::replay::inputs::Input;
use crate::replay::{Job, columns};

/// Traffic in one region, or in several together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(super) count: Count,
    /// How many of the flows get another verdict from end to end.
    pub(super) changed: u64,
    /// One of the flows, the least of them.
    pub(super) example: Option<Conversation>,
}

impl Seen {
    fn add(&mut self, one: &Self) {
        self.count.merge(&one.count);
        self.changed += one.changed;
        self.example = match (self.example, one.example) {
            (Some(own), Some(more)) => Some(own.min(more)),
            (own, more) => own.or(more),
        };
    }
}

/// All traffic, by region. Every evaluated record is in one of `inside`,
/// `outside` and `apart`; in the regions it may be twice, at its sender and
/// at its receiver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic {
    /// By the place of the region among the changes; those without are absent.
    pub(super) regions: BTreeMap<usize, Seen>,
    /// What is in some region.
    pub(super) inside: Seen,
    /// What is in none.
    pub(super) outside: Seen,
    /// What regions do not speak of (9.60): later fragments whose first was not
    /// seen, and what a load balancer forwards.
    pub(super) apart: Seen,
    /// How many records were not judged.
    pub(super) skipped: u64,
    /// How the program ends, if the inputs settle that.
    pub(super) exit: Option<Exit>,
}

impl Traffic {
    /// Adds what another part of the records gave.
    fn merge(&mut self, other: &Self) {
        for (at, more) in &other.regions {
            self.regions.entry(*at).or_default().add(more);
        }
        self.inside.add(&other.inside);
        self.outside.add(&other.outside);
        self.apart.add(&other.apart);
    }

    /// Returns everything that was judged.
    pub(super) fn evaluated(&self) -> Seen {
        let mut all = self.inside.clone();
        all.add(&self.outside);
        all.add(&self.apart);
        all
    }

    /// Returns the places of regions with traffic, those with the most first.
    pub(super) fn ranked(&self) -> Vec<usize> {
        let mut seen: Vec<usize> = self.regions.keys().copied().collect();
        seen.sort_by_key(|at| {
            let Count {
                flows,
                packets,
                bytes,
                ..
            } = self.regions[at].count;
            (std::cmp::Reverse((flows, packets, bytes)), *at)
        });
        seen
    }
}

/// Replays the observed traffic and looks it up in the regions.
pub(super) fn observe(
    old: &Config,
    new: &Config,
    changes: &[Change],
    (arguments, inputs): (&ObservedArguments, &[Input]),
    common: CommonArguments,
) -> Result<Traffic, Failure> {
    let format = arguments.input_format.map(InputFormat::records);
    let names = columns(&arguments.columns)?;
    let named = |input: &Input| Source {
        format,
        columns: names.clone(),
        ..input.source()
    };
    let mode = match arguments.mode {
        None => Mode::ByInput,
        Some(args::Mode::Packets) => Mode::Packets,
        Some(args::Mode::Sessions) => Mode::Sessions,
    };
    let job = Job {
        skip_bad: Some(arguments.skip_bad),
        ..Job::of(inputs.iter().map(named).collect(), mode, common)
    };
    let mut watch = Watch {
        changes,
        places: places(changes),
        snapshot: &new.snapshot,
        matcher: Matcher::compile(&new.snapshot, &new.semantics, Engine::Compiled),
        found: Mutex::default(),
    };
    let done = job.run(old, Some(&mut watch))?;
    let mut found = watch
        .found
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    found.skipped = done.report.skipped();
    found.exit = done.exit();
    Ok(found)
}

/// The regions of an interface in a direction, as a range of all.
type Places<'a> = BTreeMap<(&'a NetworkInterfaceId, bool), Range<usize>>;

fn places(changes: &[Change]) -> Places<'_> {
    let mut places: Places<'_> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        let key = (&change.interface, change.direction == Direction::Egress);
        // Those of one interface and direction follow each other.
        places.entry(key).or_insert(at..at).end = at + 1;
    }
    places
}

/// Looks up rows while they are judged.
struct Watch<'a> {
    changes: &'a [Change],
    places: Places<'a>,
    /// The new configuration.
    snapshot: &'a Snapshot,
    matcher: Matcher,
    found: Mutex<Traffic>,
}

impl Sink for Watch<'_> {
    fn format(&self, rows: &mut dyn Iterator<Item = Row<'_>>, _output: &mut Vec<u8>) {
        let mut found = Traffic::default();
        for row in rows {
            self.add(&row, &mut found);
        }
        let mut all = self
            .found
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        all.merge(&found);
    }

    fn write(&mut self, _rows: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

impl Watch<'_> {
    fn add(&self, row: &Row<'_>, found: &mut Traffic) {
        let record = row.record;
        let after = self.decide(row);
        let own_outcome = row.sides.outcome();
        let changes = after.is_some_and(|sides| sides.outcome() != own_outcome);
        let seen = Seen {
            count: Count {
                flows: 1,
                packets: record.packets,
                bytes: record.bytes,
                first_seen: record.timestamp,
                last_seen: record.last.max(record.timestamp),
            },
            changed: u64::from(changes),
            example: Some(Conversation::from(&record.flow)),
        };
        let Some(flow) = comparable(&record.flow) else {
            found.apart.add(&seen);
            return;
        };
        let mut inside = false;
        for place in self.crossed(row, after.as_ref()) {
            for at in place {
                if self.changes[at].flows.contains(&flow) {
                    found.regions.entry(at).or_default().add(&seen);
                    inside = true;
                }
            }
        }
        let sum = if inside {
            &mut found.inside
        } else {
            &mut found.outside
        };
        sum.add(&seen);
    }

    /// Judges a row under the new configuration, unless nothing says there
    /// which network it is of.
    fn decide(&self, row: &Row<'_>) -> Option<Sides> {
        let scope = match row.text.vpc_id() {
            None => Scope::Unspecified,
            Some(name) => {
                let vpc = VpcId::new(name).ok();
                let network = vpc.and_then(|vpc| self.snapshot.find_vpc(&vpc));
                network.map_or(Scope::Elsewhere, Scope::Network)
            }
        };
        let flow = Flow {
            scope,
            ..row.record.flow
        };
        match self.matcher.decide_one(&flow) {
            Answer::Judged(sides) => Some(sides),
            Answer::Ambiguous(_) => None,
        }
    }

    /// Returns the regions of the interfaces that a row crosses, under either
    /// configuration.
    fn crossed(&self, row: &Row<'_>, after: Option<&Sides>) -> Vec<Range<usize>> {
        let ends = |snapshot: &Snapshot, sides: &Sides| {
            let sides = [(sides.egress, true), (sides.ingress, false)];
            sides.map(|(side, egress)| {
                let id = snapshot.interface(side?.interface).id();
                self.places.get(&(id, egress)).cloned()
            })
        };
        let before = ends(row.snapshot, row.sides);
        let after = after.map_or([None, None], |sides| ends(self.snapshot, sides));
        let mut all: Vec<Range<usize>> = before.into_iter().chain(after).flatten().collect();
        all.sort_by_key(|range| range.start);
        all.dedup();
        all
    }
}

/// Returns a flow as regions speak of it: a record without an ICMP type is
/// judged as a message that nothing is special about, such as an echo request;
/// none where regions do not speak of it (9.60).
fn comparable(flow: &Flow) -> Option<Flow> {
    let family = flow.endpoints.family();
    let echo = match (family, flow.protocol) {
        (Family::V4, Protocol::ICMP) => Some(8),
        (Family::V6, Protocol::ICMPV6) => Some(128),
        _ => None,
    };
    match (flow.transport, echo) {
        _ if flow.via_load_balancer => None,
        (Transport::LaterFragment, _) => None,
        (Transport::Opaque, Some(kind)) => Some(Flow {
            transport: Transport::Icmp(IcmpMessage { kind, code: 0 }),
            ..*flow
        }),
        (Transport::Opaque | Transport::Ports { .. } | Transport::Icmp(_), _) => Some(*flow),
    }
}
