//! A stream of text as blocks of whole lines, and lines of bounded length.
//!
//! Where lines end is all that the reading thread finds out; what stands in
//! them is for the workers.

use std::io::{self, Read};

/// The greatest length of a line in bytes, its end not counted: 1 MiB.
pub const MAX_LINE: usize = 1 << 20;

/// The longest line end, CRLF.
const LONGEST_END: usize = 2;

/// The number of bytes in a block, if its lines are shorter: 256 KiB. A block
/// holds at most this and one line.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// Cuts a stream into blocks of whole lines.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    reader: R,
    /// Room for what was read; `from..to` of it has not been handed out.
    room: Vec<u8>,
    from: usize,
    to: usize,
    /// The number of the line that begins at `from`.
    line: u64,
    ended: bool,
    /// Whether what comes is the rest of a line above the limit.
    in_long_line: bool,
    /// A failure that waits until the lines before it have been handed out.
    failure: Option<io::Error>,
}

/// A line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// One within the limit, without its end.
    Text(&'a [u8]),
    /// One above the limit; its bytes are gone.
    TooLong,
}

/// What was appended to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Whole lines, the first of which has this number.
    Lines(u64),
    /// Nothing, for the line of this number is above the limit.
    TooLong(u64),
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            room: vec![0; 2 * BLOCK_BYTES],
            from: 0,
            to: 0,
            line: 1,
            ended: false,
            in_long_line: false,
            failure: None,
        }
    }

    /// Returns the number of the next line.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Passes over blank lines and returns the next one, which stays next.
    pub(super) fn peek(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let Some(end) = self.first_line()? else {
                return Ok(None);
            };
            let Some(end) = end else {
                return Ok(Some(Line::TooLong));
            };
            let line = without_end(&self.room[self.from..end]);
            if line.len() > MAX_LINE {
                return Ok(Some(Line::TooLong));
            }
            if !line.is_empty() {
                // Asked again, for the borrow of a loop would last too long.
                return Ok(Some(Line::Text(without_end(&self.room[self.from..end]))));
            }
            self.pass(end);
        }
    }

    /// Passes over a mark at the beginning of the stream.
    pub(super) fn pass_mark(&mut self, mark: &[u8]) -> io::Result<()> {
        self.first_line()?;
        if self.room[self.from..self.to].starts_with(mark) {
            self.from += mark.len();
        }
        Ok(())
    }

    /// Passes over the line that was peeked at.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        if let Some(Some(end)) = self.first_line()? {
            self.pass(end);
        }
        Ok(())
    }

    /// Appends the next whole lines to `text`; none at the end.
    pub(super) fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Block>> {
        let number = self.line;
        match self.first_line()? {
            None => Ok(None),
            Some(None) => {
                self.in_long_line = true;
                self.from = self.to;
                self.line += 1;
                Ok(Some(Block::TooLong(number)))
            }
            Some(Some(first)) => {
                let unread = &self.room[self.from..self.to];
                let end = match memchr::memrchr(b'\n', unread) {
                    Some(last) if !self.ended => self.from + last + 1,
                    _ if self.ended => self.to,
                    _ => first,
                };
                text.extend_from_slice(&self.room[self.from..end]);
                self.pass(end);
                Ok(Some(Block::Lines(number)))
            }
        }
    }

    /// Hands out everything before `end`, where a line ends.
    fn pass(&mut self, end: usize) {
        let lines = memchr::memchr_iter(b'\n', &self.room[self.from..end]).count();
        self.line += lines as u64;
        self.from = end;
    }

    /// Returns where the first line ends, inside nothing if it is above the
    /// limit, and nothing at the end of the stream.
    fn first_line(&mut self) -> io::Result<Option<Option<usize>>> {
        let mut searched = self.from;
        loop {
            let found = memchr::memchr(b'\n', &self.room[searched..self.to]);
            if let Some(found) = found {
                let end = searched + found + 1;
                if !std::mem::take(&mut self.in_long_line) {
                    return Ok(Some(Some(end)));
                }
                self.from = end;
                searched = end;
                continue;
            }
            if self.in_long_line {
                self.from = self.to;
            } else if self.to - self.from >= MAX_LINE + LONGEST_END {
                return Ok(Some(None));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if self.ended {
                let rest = self.from < self.to;
                return Ok(rest.then_some(Some(self.to)));
            }
            let held = self.to - self.from;
            self.fill();
            searched = self.from + held;
        }
    }

    /// Reads once; a failure is kept for later.
    fn fill(&mut self) {
        self.room.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        let wanted = self.to + BLOCK_BYTES;
        if self.room.len() < wanted {
            self.room.resize(wanted, 0);
        }
        loop {
            match self.reader.read(&mut self.room[self.to..wanted]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.to += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => self.failure = Some(error),
            }
            return;
        }
    }
}

/// Returns a line without LF or CRLF.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the numbers and lengths of all lines that are not blank.
    fn lines(text: &[u8]) -> Vec<(u64, Option<usize>)> {
        let mut blocks = Blocks::new(text);
        let mut found = Vec::new();
        while let Some(line) = blocks.peek().unwrap() {
            let length = match line {
                Line::Text(text) => Some(text.len()),
                Line::TooLong => None,
            };
            let number = blocks.line();
            found.push((number, length));
            if blocks.first_line().unwrap() == Some(None) {
                let mut nothing = Vec::new();
                let block = blocks.next(&mut nothing).unwrap();
                assert_eq!((block, nothing.len()), (Some(Block::TooLong(number)), 0));
            } else {
                blocks.skip().unwrap();
            }
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
        let mut blocks = Blocks::new(io::repeat(b'x').take(64 << 20));
        let mut text = Vec::new();
        assert_eq!(blocks.next(&mut text).unwrap(), Some(Block::TooLong(1)));
        assert_eq!(blocks.next(&mut text).unwrap(), None);
        assert!(blocks.room.len() <= MAX_LINE + LONGEST_END + 2 * BLOCK_BYTES);
    }

    #[test]
    fn blocks_are_whole_lines_and_together_the_text() {
        let mut text = String::new();
        for number in 0..60_000 {
            text.push_str(&"y".repeat(number % 23));
            text.push_str(if number % 5 == 0 { "\r\n" } else { "\n" });
        }
        text.push_str("the end");
        let mut blocks = Blocks::new(text.as_bytes());
        let (mut whole, mut next, mut count) = (Vec::new(), 1, 0);
        loop {
            let mut block = Vec::new();
            let Some(found) = blocks.next(&mut block).unwrap() else {
                break;
            };
            assert_eq!(found, Block::Lines(next));
            assert!(block.len() <= 2 * BLOCK_BYTES);
            next += block.iter().filter(|byte| **byte == b'\n').count() as u64;
            whole.extend_from_slice(&block);
            assert!(block.ends_with(b"\n") || whole.len() == text.len());
            count += 1;
        }
        assert!(count > 2);
        assert_eq!(whole, text.as_bytes());
    }
}
