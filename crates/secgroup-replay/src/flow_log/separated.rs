//! Lines cut into values at separators.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::fields::Fields;
use super::problem::RowFault;

/// How values are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// By a byte; values may be quoted, as in CSV.
    Quoted(u8),
    /// By a byte alone; a quote is a letter like others.
    Plain(u8),
    /// By blanks, however many.
    Blanks,
}

/// Cuts lines, and takes quotes away; nothing is carried over from one line
/// to the next.
#[derive(Debug)]
pub(super) struct Cutter {
    separator: Separator,
    csv: Reader,
    /// Room for a line without its quotes.
    unquoted: Vec<u8>,
    ends: Vec<usize>,
}

impl Cutter {
    pub(super) fn new(separator: Separator) -> Self {
        let delimiter = match separator {
            Separator::Quoted(byte) | Separator::Plain(byte) => byte,
            Separator::Blanks => b' ',
        };
        let csv = ReaderBuilder::new()
            .delimiter(delimiter)
            .terminator(Terminator::Any(b'\n'))
            .build();
        let mut cutter = Self {
            separator,
            csv,
            unquoted: Vec::new(),
            ends: Vec::new(),
        };
        cutter.forget();
        cutter
    }

    /// Cuts the line at `from..to` of the text into `width` values.
    pub(super) fn cut(
        &mut self,
        fields: &mut Fields,
        (from, to): (usize, usize),
        width: usize,
    ) -> Result<(), RowFault> {
        let found = match self.separator {
            Separator::Quoted(byte) => {
                if memchr::memchr(b'"', &fields.text()[from..to]).is_some() {
                    self.cut_quoted(fields, (from, to), width)?
                } else {
                    fields.cut_at((from, to), byte)
                }
            }
            Separator::Plain(byte) => fields.cut_at((from, to), byte),
            Separator::Blanks => fields.cut_at_blanks((from, to)),
        };
        if found == width {
            Ok(())
        } else {
            Err(RowFault::Ragged {
                found,
                expected: width,
            })
        }
    }

    /// Returns the values of a header; every byte could be one.
    pub(super) fn header(&mut self, line: &[u8]) -> Result<Fields, RowFault> {
        let mut fields = Fields::default();
        fields.text_mut().extend_from_slice(line);
        let end = (0, line.len());
        match self.separator {
            Separator::Quoted(_) => {
                self.cut_quoted(&mut fields, end, line.len() + 1)?;
            }
            Separator::Plain(byte) => {
                fields.cut_at(end, byte);
            }
            Separator::Blanks => {
                fields.cut_at_blanks(end);
            }
        }
        fields.finish();
        Ok(fields)
    }

    fn cut_quoted(
        &mut self,
        fields: &mut Fields,
        (from, to): (usize, usize),
        width: usize,
    ) -> Result<usize, RowFault> {
        // Taking quotes away never makes a line longer; the byte more is for
        // the parser, which looks for room before it looks for the end. The
        // room for one more end lets a row of the right width finish in one call.
        self.unquoted.resize(to - from + 1, 0);
        self.ends.resize(width + 1, 0);
        let mut line = &fields.text()[from..to];
        let (mut written, mut count, mut ended) = (0, 0, false);
        loop {
            // Too many values: count on, over the ends of the first ones.
            let next = if count < self.ends.len() { count } else { 0 };
            let (result, taken, wrote, found) = self.csv.read_record(
                line,
                self.unquoted.get_mut(written..).unwrap_or_default(),
                &mut self.ends[next..],
            );
            line = line.get(taken..).unwrap_or_default();
            written += wrote;
            count += found;
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::OutputEndsFull => {}
                ReadRecordResult::InputEmpty if !ended => {
                    ended = true;
                    line = b"\n";
                }
                // The LF did not end the record, so it was inside quotes.
                ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::End => {
                    self.forget();
                    return Err(RowFault::UnclosedQuote);
                }
            }
        }
        if count <= width {
            fields.push_copies(
                self.unquoted.get(..written).unwrap_or_default(),
                self.ends.get(..count).unwrap_or_default(),
            );
        }
        Ok(count)
    }

    /// Returns to the beginning of a record.
    fn forget(&mut self) {
        self.csv.reset();
        // After a reset a byte order mark would be dropped again; a line end
        // between records says that reading has begun.
        self.csv.read_record(b"\n", &mut [0], &mut [0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts `line` with a cutter that has just met an open quote.
    fn cut(separator: Separator, line: &str, width: usize) -> Result<Vec<String>, RowFault> {
        let mut cutter = Cutter::new(separator);
        let mut fields = Fields::default();
        fields.text_mut().extend_from_slice(b"\"open");
        if let Separator::Quoted(_) = separator {
            let open = cutter.cut(&mut fields, (0, 5), 2);
            assert_eq!(open, Err(RowFault::UnclosedQuote));
        }
        fields.text_mut().extend_from_slice(line.as_bytes());
        cutter.cut(&mut fields, (5, 5 + line.len()), width)?;
        fields.finish();
        let value = |at| String::from_utf8(fields.value(at).to_vec()).unwrap();
        Ok((0..fields.len()).map(value).collect())
    }

    #[test]
    fn separators_and_quotes_are_taken_away() {
        for (line, wanted) in [
            ("a,b", ["a", "b"]),
            ("\u{feff}a,b", ["\u{feff}a", "b"]),
            ("\"a,b\",\"c\"\"d\"", ["a,b", "c\"d"]),
            (",", ["", ""]),
            ("a\"b,\"\"", ["a\"b", ""]),
            ("a\rb, \0", ["a\rb", " \0"]),
            ("{\"a\":1},b", ["{\"a\":1}", "b"]),
        ] {
            let found = cut(Separator::Quoted(b','), line, 2).unwrap();
            assert_eq!(found, wanted, "{line:?}");
        }
        let found = cut(Separator::Plain(b'\t'), "\"a\t\tb,c\"", 3).unwrap();
        assert_eq!(found, ["\"a", "", "b,c\""]);
        let found = cut(Separator::Blanks, " a  - \t2 ", 3).unwrap();
        assert_eq!(found, ["a", "-", "2"]);
    }

    #[test]
    fn values_are_counted_beyond_the_width() {
        for count in 1..40 {
            for (line, separator) in [
                (vec!["x"; count].join(","), Separator::Quoted(b',')),
                (vec!["\"x\""; count].join(","), Separator::Quoted(b',')),
                (vec!["x"; count].join("\t"), Separator::Plain(b'\t')),
                (vec!["x"; count].join("  "), Separator::Blanks),
            ] {
                let ragged = RowFault::Ragged {
                    found: count,
                    expected: 3,
                };
                let found = cut(separator, &line, 3);
                assert_eq!(found.is_ok(), count == 3, "{line}");
                assert!(count == 3 || found == Err(ragged), "{line}");
            }
        }
    }
}
