//! Arguments of `gen`: what workload, of what size.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigArguments, DirectionName};

/// The greatest number of rules of an interface or filter set.
const MOST_RULES: i64 = 1_000_000;

/// Arguments of `gen`.
#[derive(Debug, Args)]
#[command(after_help = "\
The same arguments give the same bytes on every machine. Workloads stream to
standard output; --output writes a file that appears whole or not at all.

Examples:
  secgroup gen interface --seed 1 --rules 100
  secgroup gen classbench --seed 1 --style acl --rules 100")]
pub(crate) struct GenArguments {
    /// What to make.
    #[command(subcommand)]
    pub(crate) workload: Workload,
}

/// The workloads.
#[derive(Debug, Subcommand)]
pub(crate) enum Workload {
    /// A snapshot: one interface in several groups.
    Interface(InterfaceArguments),
    /// A snapshot: many interfaces in sets of groups.
    Fleet(FleetArguments),
    /// A filter set in the manner and format of ClassBench.
    Classbench(ClassbenchArguments),
    /// The rules of an interface of a snapshot, as a filter set.
    Filters(FiltersArguments),
    /// Headers that meet the filters of a set.
    Trace(TraceArguments),
    /// A capture of the traffic of interfaces.
    Capture(CaptureArguments),
    /// A flow list of the traffic of interfaces.
    Flows(FlowsArguments),
}

/// What every workload needs.
#[derive(Debug, Args)]
pub(crate) struct CommonArguments {
    /// What everything is drawn from.
    #[arg(long, value_name = "N")]
    pub(crate) seed: u64,
    /// Write to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What groups are like.
#[derive(Debug, Args)]
pub(crate) struct GroupArguments {
    /// How many groups an interface is in.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) groups: u8,
    /// How many of a hundred rules, and of flows, are about IPv6.
    #[arg(long, value_name = "P", default_value_t = 20, value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) v6_percent: u8,
}

/// Arguments of `gen interface`.
#[derive(Debug, Args)]
#[command(after_help = "\
Rules have prefixes of every length around 64 sites, groups with 20 members (one
in ten), prefix lists of 20 entries (one in ten) and a management network (one
in ten), priorities with many ties, and nine in ten are ingress. From some 60
rules in a group they are more than ECS's quotas allow, where a rule about a list
counts as many as its entries: read the snapshot with --limits off.

Examples:
  secgroup gen interface --seed 1
  secgroup gen interface --seed 1 --rules 5000 --v6-percent 100 --output load.json")]
pub(crate) struct InterfaceArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// How many rules the groups have in total.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(..=MOST_RULES))]
    pub(crate) rules: u32,
    #[command(flatten)]
    pub(crate) groups: GroupArguments,
}

/// Arguments of `gen fleet`.
#[derive(Debug, Args)]
#[command(after_help = "\
The rules are those of gen interface, and as many as not to be legal unless fewer
than 300 are asked for. 1,000 interfaces with 1,100 rules of their own are 210 MB.

Examples:
  secgroup gen fleet --seed 1 --interfaces 100 --sets 10
  secgroup gen fleet --seed 1 --output fleet.json")]
pub(crate) struct FleetArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// How many interfaces there are.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) interfaces: u16,
    /// How many different sets of groups they have; one each unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sets: Option<u16>,
    /// How many rules the groups of an interface have in total.
    #[arg(long, value_name = "N", default_value_t = 1_100, value_parser = clap::value_parser!(u32).range(..=MOST_RULES))]
    pub(crate) rules: u32,
    #[command(flatten)]
    pub(crate) groups: GroupArguments,
}

/// Arguments of `gen classbench`.
#[derive(Debug, Args)]
#[command(after_help = "\
A line is a filter: @SOURCE/LENGTH, DESTINATION/LENGTH, source ports, destination
ports, PROTOCOL/MASK, and empty TCP flags, separated by tabs. The first filter
that a header meets decides. No two are equal; the last one is met by everything.

Examples:
  secgroup gen classbench --seed 1 --style fw --rules 50
  secgroup gen classbench --seed 1 --style acl --rules 100000 --output acl.txt")]
pub(crate) struct ClassbenchArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// Whose manner the set has.
    #[arg(long, value_enum)]
    pub(crate) style: StyleName,
    /// How many filters there are.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=MOST_RULES))]
    pub(crate) rules: u32,
    /// Prefixes of IPv6 instead of IPv4.
    #[arg(long)]
    pub(crate) ipv6: bool,
}

/// Arguments of `gen filters`.
#[derive(Debug, Args)]
#[command(after_help = "\
The set is what other classifiers can be given to judge as secgroup does: the
first filter that a header meets is from the rule that decides. A rule about a
group or a prefix list is a filter for each address or entry, a rule with a port
list one for each range. Not in it: traffic of the platform, groups whose members
reach each other, and the default behind the last filter.

Examples:
  secgroup gen filters -q --config data/demo/fleet.json --interface eni-web-1 --direction egress
  secgroup gen filters -q --config data/demo/fleet.json --interface eni-db-1 --output db.txt")]
pub(crate) struct FiltersArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// The interface, or an instance for its primary one.
    #[arg(long, value_name = "ID")]
    pub(crate) interface: String,
    /// The direction of its rules.
    #[arg(long, value_enum, default_value = "ingress")]
    pub(crate) direction: DirectionName,
    /// The rules about IPv6 instead of those about IPv4.
    #[arg(long)]
    pub(crate) ipv6: bool,
    /// Write to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `gen trace`.
#[derive(Debug, Args)]
#[command(after_help = "\
Few filters get most headers (Pareto's law: of 1,000 filters, ten get two in
five). One header in twenty has its ends from two filters and is random
otherwise. With --aim edges, all filters get the same, and each field is the
first or last value of its filter, or the one beside it.

A binary record is source, destination, source port, destination port, protocol
and three zeros: 16 bytes, numbers little-endian; or 40 bytes with IPv6 addresses
in network order. A line of text has the same as decimal numbers separated by
tabs, and the position of the filter it was drawn from, counted from 0, or
4294967295 for none.

Examples:
  secgroup gen trace --rules data/demo/filters.txt --seed 1 --headers 100 --format text
  secgroup gen trace --rules data/demo/filters.txt --seed 1 --output headers.bin")]
pub(crate) struct TraceArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// A filter set in ClassBench's format; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: PathBuf,
    /// How many headers to draw.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) headers: u64,
    /// Where headers are drawn from.
    #[arg(long, value_enum, default_value_t = AimName::Filters)]
    pub(crate) aim: AimName,
    /// The form of the trace.
    #[arg(long, value_enum, default_value_t = TraceFormat::Binary)]
    pub(crate) format: TraceFormat,
}

/// Where headers are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AimName {
    /// From within filters, few of which get most.
    Filters,
    /// From the edges of filters, all alike.
    Edges,
}

/// Arguments of `gen capture`.
#[derive(Debug, Args)]
#[command(after_help = "\
Half of the flows are aimed at some rule. The capture keeps 96 bytes of Ethernet
frames of 60 to 1,500 bytes: TCP, UDP, ICMP, a little GRE and ESP, a third of it
replies, 65,536 flows, 110 bytes a packet. The snapshot is that of gen interface,
or of gen fleet, with the same arguments.

Examples:
  secgroup gen capture --seed 1 --packets 20000 --config load.json --output load.pcap
  secgroup gen capture --seed 1 --packets 20000 --rules 100 --v6-percent 0 --output load.pcap")]
pub(crate) struct CaptureArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// How many packets there are.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) packets: u64,
    #[command(flatten)]
    pub(crate) snapshot: SnapshotArguments,
}

/// Arguments of `gen flows`.
#[derive(Debug, Args)]
#[command(after_help = "\
The flows are like those of gen capture, each a row that replay and check --flows
read.

Examples:
  secgroup gen flows --seed 1 --rows 1000
  secgroup gen flows --seed 1 --rows 20000 --config load.json --output load.csv")]
pub(crate) struct FlowsArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// How many rows there are.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) rows: u64,
    #[command(flatten)]
    pub(crate) snapshot: SnapshotArguments,
}

/// The snapshot that traffic is made for.
#[derive(Debug, Args)]
pub(crate) struct SnapshotArguments {
    /// Where to write the snapshot that the traffic is for, which is made from
    /// the seed, too. A file to be written, not one to be read.
    #[arg(long, value_name = "OUT.json")]
    pub(crate) config: Option<PathBuf>,
    /// How many interfaces there are.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) interfaces: u16,
    /// How many different sets of groups they have; one each unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sets: Option<u16>,
    /// How many rules the groups of an interface have in total.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(..=MOST_RULES))]
    pub(crate) rules: u32,
    #[command(flatten)]
    pub(crate) groups: GroupArguments,
}

/// Manners of filter sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StyleName {
    /// Access lists: specific on both sides, any source port, many services.
    Acl,
    /// Firewalls: any or half the addresses on one side, and ports on both.
    Fw,
    /// Chains of a Linux host: between the two; a third is about addresses only.
    Ipc,
}

/// Forms of traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// Records of 16 bytes, or 40 for IPv6.
    Binary,
    /// ClassBench's: numbers separated by tabs.
    Text,
}
