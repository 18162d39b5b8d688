//! How ECS spells security groups: its JSON answers, read into a snapshot.
//!
//! [`read()`] takes the bytes of documents and returns a
//! [`secgroup_model::Snapshot`], or every problem of every document with its
//! line, column and JSON path. It opens no file and no socket.
//!
//! What the values mean is in `secgroup-model`; clause numbers in the
//! documentation are those of `docs/semantics.md`.

mod cloud;
mod limits;
mod read;

pub use cloud::{
    Answer, ApiError, ApiFlags, Batch, CidrList, Cloud, Detail, Details, IdentityCidr,
    ImportOptions, Imported, MAX_OBJECTS, NicTypeReading, Parameters, PortMismatch, Product,
    Profile, Request, RevokeMissing, RevokePriority, StateError, WirePriority,
};
pub use limits::{Limits, RuleQuotas};
pub use read::{
    DECIDING_FIELDS, Document, Labels, Located, MAX_FINDINGS, MAX_KEYS, MAX_NESTING, Places, Read,
    ReadOptions, Refused, problems_of_part, read,
};
