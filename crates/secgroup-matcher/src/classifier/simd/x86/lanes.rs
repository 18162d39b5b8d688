//! Single steps in vectors of x86-64.
//!
//! All of them are unsafe to call where the processor lacks what their safety
//! section names.

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_and_si128, _mm_castsi128_ps, _mm_cmpeq_epi8, _mm_cmpeq_epi16,
    _mm_cmpeq_epi32, _mm_cvtsi64_si128, _mm_loadl_epi64, _mm_loadu_si128,
    _mm_mask_cmplt_epu16_mask, _mm_mask_cmplt_epu32_mask, _mm_maskz_loadu_epi16,
    _mm_maskz_loadu_epi32, _mm_min_epu16, _mm_min_epu32, _mm_movemask_epi8, _mm_movemask_ps,
    _mm_packs_epi16, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32, _mm_setzero_si128,
    _mm_sub_epi16, _mm_sub_epi32, _mm256_and_si256, _mm256_andnot_si256,
    _mm256_broadcastsi128_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi16, _mm256_cmpeq_epi32,
    _mm256_i32gather_epi32, _mm256_loadu_si256, _mm256_max_epu32, _mm256_min_epu16,
    _mm256_min_epu32, _mm256_movemask_epi8, _mm256_movemask_ps, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setr_epi8,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi32, _mm256_storeu_si256,
    _mm256_sub_epi16, _mm256_sub_epi32, _mm256_subs_epu16, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
    _mm512_and_si512, _mm512_cmple_epu16_mask, _mm512_cmplt_epu32_mask, _mm512_i32gather_epi32,
    _mm512_loadu_si512, _mm512_min_epu32, _mm512_permutexvar_epi32, _mm512_set1_epi16,
    _mm512_set1_epi32, _mm512_setr_epi32, _mm512_storeu_si512, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::{Asked, BOUNDS, CacheLine, Columns, Head, Header, LANES, Shorts};

/// Reads numbers of `WIDTH` bytes, eight at a time.
///
/// # Safety
///
/// The processor has AVX2. `first` is readable up to four bytes from
/// position `last`.
#[inline(always)]
pub(super) unsafe fn gather8<const WIDTH: i32, const N: usize>(
    first: *const i32,
    last: u32,
    positions: &mut [u32; N],
) {
    const { assert!(N.is_multiple_of(8), "all positions are read") };
    for eight in positions.as_chunks_mut::<8>().0 {
        let place = eight.as_mut_ptr().cast::<__m256i>();
        // SAFETY: `place` is eight numbers; positions are at most `last`,
        // which is below 2^31, so the sums stay within what is readable.
        unsafe {
            let most = _mm256_set1_epi32(last.cast_signed());
            let at = _mm256_min_epu32(_mm256_loadu_si256(place), most);
            let mut found = _mm256_i32gather_epi32::<WIDTH>(first, at);
            if WIDTH < 4 {
                found = _mm256_and_si256(found, _mm256_set1_epi32((1 << (8 * WIDTH)) - 1));
            }
            _mm256_storeu_si256(place, found);
        }
    }
}

/// As [`gather8`], sixteen at a time.
///
/// # Safety
///
/// The processor has AVX-512 F. `first` is readable up to four bytes from
/// position `last`.
#[inline(always)]
pub(super) unsafe fn gather16<const WIDTH: i32, const N: usize>(
    first: *const i32,
    last: u32,
    positions: &mut [u32; N],
) {
    const { assert!(N.is_multiple_of(16), "all positions are read") };
    for sixteen in positions.as_chunks_mut::<16>().0 {
        let place = sixteen.as_mut_ptr().cast::<__m512i>();
        // SAFETY: as in `gather8`, with sixteen numbers.
        unsafe {
            let most = _mm512_set1_epi32(last.cast_signed());
            let at = _mm512_min_epu32(_mm512_loadu_si512(place), most);
            let mut found = _mm512_i32gather_epi32::<WIDTH>(at, first);
            if WIDTH < 4 {
                found = _mm512_and_si512(found, _mm512_set1_epi32((1 << (8 * WIDTH)) - 1));
            }
            _mm512_storeu_si512(place, found);
        }
    }
}

/// Writes sixteen numbers of a column.
///
/// # Safety
///
/// The processor has AVX-512 F; the column has sixteen numbers from `at`.
#[inline(always)]
pub(super) unsafe fn put<const N: usize>(column: &mut [u32; N], at: usize, numbers: __m512i) {
    // SAFETY: as the caller says.
    unsafe { _mm512_storeu_si512(column.as_mut_ptr().add(at).cast(), numbers) }
}

/// Takes headers apart, sixteen at a time: a transposition of four by four
/// numbers in each quarter of the registers, then the quarters in order.
///
/// # Safety
///
/// The processor has AVX-512 F.
#[inline(always)]
pub(super) unsafe fn columns16<const N: usize>(headers: &[Header<u32>; N]) -> Columns<u32, N> {
    const { assert!(N.is_multiple_of(16), "all headers are read") };
    const { assert!(size_of::<Header<u32>>() == 16, "a header is four numbers") };
    let mut columns = Columns {
        sources: [0; N],
        destinations: [0; N],
        ports: [0; N],
        protocols: [0; N],
    };
    for (at, sixteen) in (0..N).step_by(16).zip(headers.as_chunks::<16>().0) {
        let from = sixteen.as_ptr().cast::<__m512i>();
        // SAFETY: sixteen headers are 256 bytes without padding; each column
        // has sixteen numbers from `at`.
        unsafe {
            let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            let (a, b) = (_mm512_loadu_si512(from), _mm512_loadu_si512(from.add(1)));
            let (c, d) = (
                _mm512_loadu_si512(from.add(2)),
                _mm512_loadu_si512(from.add(3)),
            );
            let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
            let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
            put(
                &mut columns.sources,
                at,
                _mm512_permutexvar_epi32(order, _mm512_unpacklo_epi64(ab_low, cd_low)),
            );
            put(
                &mut columns.destinations,
                at,
                _mm512_permutexvar_epi32(order, _mm512_unpackhi_epi64(ab_low, cd_low)),
            );
            put(
                &mut columns.ports,
                at,
                _mm512_permutexvar_epi32(order, _mm512_unpacklo_epi64(ab_high, cd_high)),
            );
            put(
                &mut columns.protocols,
                at,
                _mm512_permutexvar_epi32(order, _mm512_unpackhi_epi64(ab_high, cd_high)),
            );
        }
    }
    columns
}

/// Returns where a value is at most `width` behind `first`, as bits.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn within8(value: u32, first: &[u32; LANES], width: &[u32; LANES]) -> u32 {
    // SAFETY: both are eight numbers.
    unsafe {
        let first = _mm256_loadu_si256(first.as_ptr().cast());
        let width = _mm256_loadu_si256(width.as_ptr().cast());
        let behind = _mm256_sub_epi32(_mm256_set1_epi32(value.cast_signed()), first);
        let within = _mm256_cmpeq_epi32(_mm256_min_epu32(behind, width), behind);
        _mm256_movemask_ps(_mm256_castsi256_ps(within)).cast_unsigned()
    }
}

/// Returns how many of `length` bounds, the first of them at `from`, are not
/// behind a value.
///
/// # Safety
///
/// The processor has AVX2. There are 32 numbers at `bounds`.
#[inline(always)]
pub(super) unsafe fn begun16(value: u16, bounds: *const u16, from: u32, length: u32) -> u32 {
    // SAFETY: the bounds are twice sixteen numbers.
    let (low, high) = unsafe {
        let value = _mm256_set1_epi16(value.cast_signed());
        let low = _mm256_loadu_si256(bounds.cast());
        let high = _mm256_loadu_si256(bounds.add(16).cast());
        let low = _mm256_cmpeq_epi16(_mm256_min_epu16(low, value), low);
        let high = _mm256_cmpeq_epi16(_mm256_min_epu16(high, value), high);
        (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high))
    };
    let pairs = u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32;
    // Two bits for each bound.
    let others = 64_u32.saturating_sub(2 * length);
    let own = u64::MAX.checked_shr(others).unwrap_or(0);
    (pairs.checked_shr(2 * from).unwrap_or(0) & own).count_ones() / 2
}

/// Returns how many of `length` bounds, the first of them at `from`, are not
/// behind a value.
///
/// # Safety
///
/// The processor has AVX-512 BW. There are 32 numbers at `bounds`.
#[inline(always)]
pub(super) unsafe fn begun32(value: u16, bounds: *const u16, from: u32, length: u32) -> u32 {
    // SAFETY: the bounds are 32 numbers.
    let begun = unsafe {
        let bounds = _mm512_loadu_si512(bounds.cast());
        _mm512_cmple_epu16_mask(bounds, _mm512_set1_epi16(value.cast_signed()))
    };
    let own = 1_u64.wrapping_shl(length).wrapping_sub(1);
    (u64::from(begun).wrapping_shr(from) & own).count_ones()
}

/// Returns how many of the first `length` numbers of a line are less than a
/// value.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn rank8(value: u32, line: &CacheLine, length: u32) -> u32 {
    // SAFETY: a line is twice eight numbers.
    let (low, high) = unsafe {
        let value = _mm256_set1_epi32(value.cast_signed());
        let low = _mm256_loadu_si256(line.0.as_ptr().cast());
        let high = _mm256_loadu_si256(line.0.as_ptr().add(32).cast());
        // Where the greater one is the number, it is not less.
        let low = _mm256_cmpeq_epi32(_mm256_max_epu32(low, value), low);
        let high = _mm256_cmpeq_epi32(_mm256_max_epu32(high, value), high);
        (
            _mm256_movemask_ps(_mm256_castsi256_ps(low)),
            _mm256_movemask_ps(_mm256_castsi256_ps(high)),
        )
    };
    let others = low.cast_unsigned() | high.cast_unsigned() << 8;
    (!others & !(u32::MAX << length)).count_ones()
}

/// As [`rank8`], all numbers at once.
///
/// # Safety
///
/// The processor has AVX-512 F.
#[inline(always)]
pub(super) unsafe fn rank16(value: u32, line: &CacheLine, length: u32) -> u32 {
    // SAFETY: a line is sixteen numbers.
    let less = unsafe {
        let line = _mm512_loadu_si512(line.0.as_ptr().cast());
        _mm512_cmplt_epu32_mask(line, _mm512_set1_epi32(value.cast_signed()))
    };
    (u32::from(less) & !(u32::MAX << length)).count_ones()
}

/// Returns the position of the first byte that is a value, 8 where none is.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn position8(value: u8, bytes: &[u8; 8]) -> u32 {
    // SAFETY: the bytes are eight.
    let equal = unsafe {
        let bytes = _mm_loadl_epi64(bytes.as_ptr().cast());
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(value.cast_signed())))
    };
    (equal | 1 << 8).trailing_zeros()
}

/// Returns how many bounds are less than a value.
///
/// # Safety
///
/// The processor has AVX-512 BW and VL.
#[inline(always)]
pub(super) unsafe fn rank_of_short4(value: u16, bounds: &[u16; BOUNDS]) -> u32 {
    const ALL: u8 = (1 << BOUNDS) - 1;
    // SAFETY: of the numbers behind the last bound none is read.
    let less = unsafe {
        let bounds = _mm_maskz_loadu_epi16(ALL, bounds.as_ptr().cast());
        _mm_mask_cmplt_epu16_mask(ALL, bounds, _mm_set1_epi16(value.cast_signed()))
    };
    u32::from(less).count_ones()
}

/// Returns how many bounds are less than a value.
///
/// # Safety
///
/// The processor has AVX-512 F and VL.
#[inline(always)]
pub(super) unsafe fn rank_in4(value: u32, bounds: &[u32; BOUNDS]) -> u32 {
    const ALL: u8 = (1 << BOUNDS) - 1;
    // SAFETY: of the numbers behind the last bound none is read.
    let less = unsafe {
        let bounds = _mm_maskz_loadu_epi32(ALL, bounds.as_ptr().cast());
        _mm_mask_cmplt_epu32_mask(ALL, bounds, _mm_set1_epi32(value.cast_signed()))
    };
    u32::from(less).count_ones()
}

/// As [`within8`], with four numbers.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn within4(value: u32, first: &[u32; 4], width: &[u32; 4]) -> u32 {
    // SAFETY: both are four numbers.
    unsafe {
        let first = _mm_loadu_si128(first.as_ptr().cast());
        let width = _mm_loadu_si128(width.as_ptr().cast());
        let behind = _mm_sub_epi32(_mm_set1_epi32(value.cast_signed()), first);
        let within = _mm_cmpeq_epi32(_mm_min_epu32(behind, width), behind);
        _mm_movemask_ps(_mm_castsi128_ps(within)).cast_unsigned()
    }
}

/// Returns the distances of a header's fields from those of four filters,
/// and their widths.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn fields_behind(
    fields: u64,
    first: &Shorts,
    width: &Shorts,
) -> (__m256i, __m256i) {
    // SAFETY: both are sixteen numbers.
    unsafe {
        let fields = _mm256_broadcastsi128_si256(_mm_cvtsi64_si128(fields.cast_signed()));
        let order = _mm256_setr_epi8(
            0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3, //
            4, -1, 4, -1, 4, -1, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        );
        let first = _mm256_loadu_si256(first.as_ptr().cast());
        let width = _mm256_loadu_si256(width.as_ptr().cast());
        (
            _mm256_sub_epi16(_mm256_shuffle_epi8(fields, order), first),
            width,
        )
    }
}

/// Returns the filters all of whose fields match, from a bit for each field
/// of each of four filters.
#[inline(always)]
pub(super) const fn all_fields(within: u32) -> u32 {
    within & within >> 4 & within >> 8 & 0xf
}

/// Compares headers with the heads of their lists, eight at a time: eight
/// heads of eight numbers are transposed.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn heads8<const N: usize>(
    heads: &[Head<u32>],
    asked: Asked<'_, u32, N>,
    answers: &mut [u32; N],
) -> u64 {
    const {
        assert!(
            N.is_multiple_of(8) && N <= 64,
            "there is a bit for each header"
        );
    };
    const { assert!(size_of::<Head<u32>>() == 32, "a head is eight numbers") };
    let mut more = 0;
    for at in (0..N).step_by(8) {
        // SAFETY: a head is eight numbers without padding; every column and
        // the answers have eight numbers from `at`.
        unsafe {
            let mut rows = [_mm256_setzero_si256(); 8];
            for (row, place) in rows.iter_mut().zip(&asked.places[at..at + 8]) {
                let head = &heads[*place as usize];
                *row = _mm256_loadu_si256(std::ptr::from_ref(head).cast());
            }
            let [
                first,
                width,
                ports_first,
                ports_width,
                protocol,
                number,
                _,
                next,
            ] = transposed(rows);
            let behind = _mm256_sub_epi32(eight(asked.others, at), first);
            // What is left over in each field is zero where it matches.
            let address = _mm256_xor_si256(_mm256_max_epu32(behind, width), width);
            let behind = _mm256_sub_epi16(eight(&asked.columns.ports, at), ports_first);
            let ports = _mm256_subs_epu16(behind, ports_width);
            let byte = _mm256_set1_epi32(0xff);
            let wanted = _mm256_and_si256(protocol, byte);
            let mask = _mm256_and_si256(_mm256_srli_epi32::<8>(protocol), byte);
            let own = _mm256_and_si256(eight(&asked.columns.protocols, at), mask);
            let protocol = _mm256_xor_si256(own, wanted);
            let over = _mm256_or_si256(address, _mm256_or_si256(ports, protocol));
            let matches = _mm256_cmpeq_epi32(over, _mm256_setzero_si256());
            // Numbers of filters that do not match become the greatest.
            let none = _mm256_andnot_si256(matches, _mm256_set1_epi32(-1));
            let answer = _mm256_min_epu32(eight(answers, at), _mm256_or_si256(number, none));
            _mm256_storeu_si256(answers.as_mut_ptr().add(at).cast(), answer);
            let ends = _mm256_cmpeq_epi32(_mm256_min_epu32(answer, next), answer);
            let ends = _mm256_movemask_ps(_mm256_castsi256_ps(ends)).cast_unsigned();
            more |= u64::from(!ends & 0xff) << at;
        }
    }
    more
}

/// Reads eight numbers of a column.
///
/// # Safety
///
/// The processor has AVX2; the column has eight numbers from `at`.
#[inline(always)]
pub(super) unsafe fn eight<const N: usize>(column: &[u32; N], at: usize) -> __m256i {
    // SAFETY: as the caller says.
    unsafe { _mm256_loadu_si256(column.as_ptr().add(at).cast()) }
}

/// Transposes eight by eight numbers.
///
/// # Safety
///
/// The processor has AVX2.
// PERF: no closures here: they would be functions of their own, compiled for
// the least processor.
#[inline(always)]
pub(super) unsafe fn transposed(rows: [__m256i; 8]) -> [__m256i; 8] {
    // SAFETY: as the caller says.
    unsafe {
        let [a, b, c, d] = quarters(rows[0], rows[1], rows[2], rows[3]);
        let [e, f, g, h] = quarters(rows[4], rows[5], rows[6], rows[7]);
        [
            _mm256_permute2x128_si256::<0x20>(a, e),
            _mm256_permute2x128_si256::<0x20>(b, f),
            _mm256_permute2x128_si256::<0x20>(c, g),
            _mm256_permute2x128_si256::<0x20>(d, h),
            _mm256_permute2x128_si256::<0x31>(a, e),
            _mm256_permute2x128_si256::<0x31>(b, f),
            _mm256_permute2x128_si256::<0x31>(c, g),
            _mm256_permute2x128_si256::<0x31>(d, h),
        ]
    }
}

/// Transposes four by four numbers in each half.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn quarters(a: __m256i, b: __m256i, c: __m256i, d: __m256i) -> [__m256i; 4] {
    // SAFETY: as the caller says.
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

/// As [`within8`], with numbers of 16 bits.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn within_short8(value: u16, first: &[u16; LANES], width: &[u16; LANES]) -> u32 {
    // SAFETY: both are eight numbers.
    unsafe {
        let first = _mm_loadu_si128(first.as_ptr().cast());
        let width = _mm_loadu_si128(width.as_ptr().cast());
        let behind = _mm_sub_epi16(_mm_set1_epi16(value.cast_signed()), first);
        bits_of_short(_mm_cmpeq_epi16(_mm_min_epu16(behind, width), behind))
    }
}

/// Returns where the bits of `mask` of a value are `wanted`, as bits.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn equal_masked8(value: u16, wanted: &[u16; LANES], mask: &[u16; LANES]) -> u32 {
    // SAFETY: both are eight numbers.
    unsafe {
        let wanted = _mm_loadu_si128(wanted.as_ptr().cast());
        let mask = _mm_loadu_si128(mask.as_ptr().cast());
        let value = _mm_set1_epi16(value.cast_signed());
        bits_of_short(_mm_cmpeq_epi16(_mm_and_si128(value, mask), wanted))
    }
}

/// Returns one bit for each of eight numbers that are all ones or zero.
///
/// # Safety
///
/// The processor has AVX2.
#[inline(always)]
pub(super) unsafe fn bits_of_short(lanes: __m128i) -> u32 {
    // SAFETY: as the caller says.
    unsafe { _mm_movemask_epi8(_mm_packs_epi16(lanes, _mm_setzero_si128())).cast_unsigned() }
}
