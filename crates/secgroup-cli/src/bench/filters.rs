//! Filter sets in the form of ClassBench.
//!
//! `@SOURCE/LENGTH DESTINATION/LENGTH LOW : HIGH LOW : HIGH PROTOCOL/MASK`, tabs
//! or spaces between; further columns (TCP flags) are not read. The order of
//! lines is the order of filters.

use std::str::FromStr;

use secgroup_matcher::Address;
use secgroup_matcher::classifier::Filter;
use secgroup_model::{Family, Prefix, Shown};

use crate::failure::Failure;

/// How many problems are collected.
const MOST_PROBLEMS: usize = 1000;

/// A set is of one family.
#[derive(Debug)]
pub(super) enum Set {
    V4(Vec<Filter<u32>>),
    V6(Vec<Filter<u128>>),
}

/// Tells whether a file is a filter set: then it begins with `@`.
pub(super) fn is_set(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'@')
}

/// Reads a set, or says everything that is wrong with it.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Set, Failure> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Failure::bad_input(vec![format!(
            "{}: not UTF-8 text",
            Shown(name)
        )]));
    };
    let first = text.split('/').next().unwrap_or_default();
    if first.contains(':') {
        parse(name, text).map(Set::V6)
    } else {
        parse(name, text).map(Set::V4)
    }
}

fn parse<A: Address>(name: &str, text: &str) -> Result<Vec<Filter<A>>, Failure> {
    let (mut filters, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match filter(line) {
            Ok(filter) => filters.push(filter),
            Err(problem) => problems.push(format!("{}:{number}: {problem}", Shown(name))),
        }
        if problems.len() == MOST_PROBLEMS {
            break;
        }
    }
    if problems.is_empty() {
        Ok(filters)
    } else {
        Err(Failure::bad_input(problems))
    }
}

/// Reads a line.
fn filter<A: Address>(line: &str) -> Result<Filter<A>, String> {
    let expected = || {
        format!(
            "expected `@SOURCE/LENGTH DESTINATION/LENGTH LOW : HIGH LOW : HIGH PROTOCOL/MASK`, found `{}`",
            Shown(line)
        )
    };
    let words = line.trim().strip_prefix('@').ok_or_else(expected)?;
    let words: Vec<&str> = words.split_whitespace().collect();
    let [source, destination, a, ":", b, c, ":", d, protocol, ..] = words[..] else {
        return Err(expected());
    };
    let (value, mask) = protocol.split_once('/').ok_or_else(expected)?;
    Ok(Filter {
        source: block(source)?,
        destination: block(destination)?,
        source_ports: ports(a, b)?,
        destination_ports: ports(c, d)?,
        protocol: (hexadecimal(value)?, hexadecimal(mask)?),
    })
}

fn block<A: Address>(text: &str) -> Result<(A, A), String> {
    let parsed = Prefix::parse(text).map_err(|error| error.to_string())?;
    let other = match A::FAMILY {
        Family::V4 => "an IPv4 block, as the first filter has",
        Family::V6 => "an IPv6 block, as the first filter has",
    };
    A::bounds(parsed.prefix).ok_or_else(|| format!("expected {other}, found `{}`", Shown(text)))
}

fn ports(low: &str, high: &str) -> Result<(u16, u16), String> {
    let port = |text: &str| u16::from_str(text).ok();
    match (port(low), port(high)) {
        (Some(low), Some(high)) if low <= high => Ok((low, high)),
        _ => Err(format!(
            "expected two ports from 0 to 65535, the lower one first, found `{} : {}`",
            Shown(low),
            Shown(high)
        )),
    }
}

/// Reads `0x06`.
fn hexadecimal(text: &str) -> Result<u8, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| format!("expected a byte such as `0x06`, found `{}`", Shown(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_classbench_is_a_filter() {
        let line = "@10.1.2.3/8\t192.0.2.7/32\t0 : 65535\t80 : 443\t0x06/0xFF\t0x1000/0x1000\t";
        let read: Filter<u32> = filter(line).unwrap();
        assert_eq!(read.source, (0x0a00_0000, 0x0aff_ffff));
        assert_eq!(read.destination, (0xc000_0207, 0xc000_0207));
        assert_eq!(
            (read.source_ports, read.destination_ports),
            ((0, 65535), (80, 443))
        );
        assert_eq!(read.protocol, (6, 255));
        let six: Filter<u128> = filter("@2001:db8::/32 ::/0 0 : 0 1 : 2 0x00/0x00").unwrap();
        assert_eq!(six.source.0, 0x2001_0db8 << 96);
        assert_eq!(six.protocol, (0, 0));
    }

    #[test]
    fn what_is_no_filter_is_named() {
        for (line, says) in [
            ("10.0.0.0/8 ::/0", "expected `@SOURCE"),
            ("@10.0.0.0/33 0.0.0.0/0 0 : 1 0 : 1 0x06/0xFF", "33"),
            ("@10.0.0.0/8 ::/0 0 : 1 0 : 1 0x06/0xFF", "an IPv4 block"),
            (
                "@10.0.0.0/8 0.0.0.0/0 2 : 1 0 : 1 0x06/0xFF",
                "the lower one first",
            ),
            (
                "@10.0.0.0/8 0.0.0.0/0 0 : 65536 0 : 1 0x06/0xFF",
                "the lower one first",
            ),
            ("@10.0.0.0/8 0.0.0.0/0 0 : 1 0 : 1 6/255", "such as `0x06`"),
            (
                "@10.0.0.0/8 0.0.0.0/0 0 : 1 0 : 1 0x106/0xFF",
                "such as `0x06`",
            ),
        ] {
            let error = filter::<u32>(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
