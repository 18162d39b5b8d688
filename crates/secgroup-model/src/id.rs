//! Identifiers of the cloud's objects.
//!
//! Each kind of object has its own type, so that a VPC id cannot be passed
//! where a group id is meant. The form is that of clause 4.13.

use std::fmt;
use std::sync::Arc;

use crate::Shown;

/// The greatest length of an identifier, in characters (4.13).
pub const MAX_ID_LENGTH: usize = 100;

/// Text that is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing between the quotes.
    #[error("an id must not be empty")]
    Empty,
    /// More than [`MAX_ID_LENGTH`] characters.
    #[error(
        "id `{}` is longer than {MAX_ID_LENGTH} characters ({length})",
        Shown(start)
    )]
    TooLong {
        /// The first characters of the text.
        start: String,
        /// Its length in characters.
        length: usize,
    },
    /// A character outside the id grammar.
    #[error(
        "id `{}` contains `{}`; ids consist of letters, digits, `-` and `_`",
        Shown(text),
        Shown(&character.to_string())
    )]
    Character {
        /// The whole text.
        text: String,
        /// The first character that does not belong.
        character: char,
    },
}

/// Checks the grammar of 4.13: `[A-Za-z0-9_-]{1,100}`.
///
/// `*` is allowed too, because the documentation and redacted exports mask the
/// end of an id with `****`.
fn check(text: &str) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    let length = text.chars().count();
    if length > MAX_ID_LENGTH {
        let start = text.chars().take(40).collect::<String>() + "…";
        return Err(InvalidId::TooLong { start, length });
    }
    match text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '*'))
    {
        Some(character) => Err(InvalidId::Character {
            text: text.to_owned(),
            character,
        }),
        None => Ok(()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        // INVARIANT: `check` accepted the text.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the form of `text` once, so that no other code has to.
            ///
            /// # Errors
            ///
            /// Returns [`InvalidId`] when `text` is empty, too long, or holds
            /// a character that ids do not have (4.13).
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// Returns the text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A security group, `sg-…`.
    SecurityGroupId
);
id!(
    /// A rule, `sgr-…`.
    RuleId
);
id!(
    /// An elastic network interface, `eni-…`.
    NetworkInterfaceId
);
id!(
    /// An instance, `i-…`.
    InstanceId
);
id!(
    /// A virtual private cloud, `vpc-…`.
    VpcId
);
id!(
    /// A prefix list, `pl-…`.
    PrefixListId
);
id!(
    /// A port list, `prl-…`.
    PortListId
);
id!(
    /// An account, by its numeric AliUid.
    AccountId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_to_a_hundred_letters_digits_dashes_and_underscores_4_13() {
        assert!(SecurityGroupId::new("sg-bp67acfmxazb4p_1").is_ok());
        assert!(SecurityGroupId::new("sg-bp1gxw6bznjjvhu3****").is_ok());
        assert!(SecurityGroupId::new(&"a".repeat(100)).is_ok());
        assert!(matches!(
            SecurityGroupId::new(&"a".repeat(101)),
            Err(InvalidId::TooLong { length: 101, .. })
        ));
        assert_eq!(SecurityGroupId::new(""), Err(InvalidId::Empty));
        for bad in ["../../etc/passwd", "sg a", "sg\u{1b}[31m", "sg-é", "sg#1"] {
            assert!(
                matches!(SecurityGroupId::new(bad), Err(InvalidId::Character { .. })),
                "{bad}"
            );
        }
    }
}
