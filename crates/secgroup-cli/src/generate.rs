//! `secgroup gen`: workloads from a seed.
//!
//! What they are like is decided in `secgroup-gen`; here it is told how much of
//! them is wanted, and they go to where they are wanted. `gen filters` alone has
//! no seed; it is in `interface_filters`.

mod interface_filters;

use std::io::{self, IsTerminal, Write};
use std::num::{NonZeroU8, NonZeroU16};
use std::path::Path;
use std::sync::atomic::Ordering;

use secgroup_gen::trace::Form;
use secgroup_gen::{
    Aim, Filter, FilterPlan, Headers, Plan, Style, World, capture, config, flow_list, trace,
};
use secgroup_model::Family;

pub(crate) use interface_filters::in_a_set;

use crate::args::{
    AimName, GenArguments, GroupArguments, SnapshotArguments, StyleName, TraceArguments,
    TraceFormat, Workload,
};
use crate::failure::{Exit, Failure};
use crate::filters;
use crate::output::{Output, refuse_overwriting};
use crate::signals::Signals;

/// Makes the workload and says how the program ends.
pub(crate) fn run(arguments: &GenArguments) -> Result<Exit, Failure> {
    match &arguments.workload {
        Workload::Interface(one) => {
            let plan = plan(one.common.seed, 1, None, one.rules, &one.groups)?;
            write(one.common.output.as_deref(), |output| {
                config::write(&plan, output)
            })
        }
        Workload::Fleet(fleet) => {
            let (common, sets) = (&fleet.common, fleet.sets);
            let (interfaces, rules) = (fleet.interfaces, fleet.rules);
            let plan = plan(common.seed, interfaces, sets, rules, &fleet.groups)?;
            write(common.output.as_deref(), |output| {
                config::write(&plan, output)
            })
        }
        Workload::Classbench(set) => {
            let plan = FilterPlan {
                seed: set.common.seed,
                style: style(set.style),
                family: if set.ipv6 { Family::V6 } else { Family::V4 },
                filters: size(set.rules),
            };
            write(set.common.output.as_deref(), |output| {
                write_filters(plan.filters(), output)
            })
        }
        Workload::Filters(wanted) => interface_filters::run(wanted),
        Workload::Trace(headers) => write_trace(headers),
        Workload::Capture(packets) => {
            let (output, seed) = (packets.common.output.as_deref(), packets.common.seed);
            let (snapshot, count) = (&packets.snapshot, packets.packets);
            refuse_terminal(output, "a capture")?;
            write_traffic(seed, output, snapshot, |world, v6_percent, output| {
                capture::write(world, count, v6_percent, seed, output)
            })
        }
        Workload::Flows(rows) => {
            let (output, seed) = (rows.common.output.as_deref(), rows.common.seed);
            let (snapshot, count) = (&rows.snapshot, rows.rows);
            write_traffic(seed, output, snapshot, |world, v6_percent, output| {
                flow_list::write(world, count, v6_percent, seed, output)
            })
        }
    }
}

/// Writes filters, one a line.
fn write_filters(
    filters: impl IntoIterator<Item = Filter>,
    output: &mut Stoppable<'_>,
) -> io::Result<()> {
    let mut filters = filters.into_iter();
    filters.try_for_each(|filter| output.write_all(format!("{filter}\n").as_bytes()))
}

fn plan(
    seed: u64,
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
        ..Plan::interface(seed, size(rules), groups.v6_percent.into())
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
    let aim = match arguments.aim {
        AimName::Filters => Aim::Filters,
        AimName::Edges => Aim::Edges,
    };
    let output = common.output.as_deref();
    if form == Form::Binary {
        refuse_terminal(output, "a binary trace")?;
    }
    let written: Vec<(&str, &Path)> = output.map(|path| ("--output", path)).into_iter().collect();
    refuse_overwriting(&[&arguments.rules], &written, output.is_none())?;
    let filters = filters::read(&arguments.rules)?;
    let headers = Headers::new(&filters, aim, common.seed);
    write(output, |output| {
        trace::write(headers, arguments.headers, form, output)
    })
}

/// Writes traffic, and the snapshot it is made for where that is wanted.
fn write_traffic(
    seed: u64,
    output: Option<&Path>,
    snapshot: &SnapshotArguments,
    traffic: impl FnOnce(&World, usize, &mut Stoppable<'_>) -> io::Result<()>,
) -> Result<Exit, Failure> {
    let (interfaces, sets) = (snapshot.interfaces, snapshot.sets);
    let plan = plan(seed, interfaces, sets, snapshot.rules, &snapshot.groups)?;
    let written = [
        ("--output", output),
        ("--config", snapshot.config.as_deref()),
    ];
    let written: Vec<(&str, &Path)> = written
        .into_iter()
        .filter_map(|(option, path)| Some((option, path?)))
        .collect();
    refuse_overwriting(&[], &written, output.is_none())?;
    let signals = Signals::listen()?;
    let output = Output::open(output)?;
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
    output: Option<&Path>,
    workload: impl FnOnce(&mut Stoppable<'_>) -> io::Result<()>,
) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let output = Output::open(output)?;
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
fn refuse_terminal(output: Option<&Path>, what: &str) -> Result<(), Failure> {
    let standard = output.is_none_or(|path| path == Path::new("-"));
    if standard && io::stdout().is_terminal() {
        let message = format!("{what} is not for a terminal; name a file with --output");
        return Err(Failure::usage(message));
    }
    Ok(())
}
