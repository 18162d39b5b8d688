//! `secgroup gen`: workloads from a seed.
//!
//! What they are like is decided in `secgroup-gen`; here it is told how much of
//! them is wanted, and they go to where they are wanted.

use std::io::{self, IsTerminal, Write};
use std::num::{NonZeroU8, NonZeroU16};
use std::path::Path;
use std::sync::atomic::Ordering;

use secgroup_gen::trace::Form;
use secgroup_gen::{Filter, FilterPlan, Plan, Style, World, capture, config, flow_list, trace};
use secgroup_model::Family;

use crate::args::{
    CommonArguments, GenArguments, GroupArguments, SnapshotArguments, StyleName, TraceArguments,
    TraceFormat, Workload,
};
use crate::config::bytes;
use crate::failure::{Exit, Failure};
use crate::output::{Output, refuse_overwriting};
use crate::signals::Signals;

/// Makes the workload and says how the program ends.
pub(crate) fn run(arguments: &GenArguments) -> Result<Exit, Failure> {
    match &arguments.workload {
        Workload::Interface(one) => {
            let plan = plan(&one.common, 1, None, one.rules, &one.groups)?;
            write(&one.common, |output| config::write(&plan, output))
        }
        Workload::Fleet(fleet) => {
            let (interfaces, sets) = (fleet.interfaces, fleet.sets);
            let plan = plan(&fleet.common, interfaces, sets, fleet.rules, &fleet.groups)?;
            write(&fleet.common, |output| config::write(&plan, output))
        }
        Workload::Classbench(set) => {
            let plan = FilterPlan {
                seed: set.common.seed,
                style: style(set.style),
                family: if set.ipv6 { Family::V6 } else { Family::V4 },
                filters: size(set.rules),
            };
            write(&set.common, |output| {
                let mut filters = plan.filters().into_iter();
                filters.try_for_each(|filter| output.write_all(format!("{filter}\n").as_bytes()))
            })
        }
        Workload::Trace(headers) => write_trace(headers),
        Workload::Capture(packets) => {
            refuse_terminal(&packets.common, "a capture")?;
            let (common, count) = (&packets.common, packets.packets);
            write_traffic(common, &packets.snapshot, |world, v6_percent, output| {
                capture::write(world, count, v6_percent, common.seed, output)
            })
        }
        Workload::Flows(rows) => {
            let (common, count) = (&rows.common, rows.rows);
            write_traffic(common, &rows.snapshot, |world, v6_percent, output| {
                flow_list::write(world, count, v6_percent, common.seed, output)
            })
        }
    }
}

fn plan(
    common: &CommonArguments,
    interfaces: u16,
    sets: Option<u16>,
    rules: u32,
    groups: &GroupArguments,
) -> Result<Plan, Failure> {
    const WHY: &str = "the command line takes none";
    let sets = sets.unwrap_or(interfaces);
    if interfaces < sets {
        let message = format!("--sets {sets}: there are only {interfaces} interfaces to have them");
        return Err(Failure::usage(message));
    }
    Ok(Plan {
        interfaces: NonZeroU16::new(interfaces).expect(WHY),
        sets: NonZeroU16::new(sets).expect(WHY),
        groups: NonZeroU8::new(groups.groups).expect(WHY),
        ..Plan::interface(common.seed, size(rules), groups.v6_percent.into())
    })
}

fn size(rules: u32) -> usize {
    usize::try_from(rules).expect("at most a million")
}

fn style(name: StyleName) -> Style {
    match name {
        StyleName::Acl => Style::Acl,
        StyleName::Fw => Style::Fw,
        StyleName::Ipc => Style::Ipc,
    }
}

fn write_trace(arguments: &TraceArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let form = match arguments.format {
        TraceFormat::Binary => Form::Binary,
        TraceFormat::Text => Form::Text,
    };
    if form == Form::Binary {
        refuse_terminal(common, "a binary trace")?;
    }
    let written = common
        .output
        .iter()
        .map(|path| ("--output", path.as_path()));
    let written: Vec<(&str, &Path)> = written.collect();
    refuse_overwriting(&[&arguments.rules], &written, common.output.is_none())?;
    let filters = filters(&arguments.rules)?;
    write(common, |output| {
        trace::write(&filters, arguments.headers, form, common.seed, output)
    })
}

/// Reads a filter set.
fn filters(path: &Path) -> Result<Vec<Filter>, Failure> {
    let name = path.display();
    let bad = |problem: String| Failure::bad_input(vec![format!("{name}: {problem}")]);
    let bytes = bytes(path).map_err(bad)?;
    let text = String::from_utf8(bytes).map_err(|_| bad("is not UTF-8 text".to_owned()))?;
    Filter::parse_set(&text).map_err(|problems| {
        let problems = problems.iter();
        let lines = problems.map(|(line, problem)| format!("{name}:{line}: {problem}"));
        Failure::bad_input(lines.collect())
    })
}

/// Writes traffic, and the snapshot it is made for where that is wanted.
fn write_traffic(
    common: &CommonArguments,
    snapshot: &SnapshotArguments,
    traffic: impl FnOnce(&World, usize, &mut Stoppable<'_>) -> io::Result<()>,
) -> Result<Exit, Failure> {
    let (interfaces, sets) = (snapshot.interfaces, snapshot.sets);
    let plan = plan(common, interfaces, sets, snapshot.rules, &snapshot.groups)?;
    let written = [("--output", &common.output), ("--config", &snapshot.config)];
    let written: Vec<(&str, &Path)> = written
        .into_iter()
        .filter_map(|(option, path)| Some((option, path.as_deref()?)))
        .collect();
    refuse_overwriting(&[], &written, common.output.is_none())?;
    let signals = Signals::listen()?;
    let output = Output::open(common.output.as_deref())?;
    if let Some(path) = &snapshot.config {
        let output = Output::open(Some(path))?;
        let ended = write_to(output, &signals, |output| config::write(&plan, output))?;
        if ended != Exit::Done {
            return Ok(ended);
        }
    }
    let world = World::new(&plan);
    write_to(output, &signals, |output| {
        traffic(&world, plan.v6_percent, output)
    })
}

/// Writes a workload that is one file.
fn write(
    common: &CommonArguments,
    workload: impl FnOnce(&mut Stoppable<'_>) -> io::Result<()>,
) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let output = Output::open(common.output.as_deref())?;
    write_to(output, &signals, workload)
}

/// Writes to an output. When a signal comes, standard output ends behind a whole
/// row, and a file does not appear.
fn write_to(
    mut output: Output,
    signals: &Signals,
    workload: impl FnOnce(&mut Stoppable<'_>) -> io::Result<()>,
) -> Result<Exit, Failure> {
    let mut stoppable = Stoppable {
        output: &mut output,
        signals,
    };
    let written = workload(&mut stoppable);
    if written.is_err()
        && let Some(exit) = signals.exit()
    {
        output.flush().map_err(|error| output.failure(&error))?;
        return Ok(exit);
    }
    written.map_err(|error| output.failure(&error))?;
    output.finish()?;
    Ok(Exit::Done)
}

/// An output that takes nothing more once a signal has come. Generators hand
/// rows over in one piece, so what was taken are whole ones.
struct Stoppable<'a> {
    output: &'a mut Output,
    signals: &'a Signals,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.signals.came.load(Ordering::Relaxed) {
            // Not `Interrupted`, after which `write_all` would try again.
            return Err(io::Error::other("ended by a signal"));
        }
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Refuses to write bytes that are no text to a terminal.
fn refuse_terminal(common: &CommonArguments, what: &str) -> Result<(), Failure> {
    let standard = common
        .output
        .as_deref()
        .is_none_or(|path| path == Path::new("-"));
    if standard && io::stdout().is_terminal() {
        let message = format!("{what} is not for a terminal; name a file with --output");
        return Err(Failure::usage(message));
    }
    Ok(())
}
