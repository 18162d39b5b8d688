//! Zeek's `conn.log`: text that describes itself in lines that begin with `#`,
//! or JSON with the same dotted names.
//!
//! A record has both directions of a connection; its packets and bytes are
//! added up, and what is judged is the originator's first packet. Of ICMP the
//! "ports" are type and code.

use super::{Dialect, IcmpPlace, LogFormat, Names};

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

/// Tells whether the keys of an object are those of a whole record of another log:
/// Zeek writes one for each protocol, with the same ends in each record. One that has
/// nothing but those may be of any.
pub(in crate::flow_log) fn is_other_log(names: &Names) -> bool {
    const OF_ALL: [&str; 9] = [
        "_path",
        "_write_ts",
        "ts",
        "uid",
        "id_orig_h",
        "id_orig_p",
        "id_resp_h",
        "id_resp_p",
        "proto",
    ];
    const OF_CONNECTIONS: [&str; 9] = [
        "conn_state",
        "duration",
        "history",
        "local_orig",
        "missed_bytes",
        "orig_bytes",
        "orig_pkts",
        "resp_bytes",
        "service",
    ];
    let has_other = names.0.iter().any(|name| !OF_ALL.contains(&name.as_str()));
    let of_connections = OF_CONNECTIONS.iter().any(|name| names.have(&[name]));
    names.have(&["ts", "uid"]) && has_other && !of_connections
}

/// What the lines above the first row say.
#[derive(Debug)]
pub(in crate::flow_log) struct Preamble {
    /// What stands between values.
    pub(in crate::flow_log) separator: u8,
    /// The line of names.
    pub(in crate::flow_log) fields: Option<Vec<u8>>,
    /// Which log it is.
    path: Option<String>,
}

impl Default for Preamble {
    fn default() -> Self {
        Self {
            separator: b'\t',
            fields: None,
            path: None,
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
        } else if let Some([_, path @ ..]) = line.strip_prefix(b"#path") {
            self.path = Some(String::from_utf8_lossy(path).into_owned());
        }
    }

    /// Returns which log it is, where it says so and that is not the one of
    /// connections, or a part of it that a site calls `conn-…`.
    pub(in crate::flow_log) fn other_path(&self) -> Option<String> {
        let other = |path: &&String| !path.starts_with("conn");
        self.path.as_ref().filter(other).cloned()
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
