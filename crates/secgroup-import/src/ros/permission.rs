//! Rules of a template. One may hold up to ten blocks, comma separated: "one
//! rule each" (6.3).

use secgroup_model::{MissingReference, Shown};

use super::Template;
use super::value::{Empty, Resolved};
use crate::findings::Origin;
use crate::row::Row;
use crate::slip;
use crate::value::{Kind, Value};

/// The greatest number of blocks in one rule.
pub const MAX_BLOCKS: usize = 10;

/// The properties that are fields of the API, whatever the direction.
const FIELDS: [&str; 7] = [
    "IpProtocol",
    "PortRange",
    "SourcePortRange",
    "Policy",
    "Priority",
    "NicType",
    "Description",
];

/// The properties of one direction.
struct Peers {
    ipv4: &'static str,
    ipv6: &'static str,
    group: &'static str,
    list: &'static str,
    /// The account of the group, by number and by name.
    owner: [&'static str; 2],
    /// The near end.
    local: [&'static str; 2],
}

/// What a rule says about its far end.
struct FarEnd {
    /// The field of a prefix list.
    list: &'static str,
    /// The blocks, each with its field and place.
    blocks: Vec<Block>,
    /// The first field that something leaves empty.
    empty: Option<(&'static str, Empty, Origin)>,
}

type Block = (&'static str, String, Origin);

const INGRESS: Peers = Peers {
    ipv4: "SourceCidrIp",
    ipv6: "Ipv6SourceCidrIp",
    group: "SourceGroupId",
    list: "SourcePrefixListId",
    owner: ["SourceGroupOwnerId", "SourceGroupOwnerAccount"],
    local: ["DestCidrIp", "Ipv6DestCidrIp"],
};

const EGRESS: Peers = Peers {
    ipv4: "DestCidrIp",
    ipv6: "Ipv6DestCidrIp",
    group: "DestGroupId",
    list: "DestPrefixListId",
    owner: ["DestGroupOwnerId", "DestGroupOwnerAccount"],
    local: ["SourceCidrIp", "Ipv6SourceCidrIp"],
};

/// The properties that decide nothing.
const DESCRIBES: [&str; 5] = [
    "Description",
    "SourceGroupOwnerId",
    "SourceGroupOwnerAccount",
    "DestGroupOwnerId",
    "DestGroupOwnerAccount",
];

/// The property that says whose rule it is.
const GROUP: &str = "SecurityGroupId";

impl<'v> Template<'_, 'v> {
    /// Reads one rule of the template; several where it names several blocks,
    /// none where it is not known.
    pub(super) fn permissions(
        &mut self,
        value: &'v Value,
        place: &Origin,
        direction: &'static str,
        id: Option<&str>,
    ) -> Vec<Row> {
        if !matches!(value.kind, Kind::Map(_)) {
            let message = format_args!("expected a rule, found {}", value.what());
            self.findings.problem(place, message);
            return Vec::new();
        }
        let peers = if direction == "ingress" {
            INGRESS
        } else {
            EGRESS
        };
        let mut row = Row::new(place.clone());
        row.put("Direction", place.clone(), direction);
        if let Some(id) = id {
            row.put("SecurityGroupRuleId", place.clone(), id);
        }
        let mut known = true;
        for name in FIELDS.into_iter().chain(peers.local).chain(peers.owner) {
            known &= self.field(&mut row, value, name, place);
        }
        let mut far = FarEnd {
            list: peers.list,
            blocks: Vec::new(),
            empty: None,
        };
        for name in [peers.ipv4, peers.ipv6] {
            known &= self.blocks(&mut row, &mut far, value, name, place);
        }
        for name in [peers.group, peers.list] {
            known &= self.peer(&mut row, &mut far, value, name, place);
        }
        self.check_names(value, &peers, place);
        known &= self.check_families(&far, &peers);
        if !known {
            return Vec::new();
        }
        if far.blocks.is_empty() && !row.has(peers.group) && !row.has(peers.list) {
            if let Some((name, empty, place)) = far.empty {
                self.empty(&place, name, &empty);
                return Vec::new();
            }
            // "Apply that default only if no peer at all is given, and warn."
            let message = "no peer is given; 0.0.0.0/0 is taken, the default of templates";
            self.findings.warning(place, message);
            let everybody = (peers.ipv4, "0.0.0.0/0".to_owned(), place.clone());
            far.blocks.push(everybody);
        }
        split(&row, far.blocks)
    }

    /// Refuses blocks of both families in one rule, as ECS does (2.5.5).
    fn check_families(&mut self, far: &FarEnd, peers: &Peers) -> bool {
        let Peers { ipv4, ipv6, .. } = *peers;
        let has = |family| far.blocks.iter().any(|(name, ..)| *name == family);
        let second = far.blocks.iter().find(|(name, ..)| *name == ipv6);
        let Some((.., place)) = second.filter(|_| has(ipv4)) else {
            return true;
        };
        let code = if ipv4 == INGRESS.ipv4 {
            "InvalidParam.SourceIp"
        } else {
            "InvalidParam.DestIp"
        };
        let message = format_args!(
            "{ipv4} and {ipv6} exclude each other; make it two rules, one of each ({code})"
        );
        self.findings.problem(place, message);
        false
    }

    /// Copies a field; returns whether it is known, or absent.
    fn field(
        &mut self,
        row: &mut Row,
        value: &'v Value,
        name: &'static str,
        place: &Origin,
    ) -> bool {
        let Some(field) = value.get(name) else {
            return true;
        };
        let place = place.part(name, field.at);
        match self.resolve(field) {
            Resolved::Absent => true,
            Resolved::Text(text) => {
                row.put(name, place, text);
                true
            }
            Resolved::Empty(empty) if ["IpProtocol", "PortRange"].contains(&name) => {
                self.empty(&place, name, &empty);
                false
            }
            Resolved::Empty(_) => true,
            Resolved::Unknown(_) if DESCRIBES.contains(&name) => true,
            Resolved::Unknown(what) => {
                self.unknown(&place, name, &what);
                false
            }
        }
    }

    /// Takes the blocks of a field, each with its name.
    fn blocks(
        &mut self,
        row: &mut Row,
        far: &mut FarEnd,
        value: &'v Value,
        name: &'static str,
        place: &Origin,
    ) -> bool {
        let (text, inner) = match self.peer_text(row, far, value, name, place) {
            Ok(Some(found)) => found,
            Ok(None) => return true,
            Err(usable) => return usable,
        };
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        if parts.len() > MAX_BLOCKS {
            let message = format_args!(
                "{} blocks in one rule; at most {MAX_BLOCKS} are allowed",
                parts.len()
            );
            self.findings.problem(&inner, message);
            return false;
        }
        let parts = parts.into_iter();
        let parts = parts.map(|part| (name, part.to_owned(), inner.clone()));
        far.blocks.extend(parts);
        true
    }

    /// Copies a group or list that is the peer.
    fn peer(
        &mut self,
        row: &mut Row,
        far: &mut FarEnd,
        value: &'v Value,
        name: &'static str,
        place: &Origin,
    ) -> bool {
        match self.peer_text(row, far, value, name, place) {
            Ok(Some((text, inner))) => {
                row.put(name, inner, text);
                true
            }
            Ok(None) => true,
            Err(usable) => usable,
        }
    }

    /// Returns the text of a field that names peers, and its place; none where
    /// it is absent. Where it is not known, whether the rule can be used.
    fn peer_text(
        &mut self,
        row: &mut Row,
        far: &mut FarEnd,
        value: &'v Value,
        name: &'static str,
        place: &Origin,
    ) -> Result<Option<(String, Origin)>, bool> {
        let Some(field) = value.get(name) else {
            return Ok(None);
        };
        let inner = place.part(name, field.at);
        match self.resolve(field) {
            Resolved::Absent => Ok(None),
            Resolved::Empty(empty) => {
                far.empty.get_or_insert((name, empty, inner));
                Ok(None)
            }
            Resolved::Text(text) => Ok(Some((text, inner))),
            Resolved::Unknown(what) => Err(self.unknown_peer(row, far.list, &inner, &what)),
        }
    }

    /// Decides about a rule whose peer is not known: it is refused, or read as
    /// matching nothing where that was asked for (3.6.5).
    fn unknown_peer(
        &mut self,
        row: &mut Row,
        list: &'static str,
        place: &Origin,
        what: &str,
    ) -> bool {
        let what = Shown(what);
        if self.missing == MissingReference::Error {
            let message = format_args!(
                "not known ({what}), so what the rule matches is not known; give the parameter \
                 with --param NAME=VALUE, or use --set eval.missing_ref=nomatch"
            );
            self.findings.problem(place, message);
            return false;
        }
        self.findings.warning(
            place,
            format_args!("not known ({what}); the rule matches nothing"),
        );
        let id = format!("unknown-{}", self.fleet.name(&place.path));
        row.put(list, place.clone(), id);
        true
    }

    /// Reports properties that no rule of the direction has. One that is a slip
    /// of the keyboard may have widened the rule.
    fn check_names(&mut self, value: &Value, peers: &Peers, place: &Origin) {
        let mut known = FIELDS.to_vec();
        known.extend([peers.ipv4, peers.ipv6, peers.group, peers.list, GROUP]);
        known.extend(peers.owner.iter().chain(&peers.local));
        for (key, _) in value.entries() {
            let name = key.text.as_str();
            if known.contains(&name) {
                continue;
            }
            let place = place.part(name, key.at);
            match slip::meant(name, known.iter().copied()) {
                Some(meant) if !value.has(meant) => {
                    let message = format_args!("not known: did you mean {meant}");
                    self.findings.problem(&place, message);
                }
                _ => self
                    .findings
                    .warning(&place, "property not known; it is not read"),
            }
        }
    }
}

/// Makes a rule of every block.
fn split(row: &Row, blocks: Vec<Block>) -> Vec<Row> {
    if blocks.is_empty() {
        return vec![row.clone()];
    }
    let several = blocks.len() > 1;
    let numbered = blocks.into_iter().enumerate();
    numbered
        .map(|(index, (name, text, origin))| {
            let mut rule = row.clone();
            if several && let Some(id) = row.text("SecurityGroupRuleId") {
                let id = format!("{id}-{}", index + 1);
                rule.fields
                    .retain(|field| field.name != "SecurityGroupRuleId");
                rule.put("SecurityGroupRuleId", row.origin.clone(), id);
            }
            rule.put(name, origin, text);
            rule
        })
        .collect()
}
