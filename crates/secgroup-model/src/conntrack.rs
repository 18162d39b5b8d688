//! The flags of sessions: how long they last, and what opens and ends them (3.8).
//!
//! Sessions themselves are followed by `secgroup-replay`, because they need
//! the time and order of packets, which this crate does not know.

use crate::semantics::{choose, flags};
use crate::{ConnectionTimers, InvalidFlag, Protocol};

/// Every choice about sessions, in one value that is passed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conntrack {
    /// `conntrack.tcp`: the idle limit of TCP sessions in seconds.
    pub tcp: u16,
    /// `conntrack.tcp_closed`: that of TCP sessions after RST, or FIN from both ends.
    pub tcp_closed: u16,
    /// `conntrack.udp`: that of UDP sessions.
    pub udp: u16,
    /// `conntrack.other`: that of ICMP and all other protocols.
    pub other: u16,
    /// `conntrack.profile`.
    pub profile: TimerProfile,
    /// `conntrack.other_protocols`.
    pub other_protocols: OtherProtocols,
    /// `conntrack.midstream`.
    pub midstream: Midstream,
    /// `conntrack.on_change`.
    pub on_change: OnChange,
    /// `conntrack.related_icmp`.
    pub related_icmp: RelatedIcmp,
    /// `apply_delay`: how many seconds a change needs to take effect (3.8.6).
    pub apply_delay: u16,
}

flags! {
    /// Which idle limits hold (3.8.2).
    TimerProfile {
        /// Those of the protocol and state, or of the interface.
        #[default]
        Timers = "timers",
        /// 910 seconds for everything, as documents before the timers say.
        Flat910 = "flat910",
    }
    /// Whether protocols other than TCP, UDP and ICMP have sessions (3.8.3).
    OtherProtocols {
        /// They have.
        #[default]
        On = "on",
        /// They have not: every packet goes by the rules.
        Off = "off",
    }
    /// What to do with a TCP packet whose session was opened before the input
    /// began (3.8.4).
    Midstream {
        /// Tell by flags and ports who opened it, and judge that one's packet.
        #[default]
        InferInitiator = "infer_initiator",
        /// Judge it as it is: as the first packet of a session.
        Evaluate = "evaluate",
        /// Do not judge it.
        Skip = "skip",
    }
    /// What a change of the configuration does to sessions (3.8.5).
    OnChange {
        /// The opening packet is judged again; what is denied now ends.
        #[default]
        Revalidate = "revalidate",
        /// Nothing.
        Keep = "keep",
        /// All end.
        Flush = "flush",
    }
    /// Which ICMP errors about a session pass with it (3.8.7).
    RelatedIcmp {
        /// All.
        #[default]
        On = "on",
        /// None but those of path MTU discovery, which always pass (3.9.2).
        PmtudOnly = "pmtud_only",
    }
}

/// "A stateful session can last for up to 910 seconds" (3.8.2).
const FLAT: u16 = 910;

/// The idle limits of a session, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleLimits {
    /// That of a session that is open.
    pub open: u16,
    /// That of one that is closed; the same where a protocol has no end.
    pub closed: u16,
}

impl Default for Conntrack {
    /// The defaults of 8.2.
    fn default() -> Self {
        Self {
            tcp: FLAT,
            tcp_closed: 3,
            udp: 30,
            other: 30,
            profile: TimerProfile::default(),
            other_protocols: OtherProtocols::default(),
            midstream: Midstream::default(),
            on_change: OnChange::default(),
            related_icmp: RelatedIcmp::default(),
            apply_delay: 0,
        }
    }
}

impl Conntrack {
    /// The names of all flags of this kind.
    pub const FLAGS: [&'static str; 10] = [
        "conntrack.tcp",
        "conntrack.tcp_closed",
        "conntrack.udp",
        "conntrack.other",
        "conntrack.profile",
        "conntrack.other_protocols",
        "conntrack.midstream",
        "conntrack.on_change",
        "conntrack.related_icmp",
        "apply_delay",
    ];

    /// Sets a flag, one of [`Conntrack::FLAGS`].
    ///
    /// # Errors
    ///
    /// Returns [`InvalidFlag`] when there is no such value.
    pub(crate) fn set(&mut self, flag: &'static str, value: &str) -> Result<(), InvalidFlag> {
        match flag {
            "conntrack.tcp" => self.tcp = seconds(flag, value, 1)?,
            "conntrack.tcp_closed" => self.tcp_closed = seconds(flag, value, 1)?,
            "conntrack.udp" => self.udp = seconds(flag, value, 1)?,
            "conntrack.other" => self.other = seconds(flag, value, 1)?,
            "conntrack.profile" => self.profile = choose(flag, value, TimerProfile::VALUES)?,
            "conntrack.other_protocols" => {
                self.other_protocols = choose(flag, value, OtherProtocols::VALUES)?;
            }
            "conntrack.midstream" => self.midstream = choose(flag, value, Midstream::VALUES)?,
            "conntrack.on_change" => self.on_change = choose(flag, value, OnChange::VALUES)?,
            "conntrack.related_icmp" => {
                self.related_icmp = choose(flag, value, RelatedIcmp::VALUES)?;
            }
            _ => self.apply_delay = seconds(flag, value, 0)?,
        }
        Ok(())
    }

    /// Returns the idle limits of a session of `protocol` at an interface with
    /// `timers`, which go before the flags (1.5.4, 3.8.2).
    #[must_use]
    pub fn limits(&self, protocol: Protocol, timers: ConnectionTimers) -> IdleLimits {
        if self.profile == TimerProfile::Flat910 {
            return IdleLimits {
                open: FLAT,
                closed: FLAT,
            };
        }
        match protocol {
            Protocol::TCP => IdleLimits {
                open: timers.tcp_established().unwrap_or(self.tcp),
                closed: timers.tcp_closed().unwrap_or(self.tcp_closed),
            },
            Protocol::UDP => {
                let limit = timers.udp().unwrap_or(self.udp);
                IdleLimits {
                    open: limit,
                    closed: limit,
                }
            }
            _ => IdleLimits {
                open: self.other,
                closed: self.other,
            },
        }
    }
}

/// Reads a number of seconds.
fn seconds(name: &'static str, value: &str, least: u16) -> Result<u16, InvalidFlag> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(seconds) if digits && seconds >= least => Ok(seconds),
        Ok(_) | Err(_) => Err(InvalidFlag::Seconds {
            name,
            value: value.to_owned(),
            least,
            most: u16::MAX,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Semantics;

    #[test]
    fn limits_are_those_of_the_protocol_the_interface_or_the_flat_profile_3_8_2() {
        let usual = Conntrack::default();
        let none = ConnectionTimers::default();
        let own = ConnectionTimers::new(Some(60), Some(15), Some(100)).unwrap();
        let limits = |flags: &Conntrack, protocol, timers| {
            let IdleLimits { open, closed } = flags.limits(protocol, timers);
            (open, closed)
        };
        assert_eq!(limits(&usual, Protocol::TCP, none), (910, 3));
        assert_eq!(limits(&usual, Protocol::UDP, none), (30, 30));
        assert_eq!(limits(&usual, Protocol::ICMP, none), (30, 30));
        assert_eq!(limits(&usual, Protocol::GRE, own), (30, 30));
        assert_eq!(limits(&usual, Protocol::TCP, own), (60, 15));
        assert_eq!(limits(&usual, Protocol::UDP, own), (100, 100));
        let mut flags = Semantics::default();
        for (name, value) in [
            ("tcp", "7"),
            ("tcp_closed", "5"),
            ("udp", "8"),
            ("other", "9"),
        ] {
            flags.set(&format!("conntrack.{name}"), value).unwrap();
        }
        let set = flags.conntrack;
        assert_eq!(limits(&set, Protocol::TCP, none), (7, 5));
        assert_eq!(limits(&set, Protocol::UDP, none), (8, 8));
        assert_eq!(limits(&set, Protocol::ICMPV6, none), (9, 9));
        assert_eq!(limits(&set, Protocol::TCP, own), (60, 15));
        flags.set("conntrack.profile", "flat910").unwrap();
        for protocol in [Protocol::TCP, Protocol::UDP, Protocol::GRE] {
            assert_eq!(limits(&flags.conntrack, protocol, own), (910, 910));
        }
    }

    #[test]
    fn seconds_are_whole_numbers_that_a_timer_can_have() {
        let mut flags = Semantics::default();
        for (value, fits) in [
            ("1", true),
            ("65535", true),
            ("0", false),
            ("65536", false),
            ("-1", false),
            ("+1", false),
            ("1.5", false),
            ("", false),
        ] {
            assert_eq!(flags.set("conntrack.udp", value).is_ok(), fits, "{value}");
        }
        assert!(flags.set("apply_delay", "0").is_ok());
        let error = flags.set("conntrack.udp", "0").unwrap_err().to_string();
        assert!(
            error.contains("it must be a number of seconds from 1 to 65535"),
            "{error}"
        );
    }
}
