//! Traces of headers: binary records, or ClassBench's text.
//!
//! A binary record has 16 bytes, little-endian: source, destination, source
//! port, destination port, protocol, three zero bytes. For IPv6 it has 40, with
//! addresses in the order of the network. A text line has source, destination,
//! ports and protocol as decimal numbers, tabs between; what follows is not read.

use std::fmt::Debug;
use std::str::FromStr;

use secgroup_gen::{Aim, Headers};
use secgroup_matcher::Address;
use secgroup_matcher::classifier::Header;
use secgroup_model::Shown;

use crate::failure::Failure;

/// The largest trace: 4 GiB.
const MOST_BYTES: usize = 1 << 32;

/// An address as traces have it.
pub(super) trait Record: Address + FromStr<Err: Debug> {
    /// How many bytes it has in a binary record.
    const BYTES: usize;

    /// Reads it.
    fn of_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Record for u32 {
    const BYTES: usize = 4;

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_le_bytes(bytes.try_into().ok()?))
    }
}

impl Record for u128 {
    const BYTES: usize = 16;

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

/// How many headers are drawn where there is no trace.
pub(super) const DRAWN: usize = 1_000_000;

/// Draws headers from within filters, the same ones for the same filters.
pub(super) fn drawn<A: Record>(filters: &[secgroup_gen::Filter]) -> Vec<Header<A>> {
    let drawing = Headers::new(filters, Aim::Filters, 1).take(DRAWN);
    let mut bytes = Vec::new();
    let headers = drawing.filter_map(|drawn| {
        bytes.clear();
        drawn.header.add_record(&mut bytes);
        record(&bytes)
    });
    headers.collect()
}

/// Reads a trace; one that is text and no whole records is ClassBench's.
pub(super) fn read<A: Record>(name: &str, bytes: &[u8]) -> Result<Vec<Header<A>>, Failure> {
    let refuse = |problem: String| Failure::bad_input(vec![format!("{}: {problem}", Shown(name))]);
    if bytes.is_empty() || bytes.len() > MOST_BYTES {
        return Err(refuse("expected 1 byte to 4 GiB of headers".to_owned()));
    }
    let is_text = |byte: &u8| byte.is_ascii_digit() || b" \t\r\n:.abcdefABCDEF-".contains(byte);
    let start = &bytes[..bytes.len().min(4096)];
    if start.iter().all(is_text) {
        let text = String::from_utf8_lossy(bytes);
        let lines = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty());
        let headers = lines.map(|(number, line)| {
            line_of(line).ok_or_else(|| {
                let line = Shown(line);
                refuse(format!(
                    "line {number}: expected source, destination, two ports and protocol as numbers, found `{line}`"
                ))
            })
        });
        return headers.collect();
    }
    let size = 2 * A::BYTES + 8;
    if !bytes.len().is_multiple_of(size) {
        let (length, rest) = (bytes.len(), bytes.len() % size);
        return Err(refuse(format!(
            "{length} bytes are no whole records of {size} bytes; {rest} are left over"
        )));
    }
    let records = bytes.chunks_exact(size).map(record);
    let headers: Option<Vec<Header<A>>> = records.collect();
    headers.ok_or_else(|| refuse("records of another size".to_owned()))
}

fn record<A: Record>(bytes: &[u8]) -> Option<Header<A>> {
    let (source, rest) = bytes.split_at(A::BYTES);
    let (destination, rest) = rest.split_at(A::BYTES);
    let [a, b, c, d, protocol, ..] = *rest else {
        return None;
    };
    Some(Header {
        source: A::of_bytes(source)?,
        destination: A::of_bytes(destination)?,
        source_port: u16::from_le_bytes([a, b]),
        destination_port: u16::from_le_bytes([c, d]),
        protocol,
        fill: [0; 3],
    })
}

fn line_of<A: Record>(line: &str) -> Option<Header<A>> {
    let mut words = line.split_whitespace();
    let mut address = || words.next()?.parse::<A>().ok();
    let (source, destination) = (address()?, address()?);
    let mut port = || words.next()?.parse::<u16>().ok();
    let (source_port, destination_port) = (port()?, port()?);
    Some(Header {
        source,
        destination,
        source_port,
        destination_port,
        protocol: words.next()?.parse().ok()?,
        fill: [0; 3],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let header = Header {
            source: 0x0a00_0001_u32,
            destination: 0xc000_0207,
            source_port: 40000,
            destination_port: 443,
            protocol: 6,
            fill: [0; 3],
        };
        let text = "167772161\t3221225991\t40000\t443\t6\t0\t17\n";
        assert_eq!(read::<u32>("t", text.as_bytes()).unwrap(), [header]);
        let mut bytes = Vec::new();
        bytes.extend(header.source.to_le_bytes());
        bytes.extend(header.destination.to_le_bytes());
        bytes.extend(40000_u16.to_le_bytes());
        bytes.extend(443_u16.to_le_bytes());
        bytes.extend([6, 0, 0, 0]);
        assert_eq!(read::<u32>("t", &bytes).unwrap(), [header]);
        assert!(read::<u32>("t", &bytes[1..]).is_err());
        assert!(read::<u32>("t", b"1 2 3\n").is_err());
    }
}
