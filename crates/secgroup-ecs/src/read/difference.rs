//! What two places say about one thing, where they do not say the same.
//!
//! Pages of a list overlap when something was added or removed between the
//! calls, so several answers may say the same about one thing.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::findings::{Findings, Place};

/// How many members of a set are named.
const MOST: usize = 3;

/// A field of which two places say something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    field: &'static str,
    how: String,
}

impl Difference {
    /// Compares what two places say of a field; one that says nothing agrees.
    pub(super) fn of<T: PartialEq>(
        field: &'static str,
        first: Option<&T>,
        second: Option<&T>,
        written: impl Fn(&T) -> String,
    ) -> Option<Self> {
        let (first, second) = (first?, second?);
        (first != second).then(|| {
            let (first, second) = (written(first), written(second));
            let how = format!("is {first} in one place and {second} in another");
            Self { field, how }
        })
    }

    /// Compares two sets; in which order ECS lists their members means nothing.
    pub(super) fn of_sets<T: ToString>(
        field: &'static str,
        first: impl IntoIterator<Item = T>,
        second: impl IntoIterator<Item = T>,
    ) -> Option<Self> {
        let first: BTreeSet<String> = first.into_iter().map(|one| one.to_string()).collect();
        let second: BTreeSet<String> = second.into_iter().map(|one| one.to_string()).collect();
        let only = |these: &BTreeSet<String>, those| named(these.difference(those));
        let how = match (only(&first, &second), only(&second, &first)) {
            (None, None) => return None,
            (Some(one), None) | (None, Some(one)) => format!("differ: only one place has {one}"),
            (Some(one), Some(other)) => {
                format!("differ: only one place has {one}, only another has {other}")
            }
        };
        Some(Self { field, how })
    }

    /// Reports it, with both places.
    pub(super) fn report(
        &self,
        what: impl Display,
        first: Place,
        second: Place,
        findings: &mut Findings,
    ) {
        let Self { field, how } = self;
        let message = format!("{field} of {what} {how}; keep the newer answer");
        if first.page == second.page {
            findings.problem(first, &message);
            findings.problem(second, message);
        } else {
            findings.problem_again(second, first, message);
        }
    }
}

/// Names the first members of a set; nothing where it is empty.
fn named<'s>(members: impl Iterator<Item = &'s String>) -> Option<String> {
    let members: Vec<&str> = members.map(String::as_str).collect();
    let named = members.get(..MOST).unwrap_or(&members).join(", ");
    match members.len() {
        0 => None,
        count if count > MOST => Some(format!("{named} and {} more", count - MOST)),
        _ => Some(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_differ_by_what_only_one_of_them_has() {
        let how = |one: &[u8], other: &[u8]| Some(Difference::of_sets("x", one, other)?.how);
        assert_eq!(how(&[1, 2], &[2, 1, 1]), None);
        assert_eq!(how(&[1, 2], &[2]).unwrap(), "differ: only one place has 1");
        assert_eq!(
            how(&[9], &[1, 2, 3, 4, 5]).unwrap(),
            "differ: only one place has 9, only another has 1, 2, 3 and 2 more"
        );
    }
}
