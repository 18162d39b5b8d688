//! Pages of megabytes.

/// Asks for pages of megabytes under memory that is read here and there: the
/// processor remembers where few pages are, and looking that up costs more than
/// reading. A hint; where it is not taken, all is as before.
pub(in crate::classifier) fn in_large_pages<T>(memory: &[T]) {
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
