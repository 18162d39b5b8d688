//! Flow lists: flows of a world as CSV, written as a stream.

use std::fmt::Write as _;
use std::io::{self, Write};

use secgroup_model::{Family, Flow, Protocol, Transport};

use crate::World;
use crate::addresses;
use crate::rng::Rng;

/// The columns, as `secgroup replay` and `check --flows` read them.
const COLUMNS: &str = "src_ip,dst_ip,protocol,src_port,dst_port,icmp_type,icmp_code\n";

/// Writes `rows` flows of [`crate::Traffic::Mixed`], `v6_percent` in a hundred
/// IPv6; the same seed gives the same bytes. Each row reaches `output` in one
/// piece.
///
/// # Errors
///
/// Returns the error of `output`.
pub fn write(
    world: &World,
    rows: u64,
    v6_percent: usize,
    seed: u64,
    mut output: impl Write,
) -> io::Result<()> {
    output.write_all(COLUMNS.as_bytes())?;
    let mut rng = Rng::new(seed);
    let mut row = String::new();
    for _ in 0..rows {
        let family = addresses::family(&mut rng, v6_percent);
        let flow = world.mixed(&mut rng, family);
        row.clear();
        add(&flow, &mut row);
        output.write_all(row.as_bytes())?;
    }
    output.flush()
}

/// Adds the row of a flow. Ports and messages are empty where there are none.
fn add(flow: &Flow, row: &mut String) {
    let (source, destination) = (flow.endpoints.source(), flow.endpoints.destination());
    let protocol = flow.protocol.0;
    let (ports, message) = match flow.transport {
        Transport::Ports {
            source,
            destination,
        } => ((Some(source), Some(destination)), (None, None)),
        Transport::Icmp(message) if own_icmp(flow) => {
            ((None, None), (Some(message.kind), Some(message.code)))
        }
        Transport::Icmp(_) | Transport::Opaque | Transport::LaterFragment => {
            ((None, None), (None, None))
        }
    };
    let written = writeln!(
        row,
        "{source},{destination},{protocol},{},{},{},{}",
        Given(ports.0),
        Given(ports.1),
        Given(message.0),
        Given(message.1)
    );
    written.expect("writing to memory cannot fail");
}

/// Tells whether a flow has the ICMP of its family; the other one is just some
/// protocol, of which a list says no more.
fn own_icmp(flow: &Flow) -> bool {
    let own = match Family::of(flow.endpoints.source()) {
        Family::V4 => Protocol::ICMP,
        Family::V6 => Protocol::ICMPV6,
    };
    flow.protocol == own
}

/// A value, or nothing.
struct Given<T>(Option<T>);

impl<T: std::fmt::Display> std::fmt::Display for Given<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, checksum};

    fn list(rows: u64, seed: u64, output: &mut dyn Write) -> io::Result<()> {
        let world = World::new(&Plan::interface(1, 100, 20));
        write(&world, rows, 20, seed, output)
    }

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        let sum = |seed| checksum::of(|output| list(1_000, seed, output));
        assert_eq!(sum(1), "e59a08a5de91719d");
        assert_ne!(sum(1), sum(2));
    }

    #[test]
    fn ports_are_given_where_there_are_some() {
        let mut text = Vec::new();
        list(5_000, 1, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), 5_001);
        let (mut v6, mut portless) = (0, 0);
        for row in &rows[1..] {
            assert_eq!(row.len(), 7, "{row:?}");
            let ports = ["6", "17"].contains(&row[2]);
            let message = row[2] == if row[0].contains(':') { "58" } else { "1" };
            assert_eq!(
                [row[3].is_empty(), row[4].is_empty()],
                [!ports; 2],
                "{row:?}"
            );
            assert_eq!(
                [row[5].is_empty(), row[6].is_empty()],
                [!message; 2],
                "{row:?}"
            );
            v6 += usize::from(row[0].contains(':'));
            portless += usize::from(!ports);
        }
        assert!(
            (900..1_100).contains(&v6) && portless > 100,
            "{v6} {portless}"
        );
    }

    #[test]
    fn a_world_without_rules_has_flows_too() {
        let mut text = Vec::new();
        let world = World::new(&Plan::interface(1, 0, 0));
        write(&world, 10, 0, 1, &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), 11);
    }
}
