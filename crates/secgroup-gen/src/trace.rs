//! Traces: headers that meet the filters of a set, written as a stream.
//!
//! Which filter a header is drawn from follows Pareto's law with shape 1: the
//! filters are ranked at random, and the share of a rank is one over it. Of
//! 1,000 filters the first ten get two in five headers. The header may meet a
//! filter before that one, which then decides. One in twenty is drawn from no
//! filter: its ends are those of two of them, and the rest is anything.
//!
//! That is [`Aim::Filters`]. With [`Aim::Edges`] every filter has the same share,
//! and every field of a header is the first or last value that the filter lets
//! through, or (one in four) the one beside it that it does not.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use secgroup_model::{Family, PortSpan, Prefix, Protocol};

use crate::Filter;
use crate::addresses::inside;
use crate::rng::Rng;

/// How many of a hundred headers are drawn from no filter.
const STRAY_PERCENT: usize = 5;

/// What a line has for the filter of a stray header.
const NO_RULE: u32 = u32::MAX;

/// The share of the first rank; that of the others is a part of it.
const FIRST_SHARE: u64 = 1 << 32;

/// The five fields of a packet that filters see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where it comes from.
    pub source: IpAddr,
    /// Where it goes, in the same family.
    pub destination: IpAddr,
    /// Its source port.
    pub source_port: u16,
    /// Its destination port.
    pub destination_port: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// A header with the filter it was drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The header.
    pub header: Header,
    /// The position of the filter in its set; none for a stray one.
    pub rule: Option<u32>,
}

/// The form of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Records of one size, see [`Header::add_record`].
    Binary,
    /// ClassBench's: a header a line, see [`Drawn::add_line`].
    Text,
}

/// Where headers are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// From within filters, few of which get most.
    #[default]
    Filters,
    /// From the edges of filters, all alike.
    Edges,
}

/// Writes the first `headers` headers that are drawn. Each reaches `output` in
/// one piece. An empty set has no headers.
///
/// # Errors
///
/// Returns the error of `output`.
pub fn write(
    mut drawing: Headers<'_>,
    headers: u64,
    form: Form,
    mut output: impl Write,
) -> io::Result<()> {
    let (mut record, mut line) = (Vec::new(), String::new());
    for _ in 0..headers {
        let Some(drawn) = drawing.next() else {
            break;
        };
        match form {
            Form::Binary => {
                record.clear();
                drawn.header.add_record(&mut record);
                output.write_all(&record)?;
            }
            Form::Text => {
                line.clear();
                drawn.add_line(&mut line);
                output.write_all(line.as_bytes())?;
            }
        }
    }
    output.flush()
}

/// Draws headers without end.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    filters: &'a [Filter],
    /// The filter of each rank.
    ranked: Vec<u32>,
    /// The shares up to and with each rank, in sum.
    shares: Vec<u64>,
    aim: Aim,
    rng: Rng,
}

impl<'a> Headers<'a> {
    /// Returns the headers of a set, none for an empty one; the same seed gives
    /// the same headers.
    ///
    /// # Panics
    ///
    /// Panics when there are more filters than 32 bits can count.
    #[must_use]
    pub fn new(filters: &'a [Filter], aim: Aim, seed: u64) -> Self {
        let count = u32::try_from(filters.len()).expect("filters are counted with 32 bits");
        let mut rng = Rng::new(seed);
        let mut ranked: Vec<u32> = (0..count).collect();
        for at in (1..ranked.len()).rev() {
            ranked.swap(at, rng.below(at + 1));
        }
        let shares = (1..=u64::from(count)).scan(0, |sum, rank| {
            *sum += FIRST_SHARE / rank;
            Some(*sum)
        });
        Self {
            filters,
            ranked,
            shares: shares.collect(),
            aim,
            rng,
        }
    }

    /// Draws a header that meets a filter.
    fn of(&mut self, rule: u32) -> Header {
        let filter = &self.filters[rule as usize];
        let rng = &mut self.rng;
        Header {
            source: inside(filter.source, rng),
            destination: inside(filter.destination, rng),
            source_port: port(rng, filter.source_ports),
            destination_port: port(rng, filter.destination_ports),
            protocol: filter
                .protocol
                .unwrap_or_else(|| protocol(rng, filter.family())),
        }
    }

    /// Draws a header whose ends are those of two filters.
    fn stray(&mut self) -> Header {
        let rng = &mut self.rng;
        let [one, other] = [0; 2].map(|_: u8| &self.filters[rng.below(self.filters.len())]);
        Header {
            source: inside(one.source, rng),
            destination: inside(other.destination, rng),
            source_port: port(rng, Filter::ANY_PORT),
            destination_port: port(rng, Filter::ANY_PORT),
            protocol: protocol(rng, one.family()),
        }
    }

    /// Draws a header at the edges of a filter. One in four meets it; the others
    /// are beside it in some field.
    fn at_edges(&mut self) -> Drawn {
        let rng = &mut self.rng;
        let number = rng.below(self.filters.len());
        let filter = &self.filters[number];
        let header = Header {
            source: address_at_edge(rng, filter.source),
            destination: address_at_edge(rng, filter.destination),
            source_port: port_at_edge(rng, filter.source_ports),
            destination_port: port_at_edge(rng, filter.destination_ports),
            protocol: match filter.protocol {
                Some(own) if !beside(rng) => own,
                _ => protocol(rng, filter.family()),
            },
        };
        let rule = u32::try_from(number).expect("filters are counted with 32 bits");
        Drawn {
            header,
            rule: filter.contains(&header).then_some(rule),
        }
    }
}

impl Iterator for Headers<'_> {
    type Item = Drawn;

    fn next(&mut self) -> Option<Drawn> {
        let all = *self.shares.last()?;
        if self.aim == Aim::Edges {
            return Some(self.at_edges());
        }
        if self.rng.chance(STRAY_PERCENT) {
            return Some(Drawn {
                header: self.stray(),
                rule: None,
            });
        }
        let drawn = self.rng.next() % all;
        let rank = self.shares.partition_point(|up_to| *up_to <= drawn);
        let rule = self.ranked[rank];
        Some(Drawn {
            header: self.of(rule),
            rule: Some(rule),
        })
    }
}

fn port(rng: &mut Rng, ports: PortSpan) -> u16 {
    let width = usize::from(ports.last() - ports.first()) + 1;
    let above = u16::try_from(rng.below(width)).expect("below the width of ports");
    ports.first() + above
}

/// Tells whether a field is beside the edge.
fn beside(rng: &mut Rng) -> bool {
    rng.chance(25)
}

fn port_at_edge(rng: &mut Rng, ports: PortSpan) -> u16 {
    match (rng.chance(50), beside(rng)) {
        (true, false) => ports.first(),
        (true, true) => ports.first().wrapping_sub(1),
        (false, false) => ports.last(),
        (false, true) => ports.last().wrapping_add(1),
    }
}

fn address_at_edge(rng: &mut Rng, prefix: Prefix) -> IpAddr {
    let (first, last) = prefix.bounds();
    let (edge, step) = if rng.chance(50) {
        (first, u128::MAX)
    } else {
        (last, 1)
    };
    let step = if beside(rng) { step } else { 0 };
    match edge {
        IpAddr::V4(edge) => {
            let [.., a, b, c, d] = step.to_be_bytes();
            let step = u32::from_be_bytes([a, b, c, d]);
            Ipv4Addr::from_bits(edge.to_bits().wrapping_add(step)).into()
        }
        IpAddr::V6(edge) => Ipv6Addr::from_bits(edge.to_bits().wrapping_add(step)).into(),
    }
}

/// Draws the protocol of a header where its filter names none.
fn protocol(rng: &mut Rng, family: Family) -> Protocol {
    let icmp = match family {
        Family::V4 => Protocol::ICMP,
        Family::V6 => Protocol::ICMPV6,
    };
    rng.pick(&[Protocol::TCP, Protocol::TCP, Protocol::UDP, icmp])
}

impl Header {
    /// Adds the record of the header: both addresses, both ports, the protocol
    /// and three zeros. Numbers are little-endian, IPv4 addresses among them:
    /// 16 bytes. IPv6 addresses are in network order: 40 bytes.
    pub fn add_record(&self, record: &mut Vec<u8>) {
        for address in [self.source, self.destination] {
            match address {
                IpAddr::V4(address) => record.extend(address.to_bits().to_le_bytes()),
                IpAddr::V6(address) => record.extend(address.octets()),
            }
        }
        record.extend(self.source_port.to_le_bytes());
        record.extend(self.destination_port.to_le_bytes());
        record.extend([self.protocol.0, 0, 0, 0]);
    }
}

impl Drawn {
    /// Adds the line of the header: its fields and the position of its filter,
    /// 4294967295 for a stray one, as decimal numbers separated by tabs.
    pub fn add_line(&self, line: &mut String) {
        const WHY: &str = "writing to memory cannot fail";
        for address in [self.header.source, self.header.destination] {
            match address {
                IpAddr::V4(address) => write!(line, "{}\t", address.to_bits()).expect(WHY),
                IpAddr::V6(address) => write!(line, "{}\t", address.to_bits()).expect(WHY),
            }
        }
        let Header {
            source_port,
            destination_port,
            protocol: Protocol(protocol),
            ..
        } = self.header;
        let rule = self.rule.unwrap_or(NO_RULE);
        let written = writeln!(
            line,
            "{source_port}\t{destination_port}\t{protocol}\t{rule}"
        );
        written.expect(WHY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FilterPlan, Style, checksum};

    fn filters(style: Style, family: Family) -> Vec<Filter> {
        let plan = FilterPlan {
            seed: 1,
            style,
            family,
            filters: 1_000,
        };
        plan.filters()
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let sums = |seed| {
            [Family::V4, Family::V6].map(|family| {
                let filters = filters(Style::Ipc, family);
                [Form::Binary, Form::Text].map(|form| {
                    let drawing = Headers::new(&filters, Aim::Filters, seed);
                    checksum::of(|output| write(drawing.clone(), 1_000, form, output))
                })
            })
        };
        let (one, other) = (sums(1), sums(2));
        let wanted = [
            ["8f0ed4248f65908d", "74d15b553df95dc4"],
            ["9b0097caa2b7f01a", "a1ae98296a61cb73"],
        ];
        assert_eq!(one, wanted);
        for (one, other) in one.as_flattened().iter().zip(other.as_flattened()) {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn every_header_meets_the_filter_it_is_drawn_from() {
        for style in [Style::Acl, Style::Fw, Style::Ipc] {
            for family in [Family::V4, Family::V6] {
                let filters = filters(style, family);
                let (mut stray, mut drawn_from) = (0, vec![0; filters.len()]);
                for drawn in Headers::new(&filters, Aim::Filters, 1).take(20_000) {
                    match drawn.rule {
                        None => stray += 1,
                        Some(rule) => {
                            drawn_from[rule as usize] += 1;
                            let filter = &filters[rule as usize];
                            assert!(filter.contains(&drawn.header), "{filter} {drawn:?}");
                        }
                    }
                }
                assert!((900..1_100).contains(&stray), "{stray}");
                // Ten filters in a thousand have two headers in five.
                drawn_from.sort_unstable();
                let common: usize = drawn_from[990..].iter().sum();
                assert!((6_900..8_000).contains(&common), "{common}");
                let rare = drawn_from.iter().filter(|count| **count > 0).count();
                assert!(rare > 900, "{rare}");
            }
        }
    }

    #[test]
    fn at_edges_every_field_is_the_last_value_inside_or_the_first_outside() {
        for family in [Family::V4, Family::V6] {
            let filter: Filter = match family {
                Family::V4 => "@10.1.0.0/16 192.0.2.7/32 1 : 65535 80 : 443 0x06/0xFF",
                Family::V6 => "@2001:db8::/32 2001:db8::7/128 1 : 65535 80 : 443 0x06/0xFF",
            }
            .parse()
            .unwrap();
            let (mut met, mut ports) = (0, [0; 4]);
            let mut sources = std::collections::BTreeSet::new();
            for drawn in Headers::new(&[filter], Aim::Edges, 1).take(2_000) {
                let header = drawn.header;
                sources.insert(header.source);
                let edges = [79, 80, 443, 444];
                let port = edges
                    .iter()
                    .position(|edge| *edge == header.destination_port);
                ports[port.expect("a port at an edge")] += 1;
                assert_eq!(drawn.rule.is_some(), filter.contains(&header));
                met += usize::from(drawn.rule.is_some());
            }
            let wanted = match family {
                Family::V4 => ["10.0.255.255", "10.1.0.0", "10.1.255.255", "10.2.0.0"],
                Family::V6 => [
                    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
                    "2001:db8::",
                    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                    "2001:db9::",
                ],
            };
            let sources: Vec<String> = sources.iter().map(IpAddr::to_string).collect();
            assert_eq!(sources, wanted);
            assert!((400..900).contains(&met), "{met}");
            assert!(ports.iter().all(|count| *count > 150), "{ports:?}");
        }
    }

    #[test]
    fn a_record_has_16_bytes_or_40_and_a_line_six_columns() {
        let mut drawn = Drawn {
            header: Header {
                source: [1, 2, 3, 4].into(),
                destination: [250, 251, 252, 253].into(),
                source_port: 0x1122,
                destination_port: 80,
                protocol: Protocol::TCP,
            },
            rule: Some(7),
        };
        let (mut record, mut line) = (Vec::new(), String::new());
        drawn.header.add_record(&mut record);
        drawn.add_line(&mut line);
        let rest = [0x22, 0x11, 80, 0, 6, 0, 0, 0];
        assert_eq!(
            record,
            [&[4, 3, 2, 1, 253, 252, 251, 250], &rest[..]].concat()
        );
        assert_eq!(line, "16909060\t4210818301\t4386\t80\t6\t7\n");

        let addresses: [Ipv6Addr; 2] = ["2001:db8::1", "::ffff"].map(|text| text.parse().unwrap());
        drawn.header.source = addresses[0].into();
        drawn.header.destination = addresses[1].into();
        drawn.rule = None;
        record.clear();
        line.clear();
        drawn.header.add_record(&mut record);
        drawn.add_line(&mut line);
        let [source, destination] = addresses.map(|address| address.octets());
        assert_eq!(record, [&source, &destination, &rest[..]].concat());
        assert_eq!(
            line,
            "42540766411282592856903984951653826561\t65535\t4386\t80\t6\t4294967295\n"
        );
    }

    #[test]
    fn an_empty_set_has_no_headers() {
        let mut bytes = Vec::new();
        for aim in [Aim::Filters, Aim::Edges] {
            write(Headers::new(&[], aim, 1), 10, Form::Binary, &mut bytes).unwrap();
        }
        assert_eq!(bytes, []);
    }
}
