//! Arguments of `bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReportFormat;

/// Arguments of `bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
The rules are a filter set of ClassBench (one filter a line, the first that
matches decides) or a snapshot. For a filter set the trace is ClassBench's text
or binary records of 16 bytes (40 for IPv6); for a snapshot it is a capture or a
CSV file, and each flow is judged at both ends. Without a trace a million headers
are drawn from within the rules, the same ones for the same rules.

Rates are those of one thread unless --threads says otherwise. Only ratios taken
back to back in one run mean anything; the checksum of the answers must be the
same for every engine.

Examples:
  secgroup bench --rules data/demo/fleet.json --trace data/demo/traffic.pcap
  secgroup bench --rules data/demo/fleet.json --trace data/demo/flows.csv --format json")]
pub(crate) struct BenchArguments {
    /// A filter set or a snapshot.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: PathBuf,
    /// What is looked up; drawn from the rules unless named.
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// The engines, all but the reference unless named; trie and reference are for
    /// snapshots.
    #[arg(long, value_enum, value_name = "ENGINE", value_delimiter = ',')]
    pub(crate) engine: Vec<BenchEngine>,
    /// How often the whole trace is looked up.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) rounds: u16,
    /// How many threads share the trace; 0 for one on each core.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// The vectors of the compiled engine, the widest of this processor unless
    /// named; for filter sets.
    #[arg(long, value_enum)]
    pub(crate) vectors: Option<VectorsName>,
    /// Write for each header of a filter set the number of the filter that
    /// decides, from 0, as little-endian u32; 0xffffffff where none does.
    #[arg(long, value_name = "OUT")]
    pub(crate) ranks: Option<PathBuf>,
    /// Say nothing but results and errors.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// The form of the result.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Write the result to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Engines that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchEngine {
    /// The fast one.
    Compiled,
    /// A prefix trie; for snapshots.
    Trie,
    /// One rule after the other.
    Scan,
    /// The evaluator that reads like the documentation; for snapshots, and slow.
    Reference,
}

/// Vectors that a processor may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VectorsName {
    /// One number after the other.
    Plain,
    /// 256 bits.
    Avx2,
    /// 512 bits.
    Avx512,
}
