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

/// Reads a byte, decimal or hexadecimal after `0x`.
pub(super) fn decimal_or_hexadecimal(text: &str) -> Option<u8> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => decimal(text),
    }
}

/// Reads a protocol by name or number.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    match decimal(text) {
        Some(number) => Some(Protocol(number)),
        None => text.parse().ok(),
    }
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
    fn flags_are_decimal_or_hexadecimal() {
        assert_eq!(decimal_or_hexadecimal("18"), Some(18));
        assert_eq!(decimal_or_hexadecimal("0x12"), Some(18));
        assert_eq!(decimal_or_hexadecimal("0XfF"), Some(255));
        for bad in ["256", "0x100", "0x", "0x+1", "ff", "SA"] {
            assert_eq!(decimal_or_hexadecimal(bad), None, "{bad}");
        }
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
