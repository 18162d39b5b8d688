//! The one number that orders rules.

use std::cmp::Reverse;

use secgroup_model::{Action, PlacedRule, RuleIndex};

/// The rank of an entry within its policy: the smallest that matches decides.
///
/// It holds everything that orders rules: priority, drop before accept (3.3.4),
/// and what is reported among equals (3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Precedence(pub(crate) u32);

impl Precedence {
    /// Behind every entry.
    pub(crate) const LAST: Self = Self(u32::MAX);
}

/// What [`Precedence`] numbers; entries of a policy are sorted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order<'a> {
    /// `2 * priority + (accept ? 1 : 0)`: the least decides (3.3.4).
    key: u16,
    /// Longer peer prefixes first.
    peer_length: Reverse<u8>,
    /// Narrower destination ports first.
    port_width: u32,
    /// Earlier rules first, those without a time last.
    created: (bool, Option<i64>),
    /// Smaller ids first, those without an id last.
    id: (bool, Option<&'a str>),
    /// Then input order.
    rule: RuleIndex,
}

impl<'a> Order<'a> {
    /// Returns the place of one prefix and port range of a rule.
    pub(crate) fn new(
        rule: RuleIndex,
        placed: PlacedRule<'a>,
        peer_length: u8,
        port_width: u32,
    ) -> Self {
        let written = placed.rule();
        let accept = u16::from(written.action == Action::Accept);
        let id = written.id.as_ref().map(|id| id.as_str());
        Self {
            key: 2 * u16::from(written.priority.get()) + accept,
            peer_length: Reverse(peer_length),
            port_width,
            created: (written.created.is_none(), written.created),
            id: (id.is_none(), id),
            rule,
        }
    }
}
