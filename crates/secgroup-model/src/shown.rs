//! Untrusted text, made safe to print.

use std::fmt::{self, Write as _};

/// The number of characters after which untrusted text is cut.
pub const MAX_SHOWN: usize = 200;

/// Displays text that came from outside: control characters are escaped, so
/// that it cannot steer a terminal, and anything after [`MAX_SHOWN`]
/// characters is cut.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

/// Displays a line that may hold untrusted text: as [`Shown`], but whole.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|character| escape(character, f))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MAX_SHOWN) {
            escape(character, f)?;
        }
        if characters.next().is_some() {
            f.write_str("…")?;
        }
        Ok(())
    }
}

/// Writes a character that cannot steer a terminal.
fn escape(character: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // Bidirectional controls reorder what a reader sees.
    let reorders = matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    if character.is_control() || reorders {
        write!(f, "{}", character.escape_unicode())
    } else {
        f.write_char(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_and_not_sent() {
        assert_eq!(Shown("sgr\u{1b}[31m\n").to_string(), "sgr\\u{1b}[31m\\u{a}");
        assert_eq!(Shown("a\u{202e}b").to_string(), "a\\u{202e}b");
    }

    #[test]
    fn text_is_cut_after_two_hundred_characters() {
        let exactly = "é".repeat(MAX_SHOWN);
        assert_eq!(Shown(&exactly).to_string(), exactly);
        let longer = "é".repeat(MAX_SHOWN + 1);
        assert_eq!(Shown(&longer).to_string(), format!("{exactly}…"));
    }
}
