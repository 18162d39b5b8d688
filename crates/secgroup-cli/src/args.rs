//! The command line: names and meanings of everything a user types.

mod analysis;
mod api;
mod bench;
mod convert;
mod generate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use secgroup_ecs::ApiFlags;
use secgroup_model::{Conntrack, InvalidFlag, Semantics, TwoLists};
use secgroup_replay::{DEFAULT_SESSIONS, MOST_SESSIONS, Timestamp};

pub(crate) use analysis::{
    Asked, Confirmation, DiffArguments, DirectionName, EffectiveArguments, FamilyName,
    LintArguments, LintFormat, MembershipArguments, MinimizeArguments, ObservedArguments,
    ReportFormat, SearchArguments, SearchFailOn, TestArguments, Wanted, WhatIf, WhatIfArguments,
};
pub(crate) use api::{ApplyArguments, CloudArguments, ServeArguments, account};
pub(crate) use bench::{BenchArguments, BenchEngine, VectorsName};
pub(crate) use convert::{ConvertArguments, Target};
pub(crate) use generate::{
    AimName, FiltersArguments, GenArguments, GroupArguments, SnapshotArguments, StyleName,
    TraceArguments, TraceFormat, Workload,
};

use crate::failure::Failure;
use crate::messages;

/// Tells exactly what Alibaba Cloud ECS security groups do to traffic, without
/// a cloud account.
#[derive(Debug, Parser)]
#[command(
    name = "secgroup",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes:
  0  done; the answer is yes, or nothing was found
  1  the answer is no: a flow is dropped, or --fail-on found something
  2  the command line is wrong
  3  bad input: nothing was evaluated
  4  partial: results before the damage are complete, the rest is missing
  5  output or system I/O failed
  6  inconclusive: the verdict depends on something the input does not say
  130, 143, 129  ended by SIGINT, SIGTERM, SIGHUP, after finishing whole rows"
)]
pub(crate) struct Arguments {
    /// When to use colour.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Would this flow be allowed, and why?
    Check(CheckArguments),
    /// Stream captures and flow lists through the rules.
    Replay(ReplayArguments),
    /// What do the rules of an interface amount to?
    Effective(EffectiveArguments),
    /// Which flows can pass, of all there are?
    Search(SearchArguments),
    /// What is wrong, dangerous or useless in a configuration?
    Lint(LintArguments),
    /// Do assertions about all flows hold?
    Test(TestArguments),
    /// Which flows get another verdict with another configuration?
    Diff(DiffArguments),
    /// What would joining or leaving a group change?
    WhatIf(WhatIfArguments),
    /// Which fewer rules would mean the same?
    Minimize(MinimizeArguments),
    /// Make calls of the ECS API on a configuration, without a server.
    Apply(ApplyArguments),
    /// Put configurations of any format into ECS's JSON or into short YAML.
    Convert(ConvertArguments),
    /// Measure how fast engines look up, with their answers checked.
    Bench(BenchArguments),
    /// Serve the ECS API for a simulated account.
    Serve(ServeArguments),
    /// Make a workload from a seed: snapshots, filter sets, headers, flows, captures.
    Gen(GenArguments),
    /// Print a completion script for a shell.
    #[command(after_help = "\
Examples:
  secgroup completions bash
  secgroup completions zsh")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, in roff.
    #[command(after_help = "\
Examples:
  secgroup man
  secgroup man gen trace")]
    Man {
        /// The command, for its own page; of one inside of another, both.
        command: Vec<String>,
    },
}

/// What decides: the same for every command.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// Snapshot files, or directories of them: ECS answers as JSON, Terraform
    /// states and plans, ROS templates, Pulumi exports, or short YAML; `-` is
    /// standard input. Of a plan, PATH@before is what there is before it is
    /// applied. May be repeated; all files are joined by id.
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) config: Vec<PathBuf>,
    /// A flag of evaluation, such as eval.intra_group_egress=custom_rules.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The value of a parameter of a ROS template.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// The quotas that configurations are checked against.
    #[arg(long, value_enum, default_value_t = Limits::Seed)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// How a command works and what it says, whatever it does.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct CommonArguments {
    /// How many threads work at most; 0 for one a core, or fewer where more are of
    /// no use. Results are the same.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// Say nothing but results and errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Say more on standard error: what was loaded and how long it took.
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

/// The flag of the API that is about files, too (4.9).
const TWO_LISTS: &str = "limits.two_lists";

/// Lists that flag among those that are known.
fn with_two_lists(error: InvalidFlag) -> InvalidFlag {
    match error {
        InvalidFlag::Name { name, known } => InvalidFlag::Name {
            name,
            known: format!("{known}, {TWO_LISTS}"),
        },
        other => other,
    }
}

impl ConfigArguments {
    /// Reads the flags of evaluation.
    pub(crate) fn semantics(&self) -> Result<Semantics, Failure> {
        self.flags().map(|(semantics, _)| semantics)
    }

    /// Reads the flag about the sizes of rules in quotas (4.9).
    pub(crate) fn two_lists(&self) -> Result<TwoLists, Failure> {
        self.flags().map(|(_, api)| api.two_lists)
    }

    /// Reads the flags; of those of the API the one that files have, too.
    fn flags(&self) -> Result<(Semantics, ApiFlags), Failure> {
        let (mut semantics, mut api) = (Semantics::default(), ApiFlags::default());
        for setting in &self.set {
            let Some((name, value)) = setting.split_once('=') else {
                return Err(Failure::usage(format!(
                    "--set {setting}: expected NAME=VALUE"
                )));
            };
            let refused = match name {
                TWO_LISTS => None,
                "limits" => Some("--set limits: write --limits seed, current or off".to_owned()),
                _ if ApiFlags::FLAGS.contains(&name) => Some(format!(
                    "--set: the flag `{name}` is about calls of the API, and only serve and apply \
                     take it"
                )),
                _ => None,
            };
            if let Some(message) = refused {
                return Err(Failure::usage(message));
            }
            let set = match name {
                TWO_LISTS => api.set(name, value),
                _ => semantics.set(name, value),
            };
            set.map_err(|error| Failure::usage(format!("--set: {}", with_two_lists(error))))?;
        }
        Ok((semantics, api))
    }

    /// Warns of flags that change nothing, because `command` follows no sessions.
    pub(crate) fn without_sessions(&self, command: &str) {
        let names = self.set.iter().filter_map(|setting| {
            let (name, _) = setting.split_once('=')?;
            Conntrack::FLAGS.contains(&name).then_some(name)
        });
        let without_effect = names.map(|name| {
            format!(
                "--set {name}: without effect, because {command} follows no sessions, as replay \
                 and diff --with do"
            )
        });
        if !self.common.quiet {
            messages::warnings(&without_effect.collect::<Vec<_>>());
        }
    }

    /// Returns how often the configuration names standard input.
    pub(crate) fn standard_inputs(&self) -> usize {
        self.config
            .iter()
            .filter(|path| {
                ["-", "-@before", "-@after"]
                    .iter()
                    .any(|name| path.as_os_str() == *name)
            })
            .count()
    }
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --source-port the answer holds for every ephemeral port (49152 to
65535), or is inconclusive. Exit code: 0 accept, 1 drop, 6 depends or outside.

Examples:
  secgroup check --config data/demo --from 203.0.113.9 --to i-web-1 --protocol tcp --port 443
  secgroup check --config data/demo --from i-web-1 --to i-db-1 --protocol tcp --explain")]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// The sender: an address, an interface id or an instance id.
    #[arg(
        long,
        value_name = "END",
        required_unless_present = "flows",
        conflicts_with = "flows"
    )]
    pub(crate) from: Option<String>,
    /// The receiver: an address, an interface id or an instance id.
    #[arg(
        long,
        value_name = "END",
        required_unless_present = "flows",
        conflicts_with = "flows"
    )]
    pub(crate) to: Option<String>,
    /// The protocol, by name or number.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "flows",
        conflicts_with = "flows"
    )]
    pub(crate) protocol: Option<String>,
    /// The destination port; without it, any.
    #[arg(long, value_name = "PORT", value_parser = port, conflicts_with = "flows")]
    pub(crate) port: Option<u16>,
    /// The source port; without it, any ephemeral one.
    #[arg(long, value_name = "PORT", value_parser = port, conflicts_with = "flows")]
    pub(crate) source_port: Option<u16>,
    /// The VPC the addresses belong to, where several have them.
    #[arg(long, value_name = "ID", conflicts_with = "flows")]
    pub(crate) vpc: Option<String>,
    /// The type of an ICMP message; 8 asks, 128 does in ICMPv6.
    #[arg(long, value_name = "TYPE", conflicts_with = "flows")]
    pub(crate) icmp_type: Option<u8>,
    /// The code of an ICMP message, of one with a type.
    #[arg(long, value_name = "CODE", requires = "icmp_type", default_value_t = 0)]
    pub(crate) icmp_code: u8,
    /// The NIC the flow uses, in the classic network.
    #[arg(long, value_enum, conflicts_with = "flows")]
    pub(crate) nic: Option<Nic>,
    /// What brings the flow to its destination: `slb`, a load balancer.
    #[arg(long, value_enum, conflicts_with = "flows")]
    pub(crate) via: Option<Via>,
    /// Show every rule in order of precedence, and why it did or did not match.
    #[arg(long, conflicts_with = "flows")]
    pub(crate) explain: bool,
    /// Judge the flows of a CSV file (`-` is standard input) instead of one;
    /// columns src_ip, dst_ip, protocol, src_port, dst_port.
    #[arg(long, value_name = "FILE")]
    pub(crate) flows: Option<PathBuf>,
    /// The form of the result; jsonl and csv with --flows only.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The engine whose verdict is compared with the reference that explains.
    #[arg(long, value_enum, default_value_t = EngineName::Compiled)]
    pub(crate) engine: EngineName,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
Inputs are recognised by content: pcap, pcapng; VPC flow logs of Alibaba Cloud
(JSON Lines or CSV) and AWS (text, versions 2 to 5); Zeek's conn.log (text or
JSON); flow events of Suricata's eve.json; what nfdump prints with -o csv; and
CSV or JSON Lines with the columns src_ip, dst_ip, protocol, src_port, dst_port
and, optionally, flow_id, vpc_id, timestamp, end, packets, bytes, tcp_flags,
icmp_type, icmp_code, direction, action, via, nic, or usual other names of
these; each also packed with gzip, zstd or lz4. Parquet files with any of these
columns are read, too, from files only. A directory stands for all files in it
and below, sorted by path, without hidden ones; what is no input there is passed
over with a warning. Several inputs are replayed in the order given, or with
--merge as one stream in the order of their times. A flow without flow_id is called by its packet or line number;
packets is 1 and bytes 0 where a column is missing.

In captures sessions are followed (--mode sessions): a packet that no open
session lets pass is judged, replies pass with it, and a row is a session with
all its packets. In flow lists every record is judged as the first packet of a
session (--mode packets), unless sessions are asked for.

Examples:
  secgroup replay --config data/demo/fleet.json data/demo/traffic.pcap
  secgroup replay --config data/demo/fleet.json data/demo/flows.csv --format csv")]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// Captures and flow lists, or directories of them; `-` is standard input.
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Replay all inputs as one stream, in the order of the records' times,
    /// instead of one after the other; of equal times, the input named first
    /// goes first, and within an input records keep their order.
    #[arg(long)]
    pub(crate) merge: bool,
    /// What the inputs are, where their content shall not decide.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) input_format: Option<InputFormat>,
    /// What the inputs call columns, where no known name fits, as in
    /// `src_ip=client,dst_ip=server`; of a list without a line of names their
    /// numbers, as in `src_ip=1,dst_ip=2,protocol=3,src_port=4,dst_port=5`.
    #[arg(long, value_name = "COLUMN=NAME", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// What is judged: by default sessions in captures, packets in flow lists.
    #[arg(long, value_enum)]
    pub(crate) mode: Option<Mode>,
    /// How many sessions are followed at once; beyond that, those nearest to
    /// their end are given up and counted.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SESSIONS, value_parser = max_sessions)]
    pub(crate) max_sessions: usize,
    /// The configuration from a time on, RFC 3339 or Unix seconds; may be
    /// repeated, and files of one time are joined.
    #[arg(long, value_name = "TIME=PATH", value_parser = config_at)]
    pub(crate) config_at: Vec<(Timestamp, PathBuf)>,
    /// Judge by this configuration, too, and tell which traffic it judges
    /// differently; may be repeated, and all files are joined.
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Vec<PathBuf>,
    /// Write one row per session, or per record where each is judged: to a .csv,
    /// .jsonl or .parquet file, or with `-` to standard output.
    #[arg(long, value_name = "OUT")]
    pub(crate) flows: Option<PathBuf>,
    /// Write the summary as JSON.
    #[arg(long, value_name = "OUT.json")]
    pub(crate) summary: Option<PathBuf>,
    /// Write a page for people: totals, verdicts over time, what was dropped and
    /// by which rule, unused rules, disagreements; one HTML file that needs
    /// nothing else.
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
    /// Write one row per record whose recorded action differs from the verdict,
    /// with the cause: to a .csv or .jsonl file.
    #[arg(long, value_name = "OUT")]
    pub(crate) mismatches: Option<PathBuf>,
    /// Exit with 1 when a record is dropped, when the recorded action of one
    /// contradicts the verdict, or when one is judged differently by --against.
    /// Replies of sessions and flows of unknown addresses are no contradiction.
    /// Where no record says anything about it, exit with 6.
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// Count rows that make no sense and go on, instead of ending there. Where no
    /// other row is left, exit with 3.
    #[arg(long)]
    pub(crate) skip_bad: bool,
    /// The form of standard output: the summary as text or json, or rows as
    /// jsonl or csv.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write what would go to standard output to a file instead.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How flows are judged. Results are the same.
    #[arg(long, value_enum, default_value_t = EngineName::Compiled)]
    pub(crate) engine: EngineName,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Makes it so for everything that is printed.
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Forms of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// Profiles of quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Limits {
    /// The numbers of the founding documents.
    Seed,
    /// The numbers of the 2026 documents.
    Current,
    /// No quotas.
    Off,
}

impl From<Limits> for secgroup_ecs::Limits {
    fn from(limits: Limits) -> Self {
        match limits {
            Limits::Seed => Self::Seed,
            Limits::Current => Self::Current,
            Limits::Off => Self::Off,
        }
    }
}

/// Engines, the reference among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// Flat tables; the fast one.
    Compiled,
    /// A prefix trie.
    Trie,
    /// One rule after the other.
    Scan,
    /// The documentation's sentences, one after the other; slow.
    Reference,
}

/// NICs of the classic network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Nic {
    /// The public one.
    Internet,
    /// The internal one.
    Intranet,
}

/// What may bring a flow to its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Via {
    /// A load balancer.
    Slb,
}

/// Formats of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// Classic pcap.
    Pcap,
    /// pcapng.
    Pcapng,
    /// Comma-separated values.
    Csv,
    /// One JSON object a line, in the names of the CSV columns.
    Jsonl,
    /// VPC flow logs of Alibaba Cloud.
    Alibaba,
    /// VPC flow logs of AWS.
    Aws,
    /// Zeek's conn.log, as text or JSON.
    Zeek,
    /// Suricata's eve.json.
    Suricata,
    /// What nfdump prints with -o csv.
    Nfdump,
    /// Parquet with the columns of any of these.
    Parquet,
}

/// How records are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Each as the first packet of a session.
    Packets,
    /// What no session lets pass; replies belong to their session.
    Sessions,
}

/// What makes a replay fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A dropped record.
    Drop,
    /// A record whose recorded action differs from the verdict.
    Mismatch,
    /// A record that --against judges differently.
    Change,
}

/// Reads how many sessions are followed.
fn max_sessions(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MOST_SESSIONS).contains(number))
        .ok_or_else(|| format!("expected a number from 1 to {MOST_SESSIONS}"))
}

/// Reads when a configuration comes into force, and where it is.
fn config_at(text: &str) -> Result<(Timestamp, PathBuf), String> {
    let expected = "expected TIME=PATH, TIME as RFC 3339 (2026-03-02T09:00:00Z) or Unix seconds";
    let (time, path) = text.split_once('=').ok_or(expected)?;
    let time = Timestamp::parse(time).ok_or(expected)?;
    if path.is_empty() {
        return Err(expected.to_owned());
    }
    Ok((time, path.into()))
}

/// Reads one port.
fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| "expected one port, 0 to 65535".to_owned())
}
