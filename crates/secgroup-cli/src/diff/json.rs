//! What changes between two configurations, as JSON.

use secgroup_analysis::{Change, Decider};
use secgroup_replay::Conversation;
use secgroup_report::protocol_name;
use serde::Serialize;

use super::compared::Compared;
use super::traffic::Seen;
use crate::config::Config;
use crate::regions::{self, BoxJson, DeciderJson};

/// All changes as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct DiffJson {
    differs: bool,
    /// All, or with traffic those with some, most first.
    changes: Vec<ChangeJson>,
    /// Those without traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<Vec<ChangeJson>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic: Option<TrafficJson>,
}

#[derive(Debug, Serialize)]
struct ChangeJson {
    interface: String,
    direction: String,
    flows: BoxJson,
    old: Option<DeciderJson>,
    new: Option<DeciderJson>,
    why: Option<&'static str>,
    witness: secgroup_report::FlowJson,
    old_verdict: &'static str,
    new_verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<SeenJson>,
}

/// Where all traffic went; `evaluated` is the sum of the next three.
#[derive(Debug, Serialize)]
struct TrafficJson {
    evaluated: SeenJson,
    inside: SeenJson,
    outside: SeenJson,
    apart: SeenJson,
    skipped: u64,
}

#[derive(Debug, Serialize)]
struct SeenJson {
    flows: u64,
    packets: u64,
    bytes: u64,
    changed_flows: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
    example: Option<ExampleJson>,
}

#[derive(Debug, Serialize)]
struct ExampleJson {
    src_ip: String,
    dst_ip: String,
    protocol: String,
    dst_port: Option<u16>,
}

impl SeenJson {
    fn new(seen: &Seen) -> Self {
        let count = &seen.count;
        let example = |one: Conversation| ExampleJson {
            src_ip: one.source.to_string(),
            dst_ip: one.destination.to_string(),
            protocol: protocol_name(one.protocol).into_owned(),
            dst_port: one.port,
        };
        Self {
            flows: count.flows,
            packets: count.packets,
            bytes: count.bytes,
            changed_flows: seen.changed,
            first_seen: count.first_seen.map(|time| time.to_string()),
            last_seen: count.last_seen.map(|time| time.to_string()),
            example: seen.example.map(example),
        }
    }
}

impl Compared<'_> {
    /// Returns changes as JSON.
    pub(crate) fn json(&self, changes: &[Change]) -> DiffJson {
        let (told, silent) = self.told(changes);
        let all = |places: &[usize]| -> Vec<ChangeJson> {
            let places = places.iter();
            places
                .map(|at| self.change_json(&changes[*at], self.seen(*at)))
                .collect()
        };
        DiffJson {
            differs: !changes.is_empty(),
            changes: all(&told),
            silent: self.traffic.map(|_| all(&silent)),
            traffic: self.traffic.map(|traffic| TrafficJson {
                evaluated: SeenJson::new(&traffic.evaluated()),
                inside: SeenJson::new(&traffic.inside),
                outside: SeenJson::new(&traffic.outside),
                apart: SeenJson::new(&traffic.apart),
                skipped: traffic.skipped,
            }),
        }
    }

    fn change_json(&self, change: &Change, seen: Option<&Seen>) -> ChangeJson {
        let (flow, outcomes) = self.example(change);
        let side = |config: &Config, side: &Option<Decider>| {
            let side = side.as_ref();
            side.map(|side| DeciderJson::new(&config.snapshot, change.direction, side))
        };
        ChangeJson {
            interface: change.interface.to_string(),
            direction: change.direction.to_string(),
            flows: BoxJson::new(&change.flows),
            old: side(self.old, &change.old),
            new: side(self.new, &change.new),
            why: self.why(change),
            witness: regions::flow_json(self.snapshot(change), &flow),
            old_verdict: outcomes[0].name(),
            new_verdict: outcomes[1].name(),
            seen: seen.map(SeenJson::new),
        }
    }
}
