//! Nonces that were used, so that a request cannot be sent twice.

use std::collections::{HashSet, VecDeque};

use ring::digest::{Context, SHA256};

use crate::limits::{CLOCK_SKEW, NONCES};

/// How long a nonce is remembered, in seconds. A request may come as early as
/// its time allows and be repeated as late as it allows.
const REMEMBERED: i64 = 2 * CLOCK_SKEW;

/// Half a digest: enough to tell nonces apart, and of one size however long
/// they are.
type Print = [u8; 16];

/// The nonces of the last half hour.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    used: HashSet<Print>,
    /// The same, with the time until which they are remembered, the oldest first.
    order: VecDeque<(Print, i64)>,
}

impl Nonces {
    /// Takes a nonce of a key; tells whether it was still there to take.
    pub(super) fn use_up(&mut self, key_id: &str, nonce: &str, now: i64) -> bool {
        while self.order.front().is_some_and(|(_, until)| *until < now) {
            self.forget();
        }
        let print = print(key_id, nonce);
        if !self.used.insert(print) {
            return false;
        }
        self.order.push_back((print, now + REMEMBERED));
        if self.order.len() > NONCES {
            self.forget();
        }
        true
    }

    fn forget(&mut self) {
        if let Some((print, _)) = self.order.pop_front() {
            self.used.remove(&print);
        }
    }
}

fn print(key_id: &str, nonce: &str) -> Print {
    let mut context = Context::new(&SHA256);
    context.update(key_id.as_bytes());
    // No key or nonce contains one.
    context.update(&[0]);
    context.update(nonce.as_bytes());
    let digest = context.finish();
    let half = digest.as_ref().first_chunk();
    *half.expect("a digest has twice as many bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_can_be_used_once_until_its_time_has_passed() {
        let mut nonces = Nonces::default();
        assert!(nonces.use_up("a", "n", 0));
        assert!(nonces.use_up("b", "n", 0), "another key");
        assert!(!nonces.use_up("a", "n", REMEMBERED));
        assert!(nonces.use_up("a", "n", REMEMBERED + 1));
        assert_eq!(nonces.used.len(), 1, "the others are forgotten");
    }

    #[test]
    fn nonces_are_remembered_up_to_a_limit() {
        let mut nonces = Nonces::default();
        for number in 0..=NONCES {
            assert!(nonces.use_up("a", &number.to_string(), 0));
        }
        assert_eq!((nonces.used.len(), nonces.order.len()), (NONCES, NONCES));
        assert!(!nonces.use_up("a", "1", 0), "still remembered");
        assert!(nonces.use_up("a", "0", 0), "the oldest was forgotten");
    }
}
