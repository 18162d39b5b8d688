//! Something found in a document, with its place.

use std::fmt;

use secgroup_model::Shown;

/// A problem or warning at a place of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The name of the document, as it was given.
    pub name: String,
    /// The line, counting from 1.
    pub line: usize,
    /// The column in characters, counting from 1.
    pub column: usize,
    /// The JSON path, such as `SecurityGroups.SecurityGroup[0].VpcId`; empty
    /// for the document itself.
    pub path: String,
    /// What the ECS API answers to the same fault, where section 2 names a code.
    pub code: Option<&'static str>,
    /// What was found and what was expected; safe to print.
    pub message: String,
}

impl fmt::Display for Located {
    /// Writes `file:line:column: path: message (Code)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            line,
            column,
            path,
            code,
            message,
        } = self;
        write!(f, "{}:{line}:{column}: ", Shown(name))?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)?;
        match code {
            Some(code) if !message.contains(code) => write!(f, " ({code})"),
            _ => Ok(()),
        }
    }
}
