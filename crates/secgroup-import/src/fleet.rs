//! What files of all formats say together, on its way to ECS's answers.
//!
//! Groups, rules and interfaces may come from different files, ECS's own answers
//! among them ([`answers`]): a rule finds its group by id when everything is read. What only the whole knows is
//! filled in here: the VPC of an interface, the rules of a cloned group, the
//! instance of an attached interface.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use secgroup_model::{MAX_ID_LENGTH, Shown};

use crate::answers;
use crate::findings::{Findings, Origin};
use crate::row::{Answer, Answers, Content, Row};

/// A text with the place it comes from.
pub(crate) type Placed = (String, Origin);

/// Everything that was found so far.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    pub(crate) groups: Vec<Group>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) interfaces: Vec<Interface>,
    /// Interfaces that are attached to instances: interface, instance.
    pub(crate) attachments: Vec<(String, Placed)>,
    pub(crate) joins: Vec<Join>,
    /// The VPCs of vSwitches.
    pub(crate) vswitches: HashMap<String, Placed>,
    pub(crate) prefix_lists: Vec<Row>,
    pub(crate) port_lists: Vec<Row>,
    /// What is in ECS's form already.
    pub(crate) ready: Vec<Answer>,
    names: Names,
}

/// A group without its rules.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) row: Row,
    /// The group whose rules it has, too.
    pub(crate) clone_of: Option<Placed>,
}

/// A rule, and the group that it belongs to.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) group: String,
    pub(crate) row: Row,
}

/// An interface; what its row lacks is filled in.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) row: Row,
    pub(crate) groups: Vec<Placed>,
    pub(crate) vswitch: Option<String>,
}

/// Something that is put into a group.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) group: String,
    /// The id of an interface or instance.
    pub(crate) member: Placed,
}

/// Ids of what has none yet.
#[derive(Debug, Default)]
struct Names {
    taken: HashSet<String>,
    /// How many ids were made of one address, or of addresses like it.
    made: HashMap<String, usize>,
}

impl Fleet {
    /// Makes an id of an address such as `module.web.alicloud_vpc.main[0]`:
    /// `module-web-alicloud_vpc-main-0`. No two are the same.
    pub(crate) fn name(&mut self, address: &str) -> String {
        /// Room for a number, when two addresses make one id.
        const ROOM: usize = 8;
        let mut name = String::with_capacity(address.len());
        for character in address.chars() {
            if character.is_ascii_alphanumeric() || character == '_' {
                name.push(character);
            } else if !name.ends_with('-') && !name.is_empty() {
                name.push('-');
            }
        }
        let name = name.trim_end_matches('-');
        // The end of an address tells more than its beginning.
        let start = name.len().saturating_sub(MAX_ID_LENGTH - ROOM);
        let name = name[start..].trim_start_matches('-');
        let name = if name.is_empty() { "unnamed" } else { name };
        let Names { taken, made } = &mut self.names;
        let made = made.entry(name.to_owned()).or_insert(0);
        loop {
            *made += 1;
            let unique = match *made {
                1 => name.to_owned(),
                number => format!("{name}-{number}"),
            };
            if taken.insert(unique.clone()) {
                return unique;
            }
        }
    }

    /// Tells whether something refers to what is not in here; it may be in
    /// ECS's own answers.
    pub(crate) fn looks_elsewhere(&self) -> bool {
        let groups: HashSet<&str> = self.groups.iter().map(|one| one.id.as_str()).collect();
        let interfaces = self.interfaces.iter();
        let interfaces: HashSet<&str> = interfaces.map(|one| one.id.as_str()).collect();
        let members = self.members();
        let clones = self.groups.iter().filter_map(|one| one.clone_of.as_ref());
        let mut sources = clones.map(|(source, _)| source.as_str());
        let mut owners = self.rules.iter().map(|rule| rule.group.as_str());
        let mut attached = self.attachments.iter().map(|(id, _)| id.as_str());
        let mut joining = self.joins.iter().map(|join| join.member.0.as_str());
        sources.any(|source| !groups.contains(source))
            || owners.any(|owner| !groups.contains(owner))
            || attached.any(|id| !interfaces.contains(id))
            || joining.any(|id| !members.contains_key(id))
    }

    /// Returns the interfaces by their ids, and the primary one of each instance
    /// by the id of that: a group is associated with an instance through it (1.4).
    fn members(&self) -> HashMap<String, usize> {
        let mut members: HashMap<String, usize> = HashMap::new();
        let is_primary = |interface: &Interface| {
            let role = interface.row.text("Type");
            role.is_some_and(|role| role.eq_ignore_ascii_case("primary"))
        };
        for (at, interface) in self.interfaces.iter().enumerate() {
            members.entry(interface.id.clone()).or_insert(at);
            let Some(instance) = interface.row.text("InstanceId") else {
                continue;
            };
            let known = members.entry(instance.to_owned()).or_insert(at);
            if is_primary(interface) && !is_primary(&self.interfaces[*known]) {
                *known = at;
            }
        }
        members
    }

    /// Returns everything as answers of ECS.
    pub(crate) fn finish(mut self, findings: &mut Findings) -> Answers {
        self.join(findings);
        self.clone_rules(findings);
        let interfaces = self.interfaces(findings);
        let (groups, strangers) = self.groups(findings);
        let mut all = Row::default();
        for (name, rows) in [
            ("SecurityGroups", groups),
            ("NetworkInterfaceSets", interfaces),
            ("PrefixLists", self.prefix_lists),
            ("PortRangeLists", self.port_lists),
        ] {
            all.add(name, Origin::default(), Content::Rows(rows));
        }
        let mut answers = vec![Answer::Row(all)];
        answers.extend(strangers.into_iter().map(Answer::Row));
        answers.extend(self.ready);
        Answers(answers)
    }

    /// Puts interfaces into the groups they join.
    fn join(&mut self, findings: &mut Findings) {
        let members = self.members();
        let mut elsewhere: HashMap<String, Vec<Placed>> = HashMap::new();
        let mut joins = std::mem::take(&mut self.joins);
        joins.retain(|join| {
            let (id, origin) = &join.member;
            let group = (join.group.clone(), origin.clone());
            match members.get(id) {
                Some(at) => self.interfaces[*at].groups.push(group),
                None => elsewhere.entry(id.clone()).or_default().push(group),
            }
            !members.contains_key(id)
        });
        let found = answers::join(&mut self.ready, &elsewhere);
        for Join { group, member } in joins {
            let (id, origin) = member;
            if !found.contains(&id) {
                let message = format_args!(
                    "`{}` joins security group `{}`, but nothing else is known of it; add its \
                     DescribeNetworkInterfaces answer",
                    Shown(&id),
                    Shown(&group)
                );
                findings.warning(&origin, message);
            }
        }
    }

    /// Gives clones the rules of the group that they are made from; priorities
    /// above 100 become 100 (2.3.4).
    fn clone_rules(&mut self, findings: &mut Findings) {
        let clones = self.groups.iter();
        let mut clones: Vec<(String, Placed)> = clones
            .filter_map(|group| Some((group.id.clone(), group.clone_of.clone()?)))
            .collect();
        let own: HashSet<String> = self.groups.iter().map(|one| one.id.clone()).collect();
        let sources = clones.iter().map(|(_, (source, _))| source.clone());
        let sources = sources.filter(|source| !own.contains(source)).collect();
        let elsewhere = answers::rules(&mut self.ready, &sources);
        // One of a clone comes behind that, wherever they stand.
        while !clones.is_empty() {
            let is_ready = |(_, (source, _)): &(String, Placed)| {
                !clones.iter().any(|(clone, _)| clone == source)
            };
            let Some(ready) = clones.iter().position(is_ready) else {
                for (clone, (_, origin)) in clones {
                    let clone = Shown(&clone);
                    let message = format_args!("`{clone}` is a clone of itself, through others");
                    findings.problem(&origin, message);
                }
                return;
            };
            let (clone, (source, origin)) = clones.remove(ready);
            if !own.contains(&source) && !elsewhere.contains_key(&source) {
                let message = format_args!(
                    "the rules of this clone are not known, because no file has those of security \
                     group `{}`; add the file that defines it, or its \
                     DescribeSecurityGroupAttribute answer",
                    Shown(&source)
                );
                findings.problem(&origin, message);
                continue;
            }
            let rules = self.rules.iter().filter(|rule| rule.group == source);
            let rules = rules.map(|rule| &rule.row);
            let rules = rules.chain(elsewhere.get(&source).into_iter().flatten());
            let rules: Vec<Rule> = rules
                .map(|row| Rule {
                    group: clone.clone(),
                    row: cloned(row, &origin),
                })
                .collect();
            self.rules.extend(rules);
        }
    }

    /// Returns the groups with their rules; rules of groups that are in none
    /// of the files, each group by itself.
    fn groups(&mut self, findings: &mut Findings) -> (Vec<Row>, Vec<Row>) {
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, group) in self.groups.iter().enumerate() {
            known.entry(group.id.clone()).or_insert(at);
        }
        let mut rules: Vec<Vec<Row>> = self.groups.iter().map(|_| Vec::new()).collect();
        let mut strangers: HashMap<String, Vec<Row>> = HashMap::new();
        // In input order, each with the place of its first rule.
        let mut order: IndexMap<String, Origin> = IndexMap::new();
        for rule in std::mem::take(&mut self.rules) {
            if let Some(at) = known.get(&rule.group) {
                rules[*at].push(rule.row);
                continue;
            }
            let place = rule.row.origin.clone();
            order.entry(rule.group.clone()).or_insert(place);
            strangers.entry(rule.group).or_default().push(rule.row);
        }
        let groups = std::mem::take(&mut self.groups);
        let groups = groups.into_iter().zip(rules).map(|(group, rules)| {
            let mut row = group.row;
            let origin = row.origin.clone();
            row.add("Permissions", origin, Content::Rows(rules));
            row
        });
        let groups = groups.collect();
        answers::add_rules(&mut self.ready, &mut strangers);
        let mut others = Vec::new();
        for (id, origin) in order {
            let Some(rules) = strangers.remove(&id) else {
                let message = format_args!(
                    "the rules here are added to those that answers of ECS have of security group \
                     `{}`; what this file would remove from them stays",
                    Shown(&id)
                );
                findings.warning(&origin, message);
                continue;
            };
            let message = format_args!(
                "security group `{}` has rules here, but is defined in none of these files; its \
                 type, inner access and VPC are what its other answers say, and other rules it \
                 has are in its DescribeSecurityGroupAttribute answer only",
                Shown(&id)
            );
            findings.warning(&origin, message);
            let mut row = Row::new(origin.clone());
            row.put("SecurityGroupId", origin.clone(), id);
            row.add("Permissions", origin, Content::Rows(rules));
            others.push(row);
        }
        (groups, others)
    }

    /// Returns the interfaces; their VPC, where they do not name it, is that
    /// of their vSwitch or else of their groups, which cannot be another one.
    fn interfaces(&mut self, findings: &mut Findings) -> Vec<Row> {
        let groups = self.groups.iter();
        let vpcs: HashMap<&str, &str> = groups
            .filter_map(|group| Some((group.id.as_str(), group.row.text("VpcId")?)))
            .collect();
        let mut instances: IndexMap<String, Placed> =
            std::mem::take(&mut self.attachments).into_iter().collect();
        let mut rows = Vec::with_capacity(self.interfaces.len());
        for mut interface in std::mem::take(&mut self.interfaces) {
            let row = &mut interface.row;
            if let Some((instance, origin)) = instances.shift_remove(&interface.id)
                && !row.has("InstanceId")
            {
                row.put("InstanceId", origin, instance);
            }
            if !row.has("VpcId") {
                let vswitch = interface.vswitch.as_deref();
                let of_vswitch = vswitch.and_then(|vswitch| self.vswitches.get(vswitch));
                let of_vswitch = of_vswitch.map(|(vpc, _)| vpc.as_str());
                let mut of_groups = interface.groups.iter();
                let of_groups = of_groups.find_map(|(group, _)| vpcs.get(group.as_str()).copied());
                if let Some(vpc) = of_vswitch.or(of_groups) {
                    row.put("VpcId", row.origin.clone(), vpc);
                }
            }
            let origin = row.origin.clone();
            row.add("SecurityGroupIds", origin, Content::Texts(interface.groups));
            rows.push(interface.row);
        }
        let left = instances.iter();
        let left = left.map(|(id, (instance, _))| (id.as_str(), instance.as_str()));
        let found = answers::attach(&mut self.ready, &left.collect());
        instances.retain(|id, _| !found.contains(id));
        for (id, (instance, origin)) in instances {
            let message = format_args!(
                "`{}` is attached to `{}`, but is defined in none of these files; add its \
                 DescribeNetworkInterfaces answer",
                Shown(&id),
                Shown(&instance)
            );
            findings.warning(&origin, message);
        }
        rows
    }
}

/// Copies a rule into a clone.
fn cloned(row: &Row, origin: &Origin) -> Row {
    let mut copy = Row::new(origin.clone());
    for field in &row.fields {
        if field.name == "SecurityGroupRuleId" {
            continue;
        }
        let mut field = field.clone();
        if field.origin == Origin::default() {
            field.origin = origin.clone();
        }
        if field.name == "Priority"
            && let Content::Text(text) = &mut field.content
            && text
                .parse()
                .is_ok_and(|priority: u8| (101..=110).contains(&priority))
        {
            "100".clone_into(text);
        }
        copy.fields.push(field);
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_make_ids_of_at_most_a_hundred_characters_4_13() {
        let mut fleet = Fleet::default();
        let address = "module.net[\"a.b\"].alicloud_security_group.web[0]";
        assert_eq!(
            fleet.name(address),
            "module-net-a-b-alicloud_security_group-web-0"
        );
        assert_eq!(
            fleet.name(address),
            "module-net-a-b-alicloud_security_group-web-0-2"
        );
        assert_eq!(fleet.name("…"), "unnamed");
        let long = fleet.name(&"é.x".repeat(200));
        assert!(long.len() <= MAX_ID_LENGTH, "{long}");
    }
}
