//! Vectors of x86-64: AVX2 and AVX-512.
//!
//! What kinds there are, how one knows that the processor has them, and which
//! functions of `lanes` and `wide` each uses.

mod lanes;
mod wide;

use std::arch::is_x86_feature_detected as has;
use std::arch::x86_64::{
    _mm_movemask_epi8, _mm_packs_epi16, _mm256_castsi256_si128, _mm256_cmpeq_epi16,
    _mm256_cmple_epu16_mask, _mm256_extracti128_si256, _mm256_min_epu16,
};

use super::{
    Asked, Asking, BOUNDS, Bounds, CacheLine, Classifier, Columns, Head, Header, LANES, Plain,
    Shorts, Table, Tables, Vectors, each_batch, each_flight, fetch_soon,
};
use crate::address::Address;
use lanes::{
    all_fields, begun16, begun32, columns16, equal_masked8, fields_behind, gather8, gather16,
    heads8, position8, rank_in4, rank_of_short4, rank8, rank16, within_short8, within4, within8,
};
use wide::{begun_of4, begun_of8, last_begun4, last_begun8};

/// Eight at a time.
// INVARIANT: a value exists only where the processor has AVX2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

/// Sixteen at a time.
// INVARIANT: a value exists only where the processor has AVX-512 F, BW, DQ and VL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

impl Avx2 {
    pub(super) fn new() -> Option<Self> {
        let all = has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt") && has!("lzcnt");
        all.then_some(Self(()))
    }
}

impl Avx512 {
    pub(super) fn new() -> Option<Self> {
        let all = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
        (all && Avx2::new().is_some()).then_some(Self(()))
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn classify_avx2<A: Address>(
    classifier: &Classifier<A>,
    headers: &[Header<A>],
    answers: &mut [u32],
    vectors: Avx2,
) {
    each_batch(classifier, headers, answers, vectors);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn classify_avx512<A: Address>(
    classifier: &Classifier<A>,
    headers: &[Header<A>],
    answers: &mut [u32],
    vectors: Avx512,
) {
    each_batch(classifier, headers, answers, vectors);
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn fleet_avx2<A: Address>(
    tables: &Tables<A>,
    asking: &[Asking<A>],
    answers: &mut [u32],
    vectors: Avx2,
) {
    each_flight(tables, asking, answers, vectors);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn fleet_avx512<A: Address>(
    tables: &Tables<A>,
    asking: &[Asking<A>],
    answers: &mut [u32],
    vectors: Avx512,
) {
    each_flight(tables, asking, answers, vectors);
}

/// What all kinds of vectors do in the same way.
macro_rules! comparisons {
    () => {
        #[inline(always)]
        fn fetch<T>(self, soon: &T) {
            fetch_soon(soon);
        }

        #[inline(always)]
        fn position(self, value: u8, bytes: &[u8; 8]) -> u32 {
            // SAFETY: the value shows AVX2 at least.
            unsafe { position8(value, bytes) }
        }

        #[inline(always)]
        fn within(self, value: u32, first: &[u32; LANES], width: &[u32; LANES]) -> u32 {
            // SAFETY: the value shows AVX2 at least.
            unsafe { within8(value, first, width) }
        }

        #[inline(always)]
        fn within4(self, value: u32, first: &[u32; 4], width: &[u32; 4]) -> u32 {
            // SAFETY: the value shows AVX2 at least.
            unsafe { within4(value, first, width) }
        }

        #[inline(always)]
        fn heads<const N: usize>(
            self,
            heads: &[Head<u32>],
            asked: Asked<'_, u32, N>,
            answers: &mut [u32; N],
        ) -> u64 {
            // SAFETY: the value shows AVX2 at least.
            unsafe { heads8(heads, asked, answers) }
        }

        #[inline(always)]
        fn within_short(self, value: u16, first: &[u16; LANES], width: &[u16; LANES]) -> u32 {
            // SAFETY: the value shows AVX2 at least.
            unsafe { within_short8(value, first, width) }
        }

        #[inline(always)]
        fn equal_masked(self, value: u16, wanted: &[u16; LANES], mask: &[u16; LANES]) -> u32 {
            // SAFETY: the value shows AVX2 at least.
            unsafe { equal_masked8(value, wanted, mask) }
        }
    };
}

/// Reads from tables by `$read`.
macro_rules! reads {
    ($read:ident) => {
        #[inline(always)]
        fn wide<const N: usize>(self, table: &Table<u32>, positions: &mut [u32; N]) {
            // SAFETY: the value shows the processor; a table has three
            // numbers behind its last, so four bytes can be read there.
            unsafe { $read::<4, N>(table.padded().as_ptr().cast(), table.last(), positions) }
        }

        #[inline(always)]
        fn short<const N: usize>(self, table: &Table<u16>, positions: &mut [u32; N]) {
            // SAFETY: as in `wide`.
            unsafe { $read::<2, N>(table.padded().as_ptr().cast(), table.last(), positions) }
        }

        #[inline(always)]
        fn bytes<const N: usize>(self, table: &Table<u8>, positions: &mut [u32; N]) {
            // SAFETY: as in `wide`.
            unsafe { $read::<1, N>(table.padded().as_ptr().cast(), table.last(), positions) }
        }
    };
}

impl Vectors for Avx2 {
    comparisons!();
    reads!(gather8);

    #[inline(always)]
    fn fields_within(self, fields: u64, first: &Shorts, width: &Shorts) -> u32 {
        // SAFETY: the value shows AVX2.
        let within = unsafe {
            let (behind, width) = fields_behind(fields, first, width);
            let within = _mm256_cmpeq_epi16(_mm256_min_epu16(behind, width), behind);
            let low = _mm256_castsi256_si128(within);
            let high = _mm256_extracti128_si256::<1>(within);
            _mm_movemask_epi8(_mm_packs_epi16(low, high)).cast_unsigned()
        };
        all_fields(within)
    }

    #[inline(always)]
    fn begun_in_line(self, value: u16, line: &CacheLine, from: u32, length: u32) -> u32 {
        // SAFETY: the value shows AVX2; there are 32 numbers.
        unsafe { begun16(value, line.0.as_ptr().cast(), from, length) }
    }

    #[inline(always)]
    fn rank_of_short(self, value: u16, bounds: &[u16; BOUNDS]) -> u32 {
        Plain.rank_of_short(value, bounds)
    }

    #[inline(always)]
    fn rank_in(self, value: u32, bounds: &[u32; BOUNDS]) -> u32 {
        Plain.rank_in(value, bounds)
    }

    #[inline(always)]
    fn rank(self, value: u32, line: &CacheLine, length: u32) -> u32 {
        // SAFETY: the value shows AVX2.
        unsafe { rank8(value, line, length) }
    }

    #[inline(always)]
    fn last_begun(self, value: u64, bounds: &Bounds) -> u32 {
        // SAFETY: the value shows AVX2.
        unsafe { last_begun4(value, bounds) }
    }

    #[inline(always)]
    fn begun_of<const N: usize>(self, values: &[u64; N], bounds: &[u64], found: &mut [u32; N]) {
        // SAFETY: the value shows AVX2.
        unsafe { begun_of4(values, bounds, found) }
    }

    #[inline(always)]
    fn columns<const N: usize>(self, headers: &[Header<u32>; N]) -> Columns<u32, N> {
        Columns::of(headers)
    }
}

impl Vectors for Avx512 {
    comparisons!();
    reads!(gather16);

    #[inline(always)]
    fn fields_within(self, fields: u64, first: &Shorts, width: &Shorts) -> u32 {
        // SAFETY: the value shows AVX-512.
        let within = unsafe {
            let (behind, width) = fields_behind(fields, first, width);
            _mm256_cmple_epu16_mask(behind, width)
        };
        all_fields(u32::from(within))
    }

    #[inline(always)]
    fn begun_in_line(self, value: u16, line: &CacheLine, from: u32, length: u32) -> u32 {
        // SAFETY: the value shows AVX-512; there are 32 numbers.
        unsafe { begun32(value, line.0.as_ptr().cast(), from, length) }
    }

    #[inline(always)]
    fn rank_of_short(self, value: u16, bounds: &[u16; BOUNDS]) -> u32 {
        // SAFETY: the value shows AVX-512.
        unsafe { rank_of_short4(value, bounds) }
    }

    #[inline(always)]
    fn rank_in(self, value: u32, bounds: &[u32; BOUNDS]) -> u32 {
        // SAFETY: the value shows AVX-512.
        unsafe { rank_in4(value, bounds) }
    }

    #[inline(always)]
    fn rank(self, value: u32, line: &CacheLine, length: u32) -> u32 {
        // SAFETY: the value shows AVX-512.
        unsafe { rank16(value, line, length) }
    }

    #[inline(always)]
    fn last_begun(self, value: u64, bounds: &Bounds) -> u32 {
        // SAFETY: the value shows AVX-512.
        unsafe { last_begun8(value, bounds) }
    }

    #[inline(always)]
    fn begun_of<const N: usize>(self, values: &[u64; N], bounds: &[u64], found: &mut [u32; N]) {
        // SAFETY: the value shows AVX-512.
        unsafe { begun_of8(values, bounds, found) }
    }

    #[inline(always)]
    fn columns<const N: usize>(self, headers: &[Header<u32>; N]) -> Columns<u32, N> {
        // SAFETY: the value shows AVX-512.
        unsafe { columns16(headers) }
    }
}
