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
/// whatever the case of their letters; lengths that differ by more than the
/// limit are not looked at.
fn slips(name: &str, known: &str) -> usize {
    let difference = name.len().abs_diff(known.len());
    if difference > MAX_SLIPS {
        return difference;
    }
    strsim::levenshtein(&name.to_ascii_lowercase(), &known.to_ascii_lowercase())
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
