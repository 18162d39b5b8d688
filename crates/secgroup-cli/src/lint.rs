//! `secgroup lint`: what is wrong, dangerous or useless in a configuration.

mod waivers;

use std::fmt::Write as _;
use std::path::PathBuf;

use secgroup_analysis::{About, Finding, LINTS, Quotas, Severity, Witness, Workers, lint};
use secgroup_model::{Action, Decision, Origin, Query, Snapshot, Verdict};
use secgroup_report::sentence;
use serde::Serialize;

use crate::args::{EngineName, LintArguments, LintFormat};
use crate::config::Config;
use crate::examples::Examples;
use crate::failure::{Exit, Failure};
use crate::junit;
use crate::output::Output;
use crate::progress::Steps;
use crate::regions;
use crate::sarif;
use crate::threads;
use waivers::Waiver;

/// The code of findings about waivers that no longer hold.
const EXPIRED: &str = "expired-waiver";

/// The code of findings about waivers that waive nothing.
const UNUSED: &str = "unused-waiver";

/// A finding, and whether it is waived.
#[derive(Debug)]
struct Told {
    code: &'static str,
    severity: Severity,
    /// What it is about: the kind of thing, and its name.
    about: (&'static str, String),
    /// Where that is.
    place: Spot,
    message: String,
    related: Vec<(String, Origin)>,
    witness: Option<Witness>,
    /// Why it does not count.
    waived: Option<String>,
}

/// Where something told of stands.
#[derive(Clone, Copy, Debug)]
enum Spot {
    /// In the configuration.
    Part(Origin),
    /// In the file of waivers: line and column.
    Waiver((usize, usize)),
}

/// Looks at a configuration.
pub(crate) fn run(arguments: &LintArguments) -> Result<Exit, Failure> {
    let read: Vec<_> = arguments.waivers.iter().map(PathBuf::as_path).collect();
    let output = Output::beside(&arguments.config, &read, arguments.output.as_deref())?;
    let waivers = match &arguments.waivers {
        Some(path) => waivers::read(path),
        None => Ok(Vec::new()),
    };
    let config = match arguments.format {
        LintFormat::Sarif => Config::load_with_places(&arguments.config),
        LintFormat::Text | LintFormat::Json | LintFormat::Junit => Config::load(&arguments.config),
    };
    let (config, waivers) = Failure::both(config, waivers)?;
    let snapshot = &config.snapshot;
    let two_lists = arguments.config.two_lists()?;
    let limits = secgroup_ecs::Limits::from(arguments.config.limits).rules();
    let quotas = limits.map_or_else(Quotas::default, |limits| Quotas {
        rules_per_group: limits.rules_per_group,
        groups_per_interface: Some(limits.groups_per_interface),
        rules_per_interface: Some(limits.rules_per_interface),
        group_peers_per_group: Some(limits.group_peers_per_group),
        two_lists,
    });
    let steps = Steps::start("steps", arguments.config.common.quiet);
    let progress = |done, total| steps.set(done, total);
    let workers = Workers::new(
        threads::affordable(arguments.config.common.threads),
        &progress,
    );
    let found = lint(snapshot, &config.semantics, &quotas, &workers);
    drop(workers);
    drop(steps);
    let found = found.map_err(Failure::system)?;
    if let Some(engine) = arguments.confirmation.engine {
        confirm(&config, &found, engine)?;
    }
    let told = waive(snapshot, found, &waivers, arguments.as_of);
    let least = arguments.fail_on.severity();
    let counts =
        |one: &Told| one.waived.is_none() && least.is_some_and(|least| one.severity >= least);
    match arguments.format {
        LintFormat::Text => output.finish_with(text(snapshot, &told).as_bytes())?,
        LintFormat::Json => output.finish_json(&json(snapshot, &told))?,
        LintFormat::Sarif => {
            let waivers = arguments.waivers.as_deref();
            output.finish_json(&as_sarif(&config, &told, waivers))?;
        }
        LintFormat::Junit => {
            let xml = as_junit(snapshot, &told, &counts).map_err(Failure::system)?;
            output.finish_with(&xml)?;
        }
    }
    Ok(if told.iter().any(counts) {
        Exit::No
    } else {
        Exit::Done
    })
}

/// Sets findings against waivers.
fn waive(
    snapshot: &Snapshot,
    found: Vec<Finding>,
    waivers: &[Waiver],
    as_of: Option<jiff::civil::Date>,
) -> Vec<Told> {
    let expired = |waiver: &Waiver| matches!((waiver.last_day(), as_of), (Some(last), Some(today)) if last < today);
    let mut used = vec![false; waivers.len()];
    let mut told: Vec<Told> = Vec::new();
    for finding in found {
        let about = about(snapshot, &finding.about);
        let fits = |waiver: &Waiver| {
            waiver.code == finding.lint.code && waiver.about() == (about.0, about.1.as_str())
        };
        let mut waived = None;
        for (at, waiver) in waivers
            .iter()
            .enumerate()
            .filter(|(_, waiver)| fits(waiver))
        {
            used[at] = true;
            if !expired(waiver) {
                waived = Some(waiver.reason.clone());
            }
        }
        let related = finding.related.iter();
        told.push(Told {
            code: finding.lint.code,
            severity: finding.severity,
            related: related
                .map(|rule| {
                    let placed = snapshot.rule(*rule);
                    (placed.name().to_owned(), placed.rule().origin)
                })
                .collect(),
            place: Spot::Part(origin(snapshot, &finding.about)),
            about,
            message: finding.message,
            witness: finding.witness,
            waived,
        });
    }
    for (waiver, used) in waivers.iter().zip(used) {
        let (kind, name) = waiver.about();
        let last = waiver
            .last_day()
            .map(|day| day.to_string())
            .unwrap_or_default();
        let (code, severity, message) = if expired(waiver) {
            let message = format!("the waiver of {} for {name} ended on {last}", waiver.code);
            (EXPIRED, Severity::Error, message)
        } else if !used {
            let message = format!("the waiver of {} for {name} waives nothing", waiver.code);
            (UNUSED, Severity::Note, message)
        } else {
            continue;
        };
        told.push(Told {
            code,
            severity,
            about: (kind, name.to_owned()),
            place: Spot::Waiver(waiver.at),
            message,
            related: Vec::new(),
            witness: None,
            waived: None,
        });
    }
    told
}

/// Names what a finding is about.
fn about(snapshot: &Snapshot, about: &About) -> (&'static str, String) {
    match about {
        About::Rule(rule) => ("rule", snapshot.rule(*rule).name().to_owned()),
        About::Group(group) => ("group", snapshot.group(*group).id().to_string()),
        About::Interface(one) => ("interface", snapshot.interface(*one).id().to_string()),
        About::List(id) => ("list", id.clone()),
    }
}

/// Returns the origin of what a finding is about.
fn origin(snapshot: &Snapshot, about: &About) -> Origin {
    match about {
        About::Rule(rule) => snapshot.rule(*rule).rule().origin,
        About::Group(group) => snapshot.group(*group).origin(),
        About::Interface(one) => snapshot.interface(*one).origin(),
        About::List(id) => {
            let prefixes = snapshot.prefix_lists().iter();
            let prefixes = prefixes.map(|list| (list.id.as_str(), list.origin));
            let ports = snapshot.port_lists().iter();
            let ports = ports.map(|list| (list.id.as_str(), list.origin));
            let found = prefixes.chain(ports).find(|(name, _)| name == id);
            found.map_or_else(Origin::default, |(_, origin)| origin)
        }
    }
}

/// Judges what findings show once more.
fn confirm(config: &Config, found: &[Finding], engine: EngineName) -> Result<(), Failure> {
    let mut examples = Examples::default();
    for one in found.iter().filter_map(|one| one.witness.as_ref()) {
        let action = match one.decision {
            Decision::Accept => Action::Accept,
            Decision::Drop => Action::Drop,
            Decision::Depends => continue,
        };
        let does = (action, Some(one.by));
        examples.side(one.flow, one.interface, one.direction, Some(does));
    }
    examples.confirm(config, engine)
}

/// Says what becomes of a witness.
fn example(snapshot: &Snapshot, witness: &Witness) -> String {
    let verdict = Verdict {
        interface: witness.interface,
        decision: witness.decision,
        by: witness.by,
        otherwise: None,
    };
    let side = sentence::side(snapshot, witness.direction, &verdict);
    format!(
        "{}: {} {side}",
        Query::from(witness.flow),
        witness.direction
    )
}

fn text(snapshot: &Snapshot, told: &[Told]) -> String {
    let mut text = String::new();
    for one in told {
        let waived = one
            .waived
            .as_ref()
            .map(|why| format!(" (waived: {})", secgroup_model::Shown(why)));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}[{}]: {}{}",
            one.severity,
            one.code,
            one.message,
            waived.unwrap_or_default()
        );
        if let Some(witness) = &one.witness {
            let _ = writeln!(text, "  for example {}", example(snapshot, witness));
        }
    }
    let count = |severity| {
        let own = told
            .iter()
            .filter(|one| one.waived.is_none() && one.severity == severity);
        own.count()
    };
    let waived = told.iter().filter(|one| one.waived.is_some()).count();
    let words =
        |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(
        text,
        "{}, {}, {}{}",
        words(count(Severity::Error), "error"),
        words(count(Severity::Warning), "warning"),
        words(count(Severity::Note), "note"),
        if waived > 0 {
            format!(", {waived} waived")
        } else {
            String::new()
        }
    );
    text
}

#[derive(Debug, Serialize)]
struct LintJson {
    errors: usize,
    warnings: usize,
    notes: usize,
    waived: usize,
    findings: Vec<FindingJson>,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    code: &'static str,
    severity: String,
    about: &'static str,
    name: String,
    message: String,
    related: Vec<String>,
    witness: Option<WitnessJson>,
    waived: Option<String>,
}

#[derive(Debug, Serialize)]
struct WitnessJson {
    flow: secgroup_report::FlowJson,
    interface: String,
    direction: String,
    action: String,
    reason: String,
}

fn json(snapshot: &Snapshot, told: &[Told]) -> LintJson {
    let witness = |one: &Witness| WitnessJson {
        flow: regions::flow_json(snapshot, &one.flow),
        interface: snapshot.interface(one.interface).id().to_string(),
        direction: one.direction.to_string(),
        action: one.decision.to_string(),
        reason: sentence::reason(snapshot, one.direction, one.by),
    };
    let count = |severity| {
        let own = told
            .iter()
            .filter(|one| one.waived.is_none() && one.severity == severity);
        own.count()
    };
    let finding = |one: &Told| FindingJson {
        code: one.code,
        severity: one.severity.to_string(),
        about: one.about.0,
        name: one.about.1.clone(),
        message: one.message.clone(),
        related: one.related.iter().map(|(name, _)| name.clone()).collect(),
        witness: one.witness.as_ref().map(witness),
        waived: one.waived.clone(),
    };
    LintJson {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        waived: told.iter().filter(|one| one.waived.is_some()).count(),
        findings: told.iter().map(finding).collect(),
    }
}

fn as_sarif(
    config: &Config,
    told: &[Told],
    waivers: Option<&std::path::Path>,
) -> impl Serialize + use<> {
    let snapshot = &config.snapshot;
    let own = [
        (EXPIRED, "a waiver whose last day is over"),
        (UNUSED, "a waiver that waives nothing"),
    ];
    let lints = LINTS
        .iter()
        .map(|lint| (lint.code, lint.summary))
        .chain(own);
    let kinds = lints.map(|(id, summary)| sarif::Kind {
        id: id.to_owned(),
        summary: summary.to_owned(),
    });
    let place = |spot: Spot| match spot {
        Spot::Part(origin) => config.place(origin),
        Spot::Waiver(at) => sarif::Place {
            file: waivers.map_or_else(String::new, |path| path.display().to_string()),
            at: Some(at),
        },
    };
    let related = |(name, origin): &(String, Origin)| {
        let name = format!("rule {}", secgroup_model::Shown(name));
        (name, config.place(*origin))
    };
    let found = told.iter().map(|one| sarif::Found {
        kind: one.code.to_owned(),
        level: one.severity.to_string(),
        message: match &one.witness {
            None => one.message.clone(),
            Some(witness) => format!(
                "{}; for example {}",
                one.message,
                example(snapshot, witness)
            ),
        },
        about: one.about.1.clone(),
        about_kind: one.about.0.to_owned(),
        waived: one.waived.clone(),
        place: place(one.place),
        related: one.related.iter().map(related).collect(),
    });
    sarif::document(&kinds.collect::<Vec<_>>(), &found.collect::<Vec<_>>())
}

/// Writes findings as tests; those that count have failed.
fn as_junit(
    snapshot: &Snapshot,
    told: &[Told],
    counts: &dyn Fn(&Told) -> bool,
) -> std::io::Result<Vec<u8>> {
    let cases = told.iter().map(|one| junit::Case {
        class: one.code.to_owned(),
        name: format!("{} {}", one.about.0, one.about.1),
        failure: counts(one).then(|| {
            let example = one
                .witness
                .as_ref()
                .map(|witness| example(snapshot, witness));
            let long = format!(
                "{}: {}\n{}",
                one.severity,
                one.message,
                example.unwrap_or_default()
            );
            (one.message.clone(), long)
        }),
        skipped: one.waived.clone(),
    });
    junit::write("secgroup lint", &cases.collect::<Vec<_>>())
}
