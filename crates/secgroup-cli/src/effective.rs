//! `secgroup effective`: what the rules of an interface amount to.

use std::fmt::Write as _;

use secgroup_analysis::{Effective, FlowBox, Region, Side, Window, effective, witness};
use secgroup_model::{
    Direction, InterfaceIndex, PlatformException, PlatformSet, Semantics, Shown, Snapshot, Tcp25,
};
use serde::Serialize;

use crate::args::{EffectiveArguments, ReportFormat};
use crate::config::Config;
use crate::ends;
use crate::examples::Examples;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::regions::{self, BoxJson, DeciderJson, Known};

/// Answers about one interface.
pub(crate) fn run(arguments: &EffectiveArguments) -> Result<Exit, Failure> {
    let path = arguments.report.output.as_deref();
    let output = Output::beside(&arguments.config, &[], path)?;
    let config = Config::load(&arguments.config)?;
    let Config {
        snapshot,
        semantics,
        ..
    } = &config;
    let Some(interface) = ends::interface(snapshot, &arguments.interface) else {
        return Err(Failure::usage(format!(
            "`{}` is no interface or instance of the snapshot",
            Shown(&arguments.interface)
        )));
    };
    let found = effective(snapshot, semantics, interface, &Window::all());
    let found = found.map_err(Failure::system)?;
    if let Some(engine) = arguments.confirmation.engine {
        let mut examples = Examples::default();
        examples.effective(snapshot, interface, &found, true);
        examples.confirm(&config, engine)?;
    }
    match arguments.report.format {
        ReportFormat::Text => {
            let plain = Semantics {
                implicit_allow: PlatformSet::NONE,
                tcp25: Tcp25::Off,
                ..*semantics
            };
            let groups = effective(snapshot, &plain, interface, &Window::all());
            let groups = groups.map_err(Failure::system)?;
            output.finish_with(text(&config, interface, &groups).as_bytes())?;
        }
        ReportFormat::Json => output.finish_json(&json(snapshot, interface, &found))?,
    }
    Ok(Exit::Done)
}

/// Writes what the groups do; what the platform does is said once.
fn text(config: &Config, index: InterfaceIndex, found: &Effective) -> String {
    let Config {
        snapshot,
        semantics,
        ..
    } = config;
    let mut text = String::new();
    let interface = snapshot.interface(index);
    let groups = interface.groups().iter();
    let groups: Vec<String> = groups
        .map(|one| snapshot.group(*one).id().to_string())
        .collect();
    let addresses = interface.addresses().iter();
    let addresses: Vec<String> = addresses.map(|own| own.prefix.to_string()).collect();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} with {} in {}",
        interface.id(),
        addresses.join(", "),
        if groups.is_empty() {
            "no group".to_owned()
        } else {
            groups.join(", ")
        }
    );
    for (direction, side, known) in [
        (Direction::Ingress, &found.ingress, Known::Destination),
        (Direction::Egress, &found.egress, Known::Source),
    ] {
        let _ = writeln!(text, "\n{direction}, rules in order of precedence:");
        for rule in &side.rules {
            let placed = snapshot.rule(*rule);
            let group = snapshot.group(placed.group()).id();
            let says = snapshot.rule_text(placed.group(), placed.rule());
            let _ = writeln!(text, "  {says}  ({} of {group})", placed.name());
        }
        if side.rules.is_empty() {
            let _ = writeln!(text, "  none");
        }
        let network = interface.network();
        for (word, flows) in [("accepts", &side.accepted), ("drops", &side.dropped)] {
            let _ = writeln!(text, "{direction} {word}:");
            for one in flows {
                let _ = writeln!(text, "  {}", regions::phrase(snapshot, network, one, known));
            }
            if flows.is_empty() {
                let _ = writeln!(text, "  nothing");
            }
        }
        unknown(&mut text, snapshot, direction, side);
    }
    let exceptions = PlatformException::ALLOWING.into_iter();
    let exceptions = exceptions.filter(|one| semantics.implicit_allow.contains(*one));
    let names: Vec<String> = exceptions.map(|one| one.to_string()).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        let _ = writeln!(
            text,
            "\nwhatever the rules say, the platform passes: {names}"
        );
    }
    if semantics.tcp25 == Tcp25::Deny {
        let _ = writeln!(text, "whatever the rules say, the platform blocks: tcp25");
    }
    text
}

/// Says what is open because something is missing.
fn unknown(text: &mut String, snapshot: &Snapshot, direction: Direction, side: &Side) {
    let mut rules: Vec<_> = side
        .regions
        .iter()
        .filter_map(|one| one.decider.unless)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    for rule in rules {
        let rule = secgroup_report::sentence::rule(snapshot, rule);
        let _ = writeln!(
            text,
            "{direction} depends on {rule}: its peer or ports are not in the snapshot"
        );
    }
}

#[derive(Debug, Serialize)]
struct EffectiveJson {
    interface: String,
    groups: Vec<String>,
    ingress: SideJson,
    egress: SideJson,
}

#[derive(Debug, Serialize)]
struct SideJson {
    rules: Vec<RuleJson>,
    accept: Vec<BoxJson>,
    drop: Vec<BoxJson>,
    regions: Vec<RegionJson>,
}

#[derive(Debug, Serialize)]
struct RuleJson {
    rule: String,
    group: String,
    priority: u8,
    policy: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct RegionJson {
    flows: BoxJson,
    decider: DeciderJson,
    witness: secgroup_report::FlowJson,
}

fn json(snapshot: &Snapshot, index: InterfaceIndex, found: &Effective) -> EffectiveJson {
    let interface = snapshot.interface(index);
    let network = interface.network();
    let side = |direction, side: &Side| SideJson {
        rules: side
            .rules
            .iter()
            .map(|rule| rule_json(snapshot, *rule))
            .collect(),
        accept: side.accepted.iter().map(BoxJson::new).collect(),
        drop: side.dropped.iter().map(BoxJson::new).collect(),
        regions: side
            .regions
            .iter()
            .map(|Region { flows, decider }: &Region| RegionJson {
                flows: BoxJson::new(flows),
                decider: DeciderJson::new(snapshot, direction, decider),
                witness: regions::flow_json(snapshot, &witness_of(flows, network)),
            })
            .collect(),
    };
    let groups = interface.groups().iter();
    EffectiveJson {
        interface: interface.id().to_string(),
        groups: groups
            .map(|one| snapshot.group(*one).id().to_string())
            .collect(),
        ingress: side(Direction::Ingress, &found.ingress),
        egress: side(Direction::Egress, &found.egress),
    }
}

fn witness_of(flows: &FlowBox, network: secgroup_model::NetworkIndex) -> secgroup_model::Flow {
    witness(flows, Some(network))
}

fn rule_json(snapshot: &Snapshot, index: secgroup_model::RuleIndex) -> RuleJson {
    let placed = snapshot.rule(index);
    RuleJson {
        rule: placed.name().to_owned(),
        group: snapshot.group(placed.group()).id().to_string(),
        priority: placed.rule().priority.get(),
        policy: placed.rule().action.to_string(),
        text: placed.rule().to_string(),
    }
}
