//! Ids of requests.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes ids that no two requests share: upper-case UUIDs (5.0.2).
///
/// They are told to everybody and open nothing, so that a keyed hash of a
/// counter is random enough.
#[derive(Debug, Default)]
pub(crate) struct RequestIds {
    key: RandomState,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let high = self.key.hash_one((number, 'h'));
        let low = self.key.hash_one((number, 'l'));
        // Version 4 and the usual variant, as whoever reads them expects.
        let high = high & !0xf000 | 0x4000;
        let low = low & !(0b11 << 62) | 0b10 << 62;
        format!(
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_upper_case_uuids_and_never_the_same_5_0_2() {
        let ids = RequestIds::default();
        let made: BTreeSet<String> = (0..1000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1000);
        for id in made {
            let groups: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(&id[14..15], "4", "{id}");
            assert!("89AB".contains(&id[19..20]), "{id}");
            assert!(
                id.chars()
                    .all(|c| c == '-' || "0123456789ABCDEF".contains(c)),
                "{id}"
            );
        }
    }
}
