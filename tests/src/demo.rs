//! The demo data: ten minutes in the life of the fleet in
//! `data/demo/fleet.json`, as a capture and as a table of flows.
//!
//! Everything comes from [`SEED`]; no clock is read and no map is iterated, so
//! the bytes are the same everywhere. A test compares them with the committed
//! files. The fleet itself is written by hand.

mod flows;
mod frame;
mod hosts;
#[cfg(test)]
mod judged;
mod scenes;
mod timeline;

/// Where all randomness of the demo begins.
pub const SEED: u64 = 20_260_302;

/// The beginning of the demo, 2026-03-02T09:00:00Z, in Unix seconds.
pub const BEGIN: u32 = 1_772_442_000;

/// Its length in seconds.
pub const LENGTH: u32 = 600;

/// Generates the files: their names and their bytes.
///
/// # Errors
///
/// Returns the error of the CSV writer, which writes to memory.
pub fn files() -> Result<[(&'static str, Vec<u8>); 2], csv::Error> {
    Ok([
        ("traffic.pcap", scenes::capture()),
        ("flows.csv", flows::table()?),
    ])
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_committed_demo_data_is_what_the_generator_makes() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/demo");
        for (name, generated) in files().unwrap() {
            let committed = std::fs::read(folder.join(name)).unwrap();
            assert!(
                committed == generated,
                "data/demo/{name} differs; run `cargo run -p secgroup-tests --bin generate-demo -- data/demo`"
            );
        }
    }

    #[test]
    fn the_capture_is_small_enough_to_commit() {
        let (_, capture) = &files().unwrap()[0];
        assert!(capture.len() < 200_000, "{}", capture.len());
    }
}
