//! Lines that say nothing but a flow, read without making a row of them.
//!
//! A list of flows has two addresses, a protocol, ports or an ICMP message in
//! each line, in the same order, and nothing else that matters. Where nothing
//! else is asked for either, a plain line becomes a [`Brief`] in one go. All
//! others are left to [`super::Forms`] and the general way, as are lists with
//! more columns.

use secgroup_model::Protocol;

use super::super::column::Column;
use super::super::format::IcmpPlace;
use super::super::layout::{Cutting, Layout};
use super::super::separated::Separator;
use super::scan;
use crate::decode::plain::{Brief, Ends, Four, Six};
use crate::flow_log::LogFormat;

/// A flow that a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BriefRow {
    /// Of IPv4.
    Four(Brief<Four>),
    /// Of IPv6.
    Six(Brief<Six>),
}

/// What such lines look like.
#[derive(Debug)]
pub(in super::super) struct BriefForm {
    columns: Vec<Part>,
    separator: u8,
}

/// What a value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// An address: of the source (0) or the destination (1).
    Address(usize),
    /// A number, by its place in [`Values`].
    Number(usize),
}

/// The places of numbers among the values of a line.
const PROTOCOL: usize = 0;
const SOURCE_PORT: usize = 1;
const DESTINATION_PORT: usize = 2;
const ICMP_TYPE: usize = 3;
const ICMP_CODE: usize = 4;
const NUMBERS: usize = 5;

/// The greatest number of each place.
const GREATEST: [u64; NUMBERS] = [0xff, 0xffff, 0xffff, 0xff, 0xff];

/// The values of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    four: [u32; 2],
    six: [u128; 2],
    /// Which of the addresses are of IPv6, as bits.
    of_six: u8,
    numbers: [u64; NUMBERS],
    /// Which of the numbers are there, as bits.
    present: u32,
}

impl BriefForm {
    /// Returns that of a file whose lines say nothing but a flow.
    pub(in super::super) fn of(layout: &Layout) -> Option<Self> {
        let Cutting::Separated(Separator::Quoted(separator) | Separator::Plain(separator)) =
            layout.cutting
        else {
            return None;
        };
        let is_list = layout.dialect.format == LogFormat::Csv
            && layout.dialect.icmp == IcmpPlace::Columns
            && layout.dialect.events.is_empty();
        if !is_list || !super::SEPARATORS.contains(&separator) || separator == b' ' {
            return None;
        }
        let part = |place| {
            let mut all = Column::ALL.into_iter();
            part(all.find(|column| layout.places.of(*column) == Some(place))?)
        };
        let columns = (0..layout.width).map(part).collect::<Option<Vec<_>>>()?;
        let both = [Part::Address(0), Part::Address(1), Part::Number(PROTOCOL)];
        let has_all = both.iter().all(|part| columns.contains(part));
        has_all.then_some(Self { columns, separator })
    }

    /// Reads the line of `text` that begins at `from` if it is plain; returns
    /// where it ends, too.
    #[inline]
    pub(in super::super) fn read(&self, text: &[u8], from: usize) -> Option<(BriefRow, usize)> {
        let (last, before) = self.columns.split_last()?;
        let mut values = Values::default();
        let mut rest = text.get(from..)?;
        for part in before {
            let length = values.take(*part, rest)?;
            let (separator, behind) = rest.get(length..)?.split_first()?;
            if *separator != self.separator {
                return None;
            }
            rest = behind;
        }
        let length = values.take(*last, rest)?;
        rest = match rest.get(length..)? {
            [b'\n', behind @ ..] | [b'\r', b'\n', behind @ ..] => behind,
            _ => return None,
        };
        Some((values.row()?, text.len() - rest.len()))
    }
}

fn part(column: Column) -> Option<Part> {
    Some(match column {
        Column::SrcIp => Part::Address(0),
        Column::DstIp => Part::Address(1),
        Column::Protocol => Part::Number(PROTOCOL),
        Column::SrcPort => Part::Number(SOURCE_PORT),
        Column::DstPort => Part::Number(DESTINATION_PORT),
        Column::IcmpType => Part::Number(ICMP_TYPE),
        Column::IcmpCode => Part::Number(ICMP_CODE),
        _ => return None,
    })
}

impl Values {
    /// Takes the value that `rest` begins with; returns how long it is, nothing
    /// where it has no plain form.
    #[inline]
    fn take(&mut self, part: Part, rest: &[u8]) -> Option<usize> {
        match part {
            Part::Address(end) => self.take_address(end % 2, rest),
            Part::Number(place) => {
                if place == PROTOCOL
                    && let Some((protocol, length)) = name(rest)
                {
                    self.put(place, protocol, length);
                    return Some(length);
                }
                let (number, length) = scan::up_to_eight_digits(rest)?;
                self.put(place, number, length);
                Some(length)
            }
        }
    }

    #[inline]
    fn take_address(&mut self, end: usize, rest: &[u8]) -> Option<usize> {
        let sixteen: &[u8; 16] = rest.first_chunk()?;
        if scan::seems_ipv4(sixteen) {
            let (address, length) = scan::ipv4(sixteen)?;
            self.four[end] = address.to_bits();
            return Some(length);
        }
        let (address, length) = scan::ipv6(rest)?;
        self.of_six |= 1 << end;
        self.six[end] = address.to_bits();
        Some(length)
    }

    /// Returns what the values say together, if they go together.
    #[inline]
    fn row(&self) -> Option<BriefRow> {
        let [source, destination] = self.four.map(u64::from);
        match self.of_six {
            0 => Some(BriefRow::Four(self.brief(source << 32 | destination)?)),
            0b11 => Some(BriefRow::Six(self.brief(self.six)?)),
            _ => None,
        }
    }

    /// Puts a number of so many digits to its place.
    #[inline]
    fn put(&mut self, place: usize, number: u64, length: usize) {
        let place = place % NUMBERS;
        self.numbers[place] = number;
        self.present |= u32::from(length > 0) << place;
    }

    /// Returns a number where it is there.
    #[inline]
    fn number(&self, place: usize) -> Option<u64> {
        (self.present >> place & 1 != 0).then_some(self.numbers[place])
    }

    /// Returns what the values say about these ends, if they go together.
    #[inline]
    fn brief<E: Ends>(&self, ends: E) -> Option<Brief<E>> {
        let numbers = self.numbers.iter().zip(&GREATEST);
        if numbers.fold(false, |bad, (number, greatest)| bad | (number > greatest)) {
            return None;
        }
        let protocol = u8::try_from(self.number(PROTOCOL)?).ok()?;
        // What is not there is 0, too.
        let [_, source, destination, kind, code] = self.numbers;
        let behind = if Protocol(protocol).has_ports() {
            let both = 1 << SOURCE_PORT | 1 << DESTINATION_PORT;
            if self.present & both != both || kind | code != 0 {
                return None;
            }
            source << 16 | destination
        } else if source | destination != 0 {
            return None;
        } else if protocol == E::ICMP {
            // What has no type is opaque, which only the general way tells.
            self.number(ICMP_TYPE)? << 24 | code << 16
        } else if kind | code == 0 {
            0
        } else {
            return None;
        };
        Some(Brief {
            ends,
            service: u64::from(protocol) << 32 | behind,
        })
    }
}

/// Returns the protocol that `rest` names, if it is one that nearly all are, and
/// how long its name is.
#[inline]
fn name(rest: &[u8]) -> Option<(u64, usize)> {
    let letters: &[u8; 3] = rest.first_chunk()?;
    if !letters[0].is_ascii_alphabetic() {
        return None;
    }
    match &letters.map(|letter| letter.to_ascii_lowercase()) {
        b"tcp" => Some((6, 3)),
        b"udp" => Some((17, 3)),
        _ => None,
    }
}
