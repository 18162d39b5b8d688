//! `secgroup diff`: every flow with another verdict.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use secgroup_analysis::{Change, Decider, Diff, Judged, TooComplex, witness};
use secgroup_model::{
    Action, DecidedBy, Direction, Flow, NetworkInterfaceId, Outcome, Query, Snapshot, evaluate,
};
use serde::Serialize;

use crate::args::{DiffArguments, ReportFormat};
use crate::config::Config;
use crate::effective::{open, write_json};
use crate::failure::{Exit, Failure};
use crate::progress::Steps;
use crate::regions::{self, BoxJson, DeciderJson, Known};

/// Up to how many regions the text shows.
const MOST: usize = 200;

/// Compares two configurations.
pub(crate) fn run(arguments: &DiffArguments) -> Result<Exit, Failure> {
    let (before, after) = (
        arguments.config(&arguments.old),
        arguments.config(&arguments.new),
    );
    let after_files = after.paths()?;
    let after_paths: Vec<_> = after_files
        .iter()
        .map(std::path::PathBuf::as_path)
        .collect();
    let mut output = open(&before, &arguments.report, &after_paths)?;
    let (old, new) = (Config::load(&before)?, Config::load(&after)?);
    let changes = compare(&old, &new, arguments.quiet).map_err(Failure::system)?;
    let compared = Compared {
        old: &old,
        new: &new,
    };
    let written = match arguments.report.format {
        ReportFormat::Text => output.write_all(compared.text(&changes).as_bytes()),
        ReportFormat::Json => write_json(&mut output, &compared.json(&changes)),
    };
    written.map_err(|error| output.failure(&error))?;
    output.finish()?;
    Ok(exit(&changes))
}

/// What changes at one interface.
type Found = Result<Vec<Change>, TooComplex>;

/// Compares interface by interface, on all cores; the order of the result is
/// that of the ids.
pub(crate) fn compare(old: &Config, new: &Config, quiet: bool) -> Result<Vec<Change>, TooComplex> {
    let of = || Diff::new(judged(old), judged(new));
    let ids: Vec<NetworkInterfaceId> = of().interfaces().into_keys().collect();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<(usize, Found)>> = Mutex::default();
    let mut steps = Steps::start("interfaces", quiet);
    let work = |own: &mut Diff<'_>, watch: &mut dyn FnMut()| loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(id) = ids.get(at) else {
            break;
        };
        let both = [Direction::Ingress, Direction::Egress].map(|direction| own.at(id, direction));
        let changes: Result<Vec<_>, _> = both.into_iter().collect();
        let changes = changes.map(|all| all.concat());
        if let Ok(mut results) = results.lock() {
            results.push((at, changes));
        }
        done.fetch_add(1, Ordering::Relaxed);
        watch();
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(ids.len()) {
            scope.spawn(|| work(&mut of(), &mut || {}));
        }
        work(&mut of(), &mut || {
            steps.set(done.load(Ordering::Relaxed), ids.len());
        });
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(at, _)| *at);
    let all: Result<Vec<_>, TooComplex> = results.into_iter().map(|(_, one)| one).collect();
    all.map(|all| all.concat())
}

fn judged(config: &Config) -> Judged<'_> {
    Judged {
        snapshot: &config.snapshot,
        semantics: &config.semantics,
    }
}

/// Says by the exit code whether something changes.
pub(crate) fn exit(changes: &[Change]) -> Exit {
    let open = |side: &Option<Decider>| side.is_some_and(|one| one.unless.is_some());
    let certain = |one: &Change| !open(&one.old) && !open(&one.new);
    if changes.iter().any(certain) {
        Exit::No
    } else if changes.is_empty() {
        Exit::Done
    } else {
        Exit::Inconclusive
    }
}

/// Two configurations, to tell what changes between them.
pub(crate) struct Compared<'a> {
    pub(crate) old: &'a Config,
    pub(crate) new: &'a Config,
}

impl Compared<'_> {
    /// Returns a flow of a region, and what becomes of it from end to end.
    fn example(&self, change: &Change) -> (Flow, [Option<Outcome>; 2]) {
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
        let (before, after) = (of(self.old), of(self.new));
        let outcomes = [judge(self.old, before), judge(self.new, after)];
        let flow = after
            .or(before)
            .unwrap_or_else(|| witness(&change.flows, None));
        (flow, outcomes)
    }

    /// Writes changes for people.
    pub(crate) fn text(&self, changes: &[Change]) -> String {
        let mut text = String::new();
        if changes.is_empty() {
            return "no flow gets another verdict\n".to_owned();
        }
        // Writing to a string cannot fail.
        for change in changes.iter().take(MOST) {
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
            let _ = writeln!(text, "{interface} {direction}: {words}{why}  {flows}");
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
            let name = |one: Option<Outcome>| one.map_or("outside", Outcome::name);
            let _ = writeln!(
                text,
                "  example  {}  from end to end {} -> {}",
                Query::from(flow),
                name(outcomes[0]),
                name(outcomes[1])
            );
        }
        let more = if changes.len() > MOST {
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
        text
    }

    /// Says what is special about a change, if something is.
    fn why(&self, change: &Change) -> Option<&'static str> {
        let rule = |config: &Config, side: &Option<Decider>| match side.as_ref()?.by {
            DecidedBy::Rule(rule) => {
                let rule = config.snapshot.rule(rule).rule();
                Some((rule.priority, rule.action))
            }
            _ => None,
        };
        let intra = |side: &Option<Decider>| {
            side.is_some_and(|side| matches!(side.by, DecidedBy::IntraGroup(_)))
        };
        let (old, new) = (rule(self.old, &change.old), rule(self.new, &change.new));
        match (old, new) {
            _ if intra(&change.new) && !intra(&change.old) => Some("intra-group access gained"),
            _ if intra(&change.old) && !intra(&change.new) => Some("intra-group access lost"),
            (Some((priority, Action::Accept)), Some((same, Action::Drop))) if priority == same => {
                Some("tie won by a drop")
            }
            _ => None,
        }
    }

    /// Returns the snapshot that has the interface of a change.
    fn snapshot(&self, change: &Change) -> &Snapshot {
        let new = &self.new.snapshot;
        if new.find_interface(&change.interface).is_some() {
            new
        } else {
            &self.old.snapshot
        }
    }

    /// Returns changes as JSON.
    pub(crate) fn json(&self, changes: &[Change]) -> DiffJson {
        let change = |one: &Change| {
            let (flow, outcomes) = self.example(one);
            let side = |config: &Config, side: &Option<Decider>| {
                let side = side.as_ref();
                side.map(|side| DeciderJson::new(&config.snapshot, one.direction, side))
            };
            ChangeJson {
                interface: one.interface.to_string(),
                direction: one.direction.to_string(),
                flows: BoxJson::new(&one.flows),
                old: side(self.old, &one.old),
                new: side(self.new, &one.new),
                why: self.why(one),
                witness: regions::flow_json(self.snapshot(one), &flow),
                old_verdict: outcomes[0].map(Outcome::name),
                new_verdict: outcomes[1].map(Outcome::name),
            }
        };
        DiffJson {
            differs: !changes.is_empty(),
            changes: changes.iter().map(change).collect(),
        }
    }
}

/// All changes as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct DiffJson {
    differs: bool,
    changes: Vec<ChangeJson>,
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
    old_verdict: Option<&'static str>,
    new_verdict: Option<&'static str>,
}
