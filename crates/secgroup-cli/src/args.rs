//! The command line: names and meanings of everything a user types.

mod analysis;
mod api;
mod bench;
mod generate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use secgroup_model::Semantics;

pub(crate) use analysis::{
    Asked, DiffArguments, EffectiveArguments, LintArguments, LintFormat, MembershipArguments,
    MinimizeArguments, Report, ReportFormat, SearchArguments, SearchFailOn, TestArguments, Wanted,
    WhatIf, WhatIfArguments,
};
pub(crate) use api::{ApplyArguments, CloudArguments, ServeArguments};
pub(crate) use bench::{BenchArguments, BenchEngine};
pub(crate) use generate::{
    CommonArguments, GenArguments, GroupArguments, SnapshotArguments, StyleName, TraceArguments,
    TraceFormat, Workload,
};

use crate::failure::Failure;

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
  secgroup man replay")]
    Man {
        /// The command, for its own page.
        command: Option<String>,
    },
}

/// What decides: the same for every command.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// Snapshot files: ECS answers as JSON, or directories of them; `-` is
    /// standard input. May be repeated; all files are joined by id.
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) config: Vec<PathBuf>,
    /// A flag of evaluation, such as eval.intra_group_egress=custom_rules.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The quotas that configurations are checked against.
    #[arg(long, value_enum, default_value_t = Limits::Seed)]
    pub(crate) limits: Limits,
    /// Say nothing but results and errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Say more on standard error: what was loaded and how long it took.
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

impl ConfigArguments {
    /// Reads the flags.
    pub(crate) fn semantics(&self) -> Result<Semantics, Failure> {
        let mut semantics = Semantics::default();
        for setting in &self.set {
            let Some((name, value)) = setting.split_once('=') else {
                return Err(Failure::usage(format!(
                    "--set {setting}: expected NAME=VALUE"
                )));
            };
            let set = semantics.set(name, value);
            set.map_err(|error| Failure::usage(format!("--set: {error}")))?;
        }
        Ok(semantics)
    }

    /// Returns how often the configuration names standard input.
    pub(crate) fn standard_inputs(&self) -> usize {
        self.config
            .iter()
            .filter(|path| path.as_os_str() == "-")
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
    /// The code of an ICMP message.
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
    /// How many threads judge --flows; 0 for one a core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
    /// The engine whose verdict is compared with the reference that explains.
    #[arg(long, value_enum, default_value_t = EngineName::Compiled)]
    pub(crate) engine: EngineName,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
Inputs are recognised by content: pcap, pcapng, and CSV with the columns
src_ip, dst_ip, protocol, src_port, dst_port and, optionally, flow_id, vpc_id,
timestamp, packets, bytes, tcp_flags, icmp_type, icmp_code, action, via, nic;
each also packed with gzip, zstd or lz4. Several inputs are replayed in the
order given. A flow without flow_id is called by its packet or line number;
packets is 1 and bytes 0 where a column is missing.

Every record is judged as the first packet of a session (--mode packets).
Sessions are not followed yet: replies are judged by the rules, too.

Examples:
  secgroup replay --config data/demo/fleet.json data/demo/traffic.pcap
  secgroup replay --config data/demo/fleet.json data/demo/flows.csv --format csv")]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// Captures and flow lists; `-` is standard input.
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<PathBuf>,
    /// What the inputs are, where their content shall not decide.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) input_format: Option<InputFormat>,
    /// How records are judged; `sessions` is not available yet.
    #[arg(long, value_enum, default_value_t = Mode::Packets)]
    pub(crate) mode: Mode,
    /// Write one row per judged record: to a .csv or .jsonl file, or with `-`
    /// to standard output.
    #[arg(long, value_name = "OUT")]
    pub(crate) flows: Option<PathBuf>,
    /// Write the summary as JSON.
    #[arg(long, value_name = "OUT.json")]
    pub(crate) summary: Option<PathBuf>,
    /// Exit with 1 when a record is dropped, or differs from the recorded action.
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// Count rows that make no sense and go on, instead of ending there.
    #[arg(long)]
    pub(crate) skip_bad: bool,
    /// The form of standard output: the summary as text or json, or rows as
    /// jsonl or csv.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write what would go to standard output to a file instead.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How many threads judge; 0 for one a core. Results are the same.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,
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
}

/// How records are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Each as the first packet of a session.
    Packets,
    /// Replies belong to their session; not available yet.
    Sessions,
}

/// What makes a replay fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A dropped record.
    Drop,
    /// A record whose recorded action differs from the verdict.
    Mismatch,
}

/// Reads one port.
fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| "expected one port, 0 to 65535".to_owned())
}
