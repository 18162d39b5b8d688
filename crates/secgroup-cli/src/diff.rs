//! `secgroup diff`: every flow with another verdict.

mod compared;
mod json;
mod traffic;

use std::path::PathBuf;

use secgroup_analysis::{Change, Decider, Judged, TooComplex, Workers, diff};

use crate::args::{CommonArguments, ConfigArguments, Confirmation, DiffArguments, ReportFormat};
use crate::config::Config;
use crate::examples::Examples;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::progress::Steps;
use crate::replay::inputs;
use crate::threads;
use traffic::observe;

pub(crate) use compared::Compared;
pub(crate) use json::DiffJson;

/// Compares two configurations.
pub(crate) fn run(arguments: &DiffArguments) -> Result<Exit, Failure> {
    let (before, after) = (
        arguments.config(&arguments.old),
        arguments.config(&arguments.new),
    );
    let mut read = after.paths();
    let (inputs, problems) = inputs::listed(&arguments.observed.with);
    read.extend(inputs.iter().map(|input| input.path.clone()));
    let read: Vec<_> = read.iter().map(PathBuf::as_path).collect();
    let output = Output::beside(&before, &read, arguments.report.output.as_deref())?;
    let load = |one: &ConfigArguments| Config::load_others(one, &one.config);
    let loaded = Failure::both(load(&before), load(&after));
    let ((old, new), ()) = Failure::both(loaded, Failure::unless_none(problems))?;
    Config::refuse_unknown_parameters([&old, &new])?;
    let common = arguments.common;
    let changes = compare(&old, &new, common).map_err(Failure::system)?;
    confirm(&old, &new, &changes, arguments.confirmation)?;
    let observed = &arguments.observed;
    let traffic = match inputs.is_empty() {
        true => None,
        false => Some(observe(&old, &new, &changes, (observed, &inputs), common)?),
    };
    let settled = traffic.as_ref().and_then(|traffic| traffic.exit);
    // Where nothing was read there is nothing to rank by, and no result.
    if settled == Some(Exit::BadInput) {
        return Ok(Exit::BadInput);
    }
    let compared = Compared {
        old: &old,
        new: &new,
        traffic: traffic.as_ref(),
    };
    match arguments.report.format {
        ReportFormat::Text => output.finish_with(compared.text(&changes).as_bytes())?,
        ReportFormat::Json => output.finish_json(&compared.json(&changes))?,
    }
    Ok(settled.unwrap_or_else(|| exit(&changes)))
}

/// Compares interface by interface; the order of the result is that of the ids.
pub(crate) fn compare(
    old: &Config,
    new: &Config,
    common: CommonArguments,
) -> Result<Vec<Change>, TooComplex> {
    let steps = Steps::start("interfaces", common.quiet);
    let progress = |done, total| steps.set(done, total);
    let workers = Workers::new(threads::affordable(common.threads), &progress);
    diff(judged(old), judged(new), &workers)
}

/// Judges an example of every change once more, before and after.
pub(crate) fn confirm(
    old: &Config,
    new: &Config,
    changes: &[Change],
    confirmation: Confirmation,
) -> Result<(), Failure> {
    let Some(engine) = confirmation.engine else {
        return Ok(());
    };
    let mut before = Examples::default();
    before.changes(&old.snapshot, changes, |one| one.old);
    before.confirm(old, engine)?;
    let mut after = Examples::default();
    after.changes(&new.snapshot, changes, |one| one.new);
    after.confirm(new, engine)
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
