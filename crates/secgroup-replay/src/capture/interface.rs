//! One interface of a pcapng section: its link type and its clock.
//!
//! Of an interface description only what decides about packets is read:
//! names, addresses and comments are skipped unseen, so that one that is not
//! valid UTF-8 (which `pcap-file` refuses) does no harm.

use super::byte_order::ByteOrder;
use super::damage::DamageKind;
use super::link_type::LinkType;
use super::oddity::OddityKind;

/// The number of an interface description block.
pub(super) const INTERFACE_DESCRIPTION: u32 = 1;

/// Bytes of the fixed fields of an interface description.
const FIXED_FIELDS: usize = 8;

const OPTION_END: u16 = 0;
const OPTION_TIMESTAMP_RESOLUTION: u16 = 9;
const OPTION_TIMESTAMP_OFFSET: u16 = 14;

/// The sign bit of a resolution: the rest is a power of 2, not of 10.
const RESOLUTION_BINARY: u8 = 0x80;

const NANOSECONDS: i64 = 1_000_000_000;

/// What the packets of one interface need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    pub(super) link_type: LinkType,
    /// Whether packets of the link type can be decoded.
    pub(super) supported: bool,
    /// Captured bytes at most; 0 is no limit.
    pub(super) snaplen: u32,
    resolution: Resolution,
    /// Seconds to add to every timestamp, in nanoseconds; `None` out of range.
    offset: Option<i64>,
}

/// How much one tick of a clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    /// 10^-n seconds.
    Decimal(u8),
    /// 2^-n seconds.
    Binary(u8),
}

impl Interface {
    /// Reads the body of an interface description, and what is odd about it.
    pub(super) fn new(
        body: &[u8],
        order: ByteOrder,
        mut odd: impl FnMut(OddityKind),
    ) -> Result<Self, DamageKind> {
        let fields = || DamageKind::BlockFields {
            block_type: INTERFACE_DESCRIPTION,
            have: body.len(),
            need: FIXED_FIELDS,
        };
        let link_type = LinkType(order.u16(body, 0).ok_or_else(fields)?);
        let snaplen = order.u32(body, 4).ok_or_else(fields)?;
        let supported = link_type.is_supported();
        let mut interface = Self {
            link_type,
            supported,
            snaplen,
            resolution: Resolution::Decimal(6),
            offset: Some(0),
        };
        let mut options = Options {
            rest: body.get(FIXED_FIELDS..).unwrap_or_default(),
            order,
        };
        while let Some((code, value)) = options.next()? {
            match code {
                OPTION_TIMESTAMP_RESOLUTION => {
                    interface.resolution = Resolution::new(exactly::<1>(code, value)?);
                    interface.resolution.check(&mut odd);
                }
                OPTION_TIMESTAMP_OFFSET => {
                    let seconds = order.i64(exactly::<8>(code, value)?);
                    interface.offset = seconds.checked_mul(NANOSECONDS);
                    if interface.offset.is_none() {
                        odd(OddityKind::TimestampOffset { seconds });
                    }
                }
                // Nothing else says anything about packets.
                _ => {}
            }
        }
        Ok(interface)
    }

    /// Returns nanoseconds since the Unix epoch, or `None` when they do not
    /// fit or the clock's offset does not.
    #[inline]
    pub(super) fn timestamp(&self, ticks: u64) -> Option<i64> {
        self.resolution
            .nanoseconds(ticks)?
            .checked_add(self.offset?)
    }

    /// Tells whether the clock's offset is usable.
    pub(super) fn has_clock(&self) -> bool {
        self.offset.is_some()
    }
}

impl Resolution {
    fn new([byte]: [u8; 1]) -> Self {
        let exponent = byte & !RESOLUTION_BINARY;
        if byte & RESOLUTION_BINARY == 0 {
            Self::Decimal(exponent)
        } else {
            Self::Binary(exponent)
        }
    }

    /// Notes a clock that cannot reach one second in 64 bits.
    fn check(self, odd: &mut impl FnMut(OddityKind)) {
        match self {
            Self::Decimal(exponent @ 20..) => {
                odd(OddityKind::TimestampResolution { base: 10, exponent });
            }
            Self::Binary(exponent @ 64..) => {
                odd(OddityKind::TimestampResolution { base: 2, exponent });
            }
            Self::Decimal(_) | Self::Binary(_) => {}
        }
    }

    /// Returns `ticks` in whole nanoseconds, rounded down.
    #[inline]
    fn nanoseconds(self, ticks: u64) -> Option<i64> {
        let wide = match self {
            // PERF: the two resolutions that real files have need no 128-bit division.
            Self::Decimal(6) => u128::from(ticks) * 1000,
            Self::Decimal(9) => u128::from(ticks),
            Self::Decimal(exponent @ 0..9) => {
                u128::from(ticks) * 10_u128.pow(u32::from(9 - exponent))
            }
            // 10^20 and more ticks to a nanosecond: even all 64 bits are none.
            Self::Decimal(exponent) => 10_u128
                .checked_pow(u32::from(exponent - 9))
                .map_or(0, |ticks_each| u128::from(ticks) / ticks_each),
            // Below 2^94, so the product fits; a shift is at most 127.
            Self::Binary(exponent) => (u128::from(ticks) * 1_000_000_000) >> exponent,
        };
        i64::try_from(wide).ok()
    }
}

fn exactly<const LEN: usize>(code: u16, value: &[u8]) -> Result<[u8; LEN], DamageKind> {
    value.try_into().map_err(|_| DamageKind::OptionLength {
        code,
        len: value.len(),
        expected: LEN,
    })
}

/// Walks the options of a block: code, length, value, padding to 32 bits.
struct Options<'a> {
    rest: &'a [u8],
    order: ByteOrder,
}

impl<'a> Options<'a> {
    fn next(&mut self) -> Result<Option<(u16, &'a [u8])>, DamageKind> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let have = self.rest.len();
        let code = self.order.u16(self.rest, 0).unwrap_or(OPTION_END);
        let len = self.order.u16(self.rest, 2).unwrap_or(0);
        if have >= 4 && code == OPTION_END {
            return Ok(None);
        }
        let beyond = || DamageKind::OptionBeyondBlock {
            code,
            len,
            have: have.saturating_sub(4),
        };
        let value = self
            .rest
            .get(4..)
            .and_then(|after| after.get(..usize::from(len)))
            .ok_or_else(beyond)?;
        let padded = usize::from(len).next_multiple_of(4);
        self.rest = self.rest.get(4 + padded..).ok_or_else(beyond)?;
        Ok(Some((code, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_every_resolution_become_nanoseconds() {
        let rows = [
            (Resolution::Decimal(0), 5, Some(5_000_000_000)),
            (Resolution::Decimal(3), 5, Some(5_000_000)),
            (Resolution::Decimal(6), 5, Some(5_000)),
            (Resolution::Decimal(9), 5, Some(5)),
            (Resolution::Decimal(12), 5_999, Some(5)),
            (Resolution::Decimal(20), u64::MAX, Some(184_467_440)),
            (Resolution::Decimal(127), u64::MAX, Some(0)),
            (Resolution::Binary(0), 5, Some(5_000_000_000)),
            (Resolution::Binary(1), 3, Some(1_500_000_000)),
            (Resolution::Binary(63), u64::MAX, Some(1_999_999_999)),
            (Resolution::Binary(127), u64::MAX, Some(0)),
            (
                Resolution::Decimal(0),
                9_223_372_036,
                Some(9_223_372_036_000_000_000),
            ),
            (Resolution::Decimal(0), 9_223_372_037, None),
            (Resolution::Decimal(0), u64::MAX, None),
        ];
        for (resolution, ticks, expected) in rows {
            assert_eq!(
                resolution.nanoseconds(ticks),
                expected,
                "{resolution:?} {ticks}"
            );
        }
    }

    #[test]
    fn resolutions_that_cannot_hold_a_second_are_odd_on_their_own_side_only() {
        for (byte, odd) in [
            (19, false),
            (20, true),
            (0x80 | 63, false),
            (0x80 | 64, true),
            (0xFF, true),
        ] {
            let mut seen = 0;
            Resolution::new([byte]).check(&mut |_| seen += 1);
            assert_eq!(seen > 0, odd, "{byte:#x}");
        }
    }
}
