//! What several places say about one group, joined.
//!
//! The list of groups and the answer about one say different things, and are
//! put together. Pages of the list may overlap, and then say the same again.

use secgroup_model::{GroupKind, InnerAccess, Shown};

use super::super::difference::Difference;
use super::super::findings::Findings;
use super::super::site::Sites;
use super::{Form, Piece};

/// What is known of one group.
#[derive(Debug)]
pub(super) struct Joined {
    first: Piece,
    /// What other places say, in input order.
    others: Vec<Piece>,
}

impl Joined {
    /// Returns what one place says.
    pub(super) const fn of(first: Piece) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// Takes over what another place says about the same group; tells whether
    /// it is the list of groups that says so again.
    pub(super) fn add(&mut self, piece: Piece, sites: &Sites, findings: &mut Findings) -> bool {
        let place = || sites.place(piece.origin);
        if let Some(known) = self.pieces().find(|known| known.excludes(&piece)) {
            let message = format_args!("security group `{}` is defined twice", piece.id);
            findings.problem_again(place(), sites.place(known.origin), message);
            return false;
        }
        let repeats = piece.is_listed() && self.pieces().any(Piece::is_listed);
        let listed = LISTED.iter().filter(|_| repeats);
        let decides = DECIDES.iter().map(|compare| (compare, false));
        for (compare, listed) in decides.chain(listed.map(|compare| (compare, true))) {
            let known = self.pieces();
            let mut known = known.filter(|known| !listed || known.is_listed());
            let differs = |known: &Piece| Some((known.origin, compare(known, &piece)?));
            if let Some((first, difference)) = known.find_map(differs) {
                let what = format_args!("security group `{}`", piece.id);
                difference.report(what, sites.place(first), place(), findings);
            }
        }
        self.others.push(piece);
        repeats
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Returns everything that is said, as if one place said it.
    pub(super) fn whole(self) -> Piece {
        self.others.into_iter().fold(self.first, Piece::with)
    }
}

impl Piece {
    /// Tells whether both say so much that they cannot belong together. Answers
    /// about the rules can: they are joined when all are there.
    fn excludes(&self, other: &Self) -> bool {
        let answers = self.form == Form::Answer && other.form == Form::Answer;
        match (self.answers.is_empty(), other.answers.is_empty()) {
            (true, true) => self.answer == other.answer,
            (false, false) => !answers,
            (true, false) | (false, true) => false,
        }
    }

    /// Tells whether this is a row of DescribeSecurityGroups, which has no rules.
    fn is_listed(&self) -> bool {
        self.form == Form::Row && self.answers.is_empty()
    }

    fn with(mut self, other: Self) -> Self {
        self.vpc = self.vpc.or(other.vpc);
        self.kind = self.kind.or(other.kind);
        self.inner_access = self.inner_access.or(other.inner_access);
        self.names_network |= other.names_network;
        self.name = self.name.or(other.name);
        self.managed = self.managed.or(other.managed);
        self.owner = self.owner.or(other.owner);
        self.rule_count = self.rule_count.or(other.rule_count);
        self.answers.extend(other.answers);
        self
    }
}

type Compare = fn(&Piece, &Piece) -> Option<Difference>;

/// What decides about traffic, and must be the same wherever it is said.
const DECIDES: [Compare; 3] = [
    |one, other| {
        let written = ToString::to_string;
        Difference::of("VpcId", one.vpc.as_ref(), other.vpc.as_ref(), written)
    },
    |one, other| {
        let (one, other) = (one.kind.known(), other.kind.known());
        Difference::of("SecurityGroupType", one, other, GroupKind::to_string)
    },
    |one, other| {
        let (one, other) = (one.inner_access.known(), other.inner_access.known());
        Difference::of("InnerAccessPolicy", one, other, |access| {
            let name = match access {
                InnerAccess::Accept => "Accept",
                InnerAccess::Drop => "Drop",
            };
            name.to_owned()
        })
    },
];

/// What must be the same besides where a group is listed again.
const LISTED: [Compare; 4] = [
    |one, other| {
        let (one, other) = (one.name.as_ref(), other.name.as_ref());
        Difference::of("SecurityGroupName", one, other, |name| {
            format!("`{}`", Shown(name))
        })
    },
    |one, other| {
        let (one, other) = (one.owner.as_ref(), other.owner.as_ref());
        Difference::of("OwnerId", one, other, ToString::to_string)
    },
    |one, other| {
        let (one, other) = (one.managed.as_ref(), other.managed.as_ref());
        Difference::of("ServiceManaged", one, other, ToString::to_string)
    },
    |one, other| {
        let (one, other) = (one.rule_count.as_ref(), other.rule_count.as_ref());
        Difference::of("RuleCount", one, other, ToString::to_string)
    },
];
