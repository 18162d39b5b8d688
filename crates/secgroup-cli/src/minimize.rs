//! `secgroup minimize`: fewer rules that mean the same.

use std::fmt::Write as _;

use secgroup_analysis::{
    Judged, Minimized, NotMinimized, Window, Workers, diff, effective, minimize, with_rules,
};
use secgroup_model::{GroupIndex, SecurityGroupId, Shown, Snapshot};
use serde::Serialize;

use crate::args::{EngineName, MinimizeArguments, ReportFormat};
use crate::config::Config;
use crate::examples::Examples;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::progress::Steps;
use crate::threads;

/// One group, and what is enough for it, given what was found enough for
/// those before it.
struct Found {
    snapshot: Snapshot,
    group: GroupIndex,
    result: Result<Minimized, NotMinimized>,
}

/// Minimizes the groups that are asked for.
pub(crate) fn run(arguments: &MinimizeArguments) -> Result<Exit, Failure> {
    let path = arguments.report.output.as_deref();
    let output = Output::beside(&arguments.config, &[], path)?;
    let mut config = Config::load(&arguments.config)?;
    let groups = groups(&config.snapshot, &arguments.group)?;
    let steps = Steps::start("groups", arguments.config.common.quiet);
    let mut found: Vec<Found> = Vec::new();
    let total = groups.len();
    let threads = threads::affordable(arguments.config.common.threads);
    let workers = Workers::new(threads, &|_, _| {});
    for (done, group) in groups.into_iter().enumerate() {
        steps.set(done, total);
        let snapshot = config.snapshot.clone();
        let result = one(&mut config, group, &workers)?;
        found.push(Found {
            snapshot,
            group,
            result,
        });
    }
    drop(steps);
    if let Some(engine) = arguments.confirmation.engine {
        confirm(&found, &config, engine)?;
    }
    match arguments.report.format {
        ReportFormat::Text => output.finish_with(text(&found).as_bytes())?,
        ReportFormat::Json => output.finish_json(&json(&found))?,
    }
    let open = found.iter().any(|one| one.result.is_err());
    Ok(if open { Exit::Inconclusive } else { Exit::Done })
}

/// Finds the groups that are asked for, each once; without any, all.
fn groups(snapshot: &Snapshot, wanted: &[String]) -> Result<Vec<GroupIndex>, Failure> {
    if wanted.is_empty() {
        return Ok(snapshot.groups().map(|(index, _)| index).collect());
    }
    let find = |text: &String| {
        let id = SecurityGroupId::new(text).ok();
        let found = id.and_then(|id| snapshot.find_group(&id));
        found.ok_or_else(|| {
            Failure::usage(format!(
                "--group: `{}` is no group of the snapshot",
                Shown(text)
            ))
        })
    };
    let mut groups: Vec<GroupIndex> = Vec::with_capacity(wanted.len());
    for text in wanted {
        let group = find(text)?;
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    Ok(groups)
}

/// Minimizes one group, and compares all flows before and after: a result that
/// changed one would be a bug, and is not shown. The configuration is then that
/// with fewer rules, so that all groups together mean the same.
fn one(
    config: &mut Config,
    group: GroupIndex,
    workers: &Workers<'_>,
) -> Result<Result<Minimized, NotMinimized>, Failure> {
    let (snapshot, semantics) = (&config.snapshot, &config.semantics);
    let minimized = match minimize(snapshot, semantics, group) {
        Ok(minimized) => minimized,
        Err(NotMinimized::TooComplex(error)) => return Err(Failure::system(error)),
        Err(error) => return Ok(Err(error)),
    };
    let rules = minimized.rules.iter().map(|(rule, _)| rule.clone());
    let rules: Vec<_> = rules.collect();
    let after = with_rules(snapshot, semantics, group, &rules);
    let after = after.map_err(|problems| {
        Failure::system(format!(
            "fewer rules make no configuration: {problems:?}; a bug"
        ))
    })?;
    let judged = |snapshot| Judged {
        snapshot,
        semantics,
    };
    let changes = diff(judged(snapshot), judged(&after), workers).map_err(Failure::system)?;
    if !changes.is_empty() {
        let id = snapshot.group(group).id();
        return Err(Failure::system(format!(
            "fewer rules of {id} would change a verdict; this is a bug of secgroup, please report \
             it with the configuration"
        )));
    }
    config.snapshot = after;
    Ok(Ok(minimized))
}

/// Judges an example of every region of the interfaces in the groups once more,
/// with the rules of before and with those that are enough.
fn confirm(found: &[Found], after: &Config, engine: EngineName) -> Result<(), Failure> {
    let Some(Found { snapshot, .. }) = found.first() else {
        return Ok(());
    };
    let mut examples = Examples::default();
    for (index, interface) in snapshot.interfaces() {
        let is_in = |one: &Found| interface.groups().contains(&one.group);
        if found.iter().any(is_in) {
            let regions = effective(snapshot, &after.semantics, index, &Window::all());
            let regions = regions.map_err(Failure::system)?;
            examples.effective(snapshot, index, &regions, false);
        }
    }
    let before = Config::of(snapshot.clone(), after.semantics);
    examples.confirm(&before, engine)?;
    examples.confirm(after, engine)
}

fn text(found: &[Found]) -> String {
    let mut text = String::new();
    for Found {
        snapshot,
        group,
        result,
    } in found
    {
        let name = |rule: &secgroup_model::RuleIndex| snapshot.rule(*rule).name().to_owned();
        let id = snapshot.group(*group).id();
        let before = snapshot.rules_of(*group).len();
        // Writing to a string cannot fail.
        let minimized = match result {
            Ok(minimized) => minimized,
            Err(error) => {
                let _ = writeln!(text, "{id}: left as it is: {error}");
                continue;
            }
        };
        let after = minimized.rules.len();
        if after == before {
            let _ = match before {
                0 => writeln!(text, "{id}: no rules"),
                1 => writeln!(text, "{id}: its rule is needed"),
                _ => writeln!(text, "{id}: all {before} rules are needed"),
            };
            continue;
        }
        let _ = writeln!(text, "{id}: {after} of {} enough", rules(before));
        for rule in &minimized.removed {
            let says = snapshot.rule_text(*group, snapshot.rule(*rule).rule());
            let _ = writeln!(text, "  remove {}: {says}", name(rule));
        }
        for (rule, stands_for) in minimized.rules.iter().filter(|(_, all)| all.len() > 1) {
            let names: Vec<String> = stands_for.iter().map(name).collect();
            let rule = snapshot.rule_text(*group, rule);
            let _ = writeln!(text, "  replace {} by {rule}", names.join(", "));
        }
    }
    text
}

/// Counts rules in words.
fn rules(count: usize) -> String {
    match count {
        1 => "1 rule is".to_owned(),
        _ => format!("{count} rules are"),
    }
}

#[derive(Debug, Serialize)]
struct GroupJson {
    group: String,
    before: usize,
    after: Option<usize>,
    removed: Vec<String>,
    replaced: Vec<ReplacedJson>,
    incomplete: Option<String>,
}

#[derive(Debug, Serialize)]
struct ReplacedJson {
    rules: Vec<String>,
    by: String,
}

fn json(found: &[Found]) -> Vec<GroupJson> {
    let group = |one: &Found| {
        let Found {
            snapshot,
            group,
            result,
        } = one;
        let name = |rule: &secgroup_model::RuleIndex| snapshot.rule(*rule).name().to_owned();
        let minimized = result.as_ref().ok();
        let replaced = minimized.map_or(&[][..], |one| &one.rules);
        let replaced = replaced.iter().filter(|(_, all)| all.len() > 1);
        GroupJson {
            group: snapshot.group(*group).id().to_string(),
            before: snapshot.rules_of(*group).len(),
            after: minimized.map(|one| one.rules.len()),
            removed: minimized
                .map_or(&[][..], |one| &one.removed)
                .iter()
                .map(name)
                .collect(),
            replaced: replaced
                .map(|(rule, stands_for)| ReplacedJson {
                    rules: stands_for.iter().map(name).collect(),
                    by: snapshot.rule_text(*group, rule),
                })
                .collect(),
            incomplete: result.as_ref().err().map(ToString::to_string),
        }
    };
    found.iter().map(group).collect()
}
