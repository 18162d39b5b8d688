//! What prefix lists and port lists have in common (1.6, 1.7, 5.8): how they
//! are made, changed, found and counted. What an entry may be is with the
//! kinds of lists, in `prefix_lists` and `port_lists`.

use std::collections::{BTreeSet, HashMap};

use secgroup_model::Shown;

use super::Cloud;
use super::error::ApiError;
use super::fields::Fields;
use super::naming::{check_description, check_entry_description, check_list_name};
use super::objects::{Group, Permission, Tags, Time};
use super::operation::Call;
use super::paging::{Cut, Footer, Order, Outside, Paging, Size};
use super::regions::is_region;
use super::resource::{Resource, resource_group};
use super::store::Store;
use super::tag_parameters::{TagFilter, new_tags};

/// How many entries a call adds or removes at most (4.10, 4.11).
const MAX_ENTRIES_OF_A_CALL: usize = 200;

/// How many lists a query names at most.
const MAX_IDS: usize = 100;

/// How all queries about lists page.
pub(crate) const PAGING: Paging = Paging {
    results: Some(Size {
        least: 1,
        usual: 10,
        most: 100,
        outside: Outside::Refused,
    }),
    pages: None,
    order: Order::OldestFirst,
};

/// What the API calls a kind of list, and how it words its faults.
#[derive(Debug)]
pub(crate) struct Words {
    /// The parameter with the id of a list.
    pub(crate) id: &'static str,
    /// The parameter with its name.
    pub(crate) name: &'static str,
    /// The parameter with what an entry holds.
    pub(crate) entry: &'static str,
    pub(crate) bad_name: &'static str,
    pub(crate) bad_description: &'static str,
    pub(crate) too_many_entries: &'static str,
    /// The greatest `MaxEntries`, and the code and message for more.
    pub(crate) most_entries: u32,
    pub(crate) bad_max_entries: (&'static str, &'static str),
    pub(crate) duplicate: &'static str,
    pub(crate) not_found: (u16, &'static str),
    pub(crate) no_region: &'static str,
}

/// An entry of a list: a block or a port range, with a description.
pub(crate) trait Entry: Clone {
    fn new(text: String, description: String) -> Self;
    fn text(&self) -> &str;
}

/// A kind of list.
pub(crate) trait List: Resource + Clone {
    type Entry: Entry;
    const WORDS: Words;
    fn store(cloud: &Cloud) -> &Store<Self>;
    fn store_mut(cloud: &mut Cloud) -> &mut Store<Self>;
    fn name(&self) -> &str;
    fn max_entries(&self) -> u32;
    fn entries(&self) -> &[Self::Entry];
    /// Returns the name, the description and the entries, to be changed.
    fn parts_mut(&mut self) -> (&mut String, &mut String, &mut Vec<Self::Entry>);
    /// Returns the canonical text of an entry; `place` is where it was sent.
    fn canonical(&self, place: &str, text: &str) -> Result<String, ApiError>;
    /// Returns the id of the list that a rule refers to.
    fn of_rule(rule: &Permission) -> Option<&str>;
}

/// The parameters of a list to be made that both kinds have.
#[derive(Debug)]
pub(crate) struct NewList {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) max_entries: u32,
    pub(crate) resource_group: String,
    pub(crate) tags: Tags,
}

/// Reads what both kinds of lists are made of, but for the entries.
///
/// # Errors
///
/// Those of the page of CreatePrefixList, in its order, and those of tags.
pub(crate) fn new_list<L: List>(call: &Call<'_>) -> Result<NewList, ApiError> {
    let words = L::WORDS;
    let max_entries = call.fields.integer("MaxEntries")?.unwrap_or(0);
    let max_entries = u32::try_from(max_entries.max(0)).unwrap_or(u32::MAX);
    if max_entries == 0 {
        return Err(ApiError::invalid("MaxEntries"));
    }
    if words.most_entries < max_entries {
        let (code, message) = words.bad_max_entries;
        return Err(ApiError::new(400, code, message));
    }
    let (name, description) = texts::<L>(call)?;
    let message = "The specified resource group is not found.";
    Ok(NewList {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        max_entries,
        resource_group: resource_group(call, message)?,
        tags: new_tags(&call.fields)?,
    })
}

/// Reads the entries of a list to be made.
///
/// # Errors
///
/// As [`Change::check`].
pub(crate) fn new_entries<L: List>(list: &L, call: &Call<'_>) -> Result<Vec<L::Entry>, ApiError> {
    let entries = entries(list, &call.fields, "Entry")?;
    check_distinct::<L>(entries.iter().map(L::Entry::text))?;
    check_capacity(list, entries.len())?;
    Ok(entries)
}

/// What a call changes about a list.
#[derive(Debug)]
pub(crate) struct Change<E> {
    id: String,
    name: Option<String>,
    description: Option<String>,
    entries: Vec<E>,
}

impl<E: Entry> Change<E> {
    /// Checks a call that changes a list (5.8.2).
    ///
    /// It may name nothing twice, neither among what it adds, nor among what
    /// it removes, nor across. What it removes goes first and makes room, and
    /// need not be there; what it adds and is there gets the new description,
    /// in its place.
    ///
    /// # Errors
    ///
    /// Those of the pages of ModifyPrefixList and ModifyPortRangeList.
    pub(crate) fn check<L: List<Entry = E>>(
        cloud: &Cloud,
        call: &Call<'_>,
    ) -> Result<Self, ApiError> {
        let list = find::<L>(cloud, call)?;
        let (name, description) = texts::<L>(call)?;
        let removed = entries(list, &call.fields, "RemoveEntry")?;
        let added = entries(list, &call.fields, "AddEntry")?;
        let named = removed.iter().chain(&added);
        check_distinct::<L>(named.map(E::text))?;
        let mut kept = list.entries().to_vec();
        kept.retain(|entry| !removed.iter().any(|gone| gone.text() == entry.text()));
        for entry in added {
            match kept.iter_mut().find(|old| old.text() == entry.text()) {
                Some(old) => *old = entry,
                None => kept.push(entry),
            }
        }
        check_capacity(list, kept.len())?;
        Ok(Self {
            id: list.id().to_owned(),
            name,
            description,
            entries: kept,
        })
    }

    /// Makes the change.
    pub(crate) fn apply<L: List<Entry = E>>(self, cloud: &mut Cloud) {
        let list = L::store_mut(cloud).get_mut(&self.id);
        let (name, description, entries) = list.expect("`check` found the list").parts_mut();
        if let Some(new) = self.name {
            *name = new;
        }
        if let Some(new) = self.description {
            *description = new;
        }
        *entries = self.entries;
    }
}

/// Finds the list that a call names.
///
/// # Errors
///
/// `404 InvalidPrefixListId.NotFound`, `400 InvalidPortRangeListId.NotFound`.
pub(crate) fn find<'a, L: List>(cloud: &'a Cloud, call: &Call<'_>) -> Result<&'a L, ApiError> {
    let id = call.fields.required(L::WORDS.id)?;
    let list = L::store(cloud).get(id).map(AsRef::as_ref);
    list.filter(|list| list.is_asked(call)).ok_or_else(|| {
        let (status, message) = L::WORDS.not_found;
        ApiError::new(status, format!("Invalid{}.NotFound", L::WORDS.id), message)
    })
}

/// Checks the parameters of a call about one list (5.0.9, step 1).
///
/// # Errors
///
/// Those of [`region`], and `400 MissingParameter`.
pub(crate) fn required<L: List>(call: &Call<'_>) -> Result<(), ApiError> {
    region::<L>(call)?;
    call.fields.required(L::WORDS.id)?;
    Ok(())
}

/// Returns the region of a call about lists.
///
/// # Errors
///
/// `400 MissingParameter.RegionId`, and `404 InvalidRegionId.NotFound` for
/// what no region can be called.
pub(crate) fn region<'a, L: List>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let region = call.required_region()?;
    if is_region(region) {
        return Ok(region);
    }
    let message = L::WORDS.no_region;
    Err(ApiError::new(404, "InvalidRegionId.NotFound", message))
}

/// Tells whether a rule of any group refers to a list.
pub(crate) fn is_used<L: List>(cloud: &Cloud, id: &str) -> bool {
    cloud.groups.values().any(|group| uses::<L>(group, id))
}

/// Returns the page of groups with a rule on the list that a call names.
///
/// # Errors
///
/// Those of [`find`] and of the page.
pub(crate) fn associations<'a, L: List>(
    cloud: &'a Cloud,
    call: &Call<'_>,
    action: &'static str,
) -> Result<Cut<&'a Group>, ApiError> {
    let list = find::<L>(cloud, call)?;
    let page = PAGING.read(call, action)?;
    let groups = cloud.groups.values().map(AsRef::as_ref);
    let groups = groups.filter(|group| uses::<L>(group, list.id())).collect();
    Ok(page.cut(&PAGING, groups, |group| (group.created(), group.id())))
}

/// A page of lists, each with the number of groups that use it.
pub(crate) struct Listing<'a, L> {
    pub(crate) rows: Vec<(&'a L, usize)>,
    pub(crate) footer: Footer,
}

/// Answers a query for lists by id, name, resource group and tags, and
/// whatever else `wanted` asks.
///
/// # Errors
///
/// `400 LimitExceed.PrefixListId`, `400 LimitExceed.PortRangeListId`, and
/// those of tags and pages.
pub(crate) fn listing<'a, L: List>(
    cloud: &'a Cloud,
    call: &Call<'_>,
    action: &'static str,
    wanted: impl Fn(&L) -> bool,
) -> Result<Listing<'a, L>, ApiError> {
    let words = L::WORDS;
    let ids = call.fields.list(words.id);
    if MAX_IDS < ids.len() {
        let message = format!("The specified number of {} exceeds the limit.", words.id);
        return Err(ApiError::new(
            400,
            format!("LimitExceed.{}", words.id),
            message,
        ));
    }
    let name = call.fields.text(words.name);
    let group = call.fields.text("ResourceGroupId");
    let tags = TagFilter::read(&call.fields)?;
    let page = PAGING.read(call, action)?;
    let lists = L::store(cloud).values().map(AsRef::as_ref);
    let lists = lists.filter(|list: &&L| {
        list.is_asked(call)
            && (ids.is_empty() || ids.contains(&list.id()))
            && name.is_none_or(|name| list.name() == name)
            && group.is_none_or(|group| list.resource_group() == group)
            && tags.matches(list.tags())
            && wanted(list)
    });
    let cut = page.cut(&PAGING, lists.collect(), |list: &&L| {
        (list.created(), list.id())
    });
    let counts = association_counts::<L>(cloud);
    let counted = |list: &'a L| (list, counts.get(list.id()).copied().unwrap_or(0));
    Ok(Listing {
        rows: cut.rows.into_iter().map(counted).collect(),
        footer: cut.footer,
    })
}

/// Returns `CreationTime` of lists, which has no seconds: `2021-02-20T07:11Z`
/// (5.0.6, 5.8.4).
pub(crate) fn creation_time(Time(seconds): Time) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

fn uses<L: List>(group: &Group, id: &str) -> bool {
    let mut rules = group.permissions.iter();
    rules.any(|stored| L::of_rule(&stored.row) == Some(id))
}

/// Returns how many groups use each list, however many rules they have on it
/// (4.10).
fn association_counts<L: List>(cloud: &Cloud) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for group in cloud.groups.values() {
        let rules = group.permissions.iter();
        let used: BTreeSet<&str> = rules.filter_map(|stored| L::of_rule(&stored.row)).collect();
        for id in used {
            *counts.entry(id).or_default() += 1;
        }
    }
    counts
}

/// Reads the name and the description of a list, where they are given.
fn texts<L: List>(call: &Call<'_>) -> Result<(Option<String>, Option<String>), ApiError> {
    let words = L::WORDS;
    let name = call.fields.text(words.name);
    if name.is_some_and(|name| !check_list_name(name)) {
        let code = format!("InvalidParameter.{}", words.name);
        return Err(ApiError::new(400, code, words.bad_name));
    }
    let description = call.fields.text("Description");
    if description.is_some_and(|text| !check_description(text)) {
        return Err(bad_description::<L>());
    }
    Ok((name.map(str::to_owned), description.map(str::to_owned)))
}

fn bad_description<L: List>() -> ApiError {
    ApiError::new(
        400,
        "InvalidDescription.Malformed",
        L::WORDS.bad_description,
    )
}

/// Reads `parameter.N`: what each entry holds, in canonical form, and its
/// description.
fn entries<L: List>(
    list: &L,
    fields: &Fields<'_>,
    parameter: &str,
) -> Result<Vec<L::Entry>, ApiError> {
    let sent = fields.numbered(parameter);
    if MAX_ENTRIES_OF_A_CALL < sent.len() {
        let message = "The number of entries added or removed exceeds the limit.";
        return Err(ApiError::new(400, "LimitExceed.Entry", message));
    }
    let read = sent.iter().map(|entry| {
        let field = L::WORDS.entry;
        let text = list.canonical(&entry.name(field), entry.required(field)?)?;
        let description = entry.text("Description").unwrap_or("");
        if !description.is_empty() && !check_entry_description(description) {
            return Err(bad_description::<L>());
        }
        Ok(L::Entry::new(text, description.to_owned()))
    });
    read.collect()
}

/// Refuses a call that names one block or port range twice.
fn check_distinct<'a, L: List>(texts: impl Iterator<Item = &'a str>) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text) {
            let entry = L::WORDS.entry;
            let message = L::WORDS.duplicate.replace("%s", &Shown(text).to_string());
            let code = format!("InvalidParameter.{entry}Duplicated");
            return Err(ApiError::new(400, code, message));
        }
    }
    Ok(())
}

fn check_capacity<L: List>(list: &L, entries: usize) -> Result<(), ApiError> {
    if entries <= list.max_entries() as usize {
        return Ok(());
    }
    let message = L::WORDS.too_many_entries;
    Err(ApiError::new(400, "LimitExceed.MaxEntries", message))
}
