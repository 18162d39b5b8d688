//! How many threads there is address space for.

/// How much address space a thread may need: its stack, what it counts, and
/// what the allocator sets aside for it.
#[cfg(unix)]
const SPACE: u64 = 16 << 20;

/// Returns as many threads as are asked for (0 is one for each core), or fewer
/// where a limit such as `ulimit -v` leaves no room for so many: an allocation
/// that fails would end the program.
pub(crate) fn affordable(asked: usize) -> usize {
    #[cfg(unix)]
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::As).current {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let wanted = if asked == 0 { cores } else { asked };
        let most = usize::try_from(limit / SPACE).unwrap_or(usize::MAX);
        return wanted.min(most.max(1));
    }
    asked
}
