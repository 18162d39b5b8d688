//! Prefix lists (1.6) and port lists (1.7).

use std::collections::{HashMap, HashSet};

use secgroup_model::{
    Family, MAX_PORT_LIST_ENTRIES, MAX_PREFIX_LIST_ENTRIES, Origin, PortList, PortListId,
    PortRange, Prefix, PrefixList, PrefixListId, Shown,
};

use super::findings::Findings;
use super::id;
use super::node::Node;
use super::object::Object;
use super::parts::Parts;
use super::site::Sites;

/// Reads one row of DescribePrefixLists, which has no entries, one answer of
/// DescribePrefixListAttributes, or a list of the snapshot format.
pub(super) fn read_prefix_list(
    object: &Object<'_, '_>,
    parts: &mut Parts,
    findings: &mut Findings,
) {
    let Some(id) = id::required(object, "PrefixListId", PrefixListId::new, findings) else {
        findings.lose_definition();
        return;
    };
    if let Some(name) = object.text("PrefixListName", findings) {
        let names = &mut parts.labels.prefix_lists;
        names
            .entry(id.to_string())
            .or_insert_with(|| name.into_owned());
    }
    let family = object.field("AddressFamily");
    let list = PrefixList {
        id,
        family: family.and_then(|node| address_family(node, findings)),
        max_entries: max_entries(object, MAX_PREFIX_LIST_ENTRIES, findings),
        entries: entries(object, prefix_entry, findings),
        origin: parts.sites.add(&object.node),
    };
    let complete = object.has("Entries");
    parts
        .prefix_lists
        .add(list, complete, &parts.sites, findings);
}

/// Reads one row of DescribePortRangeLists, which has no entries, or a list of
/// the snapshot format.
pub(super) fn read_port_list(object: &Object<'_, '_>, parts: &mut Parts, findings: &mut Findings) {
    let Some(id) = id::required(object, "PortRangeListId", PortListId::new, findings) else {
        findings.lose_definition();
        return;
    };
    if let Some(name) = object.text("PortRangeListName", findings) {
        let names = &mut parts.labels.port_lists;
        names
            .entry(id.to_string())
            .or_insert_with(|| name.into_owned());
    }
    let list = PortList {
        id,
        max_entries: max_entries(object, MAX_PORT_LIST_ENTRIES, findings),
        entries: entries(object, port_entry, findings),
        origin: parts.sites.add(&object.node),
    };
    let complete = object.has("Entries");
    parts.port_lists.add(list, complete, &parts.sites, findings);
}

/// A list of either kind, as far as joining it goes.
pub(super) trait List {
    /// What it is called in messages.
    const WHAT: &str;

    /// Returns its id.
    fn id(&self) -> &str;

    /// Returns where it was read.
    fn origin(&self) -> Origin;

    /// Returns its size in quotas: `MaxEntries`, or the entries as its lower
    /// bound where that is not known (4.9).
    fn size(&self) -> usize;

    /// Takes over what only `other`, read elsewhere, says.
    fn complete_from(&mut self, other: Self);
}

/// The lists of one kind, joined by id.
#[derive(Debug)]
pub(super) struct Lists<L> {
    lists: Vec<Joined<L>>,
    ids: HashMap<String, usize>,
}

#[derive(Debug)]
struct Joined<L> {
    list: L,
    /// Whether its entries are known.
    complete: bool,
}

impl<L> Default for Lists<L> {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            ids: HashMap::new(),
        }
    }
}

impl<L: List> Lists<L> {
    /// Adds what one place says about a list; `complete` when with its entries.
    fn add(&mut self, mut list: L, complete: bool, sites: &Sites, findings: &mut Findings) {
        let Some(at) = self.ids.get(list.id()).copied() else {
            self.ids.insert(list.id().to_owned(), self.lists.len());
            self.lists.push(Joined { list, complete });
            return;
        };
        let known = &mut self.lists[at];
        if known.complete == complete {
            let (what, id) = (L::WHAT, list.id());
            let place = sites.place(list.origin());
            findings.problem(place, format_args!("{what} `{id}` is defined twice"));
        } else if complete {
            std::mem::swap(&mut known.list, &mut list);
            known.list.complete_from(list);
            known.complete = true;
        } else {
            known.list.complete_from(list);
        }
    }

    /// Returns a list whose entries are known.
    pub(super) fn get(&self, id: &str) -> Option<&L> {
        let joined = &self.lists[*self.ids.get(id)?];
        joined.complete.then_some(&joined.list)
    }

    /// Returns the lists whose entries are known, in input order; the ids of
    /// the others go to `without_entries`.
    pub(super) fn split(self, without_entries: &mut HashSet<String>) -> Vec<L> {
        let mut complete = Vec::with_capacity(self.lists.len());
        for joined in self.lists {
            if joined.complete {
                complete.push(joined.list);
            } else {
                without_entries.insert(joined.list.id().to_owned());
            }
        }
        complete
    }
}

impl List for PrefixList {
    const WHAT: &str = "prefix list";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn size(&self) -> usize {
        self.max_entries
            .map_or(self.entries.len(), |most| most as usize)
    }

    fn complete_from(&mut self, other: Self) {
        self.family = self.family.or(other.family);
        self.max_entries = self.max_entries.or(other.max_entries);
    }
}

impl List for PortList {
    const WHAT: &str = "port list";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn size(&self) -> usize {
        self.max_entries
            .map_or(self.entries.len(), |most| most as usize)
    }

    fn complete_from(&mut self, other: Self) {
        self.max_entries = self.max_entries.or(other.max_entries);
    }
}

/// Reads all entries of a list.
fn entries<T>(
    object: &Object<'_, '_>,
    read: fn(Node<'_, '_>, &mut Findings) -> Option<T>,
    findings: &mut Findings,
) -> Vec<T> {
    let mut entries = Vec::new();
    if let Some(node) = object.field("Entries") {
        node.for_each("Entry", findings, |node, findings| {
            entries.extend(read(node, findings));
        });
    }
    entries
}

/// "Entries must be canonical (host bits zero): `10.0.0.1/8` is an error" (1.6).
fn prefix_entry(node: Node<'_, '_>, findings: &mut Findings) -> Option<Prefix> {
    const CODE: &str = "InvalidParameter.CidrMalformed";
    let entry = node.object(findings)?;
    let Some(cidr) = entry.field("Cidr") else {
        findings.problem(node, "entry without Cidr; prefix lists do not nest");
        return None;
    };
    let text = cidr.text(findings)?;
    match Prefix::parse(&text) {
        Ok(parsed) if parsed.had_host_bits => {
            let (text, prefix) = (Shown(&text), parsed.prefix);
            let message = format_args!(
                "{text} has host bits, which prefix lists do not allow; write {prefix}"
            );
            findings.coded(cidr, CODE, message);
            None
        }
        Ok(parsed) => Some(parsed.prefix),
        Err(error) => {
            findings.coded(cidr, CODE, error);
            None
        }
    }
}

fn port_entry(node: Node<'_, '_>, findings: &mut Findings) -> Option<PortRange> {
    let entry = node.object(findings)?;
    let Some(range) = entry.field("PortRange") else {
        findings.problem(node, "entry without PortRange");
        return None;
    };
    let text = range.text(findings)?;
    PortRange::parse(&text)
        .map_err(|error| {
            findings.coded(
                range,
                "InvalidParam.PortRange",
                format_args!("PortRange {error}"),
            );
        })
        .ok()
}

fn address_family(node: Node<'_, '_>, findings: &mut Findings) -> Option<Family> {
    let text = node.text(findings)?;
    if text.eq_ignore_ascii_case("IPv4") {
        return Some(Family::V4);
    }
    if text.eq_ignore_ascii_case("IPv6") {
        return Some(Family::V6);
    }
    let message = format_args!("AddressFamily `{}` is neither IPv4 nor IPv6", Shown(&text));
    findings.problem(node, message);
    None
}

/// Reads `MaxEntries`, which counts in every quota (4.9).
fn max_entries(object: &Object<'_, '_>, limit: u32, findings: &mut Findings) -> Option<u32> {
    let node = object.field("MaxEntries")?;
    let number = node.integer(findings)?;
    match u32::try_from(number) {
        Ok(number) if (1..=limit).contains(&number) => Some(number),
        _ => {
            let message = format_args!("MaxEntries {number} is not in 1..{limit}");
            findings.coded(node, "LimitExceed.MaxEntries", message);
            None
        }
    }
}
