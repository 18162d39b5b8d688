//! Why the cloud did otherwise than the rules say.

use std::fmt;

/// Why a recorded action and the verdict differ, as far as records tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Accepted as part of a session, which rules alone do not see (6.5.1).
    SessionReply,
    /// Accepted as part of a session that should have been over (3.8.2).
    ExpiredSession,
    /// Rules changed while the record was made.
    RuleChange,
    /// Rejected though the groups accept it: perhaps a network ACL did (6.5.2).
    NetworkAcl,
    /// An end that could have decided is not in the snapshot.
    UnknownAddress,
    /// Mail to the Internet, which the platform blocks by default (3.9.6).
    PlatformTcp25,
    /// The verdict hangs on the contested reading of 3.7.6, and the other one
    /// agrees with the record.
    Contested,
    /// None of these.
    Unexplained,
}

impl Cause {
    /// How many causes there are.
    pub const COUNT: usize = 8;

    /// Every cause, in the order of results.
    pub const ALL: [Self; Self::COUNT] = [
        Self::SessionReply,
        Self::ExpiredSession,
        Self::RuleChange,
        Self::NetworkAcl,
        Self::UnknownAddress,
        Self::PlatformTcp25,
        Self::Contested,
        Self::Unexplained,
    ];

    /// Returns its place in [`Cause::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name that results use for it; it never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionReply => "session-reply",
            Self::ExpiredSession => "expired-session",
            Self::RuleChange => "rule-change",
            Self::NetworkAcl => "possible:network-acl",
            Self::UnknownAddress => "unknown-address",
            Self::PlatformTcp25 => "platform:tcp25",
            Self::Contested => "contested:intra-group-egress",
            Self::Unexplained => "unexplained",
        }
    }

    /// Tells whether the difference speaks against the rules given, or against
    /// the log: a reply is no contradiction, nor is what the snapshot knows
    /// nothing about, be it an address or a network ACL (6.5.2).
    #[must_use]
    pub const fn is_contradiction(self) -> bool {
        !matches!(
            self,
            Self::SessionReply | Self::UnknownAddress | Self::NetworkAcl
        )
    }

    /// Tells whether it is a mismatch for who asks whether there is one: what
    /// contradicts, and what only something else than the rules given explains.
    #[must_use]
    pub const fn is_mismatch(self) -> bool {
        self.is_contradiction() || matches!(self, Self::NetworkAcl)
    }

    /// Says in a sentence what it means.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::SessionReply => "the reply of an accepted flow; its session lets it pass",
            Self::ExpiredSession => {
                "the reply of an accepted flow, after the idle time of its session"
            }
            Self::RuleChange => "the rules changed while the record was made",
            Self::NetworkAcl => "the groups accept it; a network ACL may have rejected it",
            Self::UnknownAddress => "an end that could have decided is not in the configuration",
            Self::PlatformTcp25 => "mail to the Internet, which the platform blocks by default",
            Self::Contested => "the other reading of eval.intra_group_egress agrees with the log",
            Self::Unexplained => "the configuration and the log contradict each other",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_have_distinct_names_in_the_order_of_results() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause.index(), index);
            let same = Cause::ALL
                .iter()
                .filter(|other| other.name() == cause.name());
            assert_eq!(same.count(), 1);
        }
    }
}
