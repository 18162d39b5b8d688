//! Security groups, and the answers that describe one in parts.

mod answers;
mod joined;

use std::borrow::Cow;
use std::collections::HashMap;

use secgroup_model::{
    AccountId, GroupKind, GroupSpec, InnerAccess, NicType, Origin, SecurityGroupId, Shown, VpcId,
};

use super::findings::Findings;
use super::id;
use super::node::Node;
use super::object::Object;
use super::parts::Parts;
use super::permission;
use super::site::Sites;
use answers::Answer;
use joined::Joined;

/// Where an object about a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the list `SecurityGroups`.
    Row,
    /// By itself: DescribeSecurityGroupAttribute.
    Answer,
}

/// What one place says about a group.
#[derive(Debug)]
struct Piece {
    id: SecurityGroupId,
    form: Form,
    name: Option<String>,
    kind: Stated<GroupKind>,
    inner_access: Stated<InnerAccess>,
    vpc: Option<VpcId>,
    /// Whether the place says which network the group is in; an empty `VpcId`
    /// says that it is the classic one (1.2).
    names_network: bool,
    managed: Option<bool>,
    owner: Option<AccountId>,
    /// How many rules DescribeSecurityGroups counted.
    rule_count: Option<i64>,
    /// The rules, from each place that says something about them.
    answers: Vec<Answer>,
    origin: Origin,
    /// The number of the answer it is in.
    answer: usize,
}

/// What is said about something, if it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stated<T> {
    Nowhere,
    /// It was said, but is a fault that has been reported.
    Wrongly,
    As(T),
}

/// The groups of all documents, joined by id.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: Vec<Joined>,
    ids: HashMap<SecurityGroupId, usize>,
}

/// Reads what one object says about a group.
pub(super) fn read(
    object: &Object<'_, '_>,
    form: Form,
    parts: &mut Parts,
    findings: &mut Findings,
) {
    let id = id::required(object, "SecurityGroupId", SecurityGroupId::new, findings);
    let origin = parts.sites.add(&object.node);
    let name = object.text("SecurityGroupName", findings);
    let kind = Stated::read(object, "SecurityGroupType", group_kind, findings);
    let inner_access = Stated::read(object, "InnerAccessPolicy", inner_access_of, findings);
    let vpc = id::vpc(object, findings);
    let managed = object.field("ServiceManaged");
    let managed = managed.and_then(|node| node.boolean(findings));
    let owner = id::optional(object, "OwnerId", AccountId::new, findings);
    let rule_count = object.field("RuleCount");
    let rule_count = rule_count.and_then(|node| node.integer(findings));
    let next_page = object.field("NextToken").filter(|_| form == Form::Answer);
    let speaks_of_rules = object.has("Permissions") || next_page.is_some();
    let answer = speaks_of_rules.then(|| {
        let list = object.field("Permissions");
        Answer {
            rules: list.map_or_else(Vec::new, |list| permission::read_all(list, parts, findings)),
            next: next_page.map(|token| parts.sites.add(&token)),
            origin,
        }
    });
    let Some(id) = id else {
        findings.lose_definition();
        return;
    };
    let piece = Piece {
        id,
        form,
        name: name.map(Cow::into_owned),
        kind,
        inner_access,
        vpc,
        names_network: object.has("VpcId"),
        managed,
        owner,
        rule_count,
        answers: answer.into_iter().collect(),
        origin,
        answer: parts.answers,
    };
    parts.repeats += u64::from(parts.groups.add(piece, &parts.sites, findings));
}

impl Groups {
    /// Adds what one place says about a group to what is known of it; tells
    /// whether that is listed again.
    fn add(&mut self, piece: Piece, sites: &Sites, findings: &mut Findings) -> bool {
        if let Some(at) = self.ids.get(&piece.id) {
            return self.groups[*at].add(piece, sites, findings);
        }
        self.ids.insert(piece.id.clone(), self.groups.len());
        self.groups.push(Joined::of(piece));
        false
    }

    /// Tells whether any place spoke about a group.
    pub(super) const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Returns the groups in input order, what is unknown filled in (1.3).
    pub(super) fn drain(
        &mut self,
        sites: &Sites,
        findings: &mut Findings,
    ) -> impl Iterator<Item = GroupSpec> {
        self.groups
            .drain(..)
            .map(|group| group.whole().finish(sites, findings))
    }
}

impl Piece {
    /// Fills in what no place says, never silently (5.7.1, section 6).
    fn finish(self, sites: &Sites, findings: &mut Findings) -> GroupSpec {
        self.check_rules(sites, findings);
        let Self { id, origin, .. } = &self;
        let kind = self.kind.or_else(GroupKind::Basic, || {
            let message = format_args!(
                "SecurityGroupType of security group `{id}` is not known; normal is assumed; add \
                 its DescribeSecurityGroups answer"
            );
            findings.warning(sites.place(*origin), message);
            GroupKind::Basic
        });
        let usual = match kind {
            GroupKind::Advanced => InnerAccess::Drop,
            GroupKind::Basic => InnerAccess::Accept,
        };
        let inner_access = self.inner_access.or_else(usual, || {
            if kind == GroupKind::Basic {
                let message = format_args!(
                    "InnerAccessPolicy of security group `{id}` is not known; Accept is assumed; \
                     add its DescribeSecurityGroupAttribute answer"
                );
                findings.warning(sites.place(*origin), message);
            }
            usual
        });
        if !self.names_network {
            let message = format_args!(
                "VpcId of security group `{id}` is not known; the classic network is assumed; add \
                 its DescribeSecurityGroups answer"
            );
            findings.warning(sites.place(*origin), message);
        }
        if kind == GroupKind::Advanced && self.vpc.is_none() {
            // "Advanced groups exist only in VPCs" (1.3.1).
            let message = format_args!("security group `{id}` is advanced, but in no VPC");
            let place = sites.place(*origin);
            findings.coded_warning(place, "InvalidParams.VpcIdGroupType", message);
        }
        let mut rules = answers::join(&self.id, self.answers, sites, findings);
        if self.vpc.is_some() {
            // "Always intranet; cannot be changed" (2.9.1).
            for rule in &mut rules {
                rule.nic = NicType::Intranet;
            }
        }
        GroupSpec {
            id: self.id,
            name: self.name,
            kind,
            inner_access,
            vpc: self.vpc,
            managed: self.managed.unwrap_or(false),
            owner: self.owner,
            rules,
            origin: self.origin,
        }
    }

    /// Reports rules that are known to exist but were not given.
    fn check_rules(&self, sites: &Sites, findings: &mut Findings) {
        let Self { id, origin, .. } = self;
        let unfinished = self.answers.iter().all(|answer| answer.next.is_some());
        if unfinished && let Some(token) = self.answers.last().and_then(|answer| answer.next) {
            let message = format_args!(
                "NextToken says that security group `{id}` has more rules; add the next page of \
                 its DescribeSecurityGroupAttribute answer"
            );
            findings.problem(sites.place(token), message);
        }
        match self.rule_count {
            _ if !self.answers.is_empty() => {}
            Some(count) if count > 0 => {
                let message = format_args!(
                    "security group `{id}` has {count} rules (RuleCount), but none is given; add \
                     its DescribeSecurityGroupAttribute answer"
                );
                findings.problem(sites.place(*origin), message);
            }
            None => {
                let message = format_args!(
                    "security group `{id}` has no Permissions and is read as a group without \
                     rules; if it has some, add its DescribeSecurityGroupAttribute answer"
                );
                findings.warning(sites.place(*origin), message);
            }
            Some(_) => {}
        }
    }
}

impl<T: PartialEq + Copy> Stated<T> {
    fn read(
        object: &Object<'_, '_>,
        field: &str,
        read: fn(Node<'_, '_>, &mut Findings) -> Option<T>,
        findings: &mut Findings,
    ) -> Self {
        match object.field(field).map(|node| read(node, findings)) {
            None => Self::Nowhere,
            Some(None) => Self::Wrongly,
            Some(Some(value)) => Self::As(value),
        }
    }

    /// Takes over what another place says, where none is known.
    fn or(self, other: Self) -> Self {
        match self {
            Self::As(_) => self,
            Self::Wrongly | Self::Nowhere if other == Self::Nowhere => self,
            Self::Wrongly | Self::Nowhere => other,
        }
    }

    /// Returns what can be read of what was said.
    const fn known(&self) -> Option<&T> {
        match self {
            Self::As(value) => Some(value),
            Self::Nowhere | Self::Wrongly => None,
        }
    }

    /// Returns what was said; `usual` where that is a fault, and what `assumed`
    /// says where nothing was.
    fn or_else(self, usual: T, assumed: impl FnOnce() -> T) -> T {
        match self {
            Self::As(value) => value,
            Self::Wrongly => usual,
            Self::Nowhere => assumed(),
        }
    }
}

fn group_kind(node: Node<'_, '_>, findings: &mut Findings) -> Option<GroupKind> {
    let text = node.text(findings)?;
    match text.to_ascii_lowercase().as_str() {
        "normal" => Some(GroupKind::Basic),
        "enterprise" => Some(GroupKind::Advanced),
        _ => {
            let message = format_args!(
                "SecurityGroupType `{}` is neither normal nor enterprise",
                Shown(&text)
            );
            findings.problem(node, message);
            None
        }
    }
}

fn inner_access_of(node: Node<'_, '_>, findings: &mut Findings) -> Option<InnerAccess> {
    let text = node.text(findings)?;
    match text.to_ascii_lowercase().as_str() {
        "accept" => Some(InnerAccess::Accept),
        "drop" => Some(InnerAccess::Drop),
        _ => {
            let message = format_args!(
                "InnerAccessPolicy `{}` is neither Accept nor Drop",
                Shown(&text)
            );
            findings.coded(node, "InvalidPolicy.Malformed", message);
            None
        }
    }
}
