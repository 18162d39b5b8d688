//! Filters: rules about the five fields of a header, as ClassBench writes them.
//!
//! ```text
//! @192.0.2.0/24  198.51.100.7/32  0 : 65535  80 : 80  0x06/0xFF  0x0000/0x0000
//! ```
//!
//! with tabs between columns. A set of filters is a text with one a line. The
//! first one that a header meets decides about it; what it decides is not said.
//! The last column is about TCP flags, which headers here do not have; it is
//! written empty, and not read.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use secgroup_model::{Family, InvalidPrefix, PortSpan, Prefix, Protocol, Shown};

/// How many problems of a set are told.
const MOST_PROBLEMS: usize = 1_000;

/// What the five fields of a header must be.
///
/// Every field may hold any value of its type, so all of them are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Where it comes from.
    pub source: Prefix,
    /// Where it goes.
    pub destination: Prefix,
    /// Its source port.
    pub source_ports: PortSpan,
    /// Its destination port.
    pub destination_ports: PortSpan,
    /// Its protocol; any when absent.
    pub protocol: Option<Protocol>,
    /// Which bits of the protocol count, as a mask: 0xff for one protocol.
    pub protocol_mask: u8,
}

/// Text that is not a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterProblem {
    /// Too few columns, or not in this order.
    #[error(
        "expected `@SOURCE/LENGTH DESTINATION/LENGTH LOW : HIGH LOW : HIGH PROTOCOL/MASK`, found `{}`",
        Shown(line)
    )]
    Columns {
        /// The line.
        line: String,
    },
    /// No block of addresses.
    #[error(transparent)]
    Prefix(#[from] InvalidPrefix),
    /// No two ports in order.
    #[error(
        "expected two ports from 0 to 65535, the lower one first, found `{}`",
        Shown(text)
    )]
    Ports {
        /// What stands there instead.
        text: String,
    },
    /// No protocol with its mask.
    #[error(
        "expected a protocol as in `0x06/0xFF`, or `0x00/0x00` for any, found `{}`",
        Shown(text)
    )]
    Protocol {
        /// What stands there instead.
        text: String,
    },
    /// IPv4 and IPv6 in one filter or set.
    #[error("{found} in a set that begins with {expected}; a set has one family")]
    Family {
        /// The family of the first prefix.
        expected: Family,
        /// The other one.
        found: Family,
    },
    /// Nothing in it.
    #[error("there is no filter in it")]
    Empty,
}

impl Filter {
    /// Every port, 0 among them.
    pub const ANY_PORT: PortSpan = PortSpan::between(0, u16::MAX);

    /// Tells whether a header meets the filter.
    #[must_use]
    pub fn contains(&self, header: &crate::Header) -> bool {
        self.source.contains(header.source)
            && self.destination.contains(header.destination)
            && self.source_ports.contains(header.source_port)
            && self.destination_ports.contains(header.destination_port)
            && self
                .protocol
                .is_none_or(|own| (own.0 ^ header.protocol.0) & self.protocol_mask == 0)
    }

    /// Reads a set, one filter a line; empty lines do not count.
    ///
    /// # Errors
    ///
    /// Returns every problem with the number of its line, at most 1,000.
    pub fn parse_set(text: &str) -> Result<Vec<Self>, Vec<(usize, FilterProblem)>> {
        let (mut filters, mut problems): (Vec<Self>, Vec<_>) = (Vec::new(), Vec::new());
        let lines = (1..).zip(text.lines());
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let first = filters.first().map(Self::family);
            match line.parse().and_then(|filter: Self| filter.among(first)) {
                Ok(filter) => filters.push(filter),
                Err(problem) => problems.push((number, problem)),
            }
            if problems.len() == MOST_PROBLEMS {
                break;
            }
        }
        if filters.is_empty() && problems.is_empty() {
            problems.push((1, FilterProblem::Empty));
        }
        if problems.is_empty() {
            Ok(filters)
        } else {
            Err(problems)
        }
    }

    /// Returns the family of its prefixes.
    #[must_use]
    pub fn family(&self) -> Family {
        self.source.family()
    }

    /// Refuses a filter of another family than the first one of its set has, or
    /// of two.
    fn among(self, first: Option<Family>) -> Result<Self, FilterProblem> {
        let both = [self.source.family(), self.destination.family()];
        let expected = first.unwrap_or(both[0]);
        match both.into_iter().find(|family| *family != expected) {
            None => Ok(self),
            Some(found) => Err(FilterProblem::Family { expected, found }),
        }
    }
}

impl FromStr for Filter {
    type Err = FilterProblem;

    /// Reads a line.
    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [
            source,
            destination,
            low,
            ":",
            high,
            to_low,
            ":",
            to_high,
            protocol,
            ..,
        ] = columns[..]
        else {
            let line = line.to_owned();
            return Err(FilterProblem::Columns { line });
        };
        let Some(source) = source.strip_prefix('@') else {
            let line = line.to_owned();
            return Err(FilterProblem::Columns { line });
        };
        let (protocol, protocol_mask) = protocol_of(protocol)?;
        Ok(Self {
            source: Prefix::parse(source)?.prefix,
            destination: Prefix::parse(destination)?.prefix,
            source_ports: ports(low, high)?,
            destination_ports: ports(to_low, to_high)?,
            protocol,
            protocol_mask,
        })
    }
}

fn ports(low: &str, high: &str) -> Result<PortSpan, FilterProblem> {
    match (low.parse(), high.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok(PortSpan::between(first, last)),
        _ => Err(FilterProblem::Ports {
            text: format!("{low} : {high}"),
        }),
    }
}

/// Reads a protocol with the bits that count; with none of them it is any.
fn protocol_of(text: &str) -> Result<(Option<Protocol>, u8), FilterProblem> {
    let byte = |text: &str| u8::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let parts = text.split_once('/');
    match parts.map(|(number, mask)| (byte(number), byte(mask))) {
        Some((Some(_), Some(0))) => Ok((None, u8::MAX)),
        Some((Some(number), Some(mask))) => Ok((Some(Protocol(number & mask)), mask)),
        _ => Err(FilterProblem::Protocol {
            text: text.to_owned(),
        }),
    }
}

impl fmt::Display for Filter {
    /// Writes the line, without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            destination,
            source_ports,
            destination_ports,
            protocol,
            protocol_mask,
        } = self;
        write!(f, "@{source}\t{destination}")?;
        for ports in [source_ports, destination_ports] {
            write!(f, "\t{} : {}", ports.first(), ports.last())?;
        }
        match protocol {
            None => f.write_str("\t0x00/0x00")?,
            Some(Protocol(number)) => write!(f, "\t0x{number:02x}/0x{protocol_mask:02X}")?,
        }
        f.write_str("\t0x0000/0x0000\t")
    }
}

/// Returns the prefix of a length around an address.
pub(crate) fn prefix(address: IpAddr, length: u8) -> Prefix {
    let network = ipnet::IpNet::new(address, length);
    Prefix::new(network.expect("lengths are those of the family"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "@192.0.2.0/24\t198.51.100.7/32\t0 : 65535\t80 : 443\t0x06/0xFF\t0x0000/0x0000\t";

    #[test]
    fn a_line_is_written_as_it_was_read() {
        for line in [
            LINE,
            "@0.0.0.0/0\t0.0.0.0/0\t0 : 65535\t0 : 65535\t0x00/0x00\t0x0000/0x0000\t",
            "@2001:db8::/32\t::/0\t53 : 53\t1024 : 65535\t0x3a/0xFF\t0x0000/0x0000\t",
        ] {
            let filter: Filter = line.parse().unwrap();
            assert_eq!(filter.to_string(), line);
        }
    }

    #[test]
    fn spaces_tabs_and_flags_may_be_as_they_like() {
        let filter: Filter = "@192.0.2.0/24 198.51.100.7/32 0 : 65535 80 : 443 0x06/0xFF"
            .parse()
            .unwrap();
        assert_eq!(filter, LINE.parse().unwrap());
        assert_eq!(
            filter,
            LINE.replace("0x0000/0x0000", "0x1000/0x1000")
                .parse()
                .unwrap()
        );
    }

    #[test]
    fn only_the_bits_of_the_mask_count() {
        let filter: Filter = LINE.replace("0x06/0xFF", "0x16/0x0E").parse().unwrap();
        assert!(filter.to_string().contains("\t0x06/0x0E\t"));
        for number in 0..=u8::MAX {
            let header = crate::Header {
                source: "192.0.2.1".parse().unwrap(),
                destination: "198.51.100.7".parse().unwrap(),
                source_port: 1,
                destination_port: 80,
                protocol: Protocol(number),
            };
            assert_eq!(filter.contains(&header), number & 0x0e == 0x06, "{number}");
        }
    }

    #[test]
    fn every_problem_of_a_set_is_told_with_its_line() {
        let lines = [
            LINE.replace("0x06/0xFF", "0x06/0x1FF"),
            LINE.replace("80 : 443", "443 : 80"),
            LINE.replace("0 : 65535", "0 : 65536"),
            LINE.replace("192.0.2.0/24", "192.0.2.0/33"),
            LINE.replace('@', ""),
            LINE.replace(" : ", ":"),
            String::new(),
            LINE.to_owned(),
            LINE.replace("192.0.2.0/24", "2001:db8::/32"),
        ];
        let problems = Filter::parse_set(&lines.join("\n")).unwrap_err();
        let found: Vec<String> = problems
            .iter()
            .map(|(line, problem)| format!("{line}: {problem}"))
            .collect();
        let starts = [
            "1: expected a protocol as in `0x06/0xFF`, or `0x00/0x00` for any, found `0x06/0x1FF`",
            "2: expected two ports from 0 to 65535, the lower one first, found `443 : 80`",
            "3: expected two ports from 0 to 65535, the lower one first, found `0 : 65536`",
            "4: `192.0.2.0/33` has prefix length 33",
            "5: expected `@SOURCE/LENGTH ",
            "6: expected `@SOURCE/LENGTH ",
            "9: IPv6 in a set that begins with IPv4; a set has one family",
        ];
        assert_eq!(found.len(), starts.len(), "{found:#?}");
        for (found, start) in found.iter().zip(starts) {
            assert!(found.starts_with(start), "{found}");
        }
        let many = "x\n".repeat(MOST_PROBLEMS + 1);
        assert_eq!(Filter::parse_set(&many).unwrap_err().len(), MOST_PROBLEMS);
        assert_eq!(
            Filter::parse_set("\n\n").unwrap_err(),
            [(1, FilterProblem::Empty)]
        );
    }
}
