//! The two sides of a permission: its peer and its local addresses (2.2, 2.5, 2.7).

use secgroup_model::{Direction, Family, Peer, Prefix, PrefixListId, SecurityGroupId, Shown};

use super::super::findings::Findings;
use super::super::id;
use super::super::node::Node;
use super::super::object::Object;

/// The code for a group or list at the near end (2.2).
const MISPLACED: &str = "InvalidSourceOrDestGroupId.DirectionMissmatch";

/// What a rule says about addresses.
#[derive(Debug)]
pub(super) struct Sides {
    /// The far end.
    pub(super) peer: Peer,
    /// The near end, where it is restricted.
    pub(super) local: Option<Prefix>,
    /// The account of a peer group, where it is named.
    pub(super) owner: Option<String>,
}

/// The fields of one end, and the codes of the API for them.
struct End {
    ipv4: &'static str,
    ipv6: &'static str,
    group: &'static str,
    owner_id: &'static str,
    owner_account: &'static str,
    prefix_list: &'static str,
    malformed: &'static str,
    malformed_list: &'static str,
    malformed_ipv6: &'static str,
    both_families: &'static str,
    missing: &'static str,
}

const SOURCE: End = End {
    ipv4: "SourceCidrIp",
    ipv6: "Ipv6SourceCidrIp",
    group: "SourceGroupId",
    owner_id: "SourceGroupOwnerId",
    owner_account: "SourceGroupOwnerAccount",
    prefix_list: "SourcePrefixListId",
    malformed: "InvalidSourceCidrIp.Malformed",
    malformed_list: "InvalidParam.SourceCidrIp",
    malformed_ipv6: "InvalidParam.Ipv6SourceCidrIp",
    both_families: "InvalidParam.SourceIp",
    missing: "MissingParameter.Source",
};

const DESTINATION: End = End {
    ipv4: "DestCidrIp",
    ipv6: "Ipv6DestCidrIp",
    group: "DestGroupId",
    owner_id: "DestGroupOwnerId",
    owner_account: "DestGroupOwnerAccount",
    prefix_list: "DestPrefixListId",
    malformed: "InvalidDestCidrIp.Malformed",
    malformed_list: "InvalidParam.DestCidrIp",
    malformed_ipv6: "InvalidParam.Ipv6DestCidrIp",
    both_families: "InvalidParam.DestIp",
    missing: "MissingParameter.Dest",
};

/// Reads both sides, reporting every fault of their fields. `PortRange` apart,
/// an egress rule mirrors an ingress rule (2.2).
pub(super) fn read(
    permission: &Object<'_, '_>,
    direction: Direction,
    findings: &mut Findings,
) -> Option<Sides> {
    let (far, near) = match direction {
        Direction::Ingress => (SOURCE, DESTINATION),
        Direction::Egress => (DESTINATION, SOURCE),
    };
    let peer = peer(permission, &far, findings);
    let local = cidr(permission, &near, findings);
    reject_references(permission, direction, &near, findings);
    let (peer, local) = (peer?, local.ok()?);
    let owner = match peer {
        Peer::Group(_) => owner(permission, &far, findings),
        Peer::Prefix(_) | Peer::PrefixList(_) => None,
    };
    let local = local.filter(|local| restricts(*local, &peer));
    if let (Peer::Prefix(prefix), Some(local)) = (&peer, local)
        && *prefix == local
    {
        let message = format_args!("source and destination are both {local}; ECS refuses that");
        findings.coded_warning(permission.node, "InvalidParamter.Conflict", message);
    }
    Some(Sides { peer, local, owner })
}

/// Reports what is wrong with addresses whichever way the rule goes; for rules
/// whose direction cannot be read.
pub(super) fn check_either_way(permission: &Object<'_, '_>, findings: &mut Findings) {
    let mut addressed = false;
    for end in [&SOURCE, &DESTINATION] {
        let block = cidr(permission, end, findings);
        let named = reference(permission, end);
        addressed |= !matches!(block, Ok(None)) || named.is_some();
        // Beside a block the reference is a loser (2.7), or in the wrong place.
        if let (Ok(None), Some(named)) = (block, named) {
            let _: Option<Peer> = named.read(findings);
        }
    }
    let references = [&SOURCE, &DESTINATION].map(|end| reference(permission, end));
    if let [Some(source), Some(destination)] = references {
        let (source, destination) = (source.name, destination);
        let message = format_args!(
            "{source} and {} have no place in one rule",
            destination.name
        );
        findings.coded(destination.node, MISPLACED, message);
    }
    if !addressed {
        let message = "the rule has no peer; expected one of SourceCidrIp, Ipv6SourceCidrIp, \
                       SourceGroupId, SourcePrefixListId in an ingress rule \
                       (MissingParameter.Source), or of DestCidrIp, Ipv6DestCidrIp, DestGroupId, \
                       DestPrefixListId in an egress rule (MissingParameter.Dest)";
        findings.problem(permission.node, message);
    }
}

/// A local `0.0.0.0/0` beside an IPv4 peer restricts nothing (6.1.1). Beside a
/// group or list, which can have both families, it keeps the rule to its own
/// (3.5.4).
fn restricts(local: Prefix, peer: &Peer) -> bool {
    match peer {
        Peer::Prefix(peer) if peer.family() == local.family() => local.length() > 0,
        Peer::Prefix(_) | Peer::Group(_) | Peer::PrefixList(_) => true,
    }
}

/// Reads the peer by precedence: CIDR, group, prefix list; the losers "are not
/// stored", so they are not looked at either (2.7).
fn peer(permission: &Object<'_, '_>, end: &End, findings: &mut Findings) -> Option<Peer> {
    match cidr(permission, end, findings) {
        Ok(Some(prefix)) => return Some(Peer::Prefix(prefix)),
        Err(Faulty) => return None,
        Ok(None) => {}
    }
    if let Some(reference) = reference(permission, end) {
        return reference.read(findings);
    }
    let End {
        ipv4,
        ipv6,
        group,
        prefix_list,
        ..
    } = end;
    let message = format_args!(
        "the rule has no peer; expected one of {ipv4}, {ipv6}, {group}, {prefix_list}"
    );
    findings.coded(permission.node, end.missing, message);
    None
}

/// A field with the id of a group or of a prefix list.
struct Reference<'a, 's> {
    name: &'static str,
    node: Node<'a, 's>,
    is_group: bool,
}

/// Returns the reference of one end: a group before a prefix list (2.7).
fn reference<'a, 's>(permission: &'s Object<'a, '_>, end: &End) -> Option<Reference<'a, 's>> {
    let found = |name: &'static str, is_group: bool| {
        let node = permission.field(name)?;
        Some(Reference {
            name,
            node,
            is_group,
        })
    };
    found(end.group, true).or_else(|| found(end.prefix_list, false))
}

impl Reference<'_, '_> {
    fn read(&self, findings: &mut Findings) -> Option<Peer> {
        let Self { name, node, .. } = self;
        if self.is_group {
            id::checked(*node, name, SecurityGroupId::new, findings).map(Peer::Group)
        } else {
            id::checked(*node, name, PrefixListId::new, findings).map(Peer::PrefixList)
        }
    }
}

/// A fault that has been reported.
struct Faulty;

/// Reads the CIDR block of one end, none where neither field is given.
fn cidr(
    permission: &Object<'_, '_>,
    end: &End,
    findings: &mut Findings,
) -> Result<Option<Prefix>, Faulty> {
    match (permission.field(end.ipv4), permission.field(end.ipv6)) {
        (None, None) => Ok(None),
        (Some(node), None) => prefix(node, end, Family::V4, findings).map(Some),
        (None, Some(node)) => prefix(node, end, Family::V6, findings).map(Some),
        (Some(ipv4), Some(ipv6)) => {
            let message = format_args!("{} and {} exclude each other", end.ipv4, end.ipv6);
            findings.coded(ipv6, end.both_families, message);
            // Both are read, so that their own faults are reported in the same run.
            let _: Result<Prefix, Faulty> = prefix(ipv4, end, Family::V4, findings);
            let _: Result<Prefix, Faulty> = prefix(ipv6, end, Family::V6, findings);
            Err(Faulty)
        }
    }
}

/// Reads a CIDR block of that family; host bits are "legal and ignored" (2.5.2).
fn prefix(
    node: Node<'_, '_>,
    end: &End,
    family: Family,
    findings: &mut Findings,
) -> Result<Prefix, Faulty> {
    let text = node.text(findings).ok_or(Faulty)?;
    let (name, other, code) = match family {
        Family::V4 if text.contains(',') => (end.ipv4, end.ipv6, end.malformed_list),
        Family::V4 => (end.ipv4, end.ipv6, end.malformed),
        Family::V6 => (end.ipv6, end.ipv4, end.malformed_ipv6),
    };
    if text.contains(',') {
        let message = format_args!(
            "{name} `{}` is a list; write one block per field, in a rule for each",
            Shown(&text)
        );
        findings.coded(node, code, message);
        return Err(Faulty);
    }
    let parsed = match Prefix::parse(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            findings.coded(node, code, format_args!("{name} {error}"));
            return Err(Faulty);
        }
    };
    let (shown, prefix) = (Shown(&text), parsed.prefix);
    if prefix.family() != family {
        let found = match family {
            Family::V4 => "an IPv6 block",
            Family::V6 => "IPv4",
        };
        let message = format_args!("{name} holds {found}, `{shown}`; write it in {other}");
        findings.coded(node, code, message);
        return Err(Faulty);
    }
    if parsed.had_host_bits {
        findings.warning(
            node,
            format_args!("{shown} has host bits; used as {prefix}"),
        );
    }
    Ok(prefix)
}

/// The near end is addresses only: "`SourceGroupId` cannot appear in an egress
/// rule nor `DestGroupId` in an ingress rule" (2.2).
fn reject_references(
    permission: &Object<'_, '_>,
    direction: Direction,
    near: &End,
    findings: &mut Findings,
) {
    for name in [near.group, near.prefix_list] {
        if let Some(node) = permission.field(name) {
            let message = format_args!("{name} has no place in an {direction} rule");
            findings.coded(node, MISPLACED, message);
        }
    }
}

/// The account of the peer group, by number where there is one (2.8.4).
fn owner(permission: &Object<'_, '_>, end: &End, findings: &mut Findings) -> Option<String> {
    let fields = [end.owner_id, end.owner_account];
    let node = fields.into_iter().find_map(|name| permission.field(name))?;
    Some(node.text(findings)?.into_owned())
}
