//! The short form for fleets written by hand.

use std::collections::{HashMap, HashSet};

use secgroup_ecs::{Detail, Labels};
use secgroup_model::{
    Action, DestinationPorts, Direction, GroupIndex, GroupKind, InnerAccess, InterfaceRole,
    NetworkInterface, Peer, PortRange, Priority, Rule, Snapshot, SourcePorts, VpcId,
};

use super::rule;
use super::tree::{Fields, Tree};
use crate::own::names;
use crate::own::peer::Told;

/// What stands for the classic network.
const CLASSIC: &str = "classic";

/// What the writing of groups needs.
struct Writer<'w> {
    snapshot: &'w Snapshot,
    labels: &'w Labels,
    /// The VPC of what names none.
    vpc: String,
    groups: HashSet<&'w str>,
    prefix_lists: HashSet<&'w str>,
}

/// Makes the document.
pub(super) fn document(snapshot: &Snapshot, labels: &Labels) -> Tree {
    let mut all = Fields::default();
    let vpc = usual_vpc(snapshot);
    let lists = snapshot.prefix_lists().iter();
    let writer = Writer {
        snapshot,
        labels,
        vpc: vpc.clone(),
        groups: snapshot
            .groups()
            .map(|(_, one)| one.id().as_str())
            .collect(),
        prefix_lists: lists.map(|list| list.id.as_str()).collect(),
    };
    all.text("vpc", &vpc);
    let mut groups = Fields::default();
    for (index, one) in snapshot.groups() {
        groups.add(one.id().as_str(), writer.group(index));
    }
    all.add("groups", Tree::Map(groups));
    let mut interfaces = Fields::default();
    for (_, one) in snapshot.interfaces() {
        let detail = labels.details().interface(one.id().as_str());
        interfaces.add(one.id().as_str(), interface(snapshot, one, &vpc, detail));
    }
    put(&mut all, "interfaces", interfaces);
    let mut lists = Fields::default();
    for list in snapshot.prefix_lists() {
        let mut fields = Fields::default();
        fields.optional("name", labels.prefix_list(list.id.as_str()));
        let detail = labels.details().prefix_list(list.id.as_str());
        describe(&mut fields, detail);
        fields.optional("family", list.family.map(rule::family));
        max_entries(&mut fields, list.max_entries);
        let entries = list.entries.iter();
        let entries = entries.map(|entry| {
            let text = entry.to_string();
            described("cidr", &text, Tree::Text(text.clone()), detail)
        });
        fields.add("entries", Tree::List(entries.collect()));
        lists.add(list.id.as_str(), Tree::Map(fields));
    }
    put(&mut all, "prefix_lists", lists);
    let mut lists = Fields::default();
    for list in snapshot.port_lists() {
        let mut fields = Fields::default();
        fields.optional("name", labels.port_list(list.id.as_str()));
        let detail = labels.details().port_list(list.id.as_str());
        describe(&mut fields, detail);
        max_entries(&mut fields, list.max_entries);
        let entries = list.entries.iter().map(|entry| {
            let text = entry.to_string();
            described("ports", &text, ports(*entry), detail)
        });
        fields.add("entries", Tree::Row(entries.collect()));
        lists.add(list.id.as_str(), Tree::Map(fields));
    }
    put(&mut all, "port_lists", lists);
    Tree::Map(all)
}

/// Adds what is said about an object besides what decides.
fn describe(fields: &mut Fields, detail: Option<&Detail>) {
    let Some(detail) = detail else {
        return;
    };
    for (name, text) in &detail.texts {
        let own = names::DETAILS.iter().find(|(theirs, _)| theirs == name);
        if let Some((_, own)) = own {
            fields.text(own, text);
        }
    }
    if detail.managed {
        fields.add("managed", Tree::Flag(true));
    }
    let mut tags = Fields::default();
    for (key, value) in &detail.tags {
        tags.text(key, value);
    }
    if !tags.is_empty() {
        fields.add("tags", Tree::Line(tags));
    }
}

/// Writes an entry of a list: by itself, or with its description if it has one.
fn described(name: &str, text: &str, entry: Tree, detail: Option<&Detail>) -> Tree {
    let Some(description) = detail.and_then(|detail| detail.entry(text)) else {
        return entry;
    };
    let mut fields = Fields::default();
    fields.add(name, entry);
    fields.text("description", description);
    Tree::Line(fields)
}

fn put(all: &mut Fields, name: &str, fields: Fields) {
    if !fields.is_empty() {
        all.add(name, Tree::Map(fields));
    }
}

fn max_entries(fields: &mut Fields, most: Option<u32>) {
    if let Some(most) = most {
        fields.add("max_entries", Tree::Number(u64::from(most)));
    }
}

fn named(vpc: Option<&VpcId>) -> &str {
    vpc.map_or(CLASSIC, VpcId::as_str)
}

/// Returns the VPC of most groups, so that few have to name theirs.
fn usual_vpc(snapshot: &Snapshot) -> String {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (_, group) in snapshot.groups() {
        *counts.entry(named(group.vpc())).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(vpc, count)| (*count, *vpc));
    most.map_or_else(|| CLASSIC.to_owned(), |(vpc, _)| vpc.to_owned())
}

impl Writer<'_> {
    fn group(&self, index: GroupIndex) -> Tree {
        let snapshot = self.snapshot;
        let group = snapshot.group(index);
        let mut fields = Fields::default();
        fields.optional("name", group.name());
        fields.text("type", group.kind());
        let usual_access = match group.kind() {
            GroupKind::Basic => InnerAccess::Accept,
            GroupKind::Advanced => InnerAccess::Drop,
        };
        if group.inner_access() != usual_access {
            fields.text(
                "inner",
                rule::inner(group.inner_access()).to_ascii_lowercase(),
            );
        }
        let vpc = named(group.vpc());
        if vpc != self.vpc {
            fields.text("vpc", vpc);
        }
        fields.optional("owner", group.owner());
        if group.managed() {
            fields.add("managed", Tree::Flag(true));
        }
        describe(
            &mut fields,
            self.labels.details().group(group.id().as_str()),
        );
        for (name, direction) in [
            ("ingress", Direction::Ingress),
            ("egress", Direction::Egress),
        ] {
            let rules = snapshot.rules_of(index).map(|(_, placed)| placed.rule());
            let rules: Vec<Tree> = rules
                .filter(|rule| rule.direction == direction)
                .map(|rule| self.line(rule, group.vpc().is_none()))
                .collect();
            if !rules.is_empty() {
                fields.add(name, Tree::List(rules));
            }
        }
        Tree::Map(fields)
    }

    fn line(&self, rule: &Rule, classic: bool) -> Tree {
        let mut fields = Fields::default();
        fields.optional("id", rule.id.as_ref());
        if rule.action == Action::Drop {
            fields.text("policy", "drop");
        }
        if rule.priority != Priority::DEFAULT {
            fields.add("priority", Tree::Number(u64::from(rule.priority.get())));
        }
        fields.text("proto", rule::protocol(&rule.service).to_ascii_lowercase());
        if let Some((to, from)) = rule.service.ports() {
            match to {
                DestinationPorts::Any => fields.text("ports", "any"),
                DestinationPorts::Range(range) => fields.add("ports", ports(*range)),
                DestinationPorts::List(list) => fields.text("port_list", list),
            }
            if let SourcePorts::Range(range) = from {
                fields.add("source_ports", ports(range));
            }
        }
        let end = match rule.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        fields.add(end, self.peer(&rule.peer));
        if let Peer::Group(_) = rule.peer {
            fields.optional("account", self.labels.peer_owner(rule.origin));
        }
        fields.optional("local", rule.local);
        if classic {
            fields.text("nic", rule::nic(rule.nic));
        }
        fields.optional("created", rule::created(rule));
        fields.optional("description", rule.description.as_ref());
        Tree::Line(fields)
    }

    /// Writes a far end: by its kind, where its form would not tell it.
    fn peer(&self, peer: &Peer) -> Tree {
        let (text, kind, name) = match peer {
            Peer::Prefix(prefix) => return Tree::Text(prefix.to_string()),
            Peer::Group(group) => (group.as_str(), Told::Group, "group"),
            Peer::PrefixList(list) => (list.as_str(), Told::PrefixList, "prefix_list"),
        };
        let (groups, lists) = (&self.groups, &self.prefix_lists);
        if Told::of(text, groups.contains(text), lists.contains(text)) == Some(kind) {
            return Tree::Text(text.to_owned());
        }
        let mut fields = Fields::default();
        fields.text(name, text);
        Tree::Line(fields)
    }
}

fn ports(range: PortRange) -> Tree {
    if range.first() == range.last() {
        Tree::Number(u64::from(range.first()))
    } else {
        Tree::Text(format!("{}-{}", range.first(), range.last()))
    }
}

fn interface(
    snapshot: &Snapshot,
    interface: &NetworkInterface,
    usual: &str,
    detail: Option<&Detail>,
) -> Tree {
    let mut fields = Fields::default();
    describe(&mut fields, detail);
    fields.optional("instance", interface.instance());
    fields.optional(
        "type",
        interface.role().map(|role| match role {
            InterfaceRole::Primary => "primary",
            InterfaceRole::Secondary => "secondary",
        }),
    );
    let vpc = named(snapshot.vpc(interface.network()));
    if vpc != usual {
        fields.text("vpc", vpc);
    }
    let addresses = rule::addresses(interface).into_iter();
    let addresses = addresses.map(|(address, _)| Tree::Text(address.network().addr().to_string()));
    fields.add("addresses", Tree::Row(addresses.collect()));
    let prefixes = rule::delegated(interface);
    let prefixes: Vec<Tree> = prefixes
        .map(|prefix| Tree::Text(prefix.to_string()))
        .collect();
    if !prefixes.is_empty() {
        fields.add("prefixes", Tree::Row(prefixes));
    }
    let groups = interface.groups().iter();
    let groups = groups.map(|group| Tree::Text(snapshot.group(*group).id().to_string()));
    fields.add("groups", Tree::Row(groups.collect()));
    let timers = interface.timers();
    let mut seconds = Fields::default();
    for (name, value) in [
        ("tcp_established", timers.tcp_established()),
        ("tcp_closed", timers.tcp_closed()),
        ("udp", timers.udp()),
    ] {
        if let Some(value) = value {
            seconds.add(name, Tree::Number(u64::from(value)));
        }
    }
    if !seconds.is_empty() {
        fields.add("timers", Tree::Line(seconds));
    }
    Tree::Map(fields)
}
