//! Lines cut into fields.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

/// Cuts lines at commas and takes quotes away; state is never carried over
/// from one line to the next.
#[derive(Debug)]
pub(super) struct FieldSplitter {
    csv: Reader,
}

/// What came of cutting a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// That many fields.
    Fields(usize),
    /// The line ends inside quotes.
    UnclosedQuote,
}

impl Default for FieldSplitter {
    fn default() -> Self {
        Self {
            csv: ReaderBuilder::new()
                .terminator(Terminator::Any(b'\n'))
                .build(),
        }
    }
}

impl FieldSplitter {
    /// Cuts `line`, which is not blank and ends with LF.
    ///
    /// Appends the fields without separators to `bytes` and where each ends,
    /// counted from the first of them, to `ends`. Beyond `width` fields only
    /// their number is right.
    pub(super) fn split(
        &mut self,
        line: &[u8],
        width: usize,
        bytes: &mut Vec<u8>,
        ends: &mut Vec<usize>,
    ) -> Split {
        let (first_byte, first_end) = (bytes.len(), ends.len());
        // Taking quotes away never makes a line longer. The room for one more
        // end lets a row of the right width finish in one call.
        bytes.resize(first_byte + line.len(), 0);
        ends.resize(first_end + width + 1, 0);
        let (mut line, mut written, mut fields) = (line, first_byte, 0);
        loop {
            let (result, taken, wrote, ended) = self.csv.read_record(
                line,
                bytes.get_mut(written..).unwrap_or_default(),
                ends.get_mut(first_end..).unwrap_or_default(),
            );
            line = line.get(taken..).unwrap_or_default();
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::Record => {
                    bytes.truncate(written);
                    ends.truncate(first_end + fields);
                    return Split::Fields(fields);
                }
                // Too many fields: count on, over the ends of the first ones.
                ReadRecordResult::OutputEndsFull => {}
                // The LF did not end the record, so it was inside quotes.
                ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::End => {
                    self.forget();
                    return Split::UnclosedQuote;
                }
            }
        }
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

    fn fields(splitter: &mut FieldSplitter, line: &str, width: usize) -> (Split, Vec<String>) {
        let (mut bytes, mut ends) = (b"before".to_vec(), vec![17]);
        let split = splitter.split(line.as_bytes(), width, &mut bytes, &mut ends);
        let mut start = "before".len();
        let mut found = Vec::new();
        if split == Split::Fields(width) {
            for end in &ends[1..] {
                found.push(String::from_utf8(bytes[start..6 + end].to_vec()).unwrap());
                start = 6 + end;
            }
            assert_eq!(start, bytes.len());
        }
        (split, found)
    }

    #[test]
    fn separators_and_quotes_are_taken_away() {
        let mut splitter = FieldSplitter::default();
        for (line, wanted) in [
            ("a,b\n", ["a", "b"]),
            ("\u{feff}a,b\n", ["\u{feff}a", "b"]),
            ("\"a,b\",\"c\"\"d\"\n", ["a,b", "c\"d"]),
            (",\n", ["", ""]),
            ("a\"b,\"\"\n", ["a\"b", ""]),
            ("a\rb, \0\n", ["a\rb", " \0"]),
        ] {
            let (split, _) = fields(&mut splitter, "\"open\n", 2);
            assert_eq!(split, Split::UnclosedQuote);
            let (split, found) = fields(&mut splitter, line, 2);
            assert_eq!((split, found.len()), (Split::Fields(2), 2), "{line:?}");
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn fields_are_counted_beyond_the_width() {
        let mut splitter = FieldSplitter::default();
        for count in 1..40 {
            let line = format!("{}\n", vec!["x"; count].join(","));
            assert_eq!(
                fields(&mut splitter, &line, 3).0,
                Split::Fields(count),
                "{line}"
            );
        }
    }
}
