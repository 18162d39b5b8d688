//! Where counting of new ids begins: beyond every id that is there.

use super::sources::MAX_IDS_GIVEN;
use crate::cloud::Cloud;

/// What stands before the number in an id that [`crate::cloud::names::Names`]
/// gave.
const BEFORE_NUMBER: &str = "-bp1";

/// Begins beyond `given` and the numbers of all ids.
pub(super) fn begin(cloud: &mut Cloud, given: u64) {
    let rules = cloud.groups.values().flat_map(|group| &group.permissions);
    let rules = rules.filter_map(|stored| stored.rule.id.as_ref());
    let highest = (cloud
        .groups
        .values()
        .map(|one| one.security_group_id.as_str()))
    .chain(rules.map(secgroup_model::RuleId::as_str))
    .chain(
        cloud
            .interfaces
            .values()
            .map(|one| one.network_interface_id.as_str()),
    )
    .chain(cloud.instances.values().map(|one| one.instance_id.as_str()))
    .chain(
        cloud
            .prefix_lists
            .values()
            .map(|one| one.prefix_list_id.as_str()),
    )
    .chain(
        cloud
            .port_lists
            .values()
            .map(|one| one.port_range_list_id.as_str()),
    )
    .chain(cloud.vpcs.values().map(|one| one.vpc_id.as_str()))
    .chain(cloud.vswitches.values().map(|one| one.v_switch_id.as_str()))
    .filter_map(number)
    .max();
    cloud.names.given = given.max(highest.unwrap_or(0));
}

/// Returns the number in an id. One that counting can never reach is none.
fn number(id: &str) -> Option<u64> {
    let (_, digits) = id.split_once(BEFORE_NUMBER)?;
    let number: u64 = digits.parse().ok()?;
    (number <= MAX_IDS_GIVEN).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_this_program_has_a_number() {
        let mut names = crate::cloud::names::Names { given: 41 };
        assert_eq!(number(&names.next("sg", |_| false)), Some(42));
        for other in [
            "sg-1",
            "sg-bp1",
            "sg-bp1x",
            "sg-bp118446744073709551615",
            "42",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
