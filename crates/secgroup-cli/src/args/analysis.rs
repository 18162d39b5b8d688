//! Arguments of the commands about all flows at once.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use secgroup_model::{Action, Direction, Family};

use super::{CommonArguments, ConfigArguments, EngineName, InputFormat, Limits, Mode};

/// Where the result of an analysis goes.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Print one JSON document instead of text.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Who judges the examples of a command about all flows.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Confirmation {
    /// Judge an example of every region once more with this engine, which knows
    /// nothing of regions; the command fails where it says something else.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) engine: Option<EngineName>,
}

/// Forms of answers about all flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// Arguments of `effective`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every flow that crosses the interface is in exactly one region. Not among them
are later fragments and what a load balancer forwards. Exit code: 0.

Examples:
  secgroup effective eni-db-1 --config data/demo
  secgroup effective i-web-1 --config data/demo --format json")]
pub(crate) struct EffectiveArguments {
    /// The interface, or an instance for its primary one.
    #[arg(value_name = "INTERFACE")]
    pub(crate) interface: String,
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    #[command(flatten)]
    pub(crate) report: Report,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}

/// What is asked about: ends and service.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Who sends: a CIDR block, an interface, instance, group or prefix list,
    /// `internet`, or `any`; several with commas, without others as in
    /// `internet except 203.0.113.0/24`.
    #[arg(long, value_name = "END", default_value = "any")]
    pub(crate) from: String,
    /// Who receives: as --from.
    #[arg(long, value_name = "END", default_value = "any")]
    pub(crate) to: String,
    /// Protocols, by name or number, as tcp,udp; without it, any.
    #[arg(long, value_name = "NAMES")]
    pub(crate) protocol: Option<String>,
    /// Destination ports, as 443, 22,8000-8999 or `any except 443`; without it,
    /// any.
    #[arg(long, value_name = "PORTS")]
    pub(crate) port: Option<String>,
    /// Source ports; without it, any.
    #[arg(long, value_name = "PORTS")]
    pub(crate) source_port: Option<String>,
    /// Types of ICMP messages, as 8 or 0-3; with --protocol icmp or icmpv6.
    #[arg(long, value_name = "TYPES")]
    pub(crate) icmp_type: Option<String>,
    /// Codes of ICMP messages.
    #[arg(long, value_name = "CODES")]
    pub(crate) icmp_code: Option<String>,
    /// The only address family that is looked at.
    #[arg(long, value_enum)]
    pub(crate) family: Option<FamilyName>,
    /// The only side that is asked; without it, both are.
    #[arg(long, value_enum)]
    pub(crate) direction: Option<DirectionName>,
    /// The only VPC that is looked at.
    #[arg(long, value_name = "ID")]
    pub(crate) vpc: Option<String>,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is sampled: what is not found does not exist. Between two interfaces of
one VPC both sides are asked, otherwise the one that is in the configuration.
What the platform decides whatever the rules say is left out (--platform).
Exit code: 0; 1 when --fail-on says so; 6 when the answer hangs on a list or
group that is missing (--set eval.missing_ref=nomatch), and with --fail-on found
when no flow of the question crosses an interface at all.

Examples:
  secgroup search --config data/demo --from internet --to sg-db --fail-on found
  secgroup search --config data/demo --from internet --protocol tcp --port 22")]
pub(crate) struct SearchArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Show also what the platform passes or blocks whatever the rules say:
    /// path MTU discovery, DHCP, neighbour discovery, the metadata service.
    #[arg(long)]
    pub(crate) platform: bool,
    /// What happens to the flows that are searched for.
    #[arg(long, value_enum, default_value_t = Wanted::Accept)]
    pub(crate) verdict: Wanted,
    /// Exit with 1 when there is such a flow, or when there is none.
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<SearchFailOn>,
    #[command(flatten)]
    pub(crate) report: Report,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Interfaces are compared by id, each in both directions; the regions are
disjoint, and together they are every flow with another verdict. With --with,
the regions are ranked by the traffic seen in them, and those without any are
listed apart. Exit code: 0 when no flow changes, 1 when one does, 6 when it
hangs on something missing; of the traffic: 3 when nothing of it can be read,
4 when some is missing.

Examples:
  secgroup diff data/demo/fleet.json data/demo/fleet.json
  secgroup diff data/demo data/demo --with data/demo/traffic.pcap --format json")]
pub(crate) struct DiffArguments {
    /// The configuration before: a file or directory.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The configuration after.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// A flag of evaluation, such as eval.intra_group_egress=custom_rules.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The quotas that configurations are checked against.
    #[arg(long, value_enum, default_value_t = Limits::Seed)]
    limits: Limits,
    /// The value of a parameter of a ROS template.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    param: Vec<String>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(flatten)]
    pub(crate) observed: ObservedArguments,
    #[command(flatten)]
    pub(crate) report: Report,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}

/// Observed traffic, by which changes are ranked.
#[derive(Debug, Args)]
pub(crate) struct ObservedArguments {
    /// A capture, flow list or directory of them, as `replay` reads them: rank what
    /// changes by the traffic in it; may be repeated.
    #[arg(long, value_name = "INPUT")]
    pub(crate) with: Vec<PathBuf>,
    /// What the inputs of --with are, where their content shall not decide.
    #[arg(long, value_enum, value_name = "FORMAT", requires = "with")]
    pub(crate) input_format: Option<InputFormat>,
    /// What the inputs of --with call columns, as in `src_ip=client`.
    #[arg(
        long,
        value_name = "COLUMN=NAME",
        value_delimiter = ',',
        requires = "with"
    )]
    pub(crate) columns: Vec<String>,
    /// What a flow of --with is: by default a session in captures, a record in
    /// flow lists.
    #[arg(long, value_enum, requires = "with")]
    pub(crate) mode: Option<Mode>,
    /// Count rows of --with that make no sense and go on.
    #[arg(long, requires = "with")]
    pub(crate) skip_bad: bool,
}

impl DiffArguments {
    /// Returns how one of the two configurations is read.
    pub(crate) fn config(&self, path: &Path) -> ConfigArguments {
        ConfigArguments {
            config: vec![path.to_owned()],
            set: self.set.clone(),
            limits: self.limits,
            param: self.param.clone(),
            common: self.common,
        }
    }
}

/// Directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionName {
    /// What the receiver's interface does.
    Ingress,
    /// What the sender's interface does.
    Egress,
}

impl From<DirectionName> for Direction {
    fn from(name: DirectionName) -> Self {
        match name {
            DirectionName::Ingress => Self::Ingress,
            DirectionName::Egress => Self::Egress,
        }
    }
}

/// Address families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FamilyName {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl From<FamilyName> for Family {
    fn from(name: FamilyName) -> Self {
        match name {
            FamilyName::Ipv4 => Self::V4,
            FamilyName::Ipv6 => Self::V6,
        }
    }
}

/// Verdicts that can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wanted {
    /// They pass.
    Accept,
    /// They are dropped.
    Drop,
    /// Either.
    Any,
}

impl Wanted {
    /// Returns the action, none for either.
    pub(crate) const fn action(self) -> Option<Action> {
        match self {
            Self::Accept => Some(Action::Accept),
            Self::Drop => Some(Action::Drop),
            Self::Any => None,
        }
    }
}

/// What makes a search fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchFailOn {
    /// Some flow was found.
    Found,
    /// No flow was found.
    None,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
#[command(after_help = "\
What each code means is in docs/lints.md. A waiver file lists findings that are
meant, each with a reason and the last day on which it holds:

  waivers:
    - {code: internet-exposure, rule: sgr-1, reason: the shop, expires: 2027-06-30}

Exit code: 0; 1 when a finding is at or above --fail-on.

Examples:
  secgroup lint --config data/demo --fail-on never
  secgroup lint --config data/demo --format sarif")]
pub(crate) struct LintArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// The least severity that makes the exit code 1.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailSeverity::Error)]
    pub(crate) fail_on: FailSeverity,
    /// The waiver file, in YAML.
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// The day on which waivers are looked at; without it, none has expired.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) as_of: Option<jiff::civil::Date>,
    /// The form of the result.
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}

fn day(text: &str) -> Result<jiff::civil::Date, String> {
    let day: Result<jiff::civil::Date, _> = text.parse();
    day.map_err(|_| "expected a day such as 2026-01-31".to_owned())
}

/// Forms of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// SARIF, for code scanning.
    Sarif,
    /// JUnit's XML, for test reports.
    Junit,
}

/// Severities at which a lint fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailSeverity {
    /// Dangerous, or surely not meant.
    Error,
    /// Probably not meant.
    Warning,
    /// Worth knowing.
    Note,
    /// None.
    Never,
}

impl FailSeverity {
    /// Returns the severity, if there is one.
    pub(crate) const fn severity(self) -> Option<secgroup_analysis::Severity> {
        match self {
            Self::Error => Some(secgroup_analysis::Severity::Error),
            Self::Warning => Some(secgroup_analysis::Severity::Warning),
            Self::Note => Some(secgroup_analysis::Severity::Note),
            Self::Never => None,
        }
    }
}

/// Arguments of `test`.
#[derive(Debug, Args)]
#[command(after_help = "\
A file of assertions is YAML; docs/analysis.md has every key. Ends are those of
secgroup search, one or a list, or a name given under `sets`; what is left out is
any. `expect` is all-accepted, all-dropped, some-accepted or some-dropped. An
assertion about no flow at all fails.

  sets:
    office: [203.0.113.0/24, pl-office]
  tests:
    - name: the Internet reaches the web servers on 443 only
      from: internet except office
      to: sg-web
      ports: any except 443
      expect: all-dropped

Exit code: 0 when all hold, 1 when one fails, 6 when one hangs on a list or
group that is missing.

Examples:
  secgroup test data/demo/assertions.yml --config data/demo/fleet.json
  secgroup test data/demo/assertions.yml --config data/demo/fleet.json --format junit")]
pub(crate) struct TestArguments {
    /// The file of assertions; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// Change the rules a little, one at a time, and count how many of the
    /// changes the assertions notice.
    #[arg(long)]
    pub(crate) mutants: bool,
    /// The form of the result.
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}

/// Arguments of `minimize`.
#[derive(Debug, Args)]
#[command(after_help = "\
Groups are looked at one after the other, each beside what was found enough for
those before it. Nothing is written to the configuration. All flows are compared
before and after, and a result that changed one is not shown. Exit code: 0; 6
when a group hangs on a list or group that is missing.

Examples:
  secgroup minimize --config data/demo/fleet.json
  secgroup minimize --config data/demo/fleet.json --group sg-web --format json")]
pub(crate) struct MinimizeArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// The only group that is looked at; may be repeated.
    #[arg(long, value_name = "ID")]
    pub(crate) group: Vec<String>,
    #[command(flatten)]
    pub(crate) report: Report,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}

/// Arguments of `what-if`.
#[derive(Debug, Args)]
#[command(after_help = "\
The call is made on a simulated account, to know what ECS would answer. Exit
code: 0 when no flow gets another verdict, 1 when one does or nothing can be so.

Examples:
  secgroup what-if join eni-web-1 sg-guard --config data/demo/fleet.json
  secgroup what-if leave i-web-2 sg-guard --config data/demo/fleet.json")]
pub(crate) struct WhatIfArguments {
    /// The change.
    #[command(subcommand)]
    pub(crate) change: WhatIf,
}

/// Changes of membership.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum WhatIf {
    /// An interface joins a group.
    #[command(after_help = "\
Examples:
  secgroup what-if join eni-web-1 sg-guard --config data/demo/fleet.json
  secgroup what-if join eni-db-1 sg-web --config data/demo/fleet.json --format json")]
    Join(MembershipArguments),
    /// An interface leaves a group.
    #[command(after_help = "\
Examples:
  secgroup what-if leave eni-web-2 sg-guard --config data/demo/fleet.json
  secgroup what-if leave eni-db-1 sg-db --config data/demo --set eval.no_group=deny")]
    Leave(MembershipArguments),
}

/// What joins or leaves what.
#[derive(Debug, Args)]
pub(crate) struct MembershipArguments {
    /// The interface, or an instance for its primary one.
    #[arg(value_name = "INTERFACE")]
    pub(crate) interface: String,
    /// The group.
    #[arg(value_name = "GROUP")]
    pub(crate) group: String,
    /// Snapshot files: ECS answers as JSON, or directories of them.
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) config: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) cloud: super::CloudArguments,
    #[command(flatten)]
    pub(crate) report: Report,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(flatten)]
    pub(crate) confirmation: Confirmation,
}
