//! The short form for fleets written by hand, in YAML or JSON.
//!
//! It is documented in `docs/fleet-file.md`, with a JSON Schema beside it.
//! Unlike with formats of others, a field that is not known is a problem
//! here: nobody else could have meant something by it.

pub(crate) mod names;
pub(crate) mod peer;
mod rule;

use std::collections::HashSet;

use secgroup_model::Shown;

use crate::findings::{Findings, Origin};
use crate::fleet::{Fleet, Group, Interface, Placed};
use crate::row::{Content, Field, Row};
use crate::slip;
use crate::value::{Kind, Value};

/// The VPC that stands for the classic network.
const CLASSIC: &str = "classic";

/// The VPC of what names none, in a file that names none.
const USUAL_VPC: &str = "vpc-default";

/// The names of this form, where ECS has others.
pub(crate) const WORDS: [(&str, &str); 18] = [
    ("SecurityGroupType", "type"),
    ("InnerAccessPolicy", "inner"),
    ("VpcId", "vpc"),
    ("IpProtocol", "proto"),
    ("PortRange", "ports"),
    ("SourcePortRange", "source_ports"),
    ("PortRangeListId", "port_list"),
    ("Policy", "policy"),
    ("Priority", "priority"),
    ("NicType", "nic"),
    ("SourceCidrIp", "from"),
    ("Ipv6SourceCidrIp", "from"),
    ("SourceGroupId", "from"),
    ("SourcePrefixListId", "from"),
    ("DestCidrIp", "to"),
    ("Ipv6DestCidrIp", "to"),
    ("AddressFamily", "family"),
    ("MaxEntries", "max_entries"),
];

/// Returns a row of an entry alone.
fn entry(field: &'static str, text: String, origin: Origin) -> Row {
    let mut row = Row::new(origin.clone());
    row.put(field, origin, text);
    row
}

/// A file on its way into the fleet.
struct Reader<'r> {
    fleet: &'r mut Fleet,
    findings: &'r mut Findings,
    /// The VPC of what names none.
    vpc: Option<Placed>,
    groups: HashSet<String>,
    prefix_lists: HashSet<String>,
}

/// Puts what a file says into the fleet.
pub(crate) fn convert(root: &Value, origin: &Origin, fleet: &mut Fleet, findings: &mut Findings) {
    let names = |list: &str| {
        let list = root.get(list).map_or(&[][..], Value::entries);
        list.iter().map(|(key, _)| key.text.clone()).collect()
    };
    let mut reader = Reader {
        groups: names("groups"),
        prefix_lists: names("prefix_lists"),
        fleet,
        findings,
        vpc: None,
    };
    reader.check_names(root, origin, &names::FILE);
    reader.vpc = reader.text(root, "vpc", origin);
    reader.each(root, "groups", origin, Reader::group);
    reader.each(root, "interfaces", origin, Reader::interface);
    reader.each(root, "prefix_lists", origin, Reader::prefix_list);
    reader.each(root, "port_lists", origin, Reader::port_list);
}

impl Reader<'_> {
    /// Reads every entry of a map from ids to objects.
    fn each(
        &mut self,
        root: &Value,
        list: &str,
        origin: &Origin,
        read: fn(&mut Self, &str, &Value, &Origin),
    ) {
        let Some(all) = root.get(list) else {
            return;
        };
        let place = origin.part(list, all.at);
        if !matches!(all.kind, Kind::Map(_)) {
            let message = format_args!("expected a map from ids, found {}", all.what());
            self.findings.problem(&place, message);
            return;
        }
        for (key, value) in all.entries() {
            let place = place.part(&key.text, key.at);
            if matches!(value.kind, Kind::Map(_) | Kind::Null) {
                read(self, &key.text, value, &place);
            } else {
                let message = format_args!("expected its fields, found {}", value.what());
                self.findings.problem(&place, message);
            }
        }
    }

    fn group(&mut self, id: &str, value: &Value, place: &Origin) {
        self.check_names(value, place, &names::GROUP);
        let mut row = Row::new(place.clone());
        row.put("SecurityGroupId", place.clone(), id);
        if let Some((name, origin)) = self.text(value, "name", place) {
            row.put("SecurityGroupName", origin, name);
        }
        let kind = self.text(value, "type", place);
        let (kind, origin) = kind.unwrap_or_else(|| ("normal".to_owned(), place.clone()));
        let advanced = kind.eq_ignore_ascii_case("enterprise");
        row.put("SecurityGroupType", origin, kind);
        let inner = self.text(value, "inner", place);
        let (inner, origin) = inner.unwrap_or_else(|| {
            let inner = if advanced { "drop" } else { "accept" };
            (inner.to_owned(), place.clone())
        });
        row.put("InnerAccessPolicy", origin, inner);
        if let Some((owner, origin)) = self.text(value, "owner", place) {
            row.put("OwnerId", origin, owner);
        }
        if let Some((managed, origin)) = self.text(value, "managed", place) {
            row.put("ServiceManaged", origin, managed);
        }
        self.describe(&mut row, value, place);
        self.put_vpc(&mut row, value, place);
        if !row.has("VpcId") && self.vpc.is_none() && !value.has("vpc") {
            row.put("VpcId", place.clone(), USUAL_VPC);
        }
        self.fleet.groups.push(Group {
            id: id.to_owned(),
            row,
            clone_of: None,
        });
        for direction in ["ingress", "egress"] {
            self.rules(id, value, direction, place);
        }
    }

    /// Puts what describes an object and decides nothing.
    fn describe(&mut self, row: &mut Row, value: &Value, place: &Origin) {
        for (field, name) in names::DETAILS {
            // A group and a list have their names under other names.
            if name != "name"
                && let Some((text, origin)) = self.text(value, name, place)
            {
                row.put(field, origin, text);
            }
        }
        let Some(tags) = value.get("tags") else {
            return;
        };
        let place = place.part("tags", tags.at);
        if !matches!(tags.kind, Kind::Map(_) | Kind::Null) {
            let message = format_args!("expected a map from keys to values, found {}", tags.what());
            self.findings.problem(&place, message);
        }
        let mut rows = Vec::new();
        for (key, _) in tags.entries() {
            if let Some((text, origin)) = self.text(tags, &key.text, &place) {
                let mut tag = Row::new(origin.clone());
                tag.put("TagKey", origin.clone(), &*key.text);
                tag.put("TagValue", origin, text);
                rows.push(tag);
            }
        }
        row.add("Tags", place, Content::Rows(rows));
    }

    /// Puts the VPC that something names, or that the file names. An interface
    /// without is in that of its groups.
    fn put_vpc(&mut self, row: &mut Row, value: &Value, place: &Origin) {
        let own = self.text(value, "vpc", place);
        if let Some((vpc, origin)) = own.or_else(|| self.vpc.clone()) {
            let vpc = if vpc == CLASSIC { String::new() } else { vpc };
            row.put("VpcId", origin, vpc);
        }
    }

    fn interface(&mut self, id: &str, value: &Value, place: &Origin) {
        self.check_names(value, place, &names::INTERFACE);
        let mut row = Row::new(place.clone());
        row.put("NetworkInterfaceId", place.clone(), id);
        self.describe(&mut row, value, place);
        for (field, name) in [
            ("NetworkInterfaceName", "name"),
            ("ServiceManaged", "managed"),
            ("InstanceId", "instance"),
            ("Type", "type"),
        ] {
            if let Some((text, origin)) = self.text(value, name, place) {
                row.put(field, origin, text);
            }
        }
        self.put_vpc(&mut row, value, place);
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for (text, origin) in self.texts(value, "addresses", place) {
            let mut address = Row::new(origin.clone());
            if text.contains(':') {
                address.put("Ipv6Address", origin, text);
                ipv6.push(address);
            } else {
                address.put("PrivateIpAddress", origin.clone(), text);
                if ipv4.is_empty() {
                    address.put("Primary", origin, "true");
                }
                ipv4.push(address);
            }
        }
        row.add("PrivateIpSets", place.clone(), Content::Rows(ipv4));
        row.add("Ipv6Sets", place.clone(), Content::Rows(ipv6));
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for (text, origin) in self.texts(value, "prefixes", place) {
            let mut prefix = Row::new(origin.clone());
            let (name, list) = if text.contains(':') {
                ("Ipv6Prefix", &mut ipv6)
            } else {
                ("Ipv4Prefix", &mut ipv4)
            };
            prefix.put(name, origin, text);
            list.push(prefix);
        }
        row.add("Ipv4PrefixSets", place.clone(), Content::Rows(ipv4));
        row.add("Ipv6PrefixSets", place.clone(), Content::Rows(ipv6));
        self.timers(&mut row, value, place);
        let groups = self.texts(value, "groups", place);
        self.fleet.interfaces.push(Interface {
            id: id.to_owned(),
            row,
            groups,
            vswitch: None,
        });
    }

    /// The idle limits of sessions, in seconds (1.5.4).
    fn timers(&mut self, row: &mut Row, value: &Value, place: &Origin) {
        let Some(timers) = value.get("timers") else {
            return;
        };
        let place = place.part("timers", timers.at);
        self.check_names(timers, &place, &names::TIMERS);
        let mut seconds = Row::new(place.clone());
        for (field, name) in [
            ("TcpEstablishedTimeout", "tcp_established"),
            ("TcpClosedAndTimeWaitTimeout", "tcp_closed"),
            ("UdpTimeout", "udp"),
        ] {
            if let Some((text, origin)) = self.text(timers, name, &place) {
                seconds.put(field, origin, text);
            }
        }
        row.add(
            "ConnectionTrackingConfiguration",
            place,
            Content::Row(seconds),
        );
    }

    fn prefix_list(&mut self, id: &str, value: &Value, place: &Origin) {
        self.check_names(value, place, &names::PREFIX_LIST);
        let mut row = Row::new(place.clone());
        row.put("PrefixListId", place.clone(), id);
        for (field, name) in [
            ("PrefixListName", "name"),
            ("AddressFamily", "family"),
            ("MaxEntries", "max_entries"),
        ] {
            if let Some((text, origin)) = self.text(value, name, place) {
                row.put(field, origin, text);
            }
        }
        self.describe(&mut row, value, place);
        let entries = self.entries(value, ("Cidr", "cidr"), &names::PREFIX_ENTRY, place);
        row.add("Entries", place.clone(), Content::Rows(entries));
        self.fleet.prefix_lists.push(row);
    }

    fn port_list(&mut self, id: &str, value: &Value, place: &Origin) {
        self.check_names(value, place, &names::PORT_LIST);
        let mut row = Row::new(place.clone());
        row.put("PortRangeListId", place.clone(), id);
        for (field, name) in [("PortRangeListName", "name"), ("MaxEntries", "max_entries")] {
            if let Some((text, origin)) = self.text(value, name, place) {
                row.put(field, origin, text);
            }
        }
        self.describe(&mut row, value, place);
        let mut entries = self.entries(value, ("PortRange", "ports"), &names::PORT_ENTRY, place);
        for entry in &mut entries {
            let range = |field: &&mut Field| field.name == "PortRange";
            for field in entry.fields.iter_mut().filter(range) {
                if let Content::Text(text) = &mut field.content {
                    let written = std::mem::replace(text, rule::ports(text));
                    field.written = Some(written).filter(|written| written != text);
                }
            }
        }
        row.add("Entries", place.clone(), Content::Rows(entries));
        self.fleet.port_lists.push(row);
    }

    /// Returns the entries of a list: texts, or maps of `known` fields of which `name`
    /// is the entry.
    fn entries(
        &mut self,
        value: &Value,
        (field, name): (&'static str, &str),
        known: &[&str],
        place: &Origin,
    ) -> Vec<Row> {
        let Some(all) = value.get("entries") else {
            return Vec::new();
        };
        let origin = place.part("entries", all.at);
        let Kind::List(items) = &all.kind else {
            let text = self.text(value, "entries", place);
            return text
                .map(|(text, origin)| entry(field, text, origin))
                .into_iter()
                .collect();
        };
        let mut rows = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let origin = origin.item(index, item.at);
            if let Some(text) = item.text() {
                rows.push(entry(field, text.to_owned(), origin));
                continue;
            }
            if !matches!(item.kind, Kind::Map(_)) {
                let message = format_args!("expected text or fields, found {}", item.what());
                self.findings.problem(&origin, message);
                continue;
            }
            self.check_names(item, &origin, known);
            let Some((text, own)) = self.text(item, name, &origin) else {
                // What is there and no text was told.
                if !item.has(name) {
                    let message = format_args!("an entry without `{name}`");
                    self.findings.problem(&origin, message);
                }
                continue;
            };
            let mut row = entry(field, text, own);
            if let Some((text, origin)) = self.text(item, "description", &origin) {
                row.put("Description", origin, text);
            }
            rows.push(row);
        }
        rows
    }

    /// Returns the text of a field; anything else is a problem.
    fn text(&mut self, value: &Value, name: &str, place: &Origin) -> Option<Placed> {
        let field = value.get(name)?;
        let origin = place.part(name, field.at);
        match field.text() {
            Some(text) => Some((text.to_owned(), origin)),
            None => {
                let message = format_args!("expected text, found {}", field.what());
                self.findings.problem(&origin, message);
                None
            }
        }
    }

    /// Returns the texts of a list; a text by itself is a list of one.
    fn texts(&mut self, value: &Value, name: &str, place: &Origin) -> Vec<Placed> {
        let Some(field) = value.get(name) else {
            return Vec::new();
        };
        let origin = place.part(name, field.at);
        let Kind::List(items) = &field.kind else {
            return self.text(value, name, place).into_iter().collect();
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let origin = origin.item(index, item.at);
            match item.text() {
                Some(text) => texts.push((text.to_owned(), origin)),
                None => {
                    let message = format_args!("expected text, found {}", item.what());
                    self.findings.problem(&origin, message);
                }
            }
        }
        texts
    }

    /// Reports fields that are not known, or a value that has no fields.
    fn check_names(&mut self, value: &Value, place: &Origin, known: &[&str]) {
        if !matches!(value.kind, Kind::Map(_) | Kind::Null) {
            let message = format_args!("expected fields, found {}", value.what());
            self.findings.problem(place, message);
        }
        for (key, _) in value.entries() {
            let name = key.text.as_str();
            if known.contains(&name) {
                continue;
            }
            let place = place.part(name, key.at);
            let message = match slip::meant(name, known.iter().copied()) {
                Some(meant) => format!("unknown field `{}`: did you mean {meant}", Shown(name)),
                None => format!(
                    "unknown field `{}`; the fields here are {}",
                    Shown(name),
                    known.join(", ")
                ),
            };
            self.findings.problem(&place, message);
        }
    }
}
