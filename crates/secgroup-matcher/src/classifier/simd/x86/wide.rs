//! Numbers of 64 bits in vectors of x86-64.
//!
//! As in `lanes`, all functions are unsafe to call where the processor lacks what
//! their safety section names.

use std::arch::x86_64::{
    _mm_storeu_si128, _mm256_add_epi64, _mm256_castsi256_pd, _mm256_castsi256_si128,
    _mm256_cmpgt_epi64, _mm256_loadu_si256, _mm256_movemask_pd, _mm256_permutevar8x32_epi32,
    _mm256_set1_epi64x, _mm256_setr_epi32, _mm256_storeu_si256, _mm256_xor_si256,
    _mm512_cmple_epu64_mask, _mm512_cvtepi64_epi32, _mm512_loadu_si512, _mm512_mask_add_epi64,
    _mm512_mask_cmple_epu64_mask, _mm512_set1_epi64, _mm512_setzero_si512,
};

use super::Bounds;

/// Returns the position of the last of some bounds that is not behind a value; the
/// first one is not.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn last_begun4(value: u64, bounds: &Bounds) -> u32 {
    // Only signed numbers can be compared: so their order becomes that of these.
    const SIGN: i64 = i64::MIN;
    // SAFETY: the bounds are twice four numbers.
    let (low, high) = unsafe {
        let sign = _mm256_set1_epi64x(SIGN);
        let value = _mm256_set1_epi64x(value.cast_signed() ^ SIGN);
        let low = _mm256_xor_si256(_mm256_loadu_si256(bounds.0.as_ptr().cast()), sign);
        let high = _mm256_loadu_si256(bounds.0.as_ptr().add(4).cast());
        let high = _mm256_xor_si256(high, sign);
        let low = _mm256_castsi256_pd(_mm256_cmpgt_epi64(low, value));
        let high = _mm256_castsi256_pd(_mm256_cmpgt_epi64(high, value));
        (_mm256_movemask_pd(low), _mm256_movemask_pd(high))
    };
    // A bit for each that is behind it.
    7 - (low.cast_unsigned() | high.cast_unsigned() << 4).count_ones()
}

/// As [`last_begun4`], all at once.
///
/// # Safety
///
/// The processor has AVX-512 F.
#[inline(always)]
pub(super) unsafe fn last_begun8(value: u64, bounds: &Bounds) -> u32 {
    /// All but the first.
    const OTHERS: u8 = 0xfe;
    // SAFETY: the bounds are eight numbers.
    let begun = unsafe {
        let bounds = _mm512_loadu_si512(bounds.0.as_ptr().cast());
        let value = _mm512_set1_epi64(value.cast_signed());
        _mm512_mask_cmple_epu64_mask(OTHERS, bounds, value)
    };
    begun.count_ones()
}

/// Finds for each value how many of the bounds are not behind it, four at a time.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn begun_of4<const N: usize>(
    values: &[u64; N],
    bounds: &[u64],
    found: &mut [u32; N],
) {
    const { assert!(N.is_multiple_of(4), "all values are looked at") };
    // As in `last_begun4`.
    const SIGN: i64 = i64::MIN;
    for (found, values) in found
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(values.as_chunks::<4>().0)
    {
        // SAFETY: both are four numbers, and so are the counts.
        unsafe {
            let sign = _mm256_set1_epi64x(SIGN);
            let values = _mm256_xor_si256(_mm256_loadu_si256(values.as_ptr().cast()), sign);
            // What is behind counts as one less.
            let mut begun = _mm256_set1_epi64x(i64::try_from(bounds.len()).unwrap_or(0));
            for bound in bounds {
                let bound = _mm256_set1_epi64x(bound.cast_signed() ^ SIGN);
                begun = _mm256_add_epi64(begun, _mm256_cmpgt_epi64(bound, values));
            }
            let low = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
            let begun = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(begun, low));
            _mm_storeu_si128(found.as_mut_ptr().cast(), begun);
        }
    }
}

/// As [`begun_of4`], sixteen at a time.
///
/// # Safety
///
/// The processor has AVX-512 F.
#[inline(always)]
pub(super) unsafe fn begun_of8<const N: usize>(
    values: &[u64; N],
    bounds: &[u64],
    found: &mut [u32; N],
) {
    const { assert!(N.is_multiple_of(16), "all values are looked at") };
    for (found, values) in found
        .as_chunks_mut::<16>()
        .0
        .iter_mut()
        .zip(values.as_chunks::<16>().0)
    {
        // SAFETY: the values are twice eight numbers, and so are the counts.
        unsafe {
            let one = _mm512_set1_epi64(1);
            let first = _mm512_loadu_si512(values.as_ptr().cast());
            let second = _mm512_loadu_si512(values.as_ptr().add(8).cast());
            let (mut low, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512());
            for bound in bounds {
                let bound = _mm512_set1_epi64(bound.cast_signed());
                let begun = _mm512_cmple_epu64_mask(bound, first);
                low = _mm512_mask_add_epi64(low, begun, low, one);
                let begun = _mm512_cmple_epu64_mask(bound, second);
                high = _mm512_mask_add_epi64(high, begun, high, one);
            }
            let place = found.as_mut_ptr();
            _mm256_storeu_si256(place.cast(), _mm512_cvtepi64_epi32(low));
            _mm256_storeu_si256(place.add(8).cast(), _mm512_cvtepi64_epi32(high));
        }
    }
}
