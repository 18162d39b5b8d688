//! Writes a generated capture and the configuration that judges it.
//!
//! What `secgroup gen capture` does, with the seed of the committed workloads.
//! What the packets and rules are like is said in `secgroup_gen`; how the files
//! are used, in `benches/README.md`.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use secgroup_benches::SEED;
use secgroup_gen::{Plan, World, capture, config};

/// Writes a capture of one interface's traffic, and that interface's groups.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many packets to write.
    #[arg(long, default_value_t = 1_000_000)]
    packets: u64,
    /// What everything is drawn from: the same seed gives the same bytes.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// How many rules the five groups of the interface have in total.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    rules: u32,
    /// The pcap file to write.
    #[arg(value_name = "OUT.pcap")]
    capture: PathBuf,
    /// The ECS JSON file to write.
    #[arg(value_name = "CONFIG.json")]
    config: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let rules = usize::try_from(arguments.rules)?;
    let (seed, v6_percent) = (arguments.seed, Plan::V6_PERCENT);
    let plan = Plan::interface(seed, rules, v6_percent);
    let path = &arguments.config;
    config::write(&plan, create(path)?).with_context(|| format!("writing {}", path.display()))?;
    let (path, world) = (&arguments.capture, World::new(&plan));
    capture::write(&world, arguments.packets, v6_percent, seed, create(path)?)
        .with_context(|| format!("writing {}", path.display()))
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    Ok(BufWriter::new(file))
}
