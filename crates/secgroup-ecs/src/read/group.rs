//! Security groups, and the answers that describe one in parts.

use std::borrow::Cow;
use std::collections::HashMap;

use secgroup_model::{
    AccountId, GroupKind, GroupSpec, InnerAccess, NicType, Origin, Rule, SecurityGroupId, Shown,
    VpcId,
};

use super::findings::Findings;
use super::id;
use super::node::Node;
use super::object::Object;
use super::parts::Parts;
use super::permission;
use super::site::Sites;

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
    kind: Option<GroupKind>,
    inner_access: Option<InnerAccess>,
    vpc: Option<VpcId>,
    /// Whether the place says which network the group is in; an empty `VpcId`
    /// says that it is the classic one (1.2).
    names_network: bool,
    managed: Option<bool>,
    owner: Option<AccountId>,
    /// How many rules DescribeSecurityGroups counted.
    rule_count: Option<i64>,
    /// The rules; none where the place says nothing about rules.
    rules: Option<Vec<Rule>>,
    /// How many pages of rules were read (6.1.6).
    pages: usize,
    /// Where pages say that another one follows.
    next_pages: Vec<Origin>,
    origin: Origin,
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
    let kind = object.field("SecurityGroupType");
    let inner_access = object.field("InnerAccessPolicy");
    let name = object.text("SecurityGroupName", findings);
    let kind = kind.and_then(|node| group_kind(node, findings));
    let inner_access = inner_access.and_then(|node| inner_access_of(node, findings));
    let vpc = id::vpc(object, findings);
    let managed = object.field("ServiceManaged");
    let managed = managed.and_then(|node| node.boolean(findings));
    let owner = id::optional(object, "OwnerId", AccountId::new, findings);
    let rule_count = object.field("RuleCount");
    let rule_count = rule_count.and_then(|node| node.integer(findings));
    let rules = object.has("Permissions").then(|| {
        let list = object.field("Permissions");
        list.map_or_else(Vec::new, |list| permission::read_all(list, parts, findings))
    });
    let next_page = object.field("NextToken").filter(|_| form == Form::Answer);
    let next_pages = next_page
        .map(|token| parts.sites.add(&token))
        .into_iter()
        .collect();
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
        pages: usize::from(rules.is_some()),
        rules,
        next_pages,
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
            agree(&mut self.kind, other.kind, "SecurityGroupType"),
            agree(
                &mut self.inner_access,
                other.inner_access,
                "InnerAccessPolicy",
            ),
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
        if let Some(rules) = other.rules {
            self.rules.get_or_insert_default().extend(rules);
            self.pages += other.pages;
            self.next_pages.extend(other.next_pages);
            self.form = other.form;
        }
    }

    /// Tells whether `other` says again what is known. Pages of one answer do
    /// not: each but the last one names a next one.
    fn repeats(&self, other: &Self) -> bool {
        let pages = self.pages + other.pages;
        let answers = self.form == Form::Answer && other.form == Form::Answer;
        let paged = answers && self.next_pages.len() + other.next_pages.len() + 1 >= pages;
        self.rules.is_some() == other.rules.is_some() && !(paged && self.rules.is_some())
    }

    /// Fills in what no place says, never silently (5.7.1, section 6).
    fn finish(self, sites: &Sites, findings: &mut Findings) -> GroupSpec {
        self.check_rules(sites, findings);
        let Self { id, origin, .. } = &self;
        let kind = self.kind.unwrap_or_else(|| {
            let message = format_args!(
                "SecurityGroupType of security group `{id}` is not known; normal is assumed; add \
                 its DescribeSecurityGroups answer"
            );
            findings.warning(sites.place(*origin), message);
            GroupKind::Basic
        });
        let inner_access = self.inner_access.unwrap_or_else(|| match kind {
            GroupKind::Advanced => InnerAccess::Drop,
            GroupKind::Basic => {
                let message = format_args!(
                    "InnerAccessPolicy of security group `{id}` is not known; Accept is assumed; \
                     add its DescribeSecurityGroupAttribute answer"
                );
                findings.warning(sites.place(*origin), message);
                InnerAccess::Accept
            }
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
        let mut rules = self.rules.unwrap_or_default();
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
        if self.next_pages.len() >= self.pages
            && let Some(token) = self.next_pages.last()
        {
            let message = format_args!(
                "NextToken says that security group `{id}` has more rules; add the next page of \
                 its DescribeSecurityGroupAttribute answer"
            );
            findings.problem(sites.place(*token), message);
        }
        match (&self.rules, self.rule_count) {
            (None, Some(count)) if count > 0 => {
                let message = format_args!(
                    "security group `{id}` has {count} rules (RuleCount), but none is given; add \
                     its DescribeSecurityGroupAttribute answer"
                );
                findings.problem(sites.place(*origin), message);
            }
            (None, None) => {
                let message = format_args!(
                    "security group `{id}` has no Permissions and is read as a group without \
                     rules; if it has some, add its DescribeSecurityGroupAttribute answer"
                );
                findings.warning(sites.place(*origin), message);
            }
            (None | Some(_), _) => {}
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
