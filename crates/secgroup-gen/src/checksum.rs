//! Checksums of what generators write, committed in their tests.

use std::io::{self, Write};

/// Folds bytes as 64-bit FNV-1a does.
struct Fold(u64);

impl Write for Fold {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the checksum of everything that `write` writes.
pub(crate) fn of(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut fold = Fold(0xcbf2_9ce4_8422_2325);
    write(&mut fold).expect("a fold takes everything");
    format!("{:016x}", fold.0)
}
