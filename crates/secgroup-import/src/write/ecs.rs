//! The snapshot format: ECS's answers, merged.

use secgroup_ecs::{Detail, Labels};
use secgroup_model::{
    DestinationPorts, Family, GroupIndex, InterfaceRole, NetworkInterface, Peer, PortList, Prefix,
    PrefixList, Rule, Snapshot, SourcePorts, VpcId,
};

use super::rule;
use super::tree::{Fields, Tree};

/// Makes the document.
pub(super) fn document(snapshot: &Snapshot, labels: &Labels) -> Tree {
    let mut all = Fields::default();
    let lists = snapshot.prefix_lists().iter();
    let lists = lists.map(|list| prefix_list(list, labels));
    put(&mut all, "PrefixLists", "PrefixList", lists.collect());
    let lists = snapshot.port_lists().iter();
    let lists = lists.map(|list| port_list(list, labels));
    put(&mut all, "PortRangeLists", "PortRangeList", lists.collect());
    let groups = snapshot.groups();
    let groups = groups.map(|(index, _)| group(snapshot, index, labels));
    let groups = groups.collect();
    list(&mut all, "SecurityGroups", "SecurityGroup", groups);
    let interfaces = snapshot.interfaces();
    let interfaces = interfaces
        .map(|(_, one)| interface(snapshot, one, labels))
        .collect();
    list(
        &mut all,
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
        interfaces,
    );
    Tree::Map(all)
}

/// Adds a list as ECS nests them.
fn list(fields: &mut Fields, plural: &str, singular: &str, items: Vec<Tree>) {
    let mut inner = Fields::default();
    inner.add(singular, Tree::List(items));
    fields.add(plural, Tree::Map(inner));
}

/// Adds a list that is not empty.
fn put(fields: &mut Fields, plural: &str, singular: &str, items: Vec<Tree>) {
    if !items.is_empty() {
        list(fields, plural, singular, items);
    }
}

fn group(snapshot: &Snapshot, index: GroupIndex, labels: &Labels) -> Tree {
    let group = snapshot.group(index);
    let mut fields = Fields::default();
    fields.text("SecurityGroupId", group.id());
    fields.optional("SecurityGroupName", group.name());
    fields.text("SecurityGroupType", group.kind());
    // Left out it would be unknown, not classic (1.2).
    fields.text("VpcId", group.vpc().map_or("", VpcId::as_str));
    fields.text("InnerAccessPolicy", rule::inner(group.inner_access()));
    if group.managed() {
        fields.add("ServiceManaged", Tree::Flag(true));
    }
    fields.optional("OwnerId", group.owner());
    describe(&mut fields, labels.details().group(group.id().as_str()));
    let classic = group.vpc().is_none();
    let rules = snapshot.rules_of(index);
    let rules = rules.map(|(_, placed)| permission(placed.rule(), classic, labels));
    list(&mut fields, "Permissions", "Permission", rules.collect());
    Tree::Map(fields)
}

fn permission(rule: &Rule, classic: bool, labels: &Labels) -> Tree {
    let (far, near) = rule::ends(rule.direction);
    let mut fields = Fields::default();
    fields.optional("SecurityGroupRuleId", rule.id.as_ref());
    fields.text("Direction", rule.direction);
    fields.text("Policy", rule::action(rule.action));
    fields.add("Priority", Tree::Number(u64::from(rule.priority.get())));
    fields.text("IpProtocol", rule::protocol(&rule.service));
    match rule.service.ports() {
        Some((DestinationPorts::List(list), _)) => fields.text("PortRangeListId", list),
        Some((ports, _)) => fields.text("PortRange", ports),
        None => fields.text("PortRange", "-1/-1"),
    }
    if let Some((_, SourcePorts::Range(range))) = rule.service.ports() {
        fields.text("SourcePortRange", range);
    }
    match &rule.peer {
        Peer::Prefix(prefix) => fields.text(&rule::block(far, *prefix), prefix),
        Peer::Group(group) => {
            fields.text(&format!("{far}GroupId"), group);
            let owner = labels.peer_owner(rule.origin);
            fields.optional(&format!("{far}GroupOwnerAccount"), owner);
        }
        Peer::PrefixList(list) => fields.text(&format!("{far}PrefixListId"), list),
    }
    if let Some(local) = rule.local {
        fields.text(&rule::block(near, local), local);
    }
    if classic {
        fields.text("NicType", rule::nic(rule.nic));
    }
    fields.optional("CreateTime", rule::created(rule));
    fields.optional("Description", rule.description.as_ref());
    Tree::Map(fields)
}

fn interface(snapshot: &Snapshot, interface: &NetworkInterface, labels: &Labels) -> Tree {
    let mut fields = Fields::default();
    fields.text("NetworkInterfaceId", interface.id());
    describe(
        &mut fields,
        labels.details().interface(interface.id().as_str()),
    );
    fields.optional("InstanceId", interface.instance());
    fields.optional(
        "Type",
        interface.role().map(|role| match role {
            InterfaceRole::Primary => "Primary",
            InterfaceRole::Secondary => "Secondary",
        }),
    );
    fields.optional("VpcId", snapshot.vpc(interface.network()));
    let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
    for (address, primary) in rule::addresses(interface) {
        let mut item = Fields::default();
        if address.family() == Family::V6 {
            item.text("Ipv6Address", address.network().addr());
            ipv6.push(Tree::Map(item));
        } else {
            item.text("PrivateIpAddress", address.network().addr());
            item.add("Primary", Tree::Flag(primary));
            ipv4.push(Tree::Map(item));
        }
    }
    put(&mut fields, "PrivateIpSets", "PrivateIpSet", ipv4);
    put(&mut fields, "Ipv6Sets", "Ipv6Set", ipv6);
    let of = |family: Family, name: &str| {
        let prefixes = rule::delegated(interface).filter(|one| one.family() == family);
        prefixes.map(|prefix| one(name, prefix)).collect()
    };
    put(
        &mut fields,
        "Ipv4PrefixSets",
        "Ipv4PrefixSet",
        of(Family::V4, "Ipv4Prefix"),
    );
    put(
        &mut fields,
        "Ipv6PrefixSets",
        "Ipv6PrefixSet",
        of(Family::V6, "Ipv6Prefix"),
    );
    let groups = interface.groups().iter();
    let groups = groups.map(|group| Tree::Text(snapshot.group(*group).id().to_string()));
    list(
        &mut fields,
        "SecurityGroupIds",
        "SecurityGroupId",
        groups.collect(),
    );
    let timers = timers(interface);
    if !timers.is_empty() {
        fields.add("ConnectionTrackingConfiguration", Tree::Map(timers));
    }
    Tree::Map(fields)
}

fn timers(interface: &NetworkInterface) -> Fields {
    let timers = interface.timers();
    let mut fields = Fields::default();
    for (name, seconds) in [
        ("TcpEstablishedTimeout", timers.tcp_established()),
        ("TcpClosedAndTimeWaitTimeout", timers.tcp_closed()),
        ("UdpTimeout", timers.udp()),
    ] {
        if let Some(seconds) = seconds {
            fields.add(name, Tree::Number(u64::from(seconds)));
        }
    }
    fields
}

fn prefix_list(list_of: &PrefixList, labels: &Labels) -> Tree {
    let mut fields = Fields::default();
    fields.text("PrefixListId", &list_of.id);
    let name = labels.prefix_list(list_of.id.as_str());
    fields.optional("PrefixListName", name);
    let detail = labels.details().prefix_list(list_of.id.as_str());
    describe(&mut fields, detail);
    fields.optional("AddressFamily", list_of.family.map(rule::family));
    if let Some(most) = list_of.max_entries {
        fields.add("MaxEntries", Tree::Number(u64::from(most)));
    }
    let entries = list_of.entries.iter();
    let entries = entries.map(|entry| described("Cidr", &entry.to_string(), detail));
    list(&mut fields, "Entries", "Entry", entries.collect());
    Tree::Map(fields)
}

fn port_list(list_of: &PortList, labels: &Labels) -> Tree {
    let mut fields = Fields::default();
    fields.text("PortRangeListId", &list_of.id);
    let name = labels.port_list(list_of.id.as_str());
    fields.optional("PortRangeListName", name);
    let detail = labels.details().port_list(list_of.id.as_str());
    describe(&mut fields, detail);
    if let Some(most) = list_of.max_entries {
        fields.add("MaxEntries", Tree::Number(u64::from(most)));
    }
    let entries = list_of.entries.iter();
    let entries = entries.map(|entry| described("PortRange", &entry.to_string(), detail));
    list(&mut fields, "Entries", "Entry", entries.collect());
    Tree::Map(fields)
}

/// Adds what is said about an object besides what decides.
fn describe(fields: &mut Fields, detail: Option<&Detail>) {
    let Some(detail) = detail else {
        return;
    };
    for (name, text) in &detail.texts {
        fields.text(name, text);
    }
    if detail.managed {
        fields.add("ServiceManaged", Tree::Flag(true));
    }
    let tags = detail.tags.iter().map(|(key, value)| {
        let mut tag = Fields::default();
        tag.text("TagKey", key);
        tag.text("TagValue", value);
        Tree::Map(tag)
    });
    put(fields, "Tags", "Tag", tags.collect());
}

/// Writes an entry of a list, with its description if it has one.
fn described(name: &str, entry: &str, detail: Option<&Detail>) -> Tree {
    let description = detail.and_then(|detail| detail.entry(entry));
    let mut item = Fields::default();
    item.text(name, entry);
    item.optional("Description", description);
    Tree::Map(item)
}

fn one(name: &str, prefix: Prefix) -> Tree {
    let mut item = Fields::default();
    item.text(name, prefix);
    Tree::Map(item)
}
