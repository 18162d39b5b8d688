//! What tells the processor and the system how memory will be used. Hints: where
//! they are not taken, all is as before.

/// Asks for pages of megabytes under memory that is read here and there: the
/// processor remembers where few pages are, and looking that up costs more than
/// reading.
pub fn in_large_pages<T>(memory: &[T]) {
    #[cfg(target_os = "linux")]
    {
        use std::ffi::{c_int, c_void};
        unsafe extern "C" {
            fn madvise(start: *mut c_void, length: usize, advice: c_int) -> c_int;
        }
        const PAGE: usize = 4096;
        /// `MADV_HUGEPAGE` of Linux.
        const HUGE: c_int = 14;
        let range = memory.as_ptr_range();
        let start = range.start.cast::<c_void>();
        let skipped = start.align_offset(PAGE);
        let length = size_of_val(memory).saturating_sub(skipped) / PAGE * PAGE;
        if length > 0 {
            // SAFETY: the pages are whole and within `memory`; this advice changes
            // nothing that a program can see.
            unsafe { madvise(start.wrapping_add(skipped).cast_mut(), length, HUGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// Begins to fetch what will be read or changed soon, line by line.
#[inline(always)]
pub fn fetch_soon<T>(soon: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let first = std::ptr::from_ref(soon).cast::<i8>();
        for at in (0..size_of::<T>()).step_by(64) {
            // SAFETY: fetching changes nothing that a program can see, and every
            // x86-64 processor can; the place is within `soon`.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(first.add(at)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = soon;
}
