//! The ways a table can find its deciding rule.

use std::fmt;
use std::str::FromStr;

/// How compiled tables look for the deciding rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Engine {
    /// One classifier over all five fields, see [`crate::classifier`]; the fast one.
    #[default]
    Compiled,
    /// A prefix trie per protocol, built with iptrie; the readable one.
    Trie,
    /// All rules in order of precedence, one after the other; the plain one.
    Scan,
}

/// A name that no engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEngine;

impl Engine {
    /// All engines, the default first.
    pub const ALL: [Self; 3] = [Self::Compiled, Self::Trie, Self::Scan];
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compiled => "compiled",
            Self::Trie => "trie",
            Self::Scan => "scan",
        })
    }
}

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|engine| engine.to_string() == name)
            .ok_or(UnknownEngine)
    }
}
