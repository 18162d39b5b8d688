//! The ways a table can find its deciding rule.

use std::fmt;
use std::str::FromStr;

use crate::classifier::Representation;

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
    /// `Compiled` with tables of a certain make; what tests compare, and no name
    /// of the command line.
    Represented(Representation),
}

/// A name that no engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEngine;

impl Engine {
    /// All engines that are chosen by name, the default first.
    pub const ALL: [Self; 3] = [Self::Compiled, Self::Trie, Self::Scan];

    /// Returns the representation that is asked for.
    pub(crate) const fn representation(self) -> Option<Representation> {
        match self {
            Self::Compiled | Self::Trie | Self::Scan => None,
            Self::Represented(representation) => Some(representation),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compiled => f.write_str("compiled"),
            Self::Trie => f.write_str("trie"),
            Self::Scan => f.write_str("scan"),
            Self::Represented(representation) => write!(f, "compiled ({representation})"),
        }
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
