//! A cloud made of documents: state files, answers of the API, snapshot files.
//!
//! [`crate::read()`] checks the documents and says what they mean; nothing is
//! checked a second time here. What a snapshot does not keep (names, tags,
//! times, the spelling of blocks) is looked up in the documents again,
//! leniently, and joined by id; what nobody says is filled in:
//!
//! - Rules without id get one, in input order, so none is called `GROUP#N`
//!   (1.8) afterwards. Priorities 101 to 110 (2.3.4) and TCP and UDP rules with
//!   `-1/-1` (2.6.5) stay as they are.
//! - An interface without `Type` is the primary one if it is the first of its
//!   instance. One without IPv4 address is refused: the API knows none (1.5).
//! - Instances that only interfaces name are running.
//! - VPCs and vSwitches that are only named are adopted, see `networks`.
//! - What says no region is in that of its VPC, else in the given one; a list,
//!   in that of the first group that uses it.
//! - A group that names no owner belongs to the account that a rule names with
//!   it (2.8.4), an interface to that of its groups; else the given account.
//!
//! A state file by itself is read by [`Cloud::from_state`]; beside others, what
//! it alone has is joined with the rest.

mod details;
mod groups;
mod instances;
mod interfaces;
mod lists;
mod networks;
mod notes;
mod numbers;
mod places;
mod row;
mod rules;
mod sources;

use secgroup_model::{AccountId, Escaped, Semantics, Snapshot};

use super::Cloud;
use super::flags::ApiFlags;
use super::state::StateError;
use crate::{Document, Located, ReadOptions, Refused, read};

pub use details::{Detail, Details};
use notes::Notes;
use places::Places;
use row::Row;
use sources::Sources;

/// How documents become a cloud.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The readings of the API, and the quotas that are checked (section 4).
    pub flags: ApiFlags,
    /// The readings of evaluation.
    pub semantics: Semantics,
    /// The owner of what names no owner.
    pub account: AccountId,
    /// The region of what names no region.
    pub region: String,
    /// When what names no time was created, in seconds since the Unix epoch.
    pub now: i64,
}

/// A cloud, with what was odd about its documents.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The cloud.
    pub cloud: Cloud,
    /// What was odd: first what [`read()`] finds, then what only a cloud needs.
    pub warnings: Vec<Located>,
}

/// What the objects of a cloud are made of.
struct Context<'a> {
    options: &'a ImportOptions,
    snapshot: &'a Snapshot,
    sources: &'a Sources<'a>,
    places: Places<'a>,
}

impl Cloud {
    /// Makes a cloud of what documents say together.
    ///
    /// The documents are those of [`read()`], state files included. What their
    /// snapshot decides the snapshot of the cloud decides, too; only the ids of
    /// rules that had none are new.
    ///
    /// ```
    /// use secgroup_ecs::{ApiFlags, Cloud, Document, ImportOptions};
    /// use secgroup_model::{AccountId, Semantics};
    ///
    /// let bytes = br#"{"SecurityGroups": [{"SecurityGroupId": "sg-web", "VpcId": "vpc-1",
    ///     "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept", "Permissions": [
    ///     {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "443/443",
    ///      "SourceCidrIp": "10.159.6.18/12"}]}]}"#;
    /// let documents = [Document { name: "fleet.json", bytes }];
    /// let options = ImportOptions {
    ///     flags: ApiFlags::default(),
    ///     semantics: Semantics::default(),
    ///     account: AccountId::new("1234567890").unwrap(),
    ///     region: "cn-hangzhou".to_owned(),
    ///     now: 0,
    /// };
    /// let imported = Cloud::import(&documents, &options).unwrap();
    /// let state = String::from_utf8(imported.cloud.to_state()).unwrap();
    /// assert!(state.contains(r#""SourceCidrIp":"10.159.6.18/12""#));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Refused`] with every problem that [`read()`] finds; for a state
    /// file that is damaged or newer than this program; for interfaces without
    /// IPv4 address.
    pub fn import(
        documents: &[Document<'_>],
        options: &ImportOptions,
    ) -> Result<Imported, Refused> {
        let states: Vec<_> = documents.iter().map(|one| state(one, options)).collect();
        check_whole(documents, &states)?;
        let read_options = ReadOptions {
            semantics: options.semantics,
            limits: options.flags.limits,
            two_lists: options.flags.two_lists,
        };
        let read = read(documents, &read_options)?;
        let mut states = states.into_iter().flatten();
        if let (Some(state), [document]) = (states.next(), documents) {
            return match state {
                Ok(cloud) => Ok(Imported {
                    cloud,
                    warnings: read.warnings,
                }),
                Err(error) => Err(Refused {
                    problems: vec![located(document, &error)],
                    warnings: read.warnings,
                }),
            };
        }
        let mut notes = Notes::default();
        let made = joined(documents, options, &read.snapshot, &mut notes);
        let (mut problems, notes) = notes.locate(documents);
        let mut warnings = read.warnings;
        warnings.extend(notes);
        match made {
            Ok(cloud) if problems.is_empty() => Ok(Imported { cloud, warnings }),
            made => {
                problems.extend(made.err());
                Err(Refused { problems, warnings })
            }
        }
    }
}

/// Makes a cloud of objects that are joined by id.
fn joined(
    documents: &[Document<'_>],
    options: &ImportOptions,
    snapshot: &Snapshot,
    notes: &mut Notes,
) -> Result<Cloud, Located> {
    let sources = Sources::open(documents);
    let context = Context {
        options,
        snapshot,
        sources: &sources,
        places: Places::find(options, snapshot, &sources),
    };
    let mut cloud = Cloud::new(options.flags, options.semantics);
    groups::add(&context, &mut cloud, notes);
    lists::add(&context, &mut cloud, notes);
    interfaces::add(&context, &mut cloud, notes);
    instances::add(&context, &mut cloud, notes);
    networks::add(&context, &mut cloud, notes);
    sources.take_tokens(&mut cloud, notes);
    numbers::begin(&mut cloud, sources.ids_given);
    groups::name_rules(&mut cloud);
    // Every reference was resolved by `read`, so only a fault here can break one.
    cloud.refresh().map_err(|what| Located {
        name: "input".to_owned(),
        line: 1,
        column: 1,
        path: String::new(),
        code: None,
        message: Escaped(&what).to_string(),
    })?;
    Ok(cloud)
}

/// Reads a document that is one state and nothing else.
fn state(document: &Document<'_>, options: &ImportOptions) -> Option<Result<Cloud, StateError>> {
    let text = sources::text(document);
    let row = Row::open(text)?;
    row.has("SecgroupState").then(|| {
        let (flags, semantics) = (options.flags, options.semantics);
        Cloud::from_state(text.as_bytes(), flags, semantics)
    })
}

/// Refuses states that are not what was written, or that cannot be understood:
/// whatever else is wrong with them follows from that.
fn check_whole(
    documents: &[Document<'_>],
    states: &[Option<Result<Cloud, StateError>>],
) -> Result<(), Refused> {
    let broken = documents
        .iter()
        .zip(states)
        .filter_map(|(document, state)| {
            let error = state.as_ref()?.as_ref().err()?;
            let broken = matches!(error, StateError::Digest | StateError::Newer { .. });
            broken.then(|| located(document, error))
        });
    let problems: Vec<Located> = broken.collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Refused {
        problems,
        warnings: Vec::new(),
    })
}

/// Says where a state is wrong: at its beginning, unless it says more.
fn located(document: &Document<'_>, error: &StateError) -> Located {
    let (line, column, message) = match error {
        StateError::Syntax { line, column, what } => (*line, *column, Escaped(what).to_string()),
        other => (1, 1, other.to_string()),
    };
    Located {
        name: document.name.to_owned(),
        line,
        column,
        path: String::new(),
        code: None,
        message,
    }
}
