//! What another configuration would judge differently.

use secgroup_replay::Difference;
use secgroup_report::protocol_name;
use serde::Serialize;

use super::{MOST_ROWS, Traffic};
use crate::replay::Found;
use crate::replay::attribution::Named;

/// All flows that get another verdict.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    count: Traffic,
    pairs: Vec<Pair>,
    pairs_total: usize,
    /// Flows of pairs that were not told apart.
    beyond: u64,
}

/// Flows about which the same decides now, and the same then.
#[derive(Debug, Serialize)]
struct Pair {
    count: Traffic,
    now: Verdict,
    then: Verdict,
    example: String,
}

#[derive(Debug, Serialize)]
struct Verdict {
    verdict: &'static str,
    by: String,
}

impl Changed {
    /// Tells what changes; nothing where no second configuration was asked.
    pub(super) fn of(found: &Found<'_>) -> Option<Self> {
        let differences = found.done.report.differences.as_ref()?;
        let pairs = differences.pairs();
        Some(Self {
            count: (&differences.total()).into(),
            pairs_total: pairs.len(),
            pairs: (pairs.iter().take(MOST_ROWS))
                .map(|pair| Pair::of(found, pair))
                .collect(),
            beyond: differences.beyond().flows,
        })
    }
}

impl Pair {
    fn of(found: &Found<'_>, pair: &Difference) -> Self {
        let example = &pair.example;
        let port = example.port.map(|port| format!(" port {port}"));
        Self {
            count: (&pair.count).into(),
            now: verdict(&found.name(&pair.from), pair.elsewhere),
            then: verdict(&found.name(&pair.to), pair.elsewhere),
            example: format!(
                "{} {} → {}{}",
                protocol_name(example.protocol),
                example.source,
                example.destination,
                port.unwrap_or_default()
            ),
        }
    }
}

fn verdict(named: &Named<'_>, elsewhere: bool) -> Verdict {
    Verdict {
        verdict: named.verdict,
        by: named.by_perhaps_elsewhere(elsewhere),
    }
}
