//! Reading the corpus files.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use super::configuration::{Configuration, Group, Interface};
use super::{Case, Packet, Step, Want};
use crate::program::workspace;

/// Reads our own cases.
///
/// # Panics
///
/// Panics when the file is missing or does not have its form.
#[must_use]
pub fn clauses() -> Vec<Case> {
    let path = workspace().join("data/corpus/clauses.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let file: ClauseFile =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    file.case.into_iter().map(ClauseCase::case).collect()
}

/// Reads the worked examples of the specification.
///
/// # Panics
///
/// Panics when the file is missing or does not have its form.
#[must_use]
pub fn examples() -> Vec<Case> {
    let path = workspace().join("data/corpus/examples.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let file: Vec<Example> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    file.into_iter().map(Example::case).collect()
}

#[derive(Deserialize)]
struct ClauseFile {
    case: Vec<ClauseCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClauseCase {
    id: String,
    title: String,
    clauses: String,
    groups: BTreeMap<String, GroupText>,
    enis: BTreeMap<String, InterfaceText>,
    #[serde(default)]
    prefix_lists: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    classic: bool,
    #[serde(default)]
    flags: BTreeMap<String, String>,
    steps: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupText {
    #[serde(default = "normal", rename = "type")]
    kind: String,
    inner: Option<String>,
    #[serde(default)]
    rules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InterfaceText {
    groups: Vec<String>,
    ips: Vec<String>,
    ct: Option<Timers>,
}

#[derive(Deserialize)]
struct Timers {
    udp: Option<u64>,
}

fn normal() -> String {
    "normal".to_owned()
}

fn configuration(
    groups: BTreeMap<String, GroupText>,
    enis: BTreeMap<String, InterfaceText>,
    prefix_lists: BTreeMap<String, Vec<String>>,
    classic: bool,
) -> Configuration {
    let groups = groups.into_iter().map(|(id, text)| {
        let rules = text.rules.into_iter().map(Some).collect();
        (
            id,
            Group {
                kind: text.kind,
                inner: text.inner,
                rules,
            },
        )
    });
    let interfaces = enis.into_iter().map(|(id, text)| {
        let udp_timeout = text.ct.and_then(|timers| timers.udp);
        (
            id,
            Interface {
                groups: text.groups,
                addresses: text.ips,
                udp_timeout,
            },
        )
    });
    Configuration {
        groups: groups.collect(),
        interfaces: interfaces.collect(),
        prefix_lists,
        classic,
    }
}

impl ClauseCase {
    fn case(self) -> Case {
        let configuration = configuration(self.groups, self.enis, self.prefix_lists, self.classic);
        let step = |text: &String| {
            let (packet, want) = text
                .split_once("=>")
                .unwrap_or_else(|| panic!("{}: `{text}` expects nothing", self.id));
            let (verdict, decider) = want
                .trim()
                .split_once(' ')
                .unwrap_or_else(|| (want.trim(), ""));
            Step {
                time: None,
                tcp_flags: String::new(),
                configuration: configuration.clone(),
                packet: Packet::parse(packet),
                want: Want {
                    verdict: verdict.to_owned(),
                    decider: decider.to_owned(),
                },
            }
        };
        Case {
            steps: self.steps.iter().map(step).collect(),
            id: self.id,
            title: self.title,
            clauses: self.clauses,
            flags: self.flags.into_iter().collect(),
        }
    }
}

#[derive(Deserialize)]
struct Example {
    id: String,
    title: String,
    clauses: String,
    cfg: ExampleConfiguration,
    steps: Vec<Value>,
    want: Vec<(String, String)>,
    flags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ExampleConfiguration {
    groups: BTreeMap<String, GroupText>,
    enis: BTreeMap<String, InterfaceText>,
    prefix_lists: BTreeMap<String, Vec<String>>,
}

impl Example {
    fn case(self) -> Case {
        let ExampleConfiguration {
            groups,
            enis,
            prefix_lists,
        } = self.cfg;
        // Only the classic network tells NICs apart.
        let classic = self.steps.iter().any(|step| step["p"]["nic"].is_string());
        let mut configuration = configuration(groups, enis, prefix_lists, classic);
        let mut wants = self.want.into_iter();
        let mut steps = Vec::new();
        for step in &self.steps {
            if step["p"].is_null() {
                change(&mut configuration, step, &self.id);
                continue;
            }
            let (verdict, decider) = wants
                .next()
                .unwrap_or_else(|| panic!("{}: too few expectations", self.id));
            steps.push(Step {
                time: step["t"].as_i64(),
                tcp_flags: step["p"]["flags"].as_str().unwrap_or_default().to_owned(),
                configuration: configuration.clone(),
                packet: Packet::parse(&packet_text(&step["p"])),
                want: Want { verdict, decider },
            });
        }
        Case {
            id: self.id,
            title: self.title,
            clauses: self.clauses,
            flags: self
                .flags
                .into_iter()
                .map(|(name, value)| (format!("eval.{name}"), value))
                .collect(),
            steps,
        }
    }
}

/// Applies a change between two packets.
fn change(configuration: &mut Configuration, step: &Value, id: &str) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let changes = step
        .as_object()
        .unwrap_or_else(|| panic!("{id}: a step is an object"));
    for (name, arguments) in changes {
        let (first, second) = (text(&arguments[0]), &arguments[1]);
        let group = configuration.groups.get_mut(&first);
        match (name.as_str(), group) {
            ("add", Some(group)) => group.rules.push(Some(text(second))),
            ("del", Some(group)) => {
                let number = second
                    .as_u64()
                    .and_then(|number| usize::try_from(number).ok());
                let number = number.unwrap_or_else(|| panic!("{id}: del needs a number"));
                group.rules[number - 1] = None;
            }
            ("inner", Some(group)) => group.inner = Some(text(second)),
            ("leave", None) => {
                let interface = configuration.interfaces.get_mut(&first);
                let interface = interface.unwrap_or_else(|| panic!("{id}: no interface {first}"));
                interface.groups.retain(|group| *group != text(second));
            }
            _ => panic!("{id}: unknown change {name} {arguments}"),
        }
    }
}

/// Writes an example's packet as [`Packet::parse`] reads it.
fn packet_text(packet: &Value) -> String {
    let text = |name: &str| packet[name].as_str().unwrap_or_default();
    let end = |address: &str, port: &str| match packet[port].as_u64() {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address.to_owned(),
    };
    let (source, destination) = (end(text("src"), "sport"), end(text("dst"), "dport"));
    let nic = match text("nic") {
        "" => String::new(),
        nic => format!("nic={nic}"),
    };
    format!(
        "{} {source} -> {destination} {} {nic}",
        packet["proto"],
        text("icmp")
    )
}
