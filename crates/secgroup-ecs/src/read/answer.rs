//! Which of ECS's answers a JSON value is.

use std::borrow::Cow;

use secgroup_model::Shown;

use super::findings::Findings;
use super::group::{self, Form};
use super::node::Node;
use super::object::Object;
use super::parts::Parts;
use super::{instance, interface, list};

/// The lists an answer may carry, with the key of their items and what reads one.
const LISTS: [(&str, &str, ReadItem); 5] = [
    ("SecurityGroups", "SecurityGroup", |row, parts, findings| {
        group::read(row, Form::Row, parts, findings);
    }),
    (
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
        |row, parts, findings| {
            interface::read(row, interface::Form::Row, parts, findings);
        },
    ),
    ("Instances", "Instance", instance::read),
    ("PrefixLists", "PrefixList", list::read_prefix_list),
    ("PortRangeLists", "PortRangeList", list::read_port_list),
];

/// The ids that say what an answer about one thing is about.
///
/// An interface may name its group, so it is looked for first.
const IDS: [(&str, ReadItem); 4] = [
    ("NetworkInterfaceId", |answer, parts, findings| {
        interface::read(answer, interface::Form::Answer, parts, findings);
    }),
    ("SecurityGroupId", |answer, parts, findings| {
        group::read(answer, Form::Answer, parts, findings);
    }),
    ("PrefixListId", list::read_prefix_list),
    ("PortRangeListId", list::read_port_list),
];

type ReadItem = fn(&Object<'_, '_>, &mut Parts, &mut Findings);

/// Reads one JSON value of a document: an answer or an array of answers.
pub(super) fn read(root: Node<'_, '_>, parts: &mut Parts, findings: &mut Findings) {
    if root.is_array() {
        if root.is_absent() {
            findings.problem(root, nothing_known(None));
        }
        root.for_each_item(findings, |answer, findings| {
            read_one(answer, parts, findings);
        });
    } else {
        read_one(root, parts, findings);
    }
}

fn read_one(node: Node<'_, '_>, parts: &mut Parts, findings: &mut Findings) {
    let Some(answer) = node.object(findings) else {
        findings.lose_definition();
        return;
    };
    parts.answers += 1;
    let mut known = false;
    for (plural, singular, read_item) in LISTS {
        known |= answer.has(plural);
        let Some(list) = answer.field(plural) else {
            continue;
        };
        let repeats = parts.repeats;
        let mut items = 0_u64;
        list.for_each(singular, findings, |item, findings| {
            items += 1;
            match item.object(findings) {
                Some(item) => read_item(&item, parts, findings),
                None => findings.lose_definition(),
            }
        });
        let next = answer
            .field("NextToken")
            .map(|token| parts.sites.add(&token));
        parts.note_page(plural, next);
        if let Some(total) = answer.field("TotalCount") {
            let count = total.text(findings).and_then(|text| text.parse().ok());
            let own = items.saturating_sub(parts.repeats - repeats);
            parts.note_total(plural, count, own, total);
        }
    }
    warn_of_unknown_lists(&answer, known, findings);
    if known {
        return;
    }
    match IDS.iter().find(|(id, _)| answer.has(id)) {
        Some((_, read_item)) => read_item(&answer, parts, findings),
        None => {
            findings.lose_definition();
            findings.problem(node, unknown_answer(&answer));
        }
    }
}

/// Warns of a list under a name that is not read, in a document whose other
/// lists are: what is in it is missing from the snapshot.
fn warn_of_unknown_lists(answer: &Object<'_, '_>, known: bool, findings: &mut Findings) {
    if !known {
        return;
    }
    for (key, place) in answer.keys() {
        // What a state file has for the API alone decides nothing about traffic.
        let read = LISTS.iter().any(|(plural, ..)| *plural == key) || key == "SecgroupState";
        let lists = |value: Node<'_, '_>| value.is_array() || value.is_object();
        if !read && answer.field(key).is_some_and(lists) {
            let names = LISTS.map(|(plural, ..)| plural).join(", ");
            let message = format_args!("`{}` is not read; the lists are {names}", Shown(key));
            findings.warning(place, message);
        }
    }
}

/// Says what an answer without any known part may be.
fn unknown_answer(answer: &Object<'_, '_>) -> Cow<'static, str> {
    if answer.has("Code") && answer.has("Message") {
        return "an error answer of the ECS API; repeat the call and save its result".into();
    }
    if answer.has("IpProtocol") || answer.has("Permission") {
        return "rules without their group; save the whole DescribeSecurityGroupAttribute answer, \
                because a --cli-query drops its SecurityGroupId"
            .into();
    }
    if answer.has("Entries") {
        return "a DescribePortRangeListEntries answer does not say which list it is about; put \
                PortRangeListId beside Entries"
            .into();
    }
    let similar = answer.keys().find_map(|(key, _)| {
        let known = LISTS.iter().map(|(plural, ..)| *plural);
        super::field_name::similar(key, known).map(|meant| (key, meant))
    });
    nothing_known(similar)
}

fn nothing_known(similar: Option<(&str, &str)>) -> Cow<'static, str> {
    let expected = "no SecurityGroups here, nor anything else that is read (NetworkInterfaceSets, \
                    Instances, PrefixLists, PortRangeLists, or an answer with a SecurityGroupId)";
    match similar {
        Some((key, meant)) => format!("{expected}; `{}`: did you mean {meant}", Shown(key)).into(),
        None => expected.into(),
    }
}
