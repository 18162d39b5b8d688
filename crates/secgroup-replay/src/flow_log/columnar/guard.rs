//! Panics of the Parquet library, made errors.
//!
//! It panics on some damaged files. What it was doing is given up then, so
//! nothing half done is used again.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether a panic of this thread becomes an error of an input, so that
/// whoever prints panics need not.
#[must_use]
pub fn panic_is_caught() -> bool {
    GUARDED.get()
}

/// Calls the library.
pub(super) fn guarded<T>(
    call: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, ParquetError> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(false);
    result.unwrap_or_else(|_| Err(ParquetError::General("damaged".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_said_to_be_caught() {
        assert!(!panic_is_caught());
        let error = guarded::<()>(|| {
            assert!(panic_is_caught());
            panic!("a panic that a test wants");
        });
        assert_eq!(error.unwrap_err().to_string(), "Parquet error: damaged");
        assert!(!panic_is_caught());
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
    }
}
