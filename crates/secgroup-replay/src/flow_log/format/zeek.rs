//! Zeek's `conn.log`: text that describes itself in lines that begin with `#`,
//! or JSON with the same dotted names.
//!
//! A record has both directions of a connection; its packets and bytes are
//! added up, and what is judged is the originator's first packet. Of ICMP the
//! "ports" are type and code.

use super::{Dialect, IcmpPlace, LogFormat};

pub(super) const DIALECT: Dialect = Dialect {
    format: LogFormat::Zeek,
    absent: &["-", "(empty)"],
    icmp: IcmpPlace::Ports,
    recognise: |names, _| names.have(&["id_orig_h", "id_resp_h"]),
    // Other columns than those above are a fault; see `Layout::is_no_row`.
    is_no_row: |line, header| {
        line.starts_with(b"#") && (!line.starts_with(Preamble::FIELDS) || line == header)
    },
    ..Dialect::PLAIN
};

/// What the lines above the first row say.
#[derive(Debug)]
pub(in crate::flow_log) struct Preamble {
    /// What stands between values.
    pub(in crate::flow_log) separator: u8,
    /// The line of names.
    pub(in crate::flow_log) fields: Option<Vec<u8>>,
}

impl Default for Preamble {
    fn default() -> Self {
        Self {
            separator: b'\t',
            fields: None,
        }
    }
}

impl Preamble {
    /// How the line of names begins.
    pub(in crate::flow_log) const FIELDS: &'static [u8] = b"#fields";

    /// How the line begins that every such file has first.
    pub(in crate::flow_log) const SEPARATOR: &'static [u8] = b"#separator ";

    /// Tells whether a line is one of those that Zeek writes before the rows.
    pub(in crate::flow_log) fn begins(line: &[u8]) -> bool {
        const WORDS: [&str; 9] = [
            "separator",
            "set_separator",
            "empty_field",
            "unset_field",
            "path",
            "open",
            "fields",
            "types",
            "close",
        ];
        let [b'#', rest @ ..] = line else {
            return false;
        };
        WORDS.iter().any(|word| {
            let behind = rest.strip_prefix(word.as_bytes());
            behind.is_some_and(|behind| !behind.first().is_some_and(u8::is_ascii_alphabetic))
        })
    }

    /// Takes in a line that begins with `#`.
    pub(in crate::flow_log) fn add(&mut self, line: &[u8]) {
        if let Some(separator) = line.strip_prefix(Self::SEPARATOR) {
            self.separator = match separator {
                [b'\\', b'x', digits @ ..] => std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                    .unwrap_or(b'\t'),
                [byte] => *byte,
                _ => b'\t',
            };
        } else if line.starts_with(Self::FIELDS) {
            self.fields = Some(line.to_vec());
        }
    }

    /// Returns the names, cut at the separator.
    pub(in crate::flow_log) fn names(&self) -> Option<Vec<&str>> {
        let line = std::str::from_utf8(self.fields.as_deref()?).ok()?;
        let mut names = line.split(char::from(self.separator));
        // The word `#fields` itself.
        names.next();
        Some(names.collect())
    }
}
