//! What instance types can do: the one place that knows.

/// The families that cannot be in advanced groups: those of the first and
/// second generation, all of them retired. "The specified instance type doesn't
/// support enterprise level security group" names none; the current documents
/// ask for a VPC only, and these come from the time of the classic network.
const WITHOUT_ADVANCED_GROUPS: [&str; 11] = [
    "c1", "c2", "e3", "m1", "m2", "n1", "n2", "s1", "s2", "s3", "t1",
];

/// Returns the family of an instance type: `ecs.g7` of `ecs.g7.large`.
pub(crate) fn family(instance_type: &str) -> &str {
    let family = instance_type.rsplit_once('.').map(|(family, _)| family);
    family.unwrap_or(instance_type)
}

/// Tells whether instances of a type can be in advanced groups (5.6.1, check 11).
pub(crate) fn supports_advanced_groups(instance_type: &str) -> bool {
    let family = family(instance_type);
    let family = family.strip_prefix("ecs.").unwrap_or(family);
    !WITHOUT_ADVANCED_GROUPS.contains(&family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_old_families_cannot_be_in_advanced_groups_5_6_1() {
        for old in [
            "ecs.t1.small",
            "ecs.s1.medium",
            "ecs.n1.tiny",
            "ecs.e3.xlarge",
        ] {
            assert!(!supports_advanced_groups(old), "{old}");
        }
        for new in [
            "ecs.t5.large",
            "ecs.sn1ne.large",
            "ecs.g7.large",
            "ecs.s6-c1m1.small",
            "",
        ] {
            assert!(supports_advanced_groups(new), "{new}");
        }
        assert_eq!(family("ecs.g7.large"), "ecs.g7");
    }
}
