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
        /// `MADV_HUGEPAGE` of Linux, and `MADV_COLLAPSE`: the page that an allocator
        /// wrote to before is small, and the large one around it is never used
        /// unless it is made now.
        const HUGE: [c_int; 2] = [14, 25];
        let start = memory.as_ptr();
        // From the page on that it begins in: a large page may begin there.
        let before = start.addr() % PAGE;
        let length = (size_of_val(memory) + before).next_multiple_of(PAGE);
        if size_of_val(memory) == 0 {
            return;
        }
        let start = start.wrapping_byte_sub(before).cast::<c_void>();
        for advice in HUGE {
            // SAFETY: memory is in the first page and in the last one, so all of them
            // are mapped; this advice changes nothing that a program can see.
            unsafe { madvise(start.cast_mut(), length, advice) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// Returns an empty list with room for `most` things, or where there is not the
/// memory for `least`; in large pages where it is long enough for some.
///
/// What is not written to takes no memory, but where some is written to, a whole
/// large page may.
pub fn list_in_large_pages<T>(least: usize, most: usize) -> Vec<T> {
    const LARGE: usize = 1 << 21;
    /// What an allocator puts beside a list takes less; and a mapping of whole
    /// large pages begins where one does, as Linux places it.
    const BESIDE: usize = 4096;
    let bytes = most.saturating_mul(size_of::<T>());
    if bytes < LARGE / 8 {
        return Vec::with_capacity(most);
    }
    let whole = bytes.saturating_add(BESIDE).next_multiple_of(LARGE) - BESIDE;
    let mut list = Vec::new();
    if list.try_reserve_exact(whole / size_of::<T>()).is_err() {
        return Vec::with_capacity(least);
    }
    in_large_pages(list.spare_capacity_mut());
    list
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
