//! Resources of the provider `aliyun/alicloud` into the fleet (6.2).
//!
//! Groups, rules and lists are here, what carries addresses in [`instances`].
//! What decides about traffic and is not modelled is said, never left out
//! silently.

use secgroup_model::{MissingReference, Shown};

use super::instances;
use super::reference::References;
use super::resource::{Attribute, Resource};
use crate::findings::{Findings, Origin};
use crate::fleet::{Fleet, Group, Placed, Rule};
use crate::row::{Content, Row};
use crate::value::Value;

/// The type of security groups.
pub(crate) const GROUP: &str = "alicloud_security_group";

const PREFIX_LIST: &[&str] = &["alicloud_ecs_prefix_list"];

/// The beginnings of types that decide about traffic besides security groups.
const OTHER_FILTERS: [(&str, &str); 3] = [
    ("alicloud_network_acl", "network ACLs"),
    ("alicloud_cloud_firewall", "the Cloud Firewall"),
    ("alicloud_waf", "the WAF"),
];

/// What the conversion of one document needs.
pub(crate) struct Context<'c, 'v> {
    pub(crate) references: &'c References<'v>,
    pub(crate) missing: MissingReference,
    pub(crate) fleet: &'c mut Fleet,
    pub(crate) findings: &'c mut Findings,
}

/// Puts the resources of a document into the fleet. `root` is the document,
/// which may hold the configuration of a plan.
pub(crate) fn convert<'v>(
    root: &'v Value,
    resources: &[Resource<'v>],
    missing: MissingReference,
    fleet: &mut Fleet,
    findings: &mut Findings,
) {
    let ids: Vec<String> = resources.iter().map(|one| id_of(one, fleet)).collect();
    let references = References::new(root, resources, &ids);
    let mut context = Context {
        references: &references,
        missing,
        fleet,
        findings,
    };
    for (resource, id) in resources.iter().zip(ids) {
        match resource.kind.as_str() {
            GROUP => context.group(resource, id),
            "alicloud_security_group_rule" => context.rule(resource, &id),
            "alicloud_ecs_prefix_list" => context.prefix_list(resource, id),
            "alicloud_ecs_network_interface" | "alicloud_network_interface" => {
                instances::interface(&mut context, resource, id);
            }
            "alicloud_ecs_network_interface_attachment"
            | "alicloud_network_interface_attachment" => {
                instances::attachment(&mut context, resource);
            }
            "alicloud_instance" => instances::instance(&mut context, resource, &id),
            "alicloud_vswitch" => instances::vswitch(&mut context, resource, id),
            _ => context.other(resource),
        }
    }
}

/// Returns the description of an entry, where it has one.
fn described(entry: &Value) -> Option<(&Value, &str)> {
    let value = entry.get("description")?;
    let text = value.text().filter(|text| !text.is_empty())?;
    Some((value, text))
}

/// Returns the id of a resource, or one made of its address.
fn id_of(resource: &Resource<'_>, fleet: &mut Fleet) -> String {
    match resource.attribute("id") {
        Attribute::Known(id) if id.text().is_some() => id.text().unwrap_or_default().to_owned(),
        _ => fleet.name(&resource.origin.path),
    }
}

impl Context<'_, '_> {
    fn group(&mut self, resource: &Resource<'_>, id: String) {
        let mut row = Row::new(resource.origin.clone());
        row.put("SecurityGroupId", resource.place("id"), &*id);
        self.copy(
            &mut row,
            resource,
            "SecurityGroupName",
            &["security_group_name", "name"],
        );
        self.describe(&mut row, resource);
        self.copy(
            &mut row,
            resource,
            "SecurityGroupType",
            &["security_group_type"],
        );
        self.copy(
            &mut row,
            resource,
            "InnerAccessPolicy",
            &["inner_access_policy"],
        );
        if !row.has("InnerAccessPolicy")
            && let Some((access, origin)) = resource.text("inner_access", self.findings)
        {
            // The old boolean of the provider.
            let policy = match access.as_str() {
                "true" => "Accept",
                "false" => "Drop",
                other => other,
            };
            row.put("InnerAccessPolicy", origin, policy);
        }
        if let Some((vpc, origin)) = self.vpc(resource) {
            row.put("VpcId", origin, vpc);
        }
        self.assume(&mut row, resource);
        self.fleet.groups.push(Group {
            id,
            row,
            clone_of: None,
        });
    }

    /// Fills in what a group does not say, as ECS does when it creates one,
    /// and says so (5.7.1).
    fn assume(&mut self, row: &mut Row, resource: &Resource<'_>) {
        let mut assumed = Vec::new();
        if !row.has("SecurityGroupType") {
            row.put(
                "SecurityGroupType",
                resource.place("security_group_type"),
                "normal",
            );
            assumed.push("security_group_type normal");
        }
        if !row.has("InnerAccessPolicy") {
            let enterprise = row.text("SecurityGroupType");
            let enterprise = enterprise.is_some_and(|kind| kind.eq_ignore_ascii_case("enterprise"));
            let policy = if enterprise { "Drop" } else { "Accept" };
            row.put(
                "InnerAccessPolicy",
                resource.place("inner_access_policy"),
                policy,
            );
            assumed.push(if enterprise {
                "inner_access_policy Drop"
            } else {
                "inner_access_policy Accept"
            });
        }
        if !row.has("VpcId") {
            row.put("VpcId", resource.place("vpc_id"), "");
            assumed.push("the classic network (no vpc_id)");
        }
        if !assumed.is_empty() {
            let message = format!(
                "{} assumed, which is what ECS gives a group that names none",
                assumed.join(" and ")
            );
            self.findings.warning(&resource.origin, message);
        }
    }

    /// Returns the VPC of a resource: its id, or one made of what its
    /// expression refers to, which is the same for all that refer to it.
    pub(crate) fn vpc(&mut self, resource: &Resource<'_>) -> Option<Placed> {
        match resource.attribute("vpc_id") {
            Attribute::Absent => None,
            Attribute::Known(value) => resource.text_of("vpc_id", value, self.findings),
            Attribute::Unknown => {
                let kinds = ["alicloud_vpc"];
                let origin = resource.place("vpc_id");
                if let Some(id) = self.references.id(resource, "vpc_id", &kinds) {
                    return Some((id, origin));
                }
                let wording = self.references.wording(resource, "vpc_id");
                let wording = wording.unwrap_or_else(|| origin.path.to_string());
                let message = format_args!(
                    "known after apply only (`{}`); it is taken for a VPC of its own",
                    Shown(&wording)
                );
                self.findings.warning(&origin, message);
                Some((plain_id(&wording), origin))
            }
        }
    }

    fn rule(&mut self, resource: &Resource<'_>, id: &str) {
        let mut row = Row::new(resource.origin.clone());
        let problems = self.findings.problems();
        let group = self.reference(resource, "security_group_id", &[GROUP]);
        self.copy(
            &mut row,
            resource,
            "SecurityGroupRuleId",
            &["security_group_rule_id"],
        );
        if !row.has("SecurityGroupRuleId") {
            // A known id of the provider is a text of all fields (6.2.1).
            let id = match resource.attribute("id") {
                Attribute::Known(_) => self.fleet.name(&resource.origin.path),
                Attribute::Absent | Attribute::Unknown => id.to_owned(),
            };
            row.put("SecurityGroupRuleId", resource.origin.clone(), id);
        }
        for (field, name) in [
            ("Direction", "type"),
            ("IpProtocol", "ip_protocol"),
            ("Policy", "policy"),
            ("Priority", "priority"),
            ("PortRange", "port_range"),
            ("NicType", "nic_type"),
            ("Description", "description"),
        ] {
            self.copy(&mut row, resource, field, &[name]);
        }
        if !row.has("PortRange") {
            // The provider's default.
            row.put("PortRange", resource.place("port_range"), "-1/-1");
        }
        let egress = row.text("Direction");
        let egress = egress.is_some_and(|direction| direction.eq_ignore_ascii_case("egress"));
        let whole = self.peer(&mut row, resource, egress);
        // What is wrong was said, and would only be said again as missing.
        let whole = whole && self.findings.problems() == problems;
        if let Some((group, _)) = group
            && whole
        {
            self.fleet.rules.push(Rule { group, row });
        }
    }

    /// Adds the peers of a rule. The provider "sends every peer it is given",
    /// so 2.7 decides (6.2.2). Returns whether the rule can be used.
    fn peer(&mut self, row: &mut Row, resource: &Resource<'_>, egress: bool) -> bool {
        let fields = if egress {
            [
                "DestCidrIp",
                "Ipv6DestCidrIp",
                "DestGroupId",
                "DestPrefixListId",
                "DestGroupOwnerId",
            ]
        } else {
            [
                "SourceCidrIp",
                "Ipv6SourceCidrIp",
                "SourceGroupId",
                "SourcePrefixListId",
                "SourceGroupOwnerId",
            ]
        };
        let [ipv4, ipv6, group, list, owner] = fields;
        self.copy(
            row,
            resource,
            owner,
            &["source_group_owner_id", "source_group_owner_account"],
        );
        for (field, name) in [(ipv4, "cidr_ip"), (ipv6, "ipv6_cidr_ip")] {
            match resource.attribute(name) {
                Attribute::Absent => {}
                Attribute::Known(value) => {
                    let text = resource.text_of(name, value, self.findings);
                    if let Some((text, origin)) = text {
                        row.put(field, origin, text);
                    }
                }
                Attribute::Unknown => return self.unknown_peer(row, resource, name, list),
            }
        }
        for (field, name, kinds) in [
            (group, "source_security_group_id", &[GROUP][..]),
            (list, "prefix_list_id", PREFIX_LIST),
        ] {
            match resource.attribute(name) {
                // The provider computes the list, where none is given.
                Attribute::Unknown if has_peer(row, &fields) => {}
                Attribute::Unknown | Attribute::Known(_) => {
                    match self.reference(resource, name, kinds) {
                        Some((id, origin)) => row.put(field, origin, id),
                        None => return false,
                    }
                }
                Attribute::Absent => {}
            }
        }
        true
    }

    /// Decides about a rule whose peer only apply will tell: it is refused, or
    /// read as matching nothing where that was asked for (3.6.5).
    fn unknown_peer(
        &mut self,
        row: &mut Row,
        resource: &Resource<'_>,
        name: &str,
        list: &'static str,
    ) -> bool {
        let origin = resource.place(name);
        let from = self.references.wording(resource, name);
        let from = from.map_or_else(String::new, |from| format!(" (from `{}`)", Shown(&from)));
        if self.missing == MissingReference::Error {
            let message = format_args!(
                "known after apply only{from}, so what the rule matches is not known; give a \
                 value, or use --set eval.missing_ref=nomatch"
            );
            self.findings.problem(&origin, message);
            return false;
        }
        let message = format_args!("known after apply only{from}; the rule matches nothing");
        self.findings.warning(&origin, message);
        let id = format!("unknown-{}", self.fleet.name(&resource.origin.path));
        row.put(list, origin, id);
        true
    }

    fn prefix_list(&mut self, resource: &Resource<'_>, id: String) {
        let mut row = Row::new(resource.origin.clone());
        row.put("PrefixListId", resource.place("id"), id);
        self.copy(&mut row, resource, "PrefixListName", &["prefix_list_name"]);
        self.describe(&mut row, resource);
        self.copy(&mut row, resource, "AddressFamily", &["address_family"]);
        self.copy(&mut row, resource, "MaxEntries", &["max_entries"]);
        let mut entries = Vec::new();
        if let Attribute::Known(list) = resource.attribute("entry") {
            let place = resource.part("entry", list);
            for (index, item) in list.items().iter().enumerate() {
                let origin = place.item(index, item.at);
                let mut entry = Row::new(origin.clone());
                match item.get("cidr").map(|cidr| (cidr, cidr.text())) {
                    Some((cidr, Some(text))) => {
                        entry.put("Cidr", origin.part("cidr", cidr.at), text);
                    }
                    _ => self
                        .findings
                        .problem(&origin, "an entry without a known cidr"),
                }
                if let Some((value, text)) = described(item) {
                    entry.put("Description", origin.part("description", value.at), text);
                }
                entries.push(entry);
            }
        }
        if matches!(resource.attribute("entry"), Attribute::Unknown) {
            let message = "known after apply only, so what the list holds is not known";
            self.findings.problem(&resource.place("entry"), message);
        }
        row.add("Entries", resource.place("entry"), Content::Rows(entries));
        self.fleet.prefix_lists.push(row);
    }

    /// Copies what describes an object and decides nothing.
    pub(crate) fn describe(&mut self, row: &mut Row, resource: &Resource<'_>) {
        for (field, name) in [
            ("Description", "description"),
            ("ResourceGroupId", "resource_group_id"),
            ("CreationTime", "create_time"),
        ] {
            self.copy(row, resource, field, &[name]);
        }
        if let Attribute::Known(tags) = resource.attribute("tags") {
            let place = resource.part("tags", tags);
            let tags = tags.entries().iter().filter_map(|(key, value)| {
                let origin = place.part(&key.text, value.at);
                let mut tag = Row::new(origin.clone());
                tag.put("TagKey", origin.clone(), &*key.text);
                tag.put("TagValue", origin, value.text()?);
                Some(tag)
            });
            row.add("Tags", place.clone(), Content::Rows(tags.collect()));
        }
    }

    /// Says what is not modelled, where it matters.
    fn other(&mut self, resource: &Resource<'_>) {
        let filter = OTHER_FILTERS
            .iter()
            .find(|(start, _)| resource.kind.starts_with(start));
        if let Some((_, what)) = filter {
            let message = format_args!(
                "{} is not modelled: {what} filter traffic, too, but are no security groups",
                Shown(&resource.kind)
            );
            self.findings.warning(&resource.origin, message);
            return;
        }
        for name in ["security_group_id", "security_group_ids", "security_groups"] {
            if let Attribute::Known(value) = resource.attribute(name) {
                let message = format_args!(
                    "{} is not modelled; the addresses that it puts into security groups come \
                     from a DescribeNetworkInterfaces answer",
                    Shown(&resource.kind)
                );
                self.findings.warning(&resource.part(name, value), message);
                return;
            }
        }
    }

    /// Returns the id in an attribute: given, or of the resource that it will
    /// be the id of. What cannot be told is a problem.
    pub(crate) fn reference(
        &mut self,
        resource: &Resource<'_>,
        name: &str,
        kinds: &[&str],
    ) -> Option<Placed> {
        match resource.attribute(name) {
            Attribute::Known(value) => resource.text_of(name, value, self.findings),
            Attribute::Absent => {
                self.findings
                    .problem(&resource.origin, format_args!("{name} is missing"));
                None
            }
            Attribute::Unknown => {
                let origin = resource.place(name);
                if let Some(id) = self.references.id(resource, name, kinds) {
                    return Some((id, origin));
                }
                self.unresolved(resource, name, &origin);
                None
            }
        }
    }

    /// Reports an attribute whose reference leads to no or several resources.
    pub(crate) fn unresolved(&mut self, resource: &Resource<'_>, name: &str, origin: &Origin) {
        let from = self.references.wording(resource, name);
        let from = from.map_or_else(
            || "nothing in this file says what it refers to".to_owned(),
            |from| format!("`{}` leads to no one resource of this file", Shown(&from)),
        );
        let message = format_args!(
            "the value is not known, and {from}; apply the part that creates it first, or write \
             the id"
        );
        self.findings.problem(origin, message);
    }

    /// Copies the first of several attributes that says something into a field.
    pub(crate) fn copy(
        &mut self,
        row: &mut Row,
        resource: &Resource<'_>,
        field: &'static str,
        names: &[&'static str],
    ) {
        /// What describes, and decides nothing.
        const DESCRIBES: [&str; 12] = [
            "ResourceGroupId",
            "CreationTime",
            "NetworkInterfaceName",
            "MacAddress",
            "SecurityGroupRuleId",
            "SecurityGroupName",
            "Description",
            "PrefixListName",
            "SecurityGroupType",
            "InnerAccessPolicy",
            "SourceGroupOwnerId",
            "DestGroupOwnerId",
        ];
        let (name, attribute) = resource.first(names);
        match attribute {
            // The provider writes a nil it was not given as text (6.2.1).
            Attribute::Known(value) if field == "NicType" && value.text() == Some("<nil>") => {}
            Attribute::Known(value) => {
                if let Some((text, origin)) = resource.text_of(name, value, self.findings) {
                    row.put(field, origin, text);
                }
            }
            // ECS fills in the same for all: 1, accept, intranet.
            Attribute::Unknown if ["Priority", "Policy", "NicType"].contains(&field) => {
                self.computed(resource, name, field);
            }
            Attribute::Unknown if !DESCRIBES.contains(&field) => {
                let message = format_args!("{name} is not known before apply; write its value");
                self.findings.problem(&resource.place(name), message);
            }
            Attribute::Unknown | Attribute::Absent => {}
        }
    }

    /// A field with a default that only apply will tell: `nic_type`, which is
    /// computed where none is given, is no news; anything else may be any value.
    fn computed(&mut self, resource: &Resource<'_>, name: &str, field: &str) {
        if field != "NicType" {
            let message = format_args!("{name} is not known before apply; write its value");
            self.findings.problem(&resource.place(name), message);
        }
    }
}

/// Tells whether a rule has a peer by now.
fn has_peer(row: &Row, fields: &[&str; 5]) -> bool {
    fields[..4].iter().any(|field| row.has(field))
}

/// Makes an id of a wording, the same for the same.
fn plain_id(wording: &str) -> String {
    let id: String = wording
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .take(secgroup_model::MAX_ID_LENGTH)
        .collect();
    id
}
