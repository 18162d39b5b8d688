//! CIDR blocks of both sides (2.5).

use std::net::{IpAddr, Ipv6Addr};

use secgroup_model::{Direction, Family, Prefix, Protocol};

use super::Reading;
use super::peer::Chosen;
use super::wording::Wording;
use crate::cloud::error::ApiError;
use crate::cloud::flags::CidrList;
use crate::cloud::objects::Permission;

/// How many blocks one field may hold under `api.cidr_list=split` (2.5.3).
const MAX_BLOCKS: usize = 10;

/// One block: what it means, and how it is shown.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) prefix: Prefix,
    text: String,
}

/// The blocks that a call gives for one side.
#[derive(Default)]
struct Given {
    four: Option<Vec<Block>>,
    six: Option<Vec<Block>>,
}

/// The blocks of a row, where it has any.
#[derive(Clone, Debug)]
pub(super) struct Sides {
    direction: Direction,
    peer: Option<Block>,
    pub(super) local: Option<Block>,
}

impl Sides {
    /// Puts the blocks into a row.
    pub(super) fn place(self, mut row: Permission) -> Permission {
        let (source, dest) = match self.direction {
            Direction::Ingress => (self.peer, self.local),
            Direction::Egress => (self.local, self.peer),
        };
        if let Some(block) = source {
            match block.prefix.family() {
                Family::V4 => row.source_cidr_ip = block.text,
                Family::V6 => row.ipv6_source_cidr_ip = block.text,
            }
        }
        if let Some(block) = dest {
            match block.prefix.family() {
                Family::V4 => row.dest_cidr_ip = block.text,
                Family::V6 => row.ipv6_dest_cidr_ip = block.text,
            }
        }
        row
    }
}

impl Reading<'_> {
    /// Checks the blocks of both sides, and returns one pair of sides for each
    /// row that the permission makes.
    pub(super) fn addresses(
        &self,
        chosen: &Chosen<'_>,
        protocol: Option<Protocol>,
        row: &Permission,
    ) -> Result<Vec<Sides>, ApiError> {
        let names = self.names();
        // "Address syntax → v4/v6 exclusivity" (5.0.9): of both sides each.
        let peers = chosen.is_cidr().then(|| self.side(names.peer));
        let peers = peers.transpose()?.unwrap_or_default();
        let locals = self.side(names.local)?;
        let peers = self.one_family(names.peer, peers)?;
        let locals = self.one_family(names.local, locals)?;
        let family = |blocks: &[Block]| blocks.first().map(|block| block.prefix.family());
        if let (Some(peer), Some(local)) = (family(&peers), family(&locals))
            && peer != local
        {
            let message = "IPv6 and IPv4 addresses cannot exist at the same time.";
            return Err(ApiError::new(400, "InvalidParameter.Conflict", message));
        }
        let families = [family(&peers), family(&locals)];
        check_protocol(protocol, families.into_iter().flatten())?;
        let direction = self.context.direction;
        let local = locals.into_iter().next();
        if peers.is_empty() {
            let peer = None;
            return Ok(vec![Sides {
                direction,
                peer,
                local,
            }]);
        }
        // "Local CIDR equal to peer CIDR; compare as networks" (2.5.5).
        let same = |peer: &Block| {
            local
                .as_ref()
                .is_some_and(|local| local.prefix == peer.prefix)
        };
        if peers.iter().any(same) {
            let message = "The specified SourceCidrIp should be different from the DestCidrIp.";
            return Err(ApiError::new(400, "InvalidParamter.Conflict", message));
        }
        debug_assert_eq!(row.direction, direction.to_string());
        let rows = peers.into_iter().map(|peer| Sides {
            direction,
            peer: Some(peer),
            local: local.clone(),
        });
        Ok(rows.collect())
    }

    /// Reads the blocks of one side, `Source` or `Dest`: one of each family, or
    /// several where they may be split.
    fn side(&self, side: &'static str) -> Result<Given, ApiError> {
        let (v4, v6) = (format!("{side}CidrIp"), format!("Ipv6{side}CidrIp"));
        let read = |field: &str, family: Family| {
            let text = self.fields.text(field);
            text.map(|text| self.blocks(text, field, side, family))
                .transpose()
        };
        Ok(Given {
            four: read(&v4, Family::V4)?,
            six: read(&v6, Family::V6)?,
        })
    }

    /// "`SourceCidrIp` and `Ipv6SourceCidrIp` together; the Dest pair" (2.5.5).
    fn one_family(&self, side: &'static str, given: Given) -> Result<Vec<Block>, ApiError> {
        match (given.four, given.six) {
            (Some(_), Some(_)) => Err(self.words.both_families(side)),
            (Some(blocks), None) | (None, Some(blocks)) => Ok(blocks),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn blocks(
        &self,
        text: &str,
        field: &str,
        side: &'static str,
        family: Family,
    ) -> Result<Vec<Block>, ApiError> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let split = self.context.cloud.flags.cidr_list == CidrList::Split
            && side == self.names().peer
            && parts.len() <= MAX_BLOCKS;
        if parts.len() > 1 && !split {
            return Err(self.words.several_blocks(side, family, field));
        }
        let read =
            |part: &str| block(part, family).ok_or_else(|| self.malformed(side, family, field));
        if split {
            parts.into_iter().map(read).collect()
        } else {
            Ok(vec![read(text)?])
        }
    }

    /// "IPv4 → InvalidSourceCidrIp.Malformed / InvalidDestCidrIp.Malformed; IPv6
    /// → InvalidParam.Ipv6SourceCidrIp / InvalidParam.Ipv6DestCidrIp" (2.5.6).
    fn malformed(&self, side: &str, family: Family, field: &str) -> ApiError {
        match (family, side) {
            (Family::V4, "Source") => {
                Wording::field_not_valid("InvalidSourceCidrIp.Malformed", field)
            }
            (Family::V4, _) => Wording::field_not_valid("InvalidDestCidrIp.Malformed", field),
            (Family::V6, "Source") => self.words.not_valid("InvalidParam.Ipv6SourceCidrIp", field),
            (Family::V6, _) => self.words.not_valid("InvalidParam.Ipv6DestCidrIp", field),
        }
    }
}

/// Reads one block of a family. "IPv4 comes back exactly as written; IPv6 is
/// normalised textually without masking" (2.5.1, 2.5.2).
fn block(text: &str, family: Family) -> Option<Block> {
    let prefix = Prefix::parse(text).ok()?.prefix;
    if prefix.family() != family {
        return None;
    }
    let text = match family {
        Family::V4 => text.to_owned(),
        Family::V6 => {
            let (address, length) = match text.split_once('/') {
                Some((address, length)) => (address, Some(length)),
                None => (text, None),
            };
            let address: Ipv6Addr = address.parse().ok()?;
            match length {
                Some(length) => format!("{address}/{length}"),
                None => IpAddr::V6(address).to_string(),
            }
        }
    };
    Some(Block { prefix, text })
}

/// "ICMP with an IPv6 address; ICMPv6 with an IPv4 address" (2.5.7).
pub(super) fn check_protocol(
    protocol: Option<Protocol>,
    families: impl IntoIterator<Item = Family>,
) -> Result<(), ApiError> {
    for family in families {
        match (protocol, family) {
            (Some(Protocol::ICMP), Family::V6) => {
                let code = "InvalidParam.Ipv4ProtocolConflictWithIpv6Address";
                let message = "IPv6 address cannot be specified for IPv4-specific protocol.";
                return Err(ApiError::new(400, code, message));
            }
            (Some(Protocol::ICMPV6), Family::V4) => {
                let code = "InvalidParam.Ipv6ProtocolConflictWithIpv4Address";
                let message = "IPv4 address cannot be specified for IPv6-specific protocol.";
                return Err(ApiError::new(400, code, message));
            }
            _ => {}
        }
    }
    Ok(())
}
