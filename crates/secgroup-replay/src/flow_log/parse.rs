//! Values of fields, strictly: what other programs might read differently is
//! not read at all.

use std::str::FromStr;

use secgroup_model::Protocol;

/// Reads a decimal number without sign.
pub(super) fn decimal<T: FromStr>(text: &str) -> Option<T> {
    if text.starts_with('+') {
        return None;
    }
    text.parse().ok()
}

/// The letters of TCP flags, the greatest bit first.
const FLAG_LETTERS: &str = "CEUAPRSF";

/// Reads TCP flags: a byte, decimal or hexadecimal after `0x`, or letters with
/// dots for flags that are not set.
pub(super) fn tcp_flags(text: &str) -> Option<u8> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits),
        None => decimal(text).or_else(|| flag_letters(text)),
    }
}

/// Reads a hexadecimal byte.
pub(super) fn hexadecimal(digits: &str) -> Option<u8> {
    if digits.starts_with('+') {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

fn flag_letters(text: &str) -> Option<u8> {
    // Older programs leave the first two flags out.
    let unnamed = FLAG_LETTERS.len().checked_sub(text.len())?;
    if text.is_empty() || !text.is_ascii() {
        return None;
    }
    let names = FLAG_LETTERS.get(unnamed..)?.bytes();
    names.zip(text.bytes()).try_fold(0, |flags, (name, found)| {
        let set = match found {
            b'.' => 0,
            _ if found == name => 1,
            _ => return None,
        };
        Some(flags << 1 | set)
    })
}

/// What exporters call protocols, besides the names of the model: the keywords of
/// IANA's registry of protocol numbers, and the other names that systems have in
/// their lists of protocols.
const PROTOCOL_NAMES: [(&str, u8); 90] = [
    ("hopopt", 0),
    ("igmp", 2),
    ("ggp", 3),
    ("ipv4", 4),
    ("ipip", 4),
    ("ipencap", 4),
    ("ip-encap", 4),
    ("st", 5),
    ("cbt", 7),
    ("egp", 8),
    ("igp", 9),
    ("igrp", 9),
    ("nvp-ii", 11),
    ("pup", 12),
    ("argus", 13),
    ("emcon", 14),
    ("xnet", 15),
    ("chaos", 16),
    ("mux", 18),
    ("hmp", 20),
    ("prm", 21),
    ("xns-idp", 22),
    ("trunk-1", 23),
    ("trunk-2", 24),
    ("leaf-1", 25),
    ("leaf-2", 26),
    ("rdp", 27),
    ("irtp", 28),
    ("iso-tp4", 29),
    ("netblt", 30),
    ("mfe-nsp", 31),
    ("merit-inp", 32),
    ("dccp", 33),
    ("3pc", 34),
    ("idpr", 35),
    ("xtp", 36),
    ("ddp", 37),
    ("idpr-cmtp", 38),
    ("tp++", 39),
    ("il", 40),
    ("ipv6", 41),
    ("sdrp", 42),
    ("ipv6-route", 43),
    ("ipv6-frag", 44),
    ("idrp", 45),
    ("rsvp", 46),
    ("dsr", 48),
    ("bna", 49),
    ("esp", 50),
    ("ipv6-crypt", 50),
    ("ah", 51),
    ("ipv6-auth", 51),
    ("i-nlsp", 52),
    ("swipe", 53),
    ("narp", 54),
    ("min-ipv4", 55),
    ("mobile", 55),
    ("tlsp", 56),
    ("skip", 57),
    ("icmp6", 58),
    ("ipv6-nonxt", 59),
    ("ipv6-opts", 60),
    ("cftp", 62),
    ("kryptolan", 65),
    ("ippc", 67),
    ("visa", 70),
    ("ipcv", 71),
    ("iso-ip", 80),
    ("vmtp", 81),
    ("ttp", 84),
    ("iptm", 84),
    ("dgp", 86),
    ("eigrp", 88),
    ("ospf", 89),
    ("ospfigp", 89),
    ("mtp", 92),
    ("ax.25", 93),
    ("etherip", 97),
    ("encap", 98),
    ("gmtp", 100),
    ("pim", 103),
    ("ipcomp", 108),
    ("vrrp", 112),
    ("pgm", 113),
    ("l2tp", 115),
    ("isis", 124),
    ("fc", 133),
    ("udplite", 136),
    ("mpls-in-ip", 137),
    ("manet", 138),
];

/// Reads a protocol by name or number.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    if let Some(number) = decimal(text) {
        return Some(Protocol(number));
    }
    let known = text.parse().ok();
    known.or_else(|| {
        let mut names = PROTOCOL_NAMES.iter();
        let found = names.find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, number)| Protocol(*number))
    })
}

/// Tells whether `text` is four numbers of which one begins with a zero that
/// does not belong there.
pub(super) fn has_leading_zero(text: &str) -> bool {
    let octets = || text.split('.');
    octets().count() == 4
        && octets()
            .all(|octet| !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit()))
        && octets().any(|octet| octet.len() > 1 && octet.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_and_in_range() {
        assert_eq!(decimal("65535"), Some(u16::MAX));
        assert_eq!(decimal("0080"), Some(80_u16));
        for bad in ["65536", "-1", "+1", "1.0", "", "1 2", "0x1", "١"] {
            assert_eq!(decimal::<u16>(bad), None, "{bad}");
        }
        assert_eq!(decimal(&u64::MAX.to_string()), Some(u64::MAX));
        assert_eq!(decimal::<u64>("18446744073709551616"), None);
    }

    #[test]
    fn flags_are_decimal_hexadecimal_or_letters() {
        for (text, wanted) in [
            ("18", 18),
            ("0x12", 18),
            ("0XfF", 255),
            (".A..S.", 18),
            ("...A..S.", 18),
            ("CEUAPRSF", 255),
            ("......", 0),
            ("S.", 2),
        ] {
            assert_eq!(tcp_flags(text), Some(wanted), "{text}");
        }
        for bad in [
            "256",
            "0x100",
            "0x",
            "0x+1",
            "ff",
            "SA",
            "",
            "S",
            ".........",
            "é.",
        ] {
            assert_eq!(tcp_flags(bad), None, "{bad}");
        }
    }

    #[test]
    fn protocols_have_the_names_of_exporters_too() {
        for (name, number) in PROTOCOL_NAMES {
            assert_eq!(protocol(&name.to_uppercase()), Some(Protocol(number)));
        }
        assert_eq!(protocol("IPv6-ICMP"), Some(Protocol::ICMPV6));
        assert_eq!(protocol("unknown_transport"), None);
    }

    #[test]
    fn leading_zeros_are_told_from_other_mistakes() {
        for text in ["010.0.0.1", "10.0.0.01", "10.00.0.1"] {
            assert!(has_leading_zero(text), "{text}");
        }
        for text in [
            "10.0.0.1",
            "0.0.0.0",
            "10.0.01",
            "10.0.0.256",
            "01.0.0.x",
            "1..01.1",
        ] {
            assert!(!has_leading_zero(text), "{text}");
        }
    }
}
