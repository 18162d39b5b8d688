//! What the far end of a rule is, by its form.

use secgroup_model::Prefix;

/// A kind of far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Ipv4,
    Ipv6,
    Group,
    PrefixList,
}

impl Told {
    /// Tells what a text is, given whether the file defines a group or a prefix
    /// list of that id; none where it may be anything.
    pub(crate) fn of(text: &str, is_group: bool, is_list: bool) -> Option<Self> {
        if is_list {
            Some(Self::PrefixList)
        } else if is_group {
            Some(Self::Group)
        } else if text.contains(':') {
            Some(Self::Ipv6)
        } else if Prefix::parse(text).is_ok() || text.contains(['.', '/']) {
            Some(Self::Ipv4)
        } else if text.starts_with("pl-") {
            Some(Self::PrefixList)
        } else if text.starts_with("sg-") {
            Some(Self::Group)
        } else {
            None
        }
    }
}
