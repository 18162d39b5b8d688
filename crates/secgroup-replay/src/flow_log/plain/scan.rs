//! Numbers and addresses at the beginning of bytes, several bytes at a time.
//!
//! PERF: bytes are looked at eight or sixteen together, in a register, because
//! how long a number is nobody can foresee, and a loop would guess at every
//! byte. Only plain forms are read, and only where enough bytes follow; `None`
//! says that the parser of the standard library has to look.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The lowest bit of each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The highest one.
const HIGH: u64 = 0x80 * ONES;

/// All but the highest one.
const LOW: u64 = 0x7f * ONES;

/// Groups of an IPv6 address.
const GROUPS: usize = 8;

/// Reads a decimal number of at most sixteen digits; returns how many too.
#[inline]
pub(super) fn number(bytes: &[u8]) -> Option<(u64, usize)> {
    let (first, length) = up_to_eight_digits(bytes)?;
    if length == 0 {
        return None;
    }
    if length < 8 {
        return Some((first, length));
    }
    let (rest, more) = up_to_eight_digits(bytes.get(8..)?)?;
    if more == 8 && bytes.get(16).is_none_or(u8::is_ascii_digit) {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(more).ok()?);
    // Sixteen digits are less than 2^54.
    Some((first * scale + rest, 8 + more))
}

/// Reads up to eight digits, perhaps none.
#[inline]
pub(super) fn up_to_eight_digits(bytes: &[u8]) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*bytes.first_chunk()?);
    let length = first(not_digits(word));
    if length == 0 {
        return Some((0, 0));
    }
    // The digits at the end of eight, zeros before them.
    let digits = (word ^ (0x30 * ONES)) << (64 - 8 * length);
    Some((value(digits), length))
}

/// Returns the number that eight digits make, each from 0 to 9.
#[inline]
const fn value(digits: u64) -> u64 {
    // Pairs, then fours, then all.
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let mask = 0x0000_00ff_0000_00ff;
    let left = (pairs & mask).wrapping_mul(100 + (1_000_000 << 32));
    let right = ((pairs >> 16) & mask).wrapping_mul(1 + (10_000 << 32));
    left.wrapping_add(right) >> 32
}

/// Tells whether an address is rather of IPv4 than of IPv6.
#[inline]
pub(super) const fn seems_ipv4(bytes: &[u8; 16]) -> bool {
    let [_, second, third, fourth, ..] = bytes;
    (*second == b'.') | (*third == b'.') | (*fourth == b'.')
}

/// Reads four numbers with dots between them; returns the length too.
#[inline]
pub(super) fn ipv4(sixteen: &[u8; 16]) -> Option<(Ipv4Addr, usize)> {
    /// The least number of so many digits without a zero before it.
    const LEAST: [u64; 4] = [0, 0, 10, 100];
    /// The lowest byte and the highest bit of both halves.
    const BYTES: u64 = 0xff | 0xff << 32;
    const BORROWED: u64 = 1 << 31 | 1 << 63;
    // The longest address has fifteen bytes, and one more ends it.
    let [low, high] = halves(u128::from_le_bytes(*sixteen));
    let mut stops = marks(not_digits(low)) | marks(not_digits(high)) << 8;
    // PERF: what is wrong with any of the numbers is told at the end, for a
    // branch costs more than reading them; and two are read at once.
    let mut wrong = 0;
    let (mut from, mut address) = (0_u32, 0);
    for half in 0..2 {
        let (mut digits, mut least) = (0, 0);
        for place in 0..2 {
            let to = stops.trailing_zeros() & 15;
            let length = to.wrapping_sub(from);
            wrong |= u64::from(length.wrapping_sub(1) > 2);
            let word = sixteen.get(from as usize..).and_then(<[u8]>::first_chunk);
            let word = word.map_or(0, |word| u32::from_le_bytes(*word));
            // The digits at the end of three, zeros before them.
            let shift = 24_u32.wrapping_sub(length.wrapping_mul(8)) & 31;
            let three = (word ^ 0x30_3030) << shift & 0xff_ffff;
            digits |= u64::from(three) << (32 * place);
            least |= LEAST[length as usize & 3] << (32 * place);
            // What stops the first three is a dot.
            let is_last = half + place == 2;
            wrong |= u64::from((sixteen[to as usize] != b'.') & !is_last);
            stops &= stops.wrapping_sub(1);
            from = to.wrapping_add(1);
        }
        let tens = (digits & BYTES)
            .wrapping_mul(10)
            .wrapping_add(digits >> 8 & BYTES);
        let values = tens.wrapping_mul(10).wrapping_add(digits >> 16 & BYTES);
        let is_less = !(values | BORROWED).wrapping_sub(least) & BORROWED;
        wrong |= values & !BYTES | is_less;
        address = address << 16 | (values & 0xff) << 8 | values >> 32 & 0xff;
    }
    let address = u32::try_from(address).ok()?;
    (wrong == 0).then_some((Ipv4Addr::from_bits(address), from as usize - 1))
}

/// Reads groups of hexadecimal digits with colons between them, of which two
/// may stand for groups of zeros; returns the length too.
#[inline]
pub(super) fn ipv6(bytes: &[u8]) -> Option<(Ipv6Addr, usize)> {
    let mut groups = [0_u16; GROUPS];
    let (mut count, mut at) = (0, 0);
    let mut gap = None;
    if bytes.starts_with(b"::") {
        (gap, at) = (Some(0), 2);
    }
    loop {
        let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        let (group, length) = group(word);
        if length == 0 && gap == Some(count) {
            break;
        }
        if !(1..=4).contains(&length) {
            return None;
        }
        *groups.get_mut(count)? = group;
        count += 1;
        at += length;
        if bytes.get(at) != Some(&b':') {
            break;
        }
        at += 1;
        if bytes.get(at) == Some(&b':') {
            if gap.is_some() {
                return None;
            }
            gap = Some(count);
            at += 1;
        }
    }
    match gap {
        None if count == GROUPS => {}
        // Two colons stand for one group at least.
        Some(gap) if count < GROUPS => {
            groups.copy_within(gap..count, GROUPS - count + gap);
            groups.get_mut(gap..GROUPS - count + gap)?.fill(0);
        }
        _ => return None,
    }
    Some((Ipv6Addr::from(groups), at))
}

/// Reads up to four hexadecimal digits; returns how many there are.
#[inline]
fn group(word: u64) -> (u16, usize) {
    let lower = (word | (0x20 * ONES)) & LOW;
    let from_a = lower + (0x80 - 0x61) * ONES;
    let above_f = lower + (0x80 - 0x67) * ONES;
    let letters = from_a & !above_f & !word & HIGH;
    let length = first(not_digits(word) & !letters);
    if !(1..=4).contains(&length) {
        return (0, length);
    }
    let values = (word & (0x0f * ONES)) + 9 * (letters >> 7);
    // The digits at the end of four, zeros before them; then in pairs.
    let digits = (values & 0xffff_ffff) << (8 * (4 - length)) & 0xffff_ffff;
    let pairs = (digits & 0x00ff_00ff) << 4 | (digits >> 8 & 0x00ff_00ff);
    let [high, _, low, ..] = pairs.to_le_bytes();
    (u16::from_be_bytes([high, low]), length)
}

/// Returns how many bytes there are before `end`, if all of them are printable
/// ASCII and neither quotes nor backslashes.
#[inline]
pub(super) fn printable(bytes: &[u8], end: u8) -> Option<usize> {
    let mut at = 0;
    let ends = u64::from(end) * ONES;
    while let Some(eight) = bytes.get(at..)?.first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let controls = !((word & LOW) + (0x80 - 0x20) * ONES) | word;
        let marked = controls | zeros(word ^ ends) | zeros(word ^ (u64::from(b'"') * ONES));
        let stops = (marked | zeros(word ^ (u64::from(b'\\') * ONES))) & HIGH;
        let length = first(stops);
        at += length;
        if length < 8 {
            return is_end(*bytes.get(at)?, end).then_some(at);
        }
    }
    None
}

/// Tells whether a byte ends what `end` ends: lines end in LF or CRLF.
#[inline]
pub(super) const fn is_end(byte: u8, end: u8) -> bool {
    byte == end || (byte == b'\r' && end == b'\n')
}

/// Marks the bytes that are zero with their highest bits.
#[inline]
const fn zeros(word: u64) -> u64 {
    !(((word & LOW) + LOW) | word) & HIGH
}

/// Marks the bytes that are no decimal digits with their highest bits.
#[inline]
const fn not_digits(word: u64) -> u64 {
    let digits = word ^ (0x30 * ONES);
    (((digits & LOW) + (0x80 - 10) * ONES) | digits) & HIGH
}

/// Returns the place of the first marked byte, 8 if there is none.
#[inline]
const fn first(marked: u64) -> usize {
    (marked.trailing_zeros() / 8) as usize
}

/// Gathers the marks of eight bytes.
#[inline]
const fn marks(marked: u64) -> u32 {
    let gathered = (marked >> 7).wrapping_mul(0x0102_0408_1020_4080);
    (gathered >> 56) as u32
}

#[inline]
fn halves(all: u128) -> [u64; 2] {
    [low_half(all), low_half(all >> 64)]
}

#[expect(clippy::cast_possible_truncation, reason = "half is what is wanted")]
const fn low_half(all: u128) -> u64 {
    all as u64
}

#[cfg(test)]
mod tests;
