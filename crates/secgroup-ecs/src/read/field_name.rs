//! Field names that look like other field names.

/// The greatest number of single-character edits that still count as a slip.
const MAX_SLIPS: usize = 2;

/// Returns the known name that `name` was probably meant to be: the same but
/// for letter case, or at most two slips of the keyboard away.
pub(super) fn similar<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|candidate| (slips(name, candidate), candidate))
        .filter(|(slips, _)| *slips <= MAX_SLIPS)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Counts the insertions, removals and replacements between two names,
/// whatever the case of their letters; anything above the limit is one more.
fn slips(name: &str, known: &str) -> usize {
    let (name, known) = (name.as_bytes(), known.as_bytes());
    if name.len().abs_diff(known.len()) > MAX_SLIPS {
        return MAX_SLIPS + 1;
    }
    // Row of the edit distance table: from a start of `name` to every start of `known`.
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, letter) in name.iter().enumerate() {
        if row.iter().all(|slips| *slips > MAX_SLIPS) {
            return MAX_SLIPS + 1;
        }
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[known.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_two_slips_are_forgiven_and_three_are_not() {
        let known = ["SourceCidrIp", "DestCidrIp", "Policy"];
        let similar = |name| similar(name, known.into_iter());
        assert_eq!(similar("SourceCidrIP"), Some("SourceCidrIp"));
        assert_eq!(similar("sourcecidrip"), Some("SourceCidrIp"));
        assert_eq!(similar("SurceCidrIpp"), Some("SourceCidrIp"));
        assert_eq!(similar("SurceCidIpp"), None);
        assert_eq!(similar("Polcy"), Some("Policy"));
        assert_eq!(similar("Foo"), None);
        assert_eq!(similar(""), None);
        assert_eq!(similar(&"x".repeat(100_000)), None);
    }
}
