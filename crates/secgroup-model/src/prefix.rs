//! Address prefixes.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::{Family, Shown};

/// A set of addresses that share their first bits, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(
    // INVARIANT: host bits are zero, so that equal sets are equal values.
    IpNet,
);

/// A prefix as somebody wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedPrefix {
    /// The set that was meant.
    pub prefix: Prefix,
    /// Whether bits behind the prefix length were set, as in `10.0.0.1/8`.
    /// Legal in rules and ignored there (2.5.2), an error in prefix lists (1.6).
    pub had_host_bits: bool,
}

/// Text that is not a prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrefix {
    /// The part before the `/` is no address.
    #[error("`{}` is not an address or CIDR block: {why}", Shown(text))]
    Address {
        /// The whole text.
        text: String,
        /// What an address looks like, or what is special about this text.
        why: &'static str,
    },
    /// The part behind the `/` is not a prefix length of that family.
    #[error(
        "`{}` has prefix length {}; {family} has 0 to {greatest}",
        Shown(text),
        Shown(length)
    )]
    Length {
        /// The whole text.
        text: String,
        /// The part behind the `/`.
        length: String,
        /// The family of the address before it.
        family: Family,
        /// The greatest prefix length of that family.
        greatest: u8,
    },
    /// A prefix length such as `08`, which some read as octal.
    #[error(
        "`{}` has a leading zero in its prefix length; write /{length}",
        Shown(text)
    )]
    LeadingZero {
        /// The whole text.
        text: String,
        /// The length without its zeros.
        length: u8,
    },
    /// A netmask where a prefix length belongs.
    #[error(
        "`{}` has a netmask; write a prefix length, as in 10.0.0.0/8",
        Shown(text)
    )]
    Netmask {
        /// The whole text.
        text: String,
    },
}

impl Prefix {
    /// Returns the prefix `network`, host bits cleared.
    #[must_use]
    pub fn new(network: IpNet) -> Self {
        Self(network.trunc())
    }

    /// Returns the prefix that contains `address` alone.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        Self(IpNet::from(address))
    }

    /// Tells whether `address` lies in the prefix; never across families.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Tells whether the two prefixes have an address in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.0.network()) || other.contains(self.0.network())
    }

    /// Returns the family.
    #[must_use]
    pub fn family(self) -> Family {
        Family::of(self.0.network())
    }

    /// Returns the number of fixed bits: 0 to 32, or 0 to 128.
    #[must_use]
    pub fn length(self) -> u8 {
        self.0.prefix_len()
    }

    /// Returns the network as the ecosystem's type.
    #[must_use]
    pub const fn network(self) -> IpNet {
        self.0
    }

    /// Returns the first and the last address.
    #[must_use]
    pub fn bounds(self) -> (IpAddr, IpAddr) {
        (self.0.network(), self.0.broadcast())
    }

    /// Reads a CIDR block or a bare address (2.5.1, 2.5.2).
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPrefix`] for anything else, naming what is wrong:
    /// netmasks, lengths out of range, leading zeros, shortened addresses.
    pub fn parse(text: &str) -> Result<ParsedPrefix, InvalidPrefix> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let parsed = IpAddr::from_str(address).map_err(|_| InvalidPrefix::Address {
            text: text.to_owned(),
            why: hint(address),
        })?;
        let Some(length) = length else {
            return Ok(ParsedPrefix {
                prefix: Self::host(parsed),
                had_host_bits: false,
            });
        };
        if length.contains(['.', ':']) {
            return Err(InvalidPrefix::Netmask {
                text: text.to_owned(),
            });
        }
        // `u8::from_str` alone would take `+8` and `08`.
        let digits = length.bytes().all(|byte| byte.is_ascii_digit());
        let number = length.parse::<u8>().ok().filter(|_| digits);
        let network = number.and_then(|length| IpNet::new(parsed, length).ok());
        if let Some(network) = network
            && length.len() > 1
            && length.starts_with('0')
        {
            return Err(InvalidPrefix::LeadingZero {
                text: text.to_owned(),
                length: network.prefix_len(),
            });
        }
        let Some(network) = network else {
            return Err(InvalidPrefix::Length {
                text: text.to_owned(),
                length: length.to_owned(),
                family: Family::of(parsed),
                greatest: if parsed.is_ipv4() { 32 } else { 128 },
            });
        };
        Ok(ParsedPrefix {
            prefix: Self::new(network),
            had_host_bits: network != network.trunc(),
        })
    }
}

/// Says what is wrong with text that should have been an address.
fn hint(address: &str) -> &'static str {
    let octets: Vec<&str> = address.split('.').collect();
    let numeric = octets
        .iter()
        .all(|octet| !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit()));
    if address.contains('%') {
        "a zone id is not part of an address in a rule"
    } else if numeric
        && octets
            .iter()
            .any(|octet| octet.len() > 1 && octet.starts_with('0'))
    {
        "a leading zero is ambiguous (octal or decimal)"
    } else if numeric && octets.len() < 4 {
        "an IPv4 address has four numbers"
    } else {
        "expected an IPv4 or IPv6 address, optionally with / and a prefix length"
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).unwrap().prefix
    }

    /// The reference and the matcher share containment, so every boundary is
    /// written down here.
    #[test]
    fn containment_at_every_boundary() {
        for (text, inside, outside) in [
            (
                "0.0.0.0/0",
                vec!["0.0.0.0", "255.255.255.255"],
                vec!["::", "::ffff:1.2.3.4"],
            ),
            (
                "10.0.0.0/8",
                vec!["10.0.0.0", "10.255.255.255"],
                vec!["9.255.255.255", "11.0.0.0"],
            ),
            (
                "10.0.0.8/29",
                vec!["10.0.0.8", "10.0.0.15"],
                vec!["10.0.0.7", "10.0.0.16"],
            ),
            (
                "10.0.0.8/31",
                vec!["10.0.0.8", "10.0.0.9"],
                vec!["10.0.0.7", "10.0.0.10"],
            ),
            (
                "10.0.0.8/32",
                vec!["10.0.0.8"],
                vec!["10.0.0.7", "10.0.0.9"],
            ),
            (
                "255.255.255.255",
                vec!["255.255.255.255"],
                vec!["255.255.255.254"],
            ),
            (
                "::/0",
                vec!["::", "ffff::", "::ffff:1.2.3.4"],
                vec!["0.0.0.0"],
            ),
            (
                "2001:db8::/32",
                vec!["2001:db8::", "2001:db8:ffff::1"],
                vec!["2001:db7:ffff::", "2001:db9::"],
            ),
            (
                "2001:db8::1/128",
                vec!["2001:db8::1"],
                vec!["2001:db8::", "2001:db8::2"],
            ),
        ] {
            for address in inside {
                assert!(
                    prefix(text).contains(address.parse().unwrap()),
                    "{text} {address}"
                );
            }
            for address in outside {
                assert!(
                    !prefix(text).contains(address.parse().unwrap()),
                    "{text} {address}"
                );
            }
        }
    }

    #[test]
    fn host_bits_are_legal_noticed_and_ignored_2_5_2() {
        let parsed = Prefix::parse("10.159.6.18/12").unwrap();
        assert!(parsed.had_host_bits);
        assert_eq!(parsed.prefix.to_string(), "10.144.0.0/12");
        let parsed = Prefix::parse("2001:0db8:3c4d:0015:0000:0000:1a2f:1a2b/0").unwrap();
        assert_eq!(parsed.prefix.to_string(), "::/0");
    }

    #[test]
    fn a_bare_address_is_a_host_2_5_1() {
        assert_eq!(prefix("119.110.100.86").length(), 32);
        assert_eq!(prefix("2001:DB8::1").to_string(), "2001:db8::1/128");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, fact) in [
            ("10.0.0.0/33", "prefix length 33"),
            ("10.0.0.0/-1", "prefix length -1"),
            ("10.0.0.0/", "prefix length ;"),
            ("10.0.0.0/08", "leading zero in its prefix length; write /8"),
            ("10.0.0.0/00", "write /0"),
            ("10.0.0.0/033", "prefix length 033"),
            ("10.0.0.0/+8", "prefix length +8"),
            ("::/129", "prefix length 129"),
            ("10.0.0.0/255.0.0.0", "netmask"),
            ("10.0/16", "four numbers"),
            ("010.0.0.0/8", "leading zero"),
            ("fe80::1%eth0", "zone id"),
            ("", "expected"),
            (" 10.0.0.1", "expected"),
        ] {
            let error = Prefix::parse(text).unwrap_err().to_string();
            assert!(error.contains(fact), "{text}: {error}");
        }
    }

    #[test]
    fn overlap_is_symmetric_and_stays_in_the_family() {
        assert!(prefix("10.0.0.0/8").overlaps(prefix("10.1.0.0/16")));
        assert!(prefix("10.1.0.0/16").overlaps(prefix("10.0.0.0/8")));
        assert!(!prefix("10.1.0.0/16").overlaps(prefix("10.2.0.0/16")));
        assert!(!prefix("0.0.0.0/0").overlaps(prefix("::/0")));
    }
}
