//! Who and what had the most traffic, dropped and accepted.

use secgroup_replay::{Count, Ranking};
use secgroup_report::protocol_name;
use serde::Serialize;

use super::Traffic;

/// How many lines each list has.
const MOST: usize = 10;

/// The greatest of one verdict.
#[derive(Debug, Serialize)]
pub(super) struct Top {
    verdict: &'static str,
    lists: Vec<List>,
    /// What was not told apart: no count is too low by more than that.
    beyond: Traffic,
}

/// One list.
#[derive(Debug, Serialize)]
struct List {
    of: &'static str,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    count: Traffic,
}

impl Top {
    /// Lists what is greatest; nothing where nothing was ranked.
    pub(super) fn of(verdict: &'static str, ranking: &Ranking) -> Option<Self> {
        let talkers = ranking.talkers(MOST);
        if talkers.is_empty() {
            return None;
        }
        let talkers = lines(&talkers, |source| source.to_string());
        let ports = lines(&ranking.ports(MOST), |(protocol, port)| {
            let protocol = protocol_name(*protocol);
            match port {
                Some(port) => format!("{protocol} {port}"),
                None => protocol.into_owned(),
            }
        });
        let pairs = lines(&ranking.pairs(MOST), |(source, destination)| {
            format!("{source} → {destination}")
        });
        let list = |of, lines| List { of, lines };
        Some(Self {
            verdict,
            lists: vec![
                list("senders", talkers),
                list("services", ports),
                list("pairs", pairs),
            ],
            beyond: ranking.beyond().into(),
        })
    }
}

fn lines<K>(all: &[(K, Count)], name: impl Fn(&K) -> String) -> Vec<Line> {
    let lines = all.iter().map(|(key, count)| Line {
        name: name(key),
        count: count.into(),
    });
    lines.collect()
}
