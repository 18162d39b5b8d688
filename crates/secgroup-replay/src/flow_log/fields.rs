//! The values of many rows, without an allocation of their own.

/// Text, and where the values in it lie.
///
/// ```text
/// text   203.0.113.9,10.0.0.1,6,40000,443\n"a ""b""",…          a "b"
/// spans  0..11 12..20 21..22 23..28 29..32 …                    ^ 71..76
///                                                               ` unquoted
/// ```
///
/// What cannot be used as it stands, because quotes or escapes have to be
/// taken away, is put behind the text.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The lines as they were read.
    text: Vec<u8>,
    /// What will stand behind them.
    behind: Vec<u8>,
    spans: Vec<(u32, u32)>,
}

impl Fields {
    /// Forgets everything and keeps the room.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.behind.clear();
        self.spans.clear();
    }

    /// Returns the text, to append lines to.
    pub(super) const fn text_mut(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Returns everything that was read.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns how many values there are.
    pub(super) const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Forgets the values behind the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        self.spans.truncate(len);
    }

    /// Returns the value at `index`, empty beyond the last.
    pub(super) fn value(&self, index: usize) -> &[u8] {
        let (from, to) = self.spans.get(index).copied().unwrap_or_default();
        self.text
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }

    /// Adds the value that lies at `from..to` of the text.
    pub(super) fn push(&mut self, from: usize, to: usize) {
        self.spans.push((short(from), short(to)));
    }

    /// Adds a value that does not lie in the text.
    pub(super) fn push_copy(&mut self, value: &[u8]) {
        let from = self.text.len() + self.behind.len();
        self.behind.extend_from_slice(value);
        self.push(from, from + value.len());
    }

    /// Adds values that do not lie in the text, each ending where `ends` says.
    pub(super) fn push_copies(&mut self, bytes: &[u8], ends: &[usize]) {
        let base = self.text.len() + self.behind.len();
        self.behind.extend_from_slice(bytes);
        let mut from = 0;
        for &end in ends {
            self.push(base + from, base + end);
            from = end;
        }
    }

    /// Puts what was copied behind the text; call it when all values are there.
    pub(super) fn finish(&mut self) {
        self.text.append(&mut self.behind);
    }

    /// Cuts `from..to` of the text at every `separator`, and returns how many
    /// values there are.
    pub(super) fn cut_at(&mut self, (from, to): (usize, usize), separator: u8) -> usize {
        let before = self.spans.len();
        let mut start = short(from);
        for (at, byte) in (start..).zip(&self.text[from..to]) {
            if *byte == separator {
                self.spans.push((start, at));
                start = at + 1;
            }
        }
        self.spans.push((start, short(to)));
        self.spans.len() - before
    }

    /// Cuts `from..to` of the text at blanks, however many, and returns how
    /// many values there are.
    pub(super) fn cut_at_blanks(&mut self, (from, to): (usize, usize)) -> usize {
        let before = self.spans.len();
        let mut begun = None;
        for (at, byte) in (short(from)..).zip(&self.text[from..to]) {
            match (byte.is_ascii_whitespace(), begun) {
                (true, Some(start)) => {
                    self.spans.push((start, at));
                    begun = None;
                }
                (false, None) => begun = Some(at),
                (true, None) | (false, Some(_)) => {}
            }
        }
        if let Some(start) = begun {
            self.spans.push((start, short(to)));
        }
        self.spans.len() - before
    }

    /// Returns how much can be held without another allocation.
    #[cfg(test)]
    pub(super) const fn room(&self) -> (usize, usize) {
        (self.text.capacity(), self.spans.capacity())
    }
}

/// Returns a place in a batch, which has less than 4 GiB.
fn short(place: usize) -> u32 {
    u32::try_from(place).expect("a batch is a block and one line, and copies of parts of them")
}
