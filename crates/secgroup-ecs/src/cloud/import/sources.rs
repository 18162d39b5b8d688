//! What documents say about each object, joined by id.
//!
//! Values are told apart as [`crate::read()`] does, and the same places are
//! looked at in the same order, so that the permissions found here are the
//! rules of the snapshot, one for one.

use std::borrow::Cow;
use std::rc::Rc;

use indexmap::IndexMap;
use secgroup_model::{AccountId, Escaped, Shown};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::notes::{Notes, Place};
use super::row::{Row, items};
use crate::Document;
use crate::cloud::Cloud;
use crate::cloud::objects::{Tags, Time};
use crate::cloud::tokens::Tokens;

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Interface,
    Instance,
    PrefixList,
    PortList,
    Vpc,
    VSwitch,
}

/// The lists of an answer, with the key of their items.
const LISTS: [(&str, &str, Kind); 5] = [
    ("SecurityGroups", "SecurityGroup", Kind::Group),
    (
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
        Kind::Interface,
    ),
    ("Instances", "Instance", Kind::Instance),
    ("PrefixLists", "PrefixList", Kind::PrefixList),
    ("PortRangeLists", "PortRangeList", Kind::PortList),
];

/// What an answer about one thing is about: the first of these it has an id of.
const SINGLE: [Kind; 4] = [
    Kind::Interface,
    Kind::Group,
    Kind::PrefixList,
    Kind::PortList,
];

/// The lists of a state file that nothing else has.
const OWN_LISTS: [(&str, &str, Kind); 3] = [
    ("Instances", "Instance", Kind::Instance),
    ("VSwitches", "VSwitch", Kind::VSwitch),
    ("Vpcs", "Vpc", Kind::Vpc),
];

/// The greatest number of ids that a state can have given. It leaves room for
/// more ids than can ever be given.
pub(super) const MAX_IDS_GIVEN: u64 = u64::MAX / 2;

impl Kind {
    /// Returns the field with the id.
    const fn id(self) -> &'static str {
        match self {
            Self::Group => "SecurityGroupId",
            Self::Interface => "NetworkInterfaceId",
            Self::Instance => "InstanceId",
            Self::PrefixList => "PrefixListId",
            Self::PortList => "PortRangeListId",
            Self::Vpc => "VpcId",
            Self::VSwitch => "VSwitchId",
        }
    }
}

/// How much a place says about an interface; of several the first one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Row,
    Answer,
    OfInstance,
}

/// What one place says about an object.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) json: &'a str,
    pub(super) row: Row<'a>,
    place: Place,
    rank: Rank,
    /// The region of the whole answer.
    region: Option<Cow<'a, str>>,
}

/// What all places say about an object, those that say most first.
#[derive(Debug, Default)]
pub(super) struct Known<'a>(Vec<Piece<'a>>);

/// Objects of one kind, in the order in which they are first named.
#[derive(Debug, Default)]
pub(super) struct Objects<'a> {
    known: IndexMap<String, Known<'a>>,
    /// What is known of the others.
    nothing: Known<'a>,
}

/// Everything that the documents say.
#[derive(Debug, Default)]
pub(super) struct Sources<'a> {
    pub(super) groups: Objects<'a>,
    pub(super) interfaces: Objects<'a>,
    pub(super) instances: Objects<'a>,
    pub(super) prefix_lists: Objects<'a>,
    pub(super) port_lists: Objects<'a>,
    pub(super) vpcs: Objects<'a>,
    pub(super) vswitches: Objects<'a>,
    /// How many ids a state file says were given.
    pub(super) ids_given: u64,
    /// The client tokens of state files.
    tokens: Vec<(&'a str, Place)>,
}

/// A value on its way to a row.
#[derive(Clone, Debug)]
struct Site<'a> {
    page: usize,
    text: &'a str,
    json: &'a str,
    parent: Rc<str>,
    index: Option<usize>,
}

/// What holds for all rows of an answer.
#[derive(Clone, Debug)]
struct Common<'a> {
    rank: Rank,
    region: Option<Cow<'a, str>>,
}

/// Returns the text of a document, without a byte order mark; none of what is
/// no text.
pub(super) fn text<'a>(document: &Document<'a>) -> &'a str {
    let bytes = document.bytes;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).unwrap_or_default()
}

impl<'a> Sources<'a> {
    /// Looks through all documents.
    pub(super) fn open(documents: &[Document<'a>]) -> Self {
        let mut sources = Self::default();
        for (page, document) in documents.iter().enumerate() {
            let text = text(document);
            let roots = Deserializer::from_str(text).into_iter::<&'a RawValue>();
            for root in roots.map_while(Result::ok) {
                let site = Site {
                    page,
                    text,
                    json: root.get(),
                    parent: Rc::from(""),
                    index: None,
                };
                if !site.json.starts_with('[') {
                    sources.read_answer(&site);
                    continue;
                }
                for answer in site.each(items(site.json), Rc::from("")) {
                    sources.read_answer(&answer);
                }
            }
        }
        sources
    }

    fn read_answer(&mut self, site: &Site<'a>) {
        let Some(answer) = Row::open(site.json) else {
            return;
        };
        let state = answer.object("SecgroupState");
        let mut common = Common {
            rank: Rank::Row,
            region: answer.text("RegionId"),
        };
        let mut listed = false;
        for (plural, singular, kind) in LISTS {
            listed |= answer.has(plural);
            for item in site.items(&answer, plural, singular) {
                self.add(kind, &item, &common);
            }
        }
        if let Some(state) = state {
            self.read_state(site, &state, &common);
        }
        if listed {
            return;
        }
        if let Some(kind) = SINGLE.into_iter().find(|kind| answer.has(kind.id())) {
            common.rank = Rank::Answer;
            self.add(kind, site, &common);
        }
    }

    /// Reads what only state files have.
    fn read_state(&mut self, site: &Site<'a>, state: &Row<'a>, common: &Common<'a>) {
        let inside = site.child("SecgroupState", site.json);
        for (plural, singular, kind) in OWN_LISTS {
            for item in inside.items(state, plural, singular) {
                self.add(kind, &item, common);
            }
        }
        let tokens = inside.items(state, "Tokens", "Token");
        self.tokens
            .extend(tokens.map(|token| (token.json, token.place())));
        let given = state.text("IdsGiven").and_then(|text| text.parse().ok());
        self.ids_given = self.ids_given.max(given.unwrap_or(0)).min(MAX_IDS_GIVEN);
    }

    /// Adds what one place says about an object.
    fn add(&mut self, kind: Kind, site: &Site<'a>, common: &Common<'a>) {
        let Some(row) = Row::open(site.json) else {
            return;
        };
        let Some(id) = row.text(kind.id()) else {
            return;
        };
        if kind == Kind::Instance {
            for interface in site.items(&row, "NetworkInterfaces", "NetworkInterface") {
                let common = Common {
                    rank: Rank::OfInstance,
                    ..common.clone()
                };
                self.add(Kind::Interface, &interface, &common);
            }
        }
        let objects = match kind {
            Kind::Group => &mut self.groups,
            Kind::Interface => &mut self.interfaces,
            Kind::Instance => &mut self.instances,
            Kind::PrefixList => &mut self.prefix_lists,
            Kind::PortList => &mut self.port_lists,
            Kind::Vpc => &mut self.vpcs,
            Kind::VSwitch => &mut self.vswitches,
        };
        let known = objects.known.entry(id.into_owned()).or_default();
        // The pages of a group's rules stay in input order: they are of one rank.
        let rank = if kind == Kind::Interface {
            common.rank
        } else {
            Rank::Row
        };
        let at = known.0.partition_point(|piece| piece.rank <= rank);
        let piece = Piece {
            json: site.json,
            row,
            place: site.place(),
            rank,
            region: common.region.clone(),
        };
        known.0.insert(at, piece);
    }

    /// Gives a cloud the client tokens of state files (5.0.5).
    pub(super) fn take_tokens(&self, cloud: &mut Cloud, notes: &mut Notes) {
        let tokens = self.tokens.iter().filter_map(|(json, place)| {
            let token = serde_json::from_str(json);
            token
                .map_err(|error| notes.problem(place, Escaped(&error.to_string())))
                .ok()
        });
        cloud.tokens = Tokens::from_list(tokens.collect());
    }
}

impl<'a> Site<'a> {
    fn place(&self) -> Place {
        Place {
            page: self.page,
            offset: self.json.as_ptr().addr() - self.text.as_ptr().addr(),
            parent: Rc::clone(&self.parent),
            index: self.index,
        }
    }

    /// Returns a field of the value.
    fn child(&self, name: &str, json: &'a str) -> Self {
        let path = self.place().path();
        let parent = if path.is_empty() {
            Rc::from(name)
        } else {
            Rc::from(format!("{path}.{name}"))
        };
        Self {
            json,
            parent,
            index: None,
            ..*self
        }
    }

    /// Returns the items of a list of the value, which `row` is.
    fn items(
        &self,
        row: &Row<'a>,
        plural: &str,
        singular: &str,
    ) -> impl Iterator<Item = Self> + use<'a> {
        let (items, nested) = row.list(plural, singular);
        let name = if nested {
            format!("{plural}.{singular}")
        } else {
            plural.to_owned()
        };
        let list = self.child(&name, self.json);
        let parent = Rc::clone(&list.parent);
        list.each(items, parent)
    }

    /// Returns values of the same document, called as the items of `parent`.
    fn each(&self, items: Vec<&'a str>, parent: Rc<str>) -> impl Iterator<Item = Self> + use<'a> {
        let (page, text) = (self.page, self.text);
        let numbered = items.into_iter().enumerate();
        numbered.map(move |(index, json)| Self {
            page,
            text,
            json,
            parent: Rc::clone(&parent),
            index: Some(index),
        })
    }
}

impl<'a> Objects<'a> {
    /// Returns what is known of an object.
    pub(super) fn get(&self, id: &str) -> &Known<'a> {
        self.known.get(id).unwrap_or(&self.nothing)
    }

    /// Returns all objects.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Known<'a>)> {
        self.known.iter().map(|(id, known)| (id.as_str(), known))
    }
}

impl<'a> Known<'a> {
    /// Returns where the object is first described.
    pub(super) fn place(&self) -> Place {
        self.0
            .first()
            .map(|piece| piece.place.clone())
            .unwrap_or_default()
    }

    /// Returns the objects as they stand in the documents.
    pub(super) fn pieces(&self) -> &[Piece<'a>] {
        &self.0
    }

    /// Returns the text of a field.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.0.iter().find_map(|piece| piece.row.text(name))
    }

    /// Returns the text of a field, empty where it is absent.
    pub(super) fn string(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().into_owned()
    }

    /// Tells whether a field is true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Returns a field that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    /// Returns the items of a list from all places.
    pub(super) fn items(&self, plural: &str, singular: &str) -> Vec<&'a str> {
        let lists = self
            .0
            .iter()
            .map(|piece| piece.row.list(plural, singular).0);
        lists.flatten().collect()
    }

    /// Returns the texts of the first list that has any.
    pub(super) fn texts(&self, plural: &str, singular: &str) -> Vec<Cow<'a, str>> {
        let mut lists = self.0.iter().map(|piece| piece.row.texts(plural, singular));
        lists.find(|texts| !texts.is_empty()).unwrap_or_default()
    }

    /// Returns the tags of the first place that has any.
    pub(super) fn tags(&self) -> Tags {
        let mut tags = self.0.iter().map(|piece| piece.row.tags());
        tags.find(|tags| *tags != Tags::default())
            .unwrap_or_default()
    }

    /// Returns the region that the object, or else its answer, names.
    pub(super) fn region(&self) -> Option<Cow<'a, str>> {
        let of_answer = || self.0.iter().find_map(|piece| piece.region.clone());
        self.text("RegionId").or_else(of_answer)
    }

    /// Returns the account that the object names as its owner.
    pub(super) fn account(&self) -> Option<String> {
        let owner = self.text("OwnerId")?.into_owned();
        AccountId::new(&owner).is_ok().then_some(owner)
    }

    /// Returns when the object was created, as far as that is known.
    pub(super) fn created(&self, notes: &mut Notes) -> Option<Time> {
        let text = self.text("CreationTime")?;
        match text.parse() {
            Ok(time) => Some(time),
            Err(_) => {
                let message = format_args!(
                    "CreationTime `{}` is not a time such as 2026-01-31T23:59:59Z; it is ignored",
                    Shown(&text)
                );
                notes.warning(&self.place(), message);
                None
            }
        }
    }

    /// Returns which of several words a field is, in any case; `usual` where
    /// it is absent, or another word.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&'static str, T)],
        usual: usize,
        notes: &mut Notes,
    ) -> T {
        let (usual_word, usual) = words[usual];
        let Some(text) = self.text(name) else {
            return usual;
        };
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(&text));
        found.map_or_else(
            || {
                let text = Shown(&text);
                let message = format_args!("{name} `{text}` is not known; {usual_word} is assumed");
                notes.warning(&self.place(), message);
                usual
            },
            |(_, value)| *value,
        )
    }
}
