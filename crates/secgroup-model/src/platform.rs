//! Traffic that the platform passes or blocks whatever the rules say (3.9).
//!
//! This file names the exceptions; which flow is one is read from the clauses
//! in `evaluate.rs`, and compiled a second time in the matcher.

use std::fmt;

/// A reason of the platform's own to pass or block a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlatformException {
    /// The packet never leaves the interface (3.1, stage 0).
    Local,
    /// IPv6 neighbour discovery lies below filtering (3.9.5).
    NeighborDiscovery,
    /// Path MTU discovery: ICMP 3/4 and ICMPv6 2 inbound (3.9.2).
    Pmtud,
    /// The metadata service 100.100.100.200 (3.9.4).
    Metaserver,
    /// DHCP and DHCPv6 (3.9.5).
    Dhcp,
    /// Traffic that a load balancer forwards to its backend (3.9.3).
    LoadBalancer,
    /// Outbound TCP 25 to the Internet is blocked (3.9.6, `eval.tcp25=deny`).
    Tcp25,
}

impl PlatformException {
    /// The exceptions that let traffic pass, in the order they are asked.
    pub const ALLOWING: [Self; 6] = [
        Self::Local,
        Self::NeighborDiscovery,
        Self::Pmtud,
        Self::Metaserver,
        Self::Dhcp,
        Self::LoadBalancer,
    ];
}

impl fmt::Display for PlatformException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::NeighborDiscovery => "nd",
            Self::Pmtud => "pmtud",
            Self::Metaserver => "metaserver",
            Self::Dhcp => "dhcp",
            Self::LoadBalancer => "slb",
            Self::Tcp25 => "tcp25",
        })
    }
}

/// The exceptions that are in force: the value of `eval.implicit_allow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlatformSet(u8);

impl PlatformSet {
    /// No exception.
    pub const NONE: Self = Self(0);

    /// Tells whether `exception` is in force.
    #[must_use]
    pub const fn contains(self, exception: PlatformException) -> bool {
        self.0 & (1 << exception as u8) != 0
    }

    /// Reads `doc`, `none` or a comma-separated list of names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "doc" => Some(Self::default()),
            "none" => Some(Self::NONE),
            list => list.split(',').try_fold(Self::NONE, |set, name| {
                let exception = PlatformException::ALLOWING
                    .into_iter()
                    .find(|exception| exception.to_string() == name.trim())?;
                Some(Self(set.0 | 1 << exception as u8))
            }),
        }
    }

    /// Lists what [`PlatformSet::parse`] reads.
    pub(crate) fn allowed() -> String {
        let names = PlatformException::ALLOWING.map(|exception| exception.to_string());
        format!(
            "doc, none, or a comma-separated list of {}",
            names.join(", ")
        )
    }
}

impl Default for PlatformSet {
    /// What the documentation says or implies (3.9).
    fn default() -> Self {
        let all = PlatformException::ALLOWING.into_iter();
        Self(all.fold(0, |set, exception| set | 1 << exception as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_read_by_name() {
        let set = PlatformSet::parse("pmtud, metaserver").unwrap();
        assert!(set.contains(PlatformException::Pmtud));
        assert!(set.contains(PlatformException::Metaserver));
        assert!(!set.contains(PlatformException::Dhcp));
        assert!(
            PlatformSet::parse("doc")
                .unwrap()
                .contains(PlatformException::Dhcp)
        );
        assert!(
            !PlatformSet::parse("doc")
                .unwrap()
                .contains(PlatformException::Tcp25)
        );
        assert_eq!(PlatformSet::parse("pmtud,tcp25"), None);
        assert_eq!(PlatformSet::parse(""), None);
    }
}
