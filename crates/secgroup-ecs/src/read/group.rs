//! Security groups, and the answers that describe one in parts.

mod answers;

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
    groups: Vec<Piece>,
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
    };
    parts.groups.add(piece, &parts.sites, findings);
}

impl Groups {
    /// Adds what one place says about a group to what is known of it.
    fn add(&mut self, piece: Piece, sites: &Sites, findings: &mut Findings) {
        match self.ids.get(&piece.id) {
            Some(at) => self.groups[*at].join(piece, sites, findings),
            None => {
                self.ids.insert(piece.id.clone(), self.groups.len());
                self.groups.push(piece);
            }
        }
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
            .map(|group| group.finish(sites, findings))
    }
}

impl Piece {
    /// Takes over what another place says about the same group.
    fn join(&mut self, other: Self, sites: &Sites, findings: &mut Findings) {
        let place = || sites.place(other.origin);
        if self.repeats(&other) {
            let message = format_args!("security group `{}` is defined twice", self.id);
            findings.problem(place(), message);
            return;
        }
        let differing = [
            agree(&mut self.vpc, other.vpc, "VpcId"),
            self.kind.agree(other.kind, "SecurityGroupType"),
            self.inner_access
                .agree(other.inner_access, "InnerAccessPolicy"),
        ];
        for field in differing.into_iter().flatten() {
            let message = format_args!(
                "{field} of security group `{}` differs from what another place says",
                self.id
            );
            findings.problem(place(), message);
        }
        self.names_network |= other.names_network;
        self.name = self.name.take().or(other.name);
        self.managed = self.managed.or(other.managed);
        self.owner = self.owner.take().or(other.owner);
        self.rule_count = self.rule_count.or(other.rule_count);
        if !other.answers.is_empty() {
            self.answers.extend(other.answers);
            self.form = other.form;
        }
    }

    /// Tells whether `other` says again what is known. Answers about the rules
    /// do not: they are joined when all are there.
    fn repeats(&self, other: &Self) -> bool {
        let answers = self.form == Form::Answer && other.form == Form::Answer;
        match (self.answers.is_empty(), other.answers.is_empty()) {
            (true, true) => true,
            (false, false) => !answers,
            (true, false) | (false, true) => false,
        }
    }

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

    /// Takes over what another place says, or returns `field` where it differs.
    fn agree(&mut self, other: Self, field: &'static str) -> Option<&'static str> {
        match (*self, other) {
            (Self::As(known), Self::As(other)) => (known != other).then_some(field),
            (Self::As(_), _) | (_, Self::Nowhere) => None,
            (_, other) => {
                *self = other;
                None
            }
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

/// Takes over a value where none is known, or returns `field` where it differs.
fn agree<T: PartialEq>(
    known: &mut Option<T>,
    other: Option<T>,
    field: &'static str,
) -> Option<&'static str> {
    match (&*known, other) {
        (Some(known), Some(other)) => (*known != other).then_some(field),
        (None, other) => {
            *known = other;
            None
        }
        (Some(_), None) => None,
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
