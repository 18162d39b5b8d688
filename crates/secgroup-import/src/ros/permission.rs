//! Rules of a template. One may hold up to ten blocks, comma separated: "one
//! rule each" (6.3).

use secgroup_model::{MissingReference, Shown};

use super::Template;
use super::value::Resolved;
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
    /// The others: a group, its owner, a prefix list.
    others: [&'static str; 3],
    list: &'static str,
    /// The near end.
    local: [&'static str; 2],
}

const INGRESS: Peers = Peers {
    ipv4: "SourceCidrIp",
    ipv6: "Ipv6SourceCidrIp",
    others: ["SourceGroupId", "SourceGroupOwnerId", "SourcePrefixListId"],
    list: "SourcePrefixListId",
    local: ["DestCidrIp", "Ipv6DestCidrIp"],
};

const EGRESS: Peers = Peers {
    ipv4: "DestCidrIp",
    ipv6: "Ipv6DestCidrIp",
    others: ["DestGroupId", "DestGroupOwnerId", "DestPrefixListId"],
    list: "DestPrefixListId",
    local: ["SourceCidrIp", "Ipv6SourceCidrIp"],
};

/// The property that says whose rule it is.
const GROUP: &str = "SecurityGroupId";

impl Template<'_, '_> {
    /// Reads one rule of the template; several where it names several blocks,
    /// none where it is not known.
    pub(super) fn permissions(
        &mut self,
        value: &Value,
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
        for name in FIELDS.into_iter().chain(peers.local) {
            known &= self.field(&mut row, value, name, place);
        }
        let mut blocks = Vec::new();
        for name in [peers.ipv4, peers.ipv6] {
            known &= self.blocks(&mut row, &mut blocks, value, (name, peers.list), place);
        }
        for name in peers.others {
            known &= self.peer(&mut row, value, (name, peers.list), place);
        }
        self.check_names(value, &peers, place);
        if !known {
            return Vec::new();
        }
        if blocks.is_empty() && !peers.others.iter().any(|name| row.has(name)) {
            // "Apply that default only if no peer at all is given, and warn."
            let message = "no peer is given; 0.0.0.0/0 is taken, the default of templates";
            self.findings.warning(place, message);
            blocks.push((peers.ipv4, "0.0.0.0/0".to_owned(), place.clone()));
        }
        split(&row, blocks)
    }

    /// Copies a field; returns whether it is known, or absent.
    fn field(&mut self, row: &mut Row, value: &Value, name: &'static str, place: &Origin) -> bool {
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
            Resolved::Unknown(_) if name == "Description" => true,
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
        blocks: &mut Vec<(&'static str, String, Origin)>,
        value: &Value,
        (name, list): (&'static str, &'static str),
        place: &Origin,
    ) -> bool {
        let (text, inner) = match self.peer_text(row, value, (name, list), place) {
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
        blocks.extend(parts.map(|part| (name, part.to_owned(), inner.clone())));
        true
    }

    /// Copies a group or list that is the peer.
    fn peer(
        &mut self,
        row: &mut Row,
        value: &Value,
        (name, list): (&'static str, &'static str),
        place: &Origin,
    ) -> bool {
        match self.peer_text(row, value, (name, list), place) {
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
        value: &Value,
        (name, list): (&'static str, &'static str),
        place: &Origin,
    ) -> Result<Option<(String, Origin)>, bool> {
        let Some(field) = value.get(name) else {
            return Ok(None);
        };
        let inner = place.part(name, field.at);
        match self.resolve(field) {
            Resolved::Absent => Ok(None),
            Resolved::Text(text) => Ok(Some((text, inner))),
            Resolved::Unknown(what) => Err(self.unknown_peer(row, list, &inner, &what)),
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
        known.extend([peers.ipv4, peers.ipv6, GROUP]);
        known.extend(peers.others.iter().chain(&peers.local));
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
fn split(row: &Row, blocks: Vec<(&'static str, String, Origin)>) -> Vec<Row> {
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
