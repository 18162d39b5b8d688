//! Ids of new objects.

use std::fmt::Write as _;

/// Gives every new object a number.
///
/// Ids are counted, not drawn: the same calls give the same ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// How many were given.
    pub(crate) given: u64,
}

impl Names {
    /// Returns an id that begins with `prefix` and that `taken` does not know.
    pub(crate) fn next(&mut self, prefix: &str, taken: impl Fn(&str) -> bool) -> String {
        loop {
            self.given += 1;
            let mut id = String::with_capacity(prefix.len() + 21);
            id.push_str(prefix);
            write!(id, "-bp1{:017}", self.given).expect("writing to a string cannot fail");
            if !taken(&id) {
                return id;
            }
        }
    }

    /// Returns a hardware address in Alibaba Cloud's range for the newest id.
    pub(crate) fn mac(self) -> String {
        let [.., a, b, c] = self.given.to_be_bytes();
        format!("00:16:3e:{a:02x}:{b:02x}:{c:02x}")
    }
}
