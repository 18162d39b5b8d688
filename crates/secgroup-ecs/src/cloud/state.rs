//! The state as one JSON document, which is a snapshot file, too.
//!
//! Groups, interfaces and lists stand where the snapshot format has them, as
//! the rows that describe them, so that `read` understands the document; what
//! only the API knows is under `SecgroupState`. The last member is a digest of
//! the bytes before it, so that damage is noticed.

use std::fmt::Write as _;
use std::sync::Arc;

use secgroup_model::{Escaped, Semantics, Shown};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::Cloud;
use super::flags::ApiFlags;
use super::names::Names;
use super::objects::{Group, Instance, Interface, PortList, PrefixList, VSwitch, Vpc};
use super::store::Store;
use super::tokens::{Token, Tokens};

/// The version of the form; a greater one is not understood.
const VERSION: u32 = 1;

/// How the digest is introduced.
const DIGEST: &str = ",\"SecgroupDigest\":\"";

/// How many characters a digest has.
const DIGEST_LENGTH: usize = 64;

/// Why a document is no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It is not JSON of this form.
    #[error("line {line}, column {column}: {what}", what = Escaped(what))]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What was found and expected.
        what: String,
    },
    /// The bytes are not those that were written.
    #[error(
        "the digest does not fit what is before it: the file is damaged or was edited (without \
         SecgroupDigest, the last member, it is taken as it is)"
    )]
    Digest,
    /// It was written by a later version of the program.
    #[error("version {found} of the state is newer than version {VERSION}, the newest known here")]
    Newer {
        /// Its version.
        found: u32,
    },
    /// Two objects of a kind have the same id.
    #[error("`{}` is there twice", Shown(id))]
    Twice {
        /// The id.
        id: String,
    },
    /// What it says makes no snapshot.
    #[error("{0}")]
    Meaning(String),
}

/// The document.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'a> {
    network_interface_sets: Rows<'a, Interface>,
    port_range_lists: Rows<'a, PortList>,
    prefix_lists: Rows<'a, PrefixList>,
    secgroup_state: Own<'a>,
    security_groups: Rows<'a, Group>,
}

/// What only the API knows.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Own<'a> {
    version: u32,
    ids_given: u64,
    instances: Rows<'a, Instance>,
    v_switches: Rows<'a, VSwitch>,
    vpcs: Rows<'a, Vpc>,
    tokens: &'a Tokens,
}

/// The objects of a store, the oldest first.
struct Rows<'a, T>(&'a Store<T>);

impl<T: Serialize + Clone> Serialize for Rows<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values().map(Arc::as_ref))
    }
}

/// What the version of a document is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioned {
    secgroup_state: VersionOnly,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionOnly {
    version: u32,
}

/// A document as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Read {
    network_interface_sets: Vec<Interface>,
    port_range_lists: Vec<PortList>,
    prefix_lists: Vec<PrefixList>,
    secgroup_state: OwnRead,
    security_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OwnRead {
    ids_given: u64,
    instances: Vec<Instance>,
    v_switches: Vec<VSwitch>,
    vpcs: Vec<Vpc>,
    #[serde(default)]
    tokens: Vec<Token>,
}

impl Cloud {
    /// Writes the whole state: the same state gives the same bytes.
    #[must_use]
    pub fn to_state(&self) -> Vec<u8> {
        let written = Written {
            network_interface_sets: Rows(&self.interfaces),
            port_range_lists: Rows(&self.port_lists),
            prefix_lists: Rows(&self.prefix_lists),
            secgroup_state: Own {
                version: VERSION,
                ids_given: self.names.given,
                instances: Rows(&self.instances),
                v_switches: Rows(&self.vswitches),
                vpcs: Rows(&self.vpcs),
                tokens: &self.tokens,
            },
            security_groups: Rows(&self.groups),
        };
        let mut bytes =
            serde_json::to_vec(&written).expect("every part is text, number or list of those");
        bytes.pop();
        let digest = digest(&bytes);
        bytes.extend_from_slice(DIGEST.as_bytes());
        bytes.extend_from_slice(digest.as_bytes());
        bytes.extend_from_slice(b"\"}\n");
        bytes
    }

    /// Reads a state that [`Cloud::to_state`] wrote.
    ///
    /// # Errors
    ///
    /// Returns [`StateError`] for a document that is damaged, newer, or no state.
    pub fn from_state(
        bytes: &[u8],
        flags: ApiFlags,
        semantics: Semantics,
    ) -> Result<Self, StateError> {
        let version: Versioned = serde_json::from_slice(bytes).map_err(|error| syntax(&error))?;
        let found = version.secgroup_state.version;
        if found > VERSION {
            return Err(StateError::Newer { found });
        }
        check_digest(bytes)?;
        let read: Read = serde_json::from_slice(bytes).map_err(|error| syntax(&error))?;
        let own = read.secgroup_state;
        let mut cloud = Self::new(flags, semantics);
        cloud.names = Names {
            given: own.ids_given,
        };
        fill(&mut cloud.groups, read.security_groups, |one| {
            &one.security_group_id
        })?;
        fill(&mut cloud.interfaces, read.network_interface_sets, |one| {
            &one.network_interface_id
        })?;
        fill(&mut cloud.prefix_lists, read.prefix_lists, |one| {
            &one.prefix_list_id
        })?;
        fill(&mut cloud.port_lists, read.port_range_lists, |one| {
            &one.port_range_list_id
        })?;
        fill(&mut cloud.instances, own.instances, |one| &one.instance_id)?;
        fill(&mut cloud.vpcs, own.vpcs, |one| &one.vpc_id)?;
        fill(&mut cloud.vswitches, own.v_switches, |one| &one.v_switch_id)?;
        cloud.tokens = Tokens::from_list(own.tokens);
        cloud.refresh().map_err(StateError::Meaning)?;
        Ok(cloud)
    }
}

/// Adds objects to a store, each id once.
fn fill<T: Clone>(
    store: &mut Store<T>,
    objects: Vec<T>,
    id: impl Fn(&T) -> &String,
) -> Result<(), StateError> {
    for object in objects {
        let id = id(&object).clone();
        if store.contains(&id) {
            return Err(StateError::Twice { id });
        }
        store.insert(&id, object);
    }
    Ok(())
}

/// Compares the digest with what is before it. A document without one was
/// written by hand, and is taken as it is.
fn check_digest(bytes: &[u8]) -> Result<(), StateError> {
    let end = bytes.trim_ascii_end();
    let tail = DIGEST.len() + DIGEST_LENGTH + 2;
    let Some((content, tail)) = end.len().checked_sub(tail).map(|at| end.split_at(at)) else {
        return Ok(());
    };
    match tail.strip_prefix(DIGEST.as_bytes()) {
        Some(rest) if rest.get(..DIGEST_LENGTH) == Some(digest(content).as_bytes()) => Ok(()),
        Some(_) => Err(StateError::Digest),
        None => Ok(()),
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(DIGEST_LENGTH);
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

fn syntax(error: &serde_json::Error) -> StateError {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    StateError::Syntax {
        line: error.line(),
        column: error.column(),
        what: text.strip_suffix(&place).unwrap_or(&text).to_owned(),
    }
}
