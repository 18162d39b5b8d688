//! ECS's JSON answers and the snapshot format made of them, read into a snapshot.
//!
//! The work goes in four steps, one module or two each:
//!
//! 1. [`document`] turns bytes into text and finds the JSON values in it;
//! 2. [`answer`] recognises each value as one of ECS's answers, and `group`,
//!    `permission`, `interface`, `instance` and `list` read its parts;
//! 3. `parts` joins the parts of all documents by id, and `quota` counts them;
//! 4. the model checks the whole, and [`findings`] gives everything found its
//!    line and column.
//!
//! Values are kept as slices of the document until they are needed, so a place
//! costs nothing before something is wrong there.

mod answer;
mod difference;
mod document;
mod field_name;
mod findings;
mod group;
mod id;
mod instance;
mod interface;
mod labels;
mod list;
mod located;
mod node;
mod object;
mod parts;
mod permission;
mod places;
mod quota;
mod site;

use secgroup_model::{Semantics, Snapshot, TwoLists};

use crate::limits::Limits;

pub use document::MAX_NESTING;
pub use findings::MAX_FINDINGS;
pub use labels::Labels;
pub use located::Located;
pub use object::MAX_KEYS;
pub use permission::DECIDING as DECIDING_FIELDS;
pub use places::Places;

use document::Page;
use findings::{Findings, Place};
use parts::Parts;

/// The bytes of one file, with the name it has in messages.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The name, such as the path on disk.
    pub name: &'a str,
    /// What is in it: one or more JSON values in UTF-8.
    pub bytes: &'a [u8],
}

/// What a reader may decide differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The flags of 8.2; those about incomplete snapshots matter here.
    pub semantics: Semantics,
    /// The quotas that are checked (section 4).
    pub limits: Limits,
    /// What a rule with two lists counts there (4.9).
    pub two_lists: TwoLists,
}

/// A snapshot, with what was odd about its documents.
#[derive(Clone, Debug)]
pub struct Read {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What was odd, by document and position.
    pub warnings: Vec<Located>,
    /// Where its parts stand in the documents.
    pub places: Places,
    /// What things are called there besides their ids.
    pub labels: Labels,
}

/// Why documents do not make a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} problem(s), the first: {}",
    problems.len(),
    problems.first().map(ToString::to_string).unwrap_or_default()
)]
pub struct Refused {
    /// Every problem, by document and position; never empty.
    pub problems: Vec<Located>,
    /// What was odd besides, by document and position.
    pub warnings: Vec<Located>,
}

/// Reads documents and joins what they say into one snapshot.
///
/// Each document holds the snapshot format (`SecurityGroups`,
/// `NetworkInterfaceSets`, `PrefixLists`, `PortRangeLists`, any of them), or an
/// answer of DescribeSecurityGroups, DescribeSecurityGroupAttribute,
/// DescribeNetworkInterfaces, DescribeNetworkInterfaceAttribute,
/// DescribeInstances, DescribePrefixLists or DescribePrefixListAttributes, or
/// an array of those, or several of those one after the other (6.1).
///
/// ```
/// use secgroup_ecs::{Document, ReadOptions, read};
///
/// let bytes = br#"{"SecurityGroups": [{"SecurityGroupId": "sg-web", "VpcId": "vpc-1",
///     "SecurityGroupType": "normal", "InnerAccessPolicy": "Accept", "Permissions": [
///     {"Direction": "ingress", "IpProtocol": "TCP", "PortRange": "443", "SourceCidrIp": "::/0"}
/// ]}]}"#;
/// let documents = [Document { name: "fleet.json", bytes }];
/// let refused = read(&documents, &ReadOptions::default()).unwrap_err();
/// let lines = refused.problems.iter().map(ToString::to_string).collect::<Vec<_>>();
/// assert_eq!(
///     lines[0],
///     "fleet.json:3:64: SecurityGroups[0].Permissions[0].PortRange: \
///      PortRange `443` is a single port; write 443/443 (InvalidParam.PortRange)"
/// );
/// assert!(lines[1].contains("SourceCidrIp holds an IPv6 block, `::/0`"));
/// ```
///
/// # Errors
///
/// Returns [`Refused`] with all problems of all documents. A syntax error ends
/// its own document only.
pub fn read(documents: &[Document<'_>], options: &ReadOptions) -> Result<Read, Refused> {
    let mut findings = Findings::default();
    if documents.is_empty() {
        findings.problem(Place::default(), "no SecurityGroups: no document was given");
    }
    let (built, problems, warnings) = parse(documents, options, findings);
    match built {
        Some((snapshot, places, labels)) if problems.is_empty() => Ok(Read {
            snapshot,
            warnings,
            places,
            labels,
        }),
        _ => Err(Refused { problems, warnings }),
    }
}

/// Finds the problems of documents that are a part of what was given, because
/// the rest could not be read at all. What only the rest may define is not
/// reported as missing.
#[must_use]
pub fn problems_of_part(documents: &[Document<'_>], options: &ReadOptions) -> Refused {
    let mut findings = Findings::default();
    findings.lose_definition();
    let (_, problems, warnings) = parse(documents, options, findings);
    Refused { problems, warnings }
}

/// A snapshot with what it does not keep.
type Built = (Snapshot, Places, Labels);

/// Reads documents and finds the place of everything found.
fn parse(
    documents: &[Document<'_>],
    options: &ReadOptions,
    mut findings: Findings,
) -> (Option<Built>, Vec<Located>, Vec<Located>) {
    let mut parts = Parts::default();
    let mut pages = Vec::with_capacity(documents.len());
    for (number, document) in documents.iter().enumerate() {
        let page = Page::open(number, document, &mut findings);
        page.for_each_root(&mut findings, |root, findings| {
            answer::read(root, &mut parts, findings);
        });
        pages.push(page);
    }
    let snapshot = parts.build(options, &mut findings);
    let (problems, warnings) = findings.locate(documents, &pages);
    let built = snapshot.map(|snapshot| (snapshot, Places::new(parts.sites), parts.labels));
    (built, problems, warnings)
}
