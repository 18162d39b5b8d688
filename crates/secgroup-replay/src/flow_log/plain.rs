//! Lines in plain form, read in one go.
//!
//! Nearly every line of a file looks like the one before: the same words, and
//! between them values without quotes, escapes or blanks. A [`Form`] is what
//! such lines have in common. A line that follows it is read from left to right
//! and becomes a row at once; whatever else a line is, [`Forms::read`] says
//! nothing about it, and it is cut and read as any other
//! ([`super::separated`], [`super::json`], [`super::row`]). Both ways give the
//! same rows, so that errors are only ever found by the general one.
//!
//! PERF: a line takes a third to a fifth of the time that `csv-core` or
//! `serde_json`, UTF-8, trimming and the parsers of the standard library take.

mod brief;
mod learn;
mod scan;
#[cfg(test)]
mod tests;
mod values;

use super::blocks::{MAX_LINE, without_end};
use super::column::Column;
use super::layout::{Cutting, Layout};
use super::separated::Separator;
pub(super) use brief::BriefForm;
pub(crate) use brief::BriefRow;
pub(super) use values::{PlainRow, PlainRows};
use values::{Said, Value, Values};

/// How many forms of objects are remembered.
const MOST_FORMS: usize = 16;

/// How many lines are learned from at most. Where so many are out of the
/// ordinary, more would be.
const MOST_LESSONS: usize = 64;

/// Separators that are part of no plain value.
const SEPARATORS: [u8; 5] = [b',', b'\t', b' ', b';', b'|'];

/// What plain lines look like.
#[derive(Debug)]
pub(super) struct Form {
    parts: Vec<Part>,
    /// What stands behind the last value.
    tail: Words,
    /// Whether values are separated by blanks.
    blanks: bool,
    /// Whether some say more than which flow it is.
    has_more: bool,
    /// Whether VPC and direction have columns: then the interface tells nothing
    /// more, and is not looked at, unless one of them has no value.
    has_place: bool,
}

/// A value, and what stands before it.
#[derive(Debug)]
struct Part {
    before: Words,
    /// What it means, if anything.
    column: Option<Column>,
    /// The byte that ends it.
    end: u8,
    /// Whether it is a value of JSON without quotes.
    bare: bool,
    /// What it was lately, where few values come again and again: one end of what
    /// an interface records is always that interface, and there are two actions.
    repeated: Repeated,
}

/// Values that came lately, and what they say.
#[derive(Debug)]
struct Repeated {
    // INVARIANT: those that no value came for yet are behind the others.
    known: [Option<Known>; 2],
    /// How often it was another one.
    missed: u8,
}

/// A value that came lately.
#[derive(Debug)]
struct Known {
    /// The value, and the byte behind it.
    text: Words,
    said: Said,
}

/// Bytes that are the same in every line.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    /// The first of them as numbers, with masks of those that count.
    words: [(u64, u64); 3],
    /// Those behind them.
    rest: Vec<u8>,
    length: usize,
}

/// The forms of a file.
#[derive(Debug)]
pub(super) struct Forms {
    forms: Vec<Form>,
    /// That of the line before.
    last: usize,
    lessons: usize,
}

impl Forms {
    /// Returns the form that lines are expected to have; of objects that is
    /// learned by and by.
    pub(super) fn of(layout: &Layout) -> Self {
        let forms = match layout.cutting {
            Cutting::Separated(Separator::Quoted(separator) | Separator::Plain(separator))
                if SEPARATORS.contains(&separator) =>
            {
                vec![Form::separated(layout, separator)]
            }
            Cutting::Separated(Separator::Blanks) => vec![Form::separated(layout, b' ')],
            Cutting::Separated(_) | Cutting::Json | Cutting::Whole => Vec::new(),
        };
        Self {
            forms,
            last: 0,
            lessons: 0,
        }
    }

    /// Returns those of a file of which no line is plain.
    #[cfg(test)]
    pub(super) const fn none() -> Self {
        Self {
            forms: Vec::new(),
            last: 0,
            lessons: MOST_LESSONS,
        }
    }

    /// Reads the line of `text` that begins at `from` into `rows` if it is
    /// plain; returns its length with its end.
    #[inline]
    pub(super) fn read(
        &mut self,
        (text, from): (&[u8], usize),
        layout: &Layout,
        rows: &mut PlainRows,
    ) -> Option<usize> {
        let place = (text, from);
        if let Some(length) = self.forms.get_mut(self.last)?.read(place, layout, rows) {
            return Some(length);
        }
        for (number, form) in self.forms.iter_mut().enumerate() {
            if number != self.last
                && let Some(length) = form.read(place, layout, rows)
            {
                self.last = number;
                return Some(length);
            }
        }
        None
    }

    /// Learns the form of an object in good order.
    pub(super) fn learn(&mut self, line: &[u8], layout: &Layout) {
        if self.forms.len() >= MOST_FORMS || self.lessons >= MOST_LESSONS {
            return;
        }
        self.lessons += 1;
        if let Some(form) = learn::form(line, &layout.names)
            && !self.forms.iter().any(|known| known.is_same(&form))
        {
            self.forms.push(form);
        }
    }
}

impl Form {
    /// Tells whether two forms are of the same lines.
    fn is_same(&self, other: &Self) -> bool {
        let same = |(one, two): (&Part, &Part)| one.before == two.before && one.bare == two.bare;
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(same)
            && self.tail == other.tail
    }

    /// Returns the form of lines with separators.
    fn separated(layout: &Layout, separator: u8) -> Self {
        let column = |place| {
            let mut all = Column::ALL.into_iter();
            all.find(|column| layout.places.of(*column) == Some(place))
        };
        let parts = (0..layout.width).map(|place| Part {
            before: Words::new(&[separator][..usize::from(place != 0)]),
            column: column(place),
            end: if place + 1 == layout.width {
                b'\n'
            } else {
                separator
            },
            bare: false,
            repeated: Repeated::none(),
        });
        Self::new(parts.collect(), &[], separator == b' ')
    }

    fn new(mut parts: Vec<Part>, tail: &[u8], blanks: bool) -> Self {
        let has = |column| parts.iter().any(|part| part.column == Some(column));
        let has_place = has(Column::VpcId) && has(Column::Direction) && has(Column::Interface);
        if has_place {
            let interface = |part: &&mut Part| part.column == Some(Column::Interface);
            parts
                .iter_mut()
                .filter(interface)
                .for_each(|part| part.column = None);
        }
        let mut columns = parts.iter().filter_map(|part| part.column);
        Self {
            has_more: columns.any(values::is_more),
            has_place,
            parts,
            tail: Words::new(tail),
            blanks,
        }
    }

    /// Reads the line of `text` that begins at `from` into `rows` if it has this
    /// form.
    #[inline]
    fn read(
        &mut self,
        (text, from): (&[u8], usize),
        layout: &Layout,
        rows: &mut PlainRows,
    ) -> Option<usize> {
        let text = text.get(from..)?;
        let dialect = layout.dialect;
        let mut values = Values::none(self.has_more);
        let mut rest = text;
        for part in &mut self.parts {
            rest = part.before.strip(rest)?;
            let value = Value {
                bytes: rest,
                line: text,
                end: part.end,
                dialect,
            };
            let length = part.read(value, &mut values)?;
            // Blanks never have nothing between them.
            if length == 0 && self.blanks {
                return None;
            }
            rest = rest.get(length..)?;
        }
        rest = match self.tail.strip(rest)? {
            [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => rest,
            _ => return None,
        };
        let length = text.len() - rest.len();
        let line = without_end(text.get(..length)?);
        if line.len() > MAX_LINE || layout.is_no_row(line) {
            return None;
        }
        if self.has_place && !values.say_place() {
            return None;
        }
        values.finish(from, dialect, rows)?;
        Some(length)
    }
}

impl Part {
    /// Reads the value; returns its length, or nothing where it is not plain.
    #[inline]
    fn read(&mut self, value: Value<'_>, values: &mut Values) -> Option<usize> {
        if let Some((said, length)) = self.repeated.known(value.bytes) {
            return values.say(said, value, length);
        }
        if self.bare && !is_bare(value, self.column.is_none()) {
            return None;
        }
        let (said, length) = match self.column {
            None => (Some(Said::Nothing), value.length()?),
            Some(column) => {
                let length = values.take(column, value)?;
                (values.said(column), length)
            }
        };
        if let Some(said) = said {
            self.repeated.learn(value.bytes, length, said);
        }
        Some(length)
    }
}

impl Repeated {
    /// How many other values come before a known one is given up: most columns
    /// of addresses have ever new ones.
    const PATIENCE: u8 = 8;

    const fn none() -> Self {
        Self {
            known: [None, None],
            missed: 0,
        }
    }

    /// Returns what the value says that `text` begins with, and its length, if it
    /// is a known one.
    #[inline]
    fn known(&self, text: &[u8]) -> Option<(Said, usize)> {
        for known in &self.known {
            let Known { text: own, said } = known.as_ref()?;
            if own.strip(text).is_some() {
                return Some((*said, own.length - 1));
            }
        }
        None
    }

    /// Remembers what a value of such a length says, now and then.
    fn learn(&mut self, text: &[u8], length: usize, said: Said) {
        let has_room = self.known[1].is_none();
        if (self.missed == 0 || has_room)
            && let Some(text) = text.get(..=length)
            && text.len() <= Words::IN_REGISTERS
        {
            let known = Known {
                text: Words::new(text),
                said,
            };
            self.known[1] = self.known[0].replace(known);
        }
        self.missed = (self.missed + 1) % Self::PATIENCE;
    }
}

/// Tells whether a value can stand in JSON without quotes: as a number without
/// sign and exponent, or, where it means nothing, as a truth value.
#[inline]
fn is_bare(value: Value<'_>, truth: bool) -> bool {
    // PERF: nearly all are whole numbers, which whoever reads them ends.
    match value.bytes {
        [b'1'..=b'9', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.get(digits) == Some(&value.end) || learn::is_number(value)
        }
        [b'0', end, ..] if *end == value.end => true,
        _ => learn::is_number(value) || truth && learn::is_truth(value),
    }
}

impl Words {
    /// So many bytes are compared as numbers.
    const IN_REGISTERS: usize = 24;

    fn new(bytes: &[u8]) -> Self {
        let mut words = [(0, 0); 3];
        for ((word, mask), bytes) in words.iter_mut().zip(bytes.chunks(8)) {
            for (place, byte) in bytes.iter().enumerate() {
                *word |= u64::from(*byte) << (8 * place);
                *mask |= 0xff << (8 * place);
            }
        }
        Self {
            words,
            rest: bytes.get(Self::IN_REGISTERS..).unwrap_or_default().to_vec(),
            length: bytes.len(),
        }
    }

    /// Returns what stands behind them, if `text` begins with them.
    #[inline]
    fn strip<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        // PERF: a comparison of so few bytes in memory is a call; these are
        // words in registers, and nearly always one byte or a key.
        let same = if self.length == 0 {
            true
        } else if self.length == 1 {
            text.first().map(|byte| u64::from(*byte)) == Some(self.words[0].0)
        } else {
            let all: &[u8; Self::IN_REGISTERS] = text.first_chunk()?;
            let ([first, second, third], []) = all.as_chunks() else {
                return None;
            };
            let two = self.difference(0, *first) | self.difference(1, *second);
            two | self.difference(2, *third) == 0
                && (self.rest.is_empty() || text.get(Self::IN_REGISTERS..)?.starts_with(&self.rest))
        };
        if same { text.get(self.length..) } else { None }
    }

    #[inline]
    fn difference(&self, place: usize, bytes: [u8; 8]) -> u64 {
        let (word, mask) = self.words[place];
        (u64::from_le_bytes(bytes) ^ word) & mask
    }
}
