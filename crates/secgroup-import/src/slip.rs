//! Names that look like other names.

/// The greatest number of single-character edits that still count as a slip.
const MAX_SLIPS: usize = 2;

/// Returns the known name that `name` was probably meant to be.
pub(crate) fn meant<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.into_iter().filter_map(|candidate| {
        if name.len().abs_diff(candidate.len()) > MAX_SLIPS {
            return None;
        }
        let slips =
            strsim::levenshtein(&name.to_ascii_lowercase(), &candidate.to_ascii_lowercase());
        // Of a short name two letters are most of it.
        (slips <= MAX_SLIPS.min(candidate.len() / 2)).then_some((slips, candidate))
    });
    near.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_slips_are_forgiven_and_short_names_have_to_fit() {
        assert_eq!(
            meant("SourceCidrIP", ["SourceCidrIp"]),
            Some("SourceCidrIp")
        );
        assert_eq!(meant("prority", ["priority", "ports"]), Some("priority"));
        assert_eq!(meant("or", ["to", "id"]), None);
        assert_eq!(meant(&"x".repeat(100_000), ["to"]), None);
    }
}
