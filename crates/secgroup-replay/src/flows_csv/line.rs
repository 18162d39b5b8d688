//! Lines of bounded length.

use std::io::{self, BufRead as _, BufReader, Read};

/// The greatest length of a line in bytes, its end not counted: 1 MiB.
pub const MAX_LINE: usize = 1 << 20;

/// The longest line end, CRLF.
const LONGEST_END: usize = 2;

/// Bytes read at a time.
const READ_BUFFER: usize = 256 * 1024;

/// Cuts a stream into lines and never holds more than one of them.
#[derive(Debug)]
pub(super) struct LineReader<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    /// Whether the rest of a line above the limit is still to be passed over.
    in_long_line: bool,
}

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// One within the limit.
    Text {
        /// Its number, counted from 1, blank lines included.
        number: u64,
        /// Its bytes and then LF, whatever its end was.
        text: &'a [u8],
    },
    /// One above the limit; its bytes are gone.
    TooLong {
        /// Its number.
        number: u64,
    },
}

impl<R: Read> LineReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader: BufReader::with_capacity(READ_BUFFER, reader),
            line: Vec::new(),
            number: 0,
            in_long_line: false,
        }
    }

    /// Returns the number of the line that was read last.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Tells whether the next line, or its beginning, has arrived already.
    pub(super) fn is_at_hand(&self) -> bool {
        !self.reader.buffer().is_empty()
    }

    /// Returns the next line that is not blank, or `None` at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        // Not before somebody wants the next line: the rest may have no end.
        if std::mem::take(&mut self.in_long_line) {
            self.reader.skip_until(b'\n')?;
        }
        loop {
            self.line.clear();
            self.number += 1;
            let number = self.number;
            let mut bounded = (&mut self.reader).take((MAX_LINE + LONGEST_END) as u64);
            if bounded.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            let complete = self.line.pop_if(|last| *last == b'\n').is_some();
            if !complete && self.line.len() == MAX_LINE + LONGEST_END {
                self.in_long_line = true;
                return Ok(Some(Line::TooLong { number }));
            }
            self.line.pop_if(|last| *last == b'\r');
            if self.line.len() > MAX_LINE {
                return Ok(Some(Line::TooLong { number }));
            }
            if !self.line.is_empty() {
                self.line.push(b'\n');
                break;
            }
        }
        Ok(Some(Line::Text {
            number: self.number,
            text: &self.line,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(u64, Option<usize>)> {
        let mut reader = LineReader::new(text);
        let mut found = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            found.push(match line {
                Line::Text { number, text } => {
                    assert_eq!(text.last(), Some(&b'\n'));
                    (number, Some(text.len() - 1))
                }
                Line::TooLong { number } => (number, None),
            });
        }
        found
    }

    #[test]
    fn line_ends_and_blank_lines_do_not_count() {
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"\n\r\n"), []);
        assert_eq!(
            lines(b"ab\r\n\n\r\nc\nd"),
            [(1, Some(2)), (4, Some(1)), (5, Some(1))]
        );
        assert_eq!(lines(b"ab\r"), [(1, Some(2))]);
    }

    #[test]
    fn the_line_limit_holds_on_both_sides() {
        for end in ["", "\n", "\r\n"] {
            for (excess, fits) in [
                (0, true),
                (1, false),
                (2, false),
                (3, false),
                (70_000, false),
            ] {
                let mut text = vec![b'x'; MAX_LINE + excess];
                text.extend_from_slice(end.as_bytes());
                let length = fits.then_some(MAX_LINE);
                assert_eq!(lines(&text), [(1, length)], "{excess} {end:?}");
                if !end.is_empty() {
                    text.extend_from_slice(b"next");
                    assert_eq!(lines(&text), [(1, length), (2, Some(4))]);
                }
            }
        }
    }

    #[test]
    fn a_long_line_is_not_kept() {
        let mut reader = LineReader::new(io::repeat(b'x').take(64 << 20));
        assert_eq!(
            reader.next_line().unwrap(),
            Some(Line::TooLong { number: 1 })
        );
        assert!(reader.line.capacity() <= 2 * (MAX_LINE + LONGEST_END));
    }
}
