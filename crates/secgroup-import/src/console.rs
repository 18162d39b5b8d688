//! The rules of one group as ECS's console exports them: a JSON array of
//! permissions (6.1.8).
//!
//! The file does not say whose rules they are; its name does. Of which type the
//! group is and in which VPC, other files say, or the reader assumes it aloud.

use secgroup_model::Shown;

use crate::findings::{Findings, Origin};
use crate::fleet::Fleet;
use crate::row::Answer;
use crate::value::{Key, Kind, Value};

/// How names of exports begin, of the newer kind and of the older one.
const BEGINNINGS: [&str; 2] = ["ecs_sgRule_", "ecs_"];

/// Tells an array of permissions by the keys of its first item.
pub(crate) fn is_export(keys: &[String]) -> bool {
    let has = |name: &str| keys.iter().any(|key| key == name);
    has("Direction") && has("IpProtocol") && !has("SecurityGroupId") && !has("Permissions")
}

/// Tells the console's other form, whose columns are documented nowhere.
pub(crate) fn is_table(name: &str) -> bool {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.starts_with(BEGINNINGS[0]) && name.ends_with(".csv")
}

/// Puts the rules into the fleet, as those of the group that the file is
/// named for.
pub(crate) fn convert(
    root: &Value,
    origin: &Origin,
    name: &str,
    fleet: &mut Fleet,
    findings: &mut Findings,
) {
    let Some(group) = group(name) else {
        let message = format_args!(
            "an array of rules, as the console exports them, and the name `{}` does not tell of \
             which group; expected ecs_REGION_GROUP.json or ecs_sgRule_GROUP_REGION_DATE.json, \
             such as ecs_cn-hangzhou_sg-123.json",
            Shown(name)
        );
        findings.problem(origin, message);
        return;
    };
    let message = format_args!(
        "an export does not say in which VPC `{group}` is, nor its type and inner access policy; \
         where no DescribeSecurityGroups answer is given beside it, that is the classic network, \
         normal and Accept"
    );
    findings.warning(origin, message);
    let entry = |name: &str, kind: Kind| {
        let key = Key {
            at: root.at,
            text: name.to_owned(),
        };
        (key, Value { at: root.at, kind })
    };
    let answer = Value {
        at: root.at,
        kind: Kind::Map(vec![
            entry("SecurityGroupId", Kind::Quoted(group.to_owned())),
            entry("Permissions", root.kind.clone()),
        ]),
    };
    fleet.ready.push(Answer::Value(origin.clone(), answer));
}

/// Returns the group that a file is named for:
/// `ecs_${region}_${group}.json`, or `ecs_sgRule_${group}_${region}_${time}.json`.
fn group(name: &str) -> Option<&str> {
    let name = name.rsplit(['/', '\\']).next()?;
    let name = name.strip_suffix(".json")?;
    let rest = BEGINNINGS.iter().find_map(|one| name.strip_prefix(one))?;
    rest.split('_').find(|part| part.starts_with("sg-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_exports_tell_the_group_6_1_8() {
        for (name, wanted) in [
            ("ecs_cn-qingdao_sg-123.json", Some("sg-123")),
            (
                "a/b/ecs_sgRule_sg-2z_cn-beijing_2026-03-05.json",
                Some("sg-2z"),
            ),
            ("ecs_cn-qingdao_123.json", None),
            ("rules.json", None),
            ("sg-123.json", None),
            ("-", None),
        ] {
            assert_eq!(group(name), wanted, "{name}");
        }
        assert!(is_table("x/ecs_sgRule_sg-1_cn-qingdao_2020-01-20.csv"));
        assert!(!is_table("flows.csv"));
    }
}
