//! The differential test without an end: worlds from a seed on, until a
//! difference, an interruption, or `COUNT` worlds.
//!
//! `cargo run --release -p secgroup-tests --bin differential -- [FIRST_SEED [COUNT]]`

use std::io::{self, Write};
use std::process::ExitCode;

use secgroup_tests::differential::{Coverage, run};

/// Flows for each world.
const FLOWS: usize = 2_000;

fn main() -> io::Result<ExitCode> {
    let numbers: Result<Vec<u64>, _> = std::env::args().skip(1).map(|text| text.parse()).collect();
    let Ok(numbers) = numbers else {
        writeln!(io::stderr(), "usage: differential [FIRST_SEED [COUNT]]")?;
        return Ok(ExitCode::from(2));
    };
    let first = numbers.first().copied().unwrap_or(0);
    let count = numbers.get(1).copied().unwrap_or(u64::MAX);
    let mut coverage = Coverage::default();
    for seed in first..first.saturating_add(count) {
        if let Err(difference) = run(seed, FLOWS, &mut coverage) {
            writeln!(io::stdout(), "{difference}")?;
            return Ok(ExitCode::FAILURE);
        }
        if seed % 1_000 == 999 {
            writeln!(
                io::stdout(),
                "no difference up to seed {seed}: {} flows",
                coverage.flows
            )?;
        }
    }
    writeln!(io::stdout(), "no difference in {} flows", coverage.flows)?;
    for (branch, reached) in &coverage.reached {
        writeln!(io::stdout(), "{reached:>10}  {branch}")?;
    }
    Ok(ExitCode::SUCCESS)
}
