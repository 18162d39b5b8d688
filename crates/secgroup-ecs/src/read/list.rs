//! Prefix lists (1.6) and port lists (1.7).

use std::collections::{HashMap, HashSet};

use secgroup_model::{
    Family, MAX_PORT_LIST_ENTRIES, MAX_PREFIX_LIST_ENTRIES, Origin, PortList, PortListId,
    PortRange, Prefix, PrefixList, PrefixListId, Shown,
};

use super::difference::Difference;
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
    let said = Joined {
        list,
        complete,
        answer: parts.answers,
    };
    parts.repeats += u64::from(parts.prefix_lists.add(said, &parts.sites, findings));
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
    let said = Joined {
        list,
        complete,
        answer: parts.answers,
    };
    parts.repeats += u64::from(parts.port_lists.add(said, &parts.sites, findings));
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

    /// Returns what `other`, read elsewhere, says differently.
    fn differences(&self, other: &Self) -> Vec<Difference>;
}

/// The lists of one kind, joined by id.
#[derive(Debug)]
pub(super) struct Lists<L> {
    lists: Vec<Joined<L>>,
    ids: HashMap<String, usize>,
}

/// What one place says about a list, or several together.
#[derive(Debug)]
struct Joined<L> {
    list: L,
    /// Whether its entries are known.
    complete: bool,
    /// The number of the answer that says so, the first of several.
    answer: usize,
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
    /// Adds what one place says about a list; tells whether an earlier answer
    /// said the same.
    fn add(&mut self, mut said: Joined<L>, sites: &Sites, findings: &mut Findings) -> bool {
        let Some(at) = self.ids.get(said.list.id()).copied() else {
            self.ids.insert(said.list.id().to_owned(), self.lists.len());
            self.lists.push(said);
            return false;
        };
        let known = &mut self.lists[at];
        if known.complete == said.complete {
            return known.agrees(&said, sites, findings);
        }
        if said.complete {
            std::mem::swap(known, &mut said);
        }
        known.list.complete_from(said.list);
        false
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

impl<L: List> Joined<L> {
    /// Tells whether another answer says the same; reports what differs.
    fn agrees(&self, other: &Self, sites: &Sites, findings: &mut Findings) -> bool {
        let (one, two) = (&self.list, &other.list);
        let places = || (sites.place(one.origin()), sites.place(two.origin()));
        let what = format!("{} `{}`", L::WHAT, one.id());
        if self.answer == other.answer {
            let (first, again) = places();
            findings.problem_again(again, first, format_args!("{what} is defined twice"));
            return false;
        }
        let differences = one.differences(two);
        for difference in &differences {
            let (first, again) = places();
            difference.report(&what, first, again, findings);
        }
        differences.is_empty()
    }
}

fn max_entries_differ(one: Option<u32>, other: Option<u32>) -> Option<Difference> {
    let written = ToString::to_string;
    Difference::of("MaxEntries", one.as_ref(), other.as_ref(), written)
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

    fn differences(&self, other: &Self) -> Vec<Difference> {
        let (family, other_family) = (self.family.as_ref(), other.family.as_ref());
        let all = [
            Difference::of("AddressFamily", family, other_family, ToString::to_string),
            max_entries_differ(self.max_entries, other.max_entries),
            Difference::of_sets("Entries", &self.entries, &other.entries),
        ];
        all.into_iter().flatten().collect()
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

    fn differences(&self, other: &Self) -> Vec<Difference> {
        let all = [
            max_entries_differ(self.max_entries, other.max_entries),
            Difference::of_sets("Entries", &self.entries, &other.entries),
        ];
        all.into_iter().flatten().collect()
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
