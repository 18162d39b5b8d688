//! Access keys, and whose they are.

use std::collections::BTreeMap;
use std::fmt;

use secgroup_model::AccountId;

/// An access key. Its secret is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What a client calls it: `AccessKeyId`.
    pub id: String,
    /// What a client signs with.
    pub secret: String,
    /// The account that calls with this key belong to.
    pub account: AccountId,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, account, .. } = self;
        f.debug_struct("Key")
            .field("id", id)
            .field("account", account)
            .finish_non_exhaustive()
    }
}

/// The keys that are accepted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(BTreeMap<String, Key>);

impl Keys {
    /// Tells whether there are none: then nothing about signatures is checked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Key> {
        self.0.get(id)
    }
}

impl FromIterator<Key> for Keys {
    /// Where two keys have the same id, the last one holds.
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        Self(keys.into_iter().map(|key| (key.id.clone(), key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_of_a_key_is_never_shown() {
        let account = AccountId::new("1234567890123456").unwrap();
        let key = Key {
            id: "testId".to_owned(),
            secret: "hush".to_owned(),
            account,
        };
        let shown = format!("{key:?} {:?}", Keys::from_iter([key.clone()]));
        assert!(
            shown.contains("testId") && !shown.contains("hush"),
            "{shown}"
        );
    }
}
