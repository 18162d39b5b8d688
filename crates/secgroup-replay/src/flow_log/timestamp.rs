//! Times, as Unix seconds or RFC 3339.

use jiff::Timestamp;

use super::parse;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// Digits of a nanosecond behind the point.
const DECIMALS: usize = 9;

/// Reads a time as nanoseconds since 1970: Unix seconds, whole or with a
/// decimal fraction, or RFC 3339. `None` also for what 64 bits cannot hold,
/// such as milliseconds in place of seconds.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        let nanoseconds = match fraction {
            Some(digits) => nanoseconds(digits)?,
            None => 0,
        };
        let seconds: i64 = parse::decimal(whole)?;
        return seconds.checked_mul(SECOND)?.checked_add(nanoseconds);
    }
    let time: Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

/// Reads a date and time without a zone as UTC, such as `2026-03-02 09:00:00`,
/// and a number that [`parse`] does not take as milliseconds since 1970.
pub(super) fn parse_utc(text: &str) -> Option<i64> {
    if let Some(milliseconds) = parse::decimal::<i64>(text) {
        return milliseconds.checked_mul(SECOND / 1_000);
    }
    let time: jiff::civil::DateTime = text.parse().ok()?;
    let time = jiff::tz::Offset::UTC.to_timestamp(time).ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

/// Reads a number of seconds, whole or with a decimal fraction of any length,
/// as nanoseconds; also as JSON has small numbers, with an exponent.
pub(super) fn duration(text: &str) -> Option<i64> {
    if text.contains(['e', 'E']) {
        return with_exponent(text);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let known = fraction.get(..fraction.len().min(DECIMALS))?;
    let rest = fraction.get(known.len()..)?;
    if !whole
        .bytes()
        .chain(rest.bytes())
        .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let seconds: i64 = parse::decimal(whole)?;
    seconds
        .checked_mul(SECOND)?
        .checked_add(nanoseconds(known)?)
}

/// Reads a number with an exponent, such as `9.5e-7`, rounded to nanoseconds.
fn with_exponent(text: &str) -> Option<i64> {
    let is_part = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    if !text.starts_with(|first: char| first.is_ascii_digit()) || !text.bytes().all(is_part) {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    let span = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    i64::try_from(span.as_nanos()).ok()
}

/// Reads one to nine digits behind the point.
fn nanoseconds(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let missing = DECIMALS.checked_sub(digits.len())?;
    let value: i64 = parse::decimal(digits)?;
    value.checked_mul(10_i64.pow(u32::try_from(missing).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_fractions_and_rfc_3339_agree() {
        let noon = 1_772_452_800_000_000_000;
        for (text, wanted) in [
            ("0", 0),
            ("1772452800", noon),
            ("1772452800.5", noon + 500_000_000),
            ("1772452800.000000001", noon + 1),
            ("2026-03-02T12:00:00Z", noon),
            ("2026-03-02t12:00:00.5z", noon + 500_000_000),
            ("2026-03-02 20:00:00+08:00", noon),
            ("1969-12-31T23:59:59Z", -1_000_000_000),
        ] {
            assert_eq!(parse(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn times_without_a_zone_are_of_utc_where_that_is_asked_for() {
        let noon = 1_772_452_800_000_000_000;
        assert_eq!(parse_utc("2026-03-02 12:00:00"), Some(noon));
        assert_eq!(
            parse_utc("2026-03-02 12:00:00.250"),
            Some(noon + 250_000_000)
        );
        assert_eq!(parse_utc("1772452800250"), Some(noon + 250_000_000));
        assert_eq!(parse_utc("noon"), None);
        assert_eq!(parse_utc(&i64::MAX.to_string()), None);
        assert_eq!(parse("2026-03-02T20:00:00.000001+0800"), Some(noon + 1_000));
    }

    #[test]
    fn durations_are_seconds_with_any_number_of_decimals() {
        for (text, wanted) in [
            ("0", 0),
            ("60", 60 * SECOND),
            ("0.5", SECOND / 2),
            ("1.0000000019", SECOND + 1),
            ("0.000", 0),
            ("9.5367431640625e-7", 954),
            ("1e3", 1_000 * SECOND),
            ("1.5E+0", 3 * SECOND / 2),
            ("0e-9", 0),
        ] {
            assert_eq!(duration(text), Some(wanted), "{text}");
        }
        for bad in [
            "",
            "-1",
            "1.",
            ".5",
            "1e",
            "e3",
            "-1e-3",
            "1e30",
            "1e3x",
            "1.5x",
            "1.123456789x",
            "é",
            "1.é",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_time_or_does_not_fit_is_refused() {
        assert_eq!(parse("9223372036.854775807"), Some(i64::MAX));
        for bad in [
            "9223372036.854775808",
            "1772452800123",
            "1772452800.",
            "1772452800.0000000001",
            "1.-5",
            "1.+5",
            ".5",
            "-1",
            "+1",
            "1e9",
            "2026-03-02",
            "2026-03-02T12:00:00",
            "2026-02-30T12:00:00Z",
            "2300-01-01T00:00:00Z",
            "1600-01-01T00:00:00Z",
            "noon",
            "",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
